"""The lines of a generated kernel: a line or a few for every small op, bit for bit what the op means.

A product that an addition uses is written as ``fma(a, b, 0)``, which no compiler option contracts with that addition,
so the rounding between them stays whatever the floating-point fusion setting is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from xdsl.dialects.builtin import Float4E2M1FNType, Float8E4M3FNType, Float8E5M2Type, Float8E8M0FNUType
from xdsl.ir import Attribute, Operation, SSAValue

from irfuse import dialect as d
from irfuse.dialect.elementwise import BinaryOp
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.types import is_wider, tensor_type
from irfuse.kernel_reductions import layer_norm, reduction
from irfuse.kernel_text import (
    COMPARISONS,
    EXACT,
    EXPRESSIONS,
    NARROW_FLOATS,
    Element,
    constant,
    element_named,
    f32,
    is_wide,
    literal,
    name_of_op,
)
from irfuse.tile import Tile

_TO_BYTES: dict[type[Attribute], str] = {Float8E8M0FNUType: "to_e8m0", Float4E2M1FNType: "to_e2m1"}
"""The helpers that cast f32 to the types which tiles hold as codes."""

_OVERFLOWING: dict[type[Attribute], tuple[str, float]] = {
    Float8E4M3FNType: ("to_e4m3fn", 448.0),
    Float8E5M2Type: ("to_e5m2", 57344.0),
}
"""The helpers that cast f32 to fp8 as torch does beyond the largest number, and that number."""


def _is_held(value: SSAValue, largest: float) -> bool:
    """Whether a value is clamped to the range of a format."""
    op = value.owner
    if not isinstance(op, d.ClampOp):
        return isinstance(op, (d.ReshapeOp, d.BroadcastOp)) and _is_held(op.x, largest)
    bounds = (op.min, op.max)
    return all(bound is not None and abs(bound.value.data) <= largest for bound in bounds)


class Lines:
    """Names the values of a body and writes their lines, in order."""

    def __init__(self, tile: Tile) -> None:
        self.tile, self.axes, self.frames = tile, tile.axes, tile.rows.frames
        self.names: dict[SSAValue, str] = {}
        self.used: dict[str, int] = {}

    def load(self, value: SSAValue, name: str, address: str, mask: str, axes: frozenset[int]) -> str:
        """The line that loads an operand; floats are widened to f32."""
        element = self._element(value)
        other = "" if element.tile.startswith("tl.float8") else f", other={'0.0' if element.is_float else '0'}"
        guard = f", mask={mask}{other}" if mask else ""
        widen = ".to(tl.float32)" if element.pointer in NARROW_FLOATS else ""
        self.names[value], self.axes[value] = name, axes
        return f"{name} = tl.load({name}_ptr + {address}{guard}){widen}"

    def store(self, value: SSAValue, name: str, address: str, mask: str) -> str:
        """The line that stores a result in its element type; one number is stored by the only row there is."""
        if address == "0":
            address, mask = "row * 0", "(row < rows)"
        guard = f", mask={mask}" if mask else ""
        pointer, tile = self._element(value).pointer, self.names[value]
        narrow = f"{tile}.to({NARROW_FLOATS[pointer]})" if pointer in NARROW_FLOATS else tile
        return f"tl.store({name}_ptr + {address}, {narrow}{guard})"

    def op(self, op: Operation) -> Iterator[str]:
        """The lines of one small op."""
        result = op.results[0]
        self.axes[result] = frozenset().union(*(self.axes[v] for v in op.operands))
        if isinstance(op, (d.ReshapeOp, d.BroadcastOp, d.RelayoutOp)) or self._is_free_widening(op):
            self.names[result] = self.names[op.operands[0]]
            return
        operands = [self.names[v] for v in op.operands]
        name = self.names[result] = self._fresh(op)
        if isinstance(op, RowReduction):
            self.axes[result] -= frozenset(self.tile.reduced_axes(self.frames[op.x], self.frames[result]))
            yield from reduction(op, name, operands[0], self.tile)
        elif isinstance(op, d.LayerNormOp):
            yield from layer_norm(op, name, operands, self.tile)
        else:
            yield f"{name} = {self._text(op, operands)}"
            return
        if self._element(result).pointer in NARROW_FLOATS and not isinstance(op, (d.RowAmaxOp, d.RowAminOp)):
            yield f"{name} = {self._rounded(result, name)}"

    def _text(self, op: Operation, operands: list[str]) -> str:
        """The expression of an op that computes each entry by itself."""
        result = op.results[0]
        if isinstance(op, d.CastOp):
            return self._cast(op, operands[0])
        if isinstance(op, d.BitcastOp):
            return self._bitcast(op, operands[0])
        if isinstance(op, d.FullOp):
            tile = self._element(result).tile
            return f"tl.full({self.tile.ones}, {constant(op.value.value.data, self._type(result))}, {tile})"
        if isinstance(op, d.PadOp):
            zero = literal(0.0, self._type(op.x))
            return f"tl.where({self.tile.filled(self.frames[op.x])}, {operands[0]}, {zero})"
        if isinstance(op, d.CompareOp):
            other = operands[1] if op.scalar is None else constant(op.scalar.value.data, self._type(op.lhs))
            return f"{operands[0]} {COMPARISONS[op.predicate.data]} {other}"
        text = self._expression(op, operands)
        return text if isinstance(op, EXACT) else self._rounded(result, text)

    def _type(self, value: SSAValue) -> Attribute:
        return tensor_type(value).element_type

    def _element(self, value: SSAValue) -> Element:
        return element_named(self._type(value))

    def _fresh(self, op: Operation) -> str:
        base = name_of_op(op)
        self.used[base] = self.used.get(base, 0) + 1
        return f"{base}_{self.used[base]}"

    def _expression(self, op: Operation, operands: list[str]) -> str:
        if isinstance(op, d.ClampOp):
            low, high = (
                None if bound is None else constant(bound.value.data, self._type(op.x)) for bound in (op.min, op.max)
            )
            text = operands[0] if low is None else f"nan_max({operands[0]}, {low})"
            return text if high is None else f"nan_min({text}, {high})"
        if isinstance(op, BinaryOp) and op.scalar is not None:
            return self._with_scalar(op, operands[0], op.scalar.value.data)
        if isinstance(op, d.MulOp) and self._is_added(op):
            return f"tl.fma({operands[0]}, {operands[1]}, 0.0)"
        return EXPRESSIONS[type(op)](*operands)

    def _with_scalar(self, op: BinaryOp, x: str, scalar: float) -> str:
        """An op with a Python number; a quotient by one is the product with its f32 reciprocal, as in torch on GPUs."""
        element = self._type(op.lhs)
        if isinstance(op, (d.DivOp, d.MulOp)) and is_wide(element):
            inverse = 1.0 / f32(scalar) if f32(scalar) else math.inf
            factor = literal(inverse if isinstance(op, d.DivOp) else scalar, element)
            return f"tl.fma({x}, {factor}, 0.0)" if self._is_added(op) else f"{x} * {factor}"
        other = constant if isinstance(op, EXACT) else literal
        return EXPRESSIONS[type(op)](x, other(scalar, element))

    def _is_added(self, op: Operation) -> bool:
        """Whether a product is an operand of an addition, also where it is rounded between.

        Compilers compute a rounded product of rounded factors in the narrow type, and contract it there.
        """
        stack, seen = list(op.results), set[SSAValue]()
        if not is_wide(self._type(op.results[0])):
            return False
        while stack:
            value = stack.pop()
            for user in {use.operation for use in value.uses} if value not in seen else ():
                if isinstance(user, (d.AddOp, d.SubOp)):
                    return True
                if isinstance(user, (d.ReshapeOp, d.BroadcastOp, d.RelayoutOp, d.NegOp, d.CastOp)):
                    stack.append(user.results[0])
            seen.add(value)
        return False

    def _rounded(self, result: SSAValue, text: str) -> str:
        """A value as its type has it: floats rounded, integers wrapped."""
        element = self._element(result)
        if element.pointer in NARROW_FLOATS:
            return f"({text}).to({NARROW_FLOATS[element.pointer]}).to(tl.float32)"
        return text if element.pointer in ("fp32", "i32") else f"({text}).to({element.tile})"

    def _is_free_widening(self, op: Operation) -> bool:
        """Whether an op widens bf16 or f16 values, which a tile holds as f32 already."""
        if not isinstance(op, d.CastOp):
            return False
        source, target = self._type(op.x), self._type(op.result)
        return is_wide(source) and is_wider(target, source)

    def _cast(self, op: d.CastOp, x: str) -> str:
        """A tile in another type: quantised tiles have theirs, others are f32, rounded where the type is narrower."""
        target = self._type(op.result)
        if type(target) in _TO_BYTES:
            return f"{_TO_BYTES[type(target)]}({x})"
        if type(target) in _OVERFLOWING and is_wide(self._type(op.x)):
            helper, largest = _OVERFLOWING[type(target)]
            if not _is_held(op.x, largest):
                return f"{helper}({x})"
        if isinstance(self._type(op.x), Float8E8M0FNUType):
            return self._rounded(op.result, f"from_e8m0({x})")
        named = self._element(op.result)
        wide = x if named.tile == self._element(op.x).tile else f"{x}.to({named.tile})"
        return self._rounded(op.result, wide) if named.pointer in NARROW_FLOATS else wide

    def _bitcast(self, op: d.BitcastOp, x: str) -> str:
        """A tile's bits as another type, by way of the type that the values have in memory."""
        source, target = self._element(op.x), self._element(op.result)
        stored = f"{x}.to({NARROW_FLOATS[source.pointer]})" if source.pointer in NARROW_FLOATS else x
        tile = NARROW_FLOATS.get(target.pointer, target.tile)
        text = f"{stored}.to({tile}, bitcast=True)"
        return f"{text}.to(tl.float32)" if target.pointer in NARROW_FLOATS else text
