"""What differs between the architectures beyond the instructions that their compilers emit."""

from __future__ import annotations

from dataclasses import dataclass

from irfuse.emulate.errors import UnknownGpuError


@dataclass(frozen=True)
class Gpu:
    """An architecture.

    ``wave``: lanes of a wave as Triton compiles for it. ``fnuz``: whether its fp8 instructions have the formats of
    gfx940 (LLVM, "AMDGPU: FP8 formats"). ``clears_high_half``: whether a 16-bit result clears the other 16 bits of its
    register, as on GFX9, or keeps them. ``ids_in_ttmp``: whether workgroup ids come in trap registers, as on GFX12.
    ``raw_buffer``: the last word of a descriptor of a buffer of bytes, as Triton makes it.
    """

    name: str
    wave: int
    fnuz: bool = False
    clears_high_half: bool = False
    ids_in_ttmp: bool = False
    lds_bytes: int = 65536
    raw_buffer: int = 0x31027000


RAW_BUFFER_OF_GFX9 = 0x27000
GPUS = {
    gpu.name: gpu
    for gpu in (
        Gpu("gfx90a", 64, clears_high_half=True, raw_buffer=RAW_BUFFER_OF_GFX9),
        Gpu("gfx942", 64, fnuz=True, clears_high_half=True, raw_buffer=RAW_BUFFER_OF_GFX9),
        Gpu("gfx950", 64, clears_high_half=True, lds_bytes=163840, raw_buffer=RAW_BUFFER_OF_GFX9),
        Gpu("gfx1100", 32),
        Gpu("gfx1151", 32),
        Gpu("gfx1200", 32, ids_in_ttmp=True),
        Gpu("gfx1201", 32, ids_in_ttmp=True),
    )
}


def gpu_named(arch: str) -> Gpu:
    """The architecture ``arch``. Raises UnknownGpuError."""
    if arch not in GPUS:
        raise UnknownGpuError(arch=arch, known=", ".join(GPUS))
    return GPUS[arch]
