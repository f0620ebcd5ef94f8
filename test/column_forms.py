"""Rows of which the columns are taken from several tensors, by their number: torch functions, each of one fused op."""

from __future__ import annotations

from typing import Any

import torch
from forms import F32, HEAD, HEADS, TOKENS, WIDTH, form, group_quant, noise, norm, picks, static_quant
from integer_forms import FORMS
from torch import Tensor

__all__ = ["FORMS"]
HALF = WIDTH // 2


def turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """A rotary embedding of halves by half as many angles, which all heads share."""
    a, b = x.chunk(2, -1)
    cos, sin = cos.unsqueeze(-2), sin.unsqueeze(-2)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


def interleaved(x: Tensor, start: int = 1, stop: int = 60) -> Tensor:
    """Of three rows of angles the first, with every third column of the others."""
    y = x[0].clone()
    for axis in (1, 2):
        y[..., start + axis - 1 : stop : 3] = x[axis, ..., start + axis - 1 : stop : 3]
    return y


@form
def sections_of_angles_by_three_positions() -> Any:
    def run(x: Tensor, table: Tensor, positions: Tensor) -> Any:
        halves = table[positions].chunk(2, -1)
        parts = [[rows[i] for i, rows in enumerate(half.split([16, 24, 24], -1))] for half in halves]
        return static_quant(turned(x, *(torch.cat(part, -1) for part in parts)))

    return run, [noise(*HEAD), noise(32, WIDTH), picks(32, 3 * TOKENS).view(3, TOKENS)]


@form
def interleaved_angles_by_three_positions() -> Any:
    def run(x: Tensor, weight: Tensor, table: Tensor, positions: Tensor) -> Any:
        cos, sin = table[positions].chunk(2, -1)
        return group_quant(turned(norm(x, weight), interleaved(cos), interleaved(sin)))

    return run, [noise(*HEAD), noise(WIDTH), noise(32, WIDTH), picks(32, 3 * TOKENS).view(3, TOKENS)]


@form
def interleaved_angles_that_are_given() -> Any:
    """From the middle on: neither the first columns nor the last are exchanged."""

    def run(x: Tensor, cos: Tensor, sin: Tensor) -> Any:
        return group_quant(turned(x, *(interleaved(half, 20, 43) for half in (cos, sin))))

    return run, [noise(*HEAD), noise(3, TOKENS, HALF), noise(3, TOKENS, HALF) * 2]


@form
def heads_of_the_second_of_two_layers() -> Any:
    """Rows that begin behind as many others as there are tokens."""
    return lambda x, y: group_quant(x[1].float() + y), [
        noise(2, TOKENS, HEADS * WIDTH),
        noise(HEADS * WIDTH, dtype=F32),
    ]


@form
def a_tail_of_an_operand_that_is_turned_in_a_copy() -> Any:
    def run(x: Tensor, cos_sin: Tensor) -> Any:
        y = x.clone()
        y[..., WIDTH:] = turned(x[..., WIDTH:], *cos_sin.chunk(2, -1))
        return group_quant(y, 64)

    return run, [noise(TOKENS, HEADS, 2 * WIDTH), noise(TOKENS, WIDTH)]
