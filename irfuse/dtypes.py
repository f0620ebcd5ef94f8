"""torch dtypes and xDSL element types, by the one table that names both."""

from __future__ import annotations

import torch
from xdsl.dialects.builtin import Float4E2M1FNType
from xdsl.ir import Attribute

from irfuse.dialect.types import FP8_TYPES, TORCH_NAMES

_ELEMENTS: dict[torch.dtype, Attribute] = {getattr(torch, name): element for name, element in TORCH_NAMES.items()}
_DTYPES = {element: dtype for dtype, element in _ELEMENTS.items()} | {Float4E2M1FNType(): torch.uint8}
"""Torch has 4-bit floats in pairs alone, so one by one they are held as codes, each in a byte."""


FP8_DTYPES = frozenset(dtype for dtype, element in _ELEMENTS.items() if isinstance(element, FP8_TYPES))


def element_of(dtype: torch.dtype) -> Attribute | None:
    """The element type for a torch dtype, or None where MLIR has none (quantised and packed types)."""
    return _ELEMENTS.get(dtype)


def dtype_of(element: Attribute) -> torch.dtype:
    """The torch dtype for an element type. Raises KeyError where torch has none."""
    return _DTYPES[element]
