"""Forms whose results are parts of one normed row: some columns are quantised, others rotated or left as they are."""

from __future__ import annotations

from typing import Any

import torch
from cache_forms import BLOCK, BLOCKS, cache, slots
from crossed_forms import FORMS
from forms import FP8, HEADS, TOKENS, form, group_quant, noise, norm, picks, rotary, static_quant, token_quant
from torch import Tensor

__all__ = ["FORMS"]


def neighbours_rotated(x: Tensor, cos_sin: Tensor) -> Tensor:
    """A rotary embedding of neighbours, by rows that hold cosines and sines in turn."""
    pairs, turns = x.float().unflatten(-1, (-1, 2)), cos_sin.unflatten(-1, (-1, 2))
    a, b, cos, sin = pairs[..., 0], pairs[..., 1], turns[..., 0], turns[..., 1]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2).to(x.dtype)


@form
def a_latent_quantised_beside_its_rotated_tail() -> Any:
    def run(x: Tensor, w: Tensor, table: Tensor, positions: Tensor) -> Any:
        plain, turned = norm(x, w).split([448, 64], -1)
        return *group_quant(plain, 64), neighbours_rotated(turned, table[positions])

    return run, [noise(TOKENS, 512), noise(512), noise(32, 64), picks(32)]


@form
def heads_quantised_beside_their_rotated_tails() -> Any:
    """The rotated columns come first; heads of 192 columns in two batches."""

    def run(x: Tensor, w: Tensor, cos: Tensor, sin: Tensor) -> Any:
        turned, plain = norm(x, w).split([64, 128], -1)
        return rotary(turned, cos, sin), static_quant(plain)

    return run, [noise(3, TOKENS, HEADS, 192), noise(192), noise(TOKENS, 1, 64), noise(TOKENS, 1, 64)]


@form
def a_part_quantised_of_what_leaves() -> Any:
    def run(x: Tensor, r: Tensor, w: Tensor) -> Any:
        y = norm(x + r, w)
        return *group_quant(y[..., 128:512]), y, x + r

    return run, [noise(TOKENS, 640), noise(TOKENS, 640) * 2, noise(640)]


@form
def a_latent_and_its_tail_into_two_caches() -> Any:
    def run(x: Tensor, w: Tensor, table: Tensor, positions: Tensor, codes: Tensor, tails: Tensor, at: Tensor) -> Any:
        plain, turned = norm(x, w).split([320, 64], -1)
        tails.view(-1, 64)[at] = neighbours_rotated(turned, table[positions])
        q, scales = group_quant(plain, 64)
        codes.view(torch.uint8).view(-1, 320)[at] = q.view(torch.uint8)
        return scales

    caches = [cache(BLOCKS, BLOCK, 320, dtype=FP8), cache(BLOCKS, BLOCK, 64)]
    return run, [noise(TOKENS, 384), noise(384), noise(32, 64), picks(32), *caches, slots()]


@form
def two_parts_quantised_in_two_ways() -> Any:
    """By groups, and by one scale for the other columns of a row."""

    def run(x: Tensor, w: Tensor) -> Any:
        first, second = norm(x, w).split([192, 64], -1)
        return *group_quant(first, 64), *token_quant(second)

    return run, [noise(TOKENS, 256), noise(256)]
