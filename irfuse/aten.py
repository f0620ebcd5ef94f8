"""Rules that say in small ops what an aten or prims op does: ``RULES`` by the name of the overload.

A rule gets a builder, the type of the result and the arguments of the call, tensors as contiguous values. It returns
the result, up to its shape's spelling, or None to leave the node opaque: for arguments that it does not cover, and
wherever it is not certain that the small ops give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from xdsl.dialects.builtin import Float32Type, IntegerType, TensorType
from xdsl.ir import Attribute, SSAValue

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.elementwise import BinaryOp, UnaryOp
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.types import FP8_TYPES, WIDE_TYPES, Tensor, dims_of

Rule: TypeAlias = Callable[..., Value | None]
RULES: dict[str, Rule] = {}

WHOLE_SLICE_END = 2**63 - 1
"""The end that torch writes for a slice to the end of an axis."""


def _rule(*targets: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(targets, rule))
        return rule

    return register


def _is_tensor(value: Any) -> bool:
    return isinstance(value, SSAValue) and isinstance(value.type, TensorType)


def _wide(*values: Value) -> bool:
    """Whether a kernel can compute on all of these: bf16, f16 and f32 tensors."""
    return all(_is_tensor(v) and isinstance(v.type.element_type, WIDE_TYPES) for v in values)


def _convertible(element: Attribute) -> bool:
    return isinstance(element, (*WIDE_TYPES, *FP8_TYPES)) or element == IntegerType(8)


CASTS = (
    "aten._to_copy.default",
    "aten.to.dtype",
    "aten.to.dtype_layout",
    "aten.type_as.default",
    "prims.convert_element_type.default",
)
COPIES = (*CASTS, "aten.clone.default", "aten.contiguous.default", "aten.lift_fresh_copy.default")
"""Ops whose result has the operand's values, but is another tensor."""


@_rule(*CASTS)
def _cast(b: SmallBuilder, out: Tensor, x: Value, *_args: Any, device: None = None, **_kwargs: Any) -> Value | None:
    source = x.type.element_type
    known = source == out.element_type or (
        _convertible(out.element_type) and (_wide(x) or isinstance(source, FP8_TYPES))
    )
    return b.cast(x, out.element_type) if known and device is None else None


@_rule(
    "aten.clone.default",
    "aten.alias.default",
    "aten.detach.default",
    "aten.contiguous.default",
    "aten.lift_fresh_copy.default",
)
def _same(b: SmallBuilder, out: Tensor, x: Value, *, memory_format: Any = None) -> Value | None:
    return x


@_rule(
    "aten.view.default",
    "aten._unsafe_view.default",
    "aten.reshape.default",
    "aten.flatten.using_ints",
    "aten.unflatten.int",
    "aten.squeeze.default",
    "aten.squeeze.dim",
    "aten.squeeze.dims",
    "aten.unsqueeze.default",
)
def _reshape(b: SmallBuilder, out: Tensor, x: Value, *_args: Any) -> Value | None:
    return b.reshape(x, dims_of(out))


@_rule("aten.expand.default")
def _expand(b: SmallBuilder, out: Tensor, x: Value, _sizes: Any, *, implicit: bool = False) -> Value | None:
    return b.broadcast(x, dims_of(out))


