"""A scale for a whole tensor: the extremes of rows come from a kernel, and the quant's computes the rows again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest
import torch
from extreme_forms import FORMS, INT8, lone_and_flat, norm, normed, quant
from models import bits, rows
from one_kernel import check_chains
from torch.fx.experimental.proxy_tensor import make_fx

import irfuse
from irfuse.fx.whole_extremes import split_by_rows
from irfuse.torch_backend.graph_pass import analyse_graph

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="Inductor needs g++ to compile for the CPU")


def given(kind: str) -> torch.Tensor:
    x = rows(7, 256)
    x[3] = 0.0
    if kind in ("nan", "inf"):
        x[2, 5] = float(kind)
    return torch.zeros_like(x) if kind == "zeros" else x


@pytest.mark.parametrize("kind", ["normal", "zeros", "nan", "inf"])
@pytest.mark.parametrize("name", FORMS)
def test_bits_are_those_of_eager(name: str, kind: str) -> None:
    run, chains = FORMS[name]
    check_chains(run, given(kind), chains)


@pytest.mark.parametrize(
    ("rest", "axes"), [("eager", 2), ("eager", 3), pytest.param("inductor", 2, marks=needs_compiler)]
)
@pytest.mark.parametrize("name", ["normed", "product", "both_extremes"])
def test_any_number_of_rows(name: str, rest: str, axes: int) -> None:
    run, chains = FORMS[name]
    torch._dynamo.reset()
    compiled = torch.compile(run, backend="irfuse", options={"irfuse.rest": rest})
    with torch.no_grad():
        for shape in ((7, 256), (33, 256)) if axes == 2 else ((2, 5, 256), (3, 5, 256)):
            x = rows(*shape)
            torch._dynamo.mark_dynamic(x, 0)
            assert bits(compiled(x)) == bits(run(x))
    report = irfuse.reports()[-1]
    assert set(report.counts()) == set(chains) and report.missed == []


def traced(run: Callable[..., Any], x: torch.Tensor) -> torch.fx.GraphModule:
    return make_fx(run, tracing_mode="fake")(x)


def test_a_view_between_is_seen_through() -> None:
    assert len(analyse_graph(traced(lone_and_flat, rows(7, 256))).fused) == 1
    assert len(analyse_graph(traced(lambda x: quant(x, x.abs().view(-1).amax()), rows(7, 256))).fused) == 2


def test_an_axis_that_is_given_as_a_number_is_one_axis() -> None:
    """Axis 0 is as false as no axis is."""
    gm = traced(lambda x: quant(x, x.abs().amax(0)), rows(7, 256))
    (node,) = gm.graph.find_nodes(op="call_function", target=torch.ops.aten.amax.default)
    node.args = (node.args[0], 0)
    before = str(gm.graph)
    with split_by_rows(gm) as found:
        assert found == {} and str(gm.graph) == before


def test_codes_that_nothing_holds_in_range_are_not_made_of_rows_that_are_computed_again() -> None:
    """A row that is normed in another order may be a rounding larger, and 127 of 127.5 is not."""

    def run(x: torch.Tensor) -> Any:
        y = norm(x)
        scale = (y.abs().amax().float() / 127.0).clamp(min=1e-12)
        return (y.float() / scale).round().to(INT8), scale

    with torch.no_grad():
        report = irfuse.explain(run, rows(7, 256))
    assert report.counts() == {"norm": {"none": 1}, "quant": {"tensor": 1}} and report.missed == []


UNCHANGED: dict[str, tuple[Callable[..., Any], tuple[int, ...]]] = {
    "no quant": (lambda x: norm(x).amax(), (7, 256)),
    "no quant, all axes": (lambda x: norm(x).amax([1, 0], keepdim=True), (7, 256)),
    "two of three axes": (lambda x: quant(x, x.amax([1, 2], keepdim=True)), (2, 7, 256)),
    "one axis": (lambda x: quant(x, x.amax()), (256,)),
    "rows of one": (lambda x: quant(x, x.amax()), (256, 1)),
    "rows too long for a program": (lambda x: quant(x, x.amax()), (2, 1 << 16)),
    "outer axis": (lambda x: quant(x, x.amax(0)), (7, 256)),
    "integers": (lambda x: (x * 4.0).to(torch.int32).amax(), (7, 256)),
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_a_graph_in_which_no_kernel_has_the_rows_stays_as_it_was(name: str) -> None:
    run, shape = UNCHANGED[name]
    gm = traced(run, rows(*shape))
    before = [(node.name, str(node.args)) for node in gm.graph.nodes]
    analyse_graph(gm)
    assert [(node.name, str(node.args)) for node in gm.graph.nodes] == before
    gm.graph.lint()


def test_a_fault_leaves_the_graph_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    from irfuse.torch_backend import graph_pass

    def fail(_module: Any) -> None:
        raise RuntimeError("it is a test")

    monkeypatch.setattr(graph_pass, "run_pipeline", fail)
    gm = traced(normed, rows(7, 256))
    before = str(gm.graph)
    with pytest.raises(RuntimeError, match="it is a test"):
        analyse_graph(gm)
    assert str(gm.graph) == before


def test_emulated_kernels_have_the_bits_of_eager() -> None:
    torch._dynamo.reset()
    options = {"irfuse.rest": "eager", "irfuse.target": "emulate:gfx942"}
    with torch.no_grad():
        found = torch.compile(normed, backend="irfuse", options=options)(rows(5, 256))
        assert bits(found) == bits(normed(rows(5, 256)))
    assert set(irfuse.reports()[-1].counts()) == {"norm", "norm_quant"}
