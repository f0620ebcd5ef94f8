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
from forms import BF16, F32, FP8, MOST, TOKENS, Form, noise, norm

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


def in_tiles(scales: Tensor) -> Tensor:
    """Scales in tiles of 128 rows and 4 columns, of which every 32nd row stands side by side; zeros behind the last."""
    count, columns = scales.shape
    down, across = (count + 127) // 128, (columns + 3) // 4
    whole = torch.zeros((down * 128, across * 4), dtype=scales.dtype, device=scales.device)
    whole[:count, :columns] = scales
    return whole.view(down, 4, 32, across, 4).permute(0, 3, 2, 1, 4).contiguous().view(-1)


def shuffled(scales: Tensor) -> Tensor:
    """Scales in tiles of 32 rows and 8 columns, as matrix units of gfx950 read them."""
    count, columns = scales.shape
    whole = scales.new_zeros((count + 255) // 256 * 256, (columns + 7) // 8 * 8)
    whole[:count, :columns] = scales
    high, wide = whole.shape
    return whole.view(high // 32, 2, 16, wide // 8, 2, 4).permute(0, 3, 5, 2, 4, 1).contiguous().view(high, wide)


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
def token_without_zeros(x: Tensor) -> Any:
    scale = torch.max(x.float().abs(), dim=-1, keepdim=True)[0] / MOST
    scale[scale == 0] = 1
    return (x.float() / scale).to(FP8), scale


@spelling
def mxfp4_behind_a_norm(x: Tensor) -> Any:
    return mxfp4(norm(x, torch.ones(x.shape[-1])))


def _of_f32() -> Any:
    """Rows in f32, scaled in place of the exponent by the number of bits."""
    return lambda x: mxfp8(x * math.pi), [rows().float()]


SPELLINGS["mxfp8_of_f32"] = _of_f32