@_rule("aten.slice.Tensor")
def _slice(
    b: SmallBuilder, out: Tensor, x: Value, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Value | None:
    whole = start in (None, 0) and end in (None, WHOLE_SLICE_END) and step == 1
    return x if whole else None


def _axis(x: Value, dim: Any) -> int | None:
    rank = len(dims_of(x.type))
    return dim % rank if isinstance(dim, int) and rank else None


@_rule("aten.permute.default")
def _permute(b: SmallBuilder, out: Tensor, x: Value, order: Sequence[int]) -> Value | None:
    axes = [_axis(x, i) for i in order]
    return None if None in axes else b.permute(x, [i for i in axes if i is not None])


@_rule("aten.transpose.int", "aten.t.default")
def _transpose(b: SmallBuilder, out: Tensor, x: Value, first: int = 0, second: int = -1) -> Value | None:
    i, j, order = _axis(x, first), _axis(x, second), list(range(len(dims_of(x.type))))
    if i is None or j is None:
        return x
    order[i], order[j] = order[j], order[i]
    return b.permute(x, order)


def _unary(op: type[UnaryOp], b: SmallBuilder, out: Tensor, x: Value) -> Value | None:
    return b.unary(op, x) if _wide(x) and x.type.element_type == out.element_type else None


for _name, _op in {
    "abs": d.AbsOp,
    "ceil": d.CeilOp,
    "exp": d.ExpOp,
    "exp2": d.Exp2Op,
    "log2": d.Log2Op,
    "neg": d.NegOp,
    "reciprocal": d.ReciprocalOp,
    "round": d.RoundOp,
    "rsqrt": d.RsqrtOp,
    "sigmoid": d.SigmoidOp,
    "silu": d.SiluOp,
    "sqrt": d.SqrtOp,
}.items():
    RULES[f"aten.{_name}.default"] = partial(_unary, _op)


def _binary(op: type[BinaryOp], b: SmallBuilder, out: Tensor, x: Value, y: Any, *, alpha: Any = 1) -> Value | None:
    """A binary op in torch's common dtype, which is the result's; a number is converted by the op itself."""
    if alpha != 1 or not _is_tensor(x) or not _wide(x) or not isinstance(out.element_type, WIDE_TYPES):
        return None
    if not _is_tensor(y):
        plain = isinstance(y, (int, float)) and x.type.element_type == out.element_type
        return b.binary(op, x, float(y)) if plain else None
    if not _wide(y) or any(_narrowed(v, out) for v in (x, y)):
        return None
    return b.binary(op, b.cast(x, out.element_type), b.cast(y, out.element_type))


def _narrowed(x: Value, out: Tensor) -> bool:
    """A 0-d tensor takes the dtype of the other operand, and how it is rounded then depends on where it lives."""
    return isinstance(x.type.element_type, Float32Type) and out.element_type != x.type.element_type


for _name, _binop in {"add": d.AddOp, "sub": d.SubOp, "mul": d.MulOp, "div": d.DivOp}.items():
    RULES[f"aten.{_name}.Tensor"] = partial(_binary, _binop)
    RULES[f"aten.{_name}.Scalar"] = partial(_binary, _binop)
RULES["aten.maximum.default"] = partial(_binary, d.MaximumOp)


@_rule("aten.rsub.Scalar")
def _rsub(b: SmallBuilder, out: Tensor, x: Value, number: Any, alpha: Any = 1) -> Value | None:
    negative = _unary(d.NegOp, b, out, x)
    return None if negative is None or alpha != 1 else _binary(d.AddOp, b, out, negative, number)


@_rule("aten.square.default")
def _square(b: SmallBuilder, out: Tensor, x: Value) -> Value | None:
    return b.square(x) if _wide(x) else None


@_rule("aten.pow.Tensor_Scalar")
def _pow(b: SmallBuilder, out: Tensor, x: Value, exponent: Any) -> Value | None:
    if not _wide(x):
        return None
    if exponent == 2:
        return b.square(x)
    return b.binary(d.PowOp, x, -0.5) if exponent == -0.5 else None


@_rule("aten.pow.Scalar")
def _power_of(b: SmallBuilder, out: Tensor, base: Any, x: Value) -> Value | None:
    """Two to a whole number is exact however it is computed."""
    whole = isinstance(x.owner, (d.CeilOp, d.RoundOp))
    return b.unary(d.Exp2Op, x) if base == 2 and whole and _wide(x) else None


@_rule("aten.clamp.default")
def _clamp(b: SmallBuilder, out: Tensor, x: Value, min: Any = None, max: Any = None) -> Value | None:
    numbers = all(v is None or isinstance(v, (int, float)) for v in (min, max))
    same = _wide(x) and x.type.element_type == out.element_type
    return b.clamp(x, min, max) if numbers and same and (min is not None or max is not None) else None


@_rule("aten.clamp_min.default")
def _clamp_min(b: SmallBuilder, out: Tensor, x: Value, bound: Any) -> Value | None:
    return _clamp(b, out, x, min=bound)


@_rule("aten.clamp_max.default")
def _clamp_max(b: SmallBuilder, out: Tensor, x: Value, bound: Any) -> Value | None:
    return _clamp(b, out, x, max=bound)


def _reduce(
    op: type[RowReduction],
    b: SmallBuilder,
    out: Tensor,
    x: Value,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: None = None,
) -> Value | None:
    """A reduction of the last axis alone; where it is not kept, the result is reshaped."""
    axes = [_axis(x, i) for i in (dim if isinstance(dim, tuple) else (dim,))]
    last = len(dims_of(x.type)) - 1
    if axes != [last] or dtype is not None or not _wide(x) or x.type.element_type != out.element_type:
        return None
    return b.reduce(op, x)


for _name, _reduction in {
    "mean.dim": d.RowMeanOp,
    "sum.dim_IntList": d.RowSumOp,
    "amax.default": d.RowAmaxOp,
    "max.dim": d.RowAmaxOp,
}.items():
    RULES[f"aten.{_name}"] = partial(_reduce, _reduction)


@_rule("aten.rms_norm.default", "aten._fused_rms_norm.default")
def _rms_norm(b: SmallBuilder, out: Tensor, x: Value, shape: Any, weight: Any = None, eps: Any = None) -> Value | None:
    """F.rms_norm, and the GPU kernel behind it: all in f32 and rounded once (aten/src/ATen/native/layer_norm.cpp)."""
    row = dims_of(x.type)[-1:]
    if tuple(shape) != row or not isinstance(eps, float) or not _wide(x) or not isinstance(row[0], int):
        return None
    if weight is not None and (not _wide(weight) or dims_of(weight.type) != row):
        return None
    norm = d.RmsNormOp(x, weight, None, out, eps=eps)
    values = norm.expand(b)
    norm.erase()
    return values[0]
