"""Chains with logarithms and exponentials in them: torch functions, each of which is one fused op."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from column_forms import FORMS
from forms import HEADS, TOKENS, WIDTH, form, group_quant, noise, norm, picks, static_quant
from torch import Tensor

__all__ = ["FORMS"]


@form
def queries_by_a_temperature_of_their_position() -> Any:
    def run(x: Tensor, weight: Tensor, positions: Tensor) -> Any:
        scales = torch.log(torch.floor((positions + 1.0) / 64.0) + 1.0) * 0.1 + 1.0
        return static_quant(norm(x, weight) * scales[:, None, None])

    return run, [noise(TOKENS, HEADS, WIDTH), noise(WIDTH), picks(500)]


@form
def exponential_linear_units_with_two_slopes() -> Any:
    def run(x: Tensor, positive: Tensor, negative: Tensor) -> Any:
        up, down = F.softplus(positive), 0.5 + F.softplus(negative)
        below = (torch.expm1(torch.minimum(x, torch.tensor(-1e-6, dtype=x.dtype))) - x) * down + 0.5 * x
        return group_quant(torch.where(x > 0, up * x * x + 0.5 * x, below))

    return run, [noise(TOKENS, HEADS * WIDTH), noise(1), noise(1)]


@form
def units_that_are_soft_at_zero() -> Any:
    def run(x: Tensor) -> Any:
        return group_quant(F.softplus(x, 2.0, 3.0) * torch.log1p(x.abs()))

    return run, [noise(TOKENS, HEADS * WIDTH) * 4]
