"""Growing a chain: from the quants of one norm backwards to everything that one kernel may compute with them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xdsl.ir import Block, Operation, SSAValue

from irfuse import dialect as d
from irfuse.chains import is_full_add
from irfuse.dialect.attrs import SymIntType
from irfuse.dialect.elementwise import BinaryOp, UnaryOp
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.norm import NormOp
from irfuse.dialect.types import WIDE_TYPES, dims_of, is_quantized, is_wider, strides_of, tensor_type
from irfuse.layouts import is_gathering_copy, is_scattered
from irfuse.provenance import names_of

QUANTS = (d.GroupQuantOp, d.StaticQuantOp)
NORM_ROOTS = (NormOp, d.RowMeanOp, d.RowSumOp)
"""Where a norm is recognised: a named norm, or the mean or sum that an unnamed one divides by."""


def is_anchor(op: Operation) -> bool:
    """Whether a chain may end here: a named quant, or a cast to fp8 or int8."""
    if isinstance(op, QUANTS):
        return True
    if not isinstance(op, d.CastOp):
        return False
    source, target = (tensor_type(v).element_type for v in (op.x, op.result))
    return is_quantized(target) and isinstance(source, WIDE_TYPES)


@dataclass(frozen=True)
class Surroundings:
    """What growing needs to know of a function: the order of its ops, and the norms nearest above each."""

    position: dict[Operation, float]
    norms: dict[Operation, frozenset[Operation]]
    gathering: set[Operation]
    """Ops that read a tensor whose rows lie scattered in memory: better left outside, where they make it contiguous."""
    sizes: dict[str, SSAValue]
    """Symbolic integers of the function, by their expression."""
    imported: bool
    """Whether the ops know the FX nodes that they came from, so that a fused op can go back there."""

    @classmethod
    def of(cls, block: Block) -> Surroundings:
        """Look at every op of a block once."""
        position: dict[Operation, float] = {op: i for i, op in enumerate(block.ops)}
        norms: dict[Operation, frozenset[Operation]] = {}
        gathering: set[Operation] = set()
        depth: dict[Operation, int] = {}
        for op in block.ops:
            if not is_pure_tensor_op(op):
                continue
            if any(is_scattered(v) for v in op.operands):
                gathering.add(op)
            above = {norm for v in op.operands if isinstance(v.owner, Operation) for norm in norms.get(v.owner, ())}
            deepest = max((depth[norm] for norm in above), default=0)
            if isinstance(op, NORM_ROOTS):
                norms[op], depth[op] = frozenset({op}), deepest + 1
            else:
                norms[op] = frozenset(norm for norm in above if depth[norm] == deepest)
        imported = any(names_of(result) for op in block.ops for result in op.results)
        values = [*block.args, *(result for op in block.ops for result in op.results)]
        sizes = {v.type.expr.data: v for v in reversed(values) if isinstance(v.type, SymIntType)}
        return cls(position, norms, gathering, sizes, imported)

    def groups(self) -> Iterator[list[Operation]]:
        """The anchors of the function, those of one norm together."""
        by_norm: dict[frozenset[Operation] | Operation, list[Operation]] = {}
        for op in self.position:
            if is_anchor(op):
                by_norm.setdefault(self.norms[op] or op, []).append(op)
        yield from by_norm.values()


def grow(around: Surroundings, anchors: Sequence[Operation], upstream: bool) -> list[Operation]:
    """The ops of the chain that ends in ``anchors``, in order.

    ``upstream`` also takes arithmetic on two tensors above the norm, such as a residual add.
    """
    norms = frozenset(norm for op in anchors for norm in around.norms[op])
    chosen: set[Operation] = set()
    heap = [(-around.position[op], id(op), op) for op in anchors]
    seen = set(anchors)
    heapq.heapify(heap)
    while heap:
        op = heapq.heappop(heap)[2]
        if op not in anchors and not _admits(around, op, chosen, norms, upstream):
            continue
        chosen.add(op)
        for value in op.operands:
            owner = value.owner
            if isinstance(owner, Operation) and owner not in seen:
                seen.add(owner)
                heapq.heappush(heap, (-around.position[owner], id(owner), owner))
    _take_what_results_become(chosen)
    return sorted(chosen, key=around.position.__getitem__)


def users(op: Operation) -> set[Operation]:
    """The ops that use a result of ``op``."""
    return {use.operation for result in op.results for use in result.uses}


def is_free(op: Operation) -> bool:
    """Whether computing an op again costs nothing: shape changes, and widening of what is read anyway."""
    if isinstance(op, d.CastOp):
        source, target = (tensor_type(v).element_type for v in (op.x, op.result))
        return is_wider(target, source)
    return isinstance(op, (d.ReshapeOp, d.BroadcastOp, d.RelayoutOp))


def _admits(
    around: Surroundings, op: Operation, chosen: set[Operation], norms: frozenset[Operation], upstream: bool
) -> bool:
    """Whether a producer joins the chain: what only the chain uses, what is free, and what follows the norm."""
    if not is_pure_tensor_op(op) or isinstance(op, (d.PermuteOp, *QUANTS)) or is_anchor(op):
        return False
    after_norm = bool(around.norms[op] & norms)
    if not after_norm and is_gathering_copy(op):
        return False
    if not after_norm and isinstance(op, NORM_ROOTS):
        return False
    if not after_norm and op in around.gathering and not isinstance(op, (d.ReshapeOp, d.RelayoutOp)):
        return False
    if not after_norm and not upstream and not _is_light(op):
        return False
    outside = users(op) - chosen
    return not outside or is_free(op) or after_norm or _is_residual(op, outside)


def _is_light(op: Operation) -> bool:
    """Shape changes, casts, functions of one tensor, and a vector of columns: they add no tensor to read."""
    if isinstance(op, BinaryOp):
        return op.rhs is None or len(dims_of(tensor_type(op.result))) < 2
    return isinstance(op, (UnaryOp, d.CastOp, d.ReshapeOp, d.BroadcastOp, d.RelayoutOp))


def _is_residual(op: Operation, outside: set[Operation]) -> bool:
    """A residual add joins although it is used again, as long as its sum can be a result of the kernel."""
    return is_full_add(op) and bool(outside)


def _take_what_results_become(chosen: set[Operation]) -> None:
    """Add the casts and layouts that a result goes through on its only way out, so that it leaves as it is wanted."""
    stack = [result for op in chosen for result in op.results]
    while stack:
        value = stack.pop()
        outside = {use.operation for use in value.uses} - chosen
        follower = next(iter(outside)) if len(outside) == 1 else None
        taken = follower is not None and (
            isinstance(follower, d.RelayoutOp) or _narrows(follower) or _leads_to_layout(follower)
        )
        if taken or (not names_of(value) and outside and all(_is_named_reshape(op) for op in outside)):
            chosen |= outside
            stack.extend(op.results[0] for op in outside)


def _is_named_reshape(op: Operation) -> bool:
    """Whether an op gives a value that fold-reshapes made anew the shape that the source graph knows it by."""
    return isinstance(op, d.ReshapeOp) and bool(names_of(op.result))


def _leads_to_layout(op: Operation | None) -> bool:
    """Whether an op is a reshape that only a relayout uses."""
    after = users(op) if isinstance(op, d.ReshapeOp) else set()
    return len(after) == 1 and isinstance(after.pop(), d.RelayoutOp)


def _narrows(op: Operation | None) -> bool:
    if not isinstance(op, d.CastOp):
        return False
    source, target = (tensor_type(v).element_type for v in (op.x, op.result))
    return is_wider(source, target) and isinstance(target, WIDE_TYPES)


@dataclass
class Candidate:
    """A chain that may be fused: its ops in order, what they read, and which of their values are used outside.

    ``stays`` are the free ops that are used outside too: they remain there, and the chain computes its own copy.
    """

    anchors: Sequence[Operation]
    ops: list[Operation]
    leaves: list[SSAValue]
    results: list[SSAValue]
    stays: set[Operation]

    @classmethod
    def of(cls, anchors: Sequence[Operation], ops: list[Operation]) -> Candidate:
        """The chain of these ops; results of quants first."""
        ops = _without_outer_layouts(ops)
        chosen, stays = set(ops), set[Operation]()
        for op in reversed(ops):
            outside = {user for user in users(op) if user not in chosen or user in stays}
            if is_free(op) and outside and users(op) - outside:
                stays.add(op)
        inner = {result for op in ops for result in op.results}
        leaves = dict.fromkeys(v for op in ops for v in op.operands if v not in inner)
        results: list[SSAValue] = [v for op in ops if op not in stays for v in op.results if _leaves(v, chosen, stays)]
        results.sort(key=lambda v: not (isinstance(v.owner, Operation) and is_anchor(v.owner)))
        return cls(anchors, ops, list(leaves), results, stays)

    def outside_users(self) -> Iterator[Operation]:
        """The ops that use a result of the chain."""
        chosen = set(self.ops) - self.stays
        return (use.operation for v in self.results for use in v.uses if use.operation not in chosen)


def _without_outer_layouts(ops: Sequence[Operation]) -> list[Operation]:
    """The ops without the relayouts of values from outside: what is read is the tensor as it lies in memory."""
    computed = {result for op in ops for result in op.results}
    laid_out = [op for op in ops if isinstance(op, d.RelayoutOp) and strides_of(tensor_type(op.result)) is not None]
    outer = {op for op in laid_out if op.x not in computed}
    return [op for op in ops if op not in outer]


def _leaves(value: SSAValue, chosen: set[Operation], stays: set[Operation]) -> bool:
    return any(use.operation not in chosen or use.operation in stays for use in value.uses)
