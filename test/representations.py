"""The ways in which torch makes a graph of a model: one function each, all in `WAYS`; and what must hold of each.

Each takes a model, its inputs, and which of their axes are dynamic.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from graphs import Captured, _record, copied
from models import bits
from torch import fx
from torch._decomp import core_aten_decompositions
from torch._dynamo.backends.common import aot_autograd
from torch._functorch.aot_autograd import aot_export_module
from torch._inductor import compile_fx
from torch._inductor import config as inductor
from torch._inductor.decomposition import select_decomp_table
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.export.graph_signature import InputKind
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv, StatelessSymbolicContext

from irfuse.torch_backend.graph_pass import Analysis, analyse_graph, with_calls

Axes = tuple[int, ...]


def by_aot(model: Any, inputs: Any, axes: Axes, **how: Any) -> Captured:
    """The graph that AOTAutograd hands to a backend of torch.compile."""
    torch._dynamo.reset()
    found: list[Captured] = []
    backend = aot_autograd(fw_compiler=partial(_record, found, "inference"), **how)
    return _compiled(found, backend, model, inputs, axes)


def by_post_grad(model: Any, inputs: Any, axes: Axes, *, slot: str = "post_grad_custom_pre_pass") -> Captured:
    """The graph that Inductor hands to custom passes before its post-grad patterns, or behind them."""
    torch._dynamo.reset()
    found: list[Captured] = []

    def inner(gm: fx.GraphModule, example_inputs: Any, **_how: Any) -> Any:
        copies: list[fx.Graph] = []
        with inductor.patch({slot: lambda graph: copies.append(copy.deepcopy(graph))}):
            compile_fx.view_to_reshape(gm)
            compile_fx._recursive_post_grad_passes(gm, is_inference=True)
        return _record(found, "post_grad", fx.GraphModule(gm, copies[-1]), example_inputs)

    return _compiled(found, partial(compile_fx.compile_fx, inner_compile=inner), model, inputs, axes)


def functionalized(version: int) -> Callable[..., Captured]:
    """`by_aot` with writes to inputs kept, and calls of writing ops in one of torch's two functional forms."""

    def by(model: Any, inputs: Any, axes: Axes) -> Captured:
        with inductor.patch(enable_auto_functionalized_v2=version == 2):
            return by_aot(model, inputs, axes, keep_inference_input_mutations=True)

    return by


def _compiled(found: list[Captured], backend: Any, model: Any, inputs: Any, axes: Axes) -> Captured:
    inputs = copied(inputs)
    for x in inputs if axes else ():
        torch._dynamo.mark_dynamic(x, list(axes))
    with torch.no_grad():
        torch.compile(model, backend=backend, dynamic=None if axes else False)(*inputs)
    (one,) = found
    return one


def by_aot_export(model: Any, inputs: Any, axes: Axes) -> Captured:
    """The graph of AOTAutograd alone, which knows no dynamic size."""
    graph, _ = aot_export_module(model, inputs, trace_joint=False)
    return Captured("aot_export", graph, (*model.parameters(), *inputs))


def by_export(
    model: Any, inputs: Any, axes: Axes, *, strict: bool = False, table: Any = None, decompose: bool = True
) -> Captured:
    """The graph of a torch.export program; before decompositions it is pre-dispatch."""
    shapes = tuple(dict.fromkeys(axes, torch.export.Dim.DYNAMIC) for _ in inputs)
    program = torch.export.export(model, inputs, dynamic_shapes=shapes, strict=strict)
    program = program.run_decompositions(table) if decompose else program
    return Captured("export", program.graph_module, tuple(_given(program, inputs)))


def _given(program: torch.export.ExportedProgram, inputs: Any) -> list[Any]:
    """The inputs of a program's graph: weights, constants, and what the user gives."""
    rest, kept = iter(inputs), {**program.state_dict, **program.constants}
    specs = program.graph_signature.input_specs
    return [next(rest) if s.kind is InputKind.USER_INPUT else kept[s.target] for s in specs]


def by_unlifted_export(model: Any, inputs: Any, axes: Axes) -> Captured:
    """The module of a torch.export program, which holds its weights."""
    shapes = tuple(dict.fromkeys(axes, torch.export.Dim.DYNAMIC) for _ in inputs)
    return Captured("module", torch.export.export(model, inputs, dynamic_shapes=shapes).module(), inputs)


def by_make_fx(model: Any, inputs: Any, axes: Axes, **how: Any) -> Captured:
    """The graph of make_fx, which is not functional and holds weights as constants."""
    given, mode = copied(inputs), FakeTensorMode(shape_env=ShapeEnv(), allow_non_fake_inputs=True)
    if axes:
        given = [mode.from_tensor(x, symbolic_context=_sizes(x, axes)) for x in given]
    with mode if axes else nullcontext(), torch.no_grad():
        return Captured("make_fx", make_fx(model, **how)(*given), inputs)


def _sizes(x: torch.Tensor, axes: Axes) -> StatelessSymbolicContext:
    return StatelessSymbolicContext([DimDynamic.DYNAMIC if i in axes else DimDynamic.STATIC for i in range(x.dim())])


WAYS: dict[str, Callable[..., Captured]] = {
    "aot": by_aot,
    "aot_inductor": lambda *args: by_aot(*args, decompositions=select_decomp_table()),
    "aot_core": lambda *args: by_aot(*args, decompositions=core_aten_decompositions()),
    "aot_export": by_aot_export,
    "post_grad": by_post_grad,
    "post_grad_end": partial(by_post_grad, slot="post_grad_custom_post_pass"),
    "export": partial(by_export, decompose=False),
    "export_strict": partial(by_export, decompose=False, strict=True),
    "export_aten": partial(by_export, table={}),
    "export_core": by_export,
    "export_strict_core": partial(by_export, strict=True),
    "export_module": by_unlifted_export,
    "make_fx": by_make_fx,
    "make_fx_pre_dispatch": partial(by_make_fx, pre_dispatch=True),
}


def outcome(graph: fx.GraphModule, inputs: Any) -> list[Any]:
    """The results of a graph and what it leaves in its inputs."""
    arguments = copied(inputs)
    with torch.no_grad():
        return bits((graph(*arguments), arguments))


def chains_of(analysis: Analysis) -> list[str]:
    """The chains of each fused op, or of each of its parts."""
    parts = [part for op in analysis.fused for part in op.parts]
    return [", ".join(chain.data for chain in part.chains or ()) for part in parts]


def check_same(one: Captured) -> list[str]:
    """Asserts that the graph with fused ops computes what the graph as captured does; returns what is fused."""
    analysis = analyse_graph(one.graph)
    assert outcome(with_calls(analysis, one.graph), one.inputs) == outcome(one.graph, one.inputs)
    return chains_of(analysis)
