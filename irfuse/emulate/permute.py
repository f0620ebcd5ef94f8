"""Instructions that move values between lanes, or between lanes and scalar registers.

Source: AMD, "RDNA3 Instruction Set Architecture", section "VOP3 Instructions" (V_PERMLANE16_B32, V_READLANE_B32);
"AMD Instinct CDNA4 Instruction Set Architecture", section "VOP1 Instructions" (V_PERMLANE32_SWAP_B32).
"""

from __future__ import annotations

from functools import partial

import numpy as np

from irfuse.emulate.assembly import Instruction
from irfuse.emulate.context import Context, Write, allow_modifiers
from irfuse.emulate.integers import truth_table
from irfuse.emulate.state import ALL, Array
from irfuse.emulate.values import Value, read_bits, unknown


def whole(context: Context, value: Value) -> Value:
    """A value with a number for every lane."""
    shape = (context.waves.count, context.waves.lanes)
    return np.broadcast_to(value[0], shape), np.broadcast_to(value[1], shape)


def permlane16(context: Context, ins: Instruction) -> list[Write]:
    """V_PERMLANE16_B32 and V_PERMLANEX16_B32: from the lane of this row, or of the other, that 4 bits for each name.

    ``op_sel:[fi,bc]``: whether inactive lanes are read, and whether a lane that reads none gets 0.
    """
    allow_modifiers(ins, ("op_sel",))
    reads_inactive, bound_control = ins.numbers("op_sel", (0, 0))[:2]
    target, source, *selectors = ins.operands
    (value, defined), active = whole(context, read_bits(context.waves, ins, source, "u32")), context.waves.active
    low, high = (read_bits(context.waves, ins, s, "u32") for s in selectors)
    if low[0].shape[1] != 1 or high[0].shape[1] != 1:
        raise unknown(ins, selectors[0])
    context.require_defined(ins, low[1] & high[1], "the lanes to read")
    lane = np.arange(context.waves.lanes)
    table = low[0].astype(np.uint64) | (high[0].astype(np.uint64) << np.uint64(32))
    chosen = (table >> (lane % 16 * 4).astype(np.uint64) & np.uint64(15)).astype(np.int64)
    other = 16 if ins.opcode == "v_permlanex16_b32" else 0
    source_lane = np.broadcast_to(chosen + ((lane // 16 * 16) ^ other), value.shape)
    valid = np.take_along_axis(active, source_lane, 1) | bool(reads_inactive)
    moved = np.where(valid, np.take_along_axis(value, source_lane, 1), np.uint32(0))
    moved_defined = ~valid | np.take_along_axis(defined, source_lane, 1)
    written = active & (valid | bool(bound_control))
    return [partial(context.waves.write_vector, target.index, moved, moved_defined, written)]


def swap_rows(context: Context, ins: Instruction) -> list[Write]:
    """V_PERMLANE16_SWAP_B32 and V_PERMLANE32_SWAP_B32: odd rows of the first register with even ones of the second."""
    allow_modifiers(ins, ())
    waves, (first, second) = context.waves, ins.operands
    width = 32 if ins.opcode == "v_permlane32_swap_b32" else 16
    is_odd = np.arange(waves.lanes) // width % 2 == 1
    partner = np.arange(waves.lanes) ^ width
    writes: list[Write] = []
    for register, other, swapped in ((first, second, is_odd), (second, first, ~is_odd)):
        files = [
            np.where(swapped, file[other.index][:, partner], file[register.index])
            for file in (waves.vector, waves.vector_defined)
        ]
        writes.append(partial(waves.write_vector, register.index, files[0], files[1], waves.active))
    return writes


def read_first_lane(context: Context, ins: Instruction) -> list[Write]:
    """V_READFIRSTLANE_B32: the lowest active lane's value, or lane 0's where none is, to a scalar register."""
    allow_modifiers(ins, ())
    return _to_scalar(context, ins, context.waves.active.argmax(1))


def read_lane(context: Context, ins: Instruction) -> list[Write]:
    """V_READLANE_B32: a lane's value, whether it is active or not, to a scalar register."""
    allow_modifiers(ins, ())
    number, defined = read_bits(context.waves, ins, ins.operands[2], "u32")
    context.require_defined(ins, defined, "the lane to read")
    lane = np.broadcast_to(number[:, 0] % np.uint32(context.waves.lanes), (context.waves.count,))
    return _to_scalar(context, ins, lane.astype(np.int64))


def _to_scalar(context: Context, ins: Instruction, lane: Array) -> list[Write]:
    target, source = ins.operands[:2]
    if target.kind != "s" or target.count != 1:
        raise unknown(ins, target)
    value, defined = whole(context, read_bits(context.waves, ins, source, "u32"))
    wave = np.arange(context.waves.count)
    known = np.where(defined[wave, lane], ALL, np.uint32(0))
    return [partial(context.waves.write_scalar, target.index, value[wave, lane], known)]


def write_lane(context: Context, ins: Instruction) -> list[Write]:
    """V_WRITELANE_B32: a scalar to one lane, whether it is active or not."""
    allow_modifiers(ins, ())
    target, source, lane = ins.operands
    number, defined = read_bits(context.waves, ins, lane, "u32")
    context.require_defined(ins, defined, "the lane to write")
    value, value_defined = whole(context, read_bits(context.waves, ins, source, "u32"))
    where = np.arange(context.waves.lanes) == number % np.uint32(context.waves.lanes)
    where = np.broadcast_to(where, value.shape)
    return [partial(context.waves.write_vector, target.index, value, value_defined, where)]


def bit_operation(context: Context, ins: Instruction) -> list[Write]:
    """V_BITOP3_B16 and V_BITOP3_B32: a function of three bits, given by its truth table."""
    allow_modifiers(ins, ("bitop3",))
    kind = "u16" if ins.opcode == "v_bitop3_b16" else "u32"
    target, *sources = ins.operands
    read = [read_bits(context.waves, ins, s, kind) for s in sources]
    x, y, z = (v for v, _ in read)
    result = truth_table(x, y, z, ins.number("bitop3")).astype(np.uint32)
    defined = np.logical_and.reduce(np.broadcast_arrays(*(d for _, d in read)))
    value, defined = whole(context, (result, defined))
    return [partial(context.waves.write_vector, target.index, value, defined, context.waves.active)]
