"""fuse-horizontal: fused ops that read parts of one tensor become one, whose programs have rows of their own.

Queries and keys of one projection have different numbers of heads, the latents of MLA different lengths: they are two
chains. As one kernel they are launched once, which is most of the time that a few tokens take.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, Operation, Region, SSAValue

from irfuse.analysis.quants import is_quant
from irfuse.analysis.stores import store_of, stored_values
from irfuse.analysis.writes import VIEWS, argument_seen, behind_views, writes_in
from irfuse.dialect.attrs import SymIntType
from irfuse.dialect.fused import FusedOp, YieldOp
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.parts import ConcatOp
from irfuse.dialect.types import dims_of, tensor_type
from irfuse.fx.provenance import merged_location, replace_value
from irfuse.passes._function_pass import FunctionPass
from irfuse.passes._fuse import fuse_norms
from irfuse.passes._in_place import inserted, read_as_it_was, store_in_place
from irfuse.passes._surroundings import NORM_ROOTS
from irfuse.passes._unfuse import inline, kernel_refusal

MOST_PARTS = 4
"""More chains than this on one tensor are many alike, as those of experts: one kernel for all would be long to make."""


class FuseHorizontalPass(FunctionPass):
    """Put fused ops side by side that read one tensor, where neither waits for the other."""

    name = "fuse-horizontal"

    def rewrite(self, block: Block) -> None:
        known: set[Operation] = {op for op in block.ops if isinstance(op, FusedOp)}
        put_back = {v.owner for v in inserted(block) if isinstance(v.owner, Operation)}
        if not known and not put_back:
            return
        beside = _beside(block, known)
        if put_back or any(isinstance(op, (*NORM_ROOTS, ConcatOp)) for op in beside):
            fuse_norms(block, beside, put_back)
        read_as_it_was(block)
        _sink_views(block)
        _merge_groups(block, known)
        store_in_place(block)
        for op in [op for op in block.ops if isinstance(op, FusedOp) and op not in known and not _written(op)]:
            for part in inline(op) if op.parts != [op] else [op]:
                assert isinstance(part, FusedOp)
                inline(part)


def _merge_groups(block: Block, known: set[Operation]) -> None:
    """Merge what may stand side by side; what an op becomes that is ``known`` is known too."""
    order, groups = _Order(block), list[list[FusedOp]]()
    reading: dict[SSAValue, list[list[FusedOp]]] = {}
    for op in [op for op in block.ops if isinstance(op, FusedOp) and op.parts == [op]]:
        rows = _rows_read(op)
        near = [g for v in rows for g in reading.get(v, ())[-MOST_PARTS:]]
        near += [g for g in groups[-1:] if g not in near and order.are_beside(g, op)]
        fits = (g for g in reversed(near) if len(g) < MOST_PARTS and _fit([*g, op], order))
        if (joined := next(fits, None)) is None:
            groups.append(joined := [])
        joined.append(op)
        for v in rows:
            reading.setdefault(v, []).append(joined)
    for group in [group for group in groups if len(group) > 1]:
        if (place := order.place_of(group)) is not None:
            merged = _merge(group, place)
            order.position[merged] = order.position[place] - 0.5
            known |= set() if known.isdisjoint(group) else {merged}


def _fit(ops: Sequence[FusedOp], order: _Order) -> bool:
    """Whether there is a place for one op in place of these, and a kernel for each of them."""
    return order.place_of(ops) is not None and not any(map(kernel_refusal, ops))


class _Order:
    """Where the ops of a block stand, and which of them write to memory."""

    def __init__(self, block: Block) -> None:
        self.position: dict[Operation, float] = {op: i for i, op in enumerate(block.ops)}
        self.writes = [self.position[op] for op in writes_in(block)]
        self.rest = [self.position[op] for op in block.ops if _computes(op)]

    def are_beside(self, ops: Sequence[FusedOp], op: FusedOp) -> bool:
        """Whether the rest computes nothing between these ops and another, and they store rows of as many tokens."""
        places = [self.position[other] for other in (*ops, op)]
        between = bisect_left(self.rest, max(places)) > bisect_right(self.rest, min(places))
        return not between and all(_tokens(other) == _tokens(op) for other in ops)

    def place_of(self, ops: Sequence[FusedOp]) -> Operation | None:
        """The op before which one op may stand for these; None where there is no such place.

        There all that they read is computed, and nothing that they compute is read before. What writes to a tensor
        does not move up, as what reads that tensor before it would come behind it.
        """
        users = [use.operation for op in ops for v in op.results for use in v.uses]
        place = min([*users, ops[-1]], key=self.position.__getitem__)
        at, first = self.position[place], self.position[ops[0]]
        read = [v.owner for op in ops for v in op.operands if isinstance(v.owner, Operation)]
        late = any(self.position[owner] >= at or owner in ops for owner in read)
        early = any(self.position[op] > at and _written(op) for op in ops)
        passed = any(first < write < max(at, self.position[ops[-1]]) for write in self.writes)
        return None if late or early or passed or _touches_written(ops) else place


def _rows_read(op: FusedOp) -> set[SSAValue]:
    """The tensors of two axes or more that an op reads parts of: no weight and no number."""
    read = map(behind_views, (v for v in op.ins if isinstance(v.type, TensorType)))
    return {v for v in read if len(dims_of(tensor_type(v))) > 1}


def _computes(op: Operation) -> bool:
    """Whether an op is one of the rest that makes tensors, or writes to them."""
    return isinstance(op, OpaqueOp) and (bool(op.mutates) or any(isinstance(v.type, TensorType) for v in op.results))


def _tokens(op: FusedOp) -> object:
    """The outermost axis of what is stored first; symbols are not told apart, as each argument may have its own."""
    first = dims_of(tensor_type(stored_values(op.body.block)[0]))[:1]
    return ["symbolic" if isinstance(dim, str) else dim for dim in first]


def _beside(block: Block, known: set[Operation]) -> set[Operation]:
    """The ops between which and a fused op the rest computes nothing; quants that were refused stay so."""
    found, run = set[Operation](), list[Operation]()
    for op in [*block.ops, None]:
        if op is not None and not _computes(op):
            run.append(op)
            continue
        if not known.isdisjoint(run):
            found.update(other for other in run if not is_quant(other))
        run = []
    return found


def _sink_views(block: Block) -> None:
    """Put views of what is fused where they are used, so that they do not stand in the way of what comes between."""
    position = {op: i for i, op in enumerate(block.ops)}
    for op in reversed(list(block.ops)):
        if isinstance(op, VIEWS) and isinstance(op.x.owner, FusedOp) and op.result.first_use is not None:
            first = min((use.operation for use in op.result.uses), key=position.__getitem__)
            op.detach()
            block.insert_op_before(op, first)
            position[op] = position[first]


def _touches_written(ops: Sequence[FusedOp]) -> bool:
    """Whether one of these ops reads, or writes to, a tensor that another writes to: programs run in any order."""
    for op in ops:
        written = {argument_seen(v) for v in _written(op)}
        if any(argument_seen(v) in written for other in ops if other is not op for v in other.ins):
            return True
    return False


def _written(op: FusedOp) -> list[SSAValue]:
    """The operands that a fused op writes to, or one of its parts."""
    found = list[SSAValue]()
    for part in op.parts:
        outer = zip(op.body.block.args, op.ins, strict=True)
        given: dict[SSAValue, SSAValue] = {} if part is op else dict(outer)
        stores = [store_of(v) for v in part.yielded.values]
        arguments = part.body.block.args
        found += [given.get(v, v) for v in (part.ins[arguments.index(s.buffer)] for s in stores if s is not None)]
    return found


def _merge(ops: Sequence[FusedOp], place: Operation) -> FusedOp:
    """Put one op for these where it may stand; returns it."""
    read = dict.fromkeys(v for op in ops for v in op.ins)
    ins = sorted(read, key=lambda v: isinstance(v.type, SymIntType))
    body = Block(arg_types=[v.type for v in ins])
    mapper: dict[SSAValue, SSAValue] = dict(zip(ins, body.args, strict=True))
    for old, new in mapper.items():
        new.name_hint = old.name_hint
    parts = [op.clone(mapper) for op in ops]
    for part, op in zip(parts, ops, strict=True):
        part.attributes.clear()
        part.location = op.location
    results = [
        (old, new) for op, part in zip(ops, parts, strict=True) for old, new in zip(op.outs, part.outs, strict=True)
    ]
    body.add_ops([*parts, YieldOp(*(new for _, new in results))])
    kinds = dict.fromkeys(op.kind.data for op in ops if op.kind is not None)
    merged = FusedOp(ins, [new.type for _, new in results], Region(body), "_and_".join(kinds) or None)
    merged.location = merged_location(ops)
    block = place.parent
    assert block is not None
    block.insert_op_before(merged, place)
    for (old, _), new in zip(results, merged.results, strict=True):
        replace_value(old, new)
    for op in ops:
        op.detach()
        op.erase()
    return merged
