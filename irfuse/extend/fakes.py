"""Fake tensors of the types of the dialect, of whose named sizes nothing is known but that they are none below 0."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import dims_of, strides_of
from irfuse.dtypes import dtype_of


class Fakes:
    """The fake tensors of one trace; ``names`` says what each of its symbols is called in the types."""

    def __init__(self) -> None:
        self.env = ShapeEnv()
        self.mode = FakeTensorMode(shape_env=self.env, allow_non_fake_inputs=True)
        self.names: dict[str, str] = {}
        self._symbols: dict[str, Any] = {}
        self._device = "cuda" if torch.cuda.is_available() else "cpu"

    def quietly(self) -> AbstractContextManager[None]:
        """While symbols are made, of which torch expects that what makes them returns them."""
        return self.env.ignore_fresh_unbacked_symbols()

    def tensor(self, kind: TensorType[Attribute]) -> torch.Tensor:
        """A tensor of a type, on the GPU where there is one."""
        shape, strides, dtype = [self._size(n) for n in dims_of(kind)], strides_of(kind), dtype_of(kind.element_type)
        with self.mode:
            if strides is None:
                return torch.empty(shape, dtype=dtype, device=self._device)
            steps = [self._size(n) for n in strides]
            return torch.empty_strided(shape, steps, dtype=dtype, device=self._device)

    def assumptions(self) -> int:
        """How many conditions on sizes have been taken to hold."""
        return sum(map(len, self.env.deferred_runtime_asserts.values()))

    def _size(self, dim: Dim) -> Any:
        """A dimension as a number or a symbolic one; two that nobody named are two."""
        size = Size.of(dim)
        for atom in size.atoms:
            if atom not in self._symbols or atom == "?":
                symbol = self._symbols[atom] = self.env.create_unbacked_symint()
                torch._check(symbol >= 0)
                self.names[str(symbol)] = atom
        return size.value(self._symbols)
