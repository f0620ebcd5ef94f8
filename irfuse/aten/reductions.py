"""Rules for reductions of the last axis and for torch's own norms."""

from __future__ import annotations

import math
from functools import partial, reduce
from typing import Any

from xdsl.dialects.builtin import i1

from irfuse import dialect as d
from irfuse.aten.registry import Given, all_integers, all_wide, axis_of, rule
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.enums import Predicate
from irfuse.dialect.named import expanded
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.types import Tensor, dims_of

MOST_SUMMANDS = 16
"""The longest outer axis that is summed in a kernel, which holds all its entries at a time."""


def _reduce(
    op: type[RowReduction],
    b: SmallBuilder,
    out: Tensor,
    x: Value,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: None = None,
) -> Given:
    """A reduction of the last axis alone; where it is not kept, the result is reshaped."""
    if op is d.RowSumOp and dtype is None and all_integers(x):
        return _counted(b, out, x, dim)
    if dtype is not None or not all_wide(x) or x.type.element_type != out.element_type:
        return None
    if not _is_last(x, dim):
        return _summed_outside(b, out, x, dim) if op is d.RowSumOp else None
    return b.reduce(op, x)


def _counted(b: SmallBuilder, out: Tensor, x: Value, dim: Any) -> Given:
    """A sum of few integers along the last axis, which torch adds up in i64."""
    terms = [b.cast(term, out.element_type) for term in _entries(b, x)] if _is_last(x, dim) else []
    return reduce(partial(b.binary, d.AddOp), terms) if terms else None


@rule("aten.any.dim", "aten.any.dims")
def _any(b: SmallBuilder, out: Tensor, x: Value, dim: Any = None, keepdim: bool = False) -> Given:
    """Whether one of few truth values along the last axis is true."""
    terms = _entries(b, x) if _is_last(x, dim) and x.type.element_type == i1 else []
    return reduce(partial(b.binary, d.OrOp), terms) if terms else None


def _entries(b: SmallBuilder, x: Value) -> list[Value]:
    """The entries along the last axis, where they are few."""
    columns = dims_of(x.type)[-1]
    if not isinstance(columns, int) or columns > MOST_SUMMANDS:
        return []
    return [b.emit(d.SliceOp(x, len(dims_of(x.type)) - 1, i, 1, 1)) for i in range(columns)]


