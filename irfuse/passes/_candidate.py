"""A chain that may be fused, and what it costs to read and write."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from xdsl.ir import Block, Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.indices import is_index_arithmetic
from irfuse.analysis.quants import is_of_extremes
from irfuse.analysis.writes import VIEWS
from irfuse.dialect.types import is_wider, strides_of, tensor_type
from irfuse.fx.provenance import has_names


def users(op: Operation) -> set[Operation]:
    """The ops that use a result of ``op``."""
    return {use.operation for result in op.results for use in result.uses}


def is_used_outside(op: Operation, chosen: Collection[Operation]) -> bool:
    """Whether an op that is not chosen uses a result of ``op``; looks at no more uses than it must."""
    return any(use.operation not in chosen for result in op.results for use in result.uses)


def is_free(op: Operation) -> bool:
    """Whether computing an op again costs no more than reading it: what moves entries, constants, indices, widening."""
    if isinstance(op, d.CastOp):
        source, target = (tensor_type(v).element_type for v in (op.x, op.result))
        return is_wider(target, source)
    return isinstance(op, (d.FullOp, d.IotaOp, d.GatherOp, d.ConcatOp, d.BytesOp, *VIEWS)) or is_index_arithmetic(op)


@dataclass
class Candidate:
    """A chain that may be fused: its ops in order, what they read, and which of their values are used outside.

    ``stays`` are the ops that are free, or are to be computed again, and are used outside too: they remain there, and
    the chain computes its own copy.
    """

    anchors: Sequence[Operation]
    ops: list[Operation]
    leaves: list[SSAValue]
    results: list[SSAValue]
    stays: set[Operation]

    @classmethod
    def of(cls, anchors: Sequence[Operation], ops: list[Operation], again: Collection[Operation]) -> Candidate:
        """The chain of these ops; results of quants first. What is in ``again`` may be computed again, as free ops."""
        ops = _without_outer_layouts(ops)
        chosen, stays = set(ops), set[Operation]()
        needed, computed = set[Operation | Block](), set(ops)
        for op in reversed(ops):
            used_there = op in needed and is_used_outside(op, computed)
            if used_there and (op in again or (is_free(op) and not _is_read_scale(op, chosen))):
                stays.add(op)
                computed.remove(op)
            needed.update(v.owner for v in op.operands)
        inner = {result for op in ops for result in op.results}
        leaves = dict.fromkeys(v for op in ops for v in op.operands if v not in inner)
        results: list[SSAValue] = [v for op in ops if op not in stays for v in op.results if _leaves(v, chosen, stays)]
        results.sort(key=lambda v: v.owner not in anchors)
        return cls(anchors, ops, list(leaves), results, stays)

    def outside_users(self) -> Iterator[Operation]:
        """The ops that use a result of the chain."""
        chosen = set(self.ops) - self.stays
        return (use.operation for v in self.results for use in v.uses if use.operation not in chosen)


def _is_read_scale(op: Operation, chosen: Collection[Operation]) -> bool:
    """Whether an op widens scales that nothing else outside reads: it is what leaves the chain, and not they."""
    if not isinstance(op, d.CastOp) or op.x.owner not in chosen or any(u.operation not in chosen for u in op.x.uses):
        return False
    return is_of_extremes(op.x)


def _without_outer_layouts(ops: Sequence[Operation]) -> list[Operation]:
    """The ops without the views of values from outside: what is read is the tensor as it lies in memory."""
    chosen, views, outer = set(ops), set[Operation](), set[Operation]()
    for op in ops:
        if isinstance(op, VIEWS) and (op.x.owner not in chosen or op.x.owner in views):
            views.add(op)
    for op in reversed(ops):
        after = users(op) & chosen
        if op in views and ((after and after <= outer) or _is_laid_out(op, chosen)):
            outer.add(op)
    return [op for op in ops if op not in outer]


def _is_laid_out(op: Operation, chosen: Collection[Operation]) -> bool:
    """Whether an op gives a tensor the strides by which the graph knows it."""
    strided = isinstance(op, d.RelayoutOp) and strides_of(tensor_type(op.result)) is not None
    return strided and (has_names(op.results[0]) or op.operands[0].owner not in chosen)


def _leaves(value: SSAValue, chosen: set[Operation], stays: set[Operation]) -> bool:
    return any(use.operation not in chosen or use.operation in stays for use in value.uses)
