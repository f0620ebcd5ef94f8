"""Rules for parts of tensors: slices, pieces put together, rows that an index names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xdsl.dialects.builtin import i32, i64

from irfuse import dialect as d
from irfuse.aten.registry import Given, axis_of, is_modelled, is_tensor, rule
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.elementwise import BinaryOp
from irfuse.dialect.enums import Predicate
from irfuse.dialect.named import as_tensor, number
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import Tensor, dims_of, with_element
from irfuse.dialect.whole import behind_shapes

MOST_CODES = 16
"""The entries of the longest table that is a choice of its entries: one for each code of 4 bits."""
WHOLE_SLICE_END = 2**63 - 1
"""The end that torch writes for a slice to the end of an axis."""


_FLIPS = ("aten.flip.default", "prims.rev.default")
REARRANGED = ("aten.stack.default", *_FLIPS, "aten.repeat.default", "aten.repeat_interleave.self_int")
"""Ops whose result is another tensor, though small ops say it as views: it matters where memory is written to."""


@rule("aten.slice.Tensor")
def _slice(
    b: SmallBuilder, out: Tensor, x: Value, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Given:
    axis = axis_of(x, dim)
    length = None if axis is None else dims_of(x.type)[axis]
    first = start or 0
    if first == 0 and end in (None, WHOLE_SLICE_END, length) and step == 1:
        return x
    if (constant := _of_one_number(b, x, out)) is not None:
        return constant
    if axis is None or not isinstance(first, int) or not isinstance(step, int):
        return None
    if not isinstance(length, int):
        return _every(b, x, axis, first, step, dims_of(out)[axis])
    taken, start = dims_of(out)[axis], max(first + length, 0) if first < 0 else first
    return b.emit(d.SliceOp(x, axis, start, step, taken)) if isinstance(taken, int) and taken > 0 else None


def _of_one_number(b: SmallBuilder, x: Value, out: Tensor) -> Value | None:
    """A part of a tensor whose entries are all one number, as such a tensor; None for any other."""
    bits = as_tensor(x.owner.x) if isinstance(x.owner, d.BitcastOp) else x
    if not isinstance(bits.owner, d.FullOp):
        return None
    part = b.emit(d.FullOp(number(bits.owner.value), with_element(out, bits.type.element_type)))
    return part if bits is x else b.emit(d.BitcastOp(part, out))


def _every(b: SmallBuilder, x: Value, axis: int, start: int, step: int, taken: Dim) -> Given:
    """One entry of every ``step`` along an axis that is whole steps long."""
    whole = 0 <= start < step and taken != "?" and Size.of(taken) * Size(step) == Size.of(dims_of(x.type)[axis])
    return b.emit(d.SliceOp(x, axis, start, step, taken)) if whole else None


@rule("aten.narrow.default")
def _narrow(b: SmallBuilder, out: Tensor, x: Value, dim: int, start: Any, length: Any) -> Given:
    return _slice(b, out, x, dim, start, start + length) if isinstance(start, int) and isinstance(length, int) else None


@rule("aten.select.int")
def _select(b: SmallBuilder, out: Tensor, x: Value, dim: int, index: Any) -> Given:
    axis = axis_of(x, dim)
    length = None if axis is None else dims_of(x.type)[axis]
    if axis is None or not isinstance(length, int) or not isinstance(index, int):
        return None
    return b.reshape(b.emit(d.SliceOp(x, axis, index % length, 1, 1)), dims_of(out))


@rule(*_FLIPS)
def _flip(b: SmallBuilder, out: Tensor, x: Value, dims: Sequence[int]) -> Given:
    axes = [axis_of(x, dim) for dim in dims]
    for axis in axes:
        length = None if axis is None else dims_of(x.type)[axis]
        if axis is None or not isinstance(length, int):
            return None
        x = b.emit(d.SliceOp(x, axis, length - 1, -1, length))
    return x


@rule("aten.cat.default", "aten.concat.default")
def _cat(b: SmallBuilder, out: Tensor, pieces: Sequence[Any], dim: int = 0) -> Given:
    """Pieces of one type with a known length each; one alone is all of it."""
    if not pieces or not all(is_tensor(piece) and piece.type.element_type == out.element_type for piece in pieces):
        return None
    axis = dim % len(dims_of(out))
    if len(pieces) == 1:
        return pieces[0]
    known = all(isinstance(dims_of(piece.type)[axis], int) for piece in pieces)
    return b.emit(d.ConcatOp(pieces, axis)) if known else None


@rule("aten.stack.default")
def _stack(b: SmallBuilder, out: Tensor, pieces: Sequence[Any], dim: int = 0) -> Given:
    if not all(is_tensor(piece) and piece.type.element_type == out.element_type for piece in pieces):
        return None
    axis, dims = dim % len(dims_of(out)), dims_of(out)
    thin = [b.reshape(piece, (*dims[:axis], 1, *dims[axis + 1 :])) for piece in pieces]
    return b.emit(d.ConcatOp(thin, axis)) if len(thin) > 1 else thin[0]


@rule("aten.split.Tensor", "aten.split_with_sizes.default", "aten.split.sizes")
def _split(b: SmallBuilder, _first: Tensor, x: Value, sizes: Any, dim: int = 0) -> Given:
    axis = axis_of(x, dim)
    whole = None if axis is None else dims_of(x.type)[axis]
    if axis is None or not isinstance(whole, int):
        return None
    if isinstance(sizes, int) and sizes > 0:
        sizes = [min(sizes, whole - start) for start in range(0, whole, sizes)]
    if not isinstance(sizes, (tuple, list)) or not all(isinstance(n, int) and n > 0 for n in sizes):
        return None
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return tuple([b.emit(d.SliceOp(x, axis, start, 1, n)) for start, n in zip(starts, sizes, strict=True)])


@rule("aten.chunk.default")
def _chunk(b: SmallBuilder, first: Tensor, x: Value, chunks: Any, dim: int = 0) -> Given:
    axis = axis_of(x, dim)
    return None if axis is None else _split(b, first, x, dims_of(first)[axis], axis)


@rule("aten.unbind.int")
def _unbind(b: SmallBuilder, first: Tensor, x: Value, dim: int = 0) -> Given:
    axis = axis_of(x, dim)
    length = None if axis is None else dims_of(x.type)[axis]
    if axis is None or not isinstance(length, int):
        return None
    thin = [b.emit(d.SliceOp(x, axis, i, 1, 1)) for i in range(length)]
    return tuple([b.reshape(piece, dims_of(first)) for piece in thin])


@rule("aten.embedding.default")
def _rows_of(b: SmallBuilder, out: Tensor, table: Value, index: Any, *_options: Any) -> Given:
    """Rows that a tensor of integers names; a mask chooses how many, which is no gather."""
    known = is_tensor(index) and index.type.element_type in (i32, i64) and is_modelled(table.type.element_type)
    if not known or not dims_of(table.type):
        return None
    return _chosen(b, table, index) if _is_code_table(table, index) else b.emit(d.GatherOp(table, index))


def _is_code_table(table: Value, index: Value) -> bool:
    """Whether a table has a number for each of few codes, which are computed and not read."""
    entries, value = dims_of(table.type), behind_shapes(index)
    while isinstance(value.owner, d.CastOp):
        value = behind_shapes(value.owner.x)
    few = len(entries) == 1 and isinstance(entries[0], int) and entries[0] <= MOST_CODES
    return few and isinstance(value.owner, (d.SelectOp, BinaryOp))


def _chosen(b: SmallBuilder, table: Value, index: Value) -> Value:
    """The number of each code, one choice for each entry of the table; codes below 0 count from its end."""
    count, dims = dims_of(table.type)[0], dims_of(index.type)
    assert isinstance(count, int)
    numbers = [b.emit(d.SliceOp(table, 0, i, 1, 1)) for i in range(count)]
    found, *others = [b.broadcast(b.reshape(number, ()), dims) for number in numbers]
    for i, other in enumerate(others, 1):
        codes = [b.emit(d.CompareOp(Predicate.eq, index, code)) for code in (i, i - count)]
        found = b.emit(d.SelectOp(b.binary(d.OrOp, *codes), other, found))
    return found


@rule("aten.index.Tensor")
def _index(b: SmallBuilder, out: Tensor, table: Value, indices: Sequence[Any]) -> Given:
    return _rows_of(b, out, table, indices[0]) if len(indices) == 1 else None


@rule("aten.index_select.default")
def _index_select(b: SmallBuilder, out: Tensor, table: Value, dim: int, index: Any) -> Given:
    return _rows_of(b, out, table, index) if axis_of(table, dim) == 0 else None


@rule("aten.repeat.default")
def _repeat(b: SmallBuilder, out: Tensor, x: Value, repeats: Sequence[Any]) -> Given:
    """Copies one behind the other: an axis that counts them in front of each axis that is repeated."""
    if not all(isinstance(n, int) and n > 0 for n in repeats):
        return None
    dims = (*[1] * (len(repeats) - len(dims_of(x.type))), *dims_of(x.type))
    apart = [part for n, dim in zip(repeats, dims, strict=True) for part in ([dim] if n == 1 else [1, dim])]
    wide = [part for n, dim in zip(repeats, dims, strict=True) for part in ([dim] if n == 1 else [n, dim])]
    return b.reshape(b.broadcast(b.reshape(x, apart), wide), dims_of(out))


@rule("aten.repeat_interleave.self_int")
def _repeat_interleave(
    b: SmallBuilder, out: Tensor, x: Value, repeats: Any, dim: Any = None, *, output_size: Any = None
) -> Given:
    axis = axis_of(x, dim)
    if axis is None or not isinstance(repeats, int):
        return None
    dims = dims_of(x.type)
    wide = (*dims[: axis + 1], repeats, *dims[axis + 1 :])
    return b.reshape(b.broadcast(b.reshape(x, (*dims[: axis + 1], 1, *dims[axis + 1 :])), wide), dims_of(out))
