"""Taking a piece of a function out into a block of its own, and expanding named ops there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xdsl.ir import Block, Operation, SSAValue

from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.fused import YieldOp, is_pure_tensor_op
from irfuse.dialect.named import NamedOp
from irfuse.dialect.opaque import SizeOp


def slice_between(results: Iterable[SSAValue], leaves: Iterable[SSAValue]) -> list[Operation] | None:
    """The ops that compute ``results`` from ``leaves``, operands first; None where something else is needed."""
    known, ordered = set(leaves), []
    stack = [(value, False) for value in reversed(list(results))]
    while stack:
        value, ready = stack.pop()
        if value in known:
            continue
        op = value.owner
        if not isinstance(op, Operation) or not is_pure_tensor_op(op):
            return None
        if ready:
            known.update(op.results)
            ordered.append(op)
        else:
            stack.append((value, True))
            stack.extend((operand, False) for operand in reversed(op.operands))
    return ordered


def outline(ops: Sequence[Operation], leaves: Sequence[SSAValue], results: Sequence[SSAValue]) -> Block:
    """A detached block with an argument for each leaf, a copy of ``ops``, and a yield of ``results``."""
    block = Block(arg_types=[v.type for v in leaves])
    mapper: dict[SSAValue, SSAValue] = dict(zip(leaves, block.args, strict=True))
    for old, new in mapper.items():
        new.name_hint = old.name_hint
    for op in ops:
        copy = op.clone(mapper)
        copy.attributes.clear()
        block.add_op(copy)
    block.add_op(YieldOp(*(mapper[v] for v in results)))
    return block


def expand_named(block: Block) -> None:
    """Replace every named op of a block by its expansion."""
    for op in list(block.ops):
        if isinstance(op, NamedOp):
            b = SmallBuilder()
            results = op.expand(b)
            for small in b.ops:
                small.location = op.location
            block.insert_ops_before(b.ops, op)
            for old, new in zip(op.results, results, strict=True):
                new.name_hint = new.name_hint or old.name_hint
                old.replace_all_uses_with(new)
            op.detach()
            op.erase()


def erase_dead(block: Block) -> None:
    """Erase the pure tensor ops and the sizes of a block whose results nobody uses."""
    for op in reversed(block.ops):
        if (is_pure_tensor_op(op) or isinstance(op, SizeOp)) and not any(result.first_use for result in op.results):
            op.detach()
            op.erase()
