"""Norms of vLLM: its own ops, which a provider computes, and those of its CUDA library, with several roundings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute

from irfuse import dialect as d
from irfuse.aten.registry import all_wide
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.named import expanded
from irfuse.dialect.types import dims_of, with_element
from irfuse.vendor.table import Meaning, require, vendor_op

VLLM = "vLLM 0.33.0"
_NATIVE, _CUDA = "vllm/ir/ops/layernorm.py", "csrc/libtorch_stable/layernorm_kernels.cu"
_OLDER, _OLDER_CUDA = "vLLM 0112cf23", "csrc/layernorm_kernels.cu"
_IR_NORM = "vllm_ir::rms_norm(Tensor x, Tensor? weight, float epsilon, SymInt? variance_size=None) -> Tensor"
_ADDED = "Tensor? weight, float epsilon, SymInt? variance_size=None) -> (Tensor, Tensor)"
_IR_ADD_NORM = f"vllm_ir::fused_add_rms_norm(Tensor x, Tensor x_residual, {_ADDED}"
_IR_ADD_NORM_IN_PLACE = f"vllm_ir::fused_add_rms_norm.maybe_inplace(Tensor! x, Tensor! x_residual, {_ADDED}"
_C_NORM = "_C::rms_norm(Tensor! result, Tensor input, Tensor? weight, float epsilon) -> ()"
_C_ADD_NORM = "_C::fused_add_rms_norm(Tensor! input, Tensor! residual, Tensor? weight, float epsilon) -> ()"

Norm: TypeAlias = Callable[[SmallBuilder, Value, Value | None, float], Value]
"""From rows, a weight and an epsilon: the normed rows, in the type of the rows."""
AddNorm: TypeAlias = Callable[[SmallBuilder, Value, Value, Value | None, float], tuple[Value, Value]]
"""From two terms, a weight and an epsilon: the normed sum, and the sum rounded to the type of the first."""


def rounded_once(b: SmallBuilder, x: Value, weight: Value | None, eps: float) -> Value:
    """All in f32, rounded at its end."""
    require_rows(x, weight)
    _require_one_type(x, weight)
    return expanded(b, d.RmsNormOp(x, weight, None, x.type, eps=eps))[0]


def rounded_before(b: SmallBuilder, x: Value, weight: Value | None, eps: float) -> Value:
    """Rounded to the type of the weight, which then multiplies it."""
    require_rows(x, weight)
    unit = expanded(b, d.RmsNormOp(x, None, None, with_element(x.type, f32), eps=eps))[0]
    return _weighted(b, unit, weight, x.type.element_type)


def sum_rounded_once(b: SmallBuilder, x: Value, other: Value, weight: Value | None, eps: float) -> tuple[Value, Value]:
    """The norm of the rounded sum, rounded at its end."""
    _require_terms(x, other, weight)
    _require_one_type(x, other, weight)
    norm = d.AddRmsNormOp(x, other, weight, None, (x.type, x.type), eps=eps, norm_rounded=True)
    normed, total = expanded(b, norm)
    return normed, total


def sum_rounded_before(
    b: SmallBuilder, x: Value, other: Value, weight: Value | None, eps: float
) -> tuple[Value, Value]:
    """The norm of the rounded sum, rounded before the weight."""
    return _sum_before(b, x, other, weight, eps, norm_rounded=True)


def exact_sum_before(b: SmallBuilder, x: Value, other: Value, weight: Value | None, eps: float) -> tuple[Value, Value]:
    """The norm of the f32 sum, rounded before the weight."""
    return _sum_before(b, x, other, weight, eps, norm_rounded=False)


def _sum_before(
    b: SmallBuilder, x: Value, other: Value, weight: Value | None, eps: float, *, norm_rounded: bool
) -> tuple[Value, Value]:
    _require_terms(x, other, weight)
    types = with_element(x.type, f32), x.type
    unit, total = expanded(b, d.AddRmsNormOp(x, other, None, None, types, eps=eps, norm_rounded=norm_rounded))
    return _weighted(b, unit, weight, x.type.element_type), total


def _ir_norm(norm: Norm) -> Meaning:
    def meaning(
        b: SmallBuilder,
        outs: Sequence[Attribute],
        x: Value,
        weight: Value | None,
        epsilon: float,
        variance_size: int | None,
    ) -> tuple[Value, ...]:
        require(variance_size is None, "the variance is that of some columns alone")
        return (norm(b, x, weight, epsilon),)

    return meaning


def _ir_add_norm(norm: AddNorm, *, in_place: bool = False) -> Meaning:
    def meaning(
        b: SmallBuilder,
        outs: Sequence[Attribute],
        x: Value,
        x_residual: Value,
        weight: Value | None,
        epsilon: float,
        variance_size: int | None,
    ) -> tuple[Value | None, ...]:
        require(variance_size is None, "the variance is that of some columns alone")
        results = norm(b, b.contiguous(x), b.contiguous(x_residual), weight, epsilon)
        return (*results, None, None) if in_place else results

    return meaning


def _c_norm(norm: Norm) -> Meaning:
    def meaning(
        b: SmallBuilder, outs: Sequence[Attribute], result: Value, input: Value, weight: Value | None, epsilon: float
    ) -> tuple[Value, ...]:
        _require_one_type(input, result)
        return (norm(b, input, weight, epsilon),)

    return meaning


def _c_add_norm(norm: AddNorm) -> Meaning:
    def meaning(
        b: SmallBuilder, outs: Sequence[Attribute], input: Value, residual: Value, weight: Value | None, epsilon: float
    ) -> tuple[Value, ...]:
        _require_one_type(input, residual)
        return norm(b, b.contiguous(input), b.contiguous(residual), weight, epsilon)

    return meaning


_ONCE = "all in f32, (x * rsqrt) * weight, rounded once"
_BEFORE = "the norm rounded to the type of weight, times weight, rounded to that of x"
_SUM_ONCE = "the norm of the sum rounded to the type of input, all of it in f32 and rounded once"
_SUM_BEFORE = "the norm of the sum rounded to the type of input, itself rounded before the weight"
_EXACT_SUM_BEFORE = "the norm of the f32 sum, rounded to the type of weight, times weight"
_UNSAID = "; what is in x and x_residual afterwards is not said"

vendor_op(_IR_NORM, package=VLLM, source=_NATIVE, says=_BEFORE, inexact=True)(_ir_norm(rounded_before))
vendor_op(_IR_NORM, package=VLLM, source=_CUDA, says=_ONCE, inexact=True)(_ir_norm(rounded_once))
vendor_op(_C_NORM, package=VLLM, source=_CUDA, says=_ONCE, inexact=True)(_c_norm(rounded_once))
vendor_op(_C_NORM, package=_OLDER, source=_OLDER_CUDA, says=_BEFORE, inexact=True)(_c_norm(rounded_before))

for _norm, _package, _source, _says in (
    (exact_sum_before, VLLM, _NATIVE, _EXACT_SUM_BEFORE),
    (sum_rounded_once, VLLM, _CUDA, _SUM_ONCE),
    (sum_rounded_before, _OLDER, _OLDER_CUDA, _SUM_BEFORE),
):
    vendor_op(_IR_ADD_NORM, package=_package, source=_source, says=_says, inexact=True)(_ir_add_norm(_norm))
    _meaning = _ir_add_norm(_norm, in_place=True)
    vendor_op(_IR_ADD_NORM_IN_PLACE, package=_package, source=_source, says=_says + _UNSAID, inexact=True)(_meaning)
vendor_op(_C_ADD_NORM, package=VLLM, source=_CUDA, says=_SUM_ONCE, inexact=True)(_c_add_norm(sum_rounded_once))
vendor_op(_C_ADD_NORM, package=_OLDER, source=_OLDER_CUDA, says=_SUM_BEFORE, inexact=True)(
    _c_add_norm(sum_rounded_before)
)
vendor_op(_C_ADD_NORM, package=VLLM, source=_NATIVE, says=_EXACT_SUM_BEFORE, inexact=True)(
    _c_add_norm(exact_sum_before)
)


def _weighted(b: SmallBuilder, unit: Value, weight: Value | None, element: Attribute) -> Value:
    """f32 rows in the type of a weight, times it, in a type."""
    if weight is None:
        return b.cast(unit, element)
    return b.cast(b.binary(d.MulOp, b.cast(unit, weight.type.element_type), weight), element)


def _require_terms(x: Value, other: Value, weight: Value | None) -> None:
    """Raise Unsupported unless two terms are rows of one shape, with a weight for their columns."""
    require_rows(x, weight)
    require_like(x, other)


def require_rows(x: Value, weight: Value | None) -> None:
    """Raise Unsupported unless these are rows, and a weight for each of their columns."""
    require(all_wide(x) and bool(dims_of(x.type)), f"it norms {x.type}, and no rows of bf16, f16 or f32")
    fits = weight is None or (all_wide(weight) and dims_of(weight.type) == dims_of(x.type)[-1:])
    require(fits, "its weight has not one entry for each column")


def require_like(x: Value, other: Value) -> None:
    """Raise Unsupported unless these are rows of the shape of others."""
    require(all_wide(other) and dims_of(other.type) == dims_of(x.type), "its operands have two shapes")


def _require_one_type(x: Value, *others: Value | None) -> None:
    """Raise Unsupported unless all of these have the elements of the first, as the kernel has one type for all."""
    same = all(v is None or v.type.element_type == x.type.element_type for v in others)
    require(same, "its tensors have different element types")