@rule("aten.searchsorted.Tensor")
def _searchsorted(
    b: SmallBuilder,
    out: Tensor,
    borders: Value,
    x: Value,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Given:
    return _bucketize(b, out, x, borders, right=right or side == "right") if sorter is None else None


@rule("aten.bucketize.Tensor")
def _bucketize(
    b: SmallBuilder, out: Tensor, x: Value, borders: Value, *, out_int32: bool = False, right: bool = False
) -> Given:
    """How many of few borders lie before x: all for NaN, which torch finds no border above either."""
    if len(dims_of(borders.type)) != 1 or not all_wide(x, borders) or x.type.element_type != borders.type.element_type:
        return None
    dims, beyond = dims_of(x.type), Predicate.gt if right else Predicate.ge
    values = [b.broadcast(b.reshape(border, ()), dims) for border in _entries(b, borders)]
    before = [b.binary(d.XorOp, b.emit(d.CompareOp(beyond, border, x)), 1) for border in values]
    terms = [b.cast(term, out.element_type) for term in before]
    return reduce(partial(b.binary, d.AddOp), terms) if terms else None


def _summed_outside(b: SmallBuilder, out: Tensor, x: Value, dim: Any) -> Given:
    """A sum over one outer axis of few entries, as those of the parts of a split matmul are."""
    axes = [axis_of(x, i) for i in (dim if isinstance(dim, tuple) else (dim,))]
    if len(axes) != 1 or axes[0] is None:
        return None
    length, order = dims_of(x.type)[axes[0]], [i for i in range(len(dims_of(x.type))) if i != axes[0]]
    few = isinstance(length, int) and 1 < length <= MOST_SUMMANDS
    return b.reshape(b.reduce(d.PartSumOp, b.permute(x, [*order, axes[0]])), dims_of(out)) if few else None


def _is_last(x: Value, dim: Any) -> bool:
    """Whether a dimension argument names the last axis and no other."""
    axes = [axis_of(x, i) for i in (dim if isinstance(dim, tuple) else (dim,))]
    return axes == [len(dims_of(x.type)) - 1]


_REDUCTIONS: dict[str, type[RowReduction]] = {
    "mean.dim": d.RowMeanOp,
    "sum.dim_IntList": d.RowSumOp,
    "amax.default": d.RowAmaxOp,
    "amin.default": d.RowAminOp,
    "max.dim": d.RowAmaxOp,
    "min.dim": d.RowAminOp,
}
for _name, _op in _REDUCTIONS.items():
    rule(f"aten.{_name}", anchor=True)(partial(_reduce, _op))


@rule("aten.aminmax.default", anchor=True)
def _aminmax(b: SmallBuilder, out: Tensor, x: Value, *, dim: Any = None, keepdim: bool = False) -> Given:
    return (b.reduce(d.RowAminOp, x), b.reduce(d.RowAmaxOp, x)) if _is_last(x, dim) and all_wide(x) else None


@rule("aten.linalg_vector_norm.default", anchor=True)
def _vector_norm(
    b: SmallBuilder,
    out: Tensor,
    x: Value,
    order: Any = 2,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: None = None,
) -> Given:
    """The norm of infinite order; the Euclidean one is summed in an order of its own."""
    return _reduce(d.RowAmaxOp, b, out, b.unary(d.AbsOp, x), dim) if order == math.inf and all_wide(x) else None


@rule("aten.var.correction", anchor=True)
def _var(
    b: SmallBuilder, out: Tensor, x: Value, dim: Any = None, *, correction: Any = 1, keepdim: bool = False
) -> Given:
    return _reduce(d.RowVarOp, b, out, x, dim) if correction == 0 else None


@rule("aten.var_mean.correction", anchor=True)
def _var_mean(
    b: SmallBuilder, out: Tensor, x: Value, dim: Any = None, *, correction: Any = 1, keepdim: bool = False
) -> Given:
    """Variance and mean; torch computes the mean by Welford's method, which is another order of the row's sum."""
    if correction != 0 or not _is_last(x, dim) or not all_wide(x):
        return None
    return b.reduce(d.RowVarOp, x), b.reduce(d.RowMeanOp, x)


@rule("aten.rms_norm.default", "aten._fused_rms_norm.default", anchor=True)
def _rms_norm(b: SmallBuilder, out: Tensor, x: Value, shape: Any, weight: Any = None, eps: Any = None) -> Given:
    """F.rms_norm, and the GPU kernel behind it: all in f32 and rounded once (aten/src/ATen/native/layer_norm.cpp)."""
    if not _norms_rows(x, shape, weight) or not isinstance(eps, float):
        return None
    return expanded(b, d.RmsNormOp(x, weight, None, out, eps=eps))[0]


@rule("aten.native_layer_norm.default", "aten.layer_norm.default", anchor=True)
def _layer_norm(
    b: SmallBuilder, out: Tensor, x: Value, shape: Any, weight: Any = None, bias: Any = None, eps: Any = 1e-5, *_: Any
) -> Given:
    if not _norms_rows(x, shape, weight, bias) or not isinstance(eps, float) or out.element_type != x.type.element_type:
        return None
    return b.emit(d.LayerNormOp(x, weight, bias, eps))


def _norms_rows(x: Value, shape: Any, *vectors: Any) -> bool:
    """Whether a norm of torch's works on the last axis, with a weight and a bias of one entry per column, or none."""
    row = dims_of(x.type)[-1:]
    known = all_wide(x) and tuple(shape) == row and isinstance(row[0], int)
    return known and all(v is None or (all_wide(v) and dims_of(v.type) == row) for v in vectors)
