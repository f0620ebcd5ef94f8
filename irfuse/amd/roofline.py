"""What bounds a kernel on an AMD GPU, by what it executes and moves: its vector instructions or the memory.

A wave's instructions keep one SIMD busy for ``cycles_of`` each (irfuse.amd.usage), and all SIMDs work at once; every
byte of rows is moved once. So ``rows`` rows take at the least

    arithmetic = rows * cycles per row / (SIMDs * clock)
    memory     = rows * bytes per row / bandwidth

seconds. The longer one binds, and a kernel reaches at most ``min(1, memory / arithmetic)`` of the memory limit. These
are bounds by peak numbers of data sheets: clocks are lower under load and no kernel reaches the whole bandwidth. What
is not counted: latency, scalar instructions, LDS, waits, and that a wave issues one instruction at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from irfuse.amd.usage import SIMDS, Usage, cycles
from irfuse.dialect.types import bit_width
from irfuse.errors import UnknownChipError
from irfuse.kernel.configs import Config
from irfuse.kernel.kernel import Kernel


@dataclass(frozen=True)
class Chip:
    """A GPU's peak numbers: bytes a second, compute units, clock in hertz."""

    name: str
    bandwidth: float
    units: int
    clock: float

    @property
    def bytes_a_cycle(self) -> float:
        """The bytes that memory gives in a cycle of one SIMD."""
        return self.bandwidth / (self.units * SIMDS * self.clock)


CHIPS = {
    "gfx942": Chip("MI300X", 5.3e12, 304, 2.1e9),
    "gfx950": Chip("MI355X", 8.0e12, 256, 2.4e9),
}
"""From the data sheets "AMD Instinct MI300X Accelerator" and "AMD Instinct MI355X GPU"."""


def chip_named(arch: str) -> Chip:
    """The GPU of an architecture. Raises UnknownChipError."""
    if arch not in CHIPS:
        raise UnknownChipError(arch=arch, known=" or ".join(f"arch={name}" for name in CHIPS))
    return CHIPS[arch]


@dataclass(frozen=True)
class Evidence:
    """What is known of a compiled kernel without a GPU; ``executed`` counts the instructions of all its programs."""

    name: str
    arch: str
    config: Config
    usage: Usage
    bytes_per_row: int
    programs: int
    executed: Mapping[str, int]

    @property
    def rows(self) -> int:
        """The rows of all programs, those of the last one counted that are not there: it executes as much."""
        return self.programs * self.config.rows

    @property
    def instructions_per_row(self) -> float:
        """Instructions of waves, of all kinds."""
        return sum(self.executed.values()) / self.rows

    @property
    def cycles_per_row(self) -> float:
        """Cycles of the vector units of a SIMD."""
        return cycles(self.executed) / self.rows

    @property
    def arithmetic(self) -> float:
        """The time of the vector units as a multiple of that of memory."""
        return self.cycles_per_row * chip_named(self.arch).bytes_a_cycle / self.bytes_per_row

    @property
    def share(self) -> float:
        """The share of the memory limit that the kernel reaches at most."""
        return min(1.0, 1 / self.arithmetic)

    @property
    def bound(self) -> str:
        """What binds: ``memory`` or ``arithmetic``."""
        return "memory" if self.arithmetic <= 1 else "arithmetic"


def bytes_per_row(kernel: Kernel) -> int:
    """The bytes that a row moves: the entries of full tensors, and the few numbers that results keep of a row.

    What rows share, as a weight, is read from a cache.
    """
    part = kernel.only
    few = sum(result.kept * _bytes(result.kind) for result in kernel.results if result.kept < part.row)
    return part.work.traffic * part.row + few


def most_executed(executed: Mapping[str, int], count: int) -> Iterable[tuple[str, int]]:
    """The vector instructions that take the most cycles, with how often they ran."""
    vector = Counter({name: cycles({name: n}) for name, n in executed.items()})
    return [(name, executed[name]) for name, _ in vector.most_common(count)]


def _bytes(kind: Attribute) -> int:
    assert isinstance(kind, TensorType)
    return -(-bit_width(kind.element_type) // 8)
