"""What a chain costs to read and write: fusing must never move more bytes than leaving an op where it is.

A kernel reads its operands from memory. Where an operand is computed by an op that the compiler of the rest would have
computed together with its user, fusing the user makes it write that operand first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, OpResult, SSAValue

from irfuse import dialect as d
from irfuse.analysis.writes import VIEWS
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.sizes import Size
from irfuse.dialect.types import bit_width, dims_of
from irfuse.fx.provenance import has_names
from irfuse.passes._candidate import is_used_outside
from irfuse.passes._surroundings import Surroundings


def without_costly(around: Surroundings, ops: Sequence[Operation], roots: frozenset[Operation]) -> list[Operation]:
    """The ops of a chain without those at its upper end that must be computed outside, or are cheaper there."""
    chosen = set(ops)
    for op in ops:
        if (
            op in around.anchors
            or op in around.constants
            or around.is_behind(op, roots)
            or any(v.owner in chosen for v in op.operands)
        ):
            continue
        known = not around.imported or all(has_names(v) for v in op.results)
        if known and (_reads_inside_a_node(around, op) or _is_cheaper_outside(op, chosen)):
            chosen.remove(op)
    return [op for op in ops if op in chosen]


def costs_no_more_again(ops: Collection[Operation], ends: Iterable[Operation]) -> bool:
    """Whether to read what these ops read a second time moves no more than to store what ``ends`` give, and read it."""
    read = dict.fromkeys(v for op in ops for v in op.operands if v.owner not in ops)
    return sum(map(_bytes, read)) <= 2 * sum(_bytes(v) for op in ends for v in op.results)


def _reads_inside_a_node(around: Surroundings, op: Operation) -> bool:
    """Whether an op reads a tensor that the source graph has no name for, so that no kernel can be handed it."""
    tensors = (v for v in op.operands if isinstance(v, OpResult) and isinstance(v.type, TensorType))
    return around.imported and not all(has_names(v) for v in tensors)


def _is_cheaper_outside(op: Operation, chosen: set[Operation]) -> bool:
    """Whether computing an op outside and reading its result moves fewer bytes than reading its operands."""
    if isinstance(op, d.GatherOp):
        return False
    leaves = list(dict.fromkeys(op.operands))
    result = sum(_bytes(v) for v in op.results)
    stays = is_used_outside(op, chosen)
    inside = sum(_bytes(v) * (1 if _is_in_memory(v, chosen) else 2) for v in leaves) + (result if stays else 0)
    outside = sum(_bytes(v) for v in leaves if _is_in_memory(v, chosen)) + 2 * result
    return outside < inside


def _is_in_memory(value: SSAValue, chosen: set[Operation]) -> bool:
    """Whether a value is written to memory anyway: it is an input, is used elsewhere, or its op fuses with no other."""
    op = value.owner
    if not isinstance(op, Operation) or is_used_outside(op, chosen):
        return True
    fusible = is_pure_tensor_op(op) or (isinstance(op, d.OpaqueOp) and op.pointwise is not None)
    return not fusible or _is_view(op, chosen)


def _is_view(op: Operation, chosen: set[Operation]) -> bool:
    """Whether a value is another view of one that is in memory."""
    if not isinstance(op, VIEWS):
        return False
    return _is_in_memory(op.x, chosen | {op})


def _bytes(value: SSAValue) -> int:
    """The size of a tensor in bits per row of symbolic sizes, which all tensors of a chain have in common."""
    if not isinstance(value.type, TensorType):
        return 0
    return Size.product(dims_of(value.type)).factor * bit_width(value.type.element_type)
