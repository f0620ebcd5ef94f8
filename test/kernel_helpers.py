"""The helpers of generated kernels as functions of numpy arrays: their own text, with an exact fma."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

from irfuse.kernel.text import HELPERS

Array: TypeAlias = np.ndarray[Any, Any]
f32, f64 = np.float32, np.float64


class Entries(np.ndarray[Any, Any]):
    """An array that casts as a tile does."""

    def to(self, dtype: Any, bitcast: bool) -> Any:
        assert bitcast
        return self.view(dtype)


def entries(x: Any) -> Any:
    """Numbers as f32 entries of a tile."""
    return np.asarray(x, f32).view(Entries)


def fma(x: Any, y: Any, z: Any) -> Any:
    """``x * y + z`` in f32, rounded once: an exact product, and a sum that is rounded to odd before it is narrowed."""
    product, z = np.asarray(x, f64) * np.asarray(y, f64), np.asarray(z, f64)
    total = product + z
    back = total - product
    rest = (product - (total - back)) + (z - back)
    bits = total.view(np.int64)
    away = np.where((rest > 0) == (total > 0), 1, -1)
    odd = np.where((rest != 0) & (bits % 2 == 0) & np.isfinite(total), bits + away, bits)
    return entries(odd.view(f64).astype(f32))


def rough(steps: int) -> Callable[[Any, Any], Any]:
    """A quotient that is some steps above the correctly rounded one where that is a positive normal number."""

    def divide(x: Any, y: Any) -> Any:
        exact = entries(np.asarray(x, f32) / np.asarray(y, f32))
        moved = (exact.view(np.int32) + np.int32(steps)).view(f32)
        return np.where((exact >= 2.0**-126) & (exact < 2.0**127), moved, exact).view(Entries)

    return divide


def helpers(steps: int = 0) -> dict[str, Any]:
    """The helpers by name, on a fast quotient that is some steps too large."""
    tl = SimpleNamespace(
        fma=fma,
        where=lambda c, x, y: np.where(c, entries(x), entries(y)).view(Entries),
        exp2=lambda x: entries(np.exp2(x.astype(f64))),
        int32=np.int32,
        float32=f32,
    )
    scope: dict[str, Any] = {"tl": tl, "libdevice": SimpleNamespace(fast_dividef=rough(steps))}
    for name in ("quotient", "quarter", "sigmoid", "silu"):
        exec(f"def {name}{HELPERS[name]}", scope)
    return scope


def significant_bits(x: Any) -> Any:
    """The number of bits in the significands of normal f32 numbers."""
    significand = (np.asarray(x, f32).view(np.int32).astype(np.int64) & 0x7FFFFF) | 0x800000
    return 24 - np.log2(significand & -significand).astype(int)


def steps_between(x: Any, y: Any) -> Any:
    """How many f32 numbers two are apart."""
    x, y = (np.asarray(v, f32).view(np.int32).astype(np.int64) for v in (x, y))
    return np.abs(np.where(x < 0, -(x & 0x7FFFFFFF), x) - np.where(y < 0, -(y & 0x7FFFFFFF), y))
