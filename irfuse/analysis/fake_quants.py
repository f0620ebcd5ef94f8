"""Fake quants: rows that are divided by a scale, rounded, and multiplied by that scale again, in floats all the way.

Calibrators compute so what int8 or 4-bit codes stand for, and none of their ops makes codes. Where the rounding is a
cast to codes and back, that cast is the quant.
"""

from __future__ import annotations

from xdsl.ir import Operation, SSAValue

from irfuse.dialect.bits import CompareOp, SelectOp
from irfuse.dialect.elementwise import BinaryOp, CastOp, ClampOp, DivOp, MulOp, UnaryOp
from irfuse.dialect.functions import CeilOp, FloorOp, RoundOp
from irfuse.dialect.shape import CopyOp, RelayoutOp, ReshapeOp
from irfuse.dialect.types import WIDE_TYPES, tensor_type

MOST_VISITED = 128
"""How many values behind a product are looked at; a ladder of choices between the numbers of a 4-bit float has 60."""
_BY_ENTRIES = (UnaryOp, BinaryOp, ClampOp, CompareOp, SelectOp, ReshapeOp, RelayoutOp, CopyOp)
_ROUNDINGS = (RoundOp, FloorOp, CeilOp, SelectOp)


def is_fake_quant(op: Operation) -> bool:
    """Whether an op multiplies what was rounded by the scale that it was divided by."""
    if type(op) is not MulOp or op.rhs is None:
        return False
    return any(_divides(scale) and _is_rounded(codes, scale) for codes, scale in (op.operands, op.operands[::-1]))


def _divides(scale: SSAValue) -> bool:
    return any(type(use.operation) is DivOp and use.index == 1 for use in scale.uses)


def _is_rounded(codes: SSAValue, scale: SSAValue) -> bool:
    """Whether floats are computed from a quotient by a scale, through a rounding, and through no other types."""
    stack, seen = [codes], {codes}
    rounded = divided = False
    while stack and len(seen) < MOST_VISITED:
        op = stack.pop().owner
        if type(op) is DivOp and op.rhs is scale:
            divided = True
        elif isinstance(op, _BY_ENTRIES) or (type(op) is CastOp and _is_wide(op.x) and _is_wide(op.result)):
            rounded |= isinstance(op, _ROUNDINGS)
            fresh = [v for v in op.operands if v not in seen]
            seen.update(fresh)
            stack += fresh
    return rounded and divided


def _is_wide(value: SSAValue) -> bool:
    return isinstance(tensor_type(value).element_type, WIDE_TYPES)
