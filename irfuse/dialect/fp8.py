"""The 8-bit floats: their largest numbers, where rounding leaves their range, and their codes for what lies beyond.

IEEE 754's rules for the formats of "FP8 Formats for Deep Learning" (e4m3fn, e5m2) and of "8-bit Numerical Formats for
Deep Neural Networks" (fnuz: one NaN, no infinity, no negative zero), as MLIR's builtin types and torch have them. What
a cast makes of numbers beyond the range is no property of a format but of who casts: `irfuse.dialect.enums.Overflow`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from xdsl.dialects.builtin import Float8E4M3FNType, Float8E4M3FNUZType, Float8E5M2FNUZType, Float8E5M2Type
from xdsl.ir import Attribute

from irfuse.dialect.enums import Overflow

F32_MANTISSA = 23


@dataclass(frozen=True)
class Fp8:
    """A format: ``mantissa`` bits behind the point, its largest number, and the codes of NaN and infinity.

    A negative NaN or infinity has the sign bit beside the code, but in fnuz formats, whose one NaN is that bit.
    """

    name: str
    mantissa: int
    largest: float
    nan: int
    infinity: int | None = None

    @property
    def is_fnuz(self) -> bool:
        """Whether the code of negative zero is NaN."""
        return self.nan == 128

    @property
    def last(self) -> float:
        """The last f32 number that rounds to the largest one: the middle to the next, or just below, by its parity."""
        exponent = math.frexp(self.largest)[1] - 1
        middle = self.largest + 2.0 ** (exponent - self.mantissa - 1)
        is_even = self.largest / 2.0 ** (exponent - self.mantissa) % 2 == 0
        return middle if is_even else middle - 2.0 ** (exponent - F32_MANTISSA)

    def code(self, overflow: Overflow) -> int | None:
        """The code of a positive number beyond the range; None where it is that of the largest number.

        Raises ValueError for infinity in a format that has none.
        """
        if overflow is Overflow.saturate:
            return None
        if overflow is Overflow.infinity and self.infinity is None:
            raise ValueError(f"{self.name} has no infinity")
        return self.nan if overflow is Overflow.nan else self.infinity


FP8: dict[type[Attribute], Fp8] = {
    Float8E4M3FNType: Fp8("e4m3fn", 3, 448.0, nan=127),
    Float8E5M2Type: Fp8("e5m2", 2, 57344.0, nan=127, infinity=124),
    Float8E4M3FNUZType: Fp8("e4m3fnuz", 3, 240.0, nan=128),
    Float8E5M2FNUZType: Fp8("e5m2fnuz", 2, 57344.0, nan=128),
}
"""The formats by MLIR's type."""
