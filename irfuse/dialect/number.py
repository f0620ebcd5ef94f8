"""How a Python number stands in the text of an op: always so that it can be read again, with all its bits."""

from __future__ import annotations

import math
import struct

from xdsl.dialects.builtin import FloatAttr, f64
from xdsl.irdl import IRDLOperation
from xdsl.irdl.declarative_assembly_format import (
    AttributeVariable,
    CustomDirective,
    ParsingState,
    PrintingState,
    irdl_custom_directive,
)
from xdsl.parser import AttrParser, Parser
from xdsl.printer import Printer

_WORDS = {"inf": math.inf, "neg_inf": -math.inf, "nan": math.nan}


def bits_of(value: float) -> int:
    """A double by its bits, which tell -0.0 from 0.0 and one NaN from another as equality does not."""
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def double_of(bits: int) -> float:
    """The double that has these bits."""
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def nan_text(value: float) -> str:
    """A NaN in text: with its bits, where it is another one than ``nan``."""
    return "nan" if bits_of(value) == bits_of(math.nan) else f"nan(0x{bits_of(value):016x})"


def parse_nan(parser: AttrParser) -> float:
    """What `nan_text` wrote, behind its word."""
    if parser.parse_optional_punctuation("(") is None:
        return math.nan
    bits = parser.parse_integer(allow_boolean=False, allow_negative=False)
    parser.parse_punctuation(")")
    if bits >= 1 << 64 or not math.isnan(double_of(bits)):
        parser.raise_error(f"0x{bits:016x} are not the bits of a NaN of 64 bits")
    return double_of(bits)


@irdl_custom_directive
class Number(CustomDirective):
    """An f64 property as ``4.480000e+02``, with all its digits where these are not enough, or as one of three words.

    A NaN that has a sign or a payload is ``nan(0xfff8000000000000)``, as C's library writes it.
    xDSL prints what has more digits as bits, which it does not read in this place.
    """

    attr: AttributeVariable

    def parse(self, parser: Parser, state: ParsingState) -> None:
        """Read a number."""
        word = next((w for w in _WORDS if parser.parse_optional_keyword(w) is not None), None)
        value = parser.parse_float() if word is None else parse_nan(parser) if word == "nan" else _WORDS[word]
        self.attr.set(state, FloatAttr(value, f64))

    def print(self, printer: Printer, state: PrintingState, op: IRDLOperation) -> None:
        """Write the number."""
        state.print_whitespace(printer)
        attr = self.attr.get(op)
        assert isinstance(attr, FloatAttr)
        printer.print_string(_text(attr.value.data))

    def is_present(self, op: IRDLOperation) -> bool:
        """Whether the property is there."""
        return self.attr.get(op) is not None

    def is_anchorable(self) -> bool:
        """Optional groups may depend on it."""
        return True

    def set_empty(self, state: ParsingState) -> None:
        """Nothing to do for a property that is not there."""


def _text(value: float) -> str:
    if not math.isfinite(value):
        return nan_text(value) if value != value else ("inf" if value > 0 else "neg_inf")
    short, exact = f"{value:.6e}", repr(value)
    if float(short) == value:
        return short
    return exact if "." in exact else exact.replace("e", ".0e")
