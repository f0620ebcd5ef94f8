"""The fused ops that a target of irfuse-opt works on."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp

from irfuse.dialect.fused import FusedOp
from irfuse.errors import NothingFusedError


def fused_ops(module: ModuleOp) -> list[FusedOp]:
    """The fused ops of a module. Raises NothingFusedError."""
    found = [op for op in module.walk() if isinstance(op, FusedOp)]
    if not found:
        raise NothingFusedError()
    return found
