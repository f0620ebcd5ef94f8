"""When a quotient is a product: where the divisor is a power of two, as a scale in e8m0 is.

Of a power of two from 2^-127 to 2^127 the reciprocal is an f32 number, and ``x * (1 / d)`` is the same real number as
``x / d``, so both are rounded to the same. Zeros, infinities and NaN of a divisor give the same as well: 1 / 0 is
infinity, 1 / infinity is 0. Powers below 2^-127 have no finite reciprocal: a divisor that may be one is none of these.
"""

from __future__ import annotations

import math
import struct

from xdsl.dialects.builtin import Float8E8M0FNUType, f32, i32
from xdsl.ir import SSAValue

from irfuse import dialect as d
from irfuse.dialect.scales import EXPONENT_BITS
from irfuse.dialect.types import tensor_type
from irfuse.dialect.whole import behind_shapes, whole_range

LEAST_POWER = 2.0**-127
"""The least power of two of which f32 has the reciprocal."""
LEAST_SUBNORMAL = 2.0**-149
_SIGN_AND_EXPONENT = 0xFF800000
_MANTISSA = 23


def is_by_power_of_two(op: d.DivOp) -> bool:
    """Whether a quotient of f32 tensors may be computed as the product with the reciprocal of its divisor."""
    if op.rhs is None or tensor_type(op.rhs).element_type != f32:
        return False
    least = _least_power(op.rhs)
    return least is not None and least >= LEAST_POWER


def _least_power(value: SSAValue) -> float | None:
    """The least power of two that a value may be, which is else 0, infinite or NaN; None where it may be others."""
    value = behind_shapes(value)
    op = value.owner
    if isinstance(op, d.FullOp):
        return _of_number(op.value.value.data)
    if isinstance(op, d.CastOp):
        return LEAST_POWER if isinstance(tensor_type(op.x).element_type, Float8E8M0FNUType) else None
    if isinstance(op, d.BitcastOp):
        return _least_of_bits(op.x) if tensor_type(op.x).element_type == i32 else None
    if isinstance(op, d.Exp2Op):
        whole = whole_range(op.x)
        return None if whole is None else 2.0 ** max(whole[0], -149) if whole[0] < 128 else math.inf
    if isinstance(op, d.SelectOp):
        return _least(_least_power(op.lhs), _least_power(op.rhs))
    if isinstance(op, d.ClampOp):
        return _clamped(op)
    if isinstance(op, d.MulOp) and op.scalar is not None:
        least, factor = _least_power(op.lhs), _of_number(op.scalar.value.data)
        return None if least is None or factor is None or math.isinf(factor) else max(least * factor, LEAST_SUBNORMAL)
    return None


def _clamped(op: d.ClampOp) -> float | None:
    """The least power of what is held between powers of two."""
    bounds = [math.inf if bound is None else _of_number(bound.value.data) for bound in (op.min, op.max)]
    least = _least_power(op.x)
    if least is None or bounds[0] is None or bounds[1] is None:
        return None
    return least if op.min is None else max(least, bounds[0])


def _of_number(number: float) -> float | None:
    """A number as the least power of two of a value that is always it; 0, infinity and NaN are no bound."""
    if number == 0 or not math.isfinite(number):
        return math.inf
    return number if number > 0 and math.frexp(number)[0] == 0.5 else None


def _least(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else min(a, b)


def _least_of_bits(value: SSAValue) -> float | None:
    """The least power of two that the f32 of these bits may be."""
    value = behind_shapes(value)
    op = value.owner
    if isinstance(op, d.FullOp):
        return _of_number(struct.unpack("f", struct.pack("i", _wrapped(op.value.value.data)))[0])
    if isinstance(op, d.SelectOp):
        return _least(_least_of_bits(op.lhs), _least_of_bits(op.rhs))
    if isinstance(op, d.AndOp) and op.scalar is not None:
        masked = int(op.scalar.value.data) & 0xFFFFFFFF in (EXPONENT_BITS, _SIGN_AND_EXPONENT)
        return 2.0**-126 if masked else None
    if isinstance(op, d.ShlOp) and op.scalar is not None and op.scalar.value.data == _MANTISSA:
        whole = whole_range(op.lhs)
        return 2.0**-126 if whole is not None and whole[0] >= 0 and whole[1] <= 255 else None
    return None


def _wrapped(number: float) -> int:
    """An i32 as torch wraps it."""
    return (int(number) + (1 << 31)) % (1 << 32) - (1 << 31)
