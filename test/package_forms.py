"""Quants as the packages that calibrate models write them in torch: functions of rows, and the chains found in each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

FP8 = torch.float8_e4m3fn
GROUP = 32
Chains = dict[str, int]
FORMS: dict[str, tuple[Callable[[Tensor], Any], Chains]] = {}


def form(**chains: int) -> Callable[[Callable[[Tensor], Any]], Callable[[Tensor], Any]]:
    """Register a function of rows with the chains that are found in it, and nothing missed."""

    def register(run: Callable[[Tensor], Any]) -> Callable[[Tensor], Any]:
        FORMS[run.__name__] = run, chains
        return run

    return register


def norm(x: Tensor) -> Tensor:
    """An RMSNorm that rounds to the type of the rows."""
    h = x.float()
    return (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-6)).to(x.dtype)


def held(x: Tensor, low: float, high: float) -> Tensor:
    """Between two bounds that are f32 tensors without axes, as calibrators hold them."""
    return torch.clamp(x, torch.tensor(low), torch.tensor(high))


def ranged(x: Tensor, largest: float) -> Tensor:
    """A scale from the least and the greatest entry of each row, with zero between them; one of 0 is replaced."""
    zero = torch.zeros_like(x.amin(-1, keepdim=True))
    low, high = torch.min(x.amin(-1, keepdim=True), zero), torch.max(x.amax(-1, keepdim=True), zero)
    scale = torch.max(low.abs(), high.abs()) / torch.tensor(largest).to(x.dtype)
    return torch.where(scale == 0, torch.tensor(2.0**-7, dtype=x.dtype), scale)


@form(norm_quant=1)
def fake_fp8_by_tokens(x: Tensor) -> Tensor:
    y = norm(x)
    scale = ranged(y, 448.0)
    codes = held(y / scale + torch.zeros_like(scale), -448.0, 448.0).to(FP8)
    return codes.to(y.dtype) * scale


@form(norm_quant=1)
def fake_fp8_by_groups(x: Tensor) -> Tensor:
    y = norm(x).unflatten(-1, (-1, GROUP))
    scale = ranged(y, 448.0)
    return (held(y / scale, -448.0, 448.0).to(FP8).to(y.dtype) * scale).flatten(-2)


@form(quant=1)
def codes_and_held_rows(x: Tensor) -> tuple[Tensor, Tensor]:
    """What leaves besides the codes has the bits of NaN that bounds in tensors keep."""
    rows = held(x, -448.0, 448.0)
    return rows.to(FP8), rows


def power_below(x: Tensor) -> Tensor:
    """Rows down to powers of two by their bits as unsigned integers, with a carry for the upper three quarters."""
    bits = x.view(torch.uint16).to(torch.int32)
    return ((bits + 32) & 0xFF80).to(torch.uint16).view(x.dtype)


@form(norm_quant=1)
def fake_mxfp8(x: Tensor) -> Tensor:
    y = norm(x).unflatten(-1, (-1, GROUP))
    exponent = 119 + torch.floor(torch.log2(power_below(torch.max(y.amin(-1).abs(), y.amax(-1).abs()))))
    stored = exponent.clamp(0, 255).round().to(torch.uint8).to(x.dtype)
    scale = (2.0 ** (stored.to(torch.int32) - 127).float()).to(x.dtype)
    scale = torch.where(scale == 0, torch.tensor(1.0, dtype=x.dtype), scale).unsqueeze(-1)
    return (held(y / scale, -448.0, 448.0).to(FP8).to(y.dtype) * scale).flatten(-2)


@form(norm_quant=1)
def codes_and_bits(x: Tensor) -> tuple[Tensor, Tensor]:
    y = norm(x)
    scale = power_below(y.abs().amax(-1, keepdim=True).clamp(min=2.0**-20))
    return held(y / scale, -448.0, 448.0).to(FP8), scale.view(torch.uint16)


@form(norm_quant=1)
def fake_int8(x: Tensor) -> Tensor:
    """The codes stay floats."""
    y = norm(x)
    scale = ranged(y, 127.5)
    zero = torch.zeros_like(scale).clamp(-128, 127).round().to(torch.int8)
    codes = torch.round(held(y / scale + zero.to(y.dtype), -128.0, 127.0))
    return (codes - zero.to(y.dtype)) * scale


@form(norm_quant=1)
def fake_int8_with_zero_points(x: Tensor) -> Tensor:
    y = norm(x).float()
    low, high = y.amin(-1, keepdim=True).clamp(max=0.0), y.amax(-1, keepdim=True).clamp(min=0.0)
    scale = ((high - low) / 255.0).clamp(min=1e-9)
    zero = torch.clamp(-128.0 - torch.round(low / scale), -128.0, 127.0)
    return (torch.clamp(torch.round(y / scale) + zero, -128.0, 127.0) - zero) * scale


@form(quant=1)
def fake_int8_by_a_number(x: Tensor) -> Tensor:
    scale = torch.full((1,), 0.02, dtype=x.dtype)
    return torch.round(held(x / scale, -128.0, 127.0)) * scale


@form(norm_quant=1)
def fake_fp4(x: Tensor) -> Tensor:
    """A ladder of choices between the numbers of the format."""
    y = norm(x).unflatten(-1, (-1, GROUP))
    scale = ranged(y, 6.0)
    rows = held(y / scale, -6.0, 6.0)
    codes = rows.abs()
    for below, number in ((0.25, 0.0), (0.75, 0.5), (1.25, 1.0), (1.75, 1.5), (2.5, 2.0), (3.5, 3.0), (5.0, 4.0)):
        codes = torch.where((codes > number) & (codes <= below), torch.tensor(number, dtype=x.dtype), codes)
    codes = torch.where(codes > 5.0, torch.tensor(6.0, dtype=x.dtype), codes)
    return (codes * rows.sign() * scale).flatten(-2)
