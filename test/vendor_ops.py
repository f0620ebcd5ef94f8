"""Ops of other packages under their names and schemas, with CPU code that follows the steps of their kernels.

Written from the sources that `irfuse.vendor.TABLE` names, in torch: ``fmax`` and ``fmin`` are CUDA's, which leave NaN
out. A sum of a row is torch's, as no order of it is part of a meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from irfuse.vendor import TABLE

FP8 = torch.float8_e4m3fn
LIBRARIES: dict[str, torch.library.Library] = {}
KERNELS: dict[str, list[Callable[..., Any]]] = {}
"""The code of each reading of an op."""
RUNNING: dict[str, int] = {}
"""By which reading an op runs, where it is not the first."""
SHAPES: dict[str, Callable[..., Any]] = {}


def kernel(name: str, like: Callable[..., Any] = lambda *_given: None) -> Callable[[Any], Any]:
    """Register the code of the next reading of an op; ``like`` makes empty tensors of what it returns."""

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        KERNELS.setdefault(name, []).append(run)
        SHAPES.setdefault(name, like)
        return run

    return register


def normed(x: Tensor, eps: float) -> Tensor:
    """f32 rows times the reciprocal root of the mean of their squares."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


def weighted_late(unit: Tensor, weight: Tensor | None, x: Tensor) -> Tensor:
    """A row that is rounded before its weight multiplies it."""
    return (unit if weight is None else unit.to(weight.dtype) * weight).to(x.dtype)


def weighted(unit: Tensor, weight: Tensor | None, x: Tensor) -> Tensor:
    """A row that is rounded once."""
    return (unit if weight is None else unit * weight.float()).to(x.dtype)


def largest_magnitude(rows: Tensor) -> Tensor:
    """What a loop of fmaxf from 0 on finds."""
    return torch.where(rows.isnan(), 0.0, rows.abs()).amax(-1, keepdim=True)


def below_then_above(x: Tensor, low: float, high: float) -> Tensor:
    """``fmaxf(low, fminf(x, high))``."""
    return torch.fmax(torch.fmin(x, torch.tensor(high)), torch.tensor(low))


def above_then_below(x: Tensor, low: float, high: float) -> Tensor:
    """``fminf(fmaxf(x, low), high)``."""
    return torch.fmin(torch.fmax(x, torch.tensor(low)), torch.tensor(high))


def int8(x: Tensor) -> Tensor:
    """``cvt.rni.sat.s8.f32``: the nearest of -128 to 127, ties to even, 0 for NaN."""
    return x.nan_to_num(0.0).round().clamp(-128, 127).to(torch.int8)


@kernel("vllm_ir.rms_norm.default", lambda x, *_: torch.empty_like(x))
def rms_norm(x: Tensor, weight: Tensor | None, epsilon: float, variance_size: int | None = None) -> Tensor:
    return weighted_late(normed(x.float(), epsilon), weight, x)


@kernel("vllm_ir.fused_add_rms_norm.default", lambda x, *_: (torch.empty_like(x), torch.empty_like(x)))
def fused_add_rms_norm(
    x: Tensor, x_residual: Tensor, weight: Tensor | None, epsilon: float, variance_size: int | None = None
) -> tuple[Tensor, Tensor]:
    total = x.float() + x_residual.float()
    return weighted_late(normed(total, epsilon), weight, x), total.to(x.dtype)


@kernel("vllm_ir.fused_add_rms_norm.maybe_inplace", lambda x, *_: (torch.empty_like(x), torch.empty_like(x)))
def fused_add_rms_norm_in_place(x: Tensor, x_residual: Tensor, *given: Any) -> tuple[Tensor, Tensor]:
    results = fused_add_rms_norm(x, x_residual, *given)
    x.fill_(7.0), x_residual.fill_(7.0)
    return results


