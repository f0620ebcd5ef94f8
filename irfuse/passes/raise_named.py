"""raise-named: groups of small ops become named ops, where expanding the named op again gives the same group.

A proposal reads its parameters off the small ops loosely; what makes it true is the comparison of normal forms
(irfuse.analysis.normal_form) of the group and of the named op's expansion. A proposal that does not compare equal is
dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from xdsl.ir import Block, Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from irfuse.analysis.likeness import Remembered, likeness
from irfuse.analysis.normal_form import equal
from irfuse.analysis.outline import erase_dead, outline, slice_between
from irfuse.analysis.writes import Writes
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.elementwise import CastOp, MulOp, PowOp
from irfuse.dialect.functions import RsqrtOp
from irfuse.dialect.types import is_quantized, tensor_type
from irfuse.fx.provenance import merged_location, replace_value
from irfuse.passes._function_pass import FunctionPass
from irfuse.passes._proposal import Proposal
from irfuse.passes._propose_norms import propose_norms
from irfuse.passes._propose_products import propose_products
from irfuse.passes._propose_quants import propose_quants


class RaiseNamedPass(FunctionPass):
    """Find norms from their rsqrt, quants from their cast, products from their mul, and name them."""

    name = "raise-named"

    def rewrite(self, block: Block) -> None:
        writes = Writes(block)
        for op in [op for op in block.ops if type(op) in _PROPOSALS]:
            _accept_first(_PROPOSALS[type(op)](op), writes)
        erase_dead(block)


def _propose_casts(cast: CastOp) -> Iterator[Proposal]:
    """A cast to a type that no quant writes ends none."""
    if is_quantized(tensor_type(cast.result).element_type):
        yield from propose_quants(cast)


_PROPOSALS: dict[type[Operation], Callable[[Any], Iterator[Proposal]]] = {
    CastOp: _propose_casts,
    RsqrtOp: propose_norms,
    PowOp: propose_norms,
    MulOp: propose_products,
}
_PROOFS = Remembered[bool]()
"""Whether a named op may stand for a group, by the likeness of both."""


def _accept_first(proposals: Iterable[Proposal], writes: Writes) -> None:
    for proposal in proposals:
        if _accept(proposal, writes):
            return


def _accept(proposal: Proposal, writes: Writes) -> bool:
    """Put the named op in place of the values that it was proposed for, if it provably computes them."""
    leaves = list(dict.fromkeys(proposal.leaves))
    ops = slice_between(proposal.results, leaves)
    b = SmallBuilder()
    if not ops or writes.between(ops):
        return False
    first = min((op for op in ops if set(op.results) & set(proposal.results)), key=writes.position.__getitem__)
    if not _are_there(leaves, first, writes):
        return False
    values = proposal.build(b)
    if [v.type for v in values] != [v.type for v in proposal.results]:
        return _drop(b)
    if not _is_proved(b, values, ops, leaves, proposal.results):
        return _drop(b)
    for op in b.ops:
        op.location = merged_location(ops)
        writes.position[op] = writes.position[first] - 0.5
    writes.block.insert_ops_before(b.ops, first)
    for old, new in zip(proposal.results, values, strict=True):
        replace_value(old, new)
    return True


def _is_proved(
    b: SmallBuilder,
    values: Sequence[SSAValue],
    ops: Sequence[Operation],
    leaves: Sequence[SSAValue],
    results: Sequence[SSAValue],
) -> bool:
    """Whether what was built verifies, and provably computes the same from the leaves as a group of ops."""

    def prove() -> bool:
        verified = all(_verifies(op) for op in b.ops)
        return verified and equal(outline(ops, leaves, results), outline(b.ops, leaves, values))

    return _PROOFS.of((likeness(ops, leaves, results), likeness(b.ops, leaves, values)), prove)


def _verifies(op: Operation) -> bool:
    try:
        op.verify()
    except VerifyException:
        return False
    return True


def _are_there(leaves: Iterable[SSAValue], before: Operation, writes: Writes) -> bool:
    """Whether all of these values are computed before an op."""
    place = writes.position[before]
    return all(writes.position[v.owner] < place for v in leaves if isinstance(v.owner, Operation))


def _drop(b: SmallBuilder) -> bool:
    """Take back what a refused proposal built."""
    for op in reversed(b.ops):
        op.erase()
    return False
