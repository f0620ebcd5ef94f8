"""Forms whose rows are rearranged, gathered or summed: one fused op each, eager's bits, right kernels."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from bodies import same
from cache_forms import FORMS, TOKENS
from interpreted import run_cases
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block

import irfuse
from irfuse.dialect.fused import FusedOp
from irfuse.dialect.opaque import OpaqueOp
from irfuse.torch_backend.graph_pass import Analysis, analyse_graph

OUTSIDE = ("irfuse.reshape", "irfuse.relayout", "irfuse.permute", "irfuse.slice")
"""Views are no kernels."""
AROUND = ("aten.copy_.default", "aten.floor_divide.default", "aten.remainder.Scalar")
"""Nodes that put a cache in its own place, or compute an index."""


def analysed(name: str) -> Analysis:
    """What irfuse makes of a form's graph."""
    found: list[Analysis] = []

    def backend(gm: torch.fx.GraphModule, _inputs: object) -> object:
        found.append(analyse_graph(gm))
        return gm

    from torch._dynamo.backends.common import aot_autograd

    run, operands = FORMS[name]()
    torch._dynamo.reset()
    with torch.no_grad():
        compiler = aot_autograd(fw_compiler=backend, keep_inference_input_mutations=True)
        torch.compile(run, backend=compiler)(*[x.clone() for x in operands])
    return found[0]


def body_of(name: str) -> Block:
    """The body of the one fused op of a form."""
    (fused,) = analysed(name).fused
    return fused.body.clone().detach_block(0)


CASES = {name: lambda name=name: body_of(name) for name in FORMS} if os.environ.get("TRITON_INTERPRET") else {}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return run_cases(str(Path(__file__)), tmp_path_factory.mktemp("kernels"))


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_one_kernel(name: str) -> None:
    function = next(op for op in analysed(name).module.ops if isinstance(op, FuncOp))
    ops = [op for op in function.body.block.ops if op.name not in OUTSIDE]
    kinds = [type(op) for op in ops if not (isinstance(op, OpaqueOp) and op.target.data in AROUND)]
    assert kinds == [FusedOp, ReturnOp]


def results_of(run: Callable[..., Any], operands: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """What a function returns and what it makes of its operands, which stay as they are."""
    given = [x.clone() for x in operands]
    returned = run(*given)
    kept = [x for x in given if x.is_floating_point()]
    return [*([returned] if isinstance(returned, torch.Tensor) else returned or ()), *kept]


@pytest.mark.parametrize("sizes", ["static", "dynamic"])
@pytest.mark.parametrize("name", FORMS)
def test_a_form_has_the_bits_of_eager(name: str, sizes: str) -> None:
    run, operands = FORMS[name]()
    torch._dynamo.reset()
    for tensor in operands if sizes == "dynamic" else ():
        for axis in [i for i, n in enumerate(tensor.shape) if n == TOKENS]:
            torch._dynamo.mark_dynamic(tensor, axis)
    with torch.no_grad():
        found = results_of(torch.compile(run, backend="irfuse", options={"irfuse.rest": "eager"}), operands)
        wanted = results_of(run, operands)
    same(found, wanted)
    report = irfuse.reports()[-1]
    assert (len(report.fused), report.missed, report.norms) == (1, [], [])


@pytest.mark.parametrize("name", FORMS)
def test_a_kernel_computes_what_the_reference_does(failures: dict[str, str], name: str) -> None:
    assert not failures[name], failures[name]
