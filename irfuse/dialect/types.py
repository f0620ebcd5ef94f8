"""Reading and making tensor types: shapes with named sizes, strides where a tensor is not contiguous."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    AnyFloat,
    BFloat16Type,
    ComplexType,
    Float4E2M1FNType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
    Float16Type,
    Float32Type,
    IntegerType,
    NoneAttr,
    Signedness,
    TensorType,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.ir import Attribute, SSAValue

from irfuse.dialect.attrs import DimsAttr, Layout
from irfuse.dialect.sizes import Dim

Tensor: TypeAlias = TensorType[Attribute]
NO_ENTRIES = "zero"
"""The name of an axis of length 0 of an imported tensor: products with it say nothing of other axes."""

TORCH_NAMES: dict[str, Attribute] = {
    "bfloat16": BFloat16Type(),
    "float16": Float16Type(),
    "float32": f32,
    "float64": f64,
    "bool": i1,
    "int8": i8,
    "int16": i16,
    "int32": i32,
    "int64": i64,
    "uint8": IntegerType(8, Signedness.UNSIGNED),
    "uint16": IntegerType(16, Signedness.UNSIGNED),
    "uint32": IntegerType(32, Signedness.UNSIGNED),
    "uint64": IntegerType(64, Signedness.UNSIGNED),
    "complex64": ComplexType(f32),
    "complex128": ComplexType(f64),
    "float8_e4m3fn": Float8E4M3FNType(),
    "float8_e4m3fnuz": Float8E4M3FNUZType(),
    "float8_e5m2": Float8E5M2Type(),
    "float8_e5m2fnuz": Float8E5M2FNUZType(),
    "float8_e8m0fnu": Float8E8M0FNUType(),
}
"""The one table of torch's dtypes, by name, and xDSL's element types."""

COMPUTED_INTEGERS = tuple(TORCH_NAMES[name] for name in ("bool", "int8", "uint8", "int16", "int32", "int64"))
"""The integer types that a fused body computes in."""

FP8_TYPES = (Float8E4M3FNType, Float8E4M3FNUZType, Float8E5M2Type, Float8E5M2FNUZType)
WIDE_TYPES = (BFloat16Type, Float16Type, Float32Type)
"""The element types that a fused body computes in; each converts to f32 without loss."""


_NO_LAYOUT = Layout()
MOST_KEPT = 1 << 14
_SHAPES: dict[int, tuple[Tensor, tuple[Dim, ...]]] = {}
"""Shapes by the identity of the type, which is kept so that no other takes it: to hash a type takes longer."""


def tensor_type(value: SSAValue) -> Tensor:
    """The tensor type of a value. Raises TypeError where it is none."""
    if not isinstance(value.type, TensorType):
        raise TypeError(f"{value.type} is not a tensor")
    return value.type


def layout_of(tensor: Tensor) -> Layout:
    """Names and strides in the encoding of a tensor type; an empty layout where it has none."""
    return tensor.encoding.data if isinstance(tensor.encoding, DimsAttr) else _NO_LAYOUT


def dims_of(tensor: Tensor) -> tuple[Dim, ...]:
    """The shape, with the names of its dynamic dimensions; ``"?"`` where a dimension has no name."""
    known = _SHAPES.get(id(tensor))
    if known is None:
        if len(_SHAPES) >= MOST_KEPT:
            _SHAPES.clear()
        known = _SHAPES[id(tensor)] = tensor, _read_dims(tensor)
    return known[1]


def _read_dims(tensor: Tensor) -> tuple[Dim, ...]:
    shape = tuple([size.data for size in tensor.shape.data])
    if DYNAMIC_INDEX not in shape:
        return shape
    names = iter(layout_of(tensor).dims)
    return tuple([next(names, "?") if d == DYNAMIC_INDEX else d for d in shape])


def strides_of(tensor: Tensor) -> tuple[Dim, ...] | None:
    """The strides in elements, or None for a contiguous tensor."""
    return layout_of(tensor).strides


def make_tensor(element: Attribute, dims: Sequence[Dim], strides: Sequence[Dim] | None = None) -> Tensor:
    """A tensor type with this shape; strides only where they are not those of a contiguous tensor."""
    return _interned(element, tuple(dims), None if strides is None else tuple(strides))


@lru_cache(maxsize=MOST_KEPT)
def _interned(element: Attribute, dims: tuple[Dim, ...], strides: tuple[Dim, ...] | None) -> Tensor:
    """The one object for a type: xDSL checks every type that is made, and the values of a graph repeat few types."""
    names = tuple(d for d in dims if isinstance(d, str))
    named = any(name != "?" for name in names)
    shape = [DYNAMIC_INDEX if isinstance(d, str) else d for d in dims]
    if not named and strides is None:
        return TensorType(element, shape)
    layout = Layout(names if named else (), strides)
    return TensorType(element, shape, DimsAttr(layout))


def is_plain(tensor: Tensor) -> bool:
    """Whether a type says nothing but its elements and sizes, all of them numbers and none of them 0."""
    return isinstance(tensor.encoding, NoneAttr) and not {0, "?"}.intersection(dims_of(tensor))


def plain(tensor: Tensor) -> Tensor:
    """The same type without strides."""
    return tensor if isinstance(tensor.encoding, NoneAttr) else make_tensor(tensor.element_type, dims_of(tensor))


def with_element(tensor: Tensor, element: Attribute) -> Tensor:
    """The contiguous tensor type of the same shape with other elements."""
    return make_tensor(element, dims_of(tensor))


def with_dims(tensor: Tensor, dims: Sequence[Dim]) -> Tensor:
    """The contiguous tensor type of the same elements with another shape."""
    return make_tensor(tensor.element_type, dims)


def is_determined(tensor: Tensor) -> bool:
    """Whether the number of elements determines the shape: two sizes without a name may be anything."""
    return dims_of(tensor).count("?") <= 1


def bit_width(element: Attribute) -> int:
    """The number of bits of an element in memory, where a truth value is a byte; 0 for a type that has none."""
    return max(8, element.bitwidth) if isinstance(element, (AnyFloat, IntegerType)) else 0


def is_quantized(element: Attribute) -> bool:
    """Whether an element type is one that a quant writes: fp8, fp4, or int8."""
    return isinstance(element, (*FP8_TYPES, Float4E2M1FNType)) or element == i8


def is_wider(target: Attribute, source: Attribute) -> bool:
    """Whether every value of the float type ``source`` is a value of ``target``."""
    return isinstance(target, Float32Type) and isinstance(source, (BFloat16Type, Float16Type, *FP8_TYPES))


def is_float(element: Attribute) -> bool:
    """Whether an element type is a floating-point type."""
    return isinstance(element, AnyFloat)
