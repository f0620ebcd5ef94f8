"""irfuse-cse: equal pure ops on equal operands are one op, which keeps the FX names of all of them.

Equal values that leave the function as two tensors are computed once: the second is a copy of the first.
"""

from __future__ import annotations

from collections.abc import Hashable

from xdsl.ir import Block, Operation, SSAValue

from irfuse.analysis.likeness import properties_key, type_key
from irfuse.analysis.memories import Memories
from irfuse.analysis.writes import Writes
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.shape import CopyOp
from irfuse.dialect.types import is_determined, tensor_type
from irfuse.fx.provenance import add_names, names_of
from irfuse.passes._function_pass import FunctionPass


class IrfuseCsePass(FunctionPass):
    """Merge equal pure ops, as inference graphs repeat one quant for every linear that reads it."""

    name = "irfuse-cse"

    def rewrite(self, block: Block) -> None:
        writes = Writes(block)
        written, barriers = writes.written(), set(writes.ops)
        seen: dict[Hashable, Operation] = {}
        work = _Merging(Memories(block))
        for op in list(block.ops):
            if op in barriers:
                seen.clear()  # what was read before a write need not be what is read after it
            if not is_pure_tensor_op(op) or not all(is_determined(tensor_type(v)) for v in op.results):
                continue
            if written and not written.isdisjoint(op.results):
                continue  # equal tensors are two where one of them is written to
            if isinstance(op, CopyOp):
                work.skip(op)
            elif (first := seen.setdefault(_key(op, work.numbers), op)) is not op:
                work.merge(op, first)
        for value, gained in work.names.items():
            add_names(value, gained)


class _Merging:
    """One run of the pass: the numbers of values, equal for equal ones, and the names that are to be added.

    Names are added once, as an op that every layer repeats has a name in each.
    """

    def __init__(self, memories: Memories) -> None:
        self.memories = memories
        self.numbers: dict[SSAValue, int] = {}
        self.names: dict[SSAValue, list[str]] = {}

    def merge(self, op: Operation, first: Operation) -> None:
        """Use what an equal op computes; of a result that leaves in other memory there remains a copy, or the view."""
        for old, new in zip(op.results, first.results, strict=True):
            new.name_hint = new.name_hint or old.name_hint
            own = self.memories.of(old)
            if own is None or self.memories.of(new) in (None, own):
                self._replace(old, new, own)
            elif any(self.memories.of(v) == own for v in op.operands):
                self._compute_with(new, old, old, own)
            else:
                self._compute_with(new, old, _copy_before(op, new, old), own)
        _erase_if_unused(op)

    def skip(self, copy: CopyOp) -> None:
        """Compute with what is copied; nothing is copied where the original does not leave."""
        old, new, own = copy.result, copy.x, self.memories.of(copy.result)
        if own is None:
            return  # nothing says who may see it
        if self.memories.of(new) is None and isinstance(new.owner, Operation) and is_pure_tensor_op(new.owner):
            self._replace(old, new, own)
        else:
            self._compute_with(new, old, old, own)
        _erase_if_unused(copy)

    def _replace(self, old: SSAValue, new: SSAValue, own: int | None) -> None:
        self.names.setdefault(new, []).extend(names_of(old))
        old.replace_all_uses_with(new)
        self.memories.put(new, own)

    def _compute_with(self, new: SSAValue, old: SSAValue, leaving: SSAValue, own: int) -> None:
        """Use ``new`` in place of ``old`` where it is computed with, and ``leaving`` where its memory is handed on."""
        self.memories.put(leaving, own)
        self.numbers[leaving] = self.numbers.setdefault(new, len(self.numbers))
        for use in list(old.uses):
            handed_on = self.memories.leads_out(use.operation, own)
            use.operation.operands[use.index] = leaving if handed_on else new


def _key(op: Operation, numbers: dict[SSAValue, int]) -> Hashable:
    """What makes two pure ops equal: name, properties, types, and operands in order, which decides between NaNs."""
    operands = tuple([numbers.setdefault(v, len(numbers)) for v in op.operands])
    return (op.name, operands, *properties_key(op), *[type_key(v.type) for v in op.results])


def _copy_before(op: Operation, original: SSAValue, named: SSAValue) -> SSAValue:
    """A copy of a value in front of an op, in place of one of its results."""
    copy, block = CopyOp(original), op.parent
    assert block is not None
    copy.location = op.location
    copy.result.name_hint = named.name_hint
    add_names(copy.result, names_of(named))
    block.insert_op_before(copy, op)
    return copy.result


def _erase_if_unused(op: Operation) -> None:
    if not any(result.first_use for result in op.results):
        op.detach()
        op.erase()
