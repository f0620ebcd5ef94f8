"""Where a fused op may stand, and what its chain computes again so that it may stand there.

Two norms of one tensor share what they have in common once equal ops are merged. Where the first is needed before the
operands of the second's chain are there, that chain computes the common part for itself, as the source does. So does a
chain whose quant waits for the extreme of all its rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Operation, SSAValue

from irfuse.analysis.chains import is_full_add
from irfuse.fx.provenance import has_names, names_of
from irfuse.passes._candidate import Candidate, is_free
from irfuse.passes._extremes import are_codes_held
from irfuse.passes._surroundings import Surroundings
from irfuse.passes._traffic import costs_no_more_again


def candidate_of(around: Surroundings, anchors: Sequence[Operation], ops: list[Operation]) -> Candidate:
    """The chain of these ops, with copies of its own of constants and of what is needed elsewhere too early."""
    candidate = Candidate.of(anchors, ops, around.constants)
    again = _too_early(around, candidate)
    return Candidate.of(anchors, ops, around.constants | again) if again else candidate


def place_of(around: Surroundings, candidate: Candidate) -> Operation:
    """The op before which the fused op must stand: its first user, or the end of the chain."""
    users = [op for op in candidate.outside_users() if op in around.position]
    return min([candidate.ops[-1], *users], key=around.position.__getitem__)


def late_leaves(around: Surroundings, candidate: Candidate) -> list[SSAValue]:
    """The operands of a chain that are not there yet where its fused op must stand."""
    place = around.position[place_of(around, candidate)]
    return [v for v in candidate.leaves if isinstance(v.owner, Operation) and around.position[v.owner] >= place]


def _too_early(around: Surroundings, candidate: Candidate) -> set[Operation]:
    """The ops behind what others use before the chain's operands are there; none where the source has any but once."""
    late = [around.position[v.owner] for v in late_leaves(around, candidate) if isinstance(v.owner, Operation)]
    if not late:
        return set()
    before = {op for op in candidate.outside_users() if op in around.position and around.position[op] <= max(late)}
    used = {v.owner for v in candidate.results if any(use.operation in before for use in v.uses)}
    early = {op for op in used if isinstance(op, Operation)}
    needed = _with_what_computes(early, candidate.ops)
    if before <= around.read_for_extremes and all(map(are_codes_held, candidate.anchors)):
        return needed if costs_no_more_again(needed, early) and not any(map(is_full_add, needed)) else set()
    repeated = early.isdisjoint(candidate.anchors) and all(_is_repeated(op) for op in early)
    known = all(is_free(op) or op in around.constants or _is_repeated(op) or not _has_names(op) for op in needed)
    return needed if repeated and known else set()


def _with_what_computes(ends: set[Operation], ops: Sequence[Operation]) -> set[Operation]:
    """These ops and those before them in a chain that they are computed from."""
    found = set(ends)
    for op in reversed(ops):
        if op in found:
            found.update(v.owner for v in op.operands if isinstance(v.owner, Operation))
    return found & set(ops)


def _has_names(op: Operation) -> bool:
    return any(has_names(v) for v in op.results)


def _is_repeated(op: Operation) -> bool:
    """Whether the source computes the results of an op more than once."""
    return any(len(names_of(v)) > 1 for v in op.results)
