"""Rules for arithmetic on floats: torch's elementwise functions, operators and bounds."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from xdsl.dialects.builtin import Float16Type, Float32Type, f32, i1
from xdsl.ir import Attribute, SSAValue

from irfuse import dialect as d
from irfuse.aten.promotion import converted, exact_number, is_exact, is_taken_as_it_is, is_whole, number_in
from irfuse.aten.registry import RULES, Given, all_wide, is_number, is_tensor, rule
from irfuse.dialect.build import SmallBuilder, Value, broadcast_dims
from irfuse.dialect.elementwise import COMMUTATIVE, BinaryOp, UnaryOp
from irfuse.dialect.exact import holds
from irfuse.dialect.named import as_tensor, number
from irfuse.dialect.types import COMPUTED_INTEGERS, Tensor, dims_of, make_tensor
from irfuse.dialect.whole import whole_range


def _unary(op: type[UnaryOp], b: SmallBuilder, out: Tensor, x: Value) -> Given:
    return b.unary(op, x) if all_wide(x) and x.type.element_type == out.element_type else None


_UNARY: dict[str, type[UnaryOp]] = {
    "abs": d.AbsOp,
    "ceil": d.CeilOp,
    "erf": d.ErfOp,
    "exp": d.ExpOp,
    "exp2": d.Exp2Op,
    "expm1": d.Expm1Op,
    "floor": d.FloorOp,
    "log": d.LogOp,
    "log1p": d.Log1pOp,
    "log2": d.Log2Op,
    "neg": d.NegOp,
    "reciprocal": d.ReciprocalOp,
    "relu": d.ReluOp,
    "round": d.RoundOp,
    "rsqrt": d.RsqrtOp,
    "sigmoid": d.SigmoidOp,
    "silu": d.SiluOp,
    "sign": d.SignOp,
    "sqrt": d.SqrtOp,
    "tanh": d.TanhOp,
}
RULES.update({f"aten.{name}.default": partial(_unary, op) for name, op in _UNARY.items()})


@rule("aten.gelu.default")
def _gelu(b: SmallBuilder, out: Tensor, x: Value, *, approximate: str = "none") -> Given:
    return _unary(d.GeluTanhOp if approximate == "tanh" else d.GeluOp, b, out, x)


_OF_TRUTH_VALUES: dict[type[BinaryOp], type[BinaryOp]] = {
    d.MulOp: d.AndOp,
    d.AddOp: d.OrOp,
    d.MinimumOp: d.AndOp,
    d.MaximumOp: d.OrOp,
}
"""What torch's arithmetic means for truth values."""


_EXTREMES: tuple[type[BinaryOp], ...] = (d.MaximumOp, d.MinimumOp)
"""Ops whose result is the same whether a number is rounded before or after."""


def _binary(op: type[BinaryOp], b: SmallBuilder, out: Tensor, x: Any, y: Any, *, alpha: Any = 1) -> Given:
    """A binary op in torch's common dtype, which is the result's; a number is converted by the op itself."""
    element = out.element_type
    if is_number(x):
        x, y = (y, x) if op in COMMUTATIVE else (_as_entry(op, b, x, element), y)
    x = converted(b, x, element) if is_tensor(x) and alpha == 1 else None
    if x is None or not (is_number(y) or is_tensor(y)):
        return None
    return (_of_integers if element in COMPUTED_INTEGERS else _of_floats)(op, b, x, y)


def _as_entry(op: type[BinaryOp], b: SmallBuilder, value: float, element: Attribute) -> Value | None:
    """A number in front of an op as a tensor, where it is one of the type or all devices round it."""
    rounded = isinstance(element, Float32Type) or (op in _EXTREMES and element not in COMPUTED_INTEGERS)
    known = exact_number(value) is not None and (rounded or holds(element, value))
    return b.emit(d.FullOp(value, make_tensor(element, ()))) if known else None


