"""Growing a chain: from the quants of one norm backwards to everything that one kernel may compute with them."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from enum import IntEnum

from xdsl.ir import Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.chains import is_full_add
from irfuse.analysis.indices import index_steps
from irfuse.analysis.layouts import is_gathering_copy
from irfuse.analysis.writes import VIEWS
from irfuse.dialect.elementwise import BinaryOp, UnaryOp
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.types import WIDE_TYPES, dims_of, is_wider, tensor_type
from irfuse.fx.provenance import has_names
from irfuse.passes._candidate import is_free, is_used_outside, users
from irfuse.passes._stores import place_key
from irfuse.passes._surroundings import NORM_ROOTS, Surroundings
from irfuse.passes._traffic import without_costly


class Stores(IntEnum):
    """What goes into tensors by a chain's kernel: nothing, its own values, or others too that go to the same places."""

    none = 0
    own = 1
    beside = 2


class Reach(IntEnum):
    """How far above its norm a chain may reach: to what adds no tensor to read, to all arithmetic, to other norms."""

    light = 0
    arithmetic = 1
    norms = 2


def grow(around: Surroundings, anchors: Sequence[Operation], reach: Reach, stores: Stores) -> list[Operation]:
    """The ops of the chain that ends in ``anchors``, in order; what costs more to fuse than to leave is left."""
    roots = frozenset(root for op in anchors for root in around.roots(op))
    chosen: set[Operation] = set()
    heap = [(-around.position[op], id(op), op) for op in anchors]
    seen = set(anchors)
    heapq.heapify(heap)
    while heap:
        op = heapq.heappop(heap)[2]
        if op not in anchors and not _admits(around, op, chosen, roots, reach):
            continue
        chosen.add(op)
        if isinstance(op, d.GatherOp):
            chosen.update(index_steps(op.index))
        for value in op.operands[:1] if isinstance(op, d.GatherOp) else op.operands:
            owner = value.owner
            if isinstance(owner, Operation) and owner not in seen:
                seen.add(owner)
                heapq.heappush(heap, (-around.position[owner], id(owner), owner))
    ordered = sorted(chosen, key=around.position.__getitem__)
    chosen = set(without_costly(around, ordered, roots))
    _take_what_results_become(around, chosen, stores)
    return sorted(chosen, key=around.position.__getitem__)


def _admits(
    around: Surroundings, op: Operation, chosen: set[Operation], roots: frozenset[Operation], reach: Reach
) -> bool:
    """Whether a producer joins the chain: what only the chain uses, what is free, and what follows the root.

    A residual add joins although it is used again, as its sum can be a result of the kernel.
    """
    if not is_pure_tensor_op(op) or op in around.anchors or isinstance(op, (d.InsertOp, d.ScatterOp)):
        return False
    if op in around.constants or around.is_behind(op, roots):
        return True
    outside = is_used_outside(op, chosen)
    if is_gathering_copy(op) or (isinstance(op, NORM_ROOTS) and (reach < Reach.norms or outside)):
        return False
    if op in around.gathering and not isinstance(op, (d.ReshapeOp, d.RelayoutOp)):
        return False
    if reach < Reach.arithmetic and not _is_light(op):
        return False
    return not outside or is_free(op) or is_full_add(op)


def _is_light(op: Operation) -> bool:
    """Shape changes, casts, functions of one tensor, and a vector of columns: they add no tensor to read."""
    if isinstance(op, BinaryOp):
        return op.rhs is None or len(dims_of(tensor_type(op.result))) < 2
    return isinstance(op, (UnaryOp, d.CastOp, d.FullOp, d.IotaOp, *VIEWS, d.ConcatOp))


def _take_what_results_become(around: Surroundings, chosen: set[Operation], stores: Stores) -> None:
    """Add the casts and layouts that a result goes through on its only way out, so that it leaves as it is wanted.

    The copies of a result are results too: only so is nothing computed for them a second time.
    """
    stack = [result for op in chosen - around.constants for result in op.results]
    while stack:
        value = stack.pop()
        copies = {use.operation for use in value.uses if isinstance(use.operation, d.CopyOp)} - chosen
        chosen.update(copies)
        stack.extend(op.results[0] for op in copies)
        if stores:
            chosen.update(around.ways.get(value, ()))
        outside = _followers(value, chosen)
        follower = outside[0] if len(outside) == 1 else None
        taken = follower is not None and (
            isinstance(follower, d.RelayoutOp) or _narrows(follower) or _leads_to_layout(follower)
        )
        if taken or (outside and not has_names(value) and all(_is_named_reshape(op) for op in outside)):
            chosen.update(outside)
            stack.extend(op.results[0] for op in outside)
    if stores is Stores.beside:
        for write in [op for op in chosen if isinstance(op, d.ScatterOp)]:
            chosen.update(around.beside.get(place_key(write), ()))


def _followers(value: SSAValue, chosen: set[Operation]) -> list[Operation]:
    """The ops outside of a chain that use a value; no more than two of one that the graph has a name for."""
    found: dict[Operation, None] = {}
    for use in value.uses:
        if use.operation not in chosen:
            found[use.operation] = None
            if len(found) > 1 and has_names(value):
                break
    return list(found)


def _is_named_reshape(op: Operation) -> bool:
    """Whether an op gives a value that fold-reshapes made anew the shape that the source graph knows it by."""
    return isinstance(op, d.ReshapeOp) and has_names(op.result)


def _leads_to_layout(op: Operation | None) -> bool:
    """Whether an op is a reshape that only a relayout uses."""
    after = users(op) if isinstance(op, d.ReshapeOp) else set()
    return len(after) == 1 and isinstance(after.pop(), d.RelayoutOp)


def _narrows(op: Operation | None) -> bool:
    if not isinstance(op, d.CastOp):
        return False
    source, target = (tensor_type(v).element_type for v in (op.x, op.result))
    return is_wider(source, target) and isinstance(target, WIDE_TYPES)
