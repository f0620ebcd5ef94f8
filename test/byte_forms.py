"""Caches that hold codes, scales and floats in rows of bytes: torch functions, each of which is one fused op.

Scales are powers of two, or products, so that a kernel has their bytes: a quotient by a number is none on GPUs.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from cache_forms import BLOCK, BLOCKS, cache, slots
from forms import BF16, F32, FP8, HEAD, MOST, TOKENS, WIDTH, form, noise, norm, picks, rotary, static_quant
from function_forms import FORMS
from torch import Tensor

__all__ = ["FORMS"]
U8 = torch.uint8
ROWS = BLOCKS * BLOCK


def bytes_of(x: Tensor) -> Tensor:
    """The bytes of each row."""
    return x.contiguous().view(U8)


def coded(x: Tensor, group: int) -> tuple[Tensor, Tensor]:
    """Codes as bytes, and a scale for each group of columns."""
    y = x.reshape(*x.shape[:-1], -1, group).float()
    scale = y.abs().amax(-1, keepdim=True).clamp(min=1e-4) * (1 / MOST)
    return (y / scale).clamp(-MOST, MOST).to(FP8).reshape(x.shape).view(U8), scale.squeeze(-1)


def power(x: Tensor) -> Tensor:
    """The power of two at or above a scale."""
    return torch.exp2(torch.ceil(torch.log2(x)))


def paired(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """A rotary embedding of neighbours, in f32."""
    a, b = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2).to(BF16)


@form
def codes_scales_and_a_tail_in_one_row() -> Any:
    """The latents of sparse attention: 512 codes, 4 scales of f32 and 64 columns of bf16 in 656 bytes."""

    def run(x: Tensor, tail: Tensor, kept: Tensor, at: Tensor) -> Any:
        codes, scales = coded(x, 128)
        kept.view(-1, 656)[at] = torch.cat((codes, bytes_of(scales), bytes_of(tail)), -1)

    return run, [noise(TOKENS, 512), noise(TOKENS, 64), cache(BLOCKS, BLOCK, 656, dtype=U8), slots()]


@form
def a_tail_that_is_rotated_before_it_is_bytes() -> Any:
    """Of a normed row some columns are codes in a cache of bytes and others floats there; scales have their own."""

    def run(x: Tensor, w: Tensor, table: Tensor, at: Tensor, kept: Tensor, slot: Tensor, scales: Tensor) -> Any:
        y = norm(x, w)
        codes, scale = coded(y[..., :448], 64)
        cos, sin = table[at][:, ::2], table[at][:, 1::2]
        kept[slot, :448] = codes
        kept[slot, 448:] = bytes_of(paired(y[..., 448:], cos, sin))
        scales[slot] = scale

    tables = [noise(32, 64, dtype=F32), picks(32)]
    caches = [cache(ROWS, 576, dtype=U8), slots(), cache(ROWS, 7, dtype=F32)]
    return run, [noise(TOKENS, 512), noise(512), *tables, *caches]


@form
def scales_behind_the_codes_of_a_block() -> Any:
    """All the codes of a block stand before its scales, as the indexer of sparse attention reads them."""

    def run(x: Tensor, kept: Tensor, at: Tensor) -> Any:
        codes, scale = coded(x, WIDTH)
        flat = kept.view(U8).view(BLOCKS, -1)
        of_codes = flat[:, : BLOCK * WIDTH].view(BLOCKS, BLOCK, WIDTH)
        of_scales = flat[:, BLOCK * WIDTH :].view(BLOCKS, BLOCK, 4)
        of_codes[at // BLOCK, at % BLOCK] = codes
        of_scales[at // BLOCK, at % BLOCK] = power(scale).view(U8)

    return run, [noise(TOKENS, WIDTH), cache(BLOCKS, BLOCK, WIDTH + 4, dtype=FP8), slots()]


@form
def scales_of_half_the_width() -> Any:
    """In bf16, before the codes, and signed bytes."""

    def run(x: Tensor, kept: Tensor, at: Tensor) -> Any:
        codes, scales = coded(x, 64)
        row = torch.cat((scales.to(BF16).view(torch.int8), codes.view(torch.int8)), -1)
        kept[at] = row

    return run, [noise(TOKENS, 256), cache(ROWS, 264, dtype=torch.int8), slots()]


@form
def rotated_keys_as_bytes() -> Any:
    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, kept: Tensor, at: Tensor) -> Any:
        kept[at] = bytes_of(rotary(norm(x, w), c, s))

    angles = [noise(TOKENS, 1, WIDTH), noise(TOKENS, 1, WIDTH)]
    return run, [noise(*HEAD), noise(WIDTH), *angles, cache(ROWS, HEAD[1], 2 * WIDTH, dtype=U8), slots()]


@form
def codes_by_a_given_scale_before_a_tail() -> Any:
    def run(x: Tensor, tail: Tensor, kept: Tensor, at: Tensor) -> Any:
        kept[at] = torch.cat((static_quant(x).view(U8), bytes_of(tail)), -1)

    return run, [noise(TOKENS, 512), noise(TOKENS, 64, dtype=F32), cache(ROWS, 768, dtype=U8), slots()]


@form
def scales_written_as_floats() -> Any:
    """Into a view of the bytes as f32, and a tail into a view of some of them as bf16."""

    def run(x: Tensor, tail: Tensor, kept: Tensor, at: Tensor) -> Any:
        codes, scales = coded(x, 128)
        kept[at, :512] = codes
        kept.view(F32)[at, 128:132] = scales
        kept[:, 528:].view(BF16)[at] = tail

    return run, [noise(TOKENS, 512), noise(TOKENS, 64), cache(ROWS, 656, dtype=U8), slots()]


@form
def a_layer_norm_of_which_half_is_rotated() -> Any:
    """The keys of the indexer of sparse attention, with their scales behind the codes of each token."""

    def run(x: Tensor, w: Tensor, b: Tensor, table: Tensor, at: Tensor, kept: Tensor, slot: Tensor) -> Any:
        y = F.layer_norm(x.float(), (WIDTH,), w, b, 1e-6).to(x.dtype)
        cos, sin = table[at].chunk(2, -1)
        (left, right), rest = y[..., :64].chunk(2, -1), y[..., 64:]
        turned = torch.cat((left * cos - right * sin, right * cos + left * sin), -1)
        codes, scale = coded(torch.cat((turned, rest), -1), WIDTH)
        rows = kept.view(-1, WIDTH + 4)
        rows[slot, :WIDTH] = codes
        rows[slot, WIDTH:] = bytes_of(scale)

    vectors = [noise(WIDTH, dtype=F32), noise(WIDTH, dtype=F32)]
    return run, [noise(TOKENS, WIDTH), *vectors, noise(32, 64), picks(32), cache(BLOCKS, BLOCK, 132, dtype=U8), slots()]


@form
def a_layer_norm_without_weights_whose_halves_change_places() -> Any:
    def run(x: Tensor) -> Any:
        left, right = F.layer_norm(x, (WIDTH,)).chunk(2, -1)
        return static_quant(torch.cat((right, left), -1))

    return run, [noise(*HEAD)]
