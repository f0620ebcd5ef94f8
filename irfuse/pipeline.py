"""The one way from a graph as imported to a graph with fused ops."""

from __future__ import annotations

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, SSAValue
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.fused import FusedOp
from irfuse.passes import NAMES, PASSES
from irfuse.passes._function_pass import function_blocks
from irfuse.passes._unfuse import unfuse_without_kernels
from irfuse.uncollected import uncollected

PIPELINE = NAMES
"""The passes that the backend runs, in order; each works alone too, as a flag of irfuse-opt."""
_OPTIONS = {"raise-aten": {"reached": True}}


@uncollected
def run_pipeline(module: ModuleOp) -> None:
    """Apply the pipeline to a module in place and verify what goes back into the graph: fused ops, and the order.

    What is fused has a kernel: a chain without one is taken back, with the reason as a remark.
    """
    context = Context()
    for name in PIPELINE:
        PASSES[name]()(**_OPTIONS.get(name, {})).apply(context, module)
    for block in function_blocks(module):
        unfuse_without_kernels(block)
        for op in block.ops:
            if isinstance(op, FusedOp):
                op.verify()
        _verify_order(block)


def _verify_order(block: Block) -> None:
    """Raise VerifyException where a value is used before it is computed, which xDSL does not look at."""
    known: set[SSAValue] = set(block.args)
    for op in block.ops:
        if not known.issuperset(op.operands):
            value = next(value for value in op.operands if value not in known)
            raise VerifyException(f"{op.name} uses a value before {value.owner} computes it")
        known.update(op.results)
