"""Checks of a form, a torch function and its operands: that it is one fused op, and has eager's bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from bodies import same
from forms import TOKENS, Form
from models import bits
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block

import irfuse
from irfuse.dialect.fused import FusedOp
from irfuse.dialect.opaque import OpaqueOp
from irfuse.torch_backend.graph_pass import Analysis, analyse_graph

OUTSIDE = ("irfuse.reshape", "irfuse.relayout", "irfuse.permute", "irfuse.slice", "irfuse.bitcast", "irfuse.bytes")
"""Views are no kernels."""
AROUND = ("aten.copy_.default",)
"""Nodes that put a cache in its own place."""


def copied(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor in memory of its own, with its strides."""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype).copy_(tensor)


def with_sizes(tensors: Sequence[torch.Tensor], sizes: str) -> list[torch.Tensor]:
    """Operands of their own, whose axes of tokens are marked where sizes are to be ``dynamic``: each has a symbol."""
    given = [copied(x) for x in tensors]
    for tensor in given if sizes == "dynamic" else ():
        for axis in [i for i, n in enumerate(tensor.shape) if n == TOKENS]:
            torch._dynamo.mark_dynamic(tensor, axis)
    return given


def analysed(form: Form, sizes: str = "static") -> Analysis:
    """What irfuse makes of a form's graph, in the ops that Inductor leaves of it."""
    found: list[Analysis] = []

    def backend(gm: torch.fx.GraphModule, _inputs: object) -> object:
        found.append(analyse_graph(gm))
        return gm

    from torch._dynamo.backends.common import aot_autograd
    from torch._inductor.decomposition import select_decomp_table

    run, operands = form()
    torch._dynamo.reset()
    with torch.no_grad():
        compiler = aot_autograd(
            fw_compiler=backend, keep_inference_input_mutations=True, decompositions=select_decomp_table()
        )
        torch.compile(run, backend=compiler)(*with_sizes(operands, sizes))
    return found[0]


def body_of(form: Form) -> Block:
    """The body of the one fused op of a form."""
    (fused,) = analysed(form).fused
    return fused.body.clone().detach_block(0)


def check_is_one_kernel(form: Form, sizes: str = "static") -> None:
    """Assert that a form's graph is one fused op, and views."""
    function = next(op for op in analysed(form, sizes).module.ops if isinstance(op, FuncOp))
    ops = [op for op in function.body.block.ops if op.name not in OUTSIDE]
    assert [type(op) for op in ops if not (isinstance(op, OpaqueOp) and _is_no_kernel(op))] == [FusedOp, ReturnOp]


def _is_no_kernel(op: OpaqueOp) -> bool:
    """Whether a node only puts a cache in its place or computes an index, or gives what nothing uses."""
    return op.target.data in AROUND or not (op.mutates or any(v.first_use for v in op.results))


def results_of(run: Callable[..., Any], operands: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """What a function returns and what it makes of its operands, which stay as they are."""
    given = [copied(x) for x in operands]
    returned = run(*given)
    return [*([returned] if isinstance(returned, torch.Tensor) else returned or ()), *given]


def check_bits(form: Form, sizes: str) -> None:
    """Assert that a form, compiled with this kind of sizes, has the bits of eager, and that all its sites are fused."""
    run, operands = form()
    torch._dynamo.reset()
    for tensor in operands if sizes == "dynamic" else ():
        for axis in [i for i, n in enumerate(tensor.shape) if n == TOKENS]:
            torch._dynamo.mark_dynamic(tensor, axis)
    with torch.no_grad():
        found = results_of(torch.compile(run, backend="irfuse", options={"irfuse.rest": "eager"}), operands)
        wanted = results_of(run, operands)
    same(found, wanted)
    report = irfuse.reports()[-1]
    assert (bool(report.fused), report.missed, report.norms) == (True, [], [])


def check_chains(run: Callable[[torch.Tensor], Any], x: torch.Tensor, chains: dict[str, int]) -> None:
    """Assert that a compiled function of rows has the bits of eager, and what is fused in it: these chains and all."""
    torch._dynamo.reset()
    with torch.no_grad():
        found = torch.compile(run, backend="irfuse", options={"irfuse.rest": "eager"})(copied(x))
        assert bits(found) == bits(run(copied(x)))
    report = irfuse.reports()[-1]
    assert {chain: sum(counts.values()) for chain, counts in report.counts().items()} == chains
    assert report.missed == [] and report.norms == []
