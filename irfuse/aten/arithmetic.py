"""Rules for arithmetic on floats: torch's elementwise functions, operators and bounds."""

from __future__ import annotations

from functools import partial
from typing import Any

from xdsl.dialects.builtin import Float32Type, i1
from xdsl.ir import SSAValue

from irfuse import dialect as d
from irfuse.aten.registry import RULES, Given, all_integers, all_wide, is_number, is_tensor, rule
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.elementwise import BinaryOp, UnaryOp
from irfuse.dialect.named import as_tensor, number
from irfuse.dialect.types import WIDE_TYPES, Tensor


def _unary(op: type[UnaryOp], b: SmallBuilder, out: Tensor, x: Value) -> Given:
    return b.unary(op, x) if all_wide(x) and x.type.element_type == out.element_type else None


_UNARY: dict[str, type[UnaryOp]] = {
    "abs": d.AbsOp,
    "ceil": d.CeilOp,
    "erf": d.ErfOp,
    "exp": d.ExpOp,
    "exp2": d.Exp2Op,
    "floor": d.FloorOp,
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


_OF_TRUTH_VALUES: dict[type[BinaryOp], type[BinaryOp]] = {d.MulOp: d.AndOp, d.AddOp: d.OrOp}
"""What torch's arithmetic means for truth values."""


def _binary(op: type[BinaryOp], b: SmallBuilder, out: Tensor, x: Value, y: Any, *, alpha: Any = 1) -> Given:
    """A binary op in torch's common dtype, which is the result's; a number is converted by the op itself."""
    if alpha != 1 or not is_tensor(x):
        return None
    if x.type.element_type == out.element_type and all_integers(x):
        same = isinstance(y, int) or (all_integers(y) and y.type.element_type == out.element_type)
        op = _OF_TRUTH_VALUES.get(op, d.DivOp) if out.element_type == i1 else op
        return b.binary(op, x, y) if same and op is not d.DivOp else None
    if not all_wide(x) or not isinstance(out.element_type, WIDE_TYPES):
        return None
    if not is_tensor(y):
        return b.binary(op, x, float(y)) if is_number(y) and x.type.element_type == out.element_type else None
    if not all_wide(y) or any(_narrowed(v, out) for v in (x, y)):
        return None
    return b.binary(op, b.cast(x, out.element_type), b.cast(y, out.element_type))


def _narrowed(x: Value, out: Tensor) -> bool:
    """A 0-d tensor takes the dtype of the other operand, and how it is rounded then depends on where it lives."""
    return isinstance(x.type.element_type, Float32Type) and out.element_type != x.type.element_type


_BINARY: dict[str, type[BinaryOp]] = {"add": d.AddOp, "sub": d.SubOp, "mul": d.MulOp, "div": d.DivOp}
for _name, _op in _BINARY.items():
    RULES[f"aten.{_name}.Tensor"] = RULES[f"aten.{_name}.Scalar"] = partial(_binary, _op)
RULES["aten.maximum.default"] = partial(_binary, d.MaximumOp)
RULES["aten.minimum.default"] = partial(_binary, d.MinimumOp)


@rule("aten.rsub.Scalar")
def _rsub(b: SmallBuilder, out: Tensor, x: Value, other: Any, alpha: Any = 1) -> Given:
    negative = _unary(d.NegOp, b, out, x)
    return _binary(d.AddOp, b, out, negative, other) if isinstance(negative, SSAValue) and alpha == 1 else None


@rule("aten.square.default")
def _square(b: SmallBuilder, out: Tensor, x: Value) -> Given:
    return b.square(x) if all_wide(x) else None


@rule("aten.pow.Tensor_Scalar")
def _pow(b: SmallBuilder, out: Tensor, x: Value, exponent: Any) -> Given:
    """The powers that torch computes as products (aten/src/ATen/native/cpu/PowKernel.cpp), and the inverse root."""
    if not all_wide(x) or exponent not in (2, 3, -0.5):
        return None
    if exponent == -0.5:
        return b.binary(d.PowOp, x, -0.5)
    return b.square(x) if exponent == 2 else b.binary(d.MulOp, b.square(x), x)


@rule("aten.pow.Scalar")
def _power_of(b: SmallBuilder, out: Tensor, base: Any, x: Value) -> Given:
    """Two to a whole number is exact however it is computed."""
    whole = isinstance(x.owner, (d.CeilOp, d.FloorOp, d.RoundOp))
    return b.unary(d.Exp2Op, x) if base == 2 and whole and all_wide(x) else None


@rule("aten.clamp.default", "aten.hardtanh.default")
def _clamp(b: SmallBuilder, out: Tensor, x: Value, min: Any = None, max: Any = None) -> Given:
    """Also the second half of a clamp that was taken apart."""
    inner = x.owner
    if isinstance(inner, d.ClampOp) and min is None and is_number(max) and inner.max is None and inner.min is not None:
        x, min = as_tensor(inner.x), number(inner.min)
        if min > max:
            return None
    numbers = all(v is None or is_number(v) for v in (min, max)) and (min is not None or max is not None)
    same = (all_wide(x) or all_integers(x)) and x.type.element_type == out.element_type
    return b.clamp(x, min, max) if numbers and same else None


@rule("aten.clamp_min.default")
def _clamp_min(b: SmallBuilder, out: Tensor, x: Value, bound: Any) -> Given:
    return _clamp(b, out, x, min=bound)


@rule("aten.clamp_max.default")
def _clamp_max(b: SmallBuilder, out: Tensor, x: Value, bound: Any) -> Given:
    return _clamp(b, out, x, max=bound)


@rule("aten.clamp.Tensor")
def _clamp_by_tensors(b: SmallBuilder, out: Tensor, x: Value, min: Any = None, max: Any = None) -> Given:
    """Bounds that are tensors, such as an upper bound on a scale: NaN in any of the three stays NaN."""
    low = x if min is None else _binary(d.MaximumOp, b, out, x, min)
    if max is None or low is None or isinstance(low, tuple):
        return low
    return _binary(d.MinimumOp, b, out, low, max)


@rule("aten.clamp_min.Tensor")
def _clamp_min_by_tensor(b: SmallBuilder, out: Tensor, x: Value, bound: Value) -> Given:
    return _binary(d.MaximumOp, b, out, x, bound)


@rule("aten.clamp_max.Tensor")
def _clamp_max_by_tensor(b: SmallBuilder, out: Tensor, x: Value, bound: Value) -> Given:
    return _binary(d.MinimumOp, b, out, x, bound)
