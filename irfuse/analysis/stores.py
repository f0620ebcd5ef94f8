"""Results that are a tensor which a kernel writes to, as a cache is: what is written, and where in that tensor it goes.

In the graph such a result is a value of its own, the tensor with other entries at some places. As the kernel is given
the tensor itself, only those entries are stored.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

from xdsl.ir import Block, Operation, SSAValue

from irfuse.analysis.axes import axes_of
from irfuse.analysis.digits import ONE, Axis, Digit, NotRowWise, Term
from irfuse.analysis.disjoint import are_disjoint
from irfuse.analysis.index_maps import IndexMap
from irfuse.analysis.indices import index_steps
from irfuse.analysis.operand_maps import looked_up, operand_maps, result_map, row_major, shape_of, sliced
from irfuse.analysis.writes import VIEWS
from irfuse.dialect.bits import BitcastOp
from irfuse.dialect.fused import YieldOp
from irfuse.dialect.parts import ConcatOp
from irfuse.dialect.scatter import InsertOp, ScatterOp
from irfuse.dialect.shape import PermuteOp, RelayoutOp, ReshapeOp
from irfuse.dialect.sizes import Size
from irfuse.dialect.types import bit_width, tensor_type

Write: TypeAlias = ScatterOp | InsertOp
Maps: TypeAlias = dict[SSAValue, IndexMap]


@dataclass(frozen=True)
class Store:
    """A value that is the tensor ``buffer`` after ``writes``, in their order; ``steps`` is every op in between."""

    buffer: SSAValue
    writes: tuple[Write, ...]
    steps: tuple[Operation, ...]


def store_of(result: SSAValue) -> Store | None:
    """How a value is a tensor that was written to; None for one that is computed. Raises NotRowWise.

    It must be that tensor as a whole, each of its entries at its own place.
    """
    writes, steps, buffer = _written(result)
    if not writes:
        return None
    return Store(buffer, tuple(writes[::-1]), tuple(dict.fromkeys(steps[::-1])))


def is_whole(result: SSAValue, store: Store) -> bool:
    """Whether a result is its buffer, entry by entry, and not a view of a part of it."""
    same = tensor_type(result) == tensor_type(store.buffer)
    return same and _place(result, store.buffer, _identity(result)) == _identity(store.buffer)


def stored_values(block: Block, *, apart: bool = False) -> list[SSAValue]:
    """The values that the results of a block are stored from: what is written to a buffer, or the result itself.

    ``apart`` is for the pieces of what is put together to be written.
    """
    last = block.last_op
    assert isinstance(last, YieldOp)
    return [value for result in last.values for value in _stored(result, apart)]


def _stored(result: SSAValue, apart: bool) -> Iterator[SSAValue]:
    store = store_of(result)
    for value in (result,) if store is None else [write.values for write in store.writes]:
        yield from _pieces(value) if apart and store is not None else (value,)


def _pieces(value: SSAValue) -> Iterator[SSAValue]:
    """The values that one is put together of, and these of; itself for any other."""
    joined = _behind_moves(value)[1].owner
    if isinstance(joined, ConcatOp):
        for piece in joined.pieces:
            yield from _pieces(piece)
    else:
        yield value


def _behind_moves(value: SSAValue) -> tuple[list[Operation], SSAValue]:
    """The views that show all entries of a value, last first, and what they show."""
    moves = list[Operation]()
    while isinstance(value.owner, (ReshapeOp, RelayoutOp, PermuteOp)):
        moves.append(value.owner)
        value = value.owner.x
    return moves, value


def check_places(block: Block, maps: Maps, sources: Sequence[int]) -> None:
    """Raise NotRowWise unless it is known where the results of a block go that are written into buffers.

    Each is a buffer of its own: of one that leaves between two writes too, the whole would have to be copied.
    """
    last = block.last_op
    assert isinstance(last, YieldOp)
    buffers = set[SSAValue]()
    for result in last.values:
        if (store := store_of(result)) is not None:
            if store.buffer in buffers:
                raise NotRowWise("the tensor that it is written to is read between two writes")
            buffers.add(store.buffer)
            places_of(result, store, maps, sources)


def places_of(result: SSAValue, store: Store, maps: Maps, sources: Sequence[int]) -> list[tuple[SSAValue, IndexMap]]:
    """The values that a result is written by, each with where in its buffer it goes. Raises NotRowWise.

    What is put together to be written is written piece by piece, where the kernel has its pieces and not the whole.
    """
    if not is_whole(result, store):
        raise NotRowWise("a part of a tensor is written to, and not that tensor as a whole")
    found = [
        [
            (value, _place(write.into, store.buffer, _written_at(write, index_map, sources)))
            for value, index_map in _maps_of_pieces(write.values, maps)
        ]
        for write in store.writes
    ]
    for first, second in itertools.combinations(found, 2):
        if not all(are_disjoint(a, b, shape_of(store.buffer)) for (_, a), (_, b) in itertools.product(first, second)):
            raise NotRowWise("a tensor is written to twice, not provably at different places")
    return [place for places in found for place in places]


def _maps_of_pieces(value: SSAValue, maps: Maps) -> Iterator[tuple[SSAValue, IndexMap]]:
    """The pieces of a value that have a map, each with the entry of the whole that its entry is."""
    if value in maps:
        yield value, maps[value]
        return
    moves, joined = _behind_moves(value)
    assert isinstance(joined.owner, ConcatOp)
    axis, start = joined.owner.axis.value.data, 0
    for piece in joined.owner.pieces:
        for inner, index_map in _maps_of_pieces(piece, maps):
            whole: IndexMap | None = sliced(index_map, shape_of(piece), shape_of(joined), axis, start, 1)
            for move in reversed(moves):
                assert whole is not None
                whole = result_map(move, whole)
            assert whole is not None
            yield inner, whole
        length = shape_of(piece)[axis]
        assert isinstance(length, int)
        start += length


def placed(write: InsertOp, buffer: SSAValue) -> IndexMap:
    """Where in a buffer the entries of what is inserted go, by their own index. Raises NotRowWise."""
    return _place(write.into, buffer, _written_at(write, _identity(write.values), ()))


def _written_at(write: Write, index_map: IndexMap, sources: Sequence[int]) -> IndexMap:
    """Which entry of the tensor that is written to a value's entry goes to."""
    axes, dims = axes_of(index_map, shape_of(write.values)), shape_of(write.into)
    if isinstance(write, InsertOp):
        axis, start, step = write.place
        return sliced(index_map, shape_of(write.values), dims, axis, start, step)
    rank = len(shape_of(write.indices[0]))
    along = dict(zip(write.others, axes[rank:], strict=True))
    for axis, index in zip(write.indexed, write.indices, strict=True):
        number = Digit(ONE, dims[axis], looked_up(index, axes[:rank], dims[axis], sources))
        along[axis] = Axis((Term(number, ONE),))
    return row_major([along[axis] for axis in range(len(dims))], dims)


