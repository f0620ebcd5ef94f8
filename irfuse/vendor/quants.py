"""Quants per token and by one scale, of vLLM's CUDA library and of FBGEMM: where each rounds and has its floor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from xdsl.dialects.builtin import BFloat16Type, Float8E4M3FNType, Float8E4M3FNUZType, i8
from xdsl.ir import Attribute

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.enums import Predicate
from irfuse.dialect.scales import E4M3_MAX
from irfuse.dialect.types import dims_of
from irfuse.vendor.norms import VLLM
from irfuse.vendor.numbers import constant, held, largest_magnitude, lesser
from irfuse.vendor.parts import IN_TORCH, codes, magnitude, one_number, products, quotients, rows, without_runs
from irfuse.vendor.table import Meaning, Unsupported, require, vendor_op

_FP8 = "csrc/libtorch_stable/quantization/w8a8/fp8"
_INT8 = "csrc/libtorch_stable/quantization/w8a8/int8/scaled_quant.cu"
Scaled: TypeAlias = Callable[[SmallBuilder, Value, Value, Value, Attribute, float], Value]
"""`quotients` or `products`."""
_LARGEST: dict[type[Attribute], float] = {Float8E4M3FNType: 448.0, Float8E4M3FNUZType: 224.0}
"""``quant_type_max_v``: of fnuz not the largest number, which is 240."""


_STATIC = "_C::static_scaled_fp8_quant(Tensor! result, Tensor input, Tensor scale, int[]? group_shape=None) -> ()"
_BY_TOKEN = (
    "_C::dynamic_per_token_scaled_fp8_quant(Tensor! result, Tensor input, Tensor! scale, Tensor? scale_ub) -> ()"
)


@vendor_op(
    _STATIC,
    package=VLLM,
    source=f"{_FP8}/common.cu",
    says="x * (1 / scale), held to 448, for fnuz to 224; NaN is the upper bound; scales of one number",
)
def _static_scaled_fp8_quant(
    b: SmallBuilder,
    outs: Sequence[Attribute],
    result: Value,
    input: Value,
    scale: Value,
    group_shape: Sequence[int] | None,
) -> tuple[Value, ...]:
    largest = _largest(result)
    inverse = b.unary(d.ReciprocalOp, one_number(b, scale))
    held_rows = held(b, b.binary(d.MulOp, rows(b, input), inverse), -largest, largest, nan=largest)
    return (codes(b, held_rows, input, result.type.element_type),)


def _static_in_torch(scaled: Scaled) -> Meaning:
    def meaning(
        b: SmallBuilder,
        outs: Sequence[Attribute],
        result: Value,
        input: Value,
        scale: Value,
        group_shape: Sequence[int] | None,
    ) -> tuple[Value, ...]:
        return (scaled(b, rows(b, input), one_number(b, scale), input, result.type.element_type, _largest(result)),)

    return meaning


@vendor_op(
    _BY_TOKEN,
    package=VLLM,
    source=f"{_FP8}/common.cu",
    says="scale = max(min(amax, scale_ub) / 448, 1 / (448 * 512)), for fnuz by 224; x / scale; NaN is the upper bound "
    "and in no amax",
)
def _dynamic_per_token_scaled_fp8_quant(
    b: SmallBuilder, outs: Sequence[Attribute], result: Value, input: Value, scale: Value, scale_ub: Value | None
) -> tuple[Value, ...]:
    largest = _largest(result)
    wide, scales = _scaled_by_token(b, input, scale_ub, largest)
    held_rows = held(b, b.binary(d.DivOp, wide, scales), -largest, largest, nan=largest)
    return codes(b, held_rows, input, result.type.element_type), scales


def _by_token_in_torch(scaled: Scaled) -> Meaning:
    def meaning(
        b: SmallBuilder, outs: Sequence[Attribute], result: Value, input: Value, scale: Value, scale_ub: Value | None
    ) -> tuple[Value, ...]:
        require(scale_ub is None, "scale_ub is given, an upper bound")
        return by_token(b, input, result.type.element_type, _largest(result), scaled)

    return meaning


def by_token(b: SmallBuilder, x: Value, element: Attribute, largest: float, scaled: Scaled) -> tuple[Value, Value]:
    """Codes and scales of rows as torch code makes them, with a least scale."""
    wide = rows(b, x)
    scale = b.clamp(b.binary(d.DivOp, magnitude(b, wide), largest), 1 / (largest * 512), None)
    return scaled(b, wide, scale, x, element, largest), scale


@vendor_op(
    "_C::dynamic_scaled_fp8_quant(Tensor! result, Tensor input, Tensor! scale) -> ()",
    package=VLLM,
    source=f"{_FP8}/common.cu",
    says="one scale for the whole tensor: no row knows it, so a call of it stays opaque",
)
def _dynamic_scaled_fp8_quant(
    b: SmallBuilder, outs: Sequence[Attribute], result: Value, input: Value, scale: Value
) -> tuple[Value, ...]:
    raise Unsupported("its scale is that of the whole tensor, which no row knows")


_NATIVE = "vllm/model_executor/layers/quantization/input_quant_fp8.py"
_LEAST = "scale = max(amax / 448, 1 / (448 * 512)), for fnuz by 224; {}; NaN stays and is amax; no scale_ub"
for _scaled, _package, _source, _text in (
    (quotients, IN_TORCH, "x / scale", "x / scale"),
    (products, VLLM, _NATIVE, "x * (1 / scale)"),
):
    _says = f"{_text}, held to 448, for fnuz to 224; NaN stays; scales of one number"
    vendor_op(_STATIC, package=_package, source=_source, says=_says)(_static_in_torch(_scaled))
    _says = _LEAST.format(_text)
    vendor_op(_BY_TOKEN, package=_package, source=_source, says=_says)(_by_token_in_torch(_scaled))


@vendor_op(
    "_C::static_scaled_int8_quant(Tensor! result, Tensor input, Tensor scale, Tensor? azp) -> ()",
    package=VLLM,
    source=_INT8,
    says="x / scale, rounded to even and held to -128 .. 127; NaN is 0; without azp",
)
def _static_scaled_int8_quant(
    b: SmallBuilder, outs: Sequence[Attribute], result: Value, input: Value, scale: Value, azp: Value | None
) -> tuple[Value, ...]:
    _require_symmetric(result, azp)
    return (_int8(b, b.binary(d.DivOp, rows(b, input), one_number(b, scale)), input, result),)


@vendor_op(
    "_C::dynamic_scaled_int8_quant(Tensor! result, Tensor input, Tensor! scale, Tensor!? azp) -> ()",
    package=VLLM,
    source=_INT8,
    says="scale = amax / 127, x * (127 / amax), where amax is 0 x * 0, rounded to even and held to -128 .. 127; NaN is "
    "0 and in no amax; without azp",
)
def _dynamic_scaled_int8_quant(
    b: SmallBuilder, outs: Sequence[Attribute], result: Value, input: Value, scale: Value, azp: Value | None
) -> tuple[Value | None, ...]:
    _require_symmetric(result, azp)
    wide = rows(b, input)
    amax = largest_magnitude(b, wide)
    dims = dims_of(amax.type)
    empty = b.emit(d.CompareOp(Predicate.eq, amax, 0.0))
    quotient = b.binary(d.DivOp, b.broadcast(constant(b, 127.0), dims), amax)
    factor = b.emit(d.SelectOp(empty, b.broadcast(constant(b, 0.0), dims), quotient))
    return _int8(b, b.binary(d.MulOp, wide, factor), input, result), b.binary(d.DivOp, amax, constant(b, 127.0)), None


@vendor_op(
    "fbgemm::quantize_fp8_per_row(Tensor input, Tensor? bs=None, Tensor? scale_ub=None, "
    "ScalarType? output_dtype=None, bool stochastic_rounding=False) -> Tensor[]",
    package="FBGEMM 1.8.0",
    source="fbgemm_gpu/experimental/gen_ai/src/quantize/quantize.cu",
    says="scale = max(min(amax, scale_ub) / 448, 1 / (448 * 512)); x / scale; NaN stays and is in no amax; bf16 rows "
    "of two axes to e4m3, rounded to nearest",
)
def _quantize_fp8_per_row(
    b: SmallBuilder,
    outs: Sequence[Attribute],
    input: Value,
    bs: Value | None,
    scale_ub: Value | None,
    output_dtype: str | None,
    stochastic_rounding: bool,
) -> tuple[Value, ...]:
    dims = dims_of(input.type)
    known = input.type.element_type == BFloat16Type() and len(dims) == 2 and isinstance(dims[1], int)
    require(known and int(dims[1]) % 2 == 0, f"it quantises {input.type}, and no bf16 rows of even length")
    require(bs is None and not stochastic_rounding, "it is given bs, or rounds at random")
    require(output_dtype in (None, "float8_e4m3fn"), f"its codes are {output_dtype}")
    wide, scales = _scaled_by_token(b, input, scale_ub, E4M3_MAX)
    held_rows = b.clamp(b.binary(d.DivOp, wide, scales), -E4M3_MAX, E4M3_MAX)
    return b.cast(held_rows, Float8E4M3FNType()), without_runs(b, scales)


def _scaled_by_token(b: SmallBuilder, x: Value, bound: Value | None, largest: float) -> tuple[Value, Value]:
    """Rows in f32 and their scales: of the largest magnitude, held below a bound, and themselves above the least."""
    wide = rows(b, x)
    amax = largest_magnitude(b, wide)
    bounded = amax if bound is None else lesser(b, amax, one_number(b, bound))
    return wide, b.clamp(b.binary(d.DivOp, bounded, constant(b, largest)), 1 / (largest * 512), None)


def _int8(b: SmallBuilder, scaled: Value, x: Value, result: Value) -> Value:
    """What CUDA's ``cvt.rni.sat.s8.f32`` makes of rows."""
    return codes(b, held(b, b.unary(d.RoundOp, scaled), -128.0, 127.0, nan=0.0), x, result.type.element_type)


def _largest(result: Value) -> float:
    """The bound of the codes of a result."""
    element = result.type.element_type
    require(type(element) in _LARGEST, f"its codes are {element}")
    return _LARGEST[type(element)]


def _require_symmetric(result: Value, azp: Value | None) -> None:
    """Raise Unsupported unless an int8 quant has no zero point."""
    require(azp is None, "azp is given, a zero point")
    require(result.type.element_type == i8, f"its codes are {result.type.element_type}")
