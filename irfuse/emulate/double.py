"""Arithmetic of f64 that numpy does not have: a fused multiply-add, and the digits of 2/pi.

Sources: S. Boldo and G. Melquiond, as in `arithmetic`; T. J. Dekker, "A floating-point technique for extending the
available precision", 1971; AMD, "RDNA3 Instruction Set Architecture", section "VOP3 Instructions".
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np

from irfuse.emulate.arithmetic import exponent_of, f64, odd_sum, two_sum
from irfuse.emulate.state import Array

DIGITS = 1201
"""The bits of 2/pi that V_TRIG_PREOP_F64 has."""


def fma(x: Array, y: Array, z: Array, scale: Array | int = 0) -> Array:
    """``(x * y + z) * 2**scale`` of f64, rounded once."""
    x, y, z, scale = np.broadcast_arrays(x, y, z, scale)
    high, low = _product(x, y)
    middle, last = two_sum(z, low)
    total, rest = two_sum(high, middle)
    near = np.asarray(total + odd_sum(last, rest).reshape(total.shape))
    near = np.where(near == 0, x * y + z, near)
    is_plain = (scale == 0) & _is_moderate(x) & _is_moderate(y) & _is_moderate(z)
    for at in zip(*np.nonzero(~is_plain), strict=True):
        near[at] = _exact(float(x[at]), float(y[at]), float(z[at]), int(scale[at]))
    return near


def _is_moderate(x: Array) -> Array:
    """Whether no step of `fma` with such numbers leaves the range of f64."""
    return (x == 0) | (np.abs(exponent_of(x) - 1023) < 300)


def _product(x: Array, y: Array) -> tuple[Array, Array]:
    """``x * y`` and its rounding error."""
    (a, b), (c, d), product = _halves(x), _halves(y), x * y
    return product, ((a * c - product) + a * d + b * c) + b * d


def _halves(x: Array) -> tuple[Array, Array]:
    large = x * f64(2**27 + 1)
    high = large - (large - x)
    return high, x - high


def _exact(x: float, y: float, z: float, scale: int) -> float:
    """The same by fractions, of numbers of any size."""
    plain = float(f64(x) * f64(y) + f64(z))
    if not np.isfinite([x, y, z]).all():
        return plain
    total = (Fraction(x) * Fraction(y) + Fraction(z)) * Fraction(2) ** scale
    if total == 0:
        return plain
    try:
        return float(total) or (-0.0 if total < 0 else 0.0)
    except OverflowError:
        return float("-inf") if total < 0 else float("inf")


def trig_preop(x: Array, segment: Array) -> Array:
    """V_TRIG_PREOP_F64: of 2/pi the 53 bits that matter for the argument ``x``, from 53 times ``segment`` on."""
    exponent = exponent_of(x)
    shift = (segment & np.uint32(31)).astype(np.int64) * 53 + np.maximum(exponent - 1077, 0)
    result = np.zeros(shift.shape, f64)
    for by in np.unique(shift):
        bits = two_over_pi() >> (DIGITS - 53 - int(by)) if by <= DIGITS - 53 else two_over_pi() << int(by) - DIGITS + 53
        result[shift == by] = float(bits & (2**53 - 1))
    return np.ldexp(result, np.where(exponent >= 1968, 128, 0) - 53 - shift)


@cache
def two_over_pi() -> int:
    """The first bits of the fraction 2/pi, by Machin's formula."""
    one = 1 << DIGITS + 64
    pi = 4 * (4 * _arctangent_of_inverse(5, one) - _arctangent_of_inverse(239, one))
    return (2 * one << DIGITS) // pi


def _arctangent_of_inverse(x: int, one: int) -> int:
    term, total, n = one // x, 0, 1
    while term:
        total += term // n if n % 4 == 1 else -(term // n)
        term, n = term // (x * x), n + 2
    return total
