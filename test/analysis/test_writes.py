"""Graphs that write to memory: in functional form or in place, they come back unharmed, fused where that is right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from graphs import Captured
from models import FP8, GROUP, LARGEST, Norm, group_quant, rows
from representations import WAYS, check_same, functionalized

from irfuse.torch_backend.graph_pass import analyse_graph


@torch.library.custom_op("irfuse_test::add_residual", mutates_args={"residual"})
def add_residual(x: torch.Tensor, residual: torch.Tensor) -> torch.Tensor:
    """Adds to the residual and returns twice the sum."""
    residual.add_(x)
    return residual * 2


@torch.library.custom_op("irfuse_test::per_token_group_quant", mutates_args={"q", "scales"})
def per_token_group_quant(x: torch.Tensor, q: torch.Tensor, scales: torch.Tensor, group: int) -> None:
    """vLLM's quant, which writes into buffers."""
    for buffer, value in zip((q, scales), group_quant(x, group), strict=True):
        buffer.copy_(value)


add_residual.register_fake(lambda x, residual: torch.empty_like(x))
per_token_group_quant.register_fake(lambda x, q, scales, group: None)
NORM, HEAD = Norm(256).requires_grad_(False), Norm(64).requires_grad_(False)
WRITES: dict[str, tuple[Callable[[torch.Tensor, torch.Tensor], Any], str, str]] = {}
"""A function, and the chains that are fused in its functional graphs and in those that write in place."""


def _case(functional: str, in_place: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        WRITES[function.__name__] = function, functional, in_place
        return function

    return register


@_case("norm_quant quant", "norm_quant quant")
def op_writes_residual(x: torch.Tensor, z: torch.Tensor) -> Any:
    y = add_residual(x.flatten(1), z.view(z.shape[0], -1))
    return group_quant(NORM(y)), group_quant(y)


@_case("norm_quant", "norm_quant")
def op_quantises(x: torch.Tensor, z: torch.Tensor) -> Any:
    y = NORM(x.flatten(1))
    q, scales = torch.empty_like(y, dtype=FP8), y.new_empty(y.shape[0], 4, dtype=torch.float32)
    per_token_group_quant(y, q, scales, GROUP)
    return q, scales, group_quant(NORM(z.flatten(1)))


@_case("norm_quant", "norm_quant")
def copied_to_input(x: torch.Tensor, z: torch.Tensor) -> Any:
    y = NORM(x.flatten(1))
    q = group_quant(y)
    z[:, 1:2].copy_(y.view(z.shape)[:, :1])
    return q


@_case("add_norm_quant", "norm_quant")
def added_in_place(x: torch.Tensor, z: torch.Tensor) -> Any:
    x.add_(z)
    return group_quant(NORM(x.flatten(1)))


@_case("norm_quant", "norm_quant")
def results_written(x: torch.Tensor, z: torch.Tensor) -> Any:
    y = NORM(x.flatten(1))
    q, scales = group_quant(y)
    y.view(-1).mul_(2)
    scales.view(-1).mul_(2)
    return q, scales, y


@_case("norm_quant", "norm_quant, norm_quant")
def equal_results_written(x: torch.Tensor, z: torch.Tensor) -> Any:
    y = NORM(x.flatten(1))
    (q, scales), (again, others) = group_quant(y), group_quant(y)
    scales.mul_(2)
    return q, scales, again, others


@_case("norm_quant", "quant")
def written_within_norm(x: torch.Tensor, z: torch.Tensor) -> Any:
    h = x.flatten(1).float()
    x.zero_()
    return group_quant((h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-6)).to(x.dtype))


@_case("gated_norm_quant", "quant")
def written_within_gate(x: torch.Tensor, z: torch.Tensor) -> Any:
    gate, y = F.silu(z.float()), HEAD(x)
    z.zero_()
    return group_quant((y * gate).to(x.dtype).flatten(1))


@_case("norm_quant", "")
def written_within_quant(x: torch.Tensor, z: torch.Tensor) -> Any:
    y = NORM(x.flatten(1))
    groups = y.view(x.shape)
    scales = (groups.abs().amax(-1, keepdim=True).float() / LARGEST).clamp(min=1e-6)
    y.mul_(2)
    return (groups / scales).clamp(-LARGEST, LARGEST).to(FP8), scales


@_case("norm_quant", "norm_quant")
def branches(x: torch.Tensor, z: torch.Tensor) -> Any:
    y = torch.cond(z.sum() > 0, lambda a: a.sin(), lambda a: a.cos(), (x,))
    q = group_quant(NORM(y.flatten(1)))
    return q, torch.cond(z.sum() > 0, lambda a: a + 1, lambda a: a * 2, (q[1],))


