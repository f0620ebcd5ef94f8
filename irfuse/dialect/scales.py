"""The scales of a group quant: from the largest absolute value of a group to the number that divides it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from xdsl.dialects.builtin import Float8E4M3FNType, Float8E8M0FNUType, i32
from xdsl.ir import Attribute

from irfuse.dialect.bits import AndOp, BitcastOp
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.elementwise import DivOp, MulOp
from irfuse.dialect.enums import ScaleFormat
from irfuse.dialect.functions import CeilOp, Exp2Op, Log2Op
from irfuse.dialect.types import with_element

E4M3_MAX = 448.0
EXPONENT_BITS = 0x7F800000
"""The exponent of an f32: what is left of a positive number under this mask is its largest power of two."""


@dataclass(frozen=True)
class ScaleForm:
    """The parameters of a dynamic scale; see `irfuse.dialect.quant.GroupQuantOp`."""

    quant_max: float
    amax_floor: float | None = None
    scale_floor: float | None = None
    scale_ceiling: float | None = None
    format: ScaleFormat = ScaleFormat.f32
    rounded: bool = False

    def amax(self, b: SmallBuilder, amax: Value) -> Value:
        """The largest absolute value as the scale is made of it: f32 unless the scale is rounded, with its floor."""
        amax = amax if self.rounded else b.f32(amax)
        return amax if self.amax_floor is None else b.clamp(amax, self.amax_floor, None)

    def scale(self, b: SmallBuilder, amax: Value, per_tensor: Value | None) -> Value:
        """The scale in its format, as f32."""
        if self.format is ScaleFormat.ue8m0_floor:
            return self._bounded(b, b.binary(MulOp, largest_power(b, b.f32(amax)), 2.0 ** -_exponent(self.quant_max)))
        scale = b.f32(b.binary(DivOp, amax, self.quant_max))
        scale = self._bounded(b, scale if per_tensor is None else b.binary(DivOp, scale, per_tensor))
        if self.format is ScaleFormat.ue8m0:
            return b.unary(Exp2Op, b.unary(CeilOp, b.unary(Log2Op, scale)))
        if self.format is ScaleFormat.e4m3:
            return b.f32(b.cast(b.clamp(scale, None, E4M3_MAX), Float8E4M3FNType()))
        return scale

    def _bounded(self, b: SmallBuilder, scale: Value) -> Value:
        bounds = (self.scale_floor, self.scale_ceiling)
        return scale if bounds == (None, None) else b.clamp(scale, *bounds)

    def element(self) -> Attribute:
        """The element type that a scale of this format has no less than f32 in."""
        return Float8E4M3FNType() if self.format is ScaleFormat.e4m3 else Float8E8M0FNUType()


def largest_power(b: SmallBuilder, x: Value) -> Value:
    """The largest power of two in a positive f32, exactly."""
    bits = b.emit(BitcastOp(x, with_element(x.type, i32)))
    return b.emit(BitcastOp(b.binary(AndOp, bits, EXPONENT_BITS), x.type))


def _exponent(x: float) -> int:
    return math.frexp(x)[1] - 1
