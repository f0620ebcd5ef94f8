"""What AMD's compiler makes of a kernel: registers, waves, memory accesses and instructions, read from the assembly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SIMDS, REGISTERS, GRANULE, MOST_WAVES = 4, 512, 8, 8
"""SIMDs of a compute unit; of each: vector registers of a lane, how many are handed out together, waves.

LLVM has them in llvm/lib/Target/AMDGPU/Utils/AMDGPUBaseInfo.cpp, as of gfx90a: getTotalNumVGPRs, getVGPRAllocGranule
and getMaxWavesPerEU.
"""
LDS_BYTES = {"gfx942": 64 << 10, "gfx950": 160 << 10}
"""Shared memory of a compute unit."""
CYCLES, SLOW_CYCLES = 4, 16
"""Cycles of a SIMD, 16 lanes wide, for a vector instruction of a wave, and for exp, log, rcp, rsq and sqrt.

LLVM's scheduling model (llvm/lib/Target/AMDGPU/SISchedule.td) has the second at a quarter of the first one's rate, and
fma, 64-bit and integer products of these GPUs at the full rate. So are packed f32 instructions, which work on two
numbers: the data sheets' 163.4 and 157.3 Tflop/s of f32 vectors are two fma a lane and cycle. Conversions are counted
at the full rate as well, where that model, which says that its numbers are of an old guide and may be wrong, has 4.
"""
SLOW = re.compile(r"v_(?:exp|log|rcp|rsq|sqrt|sin|cos)_")
ACCESS = re.compile(r"(?:global|buffer|flat|scratch)_(load|store)_([a-z0-9]+)")
WIDTHS = {"dwordx4": 16, "dwordx3": 12, "dwordx2": 8, "dword": 4, "ushort": 2, "sshort": 2, "short": 2}
"""Bytes of a lane's access by the end of the instruction's name; others move a byte."""
CONVERT = re.compile(r"v_cvt_(?:scalef32_)?pk_fp8_f32")
"""The instructions that round two f32 numbers to two fp8 codes."""


@dataclass(frozen=True)
class Usage:
    """What a compiled kernel takes, for one wave unless said otherwise."""

    vgprs: int
    """Registers of a lane."""
    sgprs: int
    spills: int
    scratch: int
    """Bytes of a lane's private memory."""
    lds: int
    """Bytes of shared memory of a program."""
    waves: int
    """Waves that a SIMD holds at once."""
    waves_said: int
    """The same as the compiler has it, which knows nothing of shared memory."""
    instructions: int
    cycles: int
    """Cycles that the vector instructions keep a SIMD busy."""
    barriers: int
    converts: int
    widths: dict[str, int]
    """Bytes of the narrowest access of a lane to each tensor: x0, x1, ... are read, y0, y1, ... written."""

    @property
    def is_clean(self) -> bool:
        """Whether all values stay in registers."""
        return self.spills == 0 and self.scratch == 0

    def narrowest(self, prefix: str) -> int:
        """The bytes of the narrowest access to a tensor whose name begins so."""
        return min(self.sizes(prefix))

    def sizes(self, prefix: str) -> list[int]:
        """The bytes of the narrowest access to each tensor whose name begins so, in the order of arguments."""
        return [width for name, width in self.widths.items() if name.startswith(prefix)]


def usage_of(compiled: Any, arch: str, source: str) -> Usage:
    """What a kernel takes that Triton compiled for gfx942 or gfx950 from this source."""
    text = compiled.asm["amdgcn"]
    number = {key: int(value) for key, value in re.findall(r"^ +\.(\w+): +(\d+)$", text, re.M)}
    names = [name for name, _ in _instructions(text)]
    lds, warps = compiled.metadata.shared, compiled.metadata.num_warps
    said = re.search(r"^; Occupancy: (\d+)", text, re.M)
    return Usage(
        vgprs=number["vgpr_count"],
        sgprs=number["sgpr_count"],
        spills=number["vgpr_spill_count"] + number["sgpr_spill_count"],
        scratch=number["private_segment_fixed_size"],
        lds=lds,
        waves=waves(number["vgpr_count"], lds, warps, arch),
        waves_said=int(said[1]) if said else 0,
        instructions=len(names),
        cycles=sum(map(cycles_of, names)),
        barriers=names.count("s_barrier"),
        converts=sum(bool(CONVERT.match(name)) for name in names),
        widths=_widths(text, source.splitlines()),
    )


def cycles_of(name: str) -> int:
    """The cycles for which an instruction of a wave keeps the vector units of a SIMD busy."""
    if not name.startswith("v_"):
        return 0
    return SLOW_CYCLES if SLOW.match(name) else CYCLES


def cycles(executed: Mapping[str, int]) -> int:
    """The cycles of vector units for instructions that ran so many times."""
    return sum(cycles_of(name) * count for name, count in executed.items())


def waves(vgprs: int, lds: int, warps: int, arch: str) -> int:
    """The waves of a program of ``warps`` that fit a SIMD: by vector registers, AGPRs among them, and shared memory.

    LLVM's getNumWavesPerEUWithNumVGPRs and getOccupancyWithWorkGroupSizes. Scalar registers never limit these GPUs.
    """
    by_registers = REGISTERS // (-(-max(vgprs, 1) // GRANULE) * GRANULE)
    by_lds = LDS_BYTES[arch] // lds * warps // SIMDS if lds else MOST_WAVES
    return min(MOST_WAVES, by_registers, by_lds)


def _instructions(text: str) -> Iterator[tuple[str, int]]:
    """The instructions of the kernel, each with the line of its source, or 0."""
    line = 0
    for text_line in text[: text.index(".Lfunc_end0:")].splitlines():
        place = re.match(r"\t\.loc\t(\d+) (\d+)", text_line)
        if place:
            line = int(place[2]) if place[1] == "1" else 0
        elif found := re.match(r"\t([a-z]\w+)", text_line):
            yield found[1], line


def _widths(text: str, source: list[str]) -> dict[str, int]:
    """The bytes of the narrowest access to each tensor, by the line of the source that an instruction comes from."""
    widths: dict[str, int] = {}
    for name, line in _instructions(text):
        access = ACCESS.match(name)
        if access is not None:
            tensor = re.search(r"tl\.(?:load|store)\((?:tl\.broadcast_to\()?(\w+)_ptr", source[line - 1])
            key = tensor[1] if line and tensor else "?"
            widths[key] = min(widths.get(key, 16), WIDTHS.get(access[2], 1))
    return dict(sorted(widths.items()))
