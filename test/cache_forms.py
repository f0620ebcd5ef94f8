"""Values that go into a cache, with a quant before it or without: torch functions, each of which is one fused op."""

from __future__ import annotations

from typing import Any

import torch
from forms import (
    ANGLES,
    BF16,
    F32,
    FORMS,
    FP8,
    HEAD,
    HEADS,
    TOKENS,
    WIDTH,
    form,
    group_quant,
    noise,
    norm,
    rotary,
    static_quant,
)
from torch import Tensor

__all__ = ["FORMS", "TOKENS"]
BLOCKS, BLOCK = 3, 16
ROPE = [noise(*HEAD), noise(WIDTH), noise(*ANGLES), noise(*ANGLES)]
"""Keys by heads, the weight of their norm, and the angles."""


def slots() -> Tensor:
    """A place in a cache for each token, the last counted from the end."""
    return torch.tensor([40, 3, 17, 5, 0, 31, -2])


def cache(*shape: int, dtype: torch.dtype = BF16) -> Tensor:
    """A cache that holds something."""
    return noise(*shape, dtype=F32).to(dtype)


def keys(x: Tensor, w: Tensor, c: Tensor, s: Tensor) -> Tensor:
    """Keys as attention takes them."""
    return rotary(norm(x, w), c, s)


@form
def keys_alone() -> Any:
    return lambda x, w, c, s: keys(x, w, c, s), ROPE


@form
def keys_into_slots() -> Any:
    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, kept: Tensor, at: Tensor) -> Any:
        kept.view(-1, HEADS, WIDTH)[at] = keys(x, w, c, s)

    return run, [*ROPE, cache(BLOCKS, BLOCK, HEADS, WIDTH), slots()]


