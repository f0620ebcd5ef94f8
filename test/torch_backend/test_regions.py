"""Chains inside of branches, loops, nested regions and regions of other settings: fused there, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from models import Norm, bits, group_quant, rows
from torch import nn
from unfused import eager, norm_unfused

import irfuse
from irfuse.tool.opt import main
from irfuse.torch_backend.graph_pass import analyse_graph, with_calls

WIDTH = 128
Body = Callable[..., Any]


class Chain(nn.Module):
    """A function of a norm, a linear, and the inputs."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body, self.norm = body, Norm(WIDTH)
        self.lin = nn.Linear(WIDTH, WIDTH, bias=False, dtype=torch.bfloat16)

    def forward(self, *inputs: Any) -> Any:
        return self.body(self, *inputs)


def quantised(m: Chain, x: torch.Tensor) -> Any:
    """The chain that stands inside of the regions."""
    return group_quant(m.norm(x))


def branch(m: Chain, x: torch.Tensor) -> Any:
    return torch.cond(x.sum() > 0, lambda x: quantised(m, x), lambda x: quantised(m, x * 2), (x,))


def branch_in_a_branch(m: Chain, x: torch.Tensor) -> Any:
    def inner(x: torch.Tensor) -> Any:
        return torch.cond(x.max() > 9, lambda x: quantised(m, x), lambda x: quantised(m, -x), (x,))

    return torch.cond(x.sum() > 0, inner, lambda x: group_quant(x), (x,))


def repeated(m: Chain, x: torch.Tensor) -> Any:
    region = torch.compiler.nested_compile_region(lambda x: quantised(m, x))
    return region(x), region(x + 1)


def loop(m: Chain, x: torch.Tensor) -> Any:
    def step(i: torch.Tensor, x: torch.Tensor) -> Any:
        q, scales = quantised(m, x)
        return i + 1, (q.float() * scales.repeat_interleave(64, -1)).to(x.dtype)

    return torch.while_loop(lambda i, x: i < 3, step, (torch.tensor(0), x))


def outside_too(m: Chain, x: torch.Tensor) -> Any:
    return quantised(m, x), branch(m, x)


def norm_outside(m: Chain, x: torch.Tensor) -> Any:
    return torch.cond(x.sum() > 0, lambda y: group_quant(y), lambda y: group_quant(-y), (m.norm(x),))


COMPILED: dict[str, tuple[Body, int]] = {
    "cond": (branch, 2),
    "cond in cond": (branch_in_a_branch, 3),
    "invoke_subgraph": (repeated, 1),
    "while_loop": (loop, 1),
    "inside and outside": (outside_too, 3),
    "norm outside": (norm_outside, 2),
}


def autocast(enabled: bool = True) -> torch.autocast:
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled)


def under_autocast(m: Chain, x: torch.Tensor) -> Any:
    with autocast():
        return quantised(m, m.lin(x))


def autocast_off(m: Chain, x: torch.Tensor) -> Any:
    with autocast(False):
        return quantised(m, m.lin(x.to(torch.bfloat16)))


def autocast_and_off(m: Chain, x: torch.Tensor) -> Any:
    with autocast():
        y = m.lin(x)
        with autocast(False):
            z = quantised(m, y)
        return z, quantised(m, m.lin(y.float()))


def without_grad(m: Chain, x: torch.Tensor) -> Any:
    with torch.no_grad():
        return quantised(m, x.to(torch.bfloat16))


def no_grad_in_autocast(m: Chain, x: torch.Tensor) -> Any:
    with autocast():
        y = m.lin(x)
        with torch.no_grad():
            z = quantised(m, y)
        return z, m.lin(x)


def weights_rounded(m: Chain, x: torch.Tensor) -> Any:
    """The linear casts inside of the region, and not outside of it."""
    with autocast():
        y = quantised(m, m.lin(x))
    return y, x @ m.lin.weight.float()


EXPORTED: dict[str, tuple[Body, int]] = {
    "autocast": (under_autocast, 1),
    "autocast off": (autocast_off, 1),
    "autocast, off inside": (autocast_and_off, 2),
    "no_grad": (without_grad, 1),
    "no_grad in autocast": (no_grad_in_autocast, 1),
    "casts of autocast": (weights_rounded, 1),
    "cond": (lambda m, x: branch(m, x.to(torch.bfloat16)), 2),
}


EXPORTED_GRAPHS = {"autocast": 2, "no_grad": 2, "cond": 3}


@pytest.mark.parametrize("rest", ["eager", "inductor"])
@pytest.mark.parametrize("name", COMPILED)
def test_inside_of_what_a_graph_runs(name: str, rest: str) -> None:
    body, fused = COMPILED[name]
    torch._dynamo.reset()
    model = Chain(body)
    with torch.no_grad():
        fast = torch.compile(model, backend="irfuse", options={"irfuse.rest": rest})
        for x in (rows(6, WIDTH), -rows(6, WIDTH), rows(6, WIDTH, seed=3)):
            want = norm_unfused(model, (x,), rest) if body is norm_outside else eager(model, (x,))
            assert bits(fast(x)) == want
    report = irfuse.reports()[-1]
    assert len(report.fused) == fused, report
    assert not [site for site in report.missed if "higher_order" in site.op], report


def test_a_norm_says_that_its_quant_is_in_a_region() -> None:
    report = irfuse.explain(Chain(norm_outside).requires_grad_(False), rows(6, 128))
    (site,) = report.missed
    assert report.counts() == {"quant": {"group": 2}} and report.norms == []
    assert site.op == "irfuse.rms_norm" and site.reason.startswith("its result goes to torch.ops.higher_order.cond")
    assert site.reason.endswith("which quantises in a graph of its own")


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("name", EXPORTED)
def test_regions_of_exported_programs(name: str, dynamic: bool) -> None:
    """The graph as export leaves it, where autocast has not cast anything yet, with calls in place of the chains."""
    body, fused = EXPORTED[name]
    model, x = Chain(body), rows(6, WIDTH).float()
    shapes = ({0: torch.export.Dim.DYNAMIC},) if dynamic else None
    program = torch.export.export(model, (x,), dynamic_shapes=(shapes,) if dynamic else None)
    analysis = analyse_graph(program.graph_module)
    assert len(analysis.report.fused) == fused, analysis.report
    changed = with_calls(analysis, program.graph_module)
    state = [*program.state_dict.values()]
    for n in (6, 3, 1) if dynamic else (6,):
        y = rows(n, WIDTH, seed=n).float()
        with torch.no_grad():
            assert bits(changed(*state, y)) == bits(model(y))


@pytest.mark.parametrize("name", ["autocast", "no_grad", "cond"])
def test_regions_in_the_tool(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each graph that a saved program runs is a function of its own in the text."""
    body, fused = EXPORTED[name]
    path = tmp_path / "model.pt2"
    torch.export.save(torch.export.export(Chain(body), (rows(6, WIDTH).float(),)), path)
    flags = ["raise-aten", "irfuse-cse", "raise-named", "fold-reshapes", "fuse-norm-quant"]
    main([*(f"--{flag}" for flag in flags), str(path)])
    text = capsys.readouterr().out
    assert (text.count("irfuse.fused "), text.count("func.func @")) == (fused, EXPORTED_GRAPHS[name])
