"""fuse-act-mul-quant: each chain activation product -> quant, is one irfuse.fused op."""

from __future__ import annotations

from xdsl.ir import Block

from irfuse.analysis.chains import ACT_MUL_QUANT
from irfuse.passes._function_pass import FunctionPass
from irfuse.passes._fuse import fuse_chains


class FuseActMulQuantPass(FunctionPass):
    """Fuse chains activation product -> quant."""

    name = "fuse-act-mul-quant"

    def rewrite(self, block: Block) -> None:
        fuse_chains(block, (ACT_MUL_QUANT,))
