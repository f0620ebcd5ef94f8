"""How torch converts the operands of an op to one type, wherever all devices do it alike.

Tensors with axes decide the common type, and tensors without axes only where they are of a higher kind (torch,
c10/core/ScalarType.h and aten/src/ATen/native/TypeProperties.cpp). An operand is converted to it before anything is
computed, with one exception: what multiplies or divides bf16 or f16 rows on a CPU is taken as the number that it is
(aten/src/ATen/native/cpu/BinaryOpsKernel.cpp), and converted on a GPU.
"""

from __future__ import annotations

from functools import reduce
from math import isnan
from typing import Any

from xdsl.dialects.builtin import BFloat16Type, Float16Type, Float32Type, IntegerType, f32, f64, i1, i8, i16, i64
from xdsl.ir import Attribute, SSAValue

from irfuse import dialect as d
from irfuse.aten.registry import all_integers, all_wide, is_number
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.enums import Predicate
from irfuse.dialect.exact import holds, holds_all
from irfuse.dialect.named import number
from irfuse.dialect.types import (
    COMPUTED_INTEGERS,
    TORCH_NAMES,
    WIDE_TYPES,
    dims_of,
    is_float,
    tensor_type,
    with_element,
)

TAKES_NUMBERS = {
    *(f"aten.{name}.Tensor" for name in ("add", "sub", "mul", "div", "clamp", "clamp_min", "clamp_max")),
    *(f"aten.{name}.Tensor" for name in Predicate),
    *("aten.maximum.default", "aten.minimum.default", "aten.max.other", "aten.min.other", "aten.where.self"),
}
"""Ops that on a GPU take a tensor without axes on the CPU as torch takes Python numbers there."""
_NAMES = ("bool", "uint8", "int8", "int16", "int32", "int64", "bfloat16", "float16", "float32", "float64")
_ORDER = [TORCH_NAMES[name] for name in _NAMES]
"""Types of which the later one is the common type of two, but for the pairs of which neither is."""
_NEITHER = {frozenset({TORCH_NAMES["uint8"], i8}): i16, frozenset({BFloat16Type(), Float16Type()}): f32}


def exact_number(value: Any) -> float | None:
    """A number of a call as a double, which ops hold it as; None for an integer that a double has not."""
    if not is_number(value) or (isinstance(value, int) and int(float(value)) != value):
        return None
    return float(value)


def is_whole(value: Any, element: Attribute) -> bool:
    """Whether a value is a number of an integer type, or one with as many bits, which torch wraps."""
    if exact_number(value) is None:
        return False
    wraps = isinstance(value, int) and isinstance(element, IntegerType) and 0 <= value < 1 << element.bitwidth
    return isinstance(value, int) and (wraps or holds(element, value))


def number_in(value: SSAValue) -> float | None:
    """The number that all entries of a tensor are, where the graph says it and their type holds it."""
    while isinstance(value.owner, (d.ReshapeOp, d.BroadcastOp, d.RelayoutOp)):
        value = value.owner.x
    kept = number(value.owner.value) if isinstance(value.owner, d.FullOp) else None
    return kept if kept is not None and holds(tensor_type(value).element_type, kept) else None


def converted(b: SmallBuilder, x: Value, element: Attribute) -> Value | None:
    """An operand in the common type of its op; None where the conversion is not modelled."""
    source, constant = x.type.element_type, number_in(x)
    if not isinstance(element, WIDE_TYPES) and element not in COMPUTED_INTEGERS:
        return None
    if source == element:
        return x
    if source in (f64, i64) and constant is not None and not isnan(constant):
        known = isinstance(element, WIDE_TYPES) or (element in COMPUTED_INTEGERS and holds(element, constant))
        return b.emit(d.FullOp(constant, with_element(x.type, element))) if known else None
    whole = all_integers(x)
    floats = isinstance(element, WIDE_TYPES) and (whole or all_wide(x) or source == f64)
    return b.cast(x, element) if floats or (whole and element in COMPUTED_INTEGERS) else None


def is_exact(x: Value, element: Attribute) -> bool:
    """Whether converting an operand to a type changes none of its values."""
    constant = number_in(x)
    return holds_all(element, x.type.element_type) or (constant is not None and holds(element, constant))


def is_taken_as_it_is(y: Value, element: Attribute) -> bool:
    """Whether a factor or divisor without axes is taken unrounded on some devices, and that makes a difference."""
    return not dims_of(y.type) and not isinstance(element, Float32Type) and not is_exact(y, element)


def common_type(*operands: Value) -> Attribute | None:
    """The type in which torch compares tensors; None where one of them has no type that is modelled."""
    if any(v.type.element_type not in _ORDER for v in operands):
        return None
    rows, points = ([v.type.element_type for v in operands if bool(dims_of(v.type)) == axes] for axes in (True, False))
    if not rows or not points:
        return reduce(_wider, rows or points)
    decided, offered = reduce(_wider, rows), reduce(_wider, points)
    return decided if _kind(decided) >= _kind(offered) else _wider(decided, offered)


def _wider(a: Attribute, b: Attribute) -> Attribute:
    """The type that two tensors of equal rank are converted to."""
    return _NEITHER.get(frozenset({a, b})) or max(a, b, key=_ORDER.index)


def _kind(element: Attribute) -> int:
    """Truth values, integers, floats: a higher kind decides the common type."""
    return 2 if is_float(element) else int(element != i1)
