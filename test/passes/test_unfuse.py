"""Chains that no kernel can be generated for are not fused, and the report says why, on the CPU too."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
import torch
from bodies import parsed
from models import GatedNormQuant
from torch._inductor.utils import fresh_cache
from unfused import check_unfused

import irfuse
from irfuse import dialect as d
from irfuse.analysis.likeness import Remembered
from irfuse.dialect.fused import FusedOp
from irfuse.errors import NotLowerableError, UnfusedChainWarning
from irfuse.passes import _unfuse
from irfuse.pipeline import run_pipeline
from irfuse.report import report_of
from irfuse.runtime import reference, trial

STRIDED = """
!x = tensor<?x512xbf16, #irfuse.dims<"t", strides = [{row}, 1]>>
!y = tensor<?x512xbf16, #irfuse.dims<"t">>
!q = tensor<?x512xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x4xf32, #irfuse.dims<"t">>
func.func @f(%x: !x) -> (!q, !s) {{
  %r = irfuse.relayout %x : !x -> !y
  %y = irfuse.rms_norm %r {{eps = 1.0e-6 : f64}} : !y -> !y
  %q, %s = irfuse.group_quant %y {{group_size = 128 : i64, quant_max = 448.0 : f64}} : !y -> !q, !s
  return %q, %s : !q, !s
}}
"""


def test_a_chain_without_a_kernel_is_missed() -> None:
    """A stride without a name can't be an argument of a kernel; a known one can."""
    known, unnamed = (parsed(STRIDED.format(row=row)) for row in ("1024", '"?"'))
    for module in (known, unnamed):
        run_pipeline(module)
    assert len(report_of(known).fused) == 1 and not report_of(known).missed
    (reason,) = [missed.reason for missed in report_of(unnamed).missed if missed.op == "irfuse.group_quant"]
    assert "no kernel can be generated: an address needs a size that has no name" in reason
    assert not any(isinstance(op, FusedOp) for op in unnamed.walk())
    unnamed.verify()


STORED = """
!x = tensor<4x128xbf16>
!c = tensor<48x128xbf16>
func.func @f(%x: !x, %c: !c, %i: tensor<4xi64>) {
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %r = irfuse.scatter %y into %c[%i] {axes = array<i64: 0>} : !x, !c, tensor<4xi64> -> !c
  %d = irfuse.opaque "aten.copy_.default" mutates (%c, %r) call <x0, x1> : (!c, !c) -> !c
  return
}
"""


def test_a_chain_without_a_quant_says_why_on_its_norm_and_its_write() -> None:
    module = parsed(STORED)
    run_pipeline(module)
    (fused,) = [op for op in module.walk() if isinstance(op, FusedOp)]
    _unfuse.unfuse(fused, "it is a test")
    report = report_of(module)
    assert [(site.op, site.reason) for site in report.missed] == [("irfuse.scatter", "it is a test")]
    assert [(site.op, site.reason) for site in report.norms] == [("irfuse.rms_norm", "it is a test")]


needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="Inductor needs g++ to compile for the CPU")


@pytest.mark.parametrize("rest", ["eager", pytest.param("inductor", marks=needs_compiler)])
def test_the_graph_stays_as_it_was(rest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under torch.compile what has no kernel is left to the rest, with the numbers that it has without irfuse."""

    def refuse(_op: Any) -> Any:
        raise NotLowerableError(reason="it is a test")

    monkeypatch.setattr(_unfuse, "lower", refuse)
    torch._dynamo.reset()
    model = GatedNormQuant()
    with fresh_cache():
        check_unfused(torch.compile(model, backend="irfuse", options={"irfuse.rest": rest}), model, rest)
    report = irfuse.reports()[-1]
    assert report.counts() == {}
    reasons = {missed.op: missed.reason for missed in report.missed}
    assert reasons["irfuse.group_quant"] == "no kernel can be generated: it is a test"


@pytest.mark.parametrize("rest", ["eager", pytest.param("inductor", marks=needs_compiler)])
def test_what_torch_refuses_to_run_is_left_as_it_was(rest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An op without a kernel in torch for its type is found when a graph is compiled, not when it runs."""

    def refuse(*_: Any) -> Any:
        raise NotImplementedError('"amax_cpu" not implemented for this type')

    monkeypatch.setitem(reference.MEANING, d.RowAmaxOp, refuse)
    monkeypatch.setattr(trial, "SAID", {})
    monkeypatch.setattr(trial, "_REFUSALS", Remembered[str]())
    torch._dynamo.reset()
    model = GatedNormQuant()
    with fresh_cache(), pytest.warns(UnfusedChainWarning, match="is left unfused, please report it: torch does not"):
        check_unfused(torch.compile(model, backend="irfuse", options={"irfuse.rest": rest}), model, rest)
    reasons = {missed.op: missed.reason for missed in irfuse.reports()[-1].missed}
    assert 'torch does not compute irfuse.row_amax of torch.bfloat16: "amax_cpu"' in reasons["irfuse.group_quant"]
