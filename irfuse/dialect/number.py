"""How a Python number stands in the text of an op: always so that it can be read again."""

from __future__ import annotations

import math

from xdsl.dialects.builtin import FloatAttr, f64
from xdsl.irdl import IRDLOperation
from xdsl.irdl.declarative_assembly_format import (
    AttributeVariable,
    CustomDirective,
    ParsingState,
    PrintingState,
    irdl_custom_directive,
)
from xdsl.parser import Parser
from xdsl.printer import Printer

_WORDS = {"inf": math.inf, "neg_inf": -math.inf, "nan": math.nan}


@irdl_custom_directive
class Number(CustomDirective):
    """An f64 property as ``4.480000e+02``, with all its digits where these are not enough, or as one of three words.

    xDSL prints what has more digits as bits, which it does not read in this place.
    """

    attr: AttributeVariable

    def parse(self, parser: Parser, state: ParsingState) -> None:
        """Read a number."""
        word = next((w for w in _WORDS if parser.parse_optional_keyword(w) is not None), None)
        value = parser.parse_float() if word is None else _WORDS[word]
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
        return "nan" if value != value else ("inf" if value > 0 else "neg_inf")
    short, exact = f"{value:.6e}", repr(value)
    if float(short) == value:
        return short
    return exact if "." in exact else exact.replace("e", ".0e")
