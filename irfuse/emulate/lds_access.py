"""LDS instructions: loads, stores, and those that use its crossbar to move values between lanes.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture" and "RDNA3 Instruction Set Architecture", chapter "Data
Share Operations" and section "LDS Instructions"; LLVM, "Syntax of AMDGPU Instruction Modifiers", swizzle patterns.
"""

from __future__ import annotations

import re

import numpy as np

from irfuse.emulate.assembly import Instruction
from irfuse.emulate.atomics import LDS, Atomic
from irfuse.emulate.context import Context, allow_modifiers, unknown_modifier
from irfuse.emulate.errors import DataRaceError, OutOfBoundsError, UnknownInstructionError
from irfuse.emulate.lds import Race
from irfuse.emulate.operands import Operand
from irfuse.emulate.permute import whole
from irfuse.emulate.state import Array
from irfuse.emulate.transfers import LOADS, STORES, Transfer, given, registers_of, taken
from irfuse.emulate.values import read_bits, unknown

_OPCODE = re.compile(r"ds_(read|load|write|store)(2|_2addr)?(st64|_stride64)?_(\w+)")
_ATOMIC = re.compile(r"ds_([a-z]+)(_rtn)?(_\w\d+)")


def run(context: Context, ins: Instruction) -> None:
    """Run an LDS instruction. Raises OutOfBoundsError, DataRaceError, UndefinedUseError, UnknownInstructionError."""
    if ins.opcode == "ds_bpermute_b32":
        return _permute(context, ins)
    if ins.opcode == "ds_swizzle_b32":
        return _swizzle(context, ins)
    if (change := _ATOMIC.fullmatch(ins.opcode)) and f"{change[1]}{change[3]}" in LDS:
        return _change(context, ins, LDS[f"{change[1]}{change[3]}"], returns=bool(change[2]))
    found = _OPCODE.fullmatch(ins.opcode)
    is_store = found is not None and found[1] in ("write", "store")
    table = STORES if is_store else LOADS
    if found is None or found[4] not in table or (found[2] and table[found[4]].size not in (4, 8)):
        raise UnknownInstructionError(line=ins.line, opcode=ins.opcode, text=ins.text)
    transfer = table[found[4]]
    if found[2]:
        step = transfer.size * (64 if found[3] else 1)
        allow_modifiers(ins, ("offset0", "offset1"))
        offsets = [ins.number("offset0") * step, ins.number("offset1") * step]
    else:
        allow_modifiers(ins, ("offset",))
        offsets = [ins.number("offset")]
    _access(context, ins, transfer, offsets, is_store)


def _access(context: Context, ins: Instruction, transfer: Transfer, offsets: list[int], is_store: bool) -> None:
    """Move at the address of each lane and each of the offsets; the address is read before a load overwrites it."""
    address, defined = whole(context, read_bits(context.waves, ins, ins.operands[0 if is_store else 1], "u32"))
    active = context.waves.active
    context.require_defined(ins, defined | ~active, "an LDS address")
    wave, lane = np.nonzero(active)
    group, place = context.waves.workgroup[wave], context.waves.place[wave]
    each = registers_of(transfer)
    _require_registers(ins, is_store, each, len(offsets))
    results = []
    for number, offset in enumerate(offsets):
        first = address[active].astype(np.int64) + offset
        _require_inside(context, ins, first, transfer.size, is_store, group, lane)
        places = first[:, None] + np.arange(transfer.size)
        if is_store:
            octets, known = taken(context, ins.operands[1 + number], transfer, active)
            race = context.lds.store(group, place, places, octets, known)
        else:
            octets, known, race = context.lds.load(group, place, places)
            part = ins.operands[0]
            results.append((Operand("v", part.index + each * number, each, text=part.text), octets, known))
        if race is not None:
            raise _race(ins, race, "write" if is_store else "read", place, group + context.first_group)
    for target, octets, known in results:
        given(context, target, transfer, active, octets, known)


def _change(context: Context, ins: Instruction, atomic: Atomic, *, returns: bool) -> None:
    """An atomic change at the address of each lane."""
    allow_modifiers(ins, ("offset",))
    transfer, active = Transfer(atomic.size), context.waves.active
    target, vector, data = _atomic_operands(ins, registers_of(transfer), returns=returns)
    address, defined = whole(context, read_bits(context.waves, ins, vector, "u32"))
    context.require_defined(ins, defined | ~active, "an LDS address")
    wave, lane = np.nonzero(active)
    group, place = context.waves.workgroup[wave], context.waves.place[wave]
    first = address[active].astype(np.int64) + ins.number("offset")
    _require_inside(context, ins, first, atomic.size, True, group, lane)
    octets, known = taken(context, data, transfer, active)
    places = first[:, None] + np.arange(atomic.size)
    found, found_known, race = context.lds.change(group, place, places, atomic, octets, known)
    if race is not None:
        raise _race(ins, race, "atomic write", place, group + context.first_group)
    if returns:
        given(context, target, transfer, active, found, found_known)


