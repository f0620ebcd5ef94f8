"""Operands as numbers: registers and constants read as a type, with the modifiers of sources applied.

Source: AMD, "RDNA3 Instruction Set Architecture" and "AMD Instinct MI300 Instruction Set Architecture", chapters on
operands (inline constants, literals) and on vector ALU input modifiers.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from irfuse.emulate.assembly import Instruction
from irfuse.emulate.errors import UnknownOperandError
from irfuse.emulate.operands import Operand
from irfuse.emulate.state import ALL, Array, Waves

DTYPES = {f"{kind}{width}": np.dtype(f"{kind}{width // 8}") for kind in "uif" for width in (16, 32, 64)} | {
    "b16": np.dtype("u2"),
    "b32": np.dtype("u4"),
}
"""The types of sources and results. b16 and b32 are bits with a sign that modifiers change, as of v_cndmask."""
Value: TypeAlias = tuple[Array, Array]
"""Numbers, and of each whether it is defined."""


def width_of(kind: str) -> int:
    """The bits of a type of `DTYPES`."""
    return DTYPES[kind].itemsize * 8


def constant_bits(ins: Instruction, operand: Operand, kind: str) -> Array:
    """The bits of a constant where a ``kind`` is read, [1, 1]. Raises UnknownOperandError where that is ambiguous."""
    width = width_of(kind)
    if operand.kind == "null":
        return np.zeros((1, 1), f"u{width // 8}")
    is_float = operand.kind == "float"
    if kind == "f64":
        return _double_bits(ins, operand)
    if is_float and (width == 64 or (width == 16 and kind not in ("f16", "b16"))):
        raise unknown(ins, operand)
    if is_float:
        return np.full((1, 1), operand.number, f"f{width // 8}").view(f"u{width // 8}")
    number = int(operand.number)
    is_sign_ambiguous = kind == "i64" and number > 0x7FFFFFFF
    if operand.kind != "integer" or not -(2**31) <= number < 2**32 or is_sign_ambiguous:
        raise unknown(ins, operand)
    return np.full((1, 1), number & ((1 << width) - 1), f"u{width // 8}")


def _double_bits(ins: Instruction, operand: Operand) -> Array:
    """The bits of a constant f64, [1, 1]: of a literal the upper half, of a small whole number that number."""
    if operand.kind == "float":
        return np.full((1, 1), operand.number, np.float64).view(np.uint64)
    number = int(operand.number)
    if operand.kind != "integer" or not -(2**31) <= number < 2**32:
        raise unknown(ins, operand)
    is_inline = -16 <= number <= 64
    return np.full((1, 1), number % 2**64 if is_inline else number % 2**32 << 32, np.uint64)


def read_bits(waves: Waves, ins: Instruction, operand: Operand, kind: str, *, high: bool = False) -> Value:
    """The bits of an operand as unsigned numbers of the width of ``kind``, that broadcast to [W, L].

    ``high`` takes the upper half of a register for a type of 16 bits. Raises UnknownOperandError.
    """
    width = width_of(kind)
    if not operand.is_register:
        if high:
            raise unknown(ins, operand)
        return constant_bits(ins, operand, kind), np.ones((1, 1), bool)
    if operand.count != max(width // 32, 1):
        raise unknown(ins, operand)
    words = [word_of(waves, operand.index + i, operand.kind) for i in range(operand.count)]
    bits, defined = words[0]
    if width == 16:
        bits = (bits >> np.uint32(16) if high or operand.half == "h" else bits).astype(np.uint16)
    if width == 64:
        bits = bits.astype(np.uint64) | (words[1][0].astype(np.uint64) << np.uint64(32))
        defined = defined & words[1][1]
    return bits, defined


def word_of(waves: Waves, register: int, file: str) -> Value:
    """A register's 32 bits, [W, L] of a vector register and [W, 1] of a scalar one."""
    if file == "v":
        return waves.vector[register], waves.vector_defined[register]
    return waves.scalar[register][:, None], (waves.scalar_defined[register] == ALL)[:, None]


def as_kind(ins: Instruction, operand: Operand, bits: Array, kind: str) -> Array:
    """Bits as numbers, with the operand's ``-`` and ``|x|`` applied. Raises UnknownOperandError for integers."""
    dtype = DTYPES[kind]
    if operand.signed or ((operand.negated or operand.absolute) and kind[0] not in "fb"):
        raise unknown(ins, operand)
    sign = dtype.type(0).view(f"u{dtype.itemsize}").dtype.type(1 << (width_of(kind) - 1))
    if operand.absolute:
        bits = bits & ~sign
    if operand.negated:
        bits = bits ^ sign
    return np.ascontiguousarray(bits).view(dtype)


def lane_mask(waves: Waves, ins: Instruction, operand: Operand) -> Value:
    """A lane mask in scalar registers, or -1 or 0, as bool that broadcast to [W, L]."""
    if operand.kind == "s" and operand.count == waves.lanes // 32 and not operand.negated:
        return waves.read_mask(operand.index)
    if operand.kind == "integer" and operand.number in (0, -1):
        return np.full((1, 1), operand.number == -1), np.ones((1, 1), bool)
    raise unknown(ins, operand)


def unknown(ins: Instruction, operand: Operand) -> UnknownOperandError:
    """The error for an operand that an instruction cannot have."""
    return UnknownOperandError(line=ins.line, operand=operand.text, text=ins.text)
