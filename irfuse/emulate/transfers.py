"""What the loads and stores of vector memory and LDS move: how many bytes, and to which part of a register.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture" and "RDNA3 Instruction Set Architecture", sections "LDS
Instructions", "MUBUF Instructions" and "FLAT, Scratch and Global Instructions".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from irfuse.emulate.context import Context
from irfuse.emulate.operands import Operand
from irfuse.emulate.state import Array


@dataclass(frozen=True)
class Transfer:
    """``size`` bytes; of a load whether they are sign-extended; ``half``, l or h, of a register, or all of it."""

    size: int
    is_signed: bool = False
    half: str = ""


_WORDS = {"dword": 4, "dwordx2": 8, "dwordx3": 12, "dwordx4": 16, "b32": 4, "b64": 8, "b96": 12, "b128": 16}
LOADS: dict[str, Transfer] = {name: Transfer(size) for name, size in _WORDS.items()} | {
    **{name: Transfer(1) for name in ("ubyte", "u8")},
    **{name: Transfer(2) for name in ("ushort", "u16")},
    **{name: Transfer(1, is_signed=True) for name in ("sbyte", "i8")},
    **{name: Transfer(2, is_signed=True) for name in ("sshort", "i16")},
    **{name: Transfer(1, half="l") for name in ("ubyte_d16", "d16_u8", "u8_d16")},
    **{name: Transfer(1, half="h") for name in ("ubyte_d16_hi", "d16_hi_u8", "u8_d16_hi")},
    **{name: Transfer(2, half="l") for name in ("short_d16", "d16_b16", "u16_d16")},
    **{name: Transfer(2, half="h") for name in ("short_d16_hi", "d16_hi_b16", "u16_d16_hi")},
}
STORES: dict[str, Transfer] = {name: Transfer(size) for name, size in _WORDS.items()} | {
    **{name: Transfer(1) for name in ("byte", "b8")},
    **{name: Transfer(2) for name in ("short", "b16")},
    **{name: Transfer(1, half="h") for name in ("byte_d16_hi", "d16_hi_b8", "b8_d16_hi")},
    **{name: Transfer(2, half="h") for name in ("short_d16_hi", "d16_hi_b16", "b16_d16_hi")},
}


def registers_of(transfer: Transfer) -> int:
    """How many registers hold what is moved."""
    return max(transfer.size // 4, 1)


def taken(context: Context, data: Operand, transfer: Transfer, where: Array) -> tuple[Array, Array]:
    """The bytes to store from the lanes ``where``, u8 [n, size], and whether they are defined, bool [n, 1]."""
    waves, files = context.waves, range(data.index, data.index + registers_of(transfer))
    words = np.stack([waves.vector[i][where] for i in files], -1)
    defined = np.logical_and.reduce([waves.vector_defined[i][where] for i in files])
    first = 2 if transfer.half == "h" else 0
    return np.ascontiguousarray(words).view(np.uint8)[:, first : first + transfer.size], defined[:, None]


def given(context: Context, data: Operand, transfer: Transfer, where: Array, loaded: Array, defined: Array) -> None:
    """Write loaded bytes, u8 [n, size], and what of them is defined to registers of the lanes ``where``."""
    count = registers_of(transfer)
    octets = np.zeros((len(loaded), 4 * count), np.uint8)
    octets[:, : transfer.size] = loaded
    if transfer.is_signed:
        octets[:, transfer.size :] = np.where(loaded[:, -1:] & 0x80, 0xFF, 0)
    words = octets.view(np.uint32)
    for i in range(count):
        register = context.waves.vector[data.index + i]
        word = words[:, i]
        if transfer.half == "l":
            word = (register[where] & np.uint32(0xFFFF0000)) | word
        elif transfer.half == "h":
            word = (register[where] & np.uint32(0xFFFF)) | (word << np.uint32(16))
        register[where] = word
        known = defined[:, 4 * i : 4 * i + 4].all(1)
        context.waves.vector_defined[data.index + i][where] = known
