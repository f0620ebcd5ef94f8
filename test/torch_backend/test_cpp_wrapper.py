"""Fused ops in graphs that Inductor wraps in C++, where a body travels as a string of the program."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from models import GatedNormQuant, bits, check_same
from torch._inductor.utils import fresh_cache
from torch.utils._pytree import tree_leaves

import irfuse
from irfuse.torch_backend.backend import IrfusePass

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="Inductor needs g++ to compile for the CPU")


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
def test_cpp_wrapper(dynamic: bool) -> None:
    """One compiled program, whose results are eager's; with dynamic sizes it serves another number of rows."""
    torch._dynamo.reset()
    model = GatedNormQuant()
    inputs = model.inputs(6)
    for tensor in inputs if dynamic else ():
        torch._dynamo.mark_dynamic(tensor, 0)
    with fresh_cache():
        fast = torch.compile(model, backend="irfuse", options={"cpp_wrapper": True})
        check_same(fast, model, inputs)
        if dynamic:
            check_same(fast, model, model.inputs(9))
    assert irfuse.reports()[-1].counts() == {"gated_norm_quant": {"group": 1}}


def test_one_result() -> None:
    """A chain of which one result is used: as a list of one tensor it would end the process."""
    torch._dynamo.reset()
    model = GatedNormQuant()
    inputs = model.inputs(6)
    with torch.no_grad(), fresh_cache():
        got = torch.compile(lambda *xs: model(*xs)[0], backend="irfuse", options={"cpp_wrapper": True})(*inputs)
    assert bits(got) == bits(model(*inputs)[0])
    assert irfuse.reports()[-1].counts() == {"gated_norm_quant": {"group": 1}}


def outside(m: GatedNormQuant, x: torch.Tensor, z: torch.Tensor) -> Any:
    """A chain in each branch, and one behind them."""
    return torch.cond(x.sum() > 0, lambda x, z: m(x, z), lambda x, z: m(-x, z), (x, z)), m(x + 1, z)


def inside(m: GatedNormQuant, x: torch.Tensor, z: torch.Tensor) -> Any:
    """A branch in a branch, and a chain in each."""

    def deeper(x: torch.Tensor, z: torch.Tensor) -> Any:
        y = torch.cond(z.sum() > 0, lambda x, z: m(x, z), lambda x, z: m(-x, z), (x, z))
        return *y, *m(x + 1, z)

    return torch.cond(x.sum() > 0, deeper, lambda x, z: (*m(x, z), *m(-x, z)), (x, z))


def loop(m: GatedNormQuant, x: torch.Tensor, z: torch.Tensor) -> Any:
    """The body of a loop is no branch."""

    def step(i: torch.Tensor, x: torch.Tensor) -> Any:
        q = m(x, z)[0]
        return i + 1, q.float().reshape(x.shape).to(x.dtype)

    return torch.while_loop(lambda i, x: i < 2, step, (torch.tensor(0), x.clone()))


@pytest.mark.parametrize(
    ("body", "fused", "missed"), [(outside, 1, 2), (inside, 0, 5), (loop, 1, 0)], ids=["outside", "inside", "loop"]
)
def test_branches(body: Callable[..., Any], fused: int, missed: int) -> None:
    """Inductor's C++ wrapper cannot call an op in a branch, so chains stay there, and it is said why."""
    torch._dynamo.reset()
    model = GatedNormQuant()
    inputs = model.inputs(6)
    with torch.no_grad(), fresh_cache():
        got = torch.compile(body, backend="irfuse", options={"cpp_wrapper": True})(model, *inputs)
    want = body(model, *inputs)
    assert [t.shape for t in tree_leaves(got)] == [t.shape for t in tree_leaves(want)]
    assert missed or bits(got) == bits(want)
    report = irfuse.reports()[-1]
    declined = [m for m in report.missed if "torch.cond" in m.reason]
    assert (len(report.fused), len(declined)) == (fused, missed)
    assert all("without cpp_wrapper" in m.cure for m in declined)


@pytest.mark.parametrize(("body", "fused", "missed"), [(outside, 1, 2), (loop, 0, 1)], ids=["outside", "loop"])
def test_branches_of_a_pass_in_the_slot(body: Callable[..., Any], fused: int, missed: int) -> None:
    """Put there by hand the pass does not know the program: what is inside of another graph may be in a branch."""
    torch._dynamo.reset()
    model, graph_pass = GatedNormQuant(), IrfusePass()
    inputs = model.inputs(6)
    options = {"cpp_wrapper": True, "joint_custom_pre_pass": graph_pass, "emulate_precision_casts": True}
    with torch.no_grad(), fresh_cache():
        got = torch.compile(body, options=options)(model, *inputs)
    assert [t.shape for t in tree_leaves(got)] == [t.shape for t in tree_leaves(body(model, *inputs))]
    declined = [m for m in graph_pass.report.missed if "torch.cond" in m.reason]
    assert (len(graph_pass.report.fused), len(declined)) == (fused, missed)


def test_a_package_of_aotinductor(tmp_path: Path) -> None:
    """A package holds the body as well, and runs it where irfuse is imported."""
    model = GatedNormQuant()
    inputs = model.inputs(6)
    with torch.no_grad(), fresh_cache():
        program = torch.export.export(model, tuple(inputs)).run_decompositions()
        settings = {"joint_custom_pre_pass": IrfusePass(), "emulate_precision_casts": True}
        path = torch._inductor.aoti_compile_and_package(
            program, package_path=str(tmp_path / "model.pt2"), inductor_configs=settings
        )
        with zipfile.ZipFile(path) as package:
            calls = [json.loads(package.read(name)) for name in package.namelist() if name.endswith(".wrapper.json")]
        assert [node["node"]["target"] for call in calls for node in call["nodes"]] == ["irfuse::body"]
        assert bits(torch._inductor.aoti_load_package(path)(*inputs)) == bits(model(*inputs))
