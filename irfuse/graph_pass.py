"""From one FX graph to the same graph with fused ops, and its report: the step that every entry point shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import fx
from xdsl.dialects.builtin import ModuleOp

from irfuse.dialect.fused import FusedOp
from irfuse.export_fx import Emit, to_fx
from irfuse.import_fx import to_ir
from irfuse.launch import FusedCall
from irfuse.pipeline import run_pipeline
from irfuse.report import Report, report_of


@dataclass
class Outcome:
    """The graph with fused ops, the IR that it was made from, and what became of each site."""

    gm: fx.GraphModule
    module: ModuleOp
    report: Report


def fuse_graph(gm: fx.GraphModule, emit: Emit, *, texts: bool = False) -> Outcome:
    """Fuse every chain of an inference graph; a graph without one comes back as it is.

    ``texts`` fills in the report's IR before and after and the sources of its kernels.
    """
    module = to_ir(gm)
    before = str(module) if texts else ""
    run_pipeline(module)
    report = report_of(module)
    fused = [op for op in module.walk() if isinstance(op, FusedOp)]
    if texts:
        report.ir_before, report.ir_after = before, str(module)
        for op in fused:
            report.kernels |= FusedCall(op).sources()
    return Outcome(to_fx(module, gm, emit) if fused else gm, module, report)


def emit_call(graph: fx.Graph, op: FusedOp, operands: Sequence[fx.Node]) -> list[fx.Node]:
    """Emit a fused op as one call of a `FusedCall` and an element of its tuple for each result."""
    import operator

    call = graph.call_function(FusedCall(op), tuple(operands))
    return [graph.call_function(operator.getitem, (call, i)) for i in range(len(op.outs))]
