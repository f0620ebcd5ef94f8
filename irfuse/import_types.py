"""What a value of an FX graph is in the IR: element types, shapes with named sizes, strides where they matter."""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy
import torch
from torch.fx.experimental.symbolic_shapes import statically_known_true
from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Attribute

from irfuse.dialect.attrs import ObjectType, SymIntType
from irfuse.dialect.types import make_tensor
from irfuse.dtypes import element_of
from irfuse.sizes import Dim, Size

NO_ENTRIES = "zero"


def type_of(value: Any, device: torch.device | None = None) -> Attribute:
    """The type of a value by its ``meta["val"]``; an object where it is no strided tensor and no symbolic integer.

    So is a tensor that lies on another device than those of its graph, as numbers in tensors on the CPU do.
    """
    if isinstance(value, torch.SymInt):
        return SymIntType(StringAttr(str(_dim(value))))
    if not isinstance(value, torch.Tensor) or value.layout != torch.strided or device not in (None, value.device):
        return ObjectType()
    element = element_of(value.dtype)
    return ObjectType() if element is None else make_tensor(element, _shape(value), _strides(value))


def _shape(value: torch.Tensor) -> list[Dim]:
    """A shape; an axis of no entries has a name, like any other whose products say nothing of the other axes."""
    return [NO_ENTRIES if isinstance(s, int) and s == 0 else _dim(s) for s in value.shape]


def _dim(size: Any) -> Dim:
    """A size as the IR spells it: products in one normal order, so that equal types are equal text."""
    if not isinstance(size, torch.SymInt):
        return int(size)
    node = size.node
    if node.expr.has(sympy.Function) and node.has_hint() and statically_known_true(size == node.hint):
        return int(node.hint)  # the guards leave a quotient of sizes no choice
    return _spelled(node.expr)


@cache
def _spelled(expr: Any) -> Dim:
    return Size.of(str(expr)).dim()


def _strides(value: torch.Tensor) -> list[Dim] | None:
    """The strides of a tensor that is not contiguous; strides of axes of size 1 are noise and do not count."""
    expected: Any = 1
    if any(isinstance(size, int) and size == 0 for size in value.shape):
        return None
    for size, stride in zip(reversed(value.shape), reversed(value.stride()), strict=True):
        if not _equal(size, 1) and not _equal(stride, expected):
            return [_dim(s) for s in value.stride()]
        expected = expected * size
    return None


def _equal(a: Any, b: Any) -> bool:
    """Whether two sizes are known to be equal, also where they are spelled in two ways."""
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    return _dim(a) == _dim(b) or bool(statically_known_true(a == b))
