"""Float formats of 4 and 8 bits by their definition: a table of magnitudes, and the nearest code by search.

OCP 8-bit Floating Point 1.0 and OCP Microscaling Formats 1.0; nothing here knows a cast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Format:
    """A float format: bits of the mantissa, bias, the number of finite codes of one sign, the code of NaN."""

    mantissa: int
    bias: int
    finite: int
    nan: int | None = None

    def table(self) -> Array:
        """The magnitudes of the codes, in order."""
        codes = [divmod(code, 1 << self.mantissa) for code in range(self.finite)]
        return np.array([self._value(exponent, rest / (1 << self.mantissa)) for exponent, rest in codes])

    def _value(self, exponent: int, fraction: float) -> float:
        normal = exponent > 0
        return math.ldexp(fraction + normal, max(exponent, 1) - self.bias)

    def encode(self, x: Array) -> Array:
        """The codes nearest to numbers within the range of the format."""
        table, sign = self.table(), np.signbit(x) * (8 if self.finite == 8 else 128)
        middles = (table[:-1] + table[1:]) / 2
        a = np.where(np.isnan(x), 0.0, np.abs(x)).astype(np.float64)
        below = np.searchsorted(middles, a, side="left")
        tie = below < len(middles)
        tie &= middles[np.minimum(below, len(middles) - 1)] == a
        codes = below + (tie & (below % 2 == 1)) + sign
        if self.nan == 0x80:  # the fnuz formats have no negative zero: its code is NaN
            codes = np.where(codes == 0x80, 0, codes)
        nan = codes if self.nan is None else self.nan
        return np.where(np.isnan(x), nan, codes).astype(np.uint8)


E4M3, E5M2 = Format(3, 7, 0x7F, 0x7F), Format(2, 15, 0x7C, 0x7F)
E4M3_FNUZ, E5M2_FNUZ, E2M1 = Format(3, 8, 0x80, 0x80), Format(2, 16, 0x80, 0x80), Format(1, 1, 8)


def exponent_of(x: float) -> float:
    """The largest power of two in a positive number; infinity of what is not finite, 0 of what is no normal f32."""
    if not math.isfinite(x):
        return math.inf
    return math.ldexp(1.0, math.frexp(x)[1] - 1) if x >= 2.0**-126 else 0.0


def power_above(x: float) -> float:
    """The smallest power of two that is no less."""
    return x if not math.isfinite(x) or x == exponent_of(x) else 2 * exponent_of(x)


def e8m0(scales: Array) -> Array:
    """The codes of powers of two: the exponent with a bias of 127; 255 for NaN and what is infinite."""
    return np.array([[255 if not math.isfinite(s) else math.frexp(s)[1] - 1 + 127 for s in row] for row in scales])
