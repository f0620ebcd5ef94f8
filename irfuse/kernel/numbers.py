"""Numbers in the source of a kernel: rounded as torch keeps them, and spelled so that Triton keeps them too."""

from __future__ import annotations

import math
import struct

from xdsl.dialects.builtin import BFloat16Type, Float16Type, IntegerType
from xdsl.ir import Attribute

from irfuse.dialect.types import TORCH_NAMES
from irfuse.errors import NotLowerableError

LEAST_NORMAL = 2.0**-126
"""The smallest normal f32."""

_NAN = 0x7FC00000
"""The bits of the f32 NaN that compilers make."""

MINUS_ZERO = "minus_zero"
"""The name of a number that is -0.0, which compilers do not know."""

MINUS_ZERO_LINE = (
    f"{MINUS_ZERO} = ((y0_ptr.to(tl.int64) >> 63).to(tl.int32) | -2147483648).to(tl.float32, bitcast=True)"
)
"""Its line: the sign bit, or-ed with the upper bits of an address, which are zeros."""


def literal(value: float, element: Attribute) -> str:
    """A number as source text, in f32 or an integer type.

    Triton loses the sign of zero and takes denormal numbers for f64, so those are given by their bits, and so is a NaN
    with a sign or a payload. Raises NotLowerableError for what is no number of an integer type.
    """
    if isinstance(element, IntegerType):
        return _integer(value, element)
    narrow = f32(value)
    bits = struct.unpack("i", struct.pack("f", narrow))[0]
    if math.isnan(narrow):
        return f"from_bits({bits})" if bits != _NAN else "float('nan')"
    if not math.isfinite(narrow):
        return f"float('{narrow}')"
    return repr(narrow) if abs(narrow) >= LEAST_NORMAL or bits == 0 else f"from_bits({bits})"


def constant(value: float, element: Attribute) -> str:
    """A number as an entry of a tensor: rounded to its element type."""
    return literal(value if isinstance(element, IntegerType) else rounded(value, element), element)


def _integer(value: float, element: IntegerType) -> str:
    """A whole number in the range of its type, as torch wraps it."""
    width = element.bitwidth
    unsigned = TORCH_NAMES["uint8"] == element
    if value != value or abs(value) >= 2.0**width or value != int(value) or (unsigned and value < 0):
        raise NotLowerableError(reason=f"the number {value} is no {element}")
    if width == 1:
        return str(bool(value))
    signed = not unsigned and int(value) >> (width - 1) == 1
    return str(int(value) - (1 << width) if signed else int(value))


def rounded(value: float, element: Attribute) -> float:
    """A number as torch keeps it in an element type of f32, bf16 or f16; infinite where it is out of range."""
    single = f32(value)
    if math.isnan(single):
        return math.nan if isinstance(element, BFloat16Type) else single  # c10::BFloat16 has one NaN
    if isinstance(element, Float16Type):
        return _packed("e", single)
    if not isinstance(element, BFloat16Type) or not math.isfinite(single):
        return single
    bits = struct.unpack("I", struct.pack("f", single))[0]
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return float(struct.unpack("f", struct.pack("I", bits))[0])


def f32(value: float) -> float:
    """The nearest f32; infinite where the number is out of range."""
    return _packed("f", value)


def _packed(code: str, value: float) -> float:
    """The nearest number of a format of Python's struct; infinite where there is none."""
    try:
        return float(struct.unpack(code, struct.pack(code, value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)
