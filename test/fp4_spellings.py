"""Quants to fp4 formats as libraries spell them; beside those of spellings.py."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from forms import BF16, F32, FP8, MOST, norm
from spellings import (
    I32,
    SPELLINGS,
    U8,
    Tensor,
    grouped,
    in_tiles,
    rows,
    spelling,
)

__all__ = ["SPELLINGS"]


def codes_from_bits(x: Tensor) -> Tensor:
    """Codes in e2m1 from the bits of f32 numbers: those below 1 by an addition, others by rounding their mantissa."""
    magic = torch.tensor(149 << 23, dtype=I32)
    bits = x.view(I32)
    sign = bits & 0x80000000
    x = (bits ^ sign).view(F32)
    large, small = x >= 6.0, torch.logical_and(torch.logical_not(x >= 6.0), x < 1.0)
    below = (x + magic.view(F32)).view(I32)
    below -= magic
    whole = x.view(I32)
    odd = (whole >> 22) & 1
    whole = (whole + ((-126 << 23) + (1 << 21) - 1) + odd) >> 22
    code = torch.where(small, below.to(U8), torch.full_like(bits, 7, dtype=U8))
    code = torch.where(torch.logical_not(torch.logical_or(large, small)), whole.to(U8), code)
    return code | ((sign >> 28).to(U8) & 8)


def packed(codes: Tensor) -> Tensor:
    """Two codes in each byte, taken from a flat tensor."""
    flat = codes.contiguous().view(-1)
    return (flat[1::2] << 4 | flat[::2]).view(*codes.shape[:-1], -1)


def shuffled(scales: Tensor) -> Tensor:
    """Scales in tiles of 32 rows and 8 columns, as matrix units of gfx950 read them."""
    count, columns = scales.shape
    whole = scales.new_zeros((count + 255) // 256 * 256, (columns + 7) // 8 * 8)
    whole[:count, :columns] = scales
    high, wide = whole.shape
    return whole.view(high // 32, 2, 16, wide // 8, 2, 4).permute(0, 3, 5, 2, 4, 1).contiguous().view(high, wide)


def upward(x: Tensor) -> Tensor:
    """The exponents at or above those of f32 numbers, NaN written under a mask."""
    bits = x.view(I32)
    biased = ((bits >> 23) & 255).view(torch.uint32).to(U8)
    nan = biased == 255
    biased = torch.where(((bits & 0x7FFFFF) != 0) & (biased < 255), biased + 1, biased)
    biased[nan] = 255
    return biased


def power_under_masks(biased: Tensor) -> Tensor:
    """The powers of exponents, of which the least is subnormal and the last is NaN."""
    bits = biased.to(I32) << 23
    bits[biased == 0] = 0x00400000
    bits[biased == 255] = 0x7F800001
    return bits.view(F32)


def mxfp4(x: Tensor) -> tuple[Tensor, Tensor]:
    """Codes in e2m1 and exponents of groups of 32, rounded up."""
    groups = x.reshape(-1, 32).float()
    biased = upward(groups.abs().amax(1) / 6.0)
    codes = codes_from_bits(groups / power_under_masks(biased).view(-1, 1))
    return packed(codes).view(x.shape[0], -1), biased.view(x.shape[0], -1)


@spelling
def mxfp4_under_masks(x: Tensor) -> Any:
    return mxfp4(x)


@spelling
def mxfp4_shuffled(x: Tensor) -> Any:
    codes, scales = mxfp4(x)
    return codes, shuffled(scales)


@spelling
def mxfp4_behind_a_product(x: Tensor) -> Any:
    gate, up = x.chunk(2, -1)
    return mxfp4(F.silu(gate) * up)


def nvfp4_values(x: Tensor, whole: Tensor, rounded: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Groups of 16 by a scale in e4m3 and one of the tensor; zeros of both are taken for large numbers."""
    groups = x.reshape(x.shape[0], -1, 16)
    amax = torch.max(groups.abs(), dim=-1, keepdim=True)[0].float()
    scale = torch.clamp(whole * (amax * (1 / 6.0)), -MOST, MOST).to(FP8).float()
    inverse = 1.0 / (whole + (whole == 0) * 1e8)
    product = scale * inverse
    factor = 1.0 / (product + (product == 0) * 1e8)
    return rounded(torch.clamp(groups.float() * factor, -6.0, 6.0).reshape(x.shape)), scale.squeeze(-1)


def under_masks(x: Tensor) -> Tensor:
    """The nearest numbers of e2m1, written one after the other."""
    sign, x = torch.sign(x), torch.abs(x)
    x[(x >= 0.0) & (x <= 0.25)] = 0.0
    x[(x > 0.25) & (x < 0.75)] = 0.5
    x[(x >= 0.75) & (x <= 1.25)] = 1.0
    x[(x > 1.25) & (x < 1.75)] = 1.5
    x[(x >= 1.75) & (x <= 2.5)] = 2.0
    x[(x > 2.5) & (x < 3.5)] = 3.0
    x[(x >= 3.5) & (x <= 5.0)] = 4.0
    x[x > 5.0] = 6.0
    return x * sign


