"""Quants behind rows that are rearranged, gathered or summed: torch functions, each of which is one fused op."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F

Tensor = torch.Tensor
Form = Callable[[], tuple[Callable[..., Any], Sequence[Tensor]]]
BF16, F32, FP8, MOST = torch.bfloat16, torch.float32, torch.float8_e4m3fn, 448.0
TOKENS, HEADS, WIDTH = 7, 4, 128
FORMS: dict[str, Form] = {}


def form(make: Form) -> Form:
    """Register a form: it makes a function and its operands, of which axes of 7 count tokens."""
    FORMS[make.__name__] = make
    return make


def noise(*shape: int, dtype: torch.dtype = BF16) -> Tensor:
    """Normal numbers, the same for a shape in every run."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(len(shape))).to(dtype)


def picks(most: int, count: int = TOKENS) -> Tensor:
    """Which of so many rows are taken."""
    return torch.randint(most, (count,), generator=torch.Generator().manual_seed(count))


def group_quant(x: Tensor, group: int = 128) -> tuple[Tensor, Tensor]:
    """By one scale for each group of columns."""
    y = x.reshape(*x.shape[:-1], -1, group).float()
    scale = (y.abs().amax(-1, keepdim=True) / MOST).clamp(min=1e-12)
    return (y / scale).clamp(-MOST, MOST).to(FP8).reshape(x.shape), scale.squeeze(-1)


def token_quant(x: Tensor) -> tuple[Tensor, Tensor]:
    """By one scale for each row."""
    y = x.float()
    scale = (y.abs().amax(-1, keepdim=True) / MOST).clamp(min=1e-12)
    return (y / scale).clamp(-MOST, MOST).to(FP8), scale


def static_quant(x: Tensor, scale: Tensor | float = 0.5) -> Tensor:
    """By a scale that is given."""
    return (x.float() / scale).clamp(-MOST, MOST).to(FP8)


def norm(x: Tensor, weight: Tensor) -> Tensor:
    """An RMS norm in f32."""
    y = x.float()
    return (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-6) * weight.float()).to(x.dtype)


