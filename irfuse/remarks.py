"""Why a site was not fused: said once, in the ``missed`` attribute of the quant or norm, and read by the report."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import StringAttr, TensorType
from xdsl.ir import Operation, SSAValue

from irfuse.dialect.attrs import ObjectType
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.types import tensor_type

MISSED = "missed"
CURE = "cure"


class Declined(Exception):
    """A chain is not fused; the message is the condition that failed, ``cure`` what would mend it."""

    def __init__(self, reason: str, cure: str = ""):
        super().__init__(reason)
        self.cure = cure


def remark(op: Operation, reason: Exception) -> None:
    """Say on an op why it was not fused."""
    op.attributes[MISSED] = StringAttr(str(reason))
    if isinstance(reason, Declined) and reason.cure:
        op.attributes[CURE] = StringAttr(reason.cure)


def number_as_argument(leaves: Sequence[SSAValue]) -> Declined | None:
    """The remark on a chain that is cut where a number, such as eps, is an argument of the graph; None for others."""
    for leaf in leaves:
        if isinstance(leaf.owner, OpaqueOp) and _takes_a_number(leaf.owner):
            return Declined(
                f"{leaf.owner.target.data} takes a number that is an argument of the graph, as dynamic=True makes it",
                "leave dynamic unset, or mark the sizes that change with torch._dynamo.mark_dynamic",
            )
    return None


def _takes_a_number(op: OpaqueOp) -> bool:
    """Whether a node that combines a tensor with numbers has one of them as an operand."""
    tensors = sum(isinstance(v.type, TensorType) for v in op.ins)
    objects = sum(isinstance(v.type, ObjectType) for v in op.ins)
    return tensors == 1 and objects > 0


def nothing_to_fuse(quant: Operation, leaves: Sequence[SSAValue]) -> Declined:
    """Why a quant has no norm and no activation before it: what produces what it reads."""
    source = leaves[0].owner if leaves else quant
    rows = [v.owner for v in leaves if isinstance(v.owner, Operation) and tensor_type(v).get_num_dims()]
    source = rows[0] if rows else source
    if isinstance(source, OpaqueOp):
        return Declined(f"its input comes from {source.target.data}, which irfuse does not compute")
    if isinstance(source, Operation) and len({use.operation for v in source.results for use in v.uses}) > 1:
        return Declined(f"its input comes from {source.name}, whose result is used elsewhere too")
    if isinstance(source, Operation):
        return Declined(f"its input comes from {source.name}, which is not part of a norm or an activation product")
    return Declined("its input is an argument of the graph, not a norm or an activation product")
