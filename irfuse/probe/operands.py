"""Operands on which the readings of an op differ: a call's own types, options and columns, on rows of all kinds.

Zeros of both signs, tiny and huge numbers, infinities, NaN, halves of zeros; then ordinary rows, of which there are so
many that two functions differ in one of them where they differ in the last bit of f32 here and there. In each run of 64
columns the largest entry has another three quarters as large beside it, of few bits: by the scale of e4m3, 448, that is
336, half way between two codes, where a quotient and a product with a reciprocal go apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import torch
from xdsl.dialects.builtin import TensorType

from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import Tensor, dims_of, make_tensor, strides_of
from irfuse.dtypes import dtype_of

KINDS = 32
"""How many rows there are before all kinds come again."""
ENTRIES = 1 << 20
"""About how many entries there are in all rows."""
RUN = 64
NUMBER = 83 / 21
"""What a tensor of one number holds: a scale by which quotients and products go apart, or a bound on some rows."""
_WIDE = (torch.bfloat16, torch.float16, torch.float32)
_TINY_AND_HUGE = {torch.float16: (2.0**-20, 2.0**8)}
_CPU = torch.device("cpu")


def few_rows(kinds: Mapping[str, Any]) -> dict[str, Any]:
    """The types of a call with another number of tokens, which are the longest of its leading axes, and named sizes.

    Tensors are dense, their axes in the order of their strides; options stay.
    """
    tensors = [dims_of(kind) for kind in kinds.values() if isinstance(kind, TensorType)]
    longest = [max((n for n in dims[:-1] if isinstance(n, int)), default=0) for dims in tensors]
    tokens = min((n for n in longest if n > 1), default=max(longest, default=0))
    columns = {dims[-1] for dims in tensors if len(dims) > 1}
    alone = tokens > 1 and tokens not in columns
    widest = max((n for n in columns if isinstance(n, int)), default=1)
    rows = max(ENTRIES // max(widest, 1) // KINDS, 1) * KINDS
    return {name: _cut(k, tokens, alone, rows) if isinstance(k, TensorType) else k for name, k in kinds.items()}


def _cut(kind: Tensor, tokens: int, alone: bool, rows: int) -> Tensor:
    """A type with few rows; a vector of as many entries as tokens is one of those where columns are another number."""
    dims, strides = dims_of(kind), strides_of(kind)
    last = 1 if alone and dims == (tokens,) else len(dims) - 1
    shape = [_length(n, tokens if i < last else 0, rows) for i, n in enumerate(dims)]
    if strides is None:
        return make_tensor(kind.element_type, shape)
    steps = [_length(n, 0, rows) for n in strides]
    inner = [prod(shape[j] for j in range(len(shape)) if (steps[j], -j) < (steps[i], -i)) for i in range(len(shape))]
    return make_tensor(kind.element_type, shape, inner)


def _length(dim: Dim, tokens: int, rows: int) -> int:
    size = Size.of(dim)
    if size.atoms:
        return int(size.value(dict.fromkeys(size.atoms, rows)))
    return size.factor // tokens * rows if tokens and size.factor % tokens == 0 else size.factor


def operand(kind: Tensor, seed: int, device: torch.device) -> torch.Tensor:
    """A tensor of a type: rows, a weight, a number, or zeros of other types; by ``seed`` several differ."""
    dtype, shape = dtype_of(kind.element_type), [n for n in dims_of(kind) if isinstance(n, int)]
    made = torch.empty_strided(shape, _steps(kind, shape), dtype=dtype, device=device)
    if dtype not in _WIDE:
        return made.copy_(torch.zeros(shape, device=_CPU))
    if prod(shape) == 1:
        return made.copy_(torch.full(shape, NUMBER, device=_CPU))
    return made.copy_(_weight(shape[0], seed) if len(shape) == 1 else _rows(shape, seed, dtype))


def _steps(kind: Tensor, shape: Sequence[int]) -> list[int]:
    return [int(n) for n in strides_of(kind) or [prod(shape[i + 1 :]) for i in range(len(shape))]]


def _weight(columns: int, seed: int) -> torch.Tensor:
    """Numbers about one."""
    return 1 + 0.25 * torch.randn(columns, generator=_noise(seed), device=_CPU)


def _rows(shape: Sequence[int], seed: int, dtype: torch.dtype) -> torch.Tensor:
    """Rows of all kinds, which another operand has in another order."""
    rows = _ordinary(prod(shape[:-1]), shape[-1], seed)
    tiny, huge = _TINY_AND_HUGE.get(dtype, (2.0**-120, 2.0**100))
    columns = shape[-1]
    rows[0::KINDS] = 0.0
    rows[1::KINDS, ::2], rows[1::KINDS, 1::2] = 0.0, -0.0
    rows[2::KINDS] *= tiny
    rows[3::KINDS] *= huge
    for row, number in ((4, torch.inf), (5, -torch.inf), (6, torch.nan)):
        rows[row::KINDS, row % columns] = number
    rows[7::KINDS, columns // 2 :], rows[8::KINDS, : columns // 2] = -0.0, -0.0
    return rows.roll(9 * seed, 0).view(*shape)


def _ordinary(count: int, columns: int, seed: int) -> torch.Tensor:
    """Normal numbers about one, below the largest of each run."""
    noise = _noise(seed)
    largest = torch.randint(43, 86, (count, 1), generator=noise, device=_CPU) / 16
    rows = torch.randn(count, columns, generator=noise, device=_CPU).clamp(-largest, largest)
    rows[:, ::RUN] = largest
    rows[:, 1::RUN] = largest * -0.75
    return rows


def _noise(seed: int) -> torch.Generator:
    return torch.Generator(_CPU).manual_seed(seed)
