"""Running scalar instructions: arithmetic by the table, loads of constants, and the mode register.

Source: AMD, "RDNA3 Instruction Set Architecture" and "AMD Instinct MI300 Instruction Set Architecture", chapters
"Scalar ALU Operations" and "Scalar Memory Operations".
"""

from __future__ import annotations

import re

import numpy as np

from irfuse.emulate.assembly import Instruction
from irfuse.emulate.context import FP16_OVFL, Context
from irfuse.emulate.errors import OutOfBoundsError, UnknownInstructionError, UnknownModeError
from irfuse.emulate.memory import AddressError
from irfuse.emulate.operands import EXEC, Operand
from irfuse.emulate.state import ALL, Array
from irfuse.emulate.tables import Meaning
from irfuse.emulate.values import DTYPES, Value, as_kind, constant_bits, unknown, width_of

LOADS = {
    **{f"dword{f'x{n}' * (n > 1)}": 4 * n for n in (1, 2, 3, 4, 8, 16)},
    **{f"b{32 * n}": 4 * n for n in (1, 2, 3, 4, 8, 16)},
    "u8": 1,
    "u16": 2,
}
"""Bytes that S_LOAD_* reads; fewer than 4 are zero-extended."""
ROUND_16_64 = (2, 2)
"""The first bit and the width of the field of MODE that rounds f16 and f64."""
_MODE_FIELD = re.compile(r"hwreg\(HW_REG_(?:WAVE_)?MODE,\s*(\d+),\s*(\d+)\)")


def run(context: Context, ins: Instruction, about: Meaning) -> None:
    """Run an instruction of the table. Raises UnknownOperandError and UndefinedUseError."""
    kind = about.results[0]
    if kind.startswith("saved"):
        return _save_exec(context, ins, about, kind.replace("saved", "u"))
    place, read = int(kind != "scc"), []
    for source in about.sources:
        is_operand = source != "scc" and not source.startswith("=")
        if is_operand and place == len(ins.operands):
            raise unknown(ins, ins.operands[-1])
        operand = ins.operands[place if is_operand else 0]
        read.append(read_scalar(context, ins, operand, source.removeprefix("=")))
        place += is_operand
    if place != len(ins.operands):
        raise unknown(ins, ins.operands[-1])
    made = about.compute(*(value for value, _ in read))
    results, defined = made if isinstance(made, tuple) else (made,), _defined(about, read)
    if kind != "scc":
        write_scalar(context, ins, ins.operands[0], kind, results[0], defined)
    if about.results[-1] == "scc":
        _write_scc(context, results[-1], defined)


