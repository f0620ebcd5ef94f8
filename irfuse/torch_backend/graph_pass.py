"""From one FX graph to the same graph with fused ops, and its report: the step that every entry point shares."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import fx
from torch._subclasses.fake_tensor import FakeTensor
from torch._subclasses.functional_tensor import FunctionalTensorMode, dispatch_functionalize
from torch.fx.experimental.proxy_tensor import make_fx
from torch.library import wrap_triton
from xdsl.dialects.builtin import ModuleOp

from irfuse.dialect.fused import FusedOp, kernels_in
from irfuse.errors import UnfusedChainWarning
from irfuse.extend.plugins import load_plugins
from irfuse.fx.export_fx import to_fx, to_fx_in_place
from irfuse.fx.in_place_calls import make_functional, make_in_place
from irfuse.fx.provenance import names_of
from irfuse.fx.regions import FUSED, graphs_of
from irfuse.fx.whole_extremes import split_by_rows
from irfuse.import_fx import to_ir
from irfuse.passes._unfuse import unfuse
from irfuse.pipeline import run_pipeline
from irfuse.report import Report, report_of
from irfuse.report.remarks import Declined
from irfuse.runtime.gpu_rules import compute_as_on_gpu
from irfuse.runtime.launch import FusedCall, device_of
from irfuse.runtime.trial import refusal
from irfuse.torch_backend.body_op import argument_of
from irfuse.uncollected import uncollected

ALIGNMENT = 16
"""Triton loads wide where strides, in elements, and pointers, in bytes, are known to be multiples of this."""


@dataclass
class Analysis:
    """The IR of a graph after the pipeline, and what became of each site."""

    module: ModuleOp
    report: Report

    @property
    def fused(self) -> list[FusedOp]:
        """The fused ops of the graph."""
        return kernels_in(self.module)


@uncollected
def analyse_graph(
    gm: fx.GraphModule, *, texts: bool = False, compiled: bool = False, refused: Declined | None = None
) -> Analysis:
    """Find and fuse the chains of an inference graph; the graph computes what it did, with the same nodes.

    Only where a kernel gives the extremes of rows is a whole tensor's found from these (irfuse.fx.whole_extremes).

    ``compiled`` is `to_ir`'s; ``texts`` fills in the report's IR before and after and the sources of its kernels;
    ``refused`` is why no op of irfuse's may stand in this graph, if so.
    """
    load_plugins()
    make_functional(gm)
    with split_by_rows(gm) as rows:
        module = to_ir(gm, compiled=compiled)
        before = str(module) if texts else ""
        run_pipeline(module)
        _unfuse_what_torch_refuses(module)
        if refused is not None:
            for op in kernels_in(module):
                unfuse(op, str(refused), refused.cure)
        for name in [name for op in kernels_in(module) for v in op.outs for name in names_of(v)]:
            rows.pop(name, None)
    analysis = Analysis(module, report_of(module))
    if texts:
        analysis.report.ir_before, analysis.report.ir_after = before, str(module)
        for op in analysis.fused:
            analysis.report.kernels |= FusedCall(op).sources()
    return analysis


def _unfuse_what_torch_refuses(module: ModuleOp) -> None:
    """Take back the fused ops whose bodies torch would refuse to run; a warning says which."""
    for op in kernels_in(module):
        if reason := refusal(op.body.block):
            kind = "a chain" if op.kind is None else op.kind.data
            warnings.warn(UnfusedChainWarning(kind, reason), stacklevel=2)
            unfuse(op, reason)


def with_calls(analysis: Analysis, gm: fx.GraphModule, emulated: str | None = None) -> fx.GraphModule:
    """A new graph in which every fused op is one call of a `FusedCall`, and all else is copied.

    With ``emulated``, an AMD architecture, fused ops run as its machine code, and the rest divides as torch does there.
    """
    whole = to_fx(analysis.module, gm, partial(_emit_call, emulated)) if analysis.fused or emulated else gm
    make_in_place(whole)
    if emulated:
        for graph in graphs_of(whole).values():
            compute_as_on_gpu(graph)
    return whole


@uncollected
def inline(analysis: Analysis, graph: fx.Graph, emulated: str | None = None) -> None:
    """Put every fused op into the graph in place: its kernel's launch on a GPU, its body as one op elsewhere.

    With ``emulated``, as in `with_calls`.
    """
    graphs = list(graphs_of(graph.owning_module).values())
    if analysis.fused:
        to_fx_in_place(analysis.module, graph, partial(_emit_inlined, emulated))
    make_in_place(graph.owning_module)
    for gm in graphs:
        gm.meta[FUSED] = True
        if emulated:
            compute_as_on_gpu(gm)


def _emit_call(
    emulated: str | None, graph: fx.Graph, op: FusedOp, operands: Sequence[fx.Node], _likes: Sequence[Any]
) -> list[fx.Node]:
    call = graph.call_function(FusedCall(op, emulated), tuple(operands))
    return [graph.call_function(operator.getitem, (call, i)) for i in range(len(op.outs))]


def _emit_inlined(
    emulated: str | None, graph: fx.Graph, op: FusedOp, operands: Sequence[fx.Node], likes: Sequence[Any]
) -> list[fx.Node]:
    """The launch of the op's kernel, which Inductor inlines; its body as one op where there is no kernel."""
    call = FusedCall(op)  # its tensor operands come first, then its sizes
    values = [node.meta["val"] for node in operands]
    if emulated is None and call.has_kernel_for(values):
        guard_alignment([v for v in values if isinstance(v, torch.Tensor)])
        return _copy_in(graph, _traced_launch(call, values), operands)
    text, count = argument_of(op.body.block), sum(isinstance(v, torch.Tensor) for v in values)
    arguments = (text, emulated or "", list(operands[:count]), list(operands[count:]))
    if len(op.outs) == 1:
        return [graph.call_function(torch.ops.irfuse.body_of_one.default, arguments)]
    body = graph.call_function(torch.ops.irfuse.body.default, arguments)
    body.meta["val"] = list(likes)
    return [graph.call_function(operator.getitem, (body, i)) for i in range(len(op.outs))]


