"""Forms as inference servers spell them: queries, keys and values in one row, packed exponents, rows of bytes."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from cache_forms import FORMS
from forms import FP8, HEADS, MOST, TOKENS, WIDTH, form, group_quant, noise, norm, picks
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
