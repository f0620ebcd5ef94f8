"""Quants of vLLM's CUDA library and of AITER: where each rounds, divides, and has its floor."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import BFloat16Type, Float8E4M3FNType, Float8E4M3FNUZType, TensorType, f32, i8
from xdsl.ir import Attribute

from irfuse import dialect as d
from irfuse.aten.registry import all_wide
from irfuse.dialect.build import SmallBuilder, Value, grouped
from irfuse.dialect.enums import Predicate
from irfuse.dialect.fp8 import FP8
from irfuse.dialect.scales import E4M3_MAX
from irfuse.dialect.sizes import Dim
from irfuse.dialect.types import dims_of, strides_of
from irfuse.vendor.norms import VLLM
from irfuse.vendor.numbers import constant, held, largest_magnitude, lesser
from irfuse.vendor.table import require, vendor_op

_FP8 = "csrc/libtorch_stable/quantization/w8a8/fp8"
_INT8 = "csrc/libtorch_stable/quantization/w8a8/int8/scaled_quant.cu"
_LARGEST: dict[type[Attribute], float] = {Float8E4M3FNType: 448.0, Float8E4M3FNUZType: 224.0}
"""``quant_type_max_v``: of fnuz not the largest number, which is 240."""
_LEAST_POWER = 1e-10
"""What ``fmaxf`` holds a scale above before it becomes a power of two."""


@vendor_op(
    "_C::per_token_group_fp8_quant(Tensor input, Tensor! output_q, Tensor! output_s, int group_size, float eps, "
    "float fp8_min, float fp8_max, bool scale_ue8m0, bool dummy_is_scale_transposed, bool dummy_is_tma_aligned) -> ()",
    package=VLLM,
    source=f"{_FP8}/per_token_group_quant.cu",
    says="scale = max(amax, eps) / fp8_max, by ue8m0 the power of two above max(it, 1e-10); x / scale; NaN is fp8_min "
    "and in no amax; the strides of output_s say how scales lie, the last two flags nothing",
)
def _per_token_group_fp8_quant(
    b: SmallBuilder,
    outs: Sequence[Attribute],
    input: Value,
    output_q: Value,
    output_s: Value,
    group_size: int,
    eps: float,
    fp8_min: float,
    fp8_max: float,
    scale_ue8m0: bool,
    dummy_is_scale_transposed: bool,
    dummy_is_tma_aligned: bool,
) -> tuple[Value, ...]:
    fp8 = FP8.get(type(output_q.type.element_type))
    known = fp8 is not None and -fp8.largest <= fp8_min <= fp8_max <= fp8.largest
    require(known, f"its codes are {output_q.type.element_type} from {fp8_min} to {fp8_max}")
    require(_lies_in_rows_or_columns(output_s), "its scales lie neither row by row nor column by column")
    rows = _runs(b, input, group_size)
    scale = b.binary(d.DivOp, b.clamp(largest_magnitude(b, rows), eps, None), constant(b, fp8_max))
    if scale_ue8m0:
        exponent = b.unary(d.CeilOp, b.unary(d.Log2Op, b.clamp(scale, _LEAST_POWER, None)))
        scale = b.unary(d.Exp2Op, exponent)
    codes = held(b, b.binary(d.DivOp, rows, scale), fp8_min, fp8_max, nan=fp8_min)
    return _codes(b, codes, input, output_q), _without_runs(b, scale)


def _lies_in_rows_or_columns(scales: Value) -> bool:
    """Whether the kernel writes the scale of a row and a group to that place of a tensor."""
    strides = strides_of(scales.type)
    return len(dims_of(scales.type)) == 2 and (strides is None or strides[0] == 1)


@vendor_op(
    "_C::static_scaled_fp8_quant(Tensor! result, Tensor input, Tensor scale, int[]? group_shape=None) -> ()",
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
    inverse = b.unary(d.ReciprocalOp, _one_number(b, scale))
    codes = held(b, b.binary(d.MulOp, _rows(b, input), inverse), -largest, largest, nan=largest)
    return (_codes(b, codes, input, result),)


@vendor_op(
    "_C::dynamic_per_token_scaled_fp8_quant(Tensor! result, Tensor input, Tensor! scale, Tensor? scale_ub) -> ()",
    package=VLLM,
    source=f"{_FP8}/common.cu",
    says="scale = max(min(amax, scale_ub) / 448, 1 / (448 * 512)), for fnuz by 224; x / scale; NaN is the upper bound "
    "and in no amax",
)
def _dynamic_per_token_scaled_fp8_quant(
    b: SmallBuilder, outs: Sequence[Attribute], result: Value, input: Value, scale: Value, scale_ub: Value | None
) -> tuple[Value, ...]:
    largest = _largest(result)
    rows, scales = _scaled_by_token(b, input, scale_ub, largest)
    codes = held(b, b.binary(d.DivOp, rows, scales), -largest, largest, nan=largest)
    return _codes(b, codes, input, result), scales


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
    return (_int8(b, b.binary(d.DivOp, _rows(b, input), _one_number(b, scale)), input, result),)


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
    rows = _rows(b, input)
    amax = largest_magnitude(b, rows)
    dims = dims_of(amax.type)
    empty = b.emit(d.CompareOp(Predicate.eq, amax, 0.0))
    quotient = b.binary(d.DivOp, b.broadcast(constant(b, 127.0), dims), amax)
    factor = b.emit(d.SelectOp(empty, b.broadcast(constant(b, 0.0), dims), quotient))
    codes = _int8(b, b.binary(d.MulOp, rows, factor), input, result)
    return codes, b.binary(d.DivOp, amax, constant(b, 127.0)), None


@vendor_op(
    "vllm::rocm_aiter_group_fp8_quant(Tensor x, SymInt group_size, bool transpose_scale=False) -> (Tensor, Tensor)",
    package=f"{VLLM}, AITER e4048607",
    source="csrc/kernels/quant_kernels.cu",
    says="scale = max(amax, 1e-10) * (1 / 448), for fnuz by 240; x * (1 / scale); NaN is the lower bound and in no "
    "amax; groups of 128 alone; scales row by row",
)
def _rocm_aiter_group_fp8_quant(
    b: SmallBuilder, outs: Sequence[Attribute], x: Value, group_size: int, transpose_scale: bool
) -> tuple[Value, ...]:
    element = outs[0].element_type if isinstance(outs[0], TensorType) else None
    require(type(element) in _LARGEST, f"its codes are {element}")
    require(group_size == _AITER_GROUP, f"AITER quantises groups of {_AITER_GROUP} there, not of {group_size}")
    require(not transpose_scale, "its scales lie column by column in a tensor of rows")
    assert element is not None
    largest, rows = FP8[type(element)].largest, _runs(b, x, group_size)
    scale = b.binary(d.MulOp, b.clamp(largest_magnitude(b, rows), 1e-10, None), 1 / largest)
    scaled = b.binary(d.MulOp, rows, b.unary(d.ReciprocalOp, scale))
    codes = held(b, scaled, -largest, largest, nan=-largest)
    return b.reshape(b.cast(codes, element), dims_of(x.type)), _without_runs(b, scale)


_AITER_GROUP = 128


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
    rows, scales = _scaled_by_token(b, input, scale_ub, E4M3_MAX)
    codes = b.clamp(b.binary(d.DivOp, rows, scales), -E4M3_MAX, E4M3_MAX)
    return b.cast(codes, Float8E4M3FNType()), _without_runs(b, scales)


def _scaled_by_token(b: SmallBuilder, x: Value, bound: Value | None, largest: float) -> tuple[Value, Value]:
    """Rows in f32 and their scales: of the largest magnitude, held below a bound, and themselves above the least."""
    rows = _rows(b, x)
    amax = largest_magnitude(b, rows)
    bounded = amax if bound is None else lesser(b, amax, _one_number(b, bound))
    return rows, b.clamp(b.binary(d.DivOp, bounded, constant(b, largest)), 1 / (largest * 512), None)


def _rows(b: SmallBuilder, x: Value) -> Value:
    """Rows in f32."""
    require(all_wide(x) and bool(dims_of(x.type)), f"it quantises {x.type}, and no rows of bf16, f16 or f32")
    return b.f32(x)


def _runs(b: SmallBuilder, x: Value, size: int) -> Value:
    """Rows in f32, in runs that share a scale."""
    columns: Dim = (dims_of(x.type) or (1,))[-1]
    whole = isinstance(columns, int) and size > 0 and columns % size == 0
    require(whole, f"rows of {columns} columns are no whole groups of {size}")
    return _rows(b, b.reshape(x, grouped(dims_of(x.type), size)))


def _without_runs(b: SmallBuilder, scale: Value) -> Value:
    """Scales of runs, without the axis of the entries that share one."""
    return b.reshape(scale, dims_of(scale.type)[:-1])


def _codes(b: SmallBuilder, held_rows: Value, x: Value, result: Value) -> Value:
    """Codes of the type of a result, in the shape of the rows."""
    return b.reshape(b.cast(held_rows, result.type.element_type), dims_of(x.type))


def _int8(b: SmallBuilder, scaled: Value, x: Value, result: Value) -> Value:
    """What CUDA's ``cvt.rni.sat.s8.f32`` makes of rows."""
    return _codes(b, held(b, b.unary(d.RoundOp, scaled), -128.0, 127.0, nan=0.0), x, result)


def _largest(result: Value) -> float:
    """The bound of the codes of a result."""
    element = result.type.element_type
    require(type(element) in _LARGEST, f"its codes are {element}")
    return _LARGEST[type(element)]


def _one_number(b: SmallBuilder, scale: Value) -> Value:
    """A scale that is one f32 number."""
    one = scale.type.element_type == f32 and all(n == 1 for n in dims_of(scale.type))
    require(one, f"its scale is {scale.type}, and not one f32 number")
    return b.reshape(scale, ())


def _require_symmetric(result: Value, azp: Value | None) -> None:
    """Raise Unsupported unless an int8 quant has no zero point."""
    require(azp is None, "azp is given, a zero point")
    require(result.type.element_type == i8, f"its codes are {result.type.element_type}")
