"""Sub-dword addressing of GFX9: instructions that read and write a byte or a half of a register.

Source: AMD, "Vega Instruction Set Architecture", section "Sub-Dword Addressing (SDWA)".
"""

from __future__ import annotations

import numpy as np

from irfuse.emulate.assembly import Instruction
from irfuse.emulate.context import unknown_modifier
from irfuse.emulate.state import Array

MODIFIERS = ("dst_sel", "dst_unused", "src0_sel", "src1_sel")
_PARTS = {
    "DWORD": (0, 32),
    **{f"BYTE_{i}": (8 * i, 8) for i in range(4)},
    **{f"WORD_{i}": (16 * i, 16) for i in range(2)},
}
"""The lowest bit and the number of bits of a part of a register."""


def selected(ins: Instruction, name: str, word: Array, *, signed: bool) -> Array:
    """The part of a word, u32, that a source's selector names, extended to 32 bits."""
    low, width = _part(ins, name)
    up = np.uint32(32 - low - width)
    back = np.uint32(32 - width)
    if signed:
        return ((word << up).view(np.int32) >> back.astype(np.int32)).view(np.uint32)
    return (word << up) >> back


def inserted(ins: Instruction, word: Array, old: Array) -> Array:
    """A result, u32, in the part of its register that the selector names; of the rest what ``dst_unused`` says."""
    low, width = _part(ins, "dst_sel")
    unused = ins.modifiers.get("dst_unused", "UNUSED_PAD")
    if unused not in ("UNUSED_PAD", "UNUSED_PRESERVE"):
        raise unknown_modifier(ins, "dst_unused", unused)
    mask = np.uint32(((1 << width) - 1) << low)
    rest = old & ~mask if unused == "UNUSED_PRESERVE" else np.uint32(0)
    return ((word << np.uint32(low)) & mask) | rest


def _part(ins: Instruction, name: str) -> tuple[int, int]:
    part = str(ins.modifiers.get(name, "DWORD"))
    if part not in _PARTS:
        raise unknown_modifier(ins, name, part)
    return _PARTS[part]
