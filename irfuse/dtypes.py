"""The one table of torch dtypes and xDSL element types."""

from __future__ import annotations

import torch
from xdsl.dialects.builtin import (
    BFloat16Type,
    ComplexType,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
    Float16Type,
    IntegerType,
    Signedness,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.ir import Attribute

_ELEMENTS: dict[torch.dtype, Attribute] = {
    torch.bfloat16: BFloat16Type(),
    torch.float16: Float16Type(),
    torch.float32: f32,
    torch.float64: f64,
    torch.bool: i1,
    torch.int8: i8,
    torch.int16: i16,
    torch.int32: i32,
    torch.int64: i64,
    torch.uint8: IntegerType(8, Signedness.UNSIGNED),
    torch.uint16: IntegerType(16, Signedness.UNSIGNED),
    torch.uint32: IntegerType(32, Signedness.UNSIGNED),
    torch.uint64: IntegerType(64, Signedness.UNSIGNED),
    torch.complex64: ComplexType(f32),
    torch.complex128: ComplexType(f64),
    torch.float8_e4m3fn: Float8E4M3FNType(),
    torch.float8_e4m3fnuz: Float8E4M3FNUZType(),
    torch.float8_e5m2: Float8E5M2Type(),
    torch.float8_e5m2fnuz: Float8E5M2FNUZType(),
    torch.float8_e8m0fnu: Float8E8M0FNUType(),
}
_DTYPES = {element: dtype for dtype, element in _ELEMENTS.items()}


def element_of(dtype: torch.dtype) -> Attribute | None:
    """The element type for a torch dtype, or None where MLIR has none (quantised and packed types)."""
    return _ELEMENTS.get(dtype)


def dtype_of(element: Attribute) -> torch.dtype:
    """The torch dtype for an element type. Raises KeyError where torch has none."""
    return _DTYPES[element]