def rotary(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """A rotary embedding of halves."""
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


HEAD = (TOKENS, HEADS, WIDTH)
ANGLES = (TOKENS, 1, WIDTH)


@form
def transposed_groups() -> Any:
    return lambda x: group_quant(x.transpose(1, 2).flatten(2)), [noise(1, HEADS, TOKENS, WIDTH)]


@form
def transposed_tokens() -> Any:
    return lambda x: token_quant(x.transpose(1, 2).flatten(2)), [noise(2, HEADS, TOKENS, WIDTH)]


@form
def rotary_behind_a_norm() -> Any:
    return lambda x, w, c, s: static_quant(rotary(norm(x, w), c, s)), [
        *(noise(*HEAD), noise(WIDTH), noise(*ANGLES), noise(*ANGLES))
    ]


@form
def rotary_in_groups() -> Any:
    return lambda x, w, c, s: group_quant(rotary(norm(x, w), c, s)), [
        *(noise(*HEAD), noise(WIDTH), noise(*ANGLES), noise(*ANGLES))
    ]


@form
def rotary_of_heads_first() -> Any:
    angles = [noise(1, TOKENS, WIDTH, dtype=F32) for _ in range(2)]
    return lambda x, c, s: token_quant(rotary(x.float().transpose(0, 1), c, s).to(BF16)), [noise(*HEAD), *angles]


@form
def rotary_interleaved() -> Any:
    def run(x: Tensor, cos: Tensor, sin: Tensor) -> Any:
        a, b = x[..., 0::2], x[..., 1::2]
        return group_quant(torch.stack((a * cos - b * sin, b * cos + a * sin), -1).flatten(-2))

    return run, [noise(*HEAD), noise(TOKENS, 1, WIDTH // 2), noise(TOKENS, 1, WIDTH // 2)]


@form
def rotary_of_some_columns() -> Any:
    def run(x: Tensor, weight: Tensor, cos: Tensor, sin: Tensor) -> Any:
        y = norm(x, weight)
        return group_quant(torch.cat((rotary(y[..., :64], cos, sin), y[..., 64:]), -1))

    return run, [noise(*HEAD), noise(WIDTH), noise(TOKENS, 1, 64), noise(TOKENS, 1, 64)]


@form
def rotary_by_position() -> Any:
    def run(x: Tensor, weight: Tensor, table: Tensor, positions: Tensor) -> Any:
        cos, sin = (torch.cat((half, half), -1)[:, None] for half in table[positions].chunk(2, -1))
        return static_quant(rotary(norm(x, weight), cos, sin))

    return run, [noise(*HEAD), noise(WIDTH), noise(32, WIDTH), picks(32) - 16]


@form
def latent_and_tail() -> Any:
    """The second latent of multi-head latent attention: a norm of 512 columns, and a rotary embedding of 64 more."""

    def run(x: Tensor, weight: Tensor, cos: Tensor, sin: Tensor) -> Any:
        latent, tail = x.split([512, 64], -1)
        return static_quant(torch.cat((norm(latent, weight), rotary(tail, cos, sin)), -1), 0.3)

    return run, [noise(TOKENS, 576), noise(512), noise(TOKENS, 64), noise(TOKENS, 64)]


@form
def norm_of_part_of_a_row() -> Any:
    def run(x: Tensor, weight: Tensor, cos: Tensor, sin: Tensor) -> Any:
        q = x.split([HEADS * WIDTH, WIDTH, WIDTH], -1)[0].view(-1, HEADS, WIDTH)
        return group_quant(rotary(norm(q, weight), cos, sin).flatten(1))

    return run, [noise(TOKENS, (HEADS + 2) * WIDTH), noise(WIDTH), noise(*ANGLES), noise(*ANGLES)]


@form
def part_of_a_norm() -> Any:
    return lambda x, w: group_quant(norm(x, w)[:, :256]), [noise(TOKENS, 512), noise(512)]


@form
def exchanged_behind_a_norm() -> Any:
    return lambda x, w: group_quant(norm(x, w).transpose(0, 1).flatten(1)), [noise(HEADS, 5, WIDTH), noise(WIDTH)]


@form
def repeated_heads() -> Any:
    return lambda x, w: group_quant(norm(x, w).repeat_interleave(2, dim=1)), [noise(*HEAD), noise(WIDTH)]


@form
def backwards() -> Any:
    return lambda x: group_quant(x.flip(-1)), [noise(TOKENS, 256)]


@form
def clamped_and_interleaved() -> Any:
    def run(x: Tensor) -> Any:
        gate, up = x[..., ::2].clamp(max=7.0), x[..., 1::2].clamp(-7.0, 7.0)
        return group_quant((up + 1) * (gate * torch.sigmoid(gate * 1.702)))

    return run, [noise(TOKENS, 512)]


@form
def masked_experts() -> Any:
    def run(x: Tensor, there: Tensor) -> Any:
        gate, up = x.chunk(2, -1)
        return group_quant(torch.where(there, F.silu(gate) * up, 0.0))

    return run, [noise(3, TOKENS, 512), noise(3, TOKENS, 1) > 0]


@form
def routed() -> Any:
    def run(x: Tensor, weight: Tensor) -> Any:
        gate, up = x.chunk(2, -1)
        return group_quant(F.silu(gate) * up * weight[:, None])

    return run, [noise(TOKENS, 512), noise(TOKENS)]


@form
def a_scale_for_each_expert() -> Any:
    return lambda x, s, e: static_quant(x, s[e][:, None]), [
        noise(TOKENS, 256),
        noise(8, dtype=F32).abs() + 0.1,
        picks(8),
    ]


@form
def gathered_rows() -> Any:
    return lambda x, i: group_quant(x[i]), [noise(TOKENS, 256), picks(TOKENS, 9)]


@form
def gathered_for_each_copy() -> Any:
    """A row for each of the experts that it goes to."""
    return lambda x, i: static_quant(x[i // 4]), [noise(TOKENS, 256), picks(TOKENS * 4, 9)]


@form
def copied_and_scaled() -> Any:
    """By the scales of the expert that a copy goes to."""
    run = lambda x, s, e: token_quant(x.repeat(1, 3, 1) * s[e])  # noqa: E731
    return run, [noise(TOKENS, 1, 256), noise(8, 256, dtype=F32), picks(8, TOKENS * 3).view(TOKENS, 3)]


@form
def rotary_by_moved_positions() -> Any:
    def run(x: Tensor, cosines: Tensor, sines: Tensor, positions: Tensor, moved: Tensor) -> Any:
        at = positions + moved
        cos, sin = (table[at].repeat(1, 2)[:, None] for table in (cosines, sines))
        return static_quant(rotary(x, cos, sin))

    return run, [noise(*HEAD), noise(32, 64), noise(32, 64) * 2, picks(16), picks(14)]


@form
def embedded() -> Any:
    return lambda t, i, w: group_quant(norm(F.embedding(i, t), w)), [noise(32, 256), picks(32), noise(256)]


@form
def parts_of_a_matmul() -> Any:
    return lambda p, b: token_quant((p.sum(0) + b).to(BF16)), [noise(4, TOKENS, 256, dtype=F32), noise(256, dtype=F32)]


@form
def normed_parts_of_a_matmul() -> Any:
    return lambda p, w: group_quant(norm(p.sum(0), w)), [noise(3, TOKENS, 256), noise(256)]


@form
def halves_of_a_summed_matmul() -> Any:
    """Each half of a row is summed where it is used."""

    def run(p: Tensor) -> Any:
        gate, up = p.sum(0).to(BF16).split([256, 256], -1)
        return group_quant(F.silu(gate) * up)

    return run, [noise(4, TOKENS, 512, dtype=F32)]


@form
def rotary_in_groups_of_half_a_head() -> Any:
    """The row of a kernel is then a head, though no reduction is as long."""
    return lambda x, c, s: group_quant(rotary(x, c, s), 64), [noise(*HEAD), noise(*ANGLES), noise(*ANGLES)]


@form
def first_rows_of_a_norm() -> Any:
    """The operand has more rows than the results."""
    return lambda x, w: token_quant(norm(x, w)[:3]), [noise(9, 512), noise(512)]


@form
def halves_along_the_heads() -> Any:
    return lambda x: group_quant(torch.cat((-x[:, 2:], x[:, :2]), 1)), [noise(*HEAD)]
