"""Arithmetic that numpy does not have: correctly rounded fma, AMD's min and max, exponents, transcendentals.

Sources: S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to
odd", IEEE TC 2008; AMD, "RDNA3 Instruction Set Architecture" and "AMD Instinct MI300 Instruction Set Architecture",
sections "VOP1 Instructions", "VOP2 Instructions" and "VOP3 Instructions".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from irfuse.emulate.state import Array

f16, f32, f64 = np.float16, np.float32, np.float64
LEAST_NORMAL = f32(2.0**-126)


def exact_sum(x: Array, y: Array, z: Array) -> Array:
    """``x * y + z`` of f16 or f32 numbers as f64 rounded to odd: narrowed, it is rounded as if it were exact.

    The product is exact in f64. So is the sum's rounding error, by Knuth's two-sum.
    """
    return odd_sum(x.astype(f64) * y.astype(f64), z.astype(f64))


def two_sum(x: Array, y: Array) -> tuple[Array, Array]:
    """``x + y`` of f64 numbers and its rounding error, which is exact."""
    total = x + y
    back = total - x
    return total, (x - (total - back)) + (y - back)


def odd_sum(x: Array, y: Array) -> Array:
    """``x + y`` of f64 numbers rounded to odd."""
    total, error = two_sum(np.atleast_1d(x), y)
    bits = total.view(np.int64)
    away = np.where((error > 0) == (total > 0), 1, -1)
    inexact = (error != 0) & (bits & 1 == 0) & np.isfinite(total) & np.isfinite(error)
    return np.where(inexact, bits + away, bits).view(f64)


def fma(x: Array, y: Array, z: Array) -> Array:
    """V_FMA_F32: ``x * y + z``, rounded once."""
    return exact_sum(x, y, z).astype(f32)


def fma_f16(x: Array, y: Array, z: Array) -> Array:
    """V_FMA_F16: ``x * y + z``, rounded once."""
    return exact_sum(x, y, z).astype(f16)


def _quieted(x: Array) -> Array:
    """A signalling NaN made quiet; other numbers as they are."""
    bits, quiet = _bits_and_quiet(x)
    return np.where(np.isnan(x), bits | quiet, bits).view(x.dtype)


def _is_signalling(x: Array) -> Array:
    bits, quiet = _bits_and_quiet(x)
    return np.isnan(x) & (bits & quiet == 0)


def _bits_and_quiet(x: Array) -> tuple[Array, Any]:
    """The bits of numbers, and of them that which makes a NaN quiet."""
    word: Any = {2: np.uint16, 4: np.uint32, 8: np.uint64}[x.dtype.itemsize]
    return np.ascontiguousarray(x).view(word), word(1 << np.finfo(x.dtype).nmant - 1)


def maximum_number(x: Array, y: Array) -> Array:
    """The larger; the number where the other is NaN; 0 rather than -0."""
    zeros = np.where(np.signbit(x) & np.signbit(y), -x.dtype.type(0), x.dtype.type(0))
    return np.where((x == 0) & (y == 0), zeros, np.fmax(_quieted(x), _quieted(y)))


def minimum_number(x: Array, y: Array) -> Array:
    """The smaller; the number where the other is NaN; -0 rather than 0."""
    zeros = np.where(np.signbit(x) | np.signbit(y), -x.dtype.type(0), x.dtype.type(0))
    return np.where((x == 0) & (y == 0), zeros, np.fmin(_quieted(x), _quieted(y)))


def maximum_ieee(x: Array, y: Array) -> Array:
    """V_MAX_F32 in IEEE mode: as `maximum_number`, but a signalling NaN wins, made quiet."""
    return np.where(_is_signalling(x), _quieted(x), np.where(_is_signalling(y), _quieted(y), maximum_number(x, y)))


def minimum_ieee(x: Array, y: Array) -> Array:
    """V_MIN_F32 in IEEE mode: as `minimum_number`, but a signalling NaN wins, made quiet."""
    return np.where(_is_signalling(x), _quieted(x), np.where(_is_signalling(y), _quieted(y), minimum_number(x, y)))


def maximum(x: Array, y: Array) -> Array:
    """V_MAXIMUM_F32: the larger; NaN where one is; 0 rather than -0."""
    return np.where(np.isnan(x) | np.isnan(y), x + y, maximum_number(x, y))


def minimum(x: Array, y: Array) -> Array:
    """V_MINIMUM_F32: the smaller; NaN where one is; -0 rather than 0."""
    return np.where(np.isnan(x) | np.isnan(y), x + y, minimum_number(x, y))


def median(x: Array, y: Array, z: Array) -> Array:
    """V_MED3: the number in the middle; where one is NaN, the least of the others."""
    middle = maximum_number(minimum_number(x, y), minimum_number(maximum_number(x, y), z))
    least = minimum_number(minimum_number(x, y), z)
    return np.where(np.isnan(x) | np.isnan(y) | np.isnan(z), least, middle)


def scaled(x: Array, exponent: Array) -> Array:
    """V_LDEXP: ``x * 2**exponent`` of f16, f32 or f64, rounded once."""
    bounded = np.clip(exponent.astype(np.int64), -2200, 2200).astype(np.int32)
    return np.ldexp(x.astype(f64), bounded).astype(x.dtype)


def exponent_of(x: Array) -> Array:
    """The biased exponent of f32 or f64 numbers, int32."""
    about = np.finfo(x.dtype)
    bits = np.ascontiguousarray(x).view(f"i{x.dtype.itemsize}")
    return ((bits >> about.nmant) & ((1 << about.nexp) - 1)).astype(np.int32)


def mantissa(x: Array) -> Array:
    """V_FREXP_MANT: the significand, from 1/2 to 1; what is not finite stays."""
    return np.where(np.isfinite(x), np.frexp(x)[0], x)


def exponent(x: Array) -> Array:
    """V_FREXP_EXP: the exponent that goes with `mantissa`, int32; 0 of what is not finite."""
    return np.where(np.isfinite(x), np.frexp(x)[1], 0).astype(np.int32)


def fraction(x: Array) -> Array:
    """V_FRACT: ``x - floor(x)``, less than 1."""
    return np.minimum(x - np.floor(x), np.nextafter(x.dtype.type(1), x.dtype.type(0)))


def flushed(x: Array) -> Array:
    """Subnormal numbers as zeros of their sign."""
    return np.where(np.abs(x) < LEAST_NORMAL, np.copysign(f32(0), x), x)


def exp2(x: Array) -> Array:
    """V_EXP_F32: ``2**x``, correctly rounded here; takes and gives no subnormal numbers."""
    return flushed(np.exp2(flushed(x).astype(f64)).astype(f32))


def log2(x: Array) -> Array:
    """V_LOG_F32: the logarithm to base 2, correctly rounded here; takes no subnormal numbers."""
    return np.log2(flushed(x).astype(f64)).astype(f32)


def reciprocal(x: Array) -> Array:
    """V_RCP_F32: ``1 / x``, correctly rounded here."""
    return (1.0 / x.astype(f64)).astype(f32)


def reciprocal_root(x: Array) -> Array:
    """V_RSQ_F32: ``1 / sqrt(x)``, correctly rounded here but for a second rounding of f64."""
    return (1.0 / np.sqrt(x.astype(f64))).astype(f32)


def root(x: Array) -> Array:
    """V_SQRT_F32: correctly rounded here."""
    return np.sqrt(x.astype(f64)).astype(f32)


def multiply_add(x: Array, y: Array, z: Array) -> Array:
    """V_MAD_F32: ``x * y + z``, rounded twice; takes and gives no subnormal numbers."""
    return flushed(flushed(flushed(x) * flushed(y)) + flushed(z))
