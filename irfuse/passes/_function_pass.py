"""The base of the passes: each works on the single block of every function."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block
from xdsl.passes import ModulePass


def function_blocks(module: ModuleOp) -> Iterator[Block]:
    """The bodies of the functions of a module that have one block; others are declarations or control flow."""
    for op in module.ops:
        if isinstance(op, FuncOp) and len(op.body.blocks) == 1:
            yield op.body.block


@dataclass(frozen=True)
class FunctionPass(ModulePass):
    """A pass that rewrites function bodies one at a time."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Rewrite every function body of the module."""
        for block in function_blocks(op):
            self.rewrite(block)

    @abstractmethod
    def rewrite(self, block: Block) -> None:
        """Rewrite one function body."""
