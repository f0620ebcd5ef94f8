"""The one way from a graph as imported to a graph with fused ops."""

from __future__ import annotations

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from irfuse.passes import NAMES, PASSES

PIPELINE = NAMES
"""The passes that the backend runs, in order; each works alone too, as a flag of irfuse-opt."""


def run_pipeline(module: ModuleOp) -> None:
    """Apply the pipeline to a module in place and verify what comes out."""
    context = Context()
    for name in PIPELINE:
        PASSES[name]()().apply(context, module)
    module.verify()
