"""Rules for what is written into a tensor: at indices, or at a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xdsl.dialects.builtin import i32, i64
from xdsl.ir import Block, SSAValue

from irfuse import dialect as d
from irfuse.aten.bits import masked_write
from irfuse.aten.registry import Given, axis_of, is_modelled, is_tensor, is_zero, rule
from irfuse.aten.shapes import padded
from irfuse.dialect.build import SmallBuilder, Value, broadcast_dims
from irfuse.dialect.enums import Predicate
from irfuse.dialect.named import as_tensor, number
from irfuse.dialect.sizes import Dim
from irfuse.dialect.types import Tensor, dims_of, is_determined, make_tensor

EMPTY = ("aten.empty.memory_format", "aten.new_empty.default", "aten.empty_like.default")
"""Ops whose result is memory with anything in it."""


@rule("aten.index_put.default", anchor=True)
def _index_put(
    b: SmallBuilder, out: Tensor, x: Value, indices: Sequence[Any], values: Value, accumulate: bool = False
) -> Given:
    """Values under a mask, or at integers; where the axes of these stand together, those of indices stand there."""
    if (chosen := masked_write(b, out, x, indices, values, accumulate)) is not None:
        return chosen
    axes = [axis for axis, index in enumerate(indices) if index is not None]
    named = [indices[axis] for axis in axes]
    if accumulate or not named or not all(_is_index(index) for index in named) or not _fits(x, values):
        return None
    shape: tuple[Dim, ...] = ()
    for index in named:
        shape = broadcast_dims(shape, dims_of(index.type))
    others = [axis for axis in range(len(dims_of(x.type))) if axis not in axes]
    together = axes == list(range(axes[0], axes[0] + len(axes)))
    before = [axis for axis in others if axis < axes[0]] if together else []
    rest = [dims_of(x.type)[axis] for axis in others]
    given = _as_values_name_it(shape, values, len(rest) - len(before))
    if any(n == 1 != length for n, length in zip(shape, given, strict=True)):
        return None  # several values at one index: torch raises an error when it writes
    shape = given
    spread = b.broadcast(values, (*rest[: len(before)], *shape, *rest[len(before) :]))
    order = [*range(len(before), len(before) + len(shape)), *range(len(before))]
    spread = b.permute(spread, [*order, *range(len(order), len(dims_of(spread.type)))])
    return b.emit(d.ScatterOp(spread, x, [b.broadcast(index, shape) for index in named], axes))


@rule("aten.index_copy.default", anchor=True)
def _index_copy(b: SmallBuilder, out: Tensor, x: Value, dim: int, index: Any, values: Value) -> Given:
    axis = axis_of(x, dim)
    if axis is None or not _is_index(index) or len(dims_of(index.type)) != 1 or not _fits(x, values):
        return None
    others = [i for i in range(len(dims_of(x.type))) if i != axis]
    named = b.reshape(index, dims_of(values.type)[axis : axis + 1])
    return b.emit(d.ScatterOp(b.permute(values, [axis, *others]), x, [named], [axis]))


@rule("aten.slice_scatter.default", anchor=True)
def _slice_scatter(
    b: SmallBuilder,
    out: Tensor,
    x: Value,
    values: Value,
    dim: int = 0,
    start: Any = None,
    end: Any = None,
    step: int = 1,
) -> Given:
    """Values written over the whole of a tensor, over the first entries of zeros, which pads them, or over a part."""
    axis, first = axis_of(x, dim), start or 0
    pads = first == 0 and step == 1 and is_tensor(values) and _is_blank(x)
    if pads and (whole := padded(b, out, values)) is not None:
        return whole
    if axis is None or not _fits(x, values):
        return None
    if first == 0 and step == 1 and dims_of(values.type) == dims_of(out) and is_determined(out):
        return values
    length, taken = dims_of(x.type)[axis], dims_of(values.type)[axis]
    if not (isinstance(length, int) and isinstance(taken, int) and isinstance(first, int) and isinstance(step, int)):
        return None
    start = max(first + length, 0) if first < 0 else first
    if step == 1 and start + taken <= length and _is_computed(x):
        around = [(0, start), (start + taken, length)]
        ends = [b.emit(d.SliceOp(x, axis, at, 1, end - at)) if at < end else None for at, end in around]
        return b.emit(d.ConcatOp([piece for piece in (ends[0], values, ends[1]) if piece is not None], axis))
    other = _taken_from(values, (axis, start, step)) if step > 1 and _is_computed(x) else None
    if other is not None and dims_of(other.type) == dims_of(x.type):
        here = _is_place(b, length, range(start, start + step * taken, step))
        along = b.reshape(here, [length if i == axis else 1 for i in range(len(dims_of(x.type)))])
        return b.emit(d.SelectOp(b.broadcast(along, dims_of(x.type)), other, x))
    return b.emit(d.InsertOp(values, x, axis, start, step))


def _taken_from(values: SSAValue, place: tuple[int, int, int]) -> Value | None:
    """The tensor whose entries at a place some values are: an axis, a start and a step."""
    while isinstance(values.owner, d.RelayoutOp):
        values = values.owner.x
    op = values.owner
    known = isinstance(op, d.SliceOp) and (op.axis.value.data, op.start.value.data, op.step.value.data) == place
    return as_tensor(op.x) if isinstance(op, d.SliceOp) and known else None


def _is_place(b: SmallBuilder, length: int, places: range) -> Value:
    """For each number below a length whether it is one of some that begin at one of them and go on by steps."""
    at = b.emit(d.IotaOp(make_tensor(i32, [length])))
    here = b.emit(d.CompareOp(Predicate.eq, b.binary(d.RemainderOp, at, places.step), places.start % places.step))
    for predicate, border in ((Predicate.ge, places.start), (Predicate.lt, places.stop)):
        here = b.binary(d.AndOp, here, b.emit(d.CompareOp(predicate, at, border)))
    return here


def _is_computed(value: SSAValue) -> bool:
    """Whether a kernel makes another tensor of one, and does not write to it: it is computed, or an operand to read."""
    while isinstance(value.owner, (d.ReshapeOp, d.BroadcastOp, d.PermuteOp, d.RelayoutOp, d.SliceOp, d.BitcastOp)):
        value = value.owner.x
    if isinstance(value.owner, Block):
        return not any(isinstance(use.operation, d.OpaqueOp) and use.operation.mutates for use in value.uses)
    return not isinstance(value.owner, (d.OpaqueOp, d.InsertOp, d.ScatterOp))


@rule("aten.select_scatter.default", anchor=True)
def _select_scatter(b: SmallBuilder, out: Tensor, x: Value, values: Value, dim: int, index: Any) -> Given:
    axis = axis_of(x, dim)
    length = None if axis is None else dims_of(x.type)[axis]
    if axis is None or not isinstance(length, int) or not isinstance(index, int) or not _fits(x, values):
        return None
    dims = dims_of(x.type)
    thin = b.reshape(values, (*dims[:axis], 1, *dims[axis + 1 :]))
    return b.emit(d.InsertOp(thin, x, axis, index % length, 1))


def _as_values_name_it(shape: tuple[Dim, ...], values: Value, behind: int) -> tuple[Dim, ...]:
    """The shape of indices by the names of the values' axes, which torch compares with it when it writes."""
    dims = dims_of(values.type)
    along = dims[: len(dims) - behind][-len(shape) :] if shape else ()
    return broadcast_dims(along, shape)


