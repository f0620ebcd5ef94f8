"""What must hold so that one kernel may stand for a chain, and why it does not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial

from xdsl.dialects.func import ReturnOp
from xdsl.ir import Block, Operation, OpResult, SSAValue

from irfuse.analysis.digits import NotRowWise
from irfuse.analysis.in_place import check_in_place
from irfuse.analysis.layouts import is_scattered
from irfuse.analysis.likeness import Remembered, likeness
from irfuse.analysis.outline import expand_named, outline
from irfuse.analysis.quants import is_scale, made_by_scales
from irfuse.analysis.rows import analyse
from irfuse.analysis.stores import check_places
from irfuse.dialect.shape import BroadcastOp, FullOp, IotaOp, PadOp
from irfuse.dialect.sizes import Size, bind, unbound
from irfuse.dialect.types import dims_of, strides_of, tensor_type
from irfuse.fx.provenance import has_names
from irfuse.passes._again import late_leaves, place_of
from irfuse.passes._candidate import Candidate
from irfuse.passes._stores import Sink, read_as_before
from irfuse.passes._surroundings import Surroundings
from irfuse.report.explanations import comes_back, describe, inside_a_node, scattered
from irfuse.report.remarks import Declined

_ROWS = Remembered[list[str]](Declined, NotRowWise)
"""What `_read_rows` says of a chain, by its likeness."""


def refusal_of(around: Surroundings, candidate: Candidate) -> Callable[[], Exception] | None:
    """What says why a chain is not fused: a function, as some reasons are looked for in all of the graph."""
    try:
        _check_memory(candidate, _just_written(around, candidate))
        _check(around, candidate)
    except (Declined, NotRowWise) as declined:
        return partial(copy, declined)
    if late := late_leaves(around, candidate):
        return partial(comes_back, late, set(candidate.ops) - candidate.stays)
    if (reader := _read_behind(around, candidate)) is not None:
        return partial(read_as_before, reader)
    write = around.write_between(*(around.position[op] for op in (candidate.ops[0], candidate.ops[-1])))
    return None if write is None else partial(_written_to, write)


def _read_behind(around: Surroundings, candidate: Candidate) -> Operation | None:
    """An op that reads a tensor as it was which the kernel of a chain writes to, where it is written already."""
    inside, place = set(candidate.ops) - candidate.stays, around.position[place_of(around, candidate)]
    readers = [sink.reader(inside, candidate.leaves, place, around.position) for sink in _written(around, candidate)]
    return next((reader for reader in readers if reader is not None), None)


def _just_written(around: Surroundings, candidate: Candidate) -> set[SSAValue]:
    """The tensors that the kernel of a chain writes to and does not read."""
    ops = set(candidate.ops)
    return {sink.store.buffer for sink in _written(around, candidate) if ops.isdisjoint(sink.readers())}


def _written(around: Surroundings, candidate: Candidate) -> list[Sink]:
    """The tensors that the kernel of a chain writes to."""
    return [sink for sink in around.sinks if sink.result in candidate.results]


def _written_to(write: Operation) -> Declined:
    reason = f"{describe(write)} writes to memory in the middle of the chain"
    return Declined(reason, "use the functional form of that op")


def _check(around: Surroundings, candidate: Candidate) -> None:
    """Raise Declined or NotRowWise unless one kernel may stand for the chain; what it needs more becomes a leaf."""
    if around.imported and any(
        isinstance(v, OpResult) and not has_names(v) for v in (*candidate.leaves, *candidate.results)
    ):
        raise inside_a_node([*candidate.leaves, *candidate.results])
    if all(is_scale(op) for op in candidate.anchors):
        _check_codes(candidate)
    if sizes := _sizes_of_rows(candidate):
        first_use = min((around.position[op] for op in candidate.outside_users()), default=math.inf)
        candidate.leaves += [_size_value(around, atom, first_use) for atom in sizes]


def _check_codes(candidate: Candidate) -> None:
    """Raise Declined if a chain whose quants are scales makes no codes by them, or leaves rounding to another op."""
    coded, quotients = made_by_scales(candidate.ops)
    left = {use.operation for v in candidate.results if v in quotients for use in v.uses} - set(candidate.ops)
    if makers := sorted(describe(op) for op in left if not isinstance(op, ReturnOp)):
        raise Declined(f"the chain makes scales alone: {makers[0]} makes the codes, or what they are made of")
    if left or coded.isdisjoint(candidate.results):
        raise Declined("the chain makes scales alone, and no codes by them")


def _sizes_of_rows(candidate: Candidate) -> list[str]:
    """The symbolic sizes that a chain needs as operands. Raises Declined or NotRowWise where it is not row by row."""
    piece = candidate.ops, candidate.leaves, candidate.results
    return _ROWS.of(likeness(*piece), lambda: _read_rows(outline(*piece)))


def _read_rows(body: Block) -> list[str]:
    expand_named(body)
    given = list(body.args)  # the analysis adds one where an operand is read at two places
    rows = analyse(body)
    if rows.counted(body.args) is None:
        raise Declined("no operand has all the rows and columns that the quant has, they are repeated on the way")
    check_places(body, rows.maps, rows.sources)
    check_in_place(body, rows)
    return _unknown_sizes(body, given)


def _check_memory(candidate: Candidate, written: set[SSAValue]) -> None:
    """Raise Declined if the chain would read a tensor whose rows lie scattered in memory; ``written`` are not read."""
    for leaf in [v for v in candidate.leaves if v not in written]:
        if is_scattered(leaf):
            raise scattered(leaf)
        if _reads_scattered(leaf) and isinstance(leaf.owner, Operation):
            raise scattered(next(v for v in leaf.owner.operands if is_scattered(v)))


def _unknown_sizes(body: Block, given: Sequence[SSAValue]) -> list[str]:
    """The symbolic sizes in the shapes and strides of a body that its tensor operands do not give, read in order."""
    known: dict[str, int] = {}
    for arg in given:
        for dims in (dims_of(tensor_type(arg)), strides_of(tensor_type(arg)) or ()):
            bind(dims, [1] * len(dims), known)
    results = [tensor_type(v) for op in body.ops for v in op.results]
    exact = [dim for t in results for dim in strides_of(t) or ()]
    made = [tensor_type(op.result) for op in body.ops if isinstance(op, (BroadcastOp, FullOp, IotaOp, PadOp))]
    exact += [dim for t in made for dim in dims_of(t)]
    needed = {atom for dim in exact for atom in Size.of(dim).atoms if atom not in known and atom != "?"}
    return list(dict.fromkeys([*unbound((dims_of(t) for t in results), known), *sorted(needed)]))


def _size_value(around: Surroundings, atom: str, before: float) -> SSAValue:
    """The value in the function that gives a symbolic size before a place; it becomes an operand."""
    value = around.size_value(atom, before)
    if value is None:
        raise Declined(f"the size {atom} is given by no operand and by no value of the graph")
    return value


def _reads_scattered(leaf: SSAValue) -> bool:
    """Whether a leaf is computed, inside what one node of the graph computes, from a tensor that is scattered."""
    owner = leaf.owner
    return isinstance(owner, Operation) and not has_names(leaf) and any(map(is_scattered, owner.operands))
