"""The table of ops of other packages, and how an entry is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from irfuse.dialect.build import Value
from irfuse.vendor.schema import Signature, name_in, signature

Meaning: TypeAlias = Callable[..., tuple[Value | None, ...]]
"""From a builder, the types of what is returned and the arguments by name: what the op returns, then what it writes.

Tensors that the op reads are contiguous values; those that it writes to come as they are, and an op that reads one of
them too makes it contiguous. None stands for what is not said. Raises Unsupported.
"""


class Unsupported(Exception):
    """A call has no meaning in small ops; the message says why."""


@dataclass(frozen=True)
class Reading:
    """What one version of an op computes: its meaning, the place where that was read, and in a line what it is.

    ``inexact`` says that the order of a sum, or the last bit of an exponential, is its own.
    """

    meaning: Meaning
    package: str
    source: str
    says: str
    inexact: bool


@dataclass(frozen=True)
class Entry:
    """One op: its schema, and its readings, of which the first stands for the op where no implementation can be asked.

    Of an op that is ``asked`` there is no such reading: its numbers differ too much, or are not known.
    """

    signature: Signature
    readings: tuple[Reading, ...]
    asked: bool


TABLE: dict[str, Entry] = {}


def vendor_op(
    schema: str, *, package: str, source: str, says: str, asked: bool = False, inexact: bool = False
) -> Callable[[Meaning], Meaning]:
    """Register the meaning of an op, as its next reading where it has others.

    Raises ValueError for an op that is known by another schema.
    """

    def register(meaning: Meaning) -> Meaning:
        name = name_in(schema)
        wanted = signature(schema)
        known = TABLE.get(name, Entry(wanted, (), asked))
        if known.signature != wanted:
            raise ValueError(f"{name} has the schema {known.signature}, and not {wanted}")
        readings = (*known.readings, Reading(meaning, package, source, says, inexact))
        TABLE[name] = Entry(wanted, readings, known.asked or asked)
        return meaning

    return register


def require(condition: bool, reason: str) -> None:
    """Raise Unsupported unless a condition holds."""
    if not condition:
        raise Unsupported(reason)
