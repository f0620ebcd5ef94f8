"""A kernel's arguments: their layout in memory, and the tensors among them as buffers.

Source: LLVM, "User Guide for AMDGPU Backend", kernel argument segment: arguments in order, each aligned to its size.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from irfuse.emulate.assembly import Program
from irfuse.emulate.errors import ArgumentError, UnknownArgumentError
from irfuse.emulate.memory import Memory
from irfuse.emulate.state import Array

FORMATS = {
    **dict.fromkeys(("i1", "i8"), "<b"),
    **{"u1": "<B", "u8": "<B", "i16": "<h", "u16": "<H", "i32": "<i", "u32": "<I", "i64": "<q", "u64": "<Q"},
    **{"fp16": "<e", "fp32": "<f", "fp64": "<d"},
}
"""The layout of scalars, by their names in Triton's signatures."""
HIDDEN = 16
"""Bytes that Triton appends: pointers to global and profiling scratch memory, both null."""
IMPLICIT = 256
"""Bytes of the arguments that LLVM adds where a kernel uses one of them: code object version 5."""


@dataclass(frozen=True)
class LaunchSizes:
    """Workgroups along three axes, and lanes of each."""

    grid: tuple[int, ...]
    lanes: int

    def hidden(self, kind: str) -> int:
        """An argument that LLVM adds, by its name in the metadata. Raises UnknownArgumentError."""
        name, _, axis = kind.rpartition("_")
        number = "xyz".find(axis)
        if kind == "grid_dims":
            return 3
        if name == "block_count" and number >= 0:
            return (*self.grid, 1, 1)[number]
        if name == "group_size" and number >= 0:
            return self.lanes if number == 0 else 1
        if name in ("remainder", "global_offset") and number >= 0:
            return 0
        raise UnknownArgumentError(kind=f"hidden_{kind}")


class Arguments:
    """The tensors of a launch as buffers of ``memory``, from their first elements to their last.

    Not ``by_tensor``, their whole storages: a tensor that is a part of one may be read and written beyond its ends.
    """

    def __init__(self, memory: Memory, *, by_tensor: bool = True) -> None:
        self.memory, self.by_tensor = memory, by_tensor
        self.addresses: dict[tuple[int, int], int] = {}

    def address(self, value: Any, name: str) -> int:
        """The address of a CPU tensor's or numpy array's first element; of None, 0. Raises UnknownArgumentError."""
        if value is None:
            return 0
        if isinstance(value, np.ndarray):
            value = torch.from_numpy(value)
        if not isinstance(value, torch.Tensor) or value.device.type != "cpu":
            raise UnknownArgumentError(kind=f"{type(value).__name__} on {getattr(value, 'device', 'no device')}")
        storage = value.untyped_storage()
        start, size = value.data_ptr() - storage.data_ptr(), _extent(value)
        if not self.by_tensor:
            start, size = 0, storage.nbytes()
        place = (storage.data_ptr() + start, size)
        if place not in self.addresses:
            octets = _bytes_of(storage)[start : start + size]
            self.addresses[place] = self.memory.add(name, octets, shift=start)
        return self.addresses[place] + value.data_ptr() - place[0]

    def packed(
        self, program: Program, kinds: Sequence[str], values: Sequence[Any], names: Sequence[str], about: LaunchSizes
    ) -> Array:
        """The argument segment, u8. Raises ArgumentError if its size does not fit, UnknownArgumentError."""
        size = program.directive("kernarg_size")
        if len(kinds) != len(values):
            raise ArgumentError(name=program.name, wanted=f"{len(kinds)} arguments", given=len(values))
        made = b""
        for kind, value, name in zip(kinds, values, names, strict=True):
            if kind.startswith("*"):
                field = struct.pack("<Q", self.address(value, name))
            elif kind in FORMATS:
                field = struct.pack(FORMATS[kind], value)
            else:
                raise UnknownArgumentError(kind=kind)
            made += b"\0" * (-len(made) % len(field)) + field
        given = len(made) + -len(made) % 8 + HIDDEN
        if given != size - IMPLICIT * bool(program.hidden):
            raise ArgumentError(name=program.name, wanted=f"{size} bytes of arguments", given=given)
        segment = np.zeros(size, np.uint8)
        segment[: len(made)] = np.frombuffer(made, np.uint8)
        for kind, (offset, width) in program.hidden.items():
            segment[offset : offset + width] = list(about.hidden(kind).to_bytes(width, "little"))
        return segment


def _extent(tensor: torch.Tensor) -> int:
    """The bytes from a tensor's first element to the end of its last."""
    if not tensor.numel():
        return 0
    steps = sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return (steps + 1) * tensor.element_size()


def _bytes_of(storage: Any) -> Array:
    """The memory of a tensor, u8, shared with it."""
    return torch.empty(0, dtype=torch.uint8).set_(storage).numpy()
