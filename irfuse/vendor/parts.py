"""What meanings of quants share: rows in f32, runs of them, codes in the shape of the rows."""

from __future__ import annotations

from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute

from irfuse import dialect as d
from irfuse.aten.registry import all_wide
from irfuse.dialect.build import SmallBuilder, Value, grouped
from irfuse.dialect.sizes import Dim
from irfuse.dialect.types import dims_of
from irfuse.vendor.table import require

IN_TORCH = "in torch"
"""What an op computes that is written in torch's own ops after the steps of a kernel: maxima there hand NaN on."""


def rows(b: SmallBuilder, x: Value) -> Value:
    """Rows in f32."""
    require(all_wide(x) and bool(dims_of(x.type)), f"it quantises {x.type}, and no rows of bf16, f16 or f32")
    return b.f32(x)


def runs(b: SmallBuilder, x: Value, size: int) -> Value:
    """Rows in f32, in runs that share a scale."""
    columns: Dim = (dims_of(x.type) or (1,))[-1]
    whole = isinstance(columns, int) and size > 0 and columns % size == 0
    require(whole, f"rows of {columns} columns are no whole groups of {size}")
    return rows(b, b.reshape(x, grouped(dims_of(x.type), size)))


def without_runs(b: SmallBuilder, scale: Value) -> Value:
    """Scales of runs, without the axis of the entries that share one."""
    return b.reshape(scale, dims_of(scale.type)[:-1])


def codes(b: SmallBuilder, held_rows: Value, x: Value, element: Attribute) -> Value:
    """Codes of a type, in the shape of the rows."""
    return b.reshape(b.cast(held_rows, element), dims_of(x.type))


def one_number(b: SmallBuilder, scale: Value) -> Value:
    """A scale that is one f32 number."""
    one = scale.type.element_type == f32 and all(n == 1 for n in dims_of(scale.type))
    require(one, f"its scale is {scale.type}, and not one f32 number")
    return b.reshape(scale, ())


def magnitude(b: SmallBuilder, wide: Value) -> Value:
    """The largest absolute value of each f32 row as torch finds it: NaN where there is one."""
    return b.reduce(d.RowAmaxOp, b.unary(d.AbsOp, wide))


def quotients(b: SmallBuilder, wide: Value, scale: Value, x: Value, element: Attribute, largest: float) -> Value:
    """Codes as torch makes them: rows by their scale, held to the range of the codes; NaN stays."""
    return codes(b, b.clamp(b.binary(d.DivOp, wide, scale), -largest, largest), x, element)


def products(b: SmallBuilder, wide: Value, scale: Value, x: Value, element: Attribute, largest: float) -> Value:
    """As `quotients`, but rows times the reciprocal of their scale."""
    scaled = b.binary(d.MulOp, wide, b.unary(d.ReciprocalOp, scale))
    return codes(b, b.clamp(scaled, -largest, largest), x, element)
