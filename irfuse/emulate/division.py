"""The three instructions of a correctly rounded f32 division: scale, multiply-add with unscaling, fix special cases.

Source: AMD, "RDNA3 Instruction Set Architecture" and "AMD Instinct MI300 Instruction Set Architecture", section "VOP3
Instructions": V_DIV_SCALE_F32, V_DIV_FMAS_F32, V_DIV_FIXUP_F32. In two points the documents' pseudocode is not
followed, for LLVM's division, which is correctly rounded, would give NaN by it: a denominator above 2**126 is scaled
down, not up, where the quotient is subnormal, and a quotient that is NaN of finite operands has overflowed.
"""

from __future__ import annotations

import numpy as np

from irfuse.emulate.arithmetic import LEAST_NORMAL, exact_sum, exponent_of, f32, scaled
from irfuse.emulate.state import Array


def div_scale(x: Array, denominator: Array, numerator: Array) -> tuple[Array, Array]:
    """``x``, which is one of the other two, scaled by a power of two, and whether V_DIV_FMAS must unscale."""
    x, denominator, numerator = np.broadcast_arrays(x, denominator, numerator)
    is_denominator = _same_bits(x, denominator)
    larger, smaller = scaled(x, np.array(64)), scaled(x, np.array(-64))
    is_huge = _is_subnormal(1.0 / denominator.astype(float))
    is_far = exponent_of(numerator) - exponent_of(denominator) >= 96
    nan = np.full_like(x, np.nan)
    cases = [
        ((denominator == 0) | (numerator == 0), nan, False),
        (is_far, np.where(is_denominator, larger, x), True),
        (_is_subnormal(denominator), larger, False),
        (is_huge & _is_quotient_subnormal(numerator, denominator), np.where(is_denominator, smaller, x), True),
        (is_huge, smaller, False),
        (_is_quotient_subnormal(numerator, denominator), np.where(is_denominator, x, larger), True),
        (exponent_of(numerator) <= 23, larger, False),
    ]
    conditions = [condition for condition, _, _ in cases]
    return np.select(conditions, [v for _, v, _ in cases], x).astype(f32), np.select(conditions, [u for *_, u in cases])


def div_fmas(x: Array, y: Array, z: Array, unscale: Array) -> Array:
    """``x * y + z``, rounded once; where ``unscale`` says so, times 2**64 if z is large and 2**-64 if it is small."""
    back = np.where(exponent_of(z) > 127, 64, -64)
    return np.ldexp(exact_sum(x, y, z), np.where(unscale, back, 0)).astype(f32)


def div_fixup(quotient: Array, denominator: Array, numerator: Array) -> Array:
    """The quotient with the sign of numerator over denominator, and the right value where one is 0, infinite or NaN."""
    quotient, denominator, numerator = np.broadcast_arrays(quotient, denominator, numerator)
    sign = np.where(np.signbit(denominator) ^ np.signbit(numerator), f32(-1), f32(1))
    nan = np.full_like(quotient, np.nan)
    zero_by_zero = (denominator == 0) & (numerator == 0)
    cases = [
        (np.isnan(numerator), numerator),
        (np.isnan(denominator), denominator),
        (zero_by_zero | (np.isinf(denominator) & np.isinf(numerator)), nan),
        ((denominator == 0) | np.isinf(numerator), sign * f32(np.inf)),
        (np.isinf(denominator) | (numerator == 0), sign * f32(0)),
        (exponent_of(numerator) - exponent_of(denominator) < -150, sign * f32(0)),
        (np.isnan(quotient), sign * f32(np.inf)),
    ]
    return np.select([c for c, _ in cases], [v for _, v in cases], np.copysign(quotient, sign)).astype(f32)


def _same_bits(x: Array, y: Array) -> Array:
    return np.ascontiguousarray(x).view(np.uint32) == np.ascontiguousarray(y).view(np.uint32)


def _is_subnormal(x: Array) -> Array:
    return (np.abs(x) < LEAST_NORMAL) & (x != 0)


def _is_quotient_subnormal(numerator: Array, denominator: Array) -> Array:
    return _is_subnormal(numerator.astype(float) / denominator.astype(float))
