"""Conversions between number formats: narrow floats, integers, and the fields of a word.

Sources: AMD, "AMD Instinct MI300 Instruction Set Architecture" and "RDNA4 Instruction Set Architecture", sections "VOP1
Instructions" and "VOP3 Instructions" (V_CVT_*); OCP, "8-bit Floating Point Specification" 1.0; LLVM, "AMDGPU Usage",
MODE.FP16_OVFL, for what happens beyond the range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from irfuse.emulate.arithmetic import f16, f32, f64
from irfuse.emulate.state import Array


@dataclass(frozen=True)
class Fp8:
    """An 8-bit float format: bits of the mantissa, exponent bias, the largest finite code, the code of NaN.

    Without negative zero (fnuz) NaN is 0x80 whatever its sign.
    """

    mantissa: int
    bias: int
    largest: int
    nan: int
    infinity: int | None = None

    @property
    def has_negative_zero(self) -> bool:
        """Whether 0x80 is a zero."""
        return self.nan != 0x80


E4M3, E5M2 = Fp8(3, 7, 0x7E, 0x7F), Fp8(2, 15, 0x7B, 0x7F, infinity=0x7C)
E4M3_FNUZ, E5M2_FNUZ = Fp8(3, 8, 0x7F, 0x80), Fp8(2, 16, 0x7F, 0x80)


def to_fp8(x: Array, to: Fp8, *, saturate: bool) -> Array:
    """f32 numbers as codes, u32, to nearest even; beyond the range the largest code or, not saturating, inf or NaN."""
    sign = np.where(np.signbit(x), 0x80, 0)
    magnitude = np.abs(np.where(np.isfinite(x), x, f32(0))).astype(f64)
    exponent = np.maximum(np.where(magnitude > 0, np.frexp(magnitude)[1] - 1, -1000), 1 - to.bias)
    steps = np.rint(np.ldexp(magnitude, to.mantissa - exponent)).astype(np.int64)
    code = steps + ((exponent + to.bias - 1) << to.mantissa)
    outside = to.infinity if to.infinity is not None else to.nan
    beyond = to.largest if saturate else outside
    is_beyond = (code > to.largest) | np.isinf(x)
    code = np.where(is_beyond, beyond, code) | sign
    if not to.has_negative_zero:
        code = np.where((code == 0x80) | (is_beyond & (beyond == to.nan)), np.where(is_beyond, 0x80, 0), code)
    nan = to.nan | sign if to.has_negative_zero else np.full_like(sign, to.nan)
    return np.where(np.isnan(x), nan, code).astype(np.uint32)


def from_fp8(code: Array, of: Fp8) -> Array:
    """Codes, u32 of which 8 bits count, as f32 numbers."""
    code = code.astype(np.int64) & 0xFF
    magnitude = code & 0x7F
    exponent, fraction = magnitude >> of.mantissa, magnitude & ((1 << of.mantissa) - 1)
    significand = fraction + np.where(exponent > 0, 1 << of.mantissa, 0)
    value = np.ldexp(significand.astype(f64), np.maximum(exponent, 1) - of.bias - of.mantissa)
    value = np.where(code & 0x80, -value, value)
    if not of.has_negative_zero:
        return np.where(code == 0x80, np.nan, value).astype(f32)
    if of.infinity is not None:
        value = np.where(magnitude == of.infinity, np.copysign(np.inf, value), value)
    return np.where(magnitude > (of.infinity or of.largest), np.nan, value).astype(f32)


def to_bf16(x: Array) -> Array:
    """f32 numbers as bf16 bits, u32, to nearest even; NaN stays NaN."""
    bits = np.ascontiguousarray(x).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return np.where(np.isnan(x), (bits >> np.uint32(16)) | np.uint32(0x40), rounded)


def from_bf16(bits: Array) -> Array:
    """bf16 bits, of any unsigned type, as f32 numbers."""
    return (bits.astype(np.uint32) << np.uint32(16)).view(f32)


def to_integer(dtype: Any) -> Any:
    """V_CVT_U32_F32, V_CVT_I32_F32 and the like: towards zero, the nearest of the range beyond it, 0 of NaN."""
    bounds = np.iinfo(dtype)

    def convert(x: Array) -> Array:
        whole = np.trunc(np.where(np.isnan(x), x.dtype.type(0), x).astype(f64))
        return np.clip(whole, float(bounds.min), float(bounds.max)).astype(np.int64).astype(dtype)

    return convert


def packed(low: Array, high: Array) -> Array:
    """Two numbers of 16 bits, as u32 of which the others are ignored, in one word."""
    return (low & np.uint32(0xFFFF)) | (high << np.uint32(16))


def half_bits(x: Array) -> Array:
    """f32 numbers as f16 bits, u32, to nearest even."""
    return x.astype(f16).view(np.uint16).astype(np.uint32)


def half_bits_towards_zero(x: Array) -> Array:
    """f32 numbers as f16 bits, u32, towards zero: beyond the range the largest number, infinity only of infinity."""
    nearest = x.astype(f16)
    is_above = np.abs(nearest.astype(f64)) > np.abs(x.astype(f64))
    return (nearest.view(np.uint16) - is_above.astype(np.uint16)).astype(np.uint32)
