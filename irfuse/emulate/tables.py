"""What an instruction means, as a line: the types of its results and sources, and a function of arrays.

A signature such as ``"f32 mask = f32 f32 f32"`` names what is written and read, in the order of the operands.

Results: a type of `values.DTYPES`; ``half``, 16 bits that leave the others of the register as they are; ``mask``, a bit
for each lane; ``scc``; ``exec``, a lane mask to EXEC, which has no operand.

Sources: a type; ``k16`` and ``ku16``, a constant of 16 bits, sign- or zero-extended; ``mask``; and those without an
operand: ``vcc``, ``scc``, ``lane``, the lane's number, and ``=f32``, what the first result's register holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Compute: TypeAlias = Callable[..., Any]


@dataclass(frozen=True)
class Meaning:
    """An instruction: ``compute`` takes an array for each source and returns one, or a tuple, for the results.

    ``defined`` computes what of the result is defined where that is not simply what of all sources is.
    ``can_clamp``: whether the clamp modifier is known: floats to 0 to 1, integers to the range of their type.
    ``low_alone``: the lower word of the result, of 64 bits, does not depend on the upper words of the sources.
    """

    results: tuple[str, ...]
    sources: tuple[str, ...]
    compute: Compute
    defined: Compute | None = None
    can_clamp: bool = False
    low_alone: bool = False


def meaning(
    signature: str,
    compute: Compute,
    defined: Compute | None = None,
    *,
    can_clamp: bool = False,
    low_alone: bool = False,
) -> Meaning:
    """A line of a table."""
    results, sources = signature.split("=", 1)
    return Meaning(tuple(results.split()), tuple(sources.split()), compute, defined, can_clamp, low_alone)


def renamed(table: Mapping[str, Meaning], **names: str) -> dict[str, Meaning]:
    """The meanings that go by other names on other architectures: ``new=old``."""
    return {new: table[old] for new, old in names.items()}
