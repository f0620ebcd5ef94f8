"""fuse-quant: each quant that no other chain took is one irfuse.fused op with the arithmetic before it."""

from __future__ import annotations

from xdsl.ir import Block

from irfuse.passes._function_pass import FunctionPass
from irfuse.passes._fuse import fuse_lone_quants


class FuseQuantPass(FunctionPass):
    """Fuse quants whatever they stand behind: a matmul, an attention, an argument, a norm that is used elsewhere."""

    name = "fuse-quant"

    def rewrite(self, block: Block) -> None:
        fuse_lone_quants(block)
