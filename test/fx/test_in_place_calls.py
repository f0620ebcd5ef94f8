"""Ops of other packages that are called in place, in graphs that are not functional."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import vendor_ops  # noqa: F401
from models import rows, vector
from representations import by_make_fx, check_same, outcome
from torch import Tensor, fx, nn

from irfuse.torch_backend.graph_pass import analyse_graph, with_calls

FP8, F32, COLUMNS = torch.float8_e4m3fn, torch.float32, 512
ops: Any = torch.ops


class Model(nn.Module):
    """A function of two tensors and a weight."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function, self.weight = function, vector(COLUMNS)

    def forward(self, x: Tensor, z: Tensor) -> Any:
        return self.function(x, z, self.weight)


def normed(x: Tensor, w: Tensor) -> Tensor:
    result = torch.empty_like(x)
    ops._C.rms_norm(result, x, w, 1e-6)
    return result


def quantised(x: Tensor) -> tuple[Tensor, Tensor]:
    q, scales = torch.empty_like(x, dtype=FP8), x.new_empty((x.shape[0], 1), dtype=F32)
    ops._C.dynamic_per_token_scaled_fp8_quant(q, x, scales, None)
    return q, scales


def chain(x: Tensor, _z: Tensor, w: Tensor) -> Any:
    return quantised(normed(x, w))


def layers(x: Tensor, z: Tensor, w: Tensor) -> Any:
    """A residual that is added to in one place in both layers."""
    y, residual = x * 2, z.clone()
    found = []
    for _ in range(2):
        ops._C.fused_add_rms_norm(y, residual, w, 1e-6)
        found.append(quantised(y))
        y = (found[-1][0].float() * found[-1][1]).to(x.dtype)
    return found, residual


def with_residual(x: Tensor, z: Tensor, w: Tensor) -> Any:
    """What is normed goes elsewhere too, after a view of it."""
    y = normed(x, w)
    return quantised(y), y.view(2, 3, -1).relu(), y


def with_torch(x: Tensor, z: Tensor, w: Tensor) -> Any:
    return quantised(torch.nn.functional.silu(x) * z)


@pytest.mark.parametrize(
    ("function", "chains"),
    [
        (chain, ["norm_quant.token"]),
        (layers, ["add_norm_quant.token"] * 2),
        (with_residual, ["norm_quant.token"]),
        (with_torch, ["act_mul_quant.token"]),
    ],
)
def test_fused(function: Callable[..., Any], chains: list[str]) -> None:
    assert check_same(by_make_fx(Model(function), (rows(6, COLUMNS), rows(6, COLUMNS, seed=2)), ())) == chains


def test_dynamic() -> None:
    assert check_same(by_make_fx(Model(chain), (rows(6, COLUMNS), rows(6, COLUMNS)), (0,))) == ["norm_quant.token"]


def test_what_is_not_fused_is_called_in_place() -> None:
    """The calls of the graph come back, in their order, with what they write to."""

    def model(x: Tensor, z: Tensor, w: Tensor) -> Any:
        y = normed(x, w)
        ops._C.fused_add_rms_norm(y, z.clone(), w, 1e-6)
        return y.relu(), quantised(z)

    one = by_make_fx(Model(model), (rows(6, COLUMNS), rows(6, COLUMNS)), ())
    wanted, numbers = calls(one.graph), outcome(one.graph, one.inputs)
    analysis = analyse_graph(one.graph)
    whole = with_calls(analysis, one.graph)
    assert len(analysis.fused) == 1 and calls(whole) == wanted[:2]
    assert outcome(whole, one.inputs) == numbers


def calls(graph: fx.GraphModule) -> list[tuple[str, list[str]]]:
    """The ops of vLLM that a graph calls, and what makes that which they are given first."""
    found = [n for n in graph.graph.nodes if str(n.target).startswith("_C.")]
    return [(str(n.target), [str(n.all_input_nodes[0].target)]) for n in found]


def test_nothing_fused() -> None:
    """A graph of which nothing is fused comes back with the calls that it had."""
    one = by_make_fx(Model(lambda x, _z, w: normed(x, w).relu()), (rows(6, COLUMNS), rows(6, COLUMNS)), ())
    wanted = calls(one.graph)
    assert check_same(one) == [] and calls(one.graph) == wanted


def into_argument(x: Tensor, z: Tensor, w: Tensor) -> Any:
    ops._C.rms_norm(z, x, w, 1e-6)
    return quantised(z)


def into_part(x: Tensor, _z: Tensor, w: Tensor) -> Any:
    both = x.new_zeros((12, COLUMNS))
    ops._C.rms_norm(both[:6], x, w, 1e-6)
    return quantised(both[:6]), both


def seen_before(x: Tensor, _z: Tensor, w: Tensor) -> Any:
    result = torch.empty_like(x)
    view = result.view(-1)
    ops._C.rms_norm(result, x, w, 1e-6)
    return quantised(result), view


def read_before(x: Tensor, z: Tensor, w: Tensor) -> Any:
    y, residual = x * 2, z.clone()
    before = y.relu()
    ops._C.fused_add_rms_norm(y, residual, w, 1e-6)
    return quantised(y), before, residual


def twice(x: Tensor, _z: Tensor, w: Tensor) -> Any:
    y = x.clone()
    ops._C.rms_norm(y, y, w, 1e-6)
    return quantised(y)


def returning(x: Tensor, z: Tensor, w: Tensor) -> Any:
    y, residual = x.clone(), z.clone()
    return quantised(ops.vllm_ir.fused_add_rms_norm.maybe_inplace(y, residual, w, 1e-6)[0])


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (into_argument, "called in place, it writes to arg1_1, which the graph is given"),
        (into_part, "called in place, it writes to slice_1, which may be a view"),
        (seen_before, "called in place, it writes to empty_like, which was read before"),
        (read_before, "called in place, it writes to mul, which was read before"),
        (twice, "called in place, it is given clone twice"),
        (returning, "called in place, it returns tensors beside those that it writes to"),
    ],
)
def test_what_stays(function: Callable[..., Any], reason: str) -> None:
    """A norm in place of whose memory something else knows; the quant behind it is fused alone."""
    one = by_make_fx(Model(function), (rows(6, COLUMNS), rows(6, COLUMNS, seed=2)), ())
    wanted = outcome(one.graph, one.inputs)
    analysis = analyse_graph(one.graph)
    assert outcome(with_calls(analysis, one.graph), one.inputs) == wanted
    report = analysis.report
    assert reason in {site.reason for site in (*report.missed, *report.norms)}
