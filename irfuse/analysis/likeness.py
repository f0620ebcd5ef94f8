"""Which pieces of graphs are alike op by op, and what was found of one, for all that are like it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from copy import copy
from operator import itemgetter
from typing import Generic, TypeVar

from xdsl.dialects.builtin import FloatAttr, TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from irfuse.dialect.number import bits_of
from irfuse.dialect.types import dims_of

T = TypeVar("T")
MOST_KEPT = 1 << 12


class Remembered(Generic[T]):
    """What was found of pieces, by what decides it: a model repeats few of them in all its layers.

    An exception of one of these types is what was found too; it is kept, and raised, without what it came from.
    """

    def __init__(self, *refusals: type[Exception]) -> None:
        self.refusals = refusals
        self.found: dict[Hashable, T | Exception] = {}

    def of(self, key: Hashable, find: Callable[[], T]) -> T:
        """What is known of a piece, else what ``find`` finds. Raises what that raises."""
        if key not in self.found:
            if len(self.found) >= MOST_KEPT:
                self.found.clear()
            try:
                self.found[key] = find()
            except self.refusals as refusal:
                self.found[key] = copy(refusal)  # its traceback and cause would keep the graph
        found = self.found[key]
        if isinstance(found, Exception):
            raise copy(found)
        return found


def likeness(ops: Sequence[Operation], leaves: Sequence[SSAValue], results: Sequence[SSAValue]) -> Hashable:
    """What decides all that is made of ops between leaves and results: equal for pieces that are alike op by op.

    Names and locations are no part of it.
    """
    numbers: dict[SSAValue, int] = {value: i for i, value in enumerate(leaves)}
    parts: list[Hashable] = [type_key(value.type) for value in leaves]
    for op in ops:
        parts.append((type(op), tuple([numbers[v] for v in op.operands]), *properties_key(op)))
        parts += [likeness_of(region.block) for region in op.regions]
        for result in op.results:
            numbers[result] = len(numbers)
            parts.append(type_key(result.type))
    return (*parts, tuple([numbers[v] for v in results]))


def likeness_of(body: Block) -> Hashable:
    """The likeness of the ops of a body, between its arguments and what its last op yields."""
    *ops, end = body.ops
    return likeness(ops, body.args, end.operands)


def properties_key(op: Operation) -> Iterator[tuple[str, Hashable]]:
    """The properties of an op as what tells numbers apart by their bits: 0.0 equals -0.0, and NaN may equal another."""
    for name, attr in sorted(op.properties.items(), key=itemgetter(0)):
        yield name, bits_of(attr.value.data) if isinstance(attr, FloatAttr) else attr


def type_key(kind: Attribute) -> Hashable:
    """A type as what hashes fast."""
    return (kind.element_type, dims_of(kind), kind.encoding) if isinstance(kind, TensorType) else kind