def _written(value: SSAValue, stop: SSAValue | None = None) -> tuple[list[Write], list[Operation], SSAValue]:
    """The writes behind a value, last first, with every op on the way, and the tensor that is written to.

    ``stop`` is the tensor as which a part is looked at that is put back into it.
    """
    writes, steps = list[Write](), list[Operation]()
    while value is not stop and _is_step(op := value.owner):
        steps.append(op)
        if isinstance(op, InsertOp) and _puts_back(op):
            inside = _written(op.values, op.into)
            writes += inside[0]
            steps += inside[1]
        elif isinstance(op, (InsertOp, ScatterOp)):
            writes.append(op)
            steps += [step for index in op.operands[2:] for step in index_steps(index)]
        value = _towards_buffer(op)
    return writes, steps, value


def _is_step(op: Operation | Block) -> TypeGuard[Operation]:
    """Whether an op shows a tensor in another way, or writes to it."""
    if isinstance(op, BitcastOp):
        before, after = (bit_width(tensor_type(v).element_type) for v in (op.x, op.result))
        return before == after
    return isinstance(op, (*VIEWS, InsertOp, ScatterOp))


def _puts_back(op: InsertOp) -> bool:
    """Whether what is inserted is the same part of the same tensor, which was written to in between."""
    value, written = op.values, False
    while value is not op.into and _is_step(step := value.owner):
        written |= isinstance(step, (InsertOp, ScatterOp))
        value = _towards_buffer(step)
    if value is not op.into or not written:
        return False
    whole = _identity(op.values)
    try:
        part = sliced(whole, shape_of(op.values), shape_of(op.into), *op.place)
        return _place(op.values, op.into, whole) == part
    except NotRowWise:
        return False


def _towards_buffer(op: Operation) -> SSAValue:
    return op.into if isinstance(op, (InsertOp, ScatterOp)) else op.operands[0]


def _place(value: SSAValue, buffer: SSAValue, index_map: IndexMap) -> IndexMap:
    """The map of a buffer for a value that is a view of it, through what is written to it on the way."""
    while value is not buffer:
        op = value.owner
        assert isinstance(op, Operation)
        if not isinstance(op, (InsertOp, ScatterOp)):
            index_map = operand_maps(op, index_map)[0]
        value = _towards_buffer(op)
    return index_map


def _identity(value: SSAValue) -> IndexMap:
    return IndexMap.identity(Size.product(shape_of(value)))
