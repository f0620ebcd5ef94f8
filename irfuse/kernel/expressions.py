"""What the entries of a small op are, as text: an expression of the tiles of its operands, bit for bit what it means.

A product that an addition uses is written as ``fma(a, b, -0)``, which no compiler option contracts with that addition,
so the rounding between them stays whatever the floating-point fusion setting is. -0 changes no product, zeros with
their sign included; were it a constant, LLVM would make the product of it again, so it is read off an address.
"""

from __future__ import annotations

import math

from xdsl.ir import Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.operand_maps import piece_window, pieces_of
from irfuse.dialect.elementwise import BinaryOp
from irfuse.kernel.casts import bitcast, cast, element_of, rounded, type_of
from irfuse.kernel.numbers import MINUS_ZERO, constant, f32, literal
from irfuse.kernel.powers import is_by_power_of_two
from irfuse.kernel.quotients import is_by_reciprocal
from irfuse.kernel.subnormals import gives_none
from irfuse.kernel.text import COMPARISONS, EXACT, EXPRESSIONS, UNGUARDED, is_wide
from irfuse.kernel.tile import Tile

SHAPES = (d.ReshapeOp, d.BroadcastOp, d.RelayoutOp, d.CopyOp, d.PermuteOp, d.SliceOp, d.GatherOp)
"""Ops that are no line: a tile is the same before and after."""


class Expressions:
    """The expressions of ops on the tiles of one kernel."""

    def __init__(self, tile: Tile) -> None:
        self.tile = tile

    def text(self, op: Operation, operands: list[str], chunk: int) -> str:
        """The expression of an op that computes each entry by itself."""
        result = op.results[0]
        if isinstance(op, d.CastOp):
            return cast(op, operands[0])
        if isinstance(op, d.BitcastOp):
            return bitcast(op, operands[0])
        if isinstance(op, d.FullOp):
            tile = element_of(result).tile
            return f"tl.full({self.tile.ones}, {constant(op.value.value.data, type_of(result))}, {tile})"
        if isinstance(op, d.PadOp):
            zero = literal(0.0, type_of(op.x))
            return f"tl.where({self.tile.filled(self.tile.rows.maps[op.x], chunk)}, {operands[0]}, {zero})"
        if isinstance(op, d.ConcatOp):
            return self._put_together(op, operands, chunk)
        if isinstance(op, d.CompareOp):
            other = operands[1] if op.scalar is None else constant(op.scalar.value.data, type_of(op.lhs))
            return f"{operands[0]} {COMPARISONS[op.predicate.data]} {other}"
        text = self._expression(op, operands)
        return text if isinstance(op, EXACT) else rounded(result, text)

    def _put_together(self, op: d.ConcatOp, pieces: list[str], chunk: int) -> str:
        """Which piece an entry is from: those before a border have smaller coordinates."""
        at = self.tile.coordinate(piece_window(op, self.tile.rows.maps[op.result]), chunk)
        borders = pieces_of(op, self.tile.rows.maps[op.result])[1]
        if at.isdecimal():
            return pieces[sum(border <= int(at) for border in borders)]
        text = pieces[-1]
        for piece, border in reversed(list(zip(pieces, borders, strict=False))):
            text = f"tl.where({at} < {border}, {piece}, {text})"
        return text

    def _expression(self, op: Operation, operands: list[str]) -> str:
        if isinstance(op, d.ClampOp):
            low, high = (
                None if bound is None else constant(bound.value.data, type_of(op.x)) for bound in (op.min, op.max)
            )
            text = operands[0] if low is None else f"nan_max({operands[0]}, {low})"
            return text if high is None else f"nan_min({text}, {high})"
        if type(op) in UNGUARDED and gives_none(op):
            return f"{UNGUARDED[type(op)]}({operands[0]})"
        if isinstance(op, BinaryOp) and op.scalar is not None:
            return self._with_scalar(op, operands[0], op.scalar.value.data)
        if isinstance(op, d.NegOp) and is_wide(type_of(op.x)):
            return f"{operands[0]} * -1.0"
        if isinstance(op, d.DivOp) and self._serves_several(op) and is_by_power_of_two(op):
            factor = f"tl.div_rn(1.0, {operands[1]})"
            return (
                f"tl.fma({operands[0]}, {factor}, {MINUS_ZERO})" if self._is_added(op) else f"{operands[0]} * {factor}"
            )
        if isinstance(op, d.DivOp) and self._serves_several(op) and is_by_reciprocal(op):
            return f"quotient({operands[0]}, {operands[1]})"
        if isinstance(op, d.MulOp) and self._is_added(op):
            return f"tl.fma({operands[0]}, {operands[1]}, {MINUS_ZERO})"
        return EXPRESSIONS[type(op)](*operands)

    def _serves_several(self, op: d.DivOp) -> bool:
        """Whether several entries have one divisor."""
        return op.rhs is not None and self.tile.axes[op.rhs] < self.tile.axes[op.lhs]

    def _with_scalar(self, op: BinaryOp, x: str, scalar: float) -> str:
        """An op with a Python number; a quotient by one is the product with its f32 reciprocal, as in torch on GPUs."""
        element = type_of(op.lhs)
        if isinstance(op, (d.DivOp, d.MulOp)) and is_wide(element):
            inverse = 1.0 / f32(scalar) if f32(scalar) else math.copysign(math.inf, scalar)
            factor = literal(inverse if isinstance(op, d.DivOp) else scalar, element)
            return f"tl.fma({x}, {factor}, {MINUS_ZERO})" if self._is_added(op) else f"{x} * {factor}"
        other = constant if isinstance(op, EXACT) else literal
        return EXPRESSIONS[type(op)](x, other(scalar, element))

    def _is_added(self, op: Operation) -> bool:
        """Whether a product is an operand of an addition or of what subtracts a mean, also where it is rounded between.

        Compilers compute a rounded product of rounded factors in the narrow type, and contract it there.
        """
        stack, seen = list(op.results), set[SSAValue]()
        if not is_wide(type_of(op.results[0])):
            return False
        while stack:
            value = stack.pop()
            for user in {use.operation for use in value.uses} if value not in seen else ():
                if isinstance(user, (d.AddOp, d.SubOp, d.RowVarOp)):
                    return True
                if isinstance(user, (*SHAPES, d.ConcatOp, d.NegOp, d.CastOp)):
                    stack.append(user.results[0])
            seen.add(value)
        return False