@form
def keys_into_blocks() -> Any:
    """In the layout where a head's columns stand in runs of 8 with the tokens of a block between them."""

    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, kept: Tensor, at: Tensor) -> Any:
        kept[at // BLOCK, :, :, at % BLOCK] = keys(x, w, c, s).view(-1, HEADS, WIDTH // 8, 8)

    return run, [*ROPE, cache(BLOCKS, HEADS, WIDTH // 8, BLOCK, 8), slots()]


@form
def keys_and_values_into_one_cache() -> Any:
    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, v: Tensor, kept: Tensor, at: Tensor) -> Any:
        first, second = kept.unbind(0)
        first.view(-1, HEADS, WIDTH)[at] = keys(x, w, c, s)
        second.view(-1, HEADS, WIDTH)[at] = v

    return run, [*ROPE, noise(*HEAD) * 2, cache(2, BLOCKS, BLOCK, HEADS, WIDTH), slots()]


@form
def keys_into_a_cache_with_strides() -> Any:
    """Heads stand before the tokens of a block in memory."""

    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, kept: Tensor, at: Tensor) -> Any:
        kept[at // BLOCK, at % BLOCK] = keys(x, w, c, s)

    return run, [*ROPE, cache(BLOCKS, HEADS, BLOCK, WIDTH).transpose(1, 2), slots()]


@form
def keys_without_a_norm() -> Any:
    """Rotated by a table, and stored."""

    def run(x: Tensor, table: Tensor, positions: Tensor, kept: Tensor, at: Tensor) -> Any:
        cos, sin = (torch.cat((half, half), -1)[:, None] for half in table[positions].chunk(2, -1))
        kept[at // BLOCK, at % BLOCK] = rotary(x, cos, sin)

    return run, [noise(*HEAD), noise(32, WIDTH), slots() % 32, cache(BLOCKS, BLOCK, HEADS, WIDTH), slots()]


@form
def values_beside_keys_without_a_norm() -> Any:
    """Rotated by a table, in slots of rows; the values are only moved."""

    def run(x: Tensor, v: Tensor, table: Tensor, positions: Tensor, k_kept: Tensor, v_kept: Tensor, at: Tensor) -> Any:
        cos, sin = (torch.cat((half, half), -1)[:, None] for half in table[positions].chunk(2, -1))
        k_kept.view(-1, HEADS, WIDTH)[at] = rotary(x, cos, sin)
        v_kept.view(-1, HEADS, WIDTH)[at] = v.view(-1, HEADS, WIDTH)

    caches = [cache(BLOCKS, BLOCK, HEADS, WIDTH), cache(BLOCKS + 1, BLOCK, HEADS, WIDTH)]
    values = noise(TOKENS, HEADS * WIDTH) * 2
    return run, [noise(*HEAD), values, noise(32, WIDTH), slots() % 32, *caches, slots()]


@form
def a_latent_beside_its_tail() -> Any:
    """As they are, put together in a row of the cache."""

    def run(x: Tensor, tail: Tensor, kept: Tensor, at: Tensor) -> Any:
        kept[at] = torch.cat([x, tail], -1)

    return run, [noise(TOKENS, 512), noise(TOKENS, 64), cache(BLOCKS * BLOCK, 576), slots()]


@form
def keys_into_blocks_of_five() -> Any:
    """Slots of i32; the last counts from the end, and so does its block."""

    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, kept: Tensor, at: Tensor) -> Any:
        kept[(at // 5).long(), at % 5] = keys(x, w, c, s)

    return run, [*ROPE, cache(10, 5, HEADS, WIDTH), slots().int()]


@form
def values_beside_keys() -> Any:
    """Each into a cache of its own, at the same places."""

    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, v: Tensor, k_kept: Tensor, v_kept: Tensor, at: Tensor) -> Any:
        k_kept[at // BLOCK, at % BLOCK] = keys(x, w, c, s)
        v_kept[at // BLOCK, at % BLOCK] = v

    caches = [cache(BLOCKS, BLOCK, HEADS, WIDTH), cache(BLOCKS + 1, BLOCK, HEADS, WIDTH)]
    return run, [*ROPE, noise(*HEAD) * 2, *caches, slots()]


@form
def keys_heads_first() -> Any:
    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, kept: Tensor, at: Tensor) -> Any:
        kept.index_copy_(2, at, keys(x, w, c, s).transpose(0, 1)[None])
        return kept

    return run, [*ROPE, cache(1, HEADS, BLOCKS * BLOCK, WIDTH), slots() % 48]


@form
def keys_at_a_fixed_place() -> Any:
    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, kept: Tensor) -> Any:
        kept[1, :, 5 : 5 + 4].copy_(keys(x, w, c, s)[:4].transpose(0, 1))

    return run, [
        noise(4, HEADS, WIDTH),
        noise(WIDTH),
        noise(4, 1, WIDTH),
        noise(4, 1, WIDTH),
        cache(2, HEADS, 20, WIDTH),
    ]


@form
def keys_quantised_into_slots() -> Any:
    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, kept: Tensor, at: Tensor) -> Any:
        codes = static_quant(keys(x, w, c, s), 0.25)
        kept.view(torch.uint8).view(-1, HEADS, WIDTH)[at] = codes.view(torch.uint8)

    return run, [*ROPE, cache(BLOCKS, BLOCK, HEADS, WIDTH, dtype=FP8), slots()]


@form
def keys_that_are_returned_too() -> Any:
    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, kept: Tensor, at: Tensor) -> Any:
        new = keys(x, w, c, s)
        kept.view(-1, HEADS, WIDTH)[at] = new
        return new

    return run, [*ROPE, cache(BLOCKS, BLOCK, HEADS, WIDTH), slots()]


@form
def latents_with_their_scales() -> Any:
    """Codes and scales go into a cache each."""

    def run(x: Tensor, w: Tensor, kept: Tensor, scales: Tensor, at: Tensor) -> Any:
        codes, scale = group_quant(norm(x, w))
        kept.view(torch.uint8)[at] = codes.view(torch.uint8)
        scales[at] = scale

    rows = BLOCKS * BLOCK
    return run, [noise(TOKENS, 512), noise(512), cache(rows, 512, dtype=FP8), cache(rows, 4, dtype=F32), slots()]


@form
def a_latent_and_its_rotated_tail() -> Any:
    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, kept: Tensor, at: Tensor) -> Any:
        latent, tail = x.split([512, 64], -1)
        kept[at] = torch.cat([norm(latent, w), rotary(tail, c, s)], -1)

    angles = [noise(TOKENS, 64), noise(TOKENS, 64)]
    return run, [noise(TOKENS, 576), noise(512), *angles, cache(BLOCKS * BLOCK, 576), slots()]


@form
def an_activation_into_slots() -> Any:
    def run(x: Tensor, kept: Tensor, at: Tensor) -> Any:
        gate, up = x.chunk(2, -1)
        kept[at] = torch.nn.functional.silu(gate) * up

    return run, [noise(TOKENS, 512), cache(BLOCKS * BLOCK, 256), slots()]
