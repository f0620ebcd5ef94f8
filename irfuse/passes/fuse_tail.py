"""fuse-tail: each norm or product that no quant reads is one irfuse.fused op with the rotation or store behind it."""

from __future__ import annotations

from xdsl.ir import Block

from irfuse.passes._function_pass import FunctionPass
from irfuse.passes._fuse import fuse_tails


class FuseTailPass(FunctionPass):
    """Fuse norms and products with a rotary embedding behind them, or a write into a cache."""

    name = "fuse-tail"

    def rewrite(self, block: Block) -> None:
        fuse_tails(block)
