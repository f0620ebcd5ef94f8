"""Spellings of codes and scales, raised to small ops and run by the reference, against torch on random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from bodies import same
from torch import Tensor
from torch.func import functionalize
from torch.fx.experimental.proxy_tensor import make_fx
from xdsl.context import Context

from irfuse import dialect as d
from irfuse.import_fx import to_ir
from irfuse.passes.raise_aten import RaiseAtenPass
from irfuse.runtime.reference import run_module

SPECIAL = torch.tensor([0.0, -0.0, 0.25, 1.0, 2.5, -1.5, torch.inf, -torch.inf, torch.nan, 1e-45])
U8, I32, I64 = torch.uint8, torch.int32, torch.int64
FORMS: dict[str, Callable[..., Any]] = {}


def form(run: Callable[..., Any]) -> Callable[..., Any]:
    """Register a function of rows in f32."""
    FORMS[run.__name__] = run
    return run


def numbers(*values: float) -> Tensor:
    """A vector of numbers, made of constants of the graph."""
    return torch.stack([torch.tensor(value) for value in values])


def written(x: Tensor, mask: Tensor, value: Any) -> Tensor:
    """A copy of a tensor that is written to under a mask."""
    x = x.clone()
    x[mask] = value
    return x


@form
def a_number_under_a_mask(x: Tensor) -> Tensor:
    return written(x, x > 0.5, 3.0)


@form
def nan_under_a_mask_that_nan_is_not_in(x: Tensor) -> Tensor:
    return written(x, x == x, float("nan"))


@form
def a_row_under_a_mask_of_rows(x: Tensor) -> Tensor:
    return written(x, x[:, 0] > 0, x[0])


@form
def a_fill_under_a_mask(x: Tensor) -> Tensor:
    return x.masked_fill(x < 0, -0.0)


@form
def bytes_under_a_mask(x: Tensor) -> Tensor:
    return written((x > 0).to(U8), x > 1, 7)


@form
def buckets(x: Tensor) -> Tensor:
    return torch.bucketize(x, numbers(-1.5, 0.25, 0.25, 1.0, 2.5))


@form
def buckets_closed_on_the_right(x: Tensor) -> Tensor:
    return torch.bucketize(x, numbers(-1.5, 0.25, 1.0), right=True, out_int32=True)


@form
def searched(x: Tensor) -> Tensor:
    borders = numbers(-1.5, 0.25, 0.25, 1.0)
    return torch.searchsorted(borders, x) * 8 + torch.searchsorted(borders, x, side="right")


@form
def few_truth_values(x: Tensor) -> Tensor:
    near = x.unsqueeze(-1) == numbers(0.25, 1.0, 2.5)
    return near.any(-1).to(I64) * 4 + near.sum(-1)


@form
def a_table(x: Tensor) -> Tensor:
    table = numbers(0.5, -0.0, 6.0)
    code = torch.where(x > 1, 2, torch.where(x > 0, 0, torch.where(x < 0, -2, -1)))
    return table[code]


@form
def pairs_in_bytes(x: Tensor) -> Tensor:
    codes = (torch.where(x.abs() < 30, x, 0.0).abs() * 4).to(U8)
    low, high = codes.unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack(((low & 15) | ((high & 15) << 4), (codes[:, 1::2] << 4) | codes[:, ::2], low | high << 4))


@form
def unsigned_bits(x: Tensor) -> Tensor:
    return ((x.view(I32) >> 23) & 255).view(torch.uint32).to(U8)


@form
def held_whole_numbers(x: Tensor) -> Tensor:
    return torch.where(x == x, x, 0.0).clamp(-127.0, 127.0).to(I32) + 127


@form
def signs(x: Tensor) -> Tensor:
    return torch.signbit(x).to(U8) + torch.signbit(x.bfloat16()).to(U8) * 2


@form
def whole_powers(x: Tensor) -> Tensor:
    whole = torch.floor(x).clamp(-140, 140)
    return torch.ldexp(torch.pow(2.0, -whole - 3), (whole > 0).to(I32) - 1)


@form
def wide_integers(x: Tensor) -> Tensor:
    ladder: Any = 4000000000
    for n in (3, 2, 1):
        ladder = torch.where(x < n, n, ladder)
    return (ladder + 8) ^ 5


@form
def pads(x: Tensor) -> Tensor:
    whole = torch.zeros(x.shape[0] + 3, x.shape[1] + 2)
    whole[: x.shape[0], : x.shape[1]] = x
    return torch.nn.functional.pad(whole, (0, 1, 0, 2))


@pytest.mark.parametrize("name", FORMS)
def test_small_ops_compute_what_torch_does(name: str) -> None:
    draw = torch.Generator().manual_seed(7)
    x = torch.randn(8, 10, generator=draw) * torch.logspace(-3, 1.5, 8)[:, None]
    x[3], x[5] = SPECIAL, SPECIAL.flip(0)
    run = FORMS[name]
    graph = make_fx(functionalize(run, remove="mutations"))(x)
    module = to_ir(graph)
    RaiseAtenPass().apply(Context(), module)
    module.verify()
    assert [op.target.data for op in module.walk() if isinstance(op, d.OpaqueOp)] == []
    same(run_module(module, [x]), [run(x)])
