"""What a chain computes besides its quants: all that is made of their scales and codes alone.

Libraries go on with both: a scale becomes a code of 8 bits or moves to its place in a tile of scales, codes become the
numbers that they stand for. Where everything that such an op reads is in the kernel, it costs nothing there, and a
kernel of its own elsewhere.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.inference import size_of
from irfuse.analysis.quants import is_extreme
from irfuse.analysis.writes import SHARING, VIEWS
from irfuse.aten.parts import MOST_CODES
from irfuse.dialect.bits import BitcastOp, CompareOp, SelectOp
from irfuse.dialect.elementwise import BinaryOp, CastOp, ClampOp, UnaryOp
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.types import strides_of, tensor_type
from irfuse.fx.provenance import has_names
from irfuse.passes._candidate import is_free, is_used_outside
from irfuse.passes._surroundings import SCALE_ROOTS, Surroundings

_ENTRY_BY_ENTRY = (UnaryOp, BinaryOp, CastOp, ClampOp, CompareOp, SelectOp, d.PackOp, d.PadOp, *SHARING)


def with_followers(around: Surroundings, anchors: Sequence[Operation], ops: Sequence[Operation]) -> list[Operation]:
    """A chain and the ops behind it that read nothing but its scales and codes, what it reads itself, and such numbers.

    A number in memory for each scale, as a weight that is multiplied with it, is read in its place of the result.

    Views at the end stay outside, where they cost nothing, and so does what another quant is made of.
    """
    chosen = set(ops)
    leaves = {v for op in ops for v in op.operands if v.owner not in chosen}
    made = _made_by_quants(anchors, ops)
    extremes = {size_of(v) for v in made if is_extreme(v)}

    def is_read(v: SSAValue) -> bool:
        return v in leaves or _is_table(v) or (_is_carried(v) and size_of(v) in extremes)

    heap = [(around.position[op], id(op), op) for op in _users(made)]
    heapq.heapify(heap)
    end = around.write_between(around.position[ops[0]], math.inf)
    last = math.inf if end is None else around.position[end]
    while heap:
        place, _, op = heapq.heappop(heap)
        needed = None if op in chosen or place > last else _needed(around, op, chosen, is_read)
        if needed is not None:
            chosen |= needed
            for user in _users(op.results):
                heapq.heappush(heap, (around.position[user], id(user), user))
    return _without_last_views(sorted(chosen, key=around.position.__getitem__), set(ops))


def _made_by_quants(anchors: Sequence[Operation], ops: Sequence[Operation]) -> list[SSAValue]:
    """The values of a chain that are computed from a largest magnitude, or are results of its quants."""
    made: dict[SSAValue, None] = {}
    for op in ops:
        if op in anchors or isinstance(op, SCALE_ROOTS) or any(v in made for v in op.operands):
            made.update(dict.fromkeys(op.results))
    return list(made)


def _users(values: Iterable[SSAValue]) -> set[Operation]:
    return {use.operation for value in values for use in value.uses}


def _needed(
    around: Surroundings, first: Operation, chosen: set[Operation], is_read: Callable[[SSAValue], bool]
) -> set[Operation] | None:
    """An op and what computes the rest of its operands from what the chain reads; None where something else is read."""
    needed, stack = set[Operation](), [first]
    while stack:
        op = stack.pop()
        if op not in around.constants and not _may_follow(around, op):
            return None
        needed.add(op)
        for v in op.operands:
            if v.owner in chosen or v.owner in needed or is_read(v):
                continue
            if not isinstance(v.owner, Operation):
                return None
            stack.append(v.owner)
    inside = chosen | needed
    again = [op for op in needed - {first} - around.constants if not is_free(op) and is_used_outside(op, inside)]
    return None if again else needed


def _is_table(value: SSAValue) -> bool:
    """Whether an argument or a tensor of the graph's own holds no more numbers than there are codes of 4 bits."""
    size = size_of(value)
    given = not isinstance(value.owner, Operation) or (isinstance(value.owner, d.OpaqueOp) and not value.owner.operands)
    return given and not size.atoms and size.factor <= MOST_CODES


def _is_carried(value: SSAValue) -> bool:
    """Whether a tensor is an argument, or what an op gives that no compiler computes together with its users."""
    carried = isinstance(value.owner, d.OpaqueOp) and value.owner.pointwise is None
    return isinstance(value.type, TensorType) and (carried or not isinstance(value.owner, Operation))


def _may_follow(around: Surroundings, op: Operation) -> bool:
    return is_pure_tensor_op(op) and isinstance(op, _ENTRY_BY_ENTRY) and op not in around.above_anchors


def _without_last_views(ops: Sequence[Operation], inner: set[Operation]) -> list[Operation]:
    """The ops without the views behind which nothing of the chain is computed."""
    needed: set[Operation] = set(inner)
    for op in reversed(ops):
        if not _is_view(op) or any(use.operation in needed for use in op.results[0].uses):
            needed.add(op)
    return [op for op in ops if op in needed]


def _is_view(op: Operation) -> bool:
    """Whether an op is a view in the source too: no copy that puts a tensor's entries together or apart, and no shape
    by which alone the source knows a value.
    """
    if isinstance(op, d.RelayoutOp):
        return strides_of(tensor_type(op.result)) is not None and _shows_another_place(op.x)
    named = isinstance(op, d.ReshapeOp) and has_names(op.result) and not has_names(op.x)
    return not named and (isinstance(op, SHARING) or not op.operands)


def _shows_another_place(value: SSAValue) -> bool:
    """Whether a value is a permuted tensor or a part of one, and not what an op has just computed."""
    while isinstance(value.owner, (d.ReshapeOp, BitcastOp)):
        value = value.owner.x
    return isinstance(value.owner, VIEWS)
