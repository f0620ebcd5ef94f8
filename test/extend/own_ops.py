"""Ops that a user might have: each as torch.library has it, with code for the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

FP8 = torch.float8_e4m3fn
LIBRARY = torch.library.Library("own", "FRAGMENT")


def define(
    schema: str, run: Callable[..., Any] | None, like: Callable[..., Any] = lambda *_given, **_named: None
) -> Any:
    """An op of the library ``own``; ``like`` makes empty tensors of what it returns. Without code it has no kernel."""
    name = schema.partition("(")[0]
    LIBRARY.define(schema)
    if run is not None:
        LIBRARY.impl(name, run, "CPU")
    torch.library.register_fake(f"own::{name}", like, lib=LIBRARY)
    return getattr(torch.ops.own, name.partition(".")[0])


def normed(x: Tensor, weight: Tensor, eps: float = 1e-6) -> Tensor:
    """A norm that rounds before its weight."""
    wide = x.float()
    return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)).to(x.dtype) * weight


def quantised(x: Tensor, group: int, dtype: torch.dtype = FP8) -> tuple[Tensor, Tensor]:
    """A quant by groups with a scale of its own making."""
    runs = x.float().unflatten(-1, (-1, group))
    scale = runs.abs().amax(-1, keepdim=True).clamp(min=2.0**-10) * (1 / 400)
    return (runs / scale).clamp(-448, 448).to(dtype).view(x.shape), scale.squeeze(-1)


def _write_quantised(x: Tensor, out: Tensor, scale: Tensor, group: int) -> None:
    q, s = quantised(x, group)
    out.copy_(q), scale.copy_(s)


def _like_quantised(x: Tensor, *, group: int, dtype: torch.dtype = FP8) -> tuple[Tensor, Tensor]:
    return torch.empty_like(x, dtype=dtype), x.new_empty((*x.shape[:-1], x.shape[-1] // group), dtype=torch.float32)


norm = define("norm(Tensor x, Tensor weight, float eps=1e-6) -> Tensor", normed, lambda x, *_: torch.empty_like(x))
quant = define(
    "quant(Tensor x, *, int group, ScalarType dtype=float8_e4m3fn) -> (Tensor, Tensor)",
    lambda x, *, group, dtype=FP8: quantised(x, group, dtype),
    _like_quantised,
)
quant_into = define("quant_into(Tensor x, Tensor(a!) out, Tensor(b!) scale, int group) -> ()", _write_quantised)


def sliced(x: Tensor, parts: list[int], by: float = 2.0) -> Tensor:
    """Some columns before others, in another size."""
    return torch.cat([x[..., : parts[0]], x[..., parts[0] : sum(parts)]], -1) * by


define(
    "sliced(Tensor x, SymInt[] parts=[256, 256], Scalar by=2.0) -> Tensor", sliced, lambda x, *_: torch.empty_like(x)
)
define("copied(Tensor x) -> Tensor", torch.clone, torch.empty_like)
