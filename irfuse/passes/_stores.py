"""The tensors that a function writes to at its end, as caches: which values go straight into them.

A functional graph computes such a tensor as a whole and copies it back. Where nothing reads the old one behind the
write, what is written is stored where it belongs, and the rest of that tensor is left alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from xdsl.ir import Block, Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.index_maps import NotRowWise
from irfuse.analysis.stores import Store, is_whole, store_of, views_of
from irfuse.analysis.writes import VIEWS, copies_back
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.types import dims_of, tensor_type
from irfuse.report.explanations import describe
from irfuse.report.remarks import Declined


@dataclass(frozen=True, eq=False)
class Sink:
    """A tensor that is written to, ``result`` its value behind that, and the op that puts it back in its place."""

    result: SSAValue
    store: Store
    copy: Operation

    def reader_behind(self, place: float, position: dict[Operation, float]) -> Operation | None:
        """An op that reads the tensor as it was, at a place where it is written to already."""
        own, stack = {self.copy, *self.store.steps}, [self.store.buffer]
        while stack:
            for op in dict.fromkeys(use.operation for use in stack.pop().uses):
                if isinstance(op, VIEWS):
                    stack.append(op.result)
                elif op not in own and position.get(op, place) > place:
                    return op
        return None


def sinks_of(block: Block) -> Iterator[Sink]:
    """The tensors that are written to in a function and then put back in their place."""
    for op in copies_back(block):
        with suppress(NotRowWise):
            store = store_of(op.ins[1])
            if store is not None and store.buffer is op.ins[0] and is_whole(op.ins[1], store):
                yield Sink(op.ins[1], store, op)


def ways_into(sinks: Iterable[Sink]) -> dict[SSAValue, list[Operation]]:
    """For each value that goes into a tensor, by itself or as a view, the ops that a chain takes in with it."""
    found: dict[SSAValue, list[Operation]] = {}
    for sink in sinks:
        for write in sink.store.writes:
            value, way = write.values, list[Operation](sink.store.steps)
            found.setdefault(value, []).extend(way)
            while isinstance(value.owner, (*VIEWS, d.BitcastOp)):
                way = [value.owner, *way]
                value = value.owner.x
                found.setdefault(value, []).extend(way)
    return found


def writes_beside(sinks: Iterable[Sink]) -> dict[Hashable, list[Operation]]:
    """By `place_key`, the writes of what no op of a chain computes, with the ops that a chain takes in with them.

    So values go into their cache beside the keys, which stand at the same places of another.
    """
    found: dict[Hashable, list[Operation]] = {}
    for sink in sinks:
        for write in sink.store.writes:
            views = views_of(write.values)
            source = views[-1].operands[0] if views else write.values
            if isinstance(write, d.ScatterOp) and not (
                isinstance(source.owner, Operation) and is_pure_tensor_op(source.owner)
            ):
                found.setdefault(place_key(write), []).extend([*views, *sink.store.steps])
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


def read_behind(reader: Operation) -> Declined:
    """Why a value is not stored into a tensor that is read once more."""
    return Declined(f"{describe(reader)} reads the tensor that it is written to, as it was before")
