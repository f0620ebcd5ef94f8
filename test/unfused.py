"""What a graph gives in which nothing is fused: eager's bits, or those of Inductor alone where it drops roundings."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache
from typing import Any
from unittest.mock import patch

import torch
from models import bits, rows
from torch._inductor.custom_graph_pass import CustomGraphPass

import irfuse
from irfuse.runtime.gpu_rules import GpuRules, compute_as_on_gpu


def reports_since(seen: Sequence[irfuse.Report]) -> list[irfuse.Report]:
    """The reports that came after those of ``seen``; irfuse keeps the last of them only."""
    return [report for report in irfuse.reports() if all(report is not old for old in seen)]


class GpuDivisions(CustomGraphPass):
    """`GpuRules` for a graph that Inductor compiles without irfuse."""

    def __call__(self, graph: torch.fx.Graph) -> None:
        compute_as_on_gpu(graph.owning_module)

    def uuid(self) -> str:
        return "divisions of GPUs"


KEPT: dict[str, Any] = {"emulate_precision_casts": True}
"""Inductor's setting that keeps the roundings of eager torch."""


def inductor_alone(model: Any, inputs: Sequence[Any], *, gpu: bool = False, dynamic: bool | None = None) -> list[Any]:
    """The bits that Inductor gives without irfuse, in the settings that keep the roundings of eager torch."""
    divisions: dict[str, Any] = {"joint_custom_pre_pass": GpuDivisions()} if gpu else {}
    with torch.no_grad():
        return bits(torch.compile(model, options=KEPT | divisions, dynamic=dynamic)(*inputs))


def eager(model: Any, inputs: Sequence[Any], *, gpu: bool = False) -> list[Any]:
    """The bits of eager torch."""
    with torch.no_grad(), GpuRules() if gpu else nullcontext():
        return bits(model(*inputs))


@cache
def inductor_keeps_roundings() -> bool:
    """Whether Inductor's code for CPUs rounds to bf16 wherever eager torch does.

    In torch 2.11 ``emulate_precision_casts`` does nothing there. It is tried on a cast that the model writes and on one
    between two ops of bf16; not on numbers, which torch 2.15 rounds to bf16 where eager torch does not.
    """

    def rounded(x: torch.Tensor) -> Any:
        wide = x.float()
        return (wide * wide).to(x.dtype).float() * wide, x * x * x

    return inductor_alone(rounded, (rows(64, 64),)) == eager(rounded, (rows(64, 64),))


def unfused(
    model: Any, inputs: Sequence[Any], rest: str, *, gpu: bool = False, dynamic: bool | None = None
) -> list[Any]:
    """The bits of a model in which nothing is fused; with ``gpu`` it divides by numbers as on a GPU."""
    if rest == "eager" or inductor_keeps_roundings():
        return eager(model, inputs, gpu=gpu)
    return inductor_alone(model, inputs, gpu=gpu, dynamic=dynamic)


def norm_unfused(model: Any, inputs: Sequence[Any], rest: str) -> list[Any]:
    """The bits of a model of which the quants are fused, and the ``norm`` before them is left to the rest."""
    if rest == "eager" or inductor_keeps_roundings():
        return eager(model, inputs)
    with patch.object(model.norm, "forward", torch.compile(model.norm.forward, options=KEPT)):
        return eager(model, inputs)


def check_unfused(function: Any, model: Any, rest: str, *, dynamic: bool | None = None) -> None:
    """Asserts that a compiled function in which nothing is fused returns the very bits of the rest without irfuse."""
    with torch.no_grad():
        found = bits(function(*model.inputs()))
    assert found == unfused(model, model.inputs(), rest, dynamic=dynamic)
