"""Oracles of instructions on f16 and f64, and of conversions, as `instruction_oracles` has: on Python's numbers."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import scalar_oracles as o
import torch
from scalar_oracles import M32

Oracle = Callable[..., Any]


def f16(x: float) -> float:
    """f64 rounded once to f16."""
    try:
        return struct.unpack("<e", struct.pack("<e", x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def fma_f64(x: float, y: float, z: float) -> float:
    """``x * y + z`` by fractions; of what is not finite, by f64."""
    exact = Fraction(x) * Fraction(y) + Fraction(z) if all(map(math.isfinite, (x, y, z))) else 0
    try:
        return float(exact) if exact else x * y + z
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def unfused(x: float, y: float, z: float) -> float:
    """``x * y + z`` in f32, rounded twice, with subnormal numbers as zeros."""
    x, y, z = (flushed(v) for v in (x, y, z))
    return flushed(o.f32(flushed(o.f32(x * y)) + z))


def flushed(x: float) -> float:
    """A subnormal f32 as a zero of its sign."""
    return math.copysign(0.0, x) if abs(x) < 2.0**-126 else x


def by_torch(name: str, dtype: torch.dtype) -> Oracle:
    """A function of f64 numbers that torch has, rounded to a type."""

    def call(x: float) -> float:
        made = (
            math.sqrt(x) if name == "sqrt" and x > 0 else getattr(torch.tensor(x, dtype=torch.float64), name)().item()
        )
        return f16(made) if dtype == torch.float16 else made

    return call


def fract(most: float, rounded: Oracle) -> Oracle:
    """The part of a number beyond the whole one below it, less than 1."""
    floor = o.whole(math.floor)
    return lambda x: min(rounded(x - floor(x)), most) if math.isfinite(x) else math.nan


def scaled(x: float, n: int) -> float:
    """``x * 2**n`` in f64."""
    try:
        return math.ldexp(x, n)
    except OverflowError:
        return math.copysign(math.inf, x)


def f32_of_f64(x: float) -> float:
    """f64 rounded to f32 by torch."""
    return torch.tensor(x, dtype=torch.float64).to(torch.float32).item()


def two_codes(dtype: torch.dtype) -> Oracle:
    """Two fp8 codes as the bits of two f32 numbers."""

    def call(x: int) -> int:
        low, high = (torch.tensor(c, dtype=torch.uint8).view(dtype).item() for c in (x & 255, x >> 8 & 255))
        low, high = (o.bits_of(math.nan if math.isnan(v) else v) for v in (low, high))
        return low | high << 32

    return call


def by_halves(convert: Oracle) -> Oracle:
    """Two results of 16 bits in a word."""
    return lambda x, y: (convert(x) & 0xFFFF) | (convert(y) & 0xFFFF) << 16


TRANSCENDENTAL: dict[str, Oracle] = {
    f"{name}_{kind}": by_torch(function, dtype)
    for kind, dtype in (("f16", torch.float16), ("f64", torch.float64))
    for name, function in (("rcp", "reciprocal"), ("rsq", "rsqrt"), ("sqrt", "sqrt"), ("exp", "exp2"), ("log", "log2"))
    if kind == "f16" or name not in ("exp", "log")
}

SHARED: dict[str, Oracle] = {
    **dict.fromkeys(("max", "max_num"), o.larger),
    **dict.fromkeys(("min", "min_num"), o.smaller),
    "maximum": o.nan_or(o.larger),
    "minimum": o.nan_or(o.smaller),
    "floor": o.whole(math.floor),
    "ceil": o.whole(math.ceil),
    "trunc": o.whole(math.trunc),
    "rndne": o.whole(round),
    "frexp_mant": lambda x: math.frexp(x)[0],
}
"""The same for all types."""


def exponent(x: float) -> int:
    """The power of two above a number; 0 of what is not finite."""
    return math.frexp(x)[1] if math.isfinite(x) else 0


FLOATS: dict[str, Oracle] = {
    **{f"{name}_{kind}": f for name, f in SHARED.items() for kind in ("f16", "f64")},
    "add_f64": lambda x, y: x + y,
    "mul_f64": lambda x, y: x * y,
    **dict.fromkeys(("fma_f64", "fmac_f64"), fma_f64),
    **dict.fromkeys(("fmac_f16", "fmamk_f16", "fmaak_f16"), o.fma_f16),
    **dict.fromkeys(("mad_f32", "mac_f32", "madmk_f32", "madak_f32"), unfused),
    "subrev_f16": lambda x, y: f16(y - x),
    **dict.fromkeys(("max3_f16", "max3_num_f16"), o.three(o.larger)),
    **dict.fromkeys(("min3_f16", "min3_num_f16"), o.three(o.smaller)),
    **dict.fromkeys(("med3_f16", "med3_num_f16"), o.median),
    "maximum3_f16": o.nan_or(o.three(o.larger)),
    "minimum3_f16": o.nan_or(o.three(o.smaller)),
    "maximumminimum_f16": o.nan_or(lambda x, y, z: o.smaller(o.larger(x, y), z)),
    "minimummaximum_f16": o.nan_or(lambda x, y, z: o.larger(o.smaller(x, y), z)),
    "fract_f16": fract(1 - 2.0**-11, f16),
    "fract_f32": fract(1 - 2.0**-24, o.f32),
    "fract_f64": fract(1 - 2.0**-53, float),
    "ldexp_f16": lambda x, n: f16(scaled(x, n)),
    "ldexp_f64": scaled,
    "frexp_mant_f32": SHARED["frexp_mant"],
    "frexp_exp_i16_f16": exponent,
    "frexp_exp_i32_f32": exponent,
    "frexp_exp_i32_f64": exponent,
}

CONVERSIONS: dict[str, Oracle] = {
    "cvt_f32_f64": f32_of_f64,
    "cvt_f64_f32": lambda x: x,
    "cvt_f64_i32": float,
    "cvt_f64_u32": float,
    "cvt_i32_f64": o.to_integer(-(2**31), 2**31 - 1),
    "cvt_u32_f64": o.to_integer(0, M32),
    "cvt_i32_i16": lambda x: x,
    "cvt_u32_u16": lambda x: x,
    "cvt_pk_i16_f32": by_halves(o.to_integer(-0x8000, 0x7FFF)),
    "cvt_pk_u16_f32": by_halves(o.to_integer(0, 0xFFFF)),
    "cvt_pk_f32_fp8": two_codes(torch.float8_e4m3fnuz),
    "cvt_pk_f32_bf8": two_codes(torch.float8_e5m2fnuz),
}
