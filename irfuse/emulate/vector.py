"""Vector ALU instructions: read sources, compute what the table says, write registers.

Source: AMD, "RDNA3 Instruction Set Architecture", chapter "Vector ALU Operations"; "AMD Instinct MI300 Instruction Set
Architecture", chapter "Vector ALU Operations".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from irfuse.emulate import lanes, sdwa
from irfuse.emulate.assembly import Instruction
from irfuse.emulate.context import Context, Write, allow_modifiers, unknown_modifier
from irfuse.emulate.errors import UnknownModeError
from irfuse.emulate.operands import EXEC, VCC, Operand
from irfuse.emulate.state import Array
from irfuse.emulate.tables import Meaning
from irfuse.emulate.values import DTYPES, Value, as_kind, lane_mask, read_bits, unknown, width_of, word_of

IMPLICIT = ("vcc", "lane", "fp16_ovfl")
"""Sources without an operand; those that begin with = are others."""


def evaluate(context: Context, ins: Instruction, about: Meaning, *, noisy: bool = False) -> list[Write]:
    """Compute an instruction and return what it writes. Raises UnknownModifierError and UnknownOperandError."""
    is_dpp = "dpp" in ins.encoding
    known = (*(lanes.MODIFIERS if is_dpp else ()), *(sdwa.MODIFIERS if ins.encoding == "sdwa" else ()))
    has_halves = any(kind == "half" or kind.endswith("16") for kind in (*about.results, *about.sources))
    allow_modifiers(ins, (*known, *("op_sel",) * has_halves, *("clamp",) * about.can_clamp))
    moved = lanes.movement(ins, context.waves.active) if is_dpp else None
    operands = [read_source(context, ins, about, kind, place, moved) for kind, place in places_of(ins, about)]
    where = context.waves.active if moved is None else moved.written
    if moved is not None and not set(about.results) <= set(DTYPES) and (where != context.waves.active).any():
        raise unknown_modifier(ins, "DPP")
    values = [value for value, _ in operands]
    results = computed(ins, about, values)
    if noisy and context.noise is not None:
        results = (_noisy(results[0], context.noise(results[0].shape)), *results[1:])
    defined = _defined(about, operands)
    low = _low_defined(context, ins, about) if about.low_alone else defined
    writes: list[Write] = []
    for place, (kind, result) in enumerate(zip(about.results, results, strict=True)):
        writes += write_result(context, ins, kind, place, result, (low, defined), where)
    return writes


def _defined(about: Meaning, operands: list[Value]) -> Array:
    """What of the results is defined: as the table says, or where all sources are."""
    if about.defined is not None:
        defined: Array = about.defined(*(d for _, d in operands), operands[-1][0])
        return defined
    return np.logical_and.reduce(np.broadcast_arrays(*(d for _, d in operands)))


def _low_defined(context: Context, ins: Instruction, about: Meaning) -> Array:
    """What is defined of a result's lower word, which depends only on those of the sources, bool [W, L]."""
    files = [o for kind, place in places_of(ins, about) if (o := ins.operands[place]).is_register and kind in DTYPES]
    known = [word_of(context.waves, o.index, o.kind)[1] for o in files]
    return np.logical_and.reduce(np.broadcast_arrays(np.ones_like(context.waves.active), *known))


def places_of(ins: Instruction, about: Meaning) -> list[tuple[str, int]]:
    """The kinds of the sources, each with the place of its operand. Raises UnknownOperandError for too many or few."""
    place = len(about.results) - about.results.count("exec")
    places = []
    for kind in about.sources:
        is_operand = kind not in IMPLICIT and not kind.startswith("=")
        places.append((kind, place if is_operand else 0))
        place += is_operand
    is_implied = ins.encoding == "dual" and about.sources[-1] == "mask"
    if place - is_implied != len(ins.operands):
        raise unknown(ins, Operand("text", text=f"number {len(ins.operands)}"))
    return places


def read_source(
    context: Context, ins: Instruction, about: Meaning, kind: str, place: int, moved: lanes.Movement | None
) -> Value:
    """A source's numbers and what of them is defined, [W, L] or broadcasting to it."""
    waves = context.waves
    if kind == "vcc" or (kind == "mask" and place == len(ins.operands)):
        return waves.read_mask(VCC)
    if kind == "lane":
        return np.arange(waves.lanes)[None, :], np.ones((1, 1), bool)
    if kind == "fp16_ovfl":
        return context.fp16_overflow(), np.ones((1, 1), bool)
    operand = ins.operands[place]
    if kind == "mask":
        return lane_mask(waves, ins, operand)
    if kind == "one":
        if operand.kind != "float" or operand.number != 1.0:
            raise unknown(ins, operand)
        return np.ones((1, 1), np.float32), np.ones((1, 1), bool)
    number = place - (len(about.results) - about.results.count("exec"))
    kind = kind.removeprefix("=")
    bits, defined = _source_bits(context, ins, kind, operand, number)
    if moved is not None and number == 0:
        bits, defined = moved.moved(bits), moved.moved_defined(defined)
    return as_kind(ins, replace(operand, signed=False), bits, kind), defined


