"""Kernels that write back into the tensor that they read: queries and keys that are normed and rotated where they lie.

A functional graph puts what is computed of a part of a tensor back by `irfuse.insert`, and reads the next part of the
tensor behind that. Where the parts have no entry in common, each is read from the tensor as it was, so that one kernel
may compute them all; and where a row reads no entry that another row writes, the kernel stores them where they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Block, Operation, OpResult, Region, SSAValue

from irfuse.analysis.digits import NotRowWise
from irfuse.analysis.disjoint import are_apart
from irfuse.analysis.in_place import touched
from irfuse.analysis.stores import is_whole, placed, store_of
from irfuse.analysis.writes import behind_views, views_of
from irfuse.dialect.attrs import SymIntType
from irfuse.dialect.fused import FusedOp, YieldOp
from irfuse.dialect.scatter import InsertOp
from irfuse.fx.provenance import replace_value
from irfuse.passes._stores import Sink, read_as_before, sinks_of
from irfuse.passes._unfuse import kernel_refusal
from irfuse.report.remarks import Declined, remark


def inserted(block: Block) -> list[SSAValue]:
    """What is put back into tensors that a function writes to, and reads: by itself, and as the value behind views."""
    values = [write.values for sink in _sinks(block) for write in sink.store.writes]
    return [*values, *map(behind_views, values)]


def read_as_it_was(block: Block) -> None:
    """Give fused ops a tensor that is written to as it was, where they read no entry that is written before."""
    for sink in _sinks(block):
        states = {write.result: i + 1 for i, write in enumerate(sink.store.writes)}
        for state, count in states.items():
            for op in [use.operation for use in state.uses]:
                if isinstance(op, FusedOp) and op.parts == [op] and sink.store.buffer not in op.ins:
                    number = list(op.ins).index(state)
                    if state.type == sink.store.buffer.type and _reads_others(op, number, sink, count):
                        op.operands[number] = sink.store.buffer


def _reads_others(op: FusedOp, number: int, sink: Sink, count: int) -> bool:
    """Whether a fused op reads no entry of an operand that the first writes of a sink have put there."""
    try:
        places = [placed(w, sink.store.buffer) for w in sink.store.writes[:count] if isinstance(w, InsertOp)]
        return are_apart(places, touched(op, number)[0])
    except NotRowWise:
        return False


def store_in_place(block: Block) -> None:
    """Let fused ops store what is put back into a tensor that they read; say on what is put back why not."""
    for sink in _sinks(block):
        makers = {behind_views(write.values).owner for write in sink.store.writes}
        ops = [op for op in makers if isinstance(op, FusedOp)]
        try:
            if len(makers) > 1 and ops:
                raise Declined(f"{len(makers)} kernels write to it, and one would wait for another")
            for op in ops:
                _store(block, op, sink)
        except (Declined, NotRowWise) as reason:
            for write in sink.store.writes:
                remark(write, reason)


def _sinks(block: Block) -> Iterator[Sink]:
    """The tensors that are written to at fixed places, and that something else of the function reads."""
    for sink in list(sinks_of(block)):
        own = {sink.copy, *sink.store.steps}
        between = any(use.operation not in own for write in sink.store.writes for use in write.result.uses)
        if all(isinstance(write, InsertOp) for write in sink.store.writes) and (between or any(sink.readers())):
            yield sink


def _store(block: Block, op: FusedOp, sink: Sink) -> None:
    """Put an op that stores into a tensor in place of one and of what writes its results there. Raises Declined."""
    position: dict[Operation, float] = {other: i for i, other in enumerate(block.ops)}
    if (reader := sink.reader([op], op.ins, position[op], position)) is not None:
        raise read_as_before(reader)
    runs = _runs(op, sink, position)
    steps = [step for _, run in runs for step in run]
    computed = [v for step in steps for v in step.operands if v.owner is op]
    if any(use.operation not in {*steps, sink.copy} for v in (*computed, *_results(steps)) for use in v.uses):
        raise Declined("what is written to the tensor that it is read from is used elsewhere too")
    new, kept = _with_stores(op, sink.store.buffer, runs)
    block.insert_op_before(new, op)
    if reason := kernel_refusal(new):
        new.detach()
        new.erase()
        raise Declined(reason)
    for old, result in zip([*kept, sink.result], new.outs, strict=True):
        replace_value(old, result)
    for other in sorted({*steps, op}, key=position.__getitem__, reverse=True):
        other.detach()
        other.erase()


def _results(ops: Sequence[Operation]) -> list[SSAValue]:
    return [v for op in ops for v in op.results]


def _runs(op: FusedOp, sink: Sink, position: dict[Operation, float]) -> list[tuple[int, list[Operation]]]:
    """The ops that write to a tensor, by the parts of an op whose results they write, each part once. Raises Declined.

    Between two parts there is the tensor as a whole.
    """
    parts = [number for number, part in enumerate(op.parts) for _ in part.outs]
    runs, pending, makers = list[tuple[int, list[Operation]]](), list[Operation](), set[int]()
    for step in sorted(sink.store.steps, key=position.__getitem__):
        if isinstance(step, InsertOp) and step in sink.store.writes:
            pending += reversed(views_of(step.values))
            value = behind_views(step.values)
            makers |= {parts[value.index]} if isinstance(value, OpResult) else set()
        pending.append(step)
        if not _is_whole(step.results[0]):
            continue
        if runs and makers <= {runs[-1][0]}:
            runs[-1][1].extend(pending)
        elif len(makers) == 1 and makers.isdisjoint(number for number, _ in runs):
            runs.append((makers.pop(), pending))
        else:
            raise Declined("parts of one kernel write to it by turns")
        pending, makers = [], set()
    return runs


def _is_whole(value: SSAValue) -> bool:
    """Whether a value is a tensor that was written to, and no view of it."""
    store = store_of(value)
    return store is not None and is_whole(value, store)


def _with_stores(
    op: FusedOp, buffer: SSAValue, runs: Sequence[tuple[int, list[Operation]]]
) -> tuple[FusedOp, list[SSAValue]]:
    """An op whose parts write to a tensor one behind the other, and which results of the old one it has before that."""
    if op.parts == [op]:
        return _with_store(op, list(op.ins), buffer, buffer, runs[0][1], list(op.outs))
    ins = sorted(dict.fromkeys([*op.ins, buffer]), key=lambda v: isinstance(v.type, SymIntType))
    body = Block(arg_types=[v.type for v in ins])
    inner: dict[SSAValue, SSAValue] = dict(zip(op.body.block.args, op.ins, strict=True))
    there: dict[SSAValue, SSAValue] = dict(zip(ins, body.args, strict=True))
    outs: dict[SSAValue, SSAValue] = dict(zip(op.yielded.values, op.outs, strict=True))
    state, before, kept, results = there[buffer], buffer, list[SSAValue](), list[SSAValue]()
    order = {number: i for i, (number, _) in enumerate(runs)}
    for number, part in sorted(enumerate(op.parts), key=lambda found: order.get(found[0], -1)):
        given = [there[inner[v]] for v in part.ins]
        old = [outs[v] for v in part.outs]
        if number not in order:
            new, left = part.clone(dict(zip(part.ins, given, strict=True))), old
        else:
            steps = runs[order[number]][1]
            given = [state if v is there[buffer] else v for v in given]
            new, left = _with_store(part, given, state, before, steps, old)
            state, before = new.outs[-1], steps[-1].results[0]
        body.add_op(new)
        kept += left
        results += new.outs if number not in order or order[number] == len(runs) - 1 else new.outs[:-1]
    body.add_op(YieldOp(*results))
    merged = FusedOp(ins, [v.type for v in results], Region(body), None if op.kind is None else op.kind.data)
    merged.location = op.location
    return merged, kept


def _with_store(
    part: FusedOp,
    given: list[SSAValue],
    state: SSAValue,
    before: SSAValue,
    steps: Sequence[Operation],
    outs: Sequence[SSAValue],
) -> tuple[FusedOp, list[SSAValue]]:
    """A part on these operands that writes to a tensor as well, and those of its results ``outs`` that still leave.

    ``state`` is the tensor behind the parts before it, and what the ``steps`` know as ``before``.
    """
    region = part.body.clone()
    block = region.block
    if state not in given:
        place = sum(not isinstance(v.type, SymIntType) for v in given)
        block.insert_arg(state.type, place)
        given = [*given[:place], state, *given[place:]]
    last = block.last_op
    assert isinstance(last, YieldOp)
    mapper = dict(zip(outs, last.values, strict=True)) | {before: block.args[given.index(state)]}
    for step in steps:
        copy = step.clone(mapper)
        copy.attributes.clear()
        block.insert_op_before(copy, last)
    written = {v for step in steps for v in step.operands}
    left = [v for v in outs if v not in written]
    block.insert_op_before(new := YieldOp(*(mapper[v] for v in (*left, steps[-1].results[0]))), last)
    last.detach()
    last.erase()
    chains = [] if part.chains is None else [chain.data for chain in part.chains if isinstance(chain, StringAttr)]
    kind = None if part.kind is None else part.kind.data
    op = FusedOp(given, [v.type for v in new.values], region, kind, chains)
    op.location = part.location
    return op, left
