"""``torch.ops.irfuse.body``: a fused op's body as one torch op, for graphs that Inductor compiles without a kernel.

Inductor does not look into it, so it cannot drop a rounding. The body travels as text in an argument, and with it in
Inductor's cache keys; a process that finds a compiled graph in the cache needs nothing but this module. ``emulated``
names the AMD architecture as whose machine code its kernel runs, and is empty where the body runs in torch. A body of
one result is another op, ``body_of_one``: of a list of one tensor Inductor's C++ wrapper crashes.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import cache

import torch
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.dialects.func import Func, FuncOp, ReturnOp
from xdsl.ir import Block, Region, SSAValue
from xdsl.parser import Parser

from irfuse.analysis.likeness import Remembered, likeness_of
from irfuse.dialect import Irfuse
from irfuse.dialect.fused import FusedOp, YieldOp
from irfuse.runtime import reference
from irfuse.runtime.launch import FusedCall

_library = torch.library.Library("irfuse", "DEF")
_library.define("body(str text, str emulated, Tensor[] tensors, SymInt[] sizes) -> Tensor[]")
_library.define("body_of_one(str text, str emulated, Tensor[] tensors, SymInt[] sizes) -> Tensor")


_ARGUMENTS = Remembered[str]()
"""The arguments that bodies are, by their likeness."""


def text_of(body: Block) -> str:
    """A body as a function, in text that its likeness decides."""
    block = Block(arg_types=[a.type for a in body.args])
    mapper: dict[SSAValue, SSAValue] = dict(zip(body.args, block.args, strict=True))
    for op in body.ops:
        block.add_op(
            ReturnOp(*(mapper[v] for v in op.values))
            if isinstance(op, YieldOp)
            else op.clone(mapper, clone_name_hints=False)
        )
    assert isinstance(block.last_op, ReturnOp)
    types = [a.type for a in block.args], [v.type for v in block.last_op.operands]
    return str(ModuleOp([FuncOp("body", types, Region(block))]))


def argument_of(body: Block) -> str:
    """A body as the op takes it: its text in base64, as Inductor's C++ wrapper writes strings without escaping them."""
    return _ARGUMENTS.of(likeness_of(body), lambda: b64encode(text_of(body).encode()).decode())


@cache
def _module(text: str) -> ModuleOp:
    context = Context()
    for dialect in (Builtin, Func, Irfuse):
        context.load_dialect(dialect)
    return Parser(context, b64decode(text).decode()).parse_module()


@cache
def _emulated_call(text: str, arch: str) -> FusedCall:
    function = next(op for op in _module(text).ops if isinstance(op, FuncOp))
    body, outer = function.body.clone(), Block(arg_types=function.function_type.inputs.data)
    last = body.block.last_op
    assert isinstance(last, ReturnOp)
    body.block.add_op(YieldOp(*last.operands))
    last.detach()
    last.erase()
    return FusedCall(FusedOp(outer.args, function.function_type.outputs.data, body), arch)


def _run_in_torch(
    text: str, emulated: str, tensors: Sequence[torch.Tensor], sizes: Sequence[int] | None
) -> list[torch.Tensor]:
    return list(reference.run_module(_module(text), _operands(tensors, sizes)))


def _run(text: str, emulated: str, tensors: Sequence[torch.Tensor], sizes: Sequence[int] | None) -> list[torch.Tensor]:
    if not emulated:
        return _run_in_torch(text, emulated, tensors, sizes)
    return list(_emulated_call(text, emulated)(*_operands(tensors, sizes)))


def _operands(tensors: Sequence[torch.Tensor], sizes: Sequence[int] | None) -> list[torch.Tensor | int]:
    """Tensors, then sizes; a loaded AOTInductor package says None where there are none of these."""
    return [*tensors, *(sizes or ())]


_library.impl("body", _run, "CompositeExplicitAutograd")
torch.library.register_fake("irfuse::body", _run_in_torch, lib=_library)
_library.impl("body_of_one", lambda *arguments: _run(*arguments)[0], "CompositeExplicitAutograd")
torch.library.register_fake("irfuse::body_of_one", lambda *arguments: _run_in_torch(*arguments)[0], lib=_library)
