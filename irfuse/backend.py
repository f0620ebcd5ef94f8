"""`torch.compile(model, backend="irfuse")`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from functorch.compile import make_boxed_func
from torch import fx
from torch._dynamo.backends.common import aot_autograd

from irfuse.graph_pass import emit_call, fuse_graph
from irfuse.report import Report, note_unfusable

Compiled = Callable[..., Any]


def eager(gm: fx.GraphModule, example_inputs: Sequence[Any], report: Report, texts: bool = False) -> Compiled:
    def inference(graph, _inputs):
        outcome = fuse_graph(graph, emit_call, texts=texts)
        report.add(outcome.report)
        return make_boxed_func(outcome.gm.forward)

    def training(graph, _inputs):
        note_unfusable(report, "graph", "it needs gradients", "run it under torch.no_grad() or torch.inference_mode()")
        return make_boxed_func(graph.forward)

    return aot_autograd(fw_compiler=training, bw_compiler=training, inference_compiler=inference)(gm, example_inputs)


def irfuse(gm: fx.GraphModule, example_inputs: Sequence[Any], *, mode=None, options=None) -> Compiled:
    return eager(gm, example_inputs, Report())
