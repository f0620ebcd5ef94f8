"""Seeded random operands for a fused op, to run its kernel on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import cycle

import torch
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from irfuse.dialect.attrs import SymIntType
from irfuse.dialect.fused import FusedOp
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import dims_of, strides_of
from irfuse.dtypes import dtype_of

NUMBERS = (5, 3, 7, 2)
"""What named sizes are, in turn: not powers of two, so that the last program has rows that are not there."""
LONG = 1 << 14
"""What a stride is whose size no shape names: longer than the rows that people slice."""


def sizes_of(op: FusedOp) -> dict[str, int]:
    """A number for every named size and stride of the operands."""
    types = [v.type for v in op.ins]
    tensors = [t for t in types if isinstance(t, TensorType)]
    dims = [d for t in tensors for d in dims_of(t)] + [t.expr.data for t in types if isinstance(t, SymIntType)]
    strides = [s for t in tensors for s in strides_of(t) or ()]
    named = dict(zip(dict.fromkeys(_atoms(dims)), cycle(NUMBERS)))
    return dict.fromkeys(_atoms(strides), LONG) | named


def operands_of(op: FusedOp, seed: int) -> list[torch.Tensor | int]:
    """An operand for each that the op takes: normal floats, whole numbers up to 100, powers of two for e8m0."""
    sizes, noise = sizes_of(op), torch.Generator().manual_seed(seed)
    return [_operand(v.type, sizes, noise) for v in op.ins]


def _atoms(dims: Iterable[Dim]) -> Iterator[str]:
    return (atom for dim in dims for atom in Size.of(dim).atoms)


def _operand(kind: Attribute, sizes: dict[str, int], noise: torch.Generator) -> torch.Tensor | int:
    if isinstance(kind, SymIntType):
        return Size.of(kind.expr.data).value(sizes)
    assert isinstance(kind, TensorType)
    shape = [Size.of(dim).value(sizes) for dim in dims_of(kind)]
    strides = [Size.of(s).value(sizes) for s in strides_of(kind) or ()]
    length = 1 + sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) if strides else math.prod(shape)
    values = _values([max(length, 0)], dtype_of(kind.element_type), noise)
    return values.as_strided(shape, strides) if strides else values.view(shape)


def _values(shape: list[int], dtype: torch.dtype, noise: torch.Generator) -> torch.Tensor:
    if dtype == torch.float8_e8m0fnu:
        return torch.randint(-4, 5, shape, generator=noise).float().exp2().to(dtype)
    if dtype.is_floating_point:
        return torch.randn(shape, generator=noise).to(dtype)
    if dtype == torch.bool:
        return torch.rand(shape, generator=noise) < 0.5
    return torch.randint(-100 if dtype.is_signed else 0, 101, shape, generator=noise).to(dtype)
