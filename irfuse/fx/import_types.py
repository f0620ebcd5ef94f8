"""What a value of an FX graph is in the IR: element types, shapes with named sizes, strides where they matter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import sympy
import torch
from torch.fx.experimental.symbolic_shapes import statically_known_true
from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Attribute

from irfuse.dialect.attrs import ObjectType, SymIntType
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import NO_ENTRIES, make_tensor
from irfuse.dtypes import element_of
from irfuse.fx.equal_sizes import Equal

_NUMBERS = {int}
_OBJECT = ObjectType()
_NO_SYMBOLS: Equal = {}


def type_of(value: Any, device: torch.device | None = None, equal: Equal = _NO_SYMBOLS) -> Attribute:
    """The type of a value by its ``meta["val"]``; an object where it is no strided tensor and no symbolic integer.

    So is a tensor that lies on another device than those of its graph, as numbers in tensors on the CPU do. ``equal``
    has the symbols that others stand for, see `irfuse.fx.equal_sizes`.
    """
    if isinstance(value, torch.SymInt):
        return SymIntType(StringAttr(str(_dim(value, equal))))
    if not isinstance(value, torch.Tensor) or value.layout != torch.strided or device not in (None, value.device):
        return _OBJECT
    shape, strides = value.shape, value.stride()
    if {*map(type, shape), *map(type, strides)} <= _NUMBERS:
        return _of_numbers(value.dtype, tuple(shape), strides)
    return _type(value.dtype, shape, strides, equal)


@lru_cache(maxsize=1 << 14)
def _of_numbers(dtype: torch.dtype, shape: tuple[int, ...], strides: tuple[int, ...]) -> Attribute:
    return _type(dtype, shape, strides, _NO_SYMBOLS)


def _type(dtype: torch.dtype, shape: Sequence[Any], strides: Sequence[Any], equal: Equal) -> Attribute:
    """The type of a strided tensor; an axis of no entries has a name, whose products say nothing of other axes."""
    element = element_of(dtype)
    if element is None:
        return _OBJECT
    dims = [NO_ENTRIES if isinstance(s, int) and s == 0 else _dim(s, equal) for s in shape]
    steps = [_dim(s, equal) for s in strides]
    return make_tensor(element, dims, None if _is_contiguous(shape, strides, dims, steps) else steps)


def _dim(size: Any, equal: Equal) -> Dim:
    """A size as the IR spells it: products in one normal order, so that equal types are equal text."""
    if not isinstance(size, torch.SymInt):
        return int(size)
    node, expr = size.node, size.node.expr
    if _has_quotients(expr) and node.has_hint() and statically_known_true(size == node.hint):
        return int(node.hint)  # the guards leave a quotient of sizes no choice
    return _spelled(expr.xreplace(equal) if equal else expr)


@lru_cache(maxsize=1 << 14)
def _has_quotients(expr: Any) -> bool:
    return bool(expr.has(sympy.Function))


@lru_cache(maxsize=1 << 14)
def _spelled(expr: Any) -> Dim:
    return Size.of(str(expr)).dim()


def _is_contiguous(shape: Sequence[Any], strides: Sequence[Any], dims: Sequence[Dim], steps: Sequence[Dim]) -> bool:
    """Whether these are the strides of a contiguous tensor; those of axes of size 1 are noise and do not count.

    ``dims`` and ``steps`` are shape and strides as the IR spells them.
    """
    if NO_ENTRIES in dims:
        return True
    inner = Size(1)
    for axis in reversed(range(len(shape))):
        if not _equal(shape[axis], 1) and steps[axis] != inner.dim():
            expected = prod(reversed(shape[axis + 1 :]))
            if not _equal(strides[axis], expected):
                return False
        inner = inner * Size.of(dims[axis])
    return True


def _equal(a: Any, b: Any) -> bool:
    """Whether two sizes are known to be equal, also where they are spelled in two ways."""
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    return bool(statically_known_true(a == b))