def _save_exec(context: Context, ins: Instruction, about: Meaning, kind: str) -> None:
    """S_*_SAVEEXEC: EXEC becomes a function of the source and itself, and the result what it was."""
    target, source = ins.operands
    old = read_scalar(context, ins, Operand("s", EXEC, width_of(kind) // 32), kind)
    other = read_scalar(context, ins, source, kind)
    result, is_set = about.compute(other[0], old[0])
    defined = _defined(about, [other, old])
    write_scalar(context, ins, target, kind, *old)
    write_scalar(context, ins, Operand("s", EXEC, width_of(kind) // 32), kind, result, defined)
    _write_scc(context, is_set, defined)


def _defined(about: Meaning, read: list[Value]) -> Array:
    """The defined bits of a result, u64 [W] or [1]: as the table says, or all of them or none."""
    if about.defined is not None:
        bits = np.asarray(about.defined(*(v for v, _ in read), *(d for _, d in read)))
        signed = f"i{bits.dtype.itemsize}"
        return bits.astype(signed).astype(np.int64).view(np.uint64)
    every = np.logical_and.reduce(np.broadcast_arrays(*(_is_whole(d) for _, d in read)))
    known = np.where(every, np.uint64(2**64 - 1), np.uint64(0))
    if about.low_alone:
        low = np.logical_and.reduce(np.broadcast_arrays(*(_is_whole(d.astype(np.uint32)) for _, d in read)))
        known = known | np.where(low, np.uint64(2**32 - 1), np.uint64(0))
    return known


def _is_whole(defined: Array) -> Array:
    return defined if defined.dtype == bool else defined == ~defined.dtype.type(0)


def read_scalar(context: Context, ins: Instruction, operand: Operand, kind: str) -> Value:
    """A number for each wave, [W] or [1], and its defined bits, of unsigned type; of ``scc``, bool."""
    waves = context.waves
    if kind == "scc":
        return waves.scc, waves.scc_defined
    if kind in ("k16", "ku16"):
        number = int(operand.number) & 0xFFFF
        if operand.kind != "integer" or not -0x8000 <= operand.number <= 0xFFFF:
            raise unknown(ins, operand)
        signed = number - 0x10000 * (kind == "k16" and number >= 0x8000)
        return np.array([signed], np.int32 if kind == "k16" else np.uint32), np.array([ALL])
    unsigned = np.dtype(f"u{width_of(kind) // 8}")
    if operand.kind != "s":
        return as_kind(ins, operand, constant_bits(ins, operand, kind), kind)[0], np.array([~unsigned.type(0)])
    if operand.count != width_of(kind) // 32:
        raise unknown(ins, operand)
    words = slice(operand.index, operand.index + operand.count)
    bits, defined = (_joined(file[words]) for file in (waves.scalar, waves.scalar_defined))
    return as_kind(ins, operand, bits, kind), defined


def _joined(words: Array) -> Array:
    if len(words) == 1:
        return words[0].copy()
    return words[0].astype(np.uint64) | (words[1].astype(np.uint64) << np.uint64(32))


def write_scalar(context: Context, ins: Instruction, target: Operand, kind: str, value: Array, defined: Array) -> None:
    """Write a number for each wave and its defined bits to a register or pair. An undefined EXEC is an error."""
    waves, count = context.waves, width_of(kind) // 32
    if target.kind == "null":
        return
    if target.kind != "s" or target.count != count:
        raise unknown(ins, target)
    bits = np.asarray(value).astype(DTYPES[kind], copy=False).view(f"u{4 * count}").astype(np.uint64)
    bits, defined = (np.broadcast_to(v, (waves.count,)).astype(np.uint64) for v in (bits, defined))
    for i in range(count):
        word, known = ((v >> np.uint64(32 * i)).astype(np.uint32) for v in (bits, defined))
        if EXEC <= target.index + i < EXEC + waves.lanes // 32:
            context.require_defined(ins, known == ALL, "the EXEC mask")
        waves.write_scalar(target.index + i, word, known)


def _write_scc(context: Context, value: Array, defined: Array) -> None:
    waves = context.waves
    waves.scc = np.broadcast_to(value, (waves.count,)).copy()
    waves.scc_defined = np.broadcast_to(defined == np.uint64(2**64 - 1), (waves.count,)).copy()


def load(context: Context, ins: Instruction) -> None:
    """S_LOAD_*: constants from memory, such as a kernel's arguments. Raises OutOfBoundsError."""
    name = ins.opcode.removeprefix("s_load_")
    if name not in LOADS:
        raise UnknownInstructionError(line=ins.line, opcode=ins.opcode, text=ins.text)
    target, size, waves = ins.operands[0], LOADS[name], context.waves
    address = _load_address(context, ins)
    if target.kind != "s" or target.count != max(size // 4, 1):
        raise unknown(ins, target)
    try:
        loaded = context.memory.load(address, size)
    except AddressError as error:
        group = context.group_of(error.first)
        raise OutOfBoundsError(
            line=ins.line, access="read", size=size, place=error.place, text=ins.text, workgroup=group, lane=0
        ) from None
    words = np.zeros((waves.count, 4 * target.count), np.uint8)
    words[:, :size] = loaded
    for i, word in enumerate(words.view(np.uint32).T):
        waves.write_scalar(target.index + i, word, np.full(waves.count, ALL))


def _load_address(context: Context, ins: Instruction) -> Array:
    """The sum of a base and offsets, u64 [W]."""
    _, base, *offsets = ins.operands
    address, defined = read_scalar(context, ins, base, "u64")
    context.require_defined(ins, _is_whole(defined), "an address")
    for offset in offsets:
        more, more_defined = read_scalar(context, ins, offset, "u32")
        context.require_defined(ins, _is_whole(more_defined), "an address")
        address = address + more.astype(np.uint64)
    return np.broadcast_to(address, (context.waves.count,))


def set_register(context: Context, ins: Instruction) -> None:
    """S_SETREG_IMM32_B32 of MODE: FP16_OVFL, and rounding of f16 to nearest even. Others raise UnknownModeError."""
    register, value = ", ".join(o.text for o in ins.operands[:-1]), ins.operands[-1]
    found = _MODE_FIELD.fullmatch(register)
    field = (int(found[1]), int(found[2])) if found else (0, 0)
    if field == ROUND_16_64 and value.number == 0:
        return
    if field != (FP16_OVFL, 1):
        raise UnknownModeError(mode=register, value=value.text, known="FP16_OVFL, and rounding to nearest even")
    bit = np.uint32(1 << FP16_OVFL)
    mode = context.waves.mode
    context.waves.mode = mode | bit if int(value.number) & 1 else mode & ~bit
