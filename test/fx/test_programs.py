"""Saved programs: what torch.compile fuses in a model, irfuse-opt fuses in its .pt2 file."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import extreme_forms
import package_forms
import pytest
import torch
from models import rows
from torch import nn
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from irfuse.import_fx import load_pt2
from irfuse.pipeline import run_pipeline
from irfuse.report import report_of

FORMS: dict[str, tuple[Callable[..., Any], dict[str, int]]] = {
    **{name: package_forms.FORMS[name] for name in ("fake_fp8_by_tokens", "fake_mxfp8", "fake_int8_by_a_number")},
    **{name: extreme_forms.FORMS[name] for name in ("normed", "normed_and_all_axes", "ranged")},
}


class Model(nn.Module):
    """A function of rows, with a number and a row that are its own."""

    def __init__(self, run: Callable[..., Any]) -> None:
        super().__init__()
        self.run = run
        self.register_buffer("bound", torch.tensor(448.0))
        self.row = torch.arange(256.0)

    def forward(self, x: torch.Tensor) -> Any:
        return self.run(x) if self.run is not None else torch.clamp(x.float() + self.row, -self.bound, self.bound)


def saved(run: Callable[..., Any] | None) -> ModuleOp:
    """The module of a program that was saved and loaded."""
    file = io.BytesIO()
    with torch.no_grad():
        torch.export.save(torch.export.export(Model(run), (rows(7, 256),)), file)
    file.seek(0)
    return load_pt2(file)


@pytest.mark.parametrize("name", FORMS)
def test_a_saved_program_fuses_what_torch_compile_fuses(name: str) -> None:
    run, chains = FORMS[name]
    module = saved(run)
    run_pipeline(module)
    report = report_of(module)
    assert {chain: sum(counts.values()) for chain, counts in report.counts().items()} == chains
    assert report.missed == []


def test_buffers_and_rows_stay_arguments() -> None:
    """A number that a state dict may replace is none of the graph's own."""
    (function,) = [op for op in saved(None).ops if isinstance(op, FuncOp)]
    assert [str(t) for t in function.function_type.inputs] == ["tensor<f32>", "tensor<256xf32>", "tensor<7x256xbf16>"]
