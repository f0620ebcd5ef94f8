"""Rules for bits, truth values and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from xdsl.dialects.builtin import Float32Type, i1, i16, i32
from xdsl.ir import Attribute

from irfuse import dialect as d
from irfuse.aten.bytes import bytes_of
from irfuse.aten.packs import side_by_side
from irfuse.aten.promotion import common_type, converted, exact_number, is_whole, number_in
from irfuse.aten.registry import RULES, Given, all_wide, is_modelled, is_number, is_tensor, rule
from irfuse.dialect.bits import BitwiseOp, QuotientOp
from irfuse.dialect.build import SmallBuilder, Value, broadcast_dims
from irfuse.dialect.bytes import BYTE, UINT8, has_bytes
from irfuse.dialect.enums import Predicate
from irfuse.dialect.exact import holds
from irfuse.dialect.types import (
    COMPUTED_INTEGERS,
    WIDE_TYPES,
    Tensor,
    bit_width,
    dims_of,
    make_tensor,
    with_element,
)

F32_BITS = 32
F32_MAX = 2.0**128 - 2.0**104


def _bitwise(op: type[BitwiseOp], b: SmallBuilder, out: Tensor, x: Any, y: Any) -> Given:
    """An op on the bits of integers, or on truth values, in their common type."""
    element = out.element_type
    if not is_tensor(x) or element not in COMPUTED_INTEGERS:
        return None
    rows = converted(b, x, element)
    other = y if is_whole(y, element) else converted(b, y, element) if is_tensor(y) else None
    return None if rows is None or other is None else b.binary(op, rows, other)


def _shift(op: type[BitwiseOp], b: SmallBuilder, out: Tensor, x: Any, y: Any) -> Given:
    """A shift by fewer bits than there are: what others give is torch's own choice, and no kernel's."""
    by = number_in(y) if is_tensor(y) else y
    known = by in range(bit_width(out.element_type)) and out.element_type != i1
    return _bitwise(op, b, out, x, int(by)) if known and by is not None else None


_SPELLINGS: dict[str, type[BitwiseOp]] = {
    "bitwise_and": d.AndOp,
    "__and__": d.AndOp,
    "bitwise_xor": d.XorOp,
    "__xor__": d.XorOp,
}
_SHIFTS: dict[str, type[BitwiseOp]] = {
    "bitwise_left_shift": d.ShlOp,
    "__lshift__": d.ShlOp,
    "bitwise_right_shift": d.ShrOp,
    "__rshift__": d.ShrOp,
}
for _meaning, _spelled in ((_bitwise, _SPELLINGS), (_shift, _SHIFTS)):
    for _name, _op in _spelled.items():
        for _overload in ("Tensor", "Scalar", "Tensor_Scalar"):
            RULES[f"aten.{_name}.{_overload}"] = partial(_meaning, _op)


def _quotient(op: type[QuotientOp], b: SmallBuilder, out: Tensor, x: Any, y: Any) -> Given:
    """A quotient of integers or its remainder, by a number."""
    by = number_in(y) if is_tensor(y) else exact_number(y)
    if by is None or not is_tensor(x) or x.type.element_type != out.element_type or out.element_type == i1:
        return None
    return _bitwise(op, b, out, x, int(by)) if by >= 1 and holds(out.element_type, by) else None


RULES["aten.floor_divide.default"] = RULES["aten.floor_divide.Scalar"] = partial(_quotient, d.FloorDivOp)
RULES["aten.remainder.Tensor"] = RULES["aten.remainder.Scalar"] = partial(_quotient, d.RemainderOp)


@rule("aten.div.Tensor_mode", "aten.div.Scalar_mode")
def _divide_down(b: SmallBuilder, out: Tensor, x: Any, y: Any, *, rounding_mode: str | None = None) -> Given:
    return _quotient(d.FloorDivOp, b, out, x, y) if rounding_mode == "floor" else None


@rule("aten.bitwise_or.Tensor", "aten.bitwise_or.Scalar", "aten.__or__.Tensor", "aten.__or__.Scalar")
def _or(b: SmallBuilder, out: Tensor, x: Value, y: Any) -> Given:
    """Also two codes of 4 bits in one byte, written as ``x[..., ::2] | x[..., 1::2] << 4``, and all codes of an i32."""
    packed = side_by_side(b, out, x, y) if is_tensor(y) else None
    return _bitwise(d.OrOp, b, out, x, y) if packed is None else packed


@rule("aten.logical_not.default", "aten.bitwise_not.default")
def _not(b: SmallBuilder, out: Tensor, x: Value) -> Given:
    return b.binary(d.XorOp, x, 1) if is_tensor(x) and x.type.element_type == i1 else None


def _logical(op: type[BitwiseOp], b: SmallBuilder, out: Tensor, x: Value, y: Value) -> Given:
    """An op on truth values; other operands count as true where they are not 0, which is not modelled."""
    both = all(is_tensor(v) and v.type.element_type == i1 for v in (x, y))
    return b.binary(op, x, y) if both else None


for _name, _logical_op in {"and": d.AndOp, "or": d.OrOp, "xor": d.XorOp}.items():
    RULES[f"aten.logical_{_name}.default"] = partial(_logical, _logical_op)


def _compare(predicate: Predicate, b: SmallBuilder, out: Tensor, x: Any, y: Any) -> Given:
    """A comparison in the common type of two tensors, or with a number that is one of the type of the tensor."""
    if not is_tensor(x):
        return None
    if not is_tensor(y):
        return b.emit(d.CompareOp(predicate, x, float(y))) if _is_comparable(x.type.element_type, y) else None
    element = common_type(x, y)
    values = [None if element is None else converted(b, v, element) for v in (x, y)]
    if None in values:
        return None
    dims = broadcast_dims(dims_of(x.type), dims_of(y.type))
    return b.emit(d.CompareOp(predicate, *(b.broadcast(v, dims) for v in values if v is not None)))


def _is_comparable(element: Attribute, value: Any) -> bool:
    """Whether all devices compare entries of a type with the same number: CPUs round it, GPUs do so for f32 alone."""
    whole = element in COMPUTED_INTEGERS
    if exact_number(value) is None or (whole and not isinstance(value, int)):
        return False
    return holds(element, value) or isinstance(element, Float32Type)


for _predicate in Predicate:
    RULES[f"aten.{_predicate}.Scalar"] = RULES[f"aten.{_predicate}.Tensor"] = partial(_compare, _predicate)


@rule("aten.isnan.default")
def _isnan(b: SmallBuilder, out: Tensor, x: Value) -> Given:
    return b.emit(d.CompareOp(Predicate.ne, x, x)) if all_wide(x) else None


@rule("aten.isinf.default")
def _isinf(b: SmallBuilder, out: Tensor, x: Value) -> Given:
    return b.emit(d.CompareOp(Predicate.gt, b.unary(d.AbsOp, b.f32(x)), F32_MAX)) if all_wide(x) else None


@rule("aten.isfinite.default")
def _isfinite(b: SmallBuilder, out: Tensor, x: Value) -> Given:
    return b.emit(d.CompareOp(Predicate.le, b.unary(d.AbsOp, b.f32(x)), F32_MAX)) if all_wide(x) else None


@rule("aten.where.self", "aten.where.ScalarSelf", "aten.where.ScalarOther", "aten.where.Scalar")
def _where(b: SmallBuilder, out: Tensor, condition: Value, x: Any, y: Any) -> Given:
    dims = dims_of(out)
    values = [_branch(b, out.element_type, v) for v in (x, y)]
    if not is_tensor(condition) or condition.type.element_type != i1 or None in values:
        return None
    x, y = (b.broadcast(v, dims) for v in values if v is not None)
    return b.emit(d.SelectOp(b.broadcast(condition, dims), x, y))


def _branch(b: SmallBuilder, element: Attribute, value: Any) -> Value | None:
    """One of the two values of a where, in the type of the result."""
    if is_tensor(value):
        same = value.type.element_type == element and is_modelled(element)
        return value if same else converted(b, value, element)
    known = exact_number(value) is not None and (isinstance(element, WIDE_TYPES) or holds(element, value))
    return b.emit(d.FullOp(value, make_tensor(element, ()))) if known else None


@rule("aten.softplus.default")
def _softplus(b: SmallBuilder, out: Tensor, x: Value, beta: Any = 1, threshold: Any = 20) -> Given:
    """``log1p(exp(beta * x)) / beta`` in f32, and x where that is above a threshold (aten's softplus_kernel)."""
    if not (all_wide(x) and is_number(beta) and beta and is_number(threshold)):
        return None
    wide = b.f32(x)
    scaled = b.binary(d.MulOp, wide, float(beta)) if beta != 1 else wide
    soft = b.unary(d.Log1pOp, b.unary(d.ExpOp, scaled))
    soft = b.binary(d.DivOp, soft, float(beta)) if beta != 1 else soft
    above = b.emit(d.CompareOp(Predicate.gt, scaled, float(threshold)))
    return b.cast(b.emit(d.SelectOp(above, wide, soft)), out.element_type)


@rule("aten.threshold.default")
def _threshold(b: SmallBuilder, out: Tensor, x: Value, threshold: Any, value: Any) -> Given:
    """The rows above a threshold, and a value for all others; NaN is kept (aten/src/ATen/native/cpu/Activation.cpp)."""
    return _where(b, out, _compare(Predicate.le, b, out, x, threshold), value, x)


@rule("aten.signbit.default")
def _signbit(b: SmallBuilder, out: Tensor, x: Value) -> Given:
    if not all_wide(x):
        return None
    bits = i32 if bit_width(x.type.element_type) == F32_BITS else i16
    return b.emit(d.CompareOp(Predicate.lt, b.emit(d.BitcastOp(x, with_element(x.type, bits))), 0))


@rule("aten.masked_fill.Scalar", "aten.masked_fill.Tensor")
def _masked_fill(b: SmallBuilder, out: Tensor, x: Value, mask: Value, value: Any) -> Given:
    return _where(b, out, mask, value, x)


def masked_write(
    b: SmallBuilder, out: Tensor, x: Value, indices: Sequence[Any], value: Value, accumulate: bool = False
) -> Given:
    """``x[mask] = value`` for a mask of the outer axes of x and one number, or one row of the axes that it leaves."""
    if accumulate or len(indices) != 1 or not is_tensor(indices[0]) or indices[0].type.element_type != i1:
        return None
    mask: Value = indices[0]
    dims, masked = dims_of(out), dims_of(mask.type)
    entries = dims_of(value.type)
    if all(dim == 1 for dim in entries):
        value = b.reshape(value, ())
    elif len(entries) > len(dims) - len(masked):
        return None
    return _where(b, out, b.reshape(mask, (*masked, *(1 for _ in dims[len(masked) :]))), value, x)


@rule("aten.view.dtype")
def _view_as(b: SmallBuilder, out: Tensor, x: Value, _dtype: Any) -> Given:
    """The same bits as another type; narrower ones side by side in a wider one, or the bytes of one."""
    narrow, wide = bit_width(x.type.element_type), bit_width(out.element_type)
    if narrow == wide:
        return b.emit(d.BitcastOp(x, with_element(x.type, out.element_type)))
    if wide == BYTE and has_bytes(x.type.element_type):
        x = bytes_of(b, x)
        return x if x.type.element_type == out.element_type else _view_as(b, out, x, _dtype)
    if x.type.element_type != UINT8 or out.element_type not in COMPUTED_INTEGERS:
        return None
    rows = b.reshape(x, (*dims_of(out), wide // narrow))
    return b.reshape(b.emit(d.PackOp(rows, narrow, out.element_type)), dims_of(out))
