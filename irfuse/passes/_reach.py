"""Which nodes of a graph no chain can reach, so that it need not be said what they compute.

Every chain has an anchor: codes, integers, a reduced row, an op of another package, or a write to memory. What is not
joined to one through nodes of known meaning can be part of none, whatever it is.
"""

from __future__ import annotations

from typing import Any

from xdsl.dialects.builtin import Float64Type, TensorType, i1
from xdsl.ir import Attribute, Block, Operation

from irfuse.aten import ANCHORS, RULES
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.types import WIDE_TYPES
from irfuse.vendor import entry_of


def out_of_reach(block: Block) -> set[Operation]:
    """The pointwise ops of a function that can be part of no chain, among those whose meaning is known.

    What only moves entries is looked into wherever it is, as a tensor's layout matters to all.
    """
    known = [op for op in block.ops if _is_known(op)]
    found = [op for op in known if _is_anchor(op)]
    left = set(known).difference(found)
    while found and left:
        for other in _neighbours(found.pop()):
            if other in left:
                left.remove(other)
                found.append(other)
    return {op for op in left if isinstance(op, OpaqueOp) and op.pointwise is not None}


def _neighbours(op: Operation) -> list[Any]:
    """What computes what an op reads, and what reads what it computes."""
    return [v.owner for v in op.operands] + [use.operation for v in op.results for use in v.uses]


def _is_known(op: Operation) -> bool:
    """Whether an op has a meaning; that of one in place is its functional twin's."""
    return not isinstance(op, OpaqueOp) or op.mutates is not None or op.target.data in RULES or entry_of(op) is not None


def _is_anchor(op: Operation) -> bool:
    """Whether a chain may begin or end with an op."""
    if not isinstance(op, OpaqueOp) or op.mutates is not None or op.quantises is not None or entry_of(op) is not None:
        return True
    target = op.target.data
    return target in ANCHORS or (target in RULES and not all(_is_float(v.type) for v in op.results))


def _is_float(element: Attribute) -> bool:
    """Whether a value is a tensor of wide floats, or of truth values."""
    return isinstance(element, TensorType) and (
        isinstance(element.element_type, (*WIDE_TYPES, Float64Type)) or element.element_type == i1
    )
