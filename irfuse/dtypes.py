"""torch dtypes and xDSL element types, by the one table that names both, and what torch's own casts do."""

from __future__ import annotations

from functools import cache

import torch
from torch.utils._python_dispatch import _disable_current_modes
from xdsl.dialects.builtin import Float4E2M1FNType
from xdsl.ir import Attribute

from irfuse.dialect.enums import Overflow
from irfuse.dialect.fp8 import FP8
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


def overflow_of(dtype: torch.dtype, device: torch.device, *, compiled: bool = False) -> Overflow | None:
    """What a cast to an 8-bit float makes of numbers beyond its range, by torch at hand; None where it is none of ours.

    Eager torch changed its rule for e4m3fn between 2.11 and 2.13, so it is asked. Code that Inductor ``compiled`` for a
    GPU casts by Triton, which saturates all formats; what it compiles for the CPU casts as eager torch does.
    """
    if compiled and device.type == "cuda":
        return Overflow.saturate
    return eager_overflow(dtype, device)


@cache
def eager_overflow(dtype: torch.dtype, device: torch.device) -> Overflow | None:
    """What eager torch does on a device: one cast of a large number and of infinity. Without a GPU, that of the CPU."""
    if device.type == "cuda" and not torch.cuda.is_available():
        device = torch.device("cpu")
    fp8 = FP8[type(_ELEMENTS[dtype])]
    with _disable_current_modes():
        numbers = torch.tensor([fp8.largest * 1024, torch.inf], device=device)
        beyond = numbers.to(dtype).to("cpu", torch.float32).tolist()
    rules = {(fp8.largest,) * 2: Overflow.saturate, (torch.inf,) * 2: Overflow.infinity}
    return Overflow.nan if all(number != number for number in beyond) else rules.get(tuple(beyond))
