"""The lines of a generated kernel between types: what a cast, a bitcast and a rounding to a result's type look like.

A tile of bf16 or f16 values is f32, rounded where the IR rounds, so a widening is no line. A quantised tile has its own
type, or is codes in bytes. A clamp that a cast makes good anyway is no line either.
"""

from __future__ import annotations

from xdsl.dialects.builtin import Float4E2M1FNType, Float8E4M3FNType, Float8E5M2Type, Float8E8M0FNUType
from xdsl.ir import Attribute, Operation, SSAValue

from irfuse import dialect as d
from irfuse.dialect.types import is_wider, tensor_type
from irfuse.kernel.quotients import is_idle_clamp
from irfuse.kernel.text import NARROW_FLOATS, Element, element_named, is_wide

_TO_BYTES: dict[type[Attribute], str] = {Float8E8M0FNUType: "to_e8m0", Float4E2M1FNType: "to_e2m1"}
"""The helpers that cast f32 to the types which tiles hold as codes."""

_OVERFLOWING: dict[type[Attribute], tuple[str, float]] = {
    Float8E4M3FNType: ("to_e4m3fn", 448.0),
    Float8E5M2Type: ("to_e5m2", 57344.0),
}
"""The helpers that cast f32 to fp8 as torch does beyond the largest number, and that number."""


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
    target = type_of(op.result)
    if type(target) in _TO_BYTES:
        return f"{_TO_BYTES[type(target)]}({x})"
    if type(target) in _OVERFLOWING and is_wide(type_of(op.x)):
        helper, largest = _OVERFLOWING[type(target)]
        if not _is_held(op.x, largest):
            return f"{helper}({x})"
    if isinstance(type_of(op.x), Float8E8M0FNUType):
        return rounded(op.result, f"from_e8m0({x})")
    named = element_of(op.result)
    wide = x if named.tile == element_of(op.x).tile else f"{x}.to({named.tile})"
    return rounded(op.result, wide) if named.pointer in NARROW_FLOATS else wide


def _is_held(value: SSAValue, largest: float) -> bool:
    """Whether a value is clamped to the range of a format."""
    op = value.owner
    if not isinstance(op, d.ClampOp):
        return isinstance(op, (d.ReshapeOp, d.BroadcastOp)) and _is_held(op.x, largest)
    bounds = (op.min, op.max)
    return all(bound is not None and abs(bound.value.data) <= largest for bound in bounds)


def bitcast(op: d.BitcastOp, x: str) -> str:
    """A tile's bits as another type, by way of the type that the values have in memory."""
    source, target = element_of(op.x), element_of(op.result)
    stored = f"{x}.to({NARROW_FLOATS[source.pointer]})" if source.pointer in NARROW_FLOATS else x
    tile = NARROW_FLOATS.get(target.pointer, target.tile)
    text = f"{stored}.to({tile}, bitcast=True)"
    return f"{text}.to(tl.float32)" if target.pointer in NARROW_FLOATS else text


def rounded(result: SSAValue, text: str) -> str:
    """A value as its type has it: floats rounded, integers wrapped."""
    element = element_of(result)
    if element.pointer in NARROW_FLOATS:
        return f"({text}).to({NARROW_FLOATS[element.pointer]}).to(tl.float32)"
    return text if element.pointer in ("fp32", "i32") else f"({text}).to({element.tile})"
