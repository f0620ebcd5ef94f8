"""Pointwise nodes that no chain can reach stay as they are; all that is fused or missed is what it would be else."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
import vendor_ops  # noqa: F401 - declares ops of other packages
from graphs import CASES, captured
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx

from irfuse import pipeline
from irfuse.dialect.fused import kernels_in
from irfuse.dialect.opaque import OpaqueOp
from irfuse.import_fx import to_ir
from irfuse.lower_triton import lower
from irfuse.passes._function_pass import function_blocks
from irfuse.passes._reach import out_of_reach
from irfuse.report.report import report_of

FP8 = torch.float8_e4m3fn


def left_in(function: Any, *operands: Tensor) -> list[str]:
    """The nodes of a function that no chain can reach, by name, in order."""
    (block,) = function_blocks(to_ir(make_fx(function, tracing_mode="fake")(*operands)))
    left = out_of_reach(block)
    return [op.target.data.split(".")[1] for op in block.ops if isinstance(op, OpaqueOp) and op in left]


def found_in(graph: fx.GraphModule) -> tuple[list[str], list[str]]:
    """The kernels of a graph, and what was not fused and why."""
    module = to_ir(graph)
    pipeline.run_pipeline(module)
    report = report_of(module)
    return [lower(op).source for op in kernels_in(module)], [f"{site.op} {site.reason}" for site in report.missed]


@pytest.mark.parametrize("grad", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("name", list(CASES))
def test_a_graph_gives_the_same_kernels_and_reasons_as_with_all_of_it_raised(
    name: str, grad: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs = [one.graph for one in captured(name, False, grad)]
    found = [found_in(graph) for graph in graphs]
    monkeypatch.setattr(pipeline, "_OPTIONS", {})
    assert found == [found_in(graph) for graph in graphs]


def test_a_chain_is_reached_from_its_codes_and_what_is_computed_between_unknown_ops_is_not() -> None:
    def function(x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
        first = F.silu(x.cumsum(-1)) * w
        second = torch.cat([first.sort(-1)[0], x], -1).sort(-1)[0]
        return second, (F.relu(x.cumprod(-1)) * 2).to(FP8)

    x = torch.randn(4, 32, dtype=torch.bfloat16)
    assert left_in(function, x, x) == ["silu", "mul"]


@pytest.mark.parametrize(
    "anchor",
    [
        lambda x: x.float().mean(-1, keepdim=True),
        lambda x: F.rms_norm(x, (32,)),
        lambda x: x.view(torch.int16),
        lambda x: torch.ones_like(x).index_put((torch.arange(4),), x),
        lambda x: x.clamp(-448, 448).to(FP8),
        lambda x: x.round().to(torch.int8),
        lambda x: x.amax(-1),
        lambda x: torch.ops.vllm_ir.rms_norm(x, None, 1e-6),
    ],
    ids=["mean", "norm", "bits", "store", "codes", "integers", "extreme", "vendor"],
)
def test_every_kind_of_anchor_is_reached_and_reaches_what_it_is_computed_from_and_what_is_from_it(anchor: Any) -> None:
    x = torch.randn(4, 32, dtype=torch.bfloat16)
    assert left_in(lambda x: anchor(F.silu(x).transpose(0, 1).reshape(4, 32)).reshape(-1), x) == []


def test_nothing_is_reached_through_a_node_of_unknown_meaning() -> None:
    def function(x: Tensor) -> Tensor:
        return F.silu(F.relu(x).cumsum(-1)).to(FP8)

    assert left_in(function, torch.randn(4, 32, dtype=torch.bfloat16)) == ["relu"]
