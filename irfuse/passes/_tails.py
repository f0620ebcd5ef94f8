"""Where a chain ends that no quant ends: with the columns of a norm put together anew, stored, or their extremes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from xdsl.ir import Operation, SSAValue

from irfuse.analysis.indices import is_just_read
from irfuse.analysis.writes import SHARING
from irfuse.dialect.parts import ConcatOp
from irfuse.dialect.scatter import InsertOp, ScatterOp
from irfuse.dialect.types import WIDE_TYPES, dims_of, tensor_type
from irfuse.passes._extremes import extreme_ends, is_for_whole

Roots = Mapping[Operation, Collection[Operation]]


def tail_ends(
    ops: Sequence[Operation], norms: Roots, activations: Roots, ways: Collection[SSAValue]
) -> frozenset[Operation]:
    """The last ops of what is behind a norm and a concatenation of its columns, as a rotary embedding is.

    And, behind a norm, an activation or columns put together, what goes into a tensor that the function writes to; and
    the extremes of rows of which a quant's scale is made.
    """
    rotated = set[Operation]()
    for op in ops:
        computed = norms[op] and not isinstance(op, (InsertOp, ScatterOp))
        if computed and (_concatenates_columns(op) or any(v.owner in rotated for v in op.operands)):
            rotated.add(op)
    put = _put_together(ops)
    stored = {op for op in ops if (norms[op] or activations[op] or op in put) and any(v in ways for v in op.results)}
    ends, goes_on = set[Operation](), set[Operation]()
    for op in reversed(ops):
        if op in rotated and any(use.operation in goes_on for v in op.results for use in v.uses):
            goes_on.add(op)
        elif op in rotated and not isinstance(op, SHARING):
            ends.add(op)
            goes_on.add(op)
    ends |= {op for op in stored if not isinstance(op, (*SHARING, InsertOp, ScatterOp))}
    return extreme_ends(ops) | ends


def beside_quants(
    ends: frozenset[Operation], quants: frozenset[Operation], ops: Sequence[Operation]
) -> frozenset[Operation]:
    """The ends of tails that are computed from no quant."""
    behind = set(quants)
    for op in ops if ends and quants else ():
        if any(v.owner in behind for v in op.operands):
            behind.add(op)
    return ends - behind


def norm_ends(ops: Sequence[Operation], norms: Roots) -> frozenset[Operation]:
    """The last ops of what is computed from a norm or a rotation, by ops that nothing else of that goes through."""
    ends, goes_on = set[Operation](), set[Operation]()
    rotated = {op for op in _put_together(ops) if not is_just_read(op)}
    behind_norms = [op for op in ops if (norms[op] or op in rotated) and not isinstance(op, (InsertOp, ScatterOp))]
    for op in reversed(behind_norms):
        behind = {use.operation for v in op.results for use in v.uses}
        if not isinstance(op, SHARING) and goes_on.isdisjoint(behind):
            ends.add(op)
        if not isinstance(op, SHARING) or not goes_on.isdisjoint(behind):
            goes_on.add(op)
    return frozenset(ends)


def _put_together(ops: Sequence[Operation]) -> set[Operation]:
    """The ops on floats by which columns are put together anew, and those behind them."""
    found = set[Operation]()
    for op in ops:
        floats = isinstance(tensor_type(op.results[0]).element_type, WIDE_TYPES)
        put = _concatenates_columns(op) or any(v.owner in found for v in op.operands)
        if floats and put and not isinstance(op, (InsertOp, ScatterOp)):
            found.add(op)
    return found


def has_tail(ops: Sequence[Operation]) -> bool:
    """Whether a chain has what makes it worth a kernel without a quant."""
    return any(isinstance(op, (InsertOp, ScatterOp)) or _concatenates_columns(op) or is_for_whole(op) for op in ops)


def _concatenates_columns(op: Operation) -> bool:
    return isinstance(op, ConcatOp) and op.axis.value.data == len(dims_of(tensor_type(op.result))) - 1
