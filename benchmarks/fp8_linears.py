"""Linear layers that quantise what they read to fp8, in the forms that serving stacks have, in plain torch.

The GEMM itself is one opaque op, as it is in a serving stack.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

FP8 = torch.float8_e4m3fn
FP8_MAX = torch.finfo(FP8).max
LEAST_SCALE = 1.0 / (FP8_MAX * 512.0)
GROUP = 128
STATIC_SCALE = 0.02
Quantised = tuple[torch.Tensor, torch.Tensor]


@torch.library.custom_op("irfuse_benchmark::fp8_mm", mutates_args=())
def fp8_mm(q: torch.Tensor, scales: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Stands for a serving stack's GEMM: ``q [n, k]``, ``scales [n, groups]`` or ``[1]``, ``weight [m, k]``."""
    x = q.float().view(q.shape[0], scales.shape[-1], -1) * scales.unsqueeze(-1)
    return (x.view(q.shape) @ weight.float().t()).to(torch.bfloat16)


@fp8_mm.register_fake
def _(q: torch.Tensor, scales: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return q.new_empty(q.shape[0], weight.shape[0], dtype=torch.bfloat16)


def by_group(x: torch.Tensor, round_scales: Callable[[torch.Tensor], torch.Tensor] = lambda s: s) -> Quantised:
    """vLLM's native steps with a scale for each 128 columns; per token where the row is no whole number of groups."""
    if x.shape[-1] % GROUP:
        return by_token(x)
    groups = x.view(-1, x.shape[-1] // GROUP, GROUP)
    top = groups.abs().max(dim=-1, keepdim=True)[0].float()
    scales = round_scales((top / FP8_MAX).clamp(min=LEAST_SCALE))
    q = (groups / scales).clamp(-FP8_MAX, FP8_MAX).to(FP8)
    return q.view(x.shape), scales.squeeze(-1)


def by_group_ue8m0(x: torch.Tensor) -> Quantised:
    """By groups, with scales that are powers of two, as DeepGEMM reads them on Blackwell."""
    return by_group(x, lambda scales: torch.exp2(torch.ceil(torch.log2(scales))))


def by_token(x: torch.Tensor) -> Quantised:
    """vLLM's native steps with a scale for each token."""
    top = x.abs().amax(dim=-1).unsqueeze(-1).float()
    scales = (top / FP8_MAX).clamp(min=LEAST_SCALE)
    return (x.float() * scales.reciprocal()).clamp(-FP8_MAX, FP8_MAX).to(FP8), scales


def by_row(x: torch.Tensor) -> Quantised:
    """torchao's PerRow: the scale is divided in bf16 and has no lower bound."""
    scales = (x.abs().amax(dim=[-1], keepdim=True) / FP8_MAX).float()
    return (x.float() / scales).clamp(-FP8_MAX, FP8_MAX).to(FP8), scales


SCHEMES: dict[str, Callable[[torch.Tensor], Quantised]] = {
    "group": by_group,
    "ue8m0": by_group_ue8m0,
    "token": by_token,
    "row": by_row,
}


class Fp8Linear(nn.Module):
    """A linear layer that quantises its input; scheme ``tensor`` is a static scale for the whole of it."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None, scheme: str) -> None:
        super().__init__()
        self.weight, self.bias, self.scheme = nn.Parameter(weight.detach()), bias, scheme
        self.register_buffer("scale", torch.tensor([STATIC_SCALE]), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``[..., k] -> [..., m]``, bf16."""
        rows = x.reshape(-1, x.shape[-1]).to(torch.bfloat16)
        y = fp8_mm(*self.quantise(rows), self.weight).view(*x.shape[:-1], -1)
        return y if self.bias is None else y + self.bias

    def quantise(self, rows: torch.Tensor) -> Quantised:
        """The rows in fp8, and their scales."""
        if self.scheme != "tensor":
            return SCHEMES[self.scheme](rows)
        q = (rows.float() * self.scale.reciprocal()).clamp(-FP8_MAX, FP8_MAX).to(FP8)
        return q, self.scale
