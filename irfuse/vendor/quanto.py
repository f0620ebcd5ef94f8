"""Quants of optimum-quanto, whose ops are written in torch's own: their meaning is that of the aten ops in them."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i8
from xdsl.ir import Attribute, SSAValue

from irfuse import dialect as d
from irfuse.aten import RULES
from irfuse.aten.registry import all_wide
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.fp8 import FP8
from irfuse.dialect.types import TORCH_NAMES
from irfuse.vendor.table import Unsupported, require, vendor_op


@vendor_op(
    "quanto::quantize_symmetric(Tensor base, ScalarType dtype, int? axis, Tensor scale) -> Tensor",
    package="optimum-quanto 0.2.7",
    source="optimum/quanto/library/quantize.py",
    says="base / scale in the type of base, to int8 rounded to even, held to the range of dtype; NaN stays NaN",
)
def _quantize_symmetric(
    b: SmallBuilder, outs: Sequence[Attribute], base: Value, dtype: str, axis: int | None, scale: Value
) -> tuple[Value, ...]:
    element = TORCH_NAMES.get(dtype)
    fp8 = FP8.get(type(element)) if element is not None else None
    require(element is not None and (fp8 is not None or element == i8), f"its codes are {dtype}")
    require(all_wide(base, scale), "it quantises no rows of bf16, f16 or f32")
    data = RULES["aten.div.Tensor"](b, base.type, base, scale)
    if not isinstance(data, SSAValue):
        raise Unsupported(f"devices divide {base.type} by {scale.type} differently")
    assert element is not None
    low, high = (-fp8.largest, fp8.largest) if fp8 is not None else (-128.0, 127.0)
    rounded = data if fp8 is not None else b.unary(d.RoundOp, data)
    return (b.cast(b.clamp(rounded, low, high), element),)
