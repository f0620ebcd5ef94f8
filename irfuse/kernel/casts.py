"""The lines of a generated kernel between types: what a cast, a bitcast and a rounding to a result's type look like.

A tile of bf16 or f16 values is f32, rounded where the IR rounds, so a widening is no line. A quantised tile has its own
type, or is codes in bytes. A clamp that a cast makes good anyway is no line either.
"""

from __future__ import annotations

from xdsl.dialects.builtin import (
    Float4E2M1FNType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
    i32,
)
from xdsl.ir import Attribute, Operation, SSAValue

from irfuse import dialect as d
from irfuse.dialect.build import may_overflow
from irfuse.dialect.fp8 import FP8
from irfuse.dialect.types import is_wider, tensor_type
from irfuse.dialect.whole import is_held_in
from irfuse.kernel.quotients import is_idle_clamp
from irfuse.kernel.text import NARROW_FLOATS, Element, element_named, is_wide

_TO_BYTES: dict[type[Attribute], str] = {Float8E8M0FNUType: "to_e8m0", Float4E2M1FNType: "to_e2m1"}
"""The helpers that cast f32 to the types which tiles hold as codes."""

_TO_F32: dict[type[Attribute], str] = {
    Float8E8M0FNUType: "from_e8m0({})",
    Float8E4M3FNType: "{}.to(tl.float32)",
    Float8E5M2Type: "{}.to(tl.float32)",
    Float8E4M3FNUZType: "from_fnuz({})",
    Float8E5M2FNUZType: "from_fnuz({})",
}
"""How quantised tiles become f32."""


def type_of(value: SSAValue) -> Attribute:
    """The element type of a value."""
    return tensor_type(value).element_type


def element_of(value: SSAValue) -> Element:
    """Triton's names for the element type of a value. Raises NotLowerableError where it has none."""
    return element_named(type_of(value))


def is_free(op: Operation) -> bool:
    """Whether an op changes nothing in a tile: it widens bf16 or f16 values, or holds what a cast holds too."""
    if isinstance(op, d.ClampOp):
        return is_idle_clamp(op)
    return isinstance(op, d.CastOp) and is_wide(type_of(op.x)) and is_wider(type_of(op.result), type_of(op.x))


def cast(op: d.CastOp, x: str) -> str:
    """A tile in another type: quantised tiles have theirs, others are f32, rounded where the type is narrower."""
    source, target, tile = type_of(op.x), type_of(op.result), element_of(op.x).tile
    if type(source) in _TO_F32:
        x, tile = _TO_F32[type(source)].format(x), "tl.float32"
    if type(target) in _TO_BYTES:
        return f"{_TO_BYTES[type(target)]}({x})"
    if type(target) in FP8 and tile == "tl.float32":
        return _to_fp8(op, x)
    if target == i32 and is_wide(source) and not is_held_in(op.x, i32):
        return f"to_i32({x})"
    named = element_of(op.result)
    wide = x if named.tile == tile else f"{x}.to({named.tile})"
    return rounded(op.result, wide) if named.pointer in NARROW_FLOATS else wide


def _to_fp8(op: d.CastOp, x: str) -> str:
    """f32 as 8-bit floats. Triton's cast saturates; by another rule codes stand in for what lies beyond the range.

    For fnuz formats infinity is taken to the range first, as one of Triton's conversions makes NaN of it.
    """
    element = type_of(op.result)
    fp8, tile = FP8[type(element)], element_named(element).tile
    if not may_overflow(op.x, element):
        return f"{x}.to({tile})"
    code = fp8.code(op.beyond)
    if code is not None:
        return f"overflowing({x}, {tile}, {fp8.last!r}, {code}, {0 if fp8.is_fnuz else 128})"
    held = f"nan_min(nan_max({x}, -{fp8.largest}), {fp8.largest})" if fp8.is_fnuz else x
    return f"{held}.to({tile})"


def bitcast(op: d.BitcastOp, x: str) -> str:
    """A tile's bits as another type, by way of the type that the values have in memory."""
    text = in_memory(op.x, op.result, x)
    return f"{text}.to(tl.float32)" if element_of(op.result).pointer in NARROW_FLOATS else text


def in_memory(value: SSAValue, target: SSAValue, x: str) -> str:
    """A tile of a value in the type that it has in memory, and its bits as those of another value's type."""
    before, after = element_of(value), element_of(target)
    text = f"{x}.to({NARROW_FLOATS[before.pointer]})" if before.pointer in NARROW_FLOATS else x
    if type_of(value) == type_of(target):
        return text
    return f"{text}.to({NARROW_FLOATS.get(after.pointer, after.tile)}, bitcast=True)"


def rounded(result: SSAValue, text: str) -> str:
    """A value as its type has it: floats rounded, integers wrapped."""
    element = element_of(result)
    if element.pointer in NARROW_FLOATS:
        return f"({text}).to({NARROW_FLOATS[element.pointer]}).to(tl.float32)"
    return text if element.pointer in ("fp32", "i32", "i64") else f"({text}).to({element.tile})"
