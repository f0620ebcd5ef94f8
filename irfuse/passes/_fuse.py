"""Fusing chains: the passes fuse-*-quant are this, each for its own chains."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from xdsl.ir import Block, Operation, Region, SSAValue

from irfuse.analysis.chains import FAMILIES, chain_of, kind_of, label_of
from irfuse.analysis.outline import erase_dead, outline
from irfuse.analysis.quants import QUANTS, is_quant, is_scale
from irfuse.analysis.writes import copies_back
from irfuse.dialect.fused import FusedOp
from irfuse.dialect.parts import ConcatOp
from irfuse.fx.provenance import merged_location, replace_value
from irfuse.passes._again import candidate_of, place_of
from irfuse.passes._candidate import Candidate
from irfuse.passes._conditions import refusal_of
from irfuse.passes._extremes import is_for_whole
from irfuse.passes._follow import with_followers
from irfuse.passes._grow import Reach, Stores, grow
from irfuse.passes._stores import say_on_gaps
from irfuse.passes._surroundings import NORM_ROOTS, Sought, Surroundings
from irfuse.passes._tails import has_tail
from irfuse.passes.fold_reshapes import FoldReshapesPass
from irfuse.report.explanations import norm_above, number_as_argument
from irfuse.report.remarks import CURE, MISSED, UNQUANTISED, Declined, remark


@dataclass
class Plan:
    """A chain that may be fused, and its family."""

    candidate: Candidate
    chain: str
    unstored: Exception | None = None
    """Why what it computes is not stored into the tensors that it goes into, if so."""


def fuse_chains(block: Block, chains: Sequence[str]) -> None:
    """Fuse every chain of the named kinds in a function body; leave a remark on each quant that is not fused."""
    if any(is_quant(op) for op in block.ops):
        FoldReshapesPass().rewrite(block)
        _fuse_all(block, Surroundings.of(block), chains)
        erase_dead(block)


def fuse_lone_quants(block: Block) -> None:
    """Fuse every quant of a function body that is left, by itself; what kept it from its norm is said there.

    Quants that are part of others, as a scale in fp8 is, come last: they are left where the others are fused.
    """
    tried: set[Operation] = set()
    if any(is_quant(op) for op in block.ops):
        FoldReshapesPass().rewrite(block)
    while any(is_quant(op) and op not in tried for op in block.ops):
        around = Surroundings.of(block, Sought.lone_quants)
        if tried.issuperset(around.anchors):
            for op in [op for op in block.ops if is_quant(op) and op not in tried]:
                _say_on_rest(around, op)
            return
        tried |= around.anchors
        _fuse_all(block, around, FAMILIES)
        erase_dead(block)


def _say_on_rest(around: Surroundings, op: Operation) -> None:
    """Say on a quant that no chain ends in why not; a number computed from constants, as a zero point, is none."""
    if op not in around.constants:
        remark(op, Declined("it is part of a quant that is not fused"))
    elif type(op) in QUANTS or around.roots(op):
        remark(op, Declined("its rows are constants, a kernel would have nothing to read"))


def fuse_tails(block: Block) -> None:
    """Fuse every norm and product of a function body that no quant is behind, with what its rows become."""
    kinds = {type(op) for op in block.ops}
    rotates = ConcatOp in kinds and not kinds.isdisjoint(NORM_ROOTS)
    if not copies_back(block) and not rotates and not any(is_for_whole(op) for op in block.ops):
        return
    FoldReshapesPass().rewrite(block)
    around = Surroundings.of(block, Sought.tails)
    if around.anchors:
        _fuse_all(block, around, FAMILIES)
        erase_dead(block)
    say_on_gaps(block)


def fuse_norms(block: Block, wanted: Collection[Operation], put_back: Collection[Operation]) -> None:
    """Fuse every norm of a function body that no quant is behind, where its last op is one of those wanted.

    One that says already why it is not fused is left alone, where it is none that is ``put_back`` into a tensor; so is
    one that is refused now: nobody asked for it.
    """
    around = Surroundings.of(block, Sought.norms)
    said = {op for op in block.ops if not {MISSED, UNQUANTISED}.isdisjoint(op.attributes)}
    free = {op for op in around.anchors.intersection(wanted) if said.isdisjoint(around.norms.roots[op])}
    around = replace(around, anchors=frozenset(free | around.anchors.intersection(put_back)))
    if around.anchors:
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
        if plan.unstored is not None:
            _say_on_writes(around, plan.candidate.results, plan.unstored)
        _outline(block, around, plan.candidate, plan.chain)
    elif plan is not None and around.sought is not Sought.norms:
        for anchor in anchors:
            if is_quant(anchor):
                remark(anchor, plan)
            else:
                _say_on_writes(around, anchor.results, plan)
                for norm in around.norms.roots[anchor]:
                    remark(norm, plan, UNQUANTISED)


def _say_on_writes(around: Surroundings, values: Sequence[SSAValue], reason: Exception) -> None:
    """Say on the writes into tensors that these values go to why they are none of a kernel's stores."""
    writes = {write for sink in around.sinks for write in sink.store.writes}
    for write in [op for v in values for op in around.ways.get(v, ()) if op in writes]:
        remark(write, reason)


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
    tails = around.tails_beside(anchors)
    plan = _plan_to(around, anchors, [*anchors, *tails], chains, explain=explain and not tails)
    return _plan_to(around, anchors, anchors, chains, explain=explain) if tails and plan is None else plan


