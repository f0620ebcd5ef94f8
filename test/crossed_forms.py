"""Forms whose runs do not nest: norms of heads of 192 columns that are quantised in groups of 128, and their like."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from forms import F32, HEADS, TOKENS, form, group_quant, noise, norm, rotary, token_quant
from serving_forms import FORMS
from torch import Tensor

__all__ = ["FORMS"]


@form
def heads_of_192_in_groups_of_128() -> Any:
    return lambda x, w: group_quant(norm(x, w).flatten(1)), [noise(TOKENS, HEADS, 192), noise(192)]


@form
def gated_heads_of_96_in_groups_of_64() -> Any:
    def run(x: Tensor, gate: Tensor, w: Tensor) -> Any:
        y = norm(x, w).float() * F.silu(gate.float())
        return (*group_quant(y.to(x.dtype).flatten(1), 64), y.to(x.dtype))

    return run, [noise(TOKENS, 2, 96), noise(TOKENS, 2, 96) * 2, noise(96)]


@form
def layer_norms_of_80_in_groups_of_32() -> Any:
    """And the whole row again by a scale of its own; tokens lie in two axes."""

    def run(x: Tensor, w: Tensor, b: Tensor) -> Any:
        y = F.layer_norm(x, (80,), w, b).flatten(-2)
        return *group_quant(y, 32), *token_quant(y)

    return run, [noise(3, TOKENS, 2, 80), noise(80), noise(80)]


@form
def groups_of_96_of_norms_of_144() -> Any:
    """Pieces of 48, which no power of two is."""
    operands = [noise(TOKENS, 2, 144, dtype=F32), noise(144, dtype=F32)]
    return lambda x, w: group_quant(norm(x, w).flatten(1), 96), operands


@form
def rotated_heads_of_192_in_groups_of_128() -> Any:
    """64 columns of each head are rotated."""

    def run(x: Tensor, w: Tensor, cos: Tensor, sin: Tensor) -> Any:
        y = norm(x, w)
        return group_quant(torch.cat((y[..., :128], rotary(y[..., 128:], cos, sin)), -1).flatten(1))

    return run, [noise(TOKENS, HEADS, 192), noise(192), noise(TOKENS, 1, 64), noise(TOKENS, 1, 64)]


@form
def parts_of_heads_in_groups() -> Any:
    """No norm; heads of 192 columns lie 256 apart."""
    return lambda x: group_quant(x[..., :192].flatten(1)), [noise(TOKENS, HEADS, 256)]


@form
def groups_in_norms_of_groups() -> Any:
    """Numbers with scales of 128 columns, norms of 192 and groups of 64 in one row."""

    def run(x: Tensor, scale: Tensor, w: Tensor) -> Any:
        y = (x.view(-1, 3, 128).float() * scale.unsqueeze(-1)).view(-1, 2, 192)
        return group_quant(norm(y, w).flatten(1), 64)

    return run, [noise(TOKENS, 384), noise(TOKENS, 3, dtype=F32), noise(192, dtype=F32)]


@form
def groups_over_tokens() -> Any:
    """Groups of 256 of tokens of 192 columns, of which four are whole groups."""
    return lambda x, w: group_quant(norm(x, w).view(-1, 256), 256), [noise(4, 192), noise(192)]
