"""The tensors that a function writes to at its end, as caches: which values go straight into them.

A functional graph computes such a tensor as a whole and copies it back. Where nothing reads the old one behind the
write, what is written is stored where it belongs, and the rest of that tensor is left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeGuard

from xdsl.ir import Block, Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.digits import NotRowWise
from irfuse.analysis.stores import Store, is_whole, store_of
from irfuse.analysis.writes import SHARING, argument_seen, behind_views, copies_back, views_of
from irfuse.dialect.bytes import BYTE
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.types import bit_width, dims_of, tensor_type
from irfuse.fx.provenance import has_names
from irfuse.report.explanations import describe
from irfuse.report.remarks import Declined, remark

GAPS = ("the tensor that it is written to has other strides than its new value", "give it memory without gaps")


@dataclass(frozen=True, eq=False)
class Sink:
    """A tensor that is written to, ``result`` its value behind that, and the op that puts it back in its place."""

    result: SSAValue
    store: Store
    copy: Operation

    def reader(
        self, inside: Collection[Operation], leaves: Iterable[SSAValue], place: float, position: dict[Operation, float]
    ) -> Operation | None:
        """An op that reads the tensor as it was behind a place, and is none of those ``inside`` of a kernel.

        The kernel itself may read it as the tensor that it is, and not by way of what may be a view of it.
        """
        return next((op for op in self.readers() if op not in inside and position[op] >= place), self._seen_by(leaves))

    def readers(self) -> Iterator[Operation]:
        """The ops that read the tensor as it was, or views of it."""
        own, stack = {self.copy, *self.store.steps}, [self.store.buffer]
        while stack:
            for op in dict.fromkeys(use.operation for use in stack.pop().uses):
                if isinstance(op, SHARING):
                    stack.append(op.result)
                elif op not in own:
                    yield op

    def _seen_by(self, leaves: Iterable[SSAValue]) -> Operation | None:
        """An op that gives one of these values, which may be a view of the tensor."""
        seen = [v.owner for v in leaves if v is not self.store.buffer and argument_seen(v) is self.store.buffer]
        return next((op for op in seen if isinstance(op, Operation)), None)


def sinks_of(block: Block) -> Iterator[Sink]:
    """The tensors that are written to in a function and then put back in their place."""
    for op in copies_back(block):
        with suppress(NotRowWise):
            store = store_of(op.ins[1])
            if store is not None and store.buffer is op.ins[0] and is_whole(op.ins[1], store):
                yield Sink(op.ins[1], store, op)


def say_on_gaps(block: Block) -> None:
    """Say on writes of what kernels compute why they are no stores, where a tensor's new value has other strides."""
    for op in copies_back(block):
        with suppress(NotRowWise):
            store = store_of(op.ins[1])
            if store is None or store.buffer is not op.ins[0] or tensor_type(op.ins[0]) == tensor_type(op.ins[1]):
                continue
            for write in store.writes:
                if isinstance(behind_views(write.values).owner, d.FusedOp):
                    remark(write, Declined(*GAPS))


def ways_into(sinks: Iterable[Sink]) -> dict[SSAValue, list[Operation]]:
    """For each value that goes into a tensor, itself, as a view or a piece, the ops that a chain takes in with it."""
    found: dict[SSAValue, list[Operation]] = {}
    stack = [(write.values, _ways_of(sink)) for sink in sinks for write in sink.store.writes]
    while stack:
        value, way = stack.pop(0)
        if value in found and set(way) <= set(found[value]):
            continue
        found.setdefault(value, []).extend(way)
        if isinstance(value.owner, SHARING) or _puts_bytes_together(value.owner):
            stack += [(v, [value.owner, *way]) for v in value.owner.operands]
    return found


def _ways_of(sink: Sink) -> list[Operation]:
    """The steps of a store, and the views that it writes which no node of the graph stands for."""
    found, stack = list[Operation](sink.store.steps), [write.values for write in sink.store.writes]
    while stack:
        op = stack.pop().owner
        if isinstance(op, SHARING) and not has_names(op.result):
            found.append(op)
            stack.append(op.x)
    return found


def _puts_bytes_together(op: Operation | Block) -> TypeGuard[d.ConcatOp]:
    """Whether an op makes a row of bytes, in which a cache holds codes, scales and what stays as it is."""
    return isinstance(op, d.ConcatOp) and bit_width(tensor_type(op.result).element_type) == BYTE


def writes_beside(sinks: Iterable[Sink]) -> dict[Hashable, list[Operation]]:
    """By `place_key`, the writes of what no op of a chain computes, with the ops that a chain takes in with them.

    So values go into their cache beside the keys, which stand at the same places of another.
    """
    found: dict[Hashable, list[Operation]] = {}
    for sink in sinks:
        for write in sink.store.writes:
            source = behind_views(write.values).owner
            computed = isinstance(source, Operation) and is_pure_tensor_op(source)
            if isinstance(write, d.ScatterOp) and not computed:
                found.setdefault(place_key(write), []).extend([*views_of(write.values), *sink.store.steps])
    return found


def place_key(write: d.ScatterOp) -> Hashable:
    """What writes have in common whose values go to the same places, each of a tensor of its own."""
    return tuple(map(_likeness, write.indices)), write.indexed, dims_of(tensor_type(write.values))


def _likeness(index: SSAValue) -> Hashable:
    """What two indices have in common that are computed from one in the same way."""
    op = index.owner
    if not isinstance(op, d.OpaqueOp) or op.call is None or op.mutates or len(op.ins) != 1:
        return index
    return op.target, op.call, _likeness(op.ins[0])


def read_as_before(reader: Operation) -> Declined:
    """Why a value is not stored into a tensor that is read once more."""
    return Declined(f"{describe(reader)} reads the tensor that it is written to, as it was before")
