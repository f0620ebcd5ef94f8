"""The three instructions of a correctly rounded division: scale, multiply-add with unscaling, fix special cases.

Source: AMD, "RDNA3 Instruction Set Architecture" and "AMD Instinct MI300 Instruction Set Architecture", section "VOP3
Instructions": V_DIV_SCALE, V_DIV_FMAS, V_DIV_FIXUP of both. In two points the documents' pseudocode is not
followed, for LLVM's division, which is correctly rounded, would give NaN by it: a denominator above 2**126 is scaled
down, not up, where the quotient is subnormal, and a quotient that is NaN of finite operands has overflowed.
"""

from __future__ import annotations

import numpy as np

from irfuse.emulate.arithmetic import exact_sum, exponent_of, f32, f64, scaled
from irfuse.emulate.double import fma as fma_f64
from irfuse.emulate.state import Array

STEP = {f32: 64, f64: 128}
"""The power of two that operands are scaled by."""
NEAR_LARGEST, NEAR_SMALLEST, LEAST_QUOTIENT = {f32: 96, f64: 768}, {f32: 23, f64: 53}, {f32: -150, f64: -1075}
"""Of the documents' cases: the exponent of the quotient and of the numerator, from and up to which they scale."""


def div_scale(x: Array, denominator: Array, numerator: Array) -> tuple[Array, Array]:
    """``x``, which is one of the other two, scaled by a power of two, and whether V_DIV_FMAS must unscale."""
    x, denominator, numerator = np.broadcast_arrays(x, denominator, numerator)
    kind, is_denominator = x.dtype.type, _same_bits(x, denominator)
    larger, smaller = scaled(x, np.array(STEP[kind])), scaled(x, np.array(-STEP[kind]))
    is_huge = _is_quotient_subnormal(np.ones_like(x), denominator)
    is_far = exponent_of(numerator) - exponent_of(denominator) >= NEAR_LARGEST[kind]
    nan = np.full_like(x, np.nan)
    cases = [
        ((denominator == 0) | (numerator == 0), nan, False),
        (is_far, np.where(is_denominator, larger, x), True),
        (_is_subnormal(denominator), larger, False),
        (is_huge & _is_quotient_subnormal(numerator, denominator), np.where(is_denominator, smaller, x), True),
        (is_huge, smaller, False),
        (_is_quotient_subnormal(numerator, denominator), np.where(is_denominator, x, larger), True),
        (exponent_of(numerator) <= NEAR_SMALLEST[kind], larger, False),
    ]
    conditions = [condition for condition, _, _ in cases]
    return np.select(conditions, [v for _, v, _ in cases], x), np.select(conditions, [u for *_, u in cases])


def div_fmas(x: Array, y: Array, z: Array, unscale: Array) -> Array:
    """``x * y + z``, rounded once; where ``unscale`` says so, scaled up if z is large and down if it is small."""
    kind = z.dtype.type
    back = np.where(exponent_of(z) >= np.finfo(kind).maxexp, STEP[kind], -STEP[kind])
    by = np.where(unscale, back, 0)
    return fma_f64(x, y, z, by) if kind == f64 else np.ldexp(exact_sum(x, y, z), by).astype(f32)


def div_fixup(quotient: Array, denominator: Array, numerator: Array) -> Array:
    """The quotient with the sign of numerator over denominator, and the right value where one is 0, infinite or NaN."""
    quotient, denominator, numerator = np.broadcast_arrays(quotient, denominator, numerator)
    kind = quotient.dtype.type
    sign = np.where(np.signbit(denominator) ^ np.signbit(numerator), kind(-1), kind(1))
    nan = np.full_like(quotient, np.nan)
    zero_by_zero = (denominator == 0) & (numerator == 0)
    cases = [
        (np.isnan(numerator), numerator),
        (np.isnan(denominator), denominator),
        (zero_by_zero | (np.isinf(denominator) & np.isinf(numerator)), nan),
        ((denominator == 0) | np.isinf(numerator), sign * kind(np.inf)),
        (np.isinf(denominator) | (numerator == 0), sign * kind(0)),
        (exponent_of(numerator) - exponent_of(denominator) < LEAST_QUOTIENT[kind], sign * kind(0)),
        (np.isnan(quotient), sign * kind(np.inf)),
    ]
    return np.select([c for c, _ in cases], [v for _, v in cases], np.copysign(quotient, sign))


def _same_bits(x: Array, y: Array) -> Array:
    word = f"u{x.dtype.itemsize}"
    return np.ascontiguousarray(x).view(word) == np.ascontiguousarray(y).view(word)


def _is_subnormal(x: Array) -> Array:
    return (np.abs(x) < np.finfo(x.dtype).tiny) & (x != 0)


def _is_quotient_subnormal(numerator: Array, denominator: Array) -> Array:
    """Whether a quotient other than 0 is less than all normal numbers; it may be 0 in f64."""
    quotient = np.abs(numerator.astype(f64) / denominator.astype(f64))
    return (quotient < np.finfo(numerator.dtype).tiny) & (numerator != 0) & np.isfinite(denominator)