def _of_integers(op: type[BinaryOp], b: SmallBuilder, x: Value, y: Any) -> Given:
    """Arithmetic that wraps, on operands of one type; on truth values it is logic."""
    element = x.type.element_type
    known = _OF_TRUTH_VALUES.get(op) if element == i1 else op
    other = y if is_whole(y, element) else converted(b, y, element) if is_tensor(y) else None
    return None if known is None or other is None else b.binary(known, x, other)


def _of_floats(op: type[BinaryOp], b: SmallBuilder, x: Value, y: Any) -> Given:
    """Arithmetic on floats of one type."""
    element = x.type.element_type
    if not is_tensor(y):
        return _with_number(op, b, x, exact_number(y))
    if op in (d.DivOp, d.MulOp) and is_taken_as_it_is(y, element):
        return None
    if op in (d.AddOp, d.SubOp, d.MulOp) and (kept := _number_of(y, x)) is not None:
        return b.binary(op, x, kept)
    other = converted(b, y, element)
    return None if other is None else b.binary(op, x, other)


def _with_number(op: type[BinaryOp], b: SmallBuilder, x: Value, value: float | None) -> Given:
    """An op with a number."""
    if value is not None and op in _EXTREMES:
        return b.binary(op, x, b.emit(d.FullOp(value, make_tensor(x.type.element_type, ()))))
    return None if value is None else b.binary(op, x, value)


def _number_of(y: Value, x: Value) -> float | None:
    """The number that a tensor holds, where that number as an operand gives the same; dividing by one is another op."""
    kept, element = number_in(y), x.type.element_type
    exact = isinstance(element, Float32Type) or is_exact(y, element)
    same_shape = broadcast_dims(dims_of(x.type), dims_of(y.type)) == dims_of(x.type)
    return kept if kept is not None and exact and same_shape and math.isfinite(kept) else None


_BINARY: dict[str, type[BinaryOp]] = {"add": d.AddOp, "sub": d.SubOp, "mul": d.MulOp, "div": d.DivOp}
for _name, _op in _BINARY.items():
    RULES[f"aten.{_name}.Tensor"] = RULES[f"aten.{_name}.Scalar"] = partial(_binary, _op)
RULES["aten.maximum.default"] = RULES["aten.max.other"] = partial(_binary, d.MaximumOp)
RULES["aten.minimum.default"] = RULES["aten.min.other"] = partial(_binary, d.MinimumOp)


@rule("aten.rsub.Scalar")
def _rsub(b: SmallBuilder, out: Tensor, x: Value, other: Any, alpha: Any = 1) -> Given:
    """The number less x, and not -x and the number, which would turn the sign of a NaN."""
    return _binary(d.SubOp, b, out, other, x, alpha=alpha)


@rule("aten.square.default")
def _square(b: SmallBuilder, out: Tensor, x: Value) -> Given:
    return b.square(x) if all_wide(x) else None


@rule("aten.pow.Tensor_Scalar")
def _pow(b: SmallBuilder, out: Tensor, x: Value, exponent: Any) -> Given:
    """The powers that torch computes as products (aten/src/ATen/native/cpu/PowKernel.cpp), and the inverse root.

    The cube of f16 is rounded once on CPUs and twice on GPUs.
    """
    cube_of_f16 = exponent == 3 and isinstance(out.element_type, Float16Type)
    if not all_wide(x) or exponent not in (2, 3, -0.5) or cube_of_f16:
        return None
    if exponent == -0.5:
        return b.binary(d.PowOp, x, -0.5)
    return b.square(x) if exponent == 2 else b.binary(d.MulOp, b.square(x), x)


@rule("aten.pow.Scalar")
def _power_of(b: SmallBuilder, out: Tensor, base: Any, x: Value) -> Given:
    """Two to a whole number is exact however it is computed."""
    if base != 2 or isinstance(x.owner, (d.CeilOp, d.FloorOp, d.RoundOp)):
        return b.unary(d.Exp2Op, x) if base == 2 and all_wide(x) else None
    rows = converted(b, x, out.element_type) if isinstance(out.element_type, Float32Type) else None
    return b.unary(d.Exp2Op, rows) if rows is not None and whole_range(rows) is not None else None


