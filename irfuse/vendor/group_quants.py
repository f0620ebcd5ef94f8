"""Quants by groups, of vLLM's CUDA library and of AITER."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType, i8
from xdsl.ir import Attribute

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.fp8 import FP8
from irfuse.dialect.types import dims_of, strides_of
from irfuse.vendor.norms import VLLM
from irfuse.vendor.numbers import constant, held, largest_magnitude
from irfuse.vendor.parts import IN_TORCH, codes, magnitude, quotients, runs, without_runs
from irfuse.vendor.table import require, vendor_op

_QUANTIZATION = "csrc/libtorch_stable/quantization/w8a8"
_LEAST_POWER = 1e-10
"""What ``fmaxf`` holds a scale above before it becomes a power of two."""
_AITER_GROUP = 128


_C_FP8_QUANT = (
    "_C::per_token_group_fp8_quant(Tensor input, Tensor! output_q, Tensor! output_s, int group_size, float eps, "
    "float fp8_min, float fp8_max, bool scale_ue8m0, bool dummy_is_scale_transposed, bool dummy_is_tma_aligned) -> ()"
)
_AITER_QUANT = (
    "vllm::rocm_aiter_group_fp8_quant(Tensor x, SymInt group_size, bool transpose_scale=False) -> (Tensor, Tensor)"
)


@vendor_op(
    _C_FP8_QUANT,
    package=VLLM,
    source=f"{_QUANTIZATION}/fp8/per_token_group_quant.cu",
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
    return _by_groups(b, input, output_q, output_s, group_size, eps, (fp8_min, fp8_max), ue8m0=scale_ue8m0)


@vendor_op(
    _C_FP8_QUANT,
    package=IN_TORCH,
    source="amax",
    says="scale = max(amax, eps) / fp8_max, by ue8m0 the power of two above it; x / scale; NaN stays and is amax",
)
def _per_token_group_fp8_quant_in_torch(
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
    **_dummies: bool,
) -> tuple[Value, ...]:
    require(fp8_min == -fp8_max, f"its codes are from {fp8_min} to {fp8_max}")
    _require_places(output_s)
    return in_torch(b, input, output_q.type.element_type, group_size, eps, fp8_max, ue8m0=scale_ue8m0)


def in_torch(
    b: SmallBuilder, x: Value, element: Attribute, size: int, floor: float, largest: float, *, ue8m0: bool = False
) -> tuple[Value, Value]:
    """Codes and scales of groups as torch code makes them: quotients by numbers are products on GPUs, NaN is passed on.

    Raises Unsupported.
    """
    fp8 = FP8.get(type(element))
    require(fp8 is not None and largest <= fp8.largest, f"its codes are {element} up to {largest}")
    wide = runs(b, x, size)
    scale = b.binary(d.DivOp, b.clamp(magnitude(b, wide), floor, None), largest)
    if ue8m0:
        scale = b.unary(d.Exp2Op, b.unary(d.CeilOp, b.unary(d.Log2Op, scale)))
    return quotients(b, wide, scale, x, element, largest), without_runs(b, scale)


@vendor_op(
    "_C::per_token_group_quant_int8(Tensor input, Tensor! output_q, Tensor! output_s, int group_size, float eps, "
    "float int8_min, float int8_max) -> ()",
    package=VLLM,
    source=f"{_QUANTIZATION}/int8/per_token_group_quant.cu",
    says="as _C.per_token_group_fp8_quant without powers of two; codes are cut towards 0, not rounded",
)
def _per_token_group_quant_int8(
    b: SmallBuilder,
    outs: Sequence[Attribute],
    input: Value,
    output_q: Value,
    output_s: Value,
    group_size: int,
    eps: float,
    int8_min: float,
    int8_max: float,
) -> tuple[Value, ...]:
    return _by_groups(b, input, output_q, output_s, group_size, eps, (int8_min, int8_max), ue8m0=False)


def _by_groups(
    b: SmallBuilder,
    x: Value,
    q: Value,
    scales: Value,
    size: int,
    eps: float,
    bounds: tuple[float, float],
    *,
    ue8m0: bool,
) -> tuple[Value, ...]:
    """Codes and scales of ``per_token_group_quant_8bit``."""
    low, high = bounds
    fp8 = FP8.get(type(q.type.element_type))
    least, largest = (-128.0, 127.0) if fp8 is None else (-fp8.largest, fp8.largest)
    known = (fp8 is not None or q.type.element_type == i8) and least <= low <= high <= largest
    require(known, f"its codes are {q.type.element_type} from {low} to {high}")
    _require_places(scales)
    wide = runs(b, x, size)
    scale = b.binary(d.DivOp, b.clamp(largest_magnitude(b, wide), eps, None), constant(b, high))
    if ue8m0:
        exponent = b.unary(d.CeilOp, b.unary(d.Log2Op, b.clamp(scale, _LEAST_POWER, None)))
        scale = b.unary(d.Exp2Op, exponent)
    held_rows = held(b, b.binary(d.DivOp, wide, scale), low, high, nan=low)
    return codes(b, held_rows, x, q.type.element_type), without_runs(b, scale)


def _require_places(scales: Value) -> None:
    """Raise Unsupported unless the scale of a row and a group is written to that place of a tensor."""
    strides = strides_of(scales.type)
    known = len(dims_of(scales.type)) == 2 and (strides is None or strides[0] == 1)
    require(known, "its scales lie neither row by row nor column by column")


@vendor_op(
    _AITER_QUANT,
    package=f"{VLLM}, AITER e4048607",
    source="csrc/kernels/quant_kernels.cu",
    says="scale = max(amax, 1e-10) * (1 / 448), for fnuz by 240; x * (1 / scale); NaN is the lower bound and in no "
    "amax; groups of 128 alone; with transpose_scale column by column in a tensor of the same shape",
)
def _rocm_aiter_group_fp8_quant(
    b: SmallBuilder, outs: Sequence[Attribute], x: Value, group_size: int, transpose_scale: bool
) -> tuple[Value, ...]:
    element, largest = made_codes(outs)
    require(len(dims_of(x.type)) == 2, f"it quantises {x.type}, and no rows of two axes")
    require(group_size == _AITER_GROUP, f"AITER quantises groups of {_AITER_GROUP} there, not of {group_size}")
    wide = runs(b, x, group_size)
    scale = b.binary(d.MulOp, b.clamp(largest_magnitude(b, wide), 1e-10, None), 1 / largest)
    scaled = b.binary(d.MulOp, wide, b.unary(d.ReciprocalOp, scale))
    held_rows = held(b, scaled, -largest, largest, nan=-largest)
    return codes(b, held_rows, x, element), _laid_out(b, without_runs(b, scale), by_columns=transpose_scale)


@vendor_op(
    _AITER_QUANT,
    package=IN_TORCH,
    source="amax",
    says="scale = max(amax, 1e-10) / 448, for fnuz by 240; x / scale; NaN stays and is amax; row by row, whatever "
    "transpose_scale says",
)
def _rocm_aiter_group_fp8_quant_in_torch(
    b: SmallBuilder, outs: Sequence[Attribute], x: Value, group_size: int, transpose_scale: bool
) -> tuple[Value, ...]:
    element, largest = made_codes(outs)
    return in_torch(b, x, element, group_size, 1e-10, largest)


def made_codes(outs: Sequence[Attribute]) -> tuple[Attribute, float]:
    """The type of the codes that an op returns first, and the largest of them. Raises Unsupported."""
    element = outs[0].element_type if outs and isinstance(outs[0], TensorType) else None
    fp8 = None if element is None else FP8.get(type(element))
    require(fp8 is not None and fp8.largest in (240.0, 448.0), f"its codes are {element}")
    assert element is not None and fp8 is not None
    return element, fp8.largest


def _laid_out(b: SmallBuilder, scales: Value, *, by_columns: bool) -> Value:
    """Scales row by row, or column by column in a tensor of the same shape."""
    return b.reshape(b.permute(scales, (1, 0)), dims_of(scales.type)) if by_columns else scales
