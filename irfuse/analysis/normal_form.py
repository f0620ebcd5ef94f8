"""When two bodies compute the same: equality of their normal forms.

In normal form a body has no shapes: every value is a function on the row-major index (see irfuse.analysis.rows),
reshapes and broadcasts are gone, a reduction says which run it collapses. Two bodies with one normal form give the same
bits, for all inputs and sizes. The identities used beyond that are exact: widening before ``abs`` or ``max`` as after
it, narrowing what was just widened, arithmetic on narrow floats as f32 arithmetic that is rounded, and
``a + b = b + a`` and ``a * b = b * a``, which keep all numbers; which of two NaN is handed on, they do not say, nor
which of its bits a clamp by numbers keeps of a NaN beside its sign, that one by tensors keeps all of. A sum
of narrow floats and a number that their type has not is f32 arithmetic on a GPU alone, as a CPU rounds the number
first, and is left as it is; products and quotients take it unrounded on both.
"""

from __future__ import annotations

from typing import Any

from xdsl.dialects.builtin import BFloat16Type, Float16Type, f32
from xdsl.ir import Attribute, Block, Operation, SSAValue

from irfuse.analysis.digits import NotRowWise
from irfuse.analysis.index_maps import IndexMap
from irfuse.analysis.operand_maps import pieces_of
from irfuse.analysis.outline import expand_named
from irfuse.analysis.rows import analyse
from irfuse.dialect.bits import BitcastOp
from irfuse.dialect.elementwise import COMMUTATIVE, AddOp, BinaryOp, CastOp, ClampOp, DivOp, MulOp, SubOp
from irfuse.dialect.enums import Overflow
from irfuse.dialect.exact import holds
from irfuse.dialect.functions import AbsOp
from irfuse.dialect.fused import YieldOp
from irfuse.dialect.parts import ConcatOp, GatherOp, SliceOp
from irfuse.dialect.reduce import PackOp, RowAmaxOp, RowReduction
from irfuse.dialect.shape import BroadcastOp, CopyOp, FullOp, IotaOp, PadOp, PermuteOp, RelayoutOp, ReshapeOp
from irfuse.dialect.types import dims_of, is_wider, tensor_type

Key = tuple[Any, ...]
ARITHMETIC = (AddOp, SubOp, MulOp, DivOp)
"""The ops that on bf16 and f16 are f32 arithmetic, rounded once."""
NARROW_FLOATS = (BFloat16Type, Float16Type)


class NormalForms:
    """Numbers for normal forms: within one table, equal numbers mean equal functions of the block arguments."""

    def __init__(self) -> None:
        self._numbers: dict[Key, int] = {}
        self._keys: list[Key] = []

    def of(self, block: Block) -> tuple[int, ...]:
        """The normal forms of what a block of small ops yields. Raises NotRowWise."""
        rows = analyse(block)
        maps, numbers = rows.maps, dict[SSAValue, int]()
        for arg, source in zip(block.args, rows.sources, strict=True):
            if arg in maps:
                numbers[arg] = self._number(("argument", source, maps[arg]))
        for op in block.ops:
            if isinstance(op, YieldOp):
                return tuple(numbers[v] for v in op.values)
            if op.results[0] in maps:
                numbers[op.results[0]] = self._op(op, [numbers[v] for v in op.operands if v in maps], maps)
        raise AssertionError("a body ends with irfuse.yield")

    def _op(self, op: Operation, operands: list[int], maps: dict[SSAValue, IndexMap]) -> int:
        if isinstance(op, (ReshapeOp, RelayoutOp, BroadcastOp, CopyOp, PermuteOp, SliceOp, GatherOp)):
            return operands[0]
        if isinstance(op, CastOp):
            source, target = (tensor_type(v).element_type for v in (op.x, op.result))
            return self._cast(source, target, operands[0], op.beyond)
        key: Key
        if isinstance(op, RowReduction):
            kind = str(op.properties.get("bits", "")), tensor_type(op.result).element_type
            key = (op.name, maps[op.x], maps[op.result], *(kind if isinstance(op, PackOp) else ()))
            return self._through_widening(key, op, operands[0])
        if isinstance(op, COMMUTATIVE):
            operands = sorted(operands)
        said = {k: v for k, v in op.properties.items() if not (isinstance(op, ClampOp) and k == "tensors")}
        key = (op.name, tuple(sorted((k, str(v)) for k, v in said.items())))
        if isinstance(op, PadOp):
            key = (*key, maps[op.x], maps[op.result], *(dims_of(tensor_type(v)) for v in (op.x, op.result)))
        elif isinstance(op, IotaOp):
            key = (*key, tensor_type(op.result).element_type, maps[op.result])
        elif isinstance(op, ConcatOp):
            key = (*key, *pieces_of(op, maps[op.result]))
        elif isinstance(op, (BitcastOp, FullOp)):
            key = (*key, tensor_type(op.result).element_type)
        element = tensor_type(op.results[0]).element_type
        if isinstance(op, ARITHMETIC) and isinstance(element, NARROW_FLOATS) and not _is_rounded_first(op, element):
            wide = [self._cast(element, f32, number) for number in operands]
            wide = sorted(wide) if isinstance(op, COMMUTATIVE) else wide
            return self._cast(f32, element, self._number((*key, *wide)))
        return self._through_widening(key, op, operands[0]) if len(operands) == 1 else self._number((*key, *operands))

    def _cast(self, source: Attribute, target: Attribute, operand: int, beyond: Overflow = Overflow.saturate) -> int:
        inner = self._keys[operand]
        if source == target or (inner[0] == "cast" and inner[1:3] == (target, source) and is_wider(source, target)):
            return operand if source == target else inner[3]
        return self._number(("cast", source, target, operand, beyond))

    def _through_widening(self, key: Key, op: Operation, operand: int) -> int:
        """``abs`` and ``max`` of a widened value are the widened ``abs`` and ``max``."""
        inner = self._keys[operand]
        if isinstance(op, (AbsOp, RowAmaxOp)) and inner[0] == "cast" and is_wider(inner[2], inner[1]):
            return self._cast(inner[1], inner[2], self._number((*key, inner[3])))
        return self._number((*key, operand))

    def _number(self, key: Key) -> int:
        if key not in self._numbers:
            self._numbers[key] = len(self._keys)
            self._keys.append(key)
        return self._numbers[key]


def _is_rounded_first(op: BinaryOp, element: Attribute) -> bool:
    """Whether a CPU rounds the number of an op on narrow floats before it computes, and a GPU does not."""
    return isinstance(op, (AddOp, SubOp)) and op.scalar is not None and not holds(element, op.scalar.value.data)


def equal(a: Block, b: Block) -> bool:
    """Whether two bodies with the same arguments provably yield the same bits, but for which NaN.

    Both lose their named ops.
    """
    forms = NormalForms()
    expand_named(a)
    expand_named(b)
    try:
        return forms.of(a) == forms.of(b)
    except NotRowWise:
        return False
