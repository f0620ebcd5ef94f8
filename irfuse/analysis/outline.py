"""Taking a piece of a function out into a block of its own, and expanding named ops there."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from operator import itemgetter

from xdsl.dialects.builtin import FloatAttr, TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.fused import YieldOp, is_pure_tensor_op
from irfuse.dialect.named import NamedOp
from irfuse.dialect.number import bits_of
from irfuse.dialect.opaque import SizeOp
from irfuse.dialect.types import dims_of


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


def likeness(ops: Sequence[Operation], leaves: Sequence[SSAValue], results: Sequence[SSAValue]) -> Hashable:
    """What decides all that `outline` makes of these: equal for two pieces that are alike op by op."""
    numbers: dict[SSAValue, int] = {value: i for i, value in enumerate(leaves)}
    parts: list[Hashable] = [type_key(value.type) for value in leaves]
    for op in ops:
        parts.append((type(op), tuple([numbers[v] for v in op.operands]), *properties_key(op)))
        for result in op.results:
            numbers[result] = len(numbers)
            parts.append(type_key(result.type))
    return (*parts, tuple([numbers[v] for v in results]))


def properties_key(op: Operation) -> Iterator[tuple[str, Hashable]]:
    """The properties of an op as what tells numbers apart by their bits: 0.0 equals -0.0, and NaN may equal another."""
    for name, attr in sorted(op.properties.items(), key=itemgetter(0)):
        yield name, bits_of(attr.value.data) if isinstance(attr, FloatAttr) else attr


def type_key(kind: Attribute) -> Hashable:
    """A type as what hashes fast."""
    return (kind.element_type, dims_of(kind), kind.encoding) if isinstance(kind, TensorType) else kind


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
    for op in reversed(list(block.ops)):
        if (is_pure_tensor_op(op) or isinstance(op, SizeOp)) and not any(result.first_use for result in op.results):
            op.detach()
            op.erase()