@_case("quant", "")
def part_written_behind_it(x: torch.Tensor, z: torch.Tensor) -> Any:
    """A part is a view: it is quantised as the write leaves it."""
    y = x.flatten(1)[:, 64:192]
    x.mul_(2)
    return group_quant(y)


@_case("quant quant", "quant")
def written_through_a_part(x: torch.Tensor, z: torch.Tensor) -> Any:
    low, high = x.flatten(1).chunk(2, -1)
    low.mul_(2)
    return group_quant(x.flatten(1)), group_quant(high)


@_case("quant", "")
def parts_put_together_before_a_write(x: torch.Tensor, z: torch.Tensor) -> Any:
    """What is put together is a tensor of its own, in which the write is not seen."""
    low, high = x.flatten(1).chunk(2, -1)
    y = torch.cat([-high, low], -1)
    x.mul_(2)
    return group_quant(y)


@_case("quant", "quant")
def flipped_before_a_write(x: torch.Tensor, z: torch.Tensor) -> Any:
    y = x.flatten(1).flip(-1)
    x.mul_(2)
    return group_quant(y)


@_case("quant", "quant")
def transposed_before_a_write(x: torch.Tensor, z: torch.Tensor) -> Any:
    """What is transposed is a view too."""
    y = x.transpose(0, 1)
    x.mul_(2)
    return group_quant(y)


@_case("quant", "quant")
def rows_chosen_before_a_write(x: torch.Tensor, z: torch.Tensor) -> Any:
    y = x.flatten(1)[torch.tensor([3, 0, 3])]
    x.mul_(2)
    return group_quant(y)


def inside_branch(x: torch.Tensor, z: torch.Tensor) -> Any:
    return torch.cond(
        z.sum() > 0, lambda a: group_quant(NORM(a)), lambda a: group_quant(NORM(a.cos())), (x.flatten(1),)
    )


def inside_autocast(x: torch.Tensor, z: torch.Tensor) -> Any:
    with torch.autocast("cpu", enabled=False):
        return group_quant(NORM(x.flatten(1)))


class Calls(torch.nn.Module):
    """A function as a module, which torch.export wants."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function, self.norms = function, torch.nn.ModuleList([NORM, HEAD])

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> Any:
        return self.function(x, z)


FUNCTIONAL = {name: WAYS[name] for name in ("post_grad", "post_grad_end", "export_core")}
FUNCTIONAL |= {"v1": functionalized(1), "v2": functionalized(2)}
IN_PLACE = {name: WAYS[name] for name in ("export", "export_module", "make_fx")}


ALIKE = {"post_grad": "post_grad_end", "v1": "v2", "export_module": "export"}
"""Ways that make the same calls as others, but for those of ops that write to an argument."""


def captured(name: str, way: str) -> Captured:
    """The graph of a function, with a dynamic number of rows."""
    return (FUNCTIONAL | IN_PLACE)[way](Calls(WRITES[name][0]), (rows(5, 4, 64), rows(5, 4, 64, seed=2)), (0,))


@pytest.mark.parametrize(("way", "other"), ALIKE.items())
def test_ways_that_are_alike(way: str, other: str) -> None:
    graphs = [captured("added_in_place", name).graph.graph for name in (way, other)]
    one, two = ([str(n.target) for n in graph.nodes if n.op == "call_function"] for graph in graphs)
    assert one == two


@pytest.mark.parametrize(
    ("name", "way"),
    [(n, way) for n in WRITES for way in FUNCTIONAL | IN_PLACE if n.startswith("op_") or way not in ALIKE],
)
def test_writes(name: str, way: str) -> None:
    _, functional, in_place = WRITES[name]
    found = " ".join(check_same(captured(name, way)))
    assert re.sub(r"\.\w+", "", found) == (functional if way in FUNCTIONAL else in_place)


@pytest.mark.parametrize(("version", "suffix"), [(1, ""), (2, "_v2")])
def test_functional_form_of_a_writing_op(version: int, suffix: str) -> None:
    one = functionalized(version)(Calls(op_quantises), (rows(5, 4, 64), rows(5, 4, 64, seed=2)), ())
    assert f"auto_functionalized{suffix}" in [str(node.target) for node in one.graph.graph.nodes]


@pytest.mark.parametrize("function", [inside_branch, inside_autocast])
@pytest.mark.parametrize("way", ["aot", "export"])
def test_chain_in_a_subgraph_is_fused_or_reported(way: str, function: Callable[..., Any]) -> None:
    one = WAYS[way](Calls(function), (rows(5, 4, 64), rows(5, 4, 64, seed=2)), ())
    assert check_same(one) or analyse_graph(one.graph).report.missed
