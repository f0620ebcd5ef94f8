"""One instruction, whichever family it is of: the tables put together, and what is done for each family.

Source of what does nothing here: AMD, "RDNA3 Instruction Set Architecture" and "RDNA4 Instruction Set Architecture",
section "SOPP Instructions".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from irfuse.emulate import (
    lds_access,
    packed,
    permute,
    scalar_unit,
    vector,
    vector_compare,
    vector_double,
    vector_float,
    vector_fp8,
    vector_half,
    vector_integer,
    vector_memory,
)
from irfuse.emulate.assembly import Instruction
from irfuse.emulate.context import Context, Write
from irfuse.emulate.conversions import E4M3, E4M3_FNUZ, E5M2, E5M2_FNUZ
from irfuse.emulate.errors import UnknownInstructionError
from irfuse.emulate.scalar import SCALAR
from irfuse.emulate.tables import Meaning

WAITS = re.compile(
    r"s_(waitcnt|waitcnt_vscnt|waitcnt_depctr|wait_alu|wait_(load|store|ds|km|exp|sample|bvh)cnt|wait_(load|store)cnt_dscnt|nop"
    r"|delay_alu|clause|inst_prefetch|set_inst_prefetch_distance|sleep|setprio|code_end)"
)
"""Instructions that wait, or hint how to schedule: every access here is complete when its instruction is."""
OTHERS: dict[str, Callable[[Context, Instruction], list[Write]]] = {
    **dict.fromkeys(packed.PAIRS, packed.evaluate_pair),
    **dict.fromkeys(packed.HALVES, packed.evaluate_halves),
    **dict.fromkeys(packed.MIXED, packed.evaluate_mixed),
    "v_pk_mov_b32": packed.move_pair,
    "v_mov_b64": packed.move_both,
    "v_permlane16_b32": permute.permlane16,
    "v_permlanex16_b32": permute.permlane16,
    "v_permlane16_swap_b32": permute.swap_rows,
    "v_permlane32_swap_b32": permute.swap_rows,
    "v_readfirstlane_b32": permute.read_first_lane,
    "v_readlane_b32": permute.read_lane,
    "v_writelane_b32": permute.write_lane,
    "v_bitop3_b16": permute.bit_operation,
    "v_bitop3_b32": permute.bit_operation,
}
"""Vector instructions that are more than a function of each lane's sources."""


NOISY = {*vector_float.TRANSCENDENTAL, *vector_double.TRANSCENDENTAL}


@cache
def vector_table(fnuz: bool) -> dict[str, Meaning]:
    """The vector instructions that are a function of each lane's sources, with one of two kinds of fp8."""
    fp8 = vector_fp8.fp8_conversions(*((E4M3_FNUZ, E5M2_FNUZ) if fnuz else (E4M3, E5M2)))
    return {
        **vector_float.TRANSCENDENTAL,
        **vector_float.ARITHMETIC,
        **vector_float.CONVERSIONS,
        **vector_float.RENAMED,
        **vector_integer.ARITHMETIC,
        **vector_integer.BITS,
        **vector_integer.RENAMED,
        **vector_compare.COMPARISONS,
        **vector_half.TRANSCENDENTAL,
        **vector_half.ARITHMETIC,
        **vector_half.DOTS,
        **vector_double.TRANSCENDENTAL,
        **vector_double.ARITHMETIC,
        **vector_double.CONVERSIONS,
        **fp8,
    }


def execute(context: Context, bundle: tuple[Instruction, ...]) -> None:
    """Run an instruction, or both halves of a dual one, that neither jumps nor ends. Raises UnknownInstructionError."""
    if len(bundle) == 1 and not bundle[0].opcode.startswith("v_"):
        return _execute_alone(context, bundle[0])
    writes = [write for ins in bundle for write in _evaluate(context, ins)]
    for write in writes:
        write()


def _execute_alone(context: Context, ins: Instruction) -> None:
    opcode = ins.opcode
    if opcode in SCALAR:
        scalar_unit.run(context, ins, SCALAR[opcode])
    elif opcode.startswith("s_load_"):
        scalar_unit.load(context, ins)
    elif opcode == "s_setreg_imm32_b32":
        scalar_unit.set_register(context, ins)
    elif opcode.startswith("ds_"):
        lds_access.run(context, ins)
    elif opcode.startswith(("global_", "buffer_", "scratch_")) and opcode not in vector_memory.CACHE_CONTROL:
        vector_memory.run(context, ins)
    elif not WAITS.fullmatch(opcode) and opcode not in vector_memory.CACHE_CONTROL:
        raise UnknownInstructionError(line=ins.line, opcode=opcode, text=ins.text)


def _evaluate(context: Context, ins: Instruction) -> list[Write]:
    if ins.opcode in SCALAR:
        scalar_unit.run(context, ins, SCALAR[ins.opcode])
        return []
    if ins.opcode in OTHERS and ins.encoding in ("", "e32", "e64"):
        return OTHERS[ins.opcode](context, ins)
    table = vector_table(context.gpu.fnuz)
    if ins.opcode == "v_nop":
        return []
    if ins.opcode not in table:
        raise UnknownInstructionError(line=ins.line, opcode=ins.opcode, text=ins.text)
    return vector.evaluate(context, ins, table[ins.opcode], noisy=ins.opcode in NOISY)
