"""Fusing chains: the passes fuse-*-quant are this, each for its own chains."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial

from xdsl.ir import Block, Operation, OpResult, Region, SSAValue

from irfuse.analysis.chains import FAMILIES, chain_of, granularity_of, kind_of
from irfuse.analysis.index_maps import NotRowWise
from irfuse.analysis.layouts import is_scattered
from irfuse.analysis.outline import erase_dead, expand_named, likeness, outline
from irfuse.analysis.quants import is_quant
from irfuse.analysis.rows import analyse
from irfuse.dialect.fused import FusedOp
from irfuse.dialect.shape import BroadcastOp, FullOp
from irfuse.dialect.sizes import Size, bind, unbound
from irfuse.dialect.types import dims_of, strides_of, tensor_type
from irfuse.fx.provenance import has_names, merged_location, replace_value
from irfuse.passes._again import candidate_of, late_leaves, place_of
from irfuse.passes._candidate import Candidate
from irfuse.passes._grow import Reach, grow
from irfuse.passes._surroundings import Surroundings
from irfuse.report.explanations import (
    comes_back,
    describe,
    inside_a_node,
    norm_above,
    number_as_argument,
    scattered,
)
from irfuse.report.remarks import CURE, MISSED, Declined, remark

MOST_KEPT = 1 << 12
_ROWS: dict[Hashable, list[str] | Exception] = {}
"""What `_read_rows` says of a chain, by what decides it: a model repeats few chains in all its layers."""


@dataclass
class Plan:
    """A chain that may be fused, and its family."""

    candidate: Candidate
    chain: str


def fuse_chains(block: Block, chains: Sequence[str]) -> None:
    """Fuse every chain of the named kinds in a function body; leave a remark on each quant that is not fused."""
    if any(is_quant(op) for op in block.ops):
        _fuse_all(block, Surroundings.of(block), chains)
        erase_dead(block)


def fuse_lone_quants(block: Block) -> None:
    """Fuse every quant of a function body that is left, by itself; what kept it from its norm is said there.

    Quants that are part of others, as a scale in fp8 is, come last: they are left where the others are fused.
    """
    tried: set[Operation] = set()
    while any(is_quant(op) and op not in tried for op in block.ops):
        around = Surroundings.of(block, lone=True)
        if tried.issuperset(around.anchors):
            for op in [op for op in block.ops if is_quant(op) and op not in tried and op not in around.constants]:
                remark(op, Declined("it is part of a quant that is not fused"))
            return
        tried |= around.anchors
        _fuse_all(block, around, FAMILIES)
        erase_dead(block)


def _fuse_all(block: Block, around: Surroundings, chains: Sequence[str]) -> None:
    """Fuse the quants of each norm or activation, together where that goes."""
    for anchors in list(around.groups()):
        plan = _plan(around, anchors, chains)
        if not isinstance(plan, Plan) and len(anchors) > 1:
            _fuse_parts(block, around, anchors, chains, plan)
        else:
            _settle(block, around, anchors, plan)


def _fuse_parts(
    block: Block, around: Surroundings, anchors: Sequence[Operation], chains: Sequence[str], refusal: Exception | None
) -> None:
    """Fuse as many quants of one norm together as go, and the others each by itself."""
    together: list[Operation] = []
    best: Plan | None = None
    for anchor in anchors:
        if isinstance(plan := _plan(around, [*together, anchor], chains, explain=False), Plan):
            together, best = [*together, anchor], plan
    _settle(block, around, together, best)
    for anchor in anchors:
        if anchor not in together:
            plan = _plan(around, [anchor], chains)
            behind_fused = any(isinstance(v.owner, FusedOp) for v in anchor.operands)
            better = isinstance(plan, Exception) and behind_fused and refusal is not None
            _settle(block, around, [anchor], refusal if better else plan)


def _settle(block: Block, around: Surroundings, anchors: Sequence[Operation], plan: Plan | Exception | None) -> None:
    """Fuse a chain as planned, or say on its quants why not."""
    if isinstance(plan, Plan):
        _say_on_norm(plan.candidate)
        _outline(block, around, plan.candidate, plan.chain)
    elif plan is not None:
        for anchor in anchors:
            remark(anchor, plan)


def _say_on_norm(candidate: Candidate) -> None:
    """Hand what kept a quant from its norm, which is fused without it, on to the norm."""
    reasons = [op.attributes[MISSED] for op in candidate.anchors if MISSED in op.attributes]
    norm = norm_above(candidate.leaves) if reasons else None
    if norm is not None:
        cures = [op.attributes[CURE] for op in candidate.anchors if CURE in op.attributes]
        norm.attributes |= {MISSED: reasons[0]} | ({CURE: cures[0]} if cures else {})


def _plan(
    around: Surroundings, anchors: Sequence[Operation], chains: Sequence[str], *, explain: bool = True
) -> Plan | Exception | None:
    """The chain that ends in these quants, with as much above its norm as goes, or the reason why there is none.

    None for a chain of another kind, which is not this pass's to judge, and for a refusal that nobody asks to explain.
    """
    reason: Exception | None = None
    tried: list[list[Operation]] = []
    for reach in (Reach.arithmetic, Reach.light) if around.lone else reversed(Reach):
        ops = grow(around, anchors, reach)
        if ops in tried:
            continue
        tried.append(ops)
        candidate = candidate_of(around, anchors, ops)
        chain = chain_of(candidate.ops)
        if chain not in chains:
            continue
        refusal = _refusal(around, candidate)
        if refusal is None:
            return Plan(candidate, chain)
        if explain and reason is None and refusal is not None:
            reason = number_as_argument(candidate.leaves) or refusal()
    return reason


def _refusal(around: Surroundings, candidate: Candidate) -> Callable[[], Exception] | None:
    """What says why a chain is not fused: a function, as some reasons are looked for in all of the graph."""
    try:
        _check_memory(candidate)
        _check(around, candidate)
    except (Declined, NotRowWise) as declined:
        return partial(copy, declined)
    if late := late_leaves(around, candidate):
        return partial(comes_back, late, set(candidate.ops) - candidate.stays)
    write = around.write_between(*(around.position[op] for op in (candidate.ops[0], candidate.ops[-1])))
    return None if write is None else partial(_written_to, write)


def _written_to(write: Operation) -> Declined:
    reason = f"{describe(write)} writes to memory in the middle of the chain"
    return Declined(reason, "use the functional form of that op")


def _check(around: Surroundings, candidate: Candidate) -> None:
    """Raise Declined or NotRowWise unless one kernel may stand for the chain; what it needs more becomes a leaf."""
    if around.imported and any(
        isinstance(v, OpResult) and not has_names(v) for v in (*candidate.leaves, *candidate.results)
    ):
        raise inside_a_node([*candidate.leaves, *candidate.results])
    candidate.leaves += [_size_value(around, atom) for atom in _sizes_of_rows(candidate)]


def _sizes_of_rows(candidate: Candidate) -> list[str]:
    """The symbolic sizes that a chain needs as operands. Raises Declined or NotRowWise where it is not row by row."""
    key = likeness(candidate.ops, candidate.leaves, candidate.results)
    if key not in _ROWS:
        if len(_ROWS) >= MOST_KEPT:
            _ROWS.clear()
        try:
            _ROWS[key] = _read_rows(outline(candidate.ops, candidate.leaves, candidate.results))
        except (Declined, NotRowWise) as refusal:
            _ROWS[key] = refusal.with_traceback(None)
    found = _ROWS[key]
    if isinstance(found, Exception):
        raise copy(found)  # a traceback would keep the function that it comes from
    return found


def _read_rows(body: Block) -> list[str]:
    expand_named(body)
    rows = analyse(body)
    if rows.counted(body.args) is None:
        raise Declined("no operand has all the rows and columns that the quant has, they are repeated on the way")
    return _unknown_sizes(body)


def _check_memory(candidate: Candidate) -> None:
    """Raise Declined if the chain would read a tensor whose rows lie scattered in memory."""
    for leaf in candidate.leaves:
        if is_scattered(leaf):
            raise scattered(leaf)
        if _reads_scattered(leaf) and isinstance(leaf.owner, Operation):
            raise scattered(next(v for v in leaf.owner.operands if is_scattered(v)))


def _unknown_sizes(body: Block) -> list[str]:
    """The symbolic sizes in the shapes and strides of a body that its tensor operands do not give."""
    known: dict[str, int] = {}
    for arg in body.args:
        for dims in (dims_of(tensor_type(arg)), strides_of(tensor_type(arg)) or ()):
            bind(dims, [1] * len(dims), known)
    results = [tensor_type(v) for op in body.ops for v in op.results]
    exact = [dim for t in results for dim in strides_of(t) or ()]
    exact += [
        dim for op in body.ops if isinstance(op, (BroadcastOp, FullOp)) for dim in dims_of(tensor_type(op.result))
    ]
    needed = {atom for dim in exact for atom in Size.of(dim).atoms if atom not in known and atom != "?"}
    return list(dict.fromkeys([*unbound((dims_of(t) for t in results), known), *sorted(needed)]))


def _size_value(around: Surroundings, atom: str) -> SSAValue:
    """The value in the function that gives a symbolic size; it becomes an operand."""
    value = around.size_value(atom)
    if value is None:
        raise Declined(f"the size {atom} is given by no operand and by no value of the graph")
    return value


def _reads_scattered(leaf: SSAValue) -> bool:
    """Whether a leaf is computed, inside what one node of the graph computes, from a tensor that is scattered."""
    inside = isinstance(leaf.owner, Operation) and not has_names(leaf)
    return inside and any(is_scattered(v) for v in leaf.owner.operands)  # type: ignore[union-attr]


def _outline(block: Block, around: Surroundings, candidate: Candidate, chain: str) -> None:
    """Put the fused op in place of the chain."""
    body = outline(candidate.ops, candidate.leaves, candidate.results)
    labels = [f"{chain}.{granularity_of(anchor)}" for anchor in candidate.anchors]
    types = [v.type for v in candidate.results]
    fused = FusedOp(candidate.leaves, types, Region(body), kind_of(candidate.ops), labels)
    fused.location = merged_location(candidate.ops)
    place = place_of(around, candidate)
    block.insert_op_before(fused, place)
    around.position[fused] = around.position[place] - 0.5
    chosen = set(candidate.ops) - candidate.stays
    for old, new in zip(candidate.results, fused.results, strict=True):
        new.name_hint = old.name_hint
        replace_value(old, new)
    _erase(sorted(chosen, key=around.position.__getitem__, reverse=True))


def _erase(ops: Sequence[Operation]) -> None:
    """Erase the ops of a chain that nobody needs any more, last first."""
    for op in ops:
        if not any(result.first_use for result in op.results):
            op.detach()
            op.erase()
