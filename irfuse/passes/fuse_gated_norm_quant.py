"""fuse-gated-norm-quant: each chain norm -> gate -> quant, or gate -> norm -> quant, is one irfuse.fused op."""

from __future__ import annotations

from xdsl.ir import Block

from irfuse.analysis.chains import GATED_NORM_QUANT
from irfuse.passes._function_pass import FunctionPass
from irfuse.passes._fuse import fuse_chains


class FuseGatedNormQuantPass(FunctionPass):
    """Fuse chains norm -> gate -> quant, or gate -> norm -> quant."""

    name = "fuse-gated-norm-quant"

    def rewrite(self, block: Block) -> None:
        fuse_chains(block, (GATED_NORM_QUANT,))