def guard_alignment(tensors: Sequence[torch.Tensor]) -> None:
    """Guard on whether symbolic strides and offsets are aligned; where that is not known, Triton loads narrow.

    What depends on a size is left alone: its guard would compile anew for other numbers of tokens.
    """
    sizes = {symbol for t in tensors for size in t.shape for symbol in _symbols(size)}
    for t in tensors:
        for steps in (*t.stride(), t.storage_offset() * t.element_size()):
            if _symbols(steps) and not _symbols(steps) & sizes:
                bool(steps % ALIGNMENT == 0)


def _symbols(number: int | torch.SymInt) -> set[Any]:
    return set(number.node.expr.free_symbols) if isinstance(number, torch.SymInt) else set()


def _traced_launch(call: FusedCall, values: Sequence[Any]) -> fx.Graph:
    """The functional graph that allocates the results and launches the kernel, on fake values."""
    from torch._inductor.decomposition import select_decomp_table

    kernel = wrap_triton(call.function_on(device_of(values)))
    functional = dispatch_functionalize(partial(call.launch, kernel), FunctionalTensorMode(export=False))
    with next(v.fake_mode for v in values if isinstance(v, FakeTensor)):
        return make_fx(functional, decomposition_table=select_decomp_table())(*values).graph


def _copy_in(graph: fx.Graph, traced: fx.Graph, operands: Sequence[fx.Node]) -> list[fx.Node]:
    """Copy the nodes of a traced graph; returns the nodes of its outputs.

    An operand that the kernel writes to is not cloned: the launch is functional, so Inductor does that where it must.
    """
    placed: dict[fx.Node, fx.Node] = dict(zip(traced.find_nodes(op="placeholder"), operands, strict=True))
    for node in traced.nodes:
        if node.op == "output":
            return [placed[result] for result in node.args[0]]
        if node.target is torch.ops.aten.clone.default and node.args[0].op == "placeholder":
            placed[node] = placed[node.args[0]]
        elif node.op != "placeholder":
            placed[node] = graph.node_copy(node, lambda n: placed[n])
    raise AssertionError("a traced graph ends with its output")
