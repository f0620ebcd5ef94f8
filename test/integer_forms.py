"""Quants by a scale and a zero point, whose codes are whole numbers: torch functions, each of which is one fused op."""

from __future__ import annotations

from typing import Any

import torch
from forms import F32, TOKENS, form, noise, norm
from neighbour_forms import FORMS
from torch import Tensor

__all__ = ["FORMS"]
I8, U8, I32 = torch.int8, torch.uint8, torch.int32


def around_zero(x: Tensor) -> tuple[Tensor, Tensor]:
    """The least and the greatest entry of each row, and 0."""
    low, high = x.amin(-1), x.amax(-1)
    return torch.min(low, torch.zeros_like(low)), torch.max(high, torch.zeros_like(high))


def affine(x: Tensor, least: int, kind: torch.dtype, codes: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """As torchao writes it: the zero point in a type of its own, the scale in f32."""
    low, high = around_zero(x)
    scale = ((high - low) / 255.0).clamp(min=1e-6)
    zero = (least - torch.round(low / scale)).clamp(least, least + 255).to(kind)
    scale = scale.to(F32)
    q = torch.round(x * (1.0 / scale[:, None])) + zero[:, None]
    return q.clamp(least, least + 255).to(codes), scale, zero


@form
def zero_points_beyond_the_codes() -> Any:
    """As vLLM writes it: of rows that lie far from 0, beyond the range of i32, or that are all one number."""

    def run(x: Tensor) -> Any:
        low, high = x.float().aminmax(dim=-1, keepdim=True)
        scale = (high - low) / torch.tensor(255.0)
        zero = torch.round(torch.tensor(-128.0) - low / scale).to(I32)
        return ((x / scale).round() + zero).clamp(-128, 127).to(I8), scale, zero

    rows = noise(TOKENS, 256, dtype=F32)
    rows[0] += 1e4
    rows[1] -= 3e6
    return run, [rows]


@form
def integers_before_the_zero_point() -> Any:
    def run(x: Tensor, weight: Tensor, scale: Tensor, zero: Tensor) -> Any:
        y = norm(x, weight)
        return ((y / scale).round().to(I32) + zero).clamp(-128, 127).to(I8)

    return run, [noise(TOKENS, 256), noise(256), torch.tensor([0.03]), torch.tensor([5], dtype=I32)]


@form
def zero_points_of_i8() -> Any:
    return lambda x, w: affine(norm(x, w), -128, I8, I8), [noise(TOKENS, 256), noise(256)]


@form
def zero_points_of_i32_and_bytes() -> Any:
    return lambda x, w: affine(norm(x, w), 0, I32, U8), [noise(TOKENS, 256), noise(256)]


@form
def zero_points_of_f32() -> Any:
    return lambda x, w: affine(norm(x, w), -128, F32, I8), [noise(TOKENS, 256), noise(256)]


@form
def zero_points_of_groups() -> Any:
    """As compressed-tensors writes it, in the type of the rows."""

    def run(x: Tensor, weight: Tensor) -> Any:
        y = norm(x, weight).unflatten(-1, (-1, 128))
        low, high = around_zero(y)
        scale = (high - low) / 255.0
        scale = torch.where(scale == 0, torch.finfo(y.dtype).eps, scale)
        zero = (-128 - low / scale).clamp(-128, 127).round().to(I8)
        q = y / scale.unsqueeze(-1) + zero.to(y.dtype).unsqueeze(-1)
        return q.clamp(-128, 127).round().to(I8).flatten(-2), scale, zero

    return run, [noise(TOKENS, 256), noise(256)]


def words(codes: Tensor, bits: int) -> Tensor:
    """Bytes of few bits side by side in words, the last first."""
    rows = codes.to(I32).unflatten(-1, (-1, 32 // bits))
    word = torch.zeros(rows.shape[:-1], dtype=I32)
    for i in reversed(range(32 // bits)):
        word = word | (rows[..., i] << (bits * i))
    return word


@form
def eight_codes_in_a_word() -> Any:
    def run(x: Tensor) -> Any:
        y = x.float()
        scale = y.abs().amax(-1, keepdim=True) / 7
        return words(((y / scale).round() + 8).clamp(1, 15).to(U8), 4), scale

    return run, [noise(TOKENS, 256)]


@form
def four_bytes_in_a_word() -> Any:
    """Also of bytes whose last bit is set, which makes a word negative."""

    def run(x: Tensor) -> Any:
        y = x.float()
        scale = y.abs().amax(-1, keepdim=True) / 127
        return words(((y / scale).round() + 128).clamp(0, 255).to(U8), 8), scale

    return run, [noise(TOKENS, 256)]
