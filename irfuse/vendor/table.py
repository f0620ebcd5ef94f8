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
class Entry:
    """One op: its schema, its meaning, where that was read, and in a line what the op computes."""

    schema: str
    meaning: Meaning
    package: str
    source: str
    says: str

    @property
    def signature(self) -> Signature:
        """The schema, taken apart."""
        return signature(self.schema)


TABLE: dict[str, Entry] = {}


def vendor_op(schema: str, *, package: str, source: str, says: str) -> Callable[[Meaning], Meaning]:
    """Register the meaning of an op."""

    def register(meaning: Meaning) -> Meaning:
        TABLE[name_in(schema)] = Entry(schema, meaning, package, source, says)
        return meaning

    return register


def require(condition: bool, reason: str) -> None:
    """Raise Unsupported unless a condition holds."""
    if not condition:
        raise Unsupported(reason)
