"""irfuse-cse: equal pure ops on equal operands are one op, which keeps the FX names of all of them."""

from __future__ import annotations

from collections.abc import Hashable

from xdsl.ir import Block, Operation, SSAValue

from irfuse.analysis.outline import properties_key, type_key
from irfuse.analysis.writes import Writes
from irfuse.dialect.elementwise import COMMUTATIVE
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.types import is_determined, tensor_type
from irfuse.fx.provenance import add_names, names_of
from irfuse.passes._function_pass import FunctionPass


class IrfuseCsePass(FunctionPass):
    """Merge equal pure ops, as inference graphs repeat one quant for every linear that reads it."""

    name = "irfuse-cse"

    def rewrite(self, block: Block) -> None:
        numbers: dict[SSAValue, int] = {}
        written = Writes(block).written()
        seen: dict[Hashable, Operation] = {}
        names: dict[SSAValue, list[str]] = {}  # added once, as an op that every layer repeats has a name in each
        for op in list(block.ops):
            if isinstance(op, OpaqueOp) and op.mutates:
                seen.clear()  # what was read before a write need not be what is read after it
            if not is_pure_tensor_op(op) or not all(is_determined(tensor_type(v)) for v in op.results):
                continue
            if written and not written.isdisjoint(op.results):
                continue  # equal tensors are two where one of them is written to
            first = seen.setdefault(_key(op, numbers), op)
            if first is not op:
                for old, new in zip(op.results, first.results, strict=True):
                    names.setdefault(new, []).extend(names_of(old))
                    new.name_hint = new.name_hint or old.name_hint
                    old.replace_all_uses_with(new)
                op.detach()
                op.erase()
        for value, gained in names.items():
            add_names(value, gained)


def _key(op: Operation, numbers: dict[SSAValue, int]) -> Hashable:
    """What makes two pure ops equal: name, properties, operands in any order that keeps the meaning, result types."""
    operands = [numbers.setdefault(v, len(numbers)) for v in op.operands]
    if isinstance(op, COMMUTATIVE):
        operands.sort()
    return (op.name, tuple(operands), *properties_key(op), *[type_key(v.type) for v in op.results])
