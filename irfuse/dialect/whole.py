"""Between which numbers a value lies that is whole, read off the ops that compute it."""

from __future__ import annotations

import math

from xdsl.dialects.builtin import Float32Type, IntegerType, i1
from xdsl.ir import Attribute, SSAValue

from irfuse.dialect.bits import AndOp
from irfuse.dialect.elementwise import AddOp, CastOp, ClampOp, DivOp, MulOp, SubOp
from irfuse.dialect.exact import holds, range_of
from irfuse.dialect.functions import CeilOp, FloorOp, Log2Op, NegOp, RoundOp
from irfuse.dialect.shape import BroadcastOp, CopyOp, PermuteOp, RelayoutOp, ReshapeOp
from irfuse.dialect.types import WIDE_TYPES, tensor_type

_SHAPES = (ReshapeOp, BroadcastOp, RelayoutOp, CopyOp, PermuteOp)

Range = tuple[float, float]
"""The least and the largest number that a value may be, NaN apart."""
MOST_ADDED = 1 << 16
"""The largest number of which a sum with a whole f32 is whole, as far as a range of it says more than that."""


def whole_range(value: SSAValue) -> Range | None:
    """Between which numbers a value lies that is whole, infinite or NaN; None where it may be a fraction."""
    value = behind_shapes(value)
    element = tensor_type(value).element_type
    found = _computed_range(value)
    if not isinstance(element, IntegerType):
        return found if isinstance(element, Float32Type) else None
    least, most = range_of(element)
    return found if found is not None and least <= found[0] and found[1] <= most else (least, most)


def _computed_range(value: SSAValue) -> Range | None:
    """The range that the op of a value tells, were there none of its type."""
    op = value.owner
    if isinstance(op, (CeilOp, FloorOp, RoundOp)):
        return _least_exponent(op.x), math.inf
    if isinstance(op, CastOp):
        return whole_range(op.x) if isinstance(tensor_type(op.x).element_type, (IntegerType, Float32Type)) else None
    if isinstance(op, ClampOp):
        return _held(op)
    if isinstance(op, AndOp) and op.scalar is not None and op.scalar.value.data >= 0:
        return 0, op.scalar.value.data
    inner = whole_range(op.operands[0]) if isinstance(op, (AddOp, SubOp, NegOp)) else None
    if inner is None or isinstance(op, NegOp):
        return None if inner is None else (-inner[1], -inner[0])
    if not isinstance(op, (AddOp, SubOp)) or op.scalar is None:
        return None
    by = op.scalar.value.data if isinstance(op, AddOp) else -op.scalar.value.data
    return (inner[0] + by, inner[1] + by) if abs(by) <= MOST_ADDED and by == int(by) else None


def _least_exponent(value: SSAValue) -> float:
    """The least whole number that a logarithm is rounded to, or one below it; of other values nothing is known."""
    op = behind_shapes(value).owner
    least = _least_number(op.x) if isinstance(op, Log2Op) else 0.0
    return math.floor(math.log2(least)) - 1 if least > 0 else -math.inf


def _least_number(value: SSAValue) -> float:
    """What a float is no less than, up to a few roundings: the floor under it; 0 where it has none."""
    op = behind_shapes(value).owner
    if isinstance(op, CastOp) and isinstance(tensor_type(op.x).element_type, WIDE_TYPES):
        return _least_number(op.x)
    if isinstance(op, ClampOp) and op.min is not None and op.max is None:
        return max(op.min.value.data, _least_number(op.x))
    if isinstance(op, (MulOp, DivOp)) and op.scalar is not None and 0 < op.scalar.value.data < math.inf:
        by = op.scalar.value.data
        return _least_number(op.lhs) * (by if isinstance(op, MulOp) else 1 / by)
    return 0.0


def _held(op: ClampOp) -> Range | None:
    """The range of what is held between whole numbers."""
    inner, bounds = whole_range(op.x), [bound.value.data for bound in (op.min, op.max) if bound is not None]
    if inner is None or any(bound != bound or math.isinf(bound) or bound != int(bound) for bound in bounds):
        return None
    low = -math.inf if op.min is None else op.min.value.data
    high = math.inf if op.max is None else op.max.value.data
    return min(max(inner[0], low), high), max(min(inner[1], high), low)


def is_held_in(value: SSAValue, element: Attribute) -> bool:
    """Whether floats are clamped to the range of an integer type, between bounds that are whole and exact in both."""
    while isinstance(value.owner, (RoundOp, FloorOp, CeilOp, *_SHAPES)):
        value = value.owner.x
    op = value.owner
    if element == i1 or not isinstance(op, ClampOp) or op.min is None or op.max is None:
        return False
    low, high = op.min.value.data, op.max.value.data
    return low <= high and all(holds(t, n) for t in (element, tensor_type(value).element_type) for n in (low, high))


def behind_shapes(value: SSAValue) -> SSAValue:
    """The value behind changes of shape and layout."""
    while isinstance(value.owner, _SHAPES):
        value = value.owner.x
    return value