@kernel("vllm.fla_rms_norm_gated.default", lambda x, *_: x.new_empty(x.shape))
def fla_rms_norm_gated(
    x: Tensor,
    z: Tensor | None,
    weight: Tensor,
    eps: float,
    group_size: int | None,
    norm_before_gate: bool,
    activation: str,
) -> Tensor:
    rows, gate = x.float(), None
    if z is not None:
        gate = torch.sigmoid(z.float()) if activation == "sigmoid" else z.float() * torch.sigmoid(z.float())
    if gate is not None and not norm_before_gate:
        rows = rows * gate
    unit = normed(rows.unflatten(-1, (-1, group_size or rows.shape[-1])), eps).flatten(-2) * weight.float()
    return (unit * gate if gate is not None and norm_before_gate else unit).to(x.dtype)


@kernel("_C.rms_norm.default")
def c_rms_norm(result: Tensor, input: Tensor, weight: Tensor | None, epsilon: float) -> None:
    result.copy_(weighted(normed(input.float(), epsilon), weight, input))


@kernel("_C.fused_add_rms_norm.default")
def c_fused_add_rms_norm(input: Tensor, residual: Tensor, weight: Tensor | None, epsilon: float) -> None:
    residual.copy_(input + residual)
    input.copy_(weighted(normed(residual.float(), epsilon), weight, input))


def product(act: Callable[[Tensor], Tensor], first: bool) -> Callable[..., None]:
    """One half activated, times the other and 0.0, which is added to it."""

    def run(out: Tensor, input: Tensor) -> None:
        left, right = input.chunk(2, -1)
        active, other = (left, right) if first else (right, left)
        out.copy_(act(active).float() * (other.float() + 0.0))

    return run


kernel("_C.silu_and_mul.default")(product(F.silu, first=True))
kernel("_C.mul_and_silu.default")(product(F.silu, first=False))
kernel("_C.gelu_and_mul.default")(product(F.gelu, first=True))
kernel("_C.gelu_tanh_and_mul.default")(product(lambda x: F.gelu(x, approximate="tanh"), first=True))


@kernel("_C.per_token_group_fp8_quant.default")
def per_token_group_fp8_quant(
    input: Tensor,
    output_q: Tensor,
    output_s: Tensor,
    group_size: int,
    eps: float,
    fp8_min: float,
    fp8_max: float,
    scale_ue8m0: bool,
    dummy_is_scale_transposed: bool,
    dummy_is_tma_aligned: bool,
) -> None:
    rows = input.float().unflatten(-1, (-1, group_size))
    scale = largest_magnitude(rows).clamp(min=eps) / torch.tensor(fp8_max)
    if scale_ue8m0:
        scale = torch.exp2(torch.ceil(torch.log2(scale.clamp(min=1e-10))))
    output_q.copy_(above_then_below(rows / scale, fp8_min, fp8_max).flatten(-2))
    output_s.copy_(scale.squeeze(-1))


@kernel("_C.per_token_group_quant_int8.default")
def per_token_group_quant_int8(
    input: Tensor,
    output_q: Tensor,
    output_s: Tensor,
    group_size: int,
    eps: float,
    int8_min: float,
    int8_max: float,
) -> None:
    rows = input.float().unflatten(-1, (-1, group_size))
    scale = largest_magnitude(rows).clamp(min=eps) / torch.tensor(int8_max)
    output_q.copy_(above_then_below(rows / scale, int8_min, int8_max).trunc().flatten(-2))
    output_s.copy_(scale.squeeze(-1))


@kernel("_C.static_scaled_fp8_quant.default")
def static_scaled_fp8_quant(result: Tensor, input: Tensor, scale: Tensor, group_shape: list[int] | None = None) -> None:
    result.copy_(below_then_above(input.float() * (1 / scale), -448.0, 448.0))


@kernel("_C.dynamic_per_token_scaled_fp8_quant.default")
def dynamic_per_token_scaled_fp8_quant(result: Tensor, input: Tensor, scale: Tensor, scale_ub: Tensor | None) -> None:
    amax = largest_magnitude(input.float())
    amax = amax if scale_ub is None else torch.fmin(amax, scale_ub)
    scales = torch.fmax(amax / torch.tensor(448.0), 1 / torch.tensor(448.0 * 512))
    result.copy_(below_then_above(input.float() / scales, -448.0, 448.0))
    scale.copy_(scales)


