"""Running one instruction on registers full of corner cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from irfuse.emulate.assembly import read_instruction
from irfuse.emulate.context import Context
from irfuse.emulate.execute import execute
from irfuse.emulate.lds import Lds
from irfuse.emulate.memory import Memory
from irfuse.emulate.operands import EXEC
from irfuse.emulate.state import Waves
from irfuse.emulate.targets import GPUS
from irfuse.errors import IrfuseError

Array: TypeAlias = np.ndarray[Any, Any]
CORNERS = {
    32: [0, 1, 2, 15, 31, 32, 63, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFF, 0x800000, 0x7FFFFFFF, 0x80000000,
         0xFFFFFFFF, 0x3F800000, 0xBF800000, 0x3F000000, 0x3FC00000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000,
         0x42C80000],
    16: [0, 1, 2, 7, 15, 16, 0x3C00, 0xBC00, 0x3800, 0x3E00, 0x7BFF, 0x7C00, 0xFC00, 0x7E00, 0x8000, 0x8001, 0x3FF,
         0x400, 0x7FFF, 0xFFFF],
}  # fmt: skip
CORNERS[64] = [*CORNERS[32], 2**63, 2**64 - 1, 2**63 - 1, 0x100000000, 0xFFFFFFFF00000000]


def words(count: int, width: int, seed: int) -> Array:
    """Unsigned numbers of so many bits: corner cases, small numbers, floats of moderate size, and any bits."""
    draw = np.random.default_rng(seed)
    kinds = draw.integers(0, 4, count)
    any_bits = draw.integers(0, 2**width, count, np.uint64)
    corner = draw.choice(np.array(CORNERS[width], np.uint64), count)
    floats = draw.normal(0, 100, count).astype(f"f{width // 8}").view(f"u{width // 8}").astype(np.uint64)
    small = draw.integers(0, 40, count, np.uint64)
    return np.choose(kinds, [any_bits, corner, floats, small]).astype(f"u{width // 8}")


@dataclass
class Bench:
    """Waves of a GPU whose registers hold what a test puts in."""

    arch: str = "gfx942"
    waves: int = 8
    registers: int = 32

    def __post_init__(self) -> None:
        self.gpu = GPUS[self.arch]
        self.state = Waves.empty(self.registers, self.waves, 1, self.gpu.wave, private=4)
        self.memory = Memory()
        self.context = Context(self.gpu, self.state, self.memory, Lds(self.waves, 1024))

    @property
    def count(self) -> int:
        """The number of lanes of all waves."""
        return self.waves * self.gpu.wave

    def put(self, register: int, numbers: Array) -> None:
        """Fill a vector register, or two of 64-bit numbers, [count]."""
        for i in range(max(numbers.dtype.itemsize // 4, 1)):
            word = (numbers.astype(np.uint64) >> np.uint64(32 * i)).astype(np.uint32)
            self.state.vector[register + i] = word.reshape(self.waves, -1)
            self.state.vector_defined[register + i] = True

    def put_scalar(self, register: int, numbers: Array) -> None:
        """Fill a scalar register, or two, [waves]."""
        for i in range(max(numbers.dtype.itemsize // 4, 1)):
            word = (numbers.astype(np.uint64) >> np.uint64(32 * i)).astype(np.uint32)
            self.state.write_scalar(register + i, word, np.full(self.waves, 0xFFFFFFFF, np.uint32))

    def put_mask(self, register: int, mask: Array) -> None:
        """Fill a lane mask, bool [count]."""
        mask = mask.reshape(self.waves, -1)
        self.state.write_mask(register, mask, np.ones_like(mask))

    def run(self, text: str) -> None:
        """Run an instruction, or two halves with :: between."""
        with np.errstate(all="ignore"):
            execute(self.context, tuple(read_instruction(half.strip()) for half in text.split(" :: ")))

    def get(self, register: int, dtype: Any = np.uint32) -> Array:
        """A vector register, or two for a type of 64 bits, [count]."""
        low = self.state.vector[register].reshape(-1)
        if np.dtype(dtype).itemsize == 8:
            high = self.state.vector[register + 1].reshape(-1)
            return (low.astype(np.uint64) | (high.astype(np.uint64) << np.uint64(32))).view(dtype)
        if np.dtype(dtype).itemsize == 2:
            return low.astype(np.uint16).view(dtype)
        return low.copy().view(dtype)

    def get_scalar(self, register: int, dtype: Any = np.uint32) -> Array:
        """A scalar register, or two, [waves]."""
        low = self.state.scalar[register]
        if np.dtype(dtype).itemsize == 8:
            return (low.astype(np.uint64) | (self.state.scalar[register + 1].astype(np.uint64) << np.uint64(32))).view(
                dtype
            )
        return low.copy().view(dtype)

    def get_mask(self, register: int) -> Array:
        """A lane mask, bool [count]."""
        return self.state.read_mask(register)[0].reshape(-1)


def same_function(arch: str, first: str, second: str) -> bool:
    """Whether two instructions change registers alike from random states, of 512 lanes each and four of them.

    False for those that the bench cannot run: memory, branches, barriers and what is unknown. NaNs are all alike.
    """
    if first == second:
        return True
    states = ((_after(arch, first, seed), _after(arch, second, seed)) for seed in range(4))
    return all(one is not None and one == other for one, other in states)


def _after(arch: str, text: str, seed: int) -> bytes | None:
    """All registers after an instruction, or None where it has no meaning to the bench."""
    if not text.startswith(("v_", "s_")) or text.startswith(
        ("s_load", "s_branch", "s_cbranch", "s_endpgm", "s_barrier")
    ):
        return None
    bench = Bench(arch, waves=512 // GPUS[arch].wave, registers=256)
    state, draw = bench.state, np.random.default_rng(seed)
    state.vector[:] = words(state.vector.size, 32, seed).reshape(state.vector.shape)
    state.scalar[:] = words(state.scalar.size, 32, seed + 9).reshape(state.scalar.shape)
    state.vector_defined[:], state.scalar_defined[:], state.scc_defined[:] = True, 0xFFFFFFFF, True
    state.scc = draw.integers(0, 2, bench.waves).astype(bool)
    state.active = state.read_mask(EXEC)[0]
    try:
        bench.run(text)
    except (IrfuseError, ValueError, IndexError, AssertionError):
        return None
    is_nan = state.vector & np.uint32(0x7FFFFFFF) > np.uint32(0x7F800000)
    vector = np.where(is_nan, np.uint32(0x7FC00000), state.vector)
    return b"".join(v.tobytes() for v in (vector, state.scalar, state.scc, state.active, state.mode))
