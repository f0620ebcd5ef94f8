"""Fusing chains: the passes fuse-*-quant are this, each for its own chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Block, Operation, OpResult, Region, SSAValue

from irfuse.chains import chain_of, granularity_of, kind_of
from irfuse.dialect.fused import FusedOp
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.shape import BroadcastOp, FullOp
from irfuse.dialect.types import dims_of, strides_of, tensor_type
from irfuse.explanations import comes_back, describe, inside_a_node, nothing_to_fuse, number_as_argument, scattered
from irfuse.frames import NotRowWise
from irfuse.layouts import is_scattered
from irfuse.outline import erase_dead, expand_named, outline
from irfuse.passes._candidate import Candidate
from irfuse.passes._grow import Reach, grow
from irfuse.passes._surroundings import Surroundings
from irfuse.provenance import merged_location, names_of, replace_value
from irfuse.remarks import Declined, remark
from irfuse.rows import analyse
from irfuse.sizes import Size, bind, unbound


@dataclass
class Plan:
    """A chain that may be fused, and its family."""

    candidate: Candidate
    chain: str


def fuse_chains(block: Block, chains: Sequence[str]) -> None:
    """Fuse every chain of the named kinds in a function body; leave a remark on each quant that is not fused."""
    around = Surroundings.of(block)
    for anchors in list(around.groups()):
        plan = _plan(block, around, anchors, chains)
        if not isinstance(plan, Plan) and len(anchors) > 1:
            _fuse_parts(block, around, anchors, chains, plan)
        else:
            _settle(block, around, anchors, plan)
    erase_dead(block)


def _fuse_parts(
    block: Block, around: Surroundings, anchors: Sequence[Operation], chains: Sequence[str], refusal: Exception | None
) -> None:
    """Fuse as many quants of one norm together as go, and the others each by itself."""
    together: list[Operation] = []
    for anchor in anchors:
        if isinstance(_plan(block, around, [*together, anchor], chains), Plan):
            together.append(anchor)
    if together:
        _settle(block, around, together, _plan(block, around, together, chains))
    for anchor in anchors:
        if anchor not in together:
            plan = _plan(block, around, [anchor], chains)
            behind_fused = any(isinstance(v.owner, FusedOp) for v in anchor.operands)
            better = isinstance(plan, Exception) and behind_fused and refusal is not None
            _settle(block, around, [anchor], refusal if better else plan)


def _settle(block: Block, around: Surroundings, anchors: Sequence[Operation], plan: Plan | Exception | None) -> None:
    """Fuse a chain as planned, or say on its quants why not."""
    if isinstance(plan, Plan):
        _outline(block, around, plan.candidate, plan.chain)
    elif plan is not None:
        for anchor in anchors:
            remark(anchor, plan)


def _plan(
    block: Block, around: Surroundings, anchors: Sequence[Operation], chains: Sequence[str]
) -> Plan | Exception | None:
    """The chain that ends in these quants, with as much above its norm as goes, or the reason why there is none.

    None for a chain of another kind, which is not this pass's to judge.
    """
    reason: Exception | None = None
    for reach in reversed(Reach):
        candidate = Candidate.of(anchors, grow(around, anchors, reach))
        chain = chain_of(candidate.ops)
        if chain is not None and chain not in chains:
            continue
        try:
            if chain is None:
                _check_memory(candidate)
                raise nothing_to_fuse(anchors[0], candidate.leaves)
            _check(block, around, candidate)
        except (Declined, NotRowWise) as declined:
            reason = reason or number_as_argument(candidate.leaves) or declined
            continue
        return Plan(candidate, chain)
    return reason


def _check(block: Block, around: Surroundings, candidate: Candidate) -> None:
    """Raise Declined or NotRowWise unless one kernel may stand for the chain, and there is a place for it."""
    _check_memory(candidate)
    if around.imported and any(
        isinstance(v, OpResult) and not names_of(v) for v in (*candidate.leaves, *candidate.results)
    ):
        raise inside_a_node([*candidate.leaves, *candidate.results])
    body = outline(candidate.ops, candidate.leaves, candidate.results)
    expand_named(body)
    frames = analyse(body).frames
    if not any(arg in frames and frames[arg].is_full for arg in body.args):
        raise Declined("no operand has all the rows and columns that the quant has, they are repeated on the way")
    candidate.leaves += [_size_value(around, atom) for atom in _unknown_sizes(body)]
    first, place = around.position[candidate.ops[0]], _place(around, candidate)
    late = [v for v in candidate.leaves if isinstance(v.owner, Operation) and around.position[v.owner] >= place]
    if late:
        raise comes_back(late, set(candidate.ops))
    for op, position in around.position.items():
        if isinstance(op, OpaqueOp) and op.mutates and first < position <= around.position[candidate.ops[-1]]:
            raise Declined(
                f"{describe(op)} writes to memory in the middle of the chain", "use the functional form of that op"
            )


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
    if atom not in around.sizes:
        raise Declined(f"the size {atom} is given by no operand and by no value of the graph")
    return around.sizes[atom]


def _reads_scattered(leaf: SSAValue) -> bool:
    """Whether a leaf is computed, inside what one node of the graph computes, from a tensor that is scattered."""
    inside = isinstance(leaf.owner, Operation) and not names_of(leaf)
    return inside and any(is_scattered(v) for v in leaf.owner.operands)  # type: ignore[union-attr]


def _place(around: Surroundings, candidate: Candidate) -> float:
    """The position before which the fused op must stand: that of its first user, or of the end of the chain."""
    last = around.position[candidate.ops[-1]]
    return min([last, *(around.position.get(op, last) for op in candidate.outside_users())])


def _outline(block: Block, around: Surroundings, candidate: Candidate, chain: str) -> None:
    """Put the fused op in place of the chain."""
    body = outline(candidate.ops, candidate.leaves, candidate.results)
    labels = [f"{chain}.{granularity_of(anchor)}" for anchor in candidate.anchors]
    types = [v.type for v in candidate.results]
    fused = FusedOp(candidate.leaves, types, Region(body), kind_of(candidate.ops), labels)
    fused.location = merged_location(candidate.ops)
    place = _place(around, candidate)
    block.insert_op_before(fused, next(op for op, position in around.position.items() if position == place))
    around.position[fused] = place - 0.5
    chosen = set(candidate.ops) - candidate.stays
    for old, new in zip(candidate.results, fused.results, strict=True):
        new.name_hint = old.name_hint
        replace_value(old, new)
    _erase(block, chosen)


def _erase(block: Block, ops: set[Operation]) -> None:
    """Erase the ops of a chain that nobody needs any more, last first."""
    for op in [op for op in block.ops if op in ops][::-1]:
        if not any(result.first_use for result in op.results):
            op.detach()
            op.erase()
