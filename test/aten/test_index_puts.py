"""What is written into a tensor, as small ops, against torch: every way to index, with numbers from both ends."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from xdsl.context import Context

from irfuse.dialect.parts import ConcatOp
from irfuse.dialect.scatter import InsertOp, ScatterOp
from irfuse.import_fx import to_ir
from irfuse.passes.raise_aten import RaiseAtenPass
from irfuse.runtime.reference import run_module

SHAPE = (6, 5, 4, 3)
PICKS = torch.tensor([[4, -1, 0]]), torch.tensor([[1], [-3]]), torch.tensor([2, 0, -1])
"""Indices whose shapes go together: [1, 3], [2, 1] and [3]."""


def raised(function: Any, *tensors: torch.Tensor) -> tuple[set[type], torch.Tensor]:
    """The kinds of ops that a function becomes, and what these compute."""
    module = to_ir(make_fx(function, tracing_mode="fake")(*tensors))
    RaiseAtenPass().apply(Context(), module)
    return {type(op) for op in module.walk()}, run_module(module, tensors)[0]


@pytest.mark.parametrize(
    "places",
    [
        "a",
        "_a",
        "__a",
        "___a",
        "ab",
        "_ab",
        "a_b",
        "a__b",
        "_a_b",
        "abc",
        "_abc",
        "ab_c",
        "a_bc",
        "c",
        "_c",
        "bc",
        "c_b",
    ],
)
@pytest.mark.parametrize("spread", [False, True])
def test_values_at_indices(places: str, spread: bool) -> None:
    """Each letter is an index; ``spread`` values have 1 where torch repeats them."""
    x = torch.randn(SHAPE)
    indices = [None if place == "_" else PICKS["abc".index(place)] % 3 - 1 for place in places]
    named = [i for i in indices if i is not None]
    values = torch.randn(x[tuple(slice(None) if i is None else i for i in indices)].shape)
    values = values[..., :1] if spread else values

    def write(x: torch.Tensor, values: torch.Tensor, *named: torch.Tensor) -> torch.Tensor:
        rest = iter(named)
        return torch.ops.aten.index_put(x, [None if i is None else next(rest) for i in indices], values)

    kinds, found = raised(write, x, values, *named)
    assert ScatterOp in kinds
    wanted = write(x, values, *named)
    assert torch.equal(found.isnan(), wanted.isnan()) and torch.equal(found, wanted)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_index_copy(axis: int) -> None:
    x, index = torch.randn(SHAPE), torch.tensor([2, 0])
    values = torch.randn(x.index_select(axis, index).shape)

    def write(x: torch.Tensor, index: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        return torch.ops.aten.index_copy(x, axis, index, values)

    kinds, found = raised(write, x, index, values)
    assert ScatterOp in kinds and torch.equal(found, write(x, index, values))


@pytest.mark.parametrize("axis", [0, 2, -1])
@pytest.mark.parametrize("place", [(0, None, 1), (1, 3, 1), (-2, None, 1), (0, 3, 2), (-3, -1, 1), (None, 2, 1)])
def test_values_in_a_slice(axis: int, place: tuple[Any, Any, int]) -> None:
    x = torch.randn(SHAPE)
    values = torch.randn(torch.ops.aten.slice(x, axis, *place).shape)

    def write(x: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        return torch.ops.aten.slice_scatter(x, values, axis, *place)

    kinds, found = raised(write, x, values)
    whole = place[0] == 0 and place[1] is None
    assert {ConcatOp, InsertOp} & kinds == (set() if whole else {ConcatOp} if place[2] == 1 else {InsertOp})
    assert torch.equal(found, write(x, values))


@pytest.mark.parametrize(("axis", "index"), [(0, 0), (1, -1), (-1, 2)])
def test_values_in_one_place(axis: int, index: int) -> None:
    x = torch.randn(SHAPE)
    values = torch.randn(x.select(axis, index).shape)

    def write(x: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        return torch.ops.aten.select_scatter(x, values, axis, index)

    kinds, found = raised(write, x, values)
    assert InsertOp in kinds and torch.equal(found, write(x, values))
