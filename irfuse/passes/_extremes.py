"""Chains that end in the extremes of rows, of which one op makes that of the whole tensor for the scale of a quant.

The quant has to wait for that op, and so do the rows that it reads. Where they are no longer than what they are
computed from, its kernel computes them again: nothing is stored but the extremes of rows, and the codes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from xdsl.ir import Block, Operation

from irfuse.analysis.quants import is_quant
from irfuse.dialect.elementwise import CastOp
from irfuse.dialect.fused import FusedOp, is_pure_tensor_op
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.quant import GroupQuantOp, StaticQuantOp
from irfuse.dialect.reduce import RowAmaxOp, RowAminOp
from irfuse.dialect.types import is_float, tensor_type
from irfuse.dialect.whole import is_held_in

WHOLE_EXTREMES = ("aten.amax.default", "aten.amin.default", "aten.max.default", "aten.min.default")
MOST_VISITED = 64
"""How many ops behind an extreme are looked at for the quant that it scales."""


def is_for_whole(op: Operation) -> bool:
    """Whether an op finds the extremes of rows, and all that reads them is an op that finds the whole tensor's."""
    if not isinstance(op, (RowAmaxOp, RowAminOp)):
        return False
    users = [use.operation for use in op.result.uses]
    return len(users) == 1 and isinstance(users[0], OpaqueOp) and users[0].target.data in WHOLE_EXTREMES


def extreme_ends(ops: Iterable[Operation]) -> frozenset[Operation]:
    """The ops that find the extremes of rows for a quant."""
    return frozenset(op for op in ops if is_for_whole(op) and _scales_a_quant(op))


def read_for_extremes(block: Block) -> set[Operation]:
    """The ops of `extreme_ends`, and those whose results nothing reads but these."""
    found: set[Operation] = set(extreme_ends(block.ops))
    for op in reversed(block.ops) if found else ():
        users = {use.operation for v in op.results for use in v.uses}
        if users and users <= found and is_pure_tensor_op(op):
            found.add(op)
    return found


def are_codes_held(quant: Operation) -> bool:
    """Whether a quant's codes stay in their range where its rows differ by a rounding from those that it is scaled by.

    What is largest of 8-bit floats is more than a rounding away from what rounds to no number.
    """
    if not isinstance(quant, CastOp):
        return isinstance(quant, (StaticQuantOp, GroupQuantOp))
    codes = tensor_type(quant.result).element_type
    return is_float(codes) or is_held_in(quant.x, codes)


def _scales_a_quant(op: Operation) -> bool:
    """Whether a quant, fused or not, is computed from the results of an op."""
    seen, queue = {op}, deque([op])
    while queue and len(seen) < MOST_VISITED:
        for user in [use.operation for v in queue.popleft().results for use in v.uses]:
            if is_quant(user) or isinstance(user, FusedOp):
                return True
            if user not in seen and (is_pure_tensor_op(user) or isinstance(user, OpaqueOp)):
                seen.add(user)
                queue.append(user)
    return False
