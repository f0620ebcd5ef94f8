"""Quants to MX and fp4 formats as libraries spell them: torch functions, each of which is one fused op.

Scales are made of the bits of an f32 or by logarithms, rounded in the ways that the libraries offer, and are stored row
by row or in the tiles that matrix units read. Codes are computed from bits, by writes under masks, by choices, by a
search among borders or from a table.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from forms import F32, FP8, MOST, TOKENS, Form, noise

Tensor = torch.Tensor
U8, I32, E8M0 = torch.uint8, torch.int32, torch.float8_e8m0fnu
COLUMNS = 256
SPELLINGS: dict[str, Form] = {}


def rows(columns: int = COLUMNS) -> Tensor:
    """Rows of usual, small and large numbers, and one of zeros."""
    x = noise(TOKENS, columns)
    x[1], x[2], x[3, ::2] = 0.0, x[2] * 2.0**-9, x[3, ::2] * 90
    x[4, 0] = -0.0
    return x


def spelling(run: Callable[..., Any]) -> Callable[..., Any]:
    """Register a quant of rows; with a second argument it takes the scale of the whole tensor."""
    more = [torch.tensor([0.01])] if run.__code__.co_argcount == 2 else []
    SPELLINGS[run.__name__] = lambda: (run, [rows(), *more])
    return run


def grouped(x: Tensor, size: int = 32) -> Tensor:
    """Groups of columns, in f32."""
    return x.reshape(*x.shape[:-1], -1, size).float()


def most(groups: Tensor) -> Tensor:
    """The largest magnitude of each group."""
    return groups.abs().amax(-1, keepdim=True)


def exponents(amax: Tensor, highest: int, rounding: str = "") -> Tensor:
    """Biased exponents from the bits of an f32, less that of the largest code."""
    nan = amax.isnan()
    if rounding == "even":
        amax = ((amax.view(I32) + (1 << 21)) & 0xFF800000).view(F32)
        amax[nan] = torch.tensor(float("nan"), device=amax.device)
    bits = amax.view(I32)
    exponent = ((bits >> 23) & 255) - 127
    if rounding == "ceil":
        exponent += (bits & 0x7FFFFF) > 0
    biased = (torch.clamp(exponent - highest, -127, 128) + 127).to(U8)
    return torch.where(nan, 255, biased)


def power_of(biased: Tensor) -> Tensor:
    """The power of two of a biased exponent, held above the subnormal ones."""
    return torch.clamp((biased.to(I32) << 23).view(F32), min=2.0**-126)


def in_tiles(scales: Tensor) -> Tensor:
    """Scales in tiles of 128 rows and 4 columns, of which every 32nd row stands side by side; zeros behind the last."""
    count, columns = scales.shape
    down, across = (count + 127) // 128, (columns + 3) // 4
    whole = torch.zeros((down * 128, across * 4), dtype=scales.dtype, device=scales.device)
    whole[:count, :columns] = scales
    return whole.view(down, 4, 32, across, 4).permute(0, 3, 2, 1, 4).contiguous().view(-1)


def mxfp8(x: Tensor, rounding: str = "") -> tuple[Tensor, Tensor]:
    """Codes in e4m3 and exponents of groups of 32."""
    groups = grouped(x)
    biased = exponents(most(groups), 8, rounding)
    codes = torch.clamp(groups / power_of(biased), -MOST, MOST).to(FP8)
    return codes.reshape(x.shape), biased.view(E8M0).squeeze(-1)


@spelling
def mxfp8_by_bits(x: Tensor) -> Any:
    return mxfp8(x)


@spelling
def mxfp8_rounded_up(x: Tensor) -> Any:
    return mxfp8(x, "ceil")


@spelling
def mxfp8_rounded_to_even(x: Tensor) -> Any:
    return mxfp8(x, "even")


@spelling
def mxfp8_in_tiles(x: Tensor) -> Any:
    codes, scales = mxfp8(x)
    return codes, in_tiles(scales)


@spelling
def mxfp8_by_logarithm(x: Tensor) -> Any:
    """With the reciprocal of the scale, chosen for what is no power of two."""
    groups = grouped(x)
    scale = most(groups) / MOST
    whole = (torch.clamp(torch.ceil(torch.log2(scale)), -127, 127) + 127).to(U8)
    biased = torch.where(scale.isnan(), 255, torch.where(scale.isinf(), 254, whole))
    power = torch.where(biased == 0, 1.0, torch.exp2(127 - biased.float()))
    factor = torch.where(biased == 255, scale, torch.where(biased == 254, 2.0**-127, power))
    return torch.clamp(groups * factor, -MOST, MOST).to(FP8).reshape(x.shape), biased.view(E8M0).squeeze(-1)


@spelling
def mxfp8_of_whole_logarithms(x: Tensor) -> Any:
    groups = grouped(x)
    biased = (torch.floor(torch.log2(groups.abs().amax(-1).clamp(min=2.0**-126))) + 127.0).clamp(0, 254)
    codes = (groups / torch.exp2(biased - 127.0).unsqueeze(-1)).view(x.shape).to(FP8)
    scales = F.pad(biased.to(U8), (0, 4, 0, 0))
    return codes, scales


@spelling
def mxfp8_by_powers(x: Tensor) -> Any:
    groups = grouped(x)
    power = torch.pow(2.0, torch.floor(torch.log2(most(groups).clamp(min=1e-12))) - 8)
    return (groups / power).clamp(-MOST, MOST).to(FP8).reshape(x.shape), power.to(E8M0).squeeze(-1)


@spelling
def mxfp8_of_rounded_bits(x: Tensor) -> Any:
    """The exponent leaves as an i32 that becomes a byte; rows are multiplied by the inverse power."""
    groups = grouped(x)
    amax = ((most(groups).view(I32) + 0x200000) & 0xFF800000).view(F32)
    exponent = torch.clamp(torch.log2(amax).floor() - 8, min=-127, max=127)
    scales = (exponent.to(I32) + 127).to(U8).squeeze(-1)
    return torch.ldexp(groups, -exponent).reshape(x.shape).to(FP8), scales


@spelling
def token_without_zeros(x: Tensor) -> Any:
    scale = torch.max(x.float().abs(), dim=-1, keepdim=True)[0] / MOST
    scale[scale == 0] = 1
    return (x.float() / scale).to(FP8), scale


def _of_f32() -> Any:
    """Rows in f32, scaled in place of the exponent by the number of bits."""
    return lambda x: mxfp8(x * math.pi), [rows().float()]


SPELLINGS["mxfp8_of_f32"] = _of_f32
