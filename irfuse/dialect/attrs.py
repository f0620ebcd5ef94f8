"""Attributes and types of the dialect: symbolic sizes and strides, and Python arguments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Data, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from irfuse.dialect.number import nan_text, parse_nan
from irfuse.dialect.sizes import Dim


@dataclass(frozen=True)
class Layout:
    """Names for the dynamic dimensions of a tensor, outermost first, and its strides where it is not contiguous."""

    dims: tuple[str, ...] = ()
    strides: tuple[Dim, ...] | None = None


@irdl_attr_definition
class DimsAttr(Data[Layout]):
    """Tensor encoding ``#irfuse.dims<"s77", strides = [1064, 1]>``: one name for each ``?``, strides in elements."""

    name = "irfuse.dims"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Layout:
        dims: list[str] = []
        with parser.in_angle_brackets():
            while (text := parser.parse_optional_str_literal()) is not None:
                if text.isdecimal():
                    parser.raise_error(f"a dynamic size has a name, not the number {text}")
                dims.append(text)
                if parser.parse_optional_punctuation(",") is None:
                    return Layout(tuple(dims))
            if parser.parse_optional_keyword("strides") is None:
                return Layout(tuple(dims))
            parser.parse_punctuation("=")
            strides = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: _parse_dim(parser))
        return Layout(tuple(dims), tuple(strides))

    def print_parameter(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_list(self.data.dims, printer.print_string_literal)
            if self.data.strides is not None:
                printer.print_string(", strides = [" if self.data.dims else "strides = [")
                printer.print_list(self.data.strides, lambda dim: _print_dim(printer, dim))
                printer.print_string("]")


def _parse_dim(parser: AttrParser) -> Dim:
    text = parser.parse_optional_str_literal()
    return parser.parse_integer() if text is None else text


def _print_dim(printer: Printer, dim: Dim) -> None:
    if isinstance(dim, int):
        printer.print_string(str(dim))
    else:
        printer.print_string_literal(dim)


@irdl_attr_definition
class SymIntType(ParametrizedAttribute, TypeAttribute):
    """``!irfuse.symint<"2*s77">``: a symbolic integer, a size of some tensor."""

    name = "irfuse.symint"
    expr: StringAttr


@irdl_attr_definition
class ObjectType(ParametrizedAttribute, TypeAttribute):
    """``!irfuse.object``: a Python value that the importer carries and does not model (a bool, None, a sub-graph)."""

    name = "irfuse.object"


@dataclass(frozen=True)
class Operand:
    """In the arguments of an opaque op: its operand with this number."""

    index: int


@dataclass(frozen=True)
class Unknown:
    """In the arguments of an opaque op: a Python value that is carried with the FX node and has no text."""


@dataclass(frozen=True)
class Call:
    """The arguments of an FX node: positional and by keyword, nested tuples of numbers, strings and `Operand`."""

    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...] = ()


@irdl_attr_definition
class CallAttr(Data[Call]):
    """``#irfuse.call<x0, [-1, 128], dtype = "float32">``: how an FX node was called; ``x0`` is operand 0."""

    name = "irfuse.call"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Call:
        args: list[Any] = []
        kwargs: list[tuple[str, Any]] = []

        def entry() -> None:
            value = _parse_value(parser)
            if isinstance(value, _Word):
                parser.parse_punctuation("=")
                kwargs.append((value.text, _parse_value(parser)))
            else:
                args.append(value)

        parser.parse_comma_separated_list(parser.Delimiter.ANGLE, entry)
        return Call(tuple(args), tuple(kwargs))

    def print_parameter(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_list(self.data.args, lambda v: _print_value(printer, v))
            if self.data.args and self.data.kwargs:
                printer.print_string(", ")
            printer.print_list(self.data.kwargs, lambda kv: _print_keyword(printer, *kv))


@dataclass(frozen=True)
class _Word:
    """A bare word that is no value: the name of a keyword argument."""

    text: str


_WORDS: dict[str, Any] = {
    "none": None,
    "true": True,
    "false": False,
    "unknown": Unknown(),
    "inf": math.inf,
    "neg_inf": -math.inf,
}


def _parse_value(parser: AttrParser) -> Any:
    if (text := parser.parse_optional_str_literal()) is not None:
        return text
    if (word := parser.parse_optional_identifier()) is not None:
        if word[0] == "x" and word[1:].isdigit():
            return Operand(int(word[1:]))
        return parse_nan(parser) if word == "nan" else _WORDS[word] if word in _WORDS else _Word(word)
    if (
        items := parser.parse_optional_comma_separated_list(parser.Delimiter.SQUARE, lambda: _parse_value(parser))
    ) is not None:
        return tuple(items)
    return parser.parse_number()


def _print_keyword(printer: Printer, key: str, value: Any) -> None:
    printer.print_string(f"{key} = ")
    _print_value(printer, value)


def _print_value(printer: Printer, value: Any) -> None:
    if isinstance(value, str):
        printer.print_string_literal(value)
    elif isinstance(value, tuple):
        with printer.in_square_brackets():
            printer.print_list(value, lambda v: _print_value(printer, v))
    elif isinstance(value, Operand):
        printer.print_string(f"x{value.index}")
    elif isinstance(value, float) and math.isfinite(value):
        text = repr(value)
        printer.print_string(text if "." in text else text.replace("e", ".0e"))
    elif isinstance(value, float) and math.isnan(value):
        printer.print_string(nan_text(value))
    else:
        printer.print_string(_word_of(value))


def _word_of(value: Any) -> str:
    for word, meaning in _WORDS.items():
        if type(meaning) is type(value) and meaning == value:
            return word
    return str(value)
