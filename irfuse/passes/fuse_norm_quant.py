"""fuse-norm-quant: each chain norm -> quant, with or without a residual add before the norm, is one irfuse.fused op."""

from __future__ import annotations

from xdsl.ir import Block

from irfuse.analysis.chains import ADD_NORM_QUANT, NORM_QUANT
from irfuse.passes._function_pass import FunctionPass
from irfuse.passes._fuse import fuse_chains


class FuseNormQuantPass(FunctionPass):
    """Fuse chains norm -> quant, with or without a residual add before the norm."""

    name = "fuse-norm-quant"

    def rewrite(self, block: Block) -> None:
        fuse_chains(block, (NORM_QUANT, ADD_NORM_QUANT))
