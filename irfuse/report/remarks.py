"""Why a site was not fused: said once, in an attribute of the quant, norm or write, and read by the report."""

from __future__ import annotations

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Operation

MISSED = "missed"
UNQUANTISED = "unquantised"
"""Said of a norm that no quant reads: no miss."""
CURE = "cure"


class Declined(Exception):
    """A chain is not fused; the message is the condition that failed, ``cure`` what would mend it."""

    def __init__(self, reason: str, cure: str = ""):
        super().__init__(reason)
        self.cure = cure


def remark(op: Operation, reason: Exception, kind: str = MISSED) -> None:
    """Say on an op why it was not fused."""
    op.attributes[kind] = StringAttr(str(reason))
    op.attributes.pop(CURE, None)
    if cure := getattr(reason, "cure", ""):
        op.attributes[CURE] = StringAttr(cure)