def _source_bits(context: Context, ins: Instruction, kind: str, operand: Operand, number: int) -> Value:
    if ins.encoding == "sdwa" and number in (0, 1) and f"src{number}_sel" in ins.modifiers:
        if width_of(kind) == 64 or not operand.is_register:
            raise unknown(ins, operand)
        word, defined = read_bits(context.waves, ins, operand, "u32")
        part = sdwa.selected(ins, f"src{number}_sel", word, signed=operand.signed)
        return part.astype(np.uint16) if width_of(kind) == 16 else part, defined
    if operand.signed:
        raise unknown(ins, operand)
    is_high = number >= 0 and width_of(kind) == 16 and ins.numbers("op_sel", (0, 0, 0, 0))[number] == 1
    return read_bits(context.waves, ins, operand, kind, high=is_high)


def computed(ins: Instruction, about: Meaning, values: list[Array]) -> tuple[Array, ...]:
    """The results, of the types that the table says, with the clamp modifier applied."""
    kind, is_clamped = about.results[0], "clamp" in ins.modifiers
    if is_clamped and kind[0] in "ui":
        values = [v.astype(np.int64) if kind[0] in "ui" and v.dtype != bool else v for v in values]
    made = about.compute(*values)
    results = list(made) if isinstance(made, tuple) else [made]
    if is_clamped and kind[0] in "ui":
        bounds = np.iinfo(DTYPES[kind])
        results[0] = np.clip(results[0], bounds.min, bounds.max)
    elif is_clamped:
        results[0] = np.clip(np.where(np.isnan(results[0]), 0, results[0]), 0, 1)
    if kind in DTYPES:
        results[0] = np.asarray(results[0]).astype(DTYPES[kind], copy=False)
    return tuple(results)


def write_result(
    context: Context, ins: Instruction, kind: str, place: int, result: Array, known: tuple[Array, Array], where: Array
) -> list[Write]:
    """What one result changes; ``known``: what of its lower word is defined, and what of all of it."""
    waves = context.waves
    shape = (waves.count, waves.lanes)
    result, low, defined = (np.broadcast_to(v, shape) for v in (result, *known))
    if kind in ("mask", "exec"):
        return _write_mask(context, ins, kind, place, result, defined)
    operand = ins.operands[place]
    if operand.kind != "v" or operand.count != (2 if kind[1:] == "64" else 1):
        raise unknown(ins, operand)
    if kind[1:] == "64":
        words = [(result.view(np.uint64) >> np.uint64(32 * i)).astype(np.uint32) for i in (0, 1)]
        both = (low, defined)
        return [partial(waves.write_vector, operand.index + i, words[i], both[i], where) for i in (0, 1)]
    word = _as_word(context, ins, kind, operand, np.ascontiguousarray(result))
    if ins.encoding == "dual":
        word = word.copy()
    if ins.encoding == "sdwa":
        word = sdwa.inserted(ins, word, waves.vector[operand.index])
    return [partial(waves.write_vector, operand.index, word, defined, where)]


def _as_word(context: Context, ins: Instruction, kind: str, operand: Operand, result: Array) -> Array:
    """A result as it lies in its register, beside the half that it leaves as it is."""
    if kind != "half" and width_of(kind) == 32:
        return result.view(np.uint32)
    low = result if kind == "half" else result.view(np.uint16).astype(np.uint32)
    if kind == "f16" and context.fp16_overflow().any() and np.isinf(result).any():
        raise UnknownModeError(mode="FP16_OVFL", value=1, known="it for conversions to fp8")
    operands = len(ins.operands) - 1
    is_high = operand.half == "h" or ins.numbers("op_sel", (0,) * (operands + 1))[operands] == 1
    old = context.waves.vector[operand.index]
    if is_high:
        return (old & np.uint32(0xFFFF)) | (low << np.uint32(16))
    if kind != "half" and context.gpu.clears_high_half and not operand.half:
        return low
    return (old & np.uint32(0xFFFF0000)) | (low & np.uint32(0xFFFF))


def _write_mask(
    context: Context, ins: Instruction, kind: str, place: int, result: Array, defined: Array
) -> list[Write]:
    waves = context.waves
    result, defined = result & waves.active, defined | ~waves.active
    if kind == "exec":
        context.require_defined(ins, defined, "the EXEC mask")
        return [partial(waves.write_mask, EXEC, result, defined)]
    operand = ins.operands[place]
    if operand.kind == "null":
        return []
    if operand.kind != "s" or operand.count != waves.lanes // 32:
        raise unknown(ins, operand)
    return [partial(waves.write_mask, operand.index, result, defined)]


def _noisy(result: Array, steps: Array) -> Array:
    """f32 numbers some steps away, f64 ones as many of half their digits; zeros and what is not finite stay."""
    word = f"i{result.dtype.itemsize}"
    step = 1 if word == "i4" else 2**28
    moved = (np.ascontiguousarray(result).view(word) + steps.astype(word) * step).view(result.dtype)
    return np.where(np.isfinite(result) & (result != 0), moved, result)
