"""When a quotient may be computed from one reciprocal for all entries that share the divisor.

The helper ``quotient`` (irfuse.kernel.text) takes ``1 / d`` as a sum of two terms, ``below``, an f32 less than it, and
``rest``, so ``x / d`` is ``x * below + x * rest``: a product and an fma for each entry. Both terms are positive, so
zeros keep their sign. The sum is ``x / d`` but for 2^-45 of it, so what it rounds to can differ from the IEEE quotient,
by one step, where ``x / d`` is that close to the middle between two f32 numbers. A code depends on that only where one
of the two is the middle between two codes, or between numbers of a narrow type on the way to codes: a number of at most
12 bits. test/kernel/test_quotients.py finds all such pairs of significands. Of dividends of at most 11 bits, as bf16
and f16 have them, there are four, which the helper rounds right; of f32 dividends there are more, so those have div_rn.
Over all 2^23 significands of a divisor and all 128 of a bf16 dividend, 76 of 1.07e9 quotients differ, none of fewer
than 17 bits.

Nothing may be lost below the smallest number either, so a divisor has a floor, and a ceiling: entries beyond 2^100 are
not taken into account. That holds for a group and its own scale, which is also at least a fixed part of each entry.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from xdsl.dialects.builtin import BFloat16Type, Float32Type, i1
from xdsl.ir import Attribute, Operation, SSAValue

from irfuse import dialect as d
from irfuse.dialect.fp8 import FP8
from irfuse.dialect.types import bit_width, is_wider, tensor_type

LEAST_DIVISOR = 2.0**-100
"""The smallest floor of a divisor; its reciprocal is the largest."""
LARGEST_SHARE = 0.2
"""The largest part of an entry that a divisor is at least; that of the largest f32 has a reciprocal that is normal."""
ROUNDING: dict[type[Attribute], float] = {BFloat16Type: 2.0**-8, Float32Type: 2.0**-22}
"""The most that the roundings of one op change a result of a type by. f16 has none: its small scales are subnormal."""


@dataclass(frozen=True)
class Bounds:
    """What is known of a divisor: it is at least ``floor``, and at least ``share`` of the magnitude of each entry."""

    floor: float
    share: float

    def times(self, factor: float) -> Bounds:
        """The bounds of a product with a positive number."""
        return Bounds(self.floor * factor, self.share * factor)


def is_by_reciprocal(op: d.DivOp) -> bool:
    """Whether a quotient of two tensors may be computed from the reciprocal in two terms."""
    narrow = not isinstance(tensor_type(_same_numbers(op.lhs)).element_type, Float32Type)
    return narrow and _bounds_of_quotient(op) is not None and _ends_in_codes(op)


def is_idle_clamp(op: d.ClampOp) -> bool:
    """Whether a clamp changes no code: a quotient by its group's scale exceeds the bounds by less than half a step."""
    quotient = _same_numbers(op.x).owner
    casts = [use.operation for use in op.result.uses]
    if not isinstance(quotient, d.DivOp) or op.min is None or op.max is None:
        return False
    bounds, bound = _bounds_of_quotient(quotient), op.max.value.data
    rounding = ROUNDING.get(type(tensor_type(quotient.result).element_type))
    if bounds is None or rounding is None or op.min.value.data != -bound:
        return False
    over = (1 + rounding) / bounds.share / bound
    return all(_is_code_below(use, bound, over) for use in casts)


def _is_code_below(op: Operation, bound: float, over: float) -> bool:
    """Whether a cast rounds all that is up to ``over`` times the bound to the code of the bound, a normal number."""
    fp8 = FP8.get(type(tensor_type(op.result).element_type)) if isinstance(op, d.CastOp) else None
    if fp8 is None or bound < 1:
        return False
    significand = math.frexp(bound)[0] * 2.0 ** (fp8.mantissa + 1)
    return significand.is_integer() and over < 1 + 2.0 ** -(fp8.mantissa + 2)


def _bounds_of_quotient(op: d.DivOp) -> Bounds | None:
    """The bounds of the divisor of a quotient by the scale of its own group; None for any other quotient."""
    bounds = None if op.rhs is None else bounds_of(op.rhs, op.lhs)
    if bounds is None or not LEAST_DIVISOR <= bounds.floor <= 1 / LEAST_DIVISOR or bounds.share > LARGEST_SHARE:
        return None
    return bounds


def _ends_in_codes(op: Operation) -> bool:
    """Whether nothing but codes of 4 to 8 bits is made of the result of an op, and no truth values."""
    if isinstance(op, d.CastOp) and bit_width(tensor_type(op.result).element_type) <= 8:
        return tensor_type(op.result).element_type != i1
    users = {use.operation for result in op.results for use in result.uses}
    passes = (d.ReshapeOp, d.RelayoutOp, d.CopyOp, d.ClampOp, d.RoundOp, d.CastOp)
    return bool(users) and all(isinstance(user, passes) and _ends_in_codes(user) for user in users)


def bounds_of(divisor: SSAValue, dividend: SSAValue) -> Bounds | None:
    """The bounds of a divisor that is a scale of the dividend's own largest magnitude; None for any other."""
    op = _same_numbers(divisor).owner
    if isinstance(op, d.RowAmaxOp):
        magnitude = _same_numbers(op.x).owner
        own = isinstance(magnitude, d.AbsOp) and _same_numbers(magnitude.x) is _same_numbers(dividend)
        return Bounds(0.0, 1.0) if own else None
    if not isinstance(op, (d.CastOp, d.ClampOp, d.MulOp, d.DivOp)):
        return None
    rounding = ROUNDING.get(type(tensor_type(op.result).element_type))
    below = bounds_of(op.operands[0], dividend)
    return None if rounding is None or below is None else _made_by(op, below.times(1 - rounding))


def _made_by(op: d.CastOp | d.ClampOp | d.MulOp | d.DivOp, below: Bounds) -> Bounds | None:
    """The bounds of what an op makes of a divisor, roundings counted already."""
    if isinstance(op, d.CastOp):
        return below
    if isinstance(op, d.ClampOp):
        if op.min is None or op.max is not None:
            return None
        return replace(below, floor=max(below.floor, op.min.value.data))
    if op.scalar is None or not op.scalar.value.data > 0:
        return None
    factor = op.scalar.value.data
    return below.times(1 / factor if isinstance(op, d.DivOp) else factor)


def _same_numbers(value: SSAValue) -> SSAValue:
    """The value behind changes of shape and layout and behind widenings."""
    op = value.owner
    if isinstance(op, (d.ReshapeOp, d.BroadcastOp, d.RelayoutOp, d.CopyOp)):
        return _same_numbers(op.x)
    if isinstance(op, d.CastOp) and is_wider(tensor_type(op.result).element_type, tensor_type(op.x).element_type):
        return _same_numbers(op.x)
    return value
