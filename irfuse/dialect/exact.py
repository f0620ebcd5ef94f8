"""What element types hold exactly: numbers, and all the values of other types."""

from __future__ import annotations

import math

from xdsl.dialects.builtin import BFloat16Type, Float16Type, Float32Type, Float64Type, IntegerType, Signedness
from xdsl.ir import Attribute

_FLOATS: dict[type[Attribute], tuple[int, int, int]] = {
    BFloat16Type: (8, -133, 128),
    Float16Type: (11, -24, 16),
    Float32Type: (24, -149, 128),
    Float64Type: (53, -1074, 1024),
}
"""Of a float type: its digits, the exponent of its least number, and that of the first power of two beyond it."""


def holds(element: Attribute, number: float) -> bool:
    """Whether an element type has this very number; False for types of 8-bit floats, which nothing asks about."""
    if isinstance(element, IntegerType):
        return (
            math.isfinite(number) and number == int(number) and range_of(element)[0] <= number <= range_of(element)[1]
        )
    if type(element) not in _FLOATS or (isinstance(number, int) and number != int(float(number))):
        return False
    if number == 0 or not math.isfinite(number):
        return True
    digits, least, end = _FLOATS[type(element)]
    _, exponent = math.frexp(number)
    return exponent <= end and math.ldexp(number, -max(exponent - digits, least)).is_integer()


def holds_all(element: Attribute, source: Attribute) -> bool:
    """Whether an element type has every value of another one."""
    if element == source:
        return True
    if isinstance(source, IntegerType):
        return all(holds(element, end) for end in range_of(source)) and _has_digits(element, source)
    if type(source) not in _FLOATS or type(element) not in _FLOATS:
        return False
    (digits, least, end), (more, lower, beyond) = _FLOATS[type(source)], _FLOATS[type(element)]
    return more >= digits and lower <= least and beyond >= end


def _has_digits(element: Attribute, source: IntegerType) -> bool:
    """Whether a float type has a digit for each bit of an integer, so that no number between its ends is rounded."""
    return isinstance(element, IntegerType) or source.bitwidth <= _FLOATS[type(element)][0]


def range_of(element: IntegerType) -> tuple[int, int]:
    """The least and the greatest number of an integer type, as torch has it: signed unless it says otherwise."""
    width = element.bitwidth
    if width == 1 or element.signedness.data is Signedness.UNSIGNED:
        return 0, (1 << width) - 1
    return -(1 << (width - 1)), (1 << (width - 1)) - 1
