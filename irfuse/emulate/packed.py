"""Packed instructions, which compute on both halves of a register or on both registers of a pair; and mixed precision.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture" and "RDNA3 Instruction Set Architecture", section "VOP3P
Instructions", and on packed operands the chapter "Vector ALU Operations".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from irfuse.emulate import arithmetic as a
from irfuse.emulate import integers as n
from irfuse.emulate.assembly import Instruction
from irfuse.emulate.context import Context, Write, allow_modifiers
from irfuse.emulate.operands import Operand
from irfuse.emulate.state import Array
from irfuse.emulate.tables import Meaning, meaning
from irfuse.emulate.values import Value, as_kind, read_bits, unknown, word_of
from irfuse.emulate.vector import computed

MODIFIERS = ("op_sel", "op_sel_hi", "neg_lo", "neg_hi")

PAIRS: dict[str, Meaning] = {
    "v_pk_add_f32": meaning("f32 = f32 f32", np.add),
    "v_pk_mul_f32": meaning("f32 = f32 f32", np.multiply),
    "v_pk_fma_f32": meaning("f32 = f32 f32 f32", a.fma),
}
"""Instructions on pairs of registers: what they compute on each."""

HALVES: dict[str, Meaning] = {
    "v_pk_add_f16": meaning("f16 = f16 f16", np.add),
    "v_pk_mul_f16": meaning("f16 = f16 f16", np.multiply),
    "v_pk_fma_f16": meaning("f16 = f16 f16 f16", a.fma_f16),
    "v_pk_max_f16": meaning("f16 = f16 f16", a.maximum_ieee),
    "v_pk_min_f16": meaning("f16 = f16 f16", a.minimum_ieee),
    "v_pk_max_num_f16": meaning("f16 = f16 f16", a.maximum_number),
    "v_pk_min_num_f16": meaning("f16 = f16 f16", a.minimum_number),
    "v_pk_maximum3_f16": meaning("f16 = f16 f16 f16", lambda x, y, z: a.maximum(a.maximum(x, y), z)),
    "v_pk_minimum3_f16": meaning("f16 = f16 f16 f16", lambda x, y, z: a.minimum(a.minimum(x, y), z)),
    "v_pk_maximum_f16": meaning("f16 = f16 f16", a.maximum),
    "v_pk_minimum_f16": meaning("f16 = f16 f16", a.minimum),
    "v_pk_add_u16": meaning("u16 = u16 u16", np.add, can_clamp=True),
    "v_pk_sub_u16": meaning("u16 = u16 u16", np.subtract, can_clamp=True),
    "v_pk_sub_i16": meaning("i16 = i16 i16", np.subtract, can_clamp=True),
    "v_pk_add_i16": meaning("i16 = i16 i16", np.add, can_clamp=True),
    "v_pk_mul_lo_u16": meaning("u16 = u16 u16", np.multiply),
    "v_pk_mad_u16": meaning("u16 = u16 u16 u16", lambda x, y, z: x * y + z),
    "v_pk_mad_i16": meaning("i16 = i16 i16 i16", lambda x, y, z: x * y + z),
    "v_pk_max_u16": meaning("u16 = u16 u16", np.maximum),
    "v_pk_min_u16": meaning("u16 = u16 u16", np.minimum),
    "v_pk_max_i16": meaning("i16 = i16 i16", np.maximum),
    "v_pk_min_i16": meaning("i16 = i16 i16", np.minimum),
    "v_pk_lshlrev_b16": meaning("u16 = u16 u16", lambda by, x: n.shift_left(x, by)),
    "v_pk_lshrrev_b16": meaning("u16 = u16 u16", lambda by, x: n.shift_right(x, by)),
    "v_pk_ashrrev_i16": meaning("i16 = u16 i16", lambda by, x: n.shift_right(x, by)),
}
"""Instructions on halves of registers: what they compute on each."""

MOVE = meaning("u64 = u64", lambda x: x)
MIXED = ("v_fma_mix_f32", "v_fma_mixlo_f16", "v_fma_mixhi_f16")


def evaluate_pair(context: Context, ins: Instruction) -> list[Write]:
    """V_PK_*_F32: ``op_sel`` and ``op_sel_hi`` choose which registers of the sources the two results are made of."""
    allow_modifiers(ins, MODIFIERS)
    about, target = PAIRS[ins.opcode], ins.operands[0]
    _require_shape(ins, about, target, 2)
    writes = []
    for word, (choice, negated, default) in enumerate((("op_sel", "neg_lo", 0), ("op_sel_hi", "neg_hi", 1))):
        sources = [
            _word(context, ins, operand, chosen, bool(sign))
            for operand, chosen, sign in zip(
                ins.operands[1:], ins.numbers(choice, (default,) * 3), ins.numbers(negated, (0, 0, 0)), strict=False
            )
        ]
        result = about.compute(*(v for v, _ in sources)).astype(np.float32).view(np.uint32)
        writes.append(_write(context, target.index + word, result, _all_defined(sources)))
    return writes


def _word(context: Context, ins: Instruction, operand: Operand, chosen: int, negated: bool) -> Value:
    if operand.is_register and operand.count == 2:
        bits, defined = word_of(context.waves, operand.index + chosen, operand.kind)
    elif not operand.is_register and (chosen == 0 or operand.number == 0):  # of 0 both halves are 0
        bits, defined = read_bits(context.waves, ins, operand, "f32")
    else:
        raise unknown(ins, operand)
    flipped = replace(operand, negated=operand.negated != negated)
    return as_kind(ins, flipped, bits, "f32"), defined


def move_both(context: Context, ins: Instruction) -> list[Write]:
    """V_MOV_B64: both registers of a pair, of which one may be undefined, or a constant of 64 bits."""
    allow_modifiers(ins, ())
    target, source = ins.operands
    _require_shape(ins, MOVE, target, 2)
    if source.is_register and source.count == 2:
        words = [word_of(context.waves, source.index + i, source.kind) for i in (0, 1)]
    else:
        bits, defined = read_bits(context.waves, ins, source, "u64")
        words = [((bits >> np.uint64(32 * i)).astype(np.uint32), defined) for i in (0, 1)]
    return [_write(context, target.index + i, word, defined) for i, (word, defined) in enumerate(words)]


def move_pair(context: Context, ins: Instruction) -> list[Write]:
    """V_PK_MOV_B32: a register of the first source's pair and one of the second's, as ``op_sel`` says."""
    allow_modifiers(ins, ("op_sel",))
    target, *sources = ins.operands
    chosen = ins.numbers("op_sel", (0, 0))
    writes = []
    for word, (operand, which) in enumerate(zip(sources, chosen, strict=True)):
        value, defined = _word(context, ins, operand, which, False)
        writes.append(_write(context, target.index + word, value.view(np.uint32), defined))
    return writes


def evaluate_halves(context: Context, ins: Instruction) -> list[Write]:
    """V_PK_* on 16 bits: ``op_sel`` and ``op_sel_hi`` choose the halves of the sources for the two results."""
    about, target = HALVES[ins.opcode], ins.operands[0]
    allow_modifiers(ins, (*MODIFIERS, *("clamp",) * about.can_clamp))
    _require_shape(ins, about, target, 1)
    words, defined = [], np.ones((1, 1), bool)
    for choice, negated, default in (("op_sel", "neg_lo", 0), ("op_sel_hi", "neg_hi", 1)):
        sources = [
            _half(context, ins, operand, kind, bool(chosen), bool(sign))
            for operand, kind, chosen, sign in zip(
                ins.operands[1:],
                about.sources,
                ins.numbers(choice, (default,) * 3),
                ins.numbers(negated, (0, 0, 0)),
                strict=False,
            )
        ]
        (result,) = computed(ins, about, [v for v, _ in sources])
        words.append(result.view(np.uint16).astype(np.uint32))
        defined = defined & _all_defined(sources)
    return [_write(context, target.index, words[0] | (words[1] << np.uint32(16)), defined)]


def _half(context: Context, ins: Instruction, operand: Operand, kind: str, high: bool, negated: bool) -> Value:
    flipped = replace(operand, negated=operand.negated != negated)
    if operand.is_register:
        bits, defined = read_bits(context.waves, ins, operand, kind, high=high)
        return as_kind(ins, flipped, bits, kind), defined
    word, defined = read_bits(context.waves, ins, operand, "f16" if operand.kind == "float" else "u32")
    half = word.astype(np.uint32) >> np.uint32(16 * high)
    return as_kind(ins, flipped, half.astype(np.uint16), kind), defined


def evaluate_mixed(context: Context, ins: Instruction) -> list[Write]:
    """V_FMA_MIX: an fma in f32, of sources that are f32 or, where ``op_sel_hi`` is 1, the half that ``op_sel`` says."""
    allow_modifiers(ins, ("op_sel", "op_sel_hi"))
    target, *operands = ins.operands
    sources = []
    for operand, half, is_half in zip(
        operands, ins.numbers("op_sel", (0, 0, 0)), ins.numbers("op_sel_hi", (0, 0, 0)), strict=True
    ):
        kind = "f16" if is_half else "f32"
        if half and not is_half:
            raise unknown(ins, operand)
        bits, defined = read_bits(context.waves, ins, operand, kind, high=bool(half))
        sources.append((as_kind(ins, operand, bits, kind).astype(np.float32), defined))
    exact = a.exact_sum(*np.broadcast_arrays(*(v for v, _ in sources)))
    if ins.opcode == "v_fma_mix_f32":
        return [_write(context, target.index, exact.astype(np.float32).view(np.uint32), _all_defined(sources))]
    half_bits = exact.astype(np.float32).astype(np.float16).view(np.uint16).astype(np.uint32)
    shift = np.uint32(16 if ins.opcode == "v_fma_mixhi_f16" else 0)
    kept = context.waves.vector[target.index] & ~(np.uint32(0xFFFF) << shift)
    return [_write(context, target.index, kept | (half_bits << shift), _all_defined(sources))]


def _write(context: Context, register: int, word: Array, defined: Array) -> Write:
    waves = context.waves
    shape = (waves.count, waves.lanes)
    word, defined = np.broadcast_to(word, shape).copy(), np.broadcast_to(defined, shape).copy()
    return partial(waves.write_vector, register, word, defined, waves.active)


def _all_defined(sources: list[Value]) -> Array:
    return np.logical_and.reduce(np.broadcast_arrays(*(defined for _, defined in sources)))


def _require_shape(ins: Instruction, about: Meaning, target: Operand, registers: int) -> None:
    if target.kind != "v" or target.count != registers or len(ins.operands) != 1 + len(about.sources):
        raise unknown(ins, target)
