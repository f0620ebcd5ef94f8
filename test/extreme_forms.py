"""Quants by the scale of a whole tensor: torch functions of rows, and the chains that are found in each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

FP8, INT8 = torch.float8_e4m3fn, torch.int8


def norm(x: torch.Tensor) -> torch.Tensor:
    h = x.float()
    return (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-6)).to(x.dtype)


def quant(y: torch.Tensor, top: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    scale = (top.float() / 448.0).clamp(min=1e-12)
    return (y.float() / scale).clamp(-448.0, 448.0).to(FP8), scale


def normed(x: torch.Tensor) -> Any:
    y = norm(x)
    return quant(y, y.abs().amax())


def normed_and_wanted(x: torch.Tensor) -> Any:
    y = norm(x)
    return *quant(y, y.abs().max()), y


def gated(x: torch.Tensor) -> Any:
    y = norm(x) * F.silu(x.flip(0))
    return quant(y, y.abs().max())


def added(x: torch.Tensor) -> Any:
    h = x + x.flip(0)
    y = norm(h)
    return *quant(y, torch.max(y.abs())), h


def product(x: torch.Tensor) -> Any:
    gate, up = x.chunk(2, -1)
    y = F.silu(gate) * up
    return quant(y, y.abs().amax())


def normed_and_all_axes(x: torch.Tensor) -> Any:
    """As torchao's scales for whole tensors are found."""
    y = norm(x)
    return quant(y, y.view(y.shape).abs().amax(dim=[0, 1], keepdim=True))


def ranged(x: torch.Tensor) -> Any:
    """As calibrators find the range of a whole tensor."""
    y = norm(x)
    low, high = torch.aminmax(y)
    zero = torch.zeros_like(low)
    return quant(y, torch.max(torch.min(low, zero).abs(), torch.max(high, zero).abs()).reshape(1))


def lone(x: torch.Tensor) -> Any:
    return quant(x, x.abs().amax())


def lone_and_flat(x: torch.Tensor) -> Any:
    return quant(x, x.view(-1).abs().amax(dim=0))


def both_extremes(x: torch.Tensor) -> Any:
    low, high = x.amin().float(), x.amax().float()
    scale = ((high - low) / 255.0).clamp(min=1e-12)
    zero = (-128.0 - low / scale).round().clamp(-128.0, 127.0)
    return ((x.float() / scale).round() + zero).clamp(-128.0, 127.0).to(INT8), scale


FORMS: dict[str, tuple[Callable[..., Any], dict[str, int]]] = {
    "normed": (normed, {"norm": 1, "norm_quant": 1}),
    "normed_and_wanted": (normed_and_wanted, {"norm": 1, "norm_quant": 1}),
    "gated": (gated, {"gated_norm": 1, "gated_norm_quant": 1}),
    "added": (added, {"add_norm": 1, "add_norm_quant": 1}),
    "product": (product, {"act_mul": 1, "act_mul_quant": 1}),
    "normed_and_all_axes": (normed_and_all_axes, {"norm": 1, "norm_quant": 1}),
    "ranged": (ranged, {"norm": 2, "norm_quant": 1}),
    "lone": (lone, {"row": 1, "quant": 1}),
    "both_extremes": (both_extremes, {"row": 2, "quant": 1}),
}
"""Functions of rows, and the chains that are found in each."""