def _plan_to(
    around: Surroundings,
    anchors: Sequence[Operation],
    ends: Sequence[Operation],
    chains: Sequence[str],
    *,
    explain: bool,
) -> Plan | Exception | None:
    """The chain of these quants up to these ends, which are the quants and what there is beside them; see `_plan`."""
    reason: Exception | None = None
    for candidate in _candidates(around, anchors, ends):
        chain = chain_of(candidate.ops)
        if all(FAMILIES.index(chain) > FAMILIES.index(wanted) for wanted in chains):
            return reason if explain else None
        if chain not in chains or (around.sought is Sought.tails and not has_tail(candidate.ops)):
            continue
        refusal = refusal_of(around, candidate)
        if refusal is None:
            return Plan(candidate, chain, reason if around.leaves_out(candidate.results, candidate.ops) else None)
        if (explain or around.ways) and reason is None:
            reason = number_as_argument(candidate.leaves) or refusal()
    return reason if explain else None


def _candidates(around: Surroundings, anchors: Sequence[Operation], ends: Sequence[Operation]) -> Iterator[Candidate]:
    """The chains of these quants and ends, from the longest on: first with what is stored into tensors elsewhere."""
    tried: list[list[Operation]] = []
    reaches = (Reach.arithmetic, Reach.light) if around.sought is Sought.lone_quants else tuple(reversed(Reach))
    for stores, reach in product(reversed(Stores) if around.ways else (Stores.none,), reaches):
        grown = grow(around, ends, reach, stores)
        for ops in (with_followers(around, anchors, grown), grown):
            if ops not in tried:
                tried.append(ops)
                yield candidate_of(around, anchors, ops)


def _outline(block: Block, around: Surroundings, candidate: Candidate, chain: str) -> None:
    """Put the fused op in place of the chain."""
    body = outline(candidate.ops, candidate.leaves, candidate.results)
    ends = [op for op in candidate.anchors if not is_scale(op)] or candidate.anchors[:1]
    labels = [label_of(chain, end) for end in ends]
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
    around.forget_erased()


def _erase(ops: Sequence[Operation]) -> None:
    """Erase the ops of a chain that nobody needs any more, last first."""
    for op in ops:
        if not any(result.first_use for result in op.results):
            op.detach()
            op.erase()
