"""Further readings of the ops of `vendor_ops`, and ops that must be measured: torch code after the table's sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from vendor_ops import FP8, kernel, normed, weighted, weighted_late

Weighted = Callable[[Tensor, "Tensor | None", Tensor], Tensor]


def added(x: Tensor, other: Tensor, weight: Tensor | None, eps: float, *, exact: bool, by: Weighted) -> Any:
    """The norm of a sum, of the f32 one or of the rounded one, and the rounded one."""
    total = x.float() + other.float()
    rounded = total.to(x.dtype)
    return by(normed(total if exact else rounded.float(), eps), weight, x), rounded


@kernel("vllm_ir.rms_norm.default")
def rms_norm_of_cuda(x: Tensor, weight: Tensor | None, epsilon: float, variance_size: int | None = None) -> Tensor:
    return weighted(normed(x.float(), epsilon), weight, x)


def _ir(by: Weighted) -> Callable[..., Any]:
    def run(x: Tensor, x_residual: Tensor, weight: Tensor | None, epsilon: float, size: int | None = None) -> Any:
        return added(x, x_residual, weight, epsilon, exact=False, by=by)

    return run


def _ir_in_place(by: Weighted) -> Callable[..., Any]:
    def run(x: Tensor, x_residual: Tensor, *given: Any) -> Any:
        results = _ir(by)(x, x_residual, *given)
        x.fill_(7.0), x_residual.fill_(7.0)
        return results

    return run


for _by in (weighted, weighted_late):
    kernel("vllm_ir.fused_add_rms_norm.default")(_ir(_by))
    kernel("vllm_ir.fused_add_rms_norm.maybe_inplace")(_ir_in_place(_by))


@kernel("_C.rms_norm.default")
def older_rms_norm(result: Tensor, input: Tensor, weight: Tensor | None, epsilon: float) -> None:
    result.copy_(weighted_late(normed(input.float(), epsilon), weight, input))


def _c_add(exact: bool) -> Callable[..., None]:
    def run(input: Tensor, residual: Tensor, weight: Tensor | None, epsilon: float) -> None:
        y, total = added(input, residual, weight, epsilon, exact=exact, by=weighted_late)
        input.copy_(y), residual.copy_(total)

    return run


kernel("_C.fused_add_rms_norm.default")(_c_add(exact=False))
kernel("_C.fused_add_rms_norm.default")(_c_add(exact=True))


@kernel("vllm.fla_rms_norm_gated.default")
def rms_norm_gated_in_torch(
    x: Tensor,
    z: Tensor | None,
    weight: Tensor,
    eps: float,
    group_size: int | None,
    norm_before_gate: bool,
    activation: str,
) -> Tensor:
    gate = None if z is None else (F.sigmoid if activation == "sigmoid" else F.silu)(z.float())
    rows = x.float() if gate is None or norm_before_gate else x.float() * gate
    out = normed(rows.unflatten(-1, (-1, group_size or x.shape[-1])), eps).flatten(-2) * weight.float()
    return (out * gate if gate is not None and norm_before_gate else out).to(x.dtype)


def _product(act: Callable[[Tensor], Tensor], first: bool) -> Callable[..., None]:
    def run(out: Tensor, input: Tensor) -> None:
        left, right = input.chunk(2, -1)
        out.copy_(act(left) * right if first else left * act(right))

    return run


kernel("_C.silu_and_mul.default")(_product(F.silu, first=True))
kernel("_C.mul_and_silu.default")(_product(F.silu, first=False))
kernel("_C.gelu_and_mul.default")(_product(F.gelu, first=True))
kernel("_C.gelu_tanh_and_mul.default")(_product(lambda x: F.gelu(x, approximate="tanh"), first=True))


def group(x: Tensor, size: int, floor: float = 1e-10, largest: float = 448.0, ue8m0: bool = False) -> Any:
    """Codes and scales of groups."""
    rows = x.float().unflatten(-1, (-1, size))
    scale = rows.abs().amax(-1, keepdim=True).clamp(min=floor) / largest
    scale = torch.exp2(torch.ceil(torch.log2(scale))) if ue8m0 else scale
    return (rows / scale).clamp(-largest, largest).to(FP8).flatten(-2), scale.squeeze(-1)


def token(x: Tensor, *, least: bool = True, inverse: bool = False) -> Any:
    """Codes and scales of rows, these above a least one or 1 in place of 0."""
    scale = x.float().abs().amax(-1, keepdim=True) / 448.0
    scale = scale.clamp(min=1 / (448.0 * 512)) if least else torch.where(scale == 0, 1.0, scale)
    scaled = x.float() * scale.reciprocal() if inverse else x.float() / scale
    return scaled.clamp(-448.0, 448.0).to(FP8), scale


@kernel("_C.per_token_group_fp8_quant.default")
def group_quant(
    input: Tensor, output_q: Tensor, output_s: Tensor, size: int, eps: float, low: float, high: float, *flags: bool
) -> None:
    codes, scales = group(input, size, eps, high, flags[0])
    output_q.copy_(codes), output_s.copy_(scales)


for _inverse in (False, True):

    @kernel("_C.static_scaled_fp8_quant.default")
    def static_quant(
        result: Tensor, input: Tensor, scale: Tensor, group_shape: Any = None, inverse: bool = _inverse
    ) -> None:
        scaled = input.float() * scale.reciprocal() if inverse else input.float() / scale
        result.copy_(scaled.clamp(-448.0, 448.0))

    @kernel("_C.dynamic_per_token_scaled_fp8_quant.default")
    def token_quant(
        result: Tensor, input: Tensor, scale: Tensor, scale_ub: Tensor | None, inverse: bool = _inverse
    ) -> None:
        codes, scales = token(input, inverse=inverse)
        result.copy_(codes), scale.copy_(scales)


@kernel("_C.dynamic_scaled_fp8_quant.default")
def tensor_quant(result: Tensor, input: Tensor, scale: Tensor) -> None:
    scale.copy_(input.float().abs().amax() / 448.0)
    result.copy_((input.float() / scale).clamp(-448.0, 448.0))


@kernel("vllm.rocm_aiter_group_fp8_quant.default")
def aiter_group_quant(x: Tensor, group_size: int, transpose_scale: bool = False) -> Any:
    return group(x, group_size)


def _codes_like(x: Tensor, *_options: Any) -> Any:
    return torch.empty_like(x, dtype=FP8), x.new_empty(x.shape[0], 1, dtype=torch.float32)


for _least in (True, False):

    @kernel("vllm.rocm_aiter_per_token_quant.default", _codes_like)
    def aiter_token_quant(x: Tensor, quant_dtype: Any, scale: Tensor | None = None, least: bool = _least) -> Any:
        return token(x, least=least)


def _groups_like(x: Tensor, weight: Tensor, epsilon: float, size: int) -> Any:
    return torch.empty_like(x, dtype=FP8), x.new_empty(x.shape[0], x.shape[1] // size, dtype=torch.float32)


def _with_sum(like: Callable[..., Any]) -> Callable[..., Any]:
    def run(x: Tensor, residual: Tensor, *given: Any) -> Any:
        codes, scales = like(x, *given)
        return codes, torch.empty_like(x), scales

    return run


@kernel("vllm.rocm_aiter_rmsnorm_fp8_group_quant.default", _groups_like)
def norm_group(x: Tensor, weight: Tensor, epsilon: float, size: int) -> Any:
    return group(weighted_late(normed(x.float(), epsilon), weight, x), size)


@kernel("vllm.rocm_aiter_rmsnorm_with_add_fp8_group_quant.default", _with_sum(_groups_like))
def add_norm_group(x: Tensor, residual: Tensor, weight: Tensor, epsilon: float, size: int) -> Any:
    y, total = added(x, residual, weight, epsilon, exact=True, by=weighted_late)
    codes, scales = group(y, size)
    return codes, total, scales


@kernel("vllm.rocm_aiter_rmsnorm_fused_dynamic_quant.default", _codes_like)
def norm_token(x: Tensor, weight: Tensor, epsilon: float, quant_dtype: Any) -> Any:
    return token(weighted_late(normed(x.float(), epsilon), weight, x))


@kernel("vllm.rocm_aiter_rmsnorm_fused_add_dynamic_quant.default", _with_sum(_codes_like))
def add_norm_token(x: Tensor, residual: Tensor, weight: Tensor, epsilon: float, quant_dtype: Any) -> Any:
    y, total = added(x, residual, weight, epsilon, exact=True, by=weighted_late)
    codes, scales = token(y)
    return codes, total, scales
