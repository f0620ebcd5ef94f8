"""Mutants of a kernel, each with one instruction of its machine code changed or left out: is a mutant noticed?

A mutant is noticed if the emulator reports it, or its results differ from torch's. ``python mutants.py gfx942``
prints those that are not.
"""

from __future__ import annotations

import re
import sys

import emulated_kernels as k
import torch

import irfuse.emulate
from irfuse.emulate.assembly import read_program
from irfuse.emulate.launch import Checks, Code, run_code
from irfuse.errors import IrfuseError

IDLE = re.compile(r"\s*(s_wait\w*|s_nop|s_delay_alu|s_clause|s_sendmsg|buffer_gl\d_inv|s_barrier_signal|global_inv)\b")
SWAPS = """
v_add_f32 v_sub_f32; v_mul_f32 v_add_f32; v_max_f32 v_min_f32; v_max3_f32 v_min3_f32; v_fmac_f32 v_mul_f32
v_and_b32 v_or_b32; v_lshlrev_b32 v_lshrrev_b32; v_add_u32 v_sub_u32; v_add_nc_u32 v_sub_nc_u32
v_lshl_or_b32 v_and_or_b32; v_add_lshl_u32 v_lshl_add_u32
v_cmp_gt v_cmp_le; v_cmpx_gt v_cmpx_le; v_cmp_eq v_cmp_ne
v_cmpx_eq v_cmpx_ne
s_lshl_b32 s_lshr_b32; s_and_b64 s_or_b64; s_mul_i32 s_add_i32; s_add_u32 s_sub_u32; s_addc_u32 s_subb_u32
s_ashr_i32 s_lshl_b32; s_cmp_lt_i32 s_cmp_ge_i32; s_cbranch_scc0 s_cbranch_scc1; s_cbranch_vccz s_cbranch_vccnz
row_shr: row_shl:; row_ror: row_shl:; row_xmask:1 row_xmask:2; row_bcast:15 row_bcast:31; dwordx4 dwordx2; b128 b64
"""
PAIRS = [tuple(pair.split()) for pair in re.split(r"[;\n]\s*", SWAPS) if pair.strip()]
VITAL = re.compile(r"\s*(ds_|buffer_load|buffer_store|global_load|global_store|s_load|s_barrier)")
"""Instructions that are left out; others are changed into another operation, if there is one for them."""
EQUIVALENT = re.compile(r"v_cmpx?_eq_u32_e32 (vcc, )?0, v\d|s_barrier|s_ashr_i32 \w+, \w+, 31|s_addc_u32")
"""Instructions of which no change shows: guards of lane 0 where all lanes store the same, the last barrier, before
which a wave writes what only it reads, and the upper halves of small numbers."""
ROWS, COLUMNS = 5, 1003


def mutants(line: str) -> list[str]:
    """The instruction with another operation, and, of memory and barriers, nothing instead."""
    made = [line.replace(old, new, 1) for old, new in PAIRS if old in line][:1]
    return [*made, "\ts_nop 0"] if VITAL.match(line) else made


class Subject:
    """A compiled kernel, row sums by four waves, its operands and torch's results.

    Whole numbers, whose sums are exact, and rows of which a part is masked.
    """

    def __init__(self, arch: str) -> None:
        self.arch = arch
        self.x = torch.randint(-(2**15), 2**15, (ROWS, COLUMNS), generator=torch.Generator().manual_seed(0)).float()
        self.wanted = self.x.sum(1)
        with irfuse.emulate(arch):
            compiled = k.row_sum[(ROWS,)](*self.arguments(), BLOCK=256, num_warps=4)
        self.code = Code.of(compiled)
        self.kinds = [kind for kind in compiled.src.signature.values() if kind != "constexpr"]

    def arguments(self) -> list[object]:
        """Fresh results beside the operand."""
        self.result = torch.full((ROWS,), -1.0)
        return [self.x, self.result, COLUMNS]

    def instructions(self) -> list[int]:
        """The lines of the kernel's instructions that do something."""
        lines = self.code.assembly.splitlines()
        numbers = {b[0].line for b in read_program(self.code.assembly, self.code.name).bundles}
        return [n - 1 for n in sorted(numbers) if not IDLE.match(lines[n - 1])]

    def notices(self, line: int, text: str) -> bool:
        """Whether the change of one line is noticed."""
        lines = self.code.assembly.splitlines()
        lines[line] = text
        code = Code("\n".join(lines), self.code.name, self.code.num_warps, self.code.shared)
        try:
            run_code(code, self.kinds, self.arguments(), (ROWS,), self.arch, Checks(most_steps=20000))
        except (IrfuseError, AssertionError):
            return True
        return not torch.equal(self.result, self.wanted)


def survey(arch: str) -> tuple[int, list[tuple[str, str]]]:
    """How many mutants were tried, and those that were not noticed: instruction and change."""
    subject = Subject(arch)
    lines = subject.code.assembly.splitlines()
    tried = [(n, text) for n in subject.instructions() for text in mutants(lines[n].split(";")[0].rstrip())]
    return len(tried), [(lines[n].strip(), text.strip()) for n, text in tried if not subject.notices(n, text)]


if __name__ == "__main__":
    for name in sys.argv[1:] or ("gfx942", "gfx1201"):
        count, missed = survey(name)
        print(f"{name}: {count - len(missed)} of {count} mutants noticed")
        for before, after in missed:
            print(f"  {before} -> {after}")
