"""How CUDA's and HIP's ``fmaxf`` and ``fminf`` treat NaN, which torch's maxima hand on and these leave out."""

from __future__ import annotations

from xdsl.dialects.builtin import f32

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.enums import Predicate
from irfuse.dialect.types import dims_of, make_tensor


def constant(b: SmallBuilder, value: float) -> Value:
    """An f32 number as a tensor: a quotient by one is the IEEE quotient on every device."""
    return b.emit(d.FullOp(value, make_tensor(f32, ())))


def number_or(b: SmallBuilder, x: Value, otherwise: float) -> Value:
    """``x``, and a number in place of NaN."""
    other = b.broadcast(constant(b, otherwise), dims_of(x.type))
    return b.emit(d.SelectOp(b.emit(d.CompareOp(Predicate.eq, x, x)), x, other))


def largest_magnitude(b: SmallBuilder, rows: Value) -> Value:
    """The largest absolute value of each f32 row among those that are no NaN; 0 where there is none."""
    return b.reduce(d.RowAmaxOp, number_or(b, b.unary(d.AbsOp, rows), 0.0))


def held(b: SmallBuilder, x: Value, low: float, high: float, *, nan: float) -> Value:
    """``x`` between two numbers, and a number in place of NaN: the bound that is taken first, or what a cast makes."""
    return b.clamp(number_or(b, x, nan), low, high)


def lesser(b: SmallBuilder, x: Value, bound: Value) -> Value:
    """``x``, which is no NaN, or a bound where that is less; ``x`` where the bound is NaN."""
    other = b.broadcast(bound, dims_of(x.type))
    return b.emit(d.SelectOp(b.emit(d.CompareOp(Predicate.eq, other, other)), b.binary(d.MinimumOp, x, other), x))
