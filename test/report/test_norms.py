"""Norms in a report: those that a quant reads and is not fused with are missed, all others a list of their own."""

from __future__ import annotations

from typing import Any

import models
import pytest
import torch
import torch.nn.functional as F
from explained import explained, line_of, lines_in
from models import GatedNormQuant, Quantised, check_same, rows

from irfuse.report.explanations import MOST_VISITED


@pytest.fixture(autouse=True)
def clean() -> None:
    """Dynamo forgets the test before."""
    torch._dynamo.reset()


NORMS: dict[str, tuple[Any, str]] = {
    "last axis": (lambda x: F.normalize(x, dim=-1), "over axes [-1]"),
    "an order": (lambda x: x / torch.linalg.vector_norm(x, 3, -1, keepdim=True), "over axes [-1]"),
    "two axes": (lambda x: x / torch.linalg.vector_norm(x, 2, (0, 1), keepdim=True), "over axes [0, 1]"),
}


@pytest.mark.parametrize("name", NORMS)
def test_the_axes_of_a_vector_norm(name: str) -> None:
    """They stand behind the order of the norm."""
    normed, axes = NORMS[name]
    norm = models.Norm(256)
    reasons = [site.reason for site in explained(lambda x: normed(norm(x)), rows(6, 256)).norms]
    assert any(f"aten.linalg_vector_norm.default {axes} (" in reason for reason in reasons), reasons


@pytest.mark.parametrize("make", [GatedNormQuant, models.WrittenOutGate])
def test_groups_that_do_not_nest(make: type[Quantised]) -> None:
    model = make("group", 4, 112)
    report = explained(model)
    assert report.counts() == {"quant": {"group": 1}}
    (site,) = report.missed
    assert site.op in ("irfuse.rms_norm_gated", "irfuse.row_mean")
    assert site.reason == "runs of 64 and of 112 columns do not nest"
    check_same(torch.compile(model, backend="irfuse", options={"irfuse.rest": "eager"}), model)


def test_a_remark_goes_to_the_norm_with_its_cure() -> None:
    (site,) = explained(models.DynamicTensorScale()).missed
    assert lines_in(site.location) >= {line_of(models.Norm.forward, "h.pow(2)")}
    assert not lines_in(site.location) & {line_of(models.tensor_quant, "LARGEST")}
    assert site.cure == "use a static scale, or one of an earlier step"


def test_a_norm_before_a_refused_quant_is_missed() -> None:
    report = explained(models.StridedRows())
    norm, quant = report.missed
    assert norm.op == "irfuse.rms_norm" and quant.op == "irfuse.cast" and report.norms == []
    assert norm.reason == f"the quant of its result, at {quant.location}, is not fused"


def test_norm_without_a_quant_is_reported() -> None:
    report = explained(models.Norm(64), rows(5, 64))
    assert report.fused == report.missed == []
    assert [(site.op, site.reason) for site in report.norms] == [
        ("irfuse.rms_norm", "its result is not quantised, it leaves the graph")
    ]
    assert str(report).startswith("irfuse: 0 fused, 0 missed, 1 norms without a quant\n  norm    irfuse.rms_norm  ")


class WrittenInSteps(models.Quantised):
    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        y = self.norm(x.flatten(1))
        y[:, ::32] = 0
        return y


def test_a_norm_before_a_write_has_no_quant() -> None:
    (site,) = explained(WrittenInSteps()).norms
    assert site.reason.startswith("its result is not quantised, it goes to irfuse.insert (")
    assert site.reason.endswith(f"test_norms.py:{line_of(WrittenInSteps.chain, 'y[:, ::32] = 0')})")


def test_a_norm_whose_result_goes_far_from_it() -> None:
    norm = models.Norm(64)

    def far(x: torch.Tensor) -> torch.Tensor:
        y = norm(x)
        for _ in range(MOST_VISITED):
            y = torch.nn.functional.silu(y)
        return y

    (site,) = explained(far, rows(5, 64)).norms
    assert site.reason == f"none of the next {MOST_VISITED} ops quantises its result"