def _atomic_operands(ins: Instruction, count: int, *, returns: bool) -> tuple[Operand, Operand, Operand]:
    """Where the old number goes, the address and the data, of so many registers. Raises UnknownOperandError."""
    if len(ins.operands) != 2 + returns:
        raise unknown(ins, ins.operands[-1])
    vector, data = ins.operands[-2:]
    target = ins.operands[0] if returns else data
    for part in (data, target):
        if part.kind != "v" or part.count != count:
            raise unknown(ins, part)
    return target, vector, data


def _require_registers(ins: Instruction, is_store: bool, each: int, offsets: int) -> None:
    data = ins.operands[1:] if is_store else ins.operands[:1]
    wanted = [each] * offsets if is_store else [each * offsets]
    if [o.count for o in data] != wanted or any(o.kind != "v" or o.half for o in data):
        raise unknown(ins, data[0])


def _require_inside(
    context: Context, ins: Instruction, first: Array, size: int, is_store: bool, group: Array, lane: Array
) -> None:
    outside = (first < 0) | (first + size > context.lds.size)
    if outside.any():
        which = int(np.flatnonzero(outside)[0])
        raise OutOfBoundsError(
            line=ins.line,
            access="write" if is_store else "read",
            size=size,
            place=f"LDS+{int(first[which])}, which has {context.lds.size} bytes",
            text=ins.text,
            workgroup=context.first_group + int(group[which]),
            lane=int(lane[which]),
        )


def _race(ins: Instruction, race: Race, access: str, place: Array, group: Array) -> DataRaceError:
    wave, workgroup = int(place[race.access]), int(group[race.access])
    return DataRaceError(
        line=ins.line, access=access, byte=race.byte, wave=wave, other=race.other, text=ins.text, workgroup=workgroup
    )


def _permute(context: Context, ins: Instruction) -> None:
    """DS_BPERMUTE_B32: from the lane that a byte address names; 0 from an inactive one."""
    allow_modifiers(ins, ("offset",))
    target, index, source = ins.operands
    address, known = whole(context, read_bits(context.waves, ins, index, "u32"))
    lane = ((address + np.uint32(ins.number("offset"))) // np.uint32(4) % np.uint32(context.waves.lanes)).astype(int)
    _move(context, ins, target, source, lane, known)


def _swizzle(context: Context, ins: Instruction) -> None:
    """DS_SWIZZLE_B32: from the lane of the same 32 whose number is this one's and, or and xor three masks."""
    allow_modifiers(ins, ("offset",))
    lane = np.arange(context.waves.lanes)
    and_mask, or_mask, xor_mask = _swizzle_masks(ins)
    source = (lane & ~31) | ((((lane & 31) & and_mask) | or_mask) ^ xor_mask)
    shape = context.waves.active.shape
    _move(context, ins, ins.operands[0], ins.operands[1], np.broadcast_to(source, shape), np.ones(shape, bool))


def _swizzle_masks(ins: Instruction) -> tuple[int, int, int]:
    """The masks of the patterns that LLVM names, or of a number whose bit 15, which says quad permutation, is clear."""
    value = str(ins.modifiers.get("offset", "0"))
    if named := re.fullmatch(r"swizzle\((SWAP|REVERSE|BROADCAST),(\d+)(?:,(\d+))?\)", value):
        size = int(named[2])
        masks = {"SWAP": (31, 0, size), "REVERSE": (31, 0, size - 1), "BROADCAST": (32 - size, int(named[3] or 0), 0)}
        return masks[named[1]]
    if not re.fullmatch(r"0x[0-9a-f]+|\d+", value) or int(value, 0) >= 0x8000:
        raise unknown_modifier(ins, "offset", value)
    number = int(value, 0)
    return number & 31, number >> 5 & 31, number >> 10 & 31


def _move(context: Context, ins: Instruction, target: Operand, source: Operand, lane: Array, known: Array) -> None:
    waves = context.waves
    value, defined = whole(context, read_bits(waves, ins, source, "u32"))
    reads = np.take_along_axis(waves.active, lane, 1)
    moved = np.where(reads, np.take_along_axis(value, lane, 1), np.uint32(0))
    moved_defined = known & (~reads | np.take_along_axis(defined, lane, 1))
    waves.write_vector(target.index, moved, moved_defined, waves.active)
