"""``torch.ops.irfuse.body``: a fused op's body as one torch op, for graphs that Inductor compiles without a kernel.

Inductor does not look into it, so it cannot drop a rounding. The body travels as text in an argument, and with it in
Inductor's cache keys; a process that finds a compiled graph in the cache needs nothing but this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.dialects.func import Func, FuncOp, ReturnOp
from xdsl.ir import Block, Region, SSAValue
from xdsl.parser import Parser

from irfuse import reference
from irfuse.dialect import Irfuse
from irfuse.dialect.fused import YieldOp

_library = torch.library.Library("irfuse", "DEF")
_library.define("body(str text, Tensor[] tensors, SymInt[] sizes) -> Tensor[]")


def text_of(body: Block) -> str:
    """A body as a function, in text."""
    block = Block(arg_types=[a.type for a in body.args])
    mapper: dict[SSAValue, SSAValue] = dict(zip(body.args, block.args, strict=True))
    for op in body.ops:
        block.add_op(ReturnOp(*(mapper[v] for v in op.values)) if isinstance(op, YieldOp) else op.clone(mapper))
    assert isinstance(block.last_op, ReturnOp)
    types = [a.type for a in block.args], [v.type for v in block.last_op.operands]
    return str(ModuleOp([FuncOp("body", types, Region(block))]))


@cache
def _module(text: str) -> ModuleOp:
    context = Context()
    for dialect in (Builtin, Func, Irfuse):
        context.load_dialect(dialect)
    return Parser(context, text).parse_module()


def _run(text: str, tensors: Sequence[torch.Tensor], sizes: Sequence[int]) -> list[torch.Tensor]:
    return list(reference.run_module(_module(text), [*tensors, *sizes]))


_library.impl("body", _run, "CompositeExplicitAutograd")
torch.library.register_fake("irfuse::body", _run, lib=_library)