def _is_blank(value: SSAValue) -> bool:
    """Whether no bit of a tensor is set, or nothing was ever written to it, so that zeros are as good as any."""
    while isinstance(value.owner, (d.ReshapeOp, d.BroadcastOp, d.RelayoutOp, d.SliceOp, d.BitcastOp)):
        value = value.owner.x
    if isinstance(value.owner, d.OpaqueOp):
        return _is_unwritten(value.owner)
    return isinstance(value.owner, d.FullOp) and is_zero(number(value.owner.value))


def _is_unwritten(op: d.OpaqueOp) -> bool:
    """Whether a node gives memory that nothing has written to, or a part of it, in a graph without writes."""
    if op.target.data == "aten.slice.Tensor" and isinstance(op.ins[0].owner, d.OpaqueOp):
        return _is_unwritten(op.ins[0].owner)
    block = op.parent
    written = block is None or any(isinstance(other, d.OpaqueOp) and other.mutates for other in block.ops)
    return op.target.data in EMPTY and not written


def _is_index(index: Any) -> bool:
    return is_tensor(index) and index.type.element_type in (i32, i64)


def _fits(x: Value, values: Any) -> bool:
    """Whether values may be written into a tensor without a cast."""
    element = x.type.element_type
    return is_tensor(values) and values.type.element_type == element and is_modelled(element)
