"""What instructions compute on one lane, in Python's integers, fractions and f64: nothing of it is the emulator's."""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import torch

M32, M64 = 2**32 - 1, 2**64 - 1


def f32(x: float) -> float:
    """f64 rounded to f32 by torch."""
    return torch.tensor(x, dtype=torch.float64).to(torch.float32).item()


def f16(x: float) -> float:
    """f64 rounded to f16, of numbers that f32 has, by torch."""
    return torch.tensor(x, dtype=torch.float32).to(torch.float16).item()


def signed(x: int, width: int = 32) -> int:
    """The number that a field of so many bits is in two's complement."""
    x &= (1 << width) - 1
    return x - (1 << width) if x >> (width - 1) else x


def nearest(exact: Fraction, mantissa: int, least: int, most: int) -> float:
    """A fraction rounded to nearest even: a significand of ``mantissa`` bits, exponents of its unit from ``least``."""
    if exact == 0:
        return 0.0
    size = abs(exact)
    exponent = max(math.floor(math.log2(size)) - mantissa - 1, least) if size > Fraction(1, 2**1000) else least
    while size / Fraction(2) ** exponent >= 2**mantissa:
        exponent += 1
    units = round(size / Fraction(2) ** exponent)
    value = (
        math.inf if units * Fraction(2) ** exponent >= Fraction(2) ** most else float(units * Fraction(2) ** exponent)
    )
    return math.copysign(value, exact)


def fma(x: float, y: float, z: float, mantissa: int = 24, least: int = -149, most: int = 128) -> float:
    """``x * y + z`` by fractions; of what is not finite, by f64."""
    if not all(map(math.isfinite, (x, y, z))):
        return x * y + z
    exact = Fraction(x) * Fraction(y) + Fraction(z)
    return nearest(exact, mantissa, least, most) if exact else x * y + z


def fma_f16(x: float, y: float, z: float) -> float:
    """``x * y + z`` in f16."""
    return fma(x, y, z, 11, -24, 16)


def larger(x: float, y: float) -> float:
    """The maximum that prefers numbers to NaN, and 0 to -0."""
    if math.isnan(x) or math.isnan(y):
        return y if math.isnan(x) else x
    return max((x, math.copysign(1, x)), (y, math.copysign(1, y)))[0]


def smaller(x: float, y: float) -> float:
    """The minimum that prefers numbers to NaN, and -0 to 0."""
    return -larger(-x, -y)


def nan_or(choose: Callable[..., float]) -> Callable[..., float]:
    """NaN where one of the numbers is."""
    return lambda *xs: math.nan if any(map(math.isnan, xs)) else choose(*xs)


def three(choose: Callable[..., Any]) -> Callable[..., Any]:
    """A function of two numbers on three."""
    return lambda x, y, z: choose(choose(x, y), z)


def median(x: float, y: float, z: float) -> float:
    """The middle one; the least number where one is NaN."""
    if any(map(math.isnan, (x, y, z))):
        return three(smaller)(x, y, z)
    return sorted((x, y, z), key=lambda v: (v, math.copysign(1, v)))[1]


def whole(round_it: Callable[[float], int]) -> Callable[[float], float]:
    """A rounding to whole numbers as a function of floats, which keeps the sign of zero and what is not finite."""
    return lambda x: math.copysign(round_it(x), x) if math.isfinite(x) else x


def to_integer(low: int, high: int) -> Callable[[float], int]:
    """Truncation into a range; 0 of NaN."""
    return lambda x: 0 if math.isnan(x) else int(max(min(x, high), low))


def bits_of(x: float) -> int:
    """The bits of an f32."""
    return struct.unpack("<I", struct.pack("<f", x))[0]


def half_bits(x: float) -> int:
    """The bits of the nearest f16."""
    return torch.tensor(x).to(torch.float16).view(torch.int16).item() & 0xFFFF


def half_bits_down(x: float) -> int:
    """The bits of the f16 that is nearest towards zero."""
    bits = half_bits(x)
    return bits - (abs(torch.tensor(x).half().double().item()) > abs(x))


def bf16_bits(x: float) -> int:
    """The bits of the nearest bf16."""
    return torch.tensor(x).to(torch.bfloat16).view(torch.int16).item() & 0xFFFF


def fp8_bits(x: float, dtype: torch.dtype) -> int:
    """The code of a number within the range."""
    return torch.tensor(x).to(dtype).view(torch.uint8).item()


def field(x: int, offset: int, width: int) -> int:
    """A field of a word."""
    return (x & M32) >> (offset & 31) & ((1 << width) - 1)


def field64(x: int, about: int, *, is_signed: bool = False) -> int:
    """A field of 64 bits, whose place and width another word has."""
    width = min(about >> 16 & 127, 64)
    found = (x & M64) >> (about & 63) & ((1 << width) - 1)
    return signed(found, width) if is_signed and width else found


def leading_zeros(x: int, width: int = 32) -> int:
    """The zeros above the highest one; -1 of 0."""
    return width - x.bit_length() if x else -1


def leading_signs(x: int, width: int = 32) -> int:
    """The bits at the top that equal the sign; -1 where all do."""
    return leading_zeros(~x if x < 0 else x, width)


def trailing_zeros(x: int) -> int:
    """The zeros below the lowest one; -1 of 0."""
    return (x & -x).bit_length() - 1


def half_of(x: int) -> float:
    """The f16 in the lower half of a word."""
    return struct.unpack("<e", struct.pack("<H", x & 0xFFFF))[0]


def byte_of(high: int, low: int, code: int) -> int:
    """A byte of V_PERM_B32."""
    both = (high << 32) | low
    if code < 8:
        return both >> (8 * code) & 255
    if code < 12:
        return 255 * (both >> (16 * (code - 8) + 15) & 1)
    return 0 if code == 12 else 255


def permuted(high: int, low: int, selector: int) -> int:
    """V_PERM_B32."""
    return sum(byte_of(high, low, selector >> 8 * i & 255) << 8 * i for i in range(4))


def reversed_bits(x: int) -> int:
    """The bits of a word backwards."""
    return int(f"{x & M32:032b}"[::-1], 2)


def is_of_class(x: float, bits: int, classes: int) -> bool:
    """V_CMP_CLASS_F32."""
    if math.isnan(x):
        number = bits >> 22 & 1
    else:
        sizes = [math.isinf(x), abs(x) >= 2.0**-126, x != 0, True]
        number = sizes.index(True)
        number = 2 + number if math.copysign(1, x) < 0 else 9 - number
    return bool(classes >> number & 1)


ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
}
RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    **ORDER,
    "ne": operator.ne,
    "neq": operator.ne,
    "lg": lambda x, y: x < y or x > y,
    "o": lambda x, y: x == x and y == y,
    "u": lambda x, y: x != x or y != y,
    **{f"n{name}": (lambda x, y, f=f: not f(x, y)) for name, f in ORDER.items() if name != "eq"},
    "nlg": lambda x, y: not (x < y or x > y),
}
