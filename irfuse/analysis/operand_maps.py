"""What each small op makes of index maps: which entries of its operands an entry of its result is computed from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

from xdsl.ir import BlockArgument, Operation, SSAValue

from irfuse.analysis.axes import axes_of, inner_sizes, joined
from irfuse.analysis.digits import ONE, Axis, Digit, NotRowWise, Term, Window, unknown
from irfuse.analysis.index_maps import Computed, IndexMap, Lookup, Number
from irfuse.analysis.indices import VIEWS, is_index_arithmetic
from irfuse.dialect.elementwise import CastOp
from irfuse.dialect.parts import ConcatOp, GatherOp, SliceOp
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.scatter import InsertOp, ScatterOp
from irfuse.dialect.shape import BroadcastOp, PadOp, PermuteOp
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import dims_of, tensor_type

Dims = tuple[Dim, ...]


def shape_of(value: SSAValue) -> Dims:
    """The shape of a tensor value."""
    return dims_of(tensor_type(value))


def operand_maps(op: Operation, index_map: IndexMap) -> list[IndexMap]:
    """The maps of the operands of a small op whose result has this map. Raises NotRowWise."""
    rule = _rule_of(type(op))
    return [index_map] * len(op.operands) if rule is None else rule(op, index_map)


def result_map(op: Operation, index_map: IndexMap) -> IndexMap | None:
    """The map of a result that is computed from a first operand with this map; None where that does not say it."""
    if isinstance(op, (BroadcastOp, SliceOp, ConcatOp, GatherOp, InsertOp, ScatterOp)):
        return None
    if not isinstance(op, (RowReduction, PermuteOp, PadOp)):
        return index_map
    dims = shape_of(op.operands[0])
    if isinstance(op, RowReduction):
        return last_axis_reduced(index_map, dims)
    axes = axes_of(index_map, dims)
    if isinstance(op, PadOp):
        longer = shape_of(op.result)
        return row_major([_up_to(*along) for along in zip(axes, dims, longer, strict=True)], longer)
    return row_major([axes[i] for i in op.axes], shape_of(op.results[0]))


def last_axis_reduced(index_map: IndexMap, dims: Dims) -> IndexMap:
    """The map of what there is once for each run along the last axis of a value with this shape."""
    return row_major([*axes_of(index_map, dims)[:-1], Axis()], [*dims[:-1], 1])


def _up_to(axis: Axis, length: Dim, longer: Dim) -> Axis:
    """The axis of the rows as one of a longer axis: whatever divides that cuts it, if not its own length.

    One of unknown length goes on, and is cut by anything, as long as the longer one's is unknown too.
    """
    known = isinstance(longer, int) and length != longer
    if not known or len(axis.terms) != 1 or axis.offset or axis.terms[0].step != ONE:
        return axis
    digit = axis.terms[0].digit
    return Axis((Term(replace(digit, length=longer, total=None), ONE),)) if digit.is_outermost else axis


def row_major(axes: Sequence[Axis], dims: Sequence[Dim]) -> IndexMap:
    """The map of a value of this shape along whose axes an entry stands there."""
    return joined(axes, inner_sizes(dims))


def pieces_of(op: ConcatOp, index_map: IndexMap) -> tuple[Axis, tuple[int, ...]]:
    """Where an entry of the result stands along the axis of a concatenation, and where all pieces but one begin."""
    axis = op.axis.value.data
    borders: list[int] = []
    for piece in op.pieces:
        length = shape_of(piece)[axis]
        if not isinstance(length, int):
            raise unknown(f"a piece of {length}")
        borders.append(length + (borders[-1] if borders else 0))
    return axes_of(index_map, shape_of(op.result))[axis], tuple(borders[:-1])


def piece_window(op: ConcatOp, index_map: IndexMap) -> Window:
    """Where an entry of the result stands along the axis of a concatenation, without what no border depends on."""
    axis, borders = pieces_of(op, index_map)
    unit = math.gcd(*borders) if borders else 1
    terms = [part for term in axis.terms for part in term.parts(unit)]
    coarse = [term for term in terms if term.step.factor % unit == 0]
    fine = Axis(tuple([term for term in terms if term not in coarse]), axis.offset).bounds()
    apart = axis.offset == 0 and fine is not None and fine[0] >= 0 and fine[1] < unit
    return Window.over(Axis(tuple(coarse if apart else axis.terms), axis.offset), sum(borders))


def _broadcast(op: BroadcastOp, index_map: IndexMap) -> list[IndexMap]:
    return [_repeated(index_map, shape_of(op.x), shape_of(op.result))]


def _repeated(index_map: IndexMap, small: Dims, large: Dims) -> IndexMap:
    """The map of a value of shape ``small`` that is repeated to ``large`` to give a value with this map."""
    axes = axes_of(index_map, large)[len(large) - len(small) :]
    return row_major([Axis() if dim == 1 else axis for axis, dim in zip(axes, small, strict=True)], small)


def _permute(op: PermuteOp, index_map: IndexMap) -> list[IndexMap]:
    axes = axes_of(index_map, shape_of(op.result))
    return [row_major([axes[op.axes.index(i)] for i in range(len(axes))], shape_of(op.x))]


def _slice(op: SliceOp, index_map: IndexMap) -> list[IndexMap]:
    place = op.axis.value.data, op.start.value.data, op.step.value.data
    return [sliced(index_map, shape_of(op.result), shape_of(op.x), *place)]


def sliced(index_map: IndexMap, small: Dims, large: Dims, axis: int, start: int, step: int) -> IndexMap:
    """The map of a value of shape ``large`` of which every ``step``-th entry along an axis is a value with this map."""
    axes = axes_of(index_map, small)
    terms = tuple([Term(t.digit, t.step * Size(step)) for t in axes[axis].terms])
    axes[axis] = Axis(terms, axes[axis].offset * step + start)
    return row_major(axes, large)


def _pad(op: PadOp, index_map: IndexMap) -> list[IndexMap]:
    small, large = shape_of(op.x), shape_of(op.result)
    axes = axes_of(index_map, large)
    for i, (length, longer) in enumerate(zip(small, large, strict=True)):
        if length != longer:
            if not isinstance(length, int):
                raise NotRowWise("rows whose length is not known are padded or put together")
            axes[i] = axes[i].through(length)
    return [row_major(axes, small)]


def _concat(op: ConcatOp, index_map: IndexMap) -> list[IndexMap]:
    """Each piece at the columns that it gives; at the others, which no entry is taken from, at any."""
    axes, number = axes_of(index_map, shape_of(op.result)), op.axis.value.data
    maps, start = [], 0
    for piece in op.pieces:
        length = shape_of(piece)[number]
        if not isinstance(length, int):
            raise unknown(f"a piece of {length}")
        maps.append(piece_map(axes, number, start, shape_of(piece)))
        start += length
    return maps


def _write(op: InsertOp | ScatterOp, index_map: IndexMap) -> list[IndexMap]:
    """A tensor that a kernel writes to is never computed: only its entries that are written are stored."""
    raise NotRowWise("a tensor is read that the chain itself has written to")


def piece_map(axes: Sequence[Axis], number: int, start: int, dims: Sequence[Dim]) -> IndexMap:
    """The map of a piece of this shape that begins there along an axis, of a value along whose axes an entry stands."""
    length = dims[number]
    assert isinstance(length, int)
    return row_major([*axes[:number], _inside(axes[number], start, length), *axes[number + 1 :]], dims)


def _inside(axis: Axis, start: int, length: int) -> Axis:
    """Where along a piece the entries stand that it gives: their digits within the piece, or all through a window."""
    within = _digits_within(axis, length) if start % length == 0 else None
    return within or Axis(axis.terms, axis.offset - start).through(length)


def _digits_within(axis: Axis, length: int) -> Axis | None:
    """The digits that count within pieces of one length, where all others count whole pieces; else None."""
    found: list[Term] = []
    for term in axis.terms:
        digit, step = term.digit, term.step.factor
        if term.step.atoms or step < 1 or not isinstance(digit.length, int):
            return None
        if step < length < step * digit.length:
            if length % step or digit.length % (length // step):
                return None
            digit = digit.cut(Size(length // step))[0]
        if step < length:
            found.append(Term(digit, term.step))
        elif step % length:
            return None
    bounds = Axis(tuple(found)).bounds()
    return Axis(tuple(found)) if axis.offset == 0 and bounds is not None and bounds[1] < length else None


def table_map(op: GatherOp, index_map: IndexMap, sources: Sequence[int]) -> IndexMap:
    """The map of a table of which rows are taken."""
    dims, rows = shape_of(op.index), shape_of(op.table)[0]
    axes = axes_of(index_map, shape_of(op.result))
    lookup = looked_up(op.index, axes[: len(dims)], rows, sources)
    first = Axis((Term(Digit(ONE, rows, lookup), ONE),))
    return row_major([first, *axes[len(dims) :]], shape_of(op.table))


def looked_up(index: SSAValue, axes: Sequence[Axis], length: Dim, sources: Sequence[int]) -> Lookup:
    """The number that an index says for a point along its axes, of an axis of a length."""
    return Lookup(_number(index, row_major(axes, shape_of(index)), sources), length)


def _number(value: SSAValue, at: IndexMap, sources: Sequence[int]) -> Number | Computed:
    """What an index says at an entry: a number of an operand, or what views and arithmetic make of such numbers."""
    if isinstance(value, BlockArgument):
        return Number(sources[value.index], at)
    op = value.owner
    if isinstance(op, VIEWS):
        return _number(op.x, operand_maps(op, at)[0], sources)
    if not is_index_arithmetic(op):
        raise NotRowWise("rows are chosen by numbers that the chain computes")
    scalar = None if isinstance(op, CastOp) or op.scalar is None else op.scalar.value.data
    numbers = tuple([_number(v, at, sources) for v in op.operands])
    return Computed(type(op), tensor_type(value).element_type, numbers, scalar)


_RULES: dict[type[Operation], Callable[..., list[IndexMap]]] = {
    BroadcastOp: _broadcast,
    PermuteOp: _permute,
    SliceOp: _slice,
    PadOp: _pad,
    ConcatOp: _concat,
    InsertOp: _write,
    ScatterOp: _write,
}


@cache
def _rule_of(kind: type[Operation]) -> Callable[..., list[IndexMap]] | None:
    return next((rule for base, rule in _RULES.items() if issubclass(kind, base)), None)
