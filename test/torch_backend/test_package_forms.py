"""Quants as packages write them have the bits of eager, NaN and all, and are one chain each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from models import bits, rows
from one_kernel import check_chains
from package_forms import FORMS, norm

import irfuse


def given(kind: str) -> torch.Tensor:
    """Rows in which one is zeros; of some kinds another has NaN of several bits, or infinities, or is tiny."""
    x = rows(2, 5, 256)
    x[0, 3] = 0.0
    if kind == "nan":
        x[1, 2, 5:11] = torch.tensor([-1, -64, 0x7FFF, 0x7F81, 0x7FC1, -32]).to(torch.int16).view(torch.bfloat16)
    elif kind == "inf":
        x[1, 2, 5] = float("inf")
        x[1, 3, 6] = float("-inf")
    elif kind == "tiny":
        x[1, 2] *= 1e-38
    return x


@pytest.mark.parametrize("kind", ["normal", "nan", "inf", "tiny"])
@pytest.mark.parametrize("name", FORMS)
def test_bits_are_those_of_eager(name: str, kind: str) -> None:
    run, chains = FORMS[name]
    check_chains(run, given(kind), chains)


@pytest.mark.parametrize("name", ["fake_fp8_by_groups", "fake_mxfp8"])
def test_emulated_kernels_have_the_bits_of_eager(name: str) -> None:
    run, _ = FORMS[name]
    torch._dynamo.reset()
    options = {"irfuse.rest": "eager", "irfuse.target": "emulate:gfx942"}
    with torch.no_grad():
        found = torch.compile(run, backend="irfuse", options=options)(given("tiny"))
        assert bits(found) == bits(run(given("tiny")))


def scaled(y: torch.Tensor) -> torch.Tensor:
    return y.abs().amax(-1, keepdim=True) + 1.0


@pytest.mark.parametrize(
    "run",
    [
        lambda y: y / scaled(y) * scaled(y),
        lambda y: torch.round(y / scaled(y)) * (scaled(y) + 1.0),
        lambda y: torch.round(y * scaled(y)) * scaled(y),
        lambda y: torch.round(y / scaled(y)) + scaled(y),
        lambda y: torch.round(y).to(torch.int32).to(y.dtype) * scaled(y),
    ],
    ids=["not rounded", "another scale", "not divided", "not multiplied", "integers"],
)
def test_what_is_no_fake_quant(run: Callable[[torch.Tensor], Any]) -> None:
    with torch.no_grad():
        report = irfuse.explain(lambda x: run(norm(x)), given("normal"))
    assert report.fused == [] and report.missed == [] and len(report.norms) == 1