@rule("aten.ldexp.Tensor")
def _ldexp(b: SmallBuilder, out: Tensor, x: Value, exponent: Any) -> Given:
    """torch's own: a product with the power, which is computed in f32."""
    known = is_tensor(exponent) and out.element_type == x.type.element_type == f32
    power = _power_of(b, make_tensor(f32, dims_of(exponent.type)), 2, exponent) if known else None
    return b.binary(d.MulOp, x, power) if isinstance(power, SSAValue) else None


@rule("aten.clamp.default", "aten.hardtanh.default")
def _clamp(b: SmallBuilder, out: Tensor, x: Value, min: Any = None, max: Any = None) -> Given:
    """Also the second half of a clamp that was taken apart."""
    inner = x.owner
    if isinstance(inner, d.ClampOp) and min is None and is_number(max) and inner.max is None and inner.min is not None:
        x, min = as_tensor(inner.x), number(inner.min)
        if min > max:
            return None
    whole = out.element_type in COMPUTED_INTEGERS
    if whole and isinstance(min, float) and min.is_integer():
        min = int(min)
    bounds = [v for v in (min, max) if v is not None]
    known = all(exact_number(v) is not None for v in bounds)
    known &= not whole or all(isinstance(v, int) and holds(out.element_type, v) for v in bounds)
    rows = converted(b, x, out.element_type) if bounds and known else None
    return None if rows is None else b.clamp(rows, min, max)


@rule("aten.clamp_min.default")
def _clamp_min(b: SmallBuilder, out: Tensor, x: Value, bound: Any) -> Given:
    return _clamp(b, out, x, min=bound)


@rule("aten.clamp_max.default")
def _clamp_max(b: SmallBuilder, out: Tensor, x: Value, bound: Any) -> Given:
    return _clamp(b, out, x, max=bound)


@rule("aten.clamp.Tensor")
def _clamp_by_tensors(b: SmallBuilder, out: Tensor, x: Value, min: Any = None, max: Any = None) -> Given:
    """Bounds that are tensors, such as an upper bound on a scale: one alone is a maximum or a minimum.

    Two of floats are a clamp where they are known numbers without axes. What others give is nothing that ops say: where
    x equals a bound or is NaN, torch's CPU kernel keeps x, or takes the bound and another NaN, by where the bounds lie
    in memory (``clamp_kernel_impl`` in aten/src/ATen/native/cpu/TensorCompareKernel.cpp).
    """
    if min is None or max is None:
        return _clamp_min_by_tensor(b, out, x, min) if max is None else _clamp_max_by_tensor(b, out, x, max)
    if out.element_type in COMPUTED_INTEGERS:
        low = _binary(d.MaximumOp, b, out, x, min)
        return _binary(d.MinimumOp, b, out, low, max) if isinstance(low, SSAValue) else None
    least, most = (_bound(v, out.element_type) for v in (min, max))
    rows = None if least is None or most is None else converted(b, x, out.element_type)
    return None if rows is None else b.clamp(rows, least, most, tensors=not isinstance(out.element_type, Float32Type))


def _bound(value: Any, element: Attribute) -> float | None:
    """One of two bounds as a number of the type that torch rounds it to; f32 ones are computed with as numbers are."""
    kept = exact_number(value) if is_number(value) else None if dims_of(value.type) else number_in(value)
    known = kept is not None and not math.isnan(kept) and (isinstance(element, Float32Type) or holds(element, kept))
    return kept if known else None


@rule("aten.clamp_min.Tensor")
def _clamp_min_by_tensor(b: SmallBuilder, out: Tensor, x: Value, bound: Value) -> Given:
    return _binary(d.MaximumOp, b, out, x, bound)


@rule("aten.clamp_max.Tensor")
def _clamp_max_by_tensor(b: SmallBuilder, out: Tensor, x: Value, bound: Value) -> Given:
    return _binary(d.MinimumOp, b, out, x, bound)