@kernel("_C.static_scaled_int8_quant.default")
def static_scaled_int8_quant(result: Tensor, input: Tensor, scale: Tensor, azp: Tensor | None) -> None:
    result.copy_(int8(input.float() / scale))


@kernel("_C.dynamic_scaled_int8_quant.default")
def dynamic_scaled_int8_quant(result: Tensor, input: Tensor, scale: Tensor, azp: Tensor | None) -> None:
    amax = largest_magnitude(input.float())
    scale.copy_(amax / torch.tensor(127.0))
    result.copy_(int8(input.float() * torch.where(amax == 0, 0.0, torch.tensor(127.0) / amax)))


def _groups_like(x: Tensor, group_size: int, transpose_scale: bool = False) -> tuple[Tensor, Tensor]:
    scales = x.new_empty(x.shape[0], -(-x.shape[1] // group_size), dtype=torch.float32)
    return torch.empty_like(x, dtype=FP8), scales


@kernel("vllm.rocm_aiter_group_fp8_quant.default", _groups_like)
def rocm_aiter_group_fp8_quant(x: Tensor, group_size: int, transpose_scale: bool = False) -> tuple[Tensor, Tensor]:
    rows = x.float().unflatten(-1, (-1, group_size))
    scale = largest_magnitude(rows).clamp(min=1e-10) * (1 / torch.tensor(448.0, dtype=torch.float64)).float()
    scaled = rows * (torch.tensor(1.0) / scale)
    codes = torch.where(scaled.isnan(), -448.0, scaled).clamp(-448.0, 448.0)  # v_med3_f32
    places = scale.squeeze(-1).t().contiguous() if transpose_scale else scale
    return codes.flatten(-2).to(FP8), places.view(x.shape[0], -1)


def _rows_like(input: Tensor, *_options: Any) -> list[Tensor]:
    return [torch.empty_like(input, dtype=FP8), input.new_empty(input.shape[:-1], dtype=torch.float32)]


@kernel("fbgemm.quantize_fp8_per_row.default", _rows_like)
def quantize_fp8_per_row(
    input: Tensor,
    bs: Tensor | None = None,
    scale_ub: Tensor | None = None,
    output_dtype: torch.dtype | None = None,
    stochastic_rounding: bool = False,
) -> list[Tensor]:
    amax = largest_magnitude(input.float())
    amax = amax if scale_ub is None else torch.fmin(amax, scale_ub)
    scales = torch.fmax(amax / torch.tensor(448.0), 1 / torch.tensor(448.0 * 512))
    codes = (input.float() / scales).clamp(-448.0, 448.0)  # __NV_SATFINITE
    return [codes.to(FP8), scales.squeeze(-1)]


@kernel("quanto.quantize_symmetric.default", lambda base, dtype, *_: torch.empty_like(base, dtype=dtype))
def quantize_symmetric(base: Tensor, dtype: torch.dtype, axis: int | None, scale: Tensor) -> Tensor:
    data = base / scale
    bounds = torch.finfo(dtype) if dtype.is_floating_point else torch.iinfo(dtype)
    return torch.clamp(data if dtype.is_floating_point else data.round(), bounds.min, bounds.max).to(dtype)


def _run(name: str, *given: Any, **named: Any) -> Any:
    return KERNELS[name][RUNNING.get(name, 0)](*given, **named)


def declare() -> None:
    """Declare all ops of the table, once in a process."""
    for name in () if LIBRARIES else KERNELS:
        namespace, _, rest = name.partition(".")
        library = LIBRARIES.setdefault(namespace, torch.library.Library(namespace, "FRAGMENT"))
        op = rest.removesuffix(".default")
        library.define(f"{op}{TABLE[name].signature}")
        library.impl(op, partial(_run, name), "CPU")
        torch.library.register_fake(f"{namespace}::{op}", SHAPES[name], lib=library)


import vendor_readings  # noqa: E402, F401 - the code of other readings, and of ops that must be measured

declare()