@spelling
def nvfp4_numbers(x: Tensor, whole: Tensor) -> Any:
    return nvfp4_values(x, whole, under_masks)


@spelling
def nvfp4_there_and_back(x: Tensor, whole: Tensor) -> Any:
    numbers, scale = nvfp4_values(x, whole, under_masks)
    groups = numbers.reshape(*scale.shape, 16) * (scale.unsqueeze(-1) / whole)
    return groups.reshape(x.shape).to(BF16)


@spelling
def nvfp4_in_tiles(x: Tensor, whole: Tensor) -> Any:
    """Codes of numbers that masks gave, packed from pairs."""
    numbers, scale = nvfp4_values(x, whole, under_masks)
    code = torch.zeros_like(numbers, dtype=U8)
    for i, number in enumerate((0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0), 1):
        code[numbers.abs() == number] = i
    pairs = (code | ((numbers < 0).to(U8) << 3)).view(*x.shape[:-1], -1, 2)
    return pairs[..., 0] | (pairs[..., 1] << 4), in_tiles(scale.to(FP8))


@spelling
def nvfp4_of_two_scales(x: Tensor, whole: Tensor) -> Any:
    groups = grouped(x, 16)
    scale = torch.clamp(groups.abs().amax(-1) / 6.0 / whole, 2.0**-6, MOST).to(FP8)
    scaled = groups * ((1.0 / whole) / scale.float()).unsqueeze(-1)
    return packed(codes_from_bits(torch.clamp(scaled, -6.0, 6.0).view(x.shape))), scale


def nvfp4(x: Tensor, whole: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Scaled rows in f32, and the scale of each group in e4m3 and as it divides."""
    groups = x.view(*x.shape[:-1], -1, 16)
    scale = (groups.abs().amax(-1).float() / (6.0 * whole)).clamp(max=MOST).to(FP8)
    divisor = (scale.float() * whole).unsqueeze(-1)
    return (groups / divisor.clamp(min=1e-9)).view(x.shape), scale, divisor


def searched(x: Tensor, borders: Tensor, odd: Tensor) -> Tensor:
    """Codes by a search among borders, where a number on an odd one goes up."""
    code = torch.searchsorted(borders, x.abs()).to(U8)
    return (x < 0).to(U8) * 8 + code + torch.any(x.abs().unsqueeze(-1) == odd, dim=-1).to(U8)


def with_tables(run: Callable[..., Any]) -> None:
    """Register a quant that takes the borders of codes, the odd ones among them, and the numbers of codes."""
    borders = torch.tensor([0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0, math.inf])
    numbers = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
    tables = [torch.tensor([0.01]), borders, borders[1:6:2].clone(), torch.cat((numbers, -numbers))]
    SPELLINGS[run.__name__] = lambda: (run, [rows(), *tables[: run.__code__.co_argcount - 1]])


@with_tables
def nvfp4_searched(x: Tensor, whole: Tensor, borders: Tensor, odd: Tensor) -> Any:
    scaled, scale, _ = nvfp4(x, whole)
    codes = searched(scaled, borders, odd)
    return (codes[..., 1::2] << 4) | codes[..., 0::2], scale


@with_tables
def nvfp4_by_a_table(x: Tensor, whole: Tensor, borders: Tensor, odd: Tensor, numbers: Tensor) -> Any:
    scaled, _, divisor = nvfp4(x, whole)
    found = numbers[searched(scaled, borders, odd).long()]
    return (found.view(*x.shape[:-1], -1, 16) * divisor).reshape(x.shape).to(BF16)


@with_tables
def nvfp4_in_buckets(x: Tensor, whole: Tensor, borders: Tensor) -> Any:
    scaled, scale, _ = nvfp4(x, whole)
    low, high = (
        (torch.bucketize(scaled.abs(), borders).to(U8) | (torch.signbit(scaled).to(U8) << 3))
        .unflatten(-1, (-1, 2))
        .unbind(-1)
    )
    return ((high & 15) << 4) | (low & 15), scale


@with_tables
def nvfp4_counted(x: Tensor, whole: Tensor, borders: Tensor) -> Any:
    scaled, scale, _ = nvfp4(x, whole)
    codes = (scaled.abs().unsqueeze(-1) > borders).sum(-1).to(U8) | ((scaled < 0).to(U8) << 3)
    return codes[..., ::2] | codes[..., 1::2] << 4, scale


@spelling
def nvfp4_chosen(x: Tensor, whole: Tensor) -> Any:
    """A ladder of choices between whole numbers, which torch computes in i64."""
    scaled, scale, _ = nvfp4(x, whole)
    code: Any = 7
    for i, border in reversed(list(enumerate((0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0)))):
        code = torch.where(scaled.abs() < border if i % 2 else scaled.abs() <= border, i, code)
    codes = torch.where(scaled < 0, code + 8, code).to(U8)
    return codes[..., ::2] | codes[..., 1::2] << 4, scale


@spelling
def mxfp4_behind_a_norm(x: Tensor) -> Any:
    return mxfp4(norm(x, torch.ones(x.shape[-1])))
