"""The fused ops that a target of irfuse-opt works on."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp

from irfuse.dialect.fused import FusedOp, kernels_in
from irfuse.errors import NothingFusedError


def fused_ops(module: ModuleOp) -> list[FusedOp]:
    """The fused ops of a module that are a kernel each. Raises NothingFusedError."""
    found = kernels_in(module)
    if not found:
        raise NothingFusedError()
    return found
