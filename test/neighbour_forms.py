"""Chains that stand beside one another and wait for nothing of one another: torch functions, each of one fused op."""

from __future__ import annotations

from typing import Any

import torch
from cache_forms import BLOCK, BLOCKS, cache, slots
from forms import BF16, F32, FP8, HEADS, TOKENS, WIDTH, form, group_quant, noise, norm, picks, rotary, token_quant
from part_forms import FORMS
from torch import Tensor

__all__ = ["FORMS"]


@form
def two_latents() -> Any:
    """Of one row: the first is quantised, the second goes on as it is."""

    def run(x: Tensor, w: Tensor, v: Tensor) -> Any:
        first, second, _ = x.split([384, 128, 64], -1)
        return *group_quant(norm(first, w)), norm(second, v)

    return run, [noise(TOKENS, 576), noise(384), noise(128)]


@form
def two_latents_and_a_sum() -> Any:
    def run(x: Tensor, y: Tensor, w: Tensor, v: Tensor, r: Tensor) -> Any:
        total = x + r
        return *token_quant(norm(total, w)), norm(y, v), total

    return run, [noise(TOKENS, 384), noise(TOKENS, 128), noise(384), noise(128), noise(TOKENS, 384) * 2]


@form
def rotated_queries_and_keys() -> Any:
    """Of more heads and of fewer, by one table, which both read."""

    def run(x: Tensor, w: Tensor, v: Tensor, table: Tensor, positions: Tensor) -> Any:
        q, k = x.split([HEADS * WIDTH, 2 * WIDTH], -1)
        cos, sin = (torch.cat((half, half), -1)[:, None] for half in table[positions].chunk(2, -1))
        q, k = norm(q.view(-1, HEADS, WIDTH), w), norm(k.view(-1, 2, WIDTH), v)
        return rotary(q, cos, sin), rotary(k, cos, sin)

    return run, [noise(TOKENS, 6 * WIDTH), noise(WIDTH), noise(WIDTH) * 2, noise(32, WIDTH), picks(32)]


@form
def rotated_queries_and_stored_keys() -> Any:
    """With no norm."""

    def run(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor, kept: Tensor, at: Tensor) -> Any:
        kept.view(-1, 2, WIDTH)[at] = rotary(k, cos, sin)
        return rotary(q, cos, sin)

    rows = [noise(TOKENS, HEADS, WIDTH), noise(TOKENS, 2, WIDTH), noise(TOKENS, 1, WIDTH), noise(TOKENS, 1, WIDTH) * 2]
    return run, [*rows, cache(BLOCKS, BLOCK, 2, WIDTH), slots()]


@form
def keys_and_values_in_two_layouts() -> Any:
    """Both are quantised by tokens and heads; of values the tokens of a block stand side by side."""

    def run(k: Tensor, v: Tensor, keys: Tensor, values: Tensor, scales: Tensor, others: Tensor, at: Tensor) -> Any:
        codes, scale = token_quant(k)
        keys.view(torch.uint8)[at // BLOCK, :, at % BLOCK] = codes.view(torch.uint8)
        scales[at // BLOCK, :, at % BLOCK] = scale.squeeze(-1)
        codes, scale = token_quant(v)
        values.view(torch.uint8)[at // BLOCK, :, :, at % BLOCK] = codes.view(torch.uint8)
        others[at // BLOCK, :, at % BLOCK] = scale.squeeze(-1)

    caches = [cache(BLOCKS, HEADS, BLOCK, WIDTH, dtype=FP8), cache(BLOCKS, HEADS, WIDTH, BLOCK, dtype=FP8)]
    kept = [cache(BLOCKS, HEADS, BLOCK, dtype=F32), cache(BLOCKS, HEADS, BLOCK, dtype=F32)]
    rows = [noise(TOKENS, HEADS, WIDTH), noise(TOKENS, HEADS, WIDTH) * 2]
    return run, [*rows, *caches, *kept, slots()]


@form
def one_operand_quantised_twice() -> Any:
    return lambda x: (*group_quant(x), *token_quant(x.to(BF16))), [noise(TOKENS, 512)]


@form
def scales_that_are_multiplied_with_weights() -> Any:
    """The queries of DeepSeek's indexer: a weight for each head goes with the scale of its codes."""

    def run(x: Tensor, weights: Tensor) -> Any:
        codes, scales = token_quant(x)
        return codes, (weights.unsqueeze(-1) * scales * WIDTH**-0.5).squeeze(-1)

    return run, [noise(TOKENS, HEADS, WIDTH), noise(TOKENS, HEADS)]
