"""Ops of AITER whose numbers are not known from their sources: what stands for them here must be measured."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.enums import Predicate
from irfuse.dialect.types import TORCH_NAMES, dims_of
from irfuse.vendor.group_quants import in_torch, made_codes
from irfuse.vendor.norms import exact_sum_before, rounded_before
from irfuse.vendor.numbers import constant
from irfuse.vendor.parts import IN_TORCH, magnitude, quotients, rows
from irfuse.vendor.quants import by_token
from irfuse.vendor.table import require, vendor_op

_BY_TOKEN = "vllm::rocm_aiter_per_token_quant(Tensor x, ScalarType quant_dtype, Tensor? scale=None) -> (Tensor, Tensor)"
_NORM = "vllm::rocm_aiter_rmsnorm_{}(Tensor x, {}Tensor weight, float {}, {}) -> (Tensor, {}Tensor)"


@vendor_op(
    _BY_TOKEN,
    package=IN_TORCH,
    source="amax",
    says="scale = max(amax / 448, 1 / (448 * 512)); x / scale; NaN stays and is amax",
    asked=True,
)
def _per_token_quant_above_least(
    b: SmallBuilder, outs: Sequence[Attribute], x: Value, quant_dtype: str, scale: Value | None
) -> tuple[Value, ...]:
    element, largest = _codes(outs, quant_dtype, scale)
    return by_token(b, x, element, largest, quotients)


@vendor_op(
    _BY_TOKEN,
    package="AITER e4048607",
    source="aiter/ops/quant.py",
    says="scale = amax / 448, of a row of zeros 1; x / scale; NaN stays and is amax",
    asked=True,
)
def _per_token_quant_of_any(
    b: SmallBuilder, outs: Sequence[Attribute], x: Value, quant_dtype: str, scale: Value | None
) -> tuple[Value, ...]:
    element, largest = _codes(outs, quant_dtype, scale)
    wide = rows(b, x)
    quotient = b.binary(d.DivOp, magnitude(b, wide), largest)
    one = b.broadcast(constant(b, 1.0), dims_of(quotient.type))
    scales = b.emit(d.SelectOp(b.emit(d.CompareOp(Predicate.eq, quotient, 0.0)), one, quotient))
    return quotients(b, wide, scales, x, element, largest), scales


def _codes(outs: Sequence[Attribute], quant_dtype: str, scale: Value | None) -> tuple[Attribute, float]:
    """The type of the codes, and the largest of them."""
    element, largest = made_codes(outs)
    require(
        scale is None and TORCH_NAMES.get(quant_dtype) == element, f"its codes are {quant_dtype}, or it is given scale"
    )
    return element, largest


@vendor_op(
    _NORM.format("fp8_group_quant", "", "variance_epsilon", "SymInt group_size", ""),
    package=IN_TORCH,
    source="rms_norm, amax",
    says="vllm_ir.rms_norm, and the quant of vllm.rocm_aiter_group_fp8_quant in torch",
    asked=True,
    inexact=True,
)
def _norm_group_quant(
    b: SmallBuilder, outs: Sequence[Attribute], x: Value, weight: Value, variance_epsilon: float, group_size: int
) -> tuple[Value, ...]:
    element, largest = made_codes(outs)
    return in_torch(b, rounded_before(b, x, weight, variance_epsilon), element, group_size, 1e-10, largest)


@vendor_op(
    _NORM.format("with_add_fp8_group_quant", "Tensor residual, ", "variance_epsilon", "SymInt group_size", "Tensor, "),
    package=IN_TORCH,
    source="fused_add_rms_norm, amax",
    says="vllm_ir.fused_add_rms_norm, and the quant of vllm.rocm_aiter_group_fp8_quant in torch",
    asked=True,
    inexact=True,
)
def _add_norm_group_quant(
    b: SmallBuilder,
    outs: Sequence[Attribute],
    x: Value,
    residual: Value,
    weight: Value,
    variance_epsilon: float,
    group_size: int,
) -> tuple[Value, ...]:
    element, largest = made_codes(outs)
    normed, total = exact_sum_before(b, x, residual, weight, variance_epsilon)
    codes, scales = in_torch(b, normed, element, group_size, 1e-10, largest)
    return codes, total, scales


@vendor_op(
    _NORM.format("fused_dynamic_quant", "", "epsilon", "ScalarType quant_dtype", ""),
    package=IN_TORCH,
    source="rms_norm, amax",
    says="vllm_ir.rms_norm, and the quant of vllm.rocm_aiter_per_token_quant in torch",
    asked=True,
    inexact=True,
)
def _norm_token_quant(
    b: SmallBuilder, outs: Sequence[Attribute], x: Value, weight: Value, epsilon: float, quant_dtype: str
) -> tuple[Value, ...]:
    element, largest = _codes(outs, quant_dtype, None)
    return by_token(b, rounded_before(b, x, weight, epsilon), element, largest, quotients)


@vendor_op(
    _NORM.format("fused_add_dynamic_quant", "Tensor residual, ", "epsilon", "ScalarType quant_dtype", "Tensor, "),
    package=IN_TORCH,
    source="fused_add_rms_norm, amax",
    says="vllm_ir.fused_add_rms_norm, and the quant of vllm.rocm_aiter_per_token_quant in torch",
    asked=True,
    inexact=True,
)
def _add_norm_token_quant(
    b: SmallBuilder,
    outs: Sequence[Attribute],
    x: Value,
    residual: Value,
    weight: Value,
    epsilon: float,
    quant_dtype: str,
) -> tuple[Value, ...]:
    element, largest = _codes(outs, quant_dtype, None)
    normed, total = exact_sum_before(b, x, residual, weight, epsilon)
    codes, scales = by_token(b, normed, element, largest, quotients)
    return codes, total, scales
