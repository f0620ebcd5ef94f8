"""Forms as inference servers spell them: queries, keys and values in one row, packed exponents, rows of bytes."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from cache_forms import FORMS, cache, slots
from forms import BF16, F32, FP8, HEADS, MOST, TOKENS, WIDTH, form, group_quant, noise, norm, picks, static_quant
from torch import Tensor

__all__ = ["FORMS", "TOKENS"]
KEYS = 2
"""Heads of keys, and of values."""
ROW = (HEADS + 2 * KEYS) * WIDTH


def rotary_by_tables(x: Tensor, cos_sin: Tensor, columns: int = WIDTH, *, halves: bool = True) -> Tensor:
    """A rotary embedding of the first columns of each head; what is behind them may be nothing."""
    heads = x.view(x.shape[0], -1, WIDTH)
    turned, rest = heads[..., :columns], heads[..., columns:]
    cos, sin = (half.unsqueeze(-2) for half in cos_sin.chunk(2, -1))
    a, b = turned.chunk(2, -1) if halves else (turned[..., ::2], turned[..., 1::2])
    first, second = a * cos - b * sin, b * cos + a * sin
    turned = torch.cat((first, second), -1) if halves else torch.stack((first, second), -1).flatten(-2)
    return torch.cat((turned, rest), -1).reshape(x.shape)


def queries_keys_values(row: Tensor, q_weight: Tensor, k_weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The three parts of a row, the first two normed by heads."""
    q, k, v = row.split([HEADS * WIDTH, KEYS * WIDTH, KEYS * WIDTH], -1)
    heads = [norm(x.view(-1, x.shape[-1] // WIDTH, WIDTH), w).view(x.shape) for x, w in ((q, q_weight), (k, k_weight))]
    return heads[0], heads[1], v


def packed_exponents(scales: Tensor) -> Tensor:
    """The exponents of scales, four in an integer, column by column."""
    exponents = (scales.view(torch.int32) >> 23).to(torch.uint8)
    return exponents.view(torch.int32).t().contiguous().t()


@form
def heads_of_a_whole_row() -> Any:
    def run(row: Tensor, q_weight: Tensor, k_weight: Tensor, table: Tensor, positions: Tensor) -> Any:
        q, k, v = queries_keys_values(row, q_weight, k_weight)
        cos_sin = table.index_select(0, positions)
        return torch.cat((rotary_by_tables(q, cos_sin), rotary_by_tables(k, cos_sin), v), -1)

    return run, [noise(TOKENS, ROW), noise(WIDTH), noise(WIDTH) + 1, noise(32, WIDTH), picks(32)]


@form
def heads_of_a_whole_row_turned_in_part() -> Any:
    def run(row: Tensor, q_weight: Tensor, k_weight: Tensor, table: Tensor, positions: Tensor) -> Any:
        q, k, v = queries_keys_values(row, q_weight, k_weight)
        turned = [rotary_by_tables(x, table[positions], WIDTH // 2, halves=False) for x in (q, k)]
        return torch.cat((*turned, v), -1)

    return run, [noise(TOKENS, ROW), noise(WIDTH), noise(WIDTH) + 1, noise(32, WIDTH // 2), picks(32)]


@form
def heads_of_a_whole_row_in_groups() -> Any:
    def run(row: Tensor, q_weight: Tensor, k_weight: Tensor) -> Any:
        return group_quant(torch.cat(queries_keys_values(row, q_weight, k_weight), -1), 64)

    return run, [noise(TOKENS, ROW), noise(WIDTH), noise(WIDTH) + 1]


@form
def rotary_of_repeated_angles() -> Any:
    def run(x: Tensor, table: Tensor, positions: Tensor) -> Any:
        cos, sin = (half.repeat(1, 2).unsqueeze(-2) for half in table[positions].chunk(2, -1))
        a, b = x[..., : WIDTH // 2], x[..., WIDTH // 2 :]
        return group_quant(x * cos + torch.cat((-b, a), -1) * sin)

    return run, [noise(TOKENS, HEADS, WIDTH), noise(32, WIDTH), picks(32)]


@form
def exponents_of_four_groups_in_an_integer() -> Any:
    def run(x: Tensor) -> Any:
        gate, up = x.chunk(2, -1)
        groups = (F.silu(gate) * up).view(-1, 8, 128).float()
        scales = torch.exp2(torch.ceil(torch.log2(groups.abs().amax(-1).clamp(1e-4) / MOST)))
        codes = (groups * (1.0 / scales.unsqueeze(2))).clamp(-MOST, MOST).to(FP8).view(-1, 1024)
        return codes, packed_exponents(scales)

    return run, [noise(TOKENS, 2048)]


@form
def an_activation_above_a_threshold() -> Any:
    def run(x: Tensor) -> Any:
        gate, up = x.chunk(2, -1)
        return group_quant(F.threshold(gate, 0.5, 0.0) * up)

    return run, [noise(TOKENS, 512)]


@form
def repeated_heads_that_are_returned_too() -> Any:
    def run(x: Tensor, weight: Tensor) -> Any:
        y = norm(x, weight)
        return y, *group_quant(y.repeat_interleave(2, dim=1))

    return run, [noise(TOKENS, KEYS, WIDTH), noise(WIDTH)]


@form
def heads_of_a_whole_row_that_are_returned_too() -> Any:
    def run(row: Tensor, q_weight: Tensor, k_weight: Tensor, table: Tensor, positions: Tensor) -> Any:
        q, k, v = queries_keys_values(row, q_weight, k_weight)
        cos_sin = table.index_select(0, positions)
        return k, *group_quant(torch.cat((rotary_by_tables(q, cos_sin), k, v), -1))

    return run, [noise(TOKENS, ROW), noise(WIDTH), noise(WIDTH) + 1, noise(32, WIDTH), picks(32)]


@form
def queries_and_keys_of_different_widths() -> Any:
    def run(row: Tensor, q_weight: Tensor, k_weight: Tensor, table: Tensor, positions: Tensor) -> Any:
        q, k, v = queries_keys_values(row, q_weight, k_weight)
        cos_sin = table[positions]
        return rotary_by_tables(q, cos_sin), rotary_by_tables(k, cos_sin), v

    return run, [noise(TOKENS, ROW), noise(WIDTH), noise(WIDTH) + 1, noise(32, WIDTH), picks(32)]


@form
def queries_turned_and_keys_and_values_kept() -> Any:
    """Without a norm: what is turned by the same angles as the keys that go into a cache is computed beside them."""

    def run(row: Tensor, table: Tensor, positions: Tensor, keys: Tensor, values: Tensor, at: Tensor) -> Any:
        q, k, v = row.split([HEADS * WIDTH, KEYS * WIDTH, KEYS * WIDTH], -1)
        cos_sin = table[positions]
        keys[at] = rotary_by_tables(k, cos_sin).view(-1, KEYS, WIDTH)
        values[at] = v.view(-1, KEYS, WIDTH)
        return rotary_by_tables(q, cos_sin)

    caches = [cache(48, KEYS, WIDTH), cache(49, KEYS, WIDTH)]
    return run, [noise(TOKENS, ROW), noise(32, WIDTH), picks(32), *caches, slots()]


@form
def queries_quantised_and_keys_kept() -> Any:
    def run(row: Tensor, q_weight: Tensor, k_weight: Tensor, cos_sin: Tensor, keys: Tensor, at: Tensor) -> Any:
        q, k, _ = queries_keys_values(row, q_weight, k_weight)
        keys[at] = rotary_by_tables(k, cos_sin).view(-1, KEYS, WIDTH)
        return static_quant(rotary_by_tables(q, cos_sin), 0.25)

    weights = [noise(WIDTH), noise(WIDTH) + 1]
    return run, [noise(TOKENS, ROW), *weights, noise(TOKENS, WIDTH), cache(48, KEYS, WIDTH), slots()]


@form
def keys_and_values_quantised_into_slots() -> Any:
    def run(k: Tensor, v: Tensor, keys: Tensor, values: Tensor, at: Tensor) -> Any:
        keys[at], values[at] = static_quant(k, 0.25), static_quant(v, 0.5)

    caches = [cache(48, KEYS, WIDTH, dtype=FP8), cache(48, KEYS, WIDTH, dtype=FP8)]
    return run, [noise(TOKENS, KEYS, WIDTH), noise(TOKENS, KEYS, WIDTH) + 1, *caches, slots()]


@form
def queries_and_keys_with_turned_tails() -> Any:
    """Both are put together, of heads and of the one that all have in common, and stand side by side."""

    def run(q: Tensor, q_tail: Tensor, k: Tensor, k_tail: Tensor, table: Tensor, positions: Tensor) -> Any:
        cos_sin = table[positions]
        tails = [rotary_by_tables(x, cos_sin) for x in (q_tail, k_tail)]
        return static_quant(torch.cat((q, tails[0]), -1)), static_quant(torch.cat((k, tails[1][:, 0]), -1))

    queries, keys = (noise(TOKENS, HEADS, n) for n in (512, WIDTH)), (noise(TOKENS, *n) for n in ((512,), (1, WIDTH)))
    return run, [*queries, *keys, noise(32, WIDTH), picks(32)]


@form
def a_latent_and_its_tail_into_slots() -> Any:
    def run(latent: Tensor, tail: Tensor, kept: Tensor, at: Tensor) -> Any:
        kept[at] = torch.cat((latent, tail), -1)

    return run, [noise(TOKENS, 512), noise(TOKENS, 64), cache(48, 576), slots()]


@form
def halves_of_the_parts_of_a_matmul() -> Any:
    """Each summand is read once, though by two parts of the row."""

    def run(parts: Tensor, bias: Tensor) -> Any:
        gate, up = (parts.sum(0) + bias).to(BF16).chunk(2, -1)
        return group_quant(F.silu(gate) * up)

    return run, [noise(4, TOKENS, 512, dtype=F32), noise(512, dtype=F32)]


@form
def a_tail_that_is_turned_in_its_place() -> Any:
    def run(x: Tensor, weight: Tensor, cos_sin: Tensor) -> Any:
        y = norm(x, weight)
        y[..., :WIDTH] = rotary_by_tables(y[..., :WIDTH].contiguous(), cos_sin)
        return group_quant(y, 64)

    return run, [noise(TOKENS, 3 * WIDTH), noise(3 * WIDTH), noise(TOKENS, WIDTH)]


@form
def experts_by_their_counts() -> Any:
    def run(x: Tensor, counts: Tensor) -> Any:
        gate, up = x.chunk(2, -1)
        there = torch.arange(x.shape[1])[None, :, None] < counts[:, None, None]
        return group_quant(torch.where(there, F.silu(gate) * up, 0.0))

    return run, [noise(3, TOKENS, 512), torch.tensor([TOKENS, 0, 5])]


@form
def columns_up_to_a_length() -> Any:
    """Counted along the columns, from a number on and in steps."""

    def run(x: Tensor, weight: Tensor, lengths: Tensor) -> Any:
        y = norm(x, weight)
        at = torch.arange(3, 3 + 2 * y.shape[1], 2, dtype=torch.int32)
        return group_quant(torch.where(at < lengths[:, None], y, 0.0))

    return run, [noise(TOKENS, 256), noise(256), torch.arange(TOKENS, dtype=torch.int32) * 20]
