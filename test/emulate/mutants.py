"""Mutants of kernels, each with one instruction of the machine code changed or left out: is a mutant noticed?

A mutant is noticed if the emulator reports it, or if for some operands it writes other bytes, or reads or writes more
or fewer, than the kernel that it was made of. Not counted are those that rules show to be no change: the instruction
computes the same from two thousand random states of the registers, or a branch leads to the next instruction; and
those that rules show not to matter: a barrier that no two waves need, for they use no byte of LDS that one changes, an
instruction whose result nothing uses, for nothing is reported if an undefined one takes its place, and a branch around
instructions that do nothing where no lane runs.
``python mutants.py gfx942`` prints those that are not noticed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import emulated_kernels as k
import numpy as np
import torch
from one_instruction import same_function

import irfuse.emulate
from irfuse.emulate.assembly import read_program
from irfuse.emulate.launch import Checks, Code, run_code
from irfuse.errors import IrfuseError

IDLE = re.compile(r"\s*(s_wait\w*|s_nop|s_delay_alu|s_clause|s_sendmsg|buffer_gl\d_inv|global_inv|s_set_inst\w+)\b")
BY_LANE = re.compile(r"v_(?!cmp|read)|ds_|buffer_|global_|s_wait|s_nop|s_delay|s_clause")
"""Instructions that change nothing where no lane runs."""
SWAPS = """
v_add_f32 v_sub_f32; v_sub_f32 v_add_f32; v_mul_f32 v_add_f32; v_max_f32 v_min_f32; v_min_f32 v_max_f32
v_max3_f32 v_min3_f32; v_fmac_f32 v_mul_f32; v_fma_f32 v_max3_f32; v_max_num_f32 v_min_num_f32; v_exp_f32 v_log_f32
v_rcp_f32 v_sqrt_f32; v_pk_add_f32 v_pk_mul_f32; v_pk_mul_f32 v_pk_add_f32; v_ldexp_f32 v_mul_f32
v_cndmask_b32 v_or_b32
v_and_b32 v_or_b32; v_or_b32 v_and_b32; v_xor_b32 v_or_b32; v_lshlrev_b32 v_lshrrev_b32; v_lshrrev_b32 v_lshlrev_b32
v_add_u32 v_sub_u32; v_add_nc_u32 v_sub_nc_u32; v_lshl_or_b32 v_and_or_b32; v_and_or_b32 v_lshl_or_b32
v_add_lshl_u32 v_lshl_add_u32; v_lshl_add_u32 v_add_lshl_u32; v_add3_u32 v_or3_b32; v_or3_b32 v_add3_u32
v_bfe_u32 v_bfi_b32; v_mad_u64_u32 v_mad_u64_u16; _gt_ _le_; _lt_ _ge_; _le_ _gt_; _ge_ _lt_; _eq_ _ne_; _ne_ _eq_
_lg_ _eq_; _neq_ _eq_; _nlt_ _lt_
s_lshl_b32 s_lshr_b32; s_lshr_b32 s_lshl_b32; s_and_b64 s_or_b64; s_and_b32 s_or_b32; s_or_b32 s_and_b32
s_mul_i32 s_add_i32; s_add_u32 s_sub_u32; s_addc_u32 s_subb_u32; s_add_i32 s_sub_i32; s_sub_i32 s_add_i32
s_add_nc_u64 s_sub_nc_u64; s_ashr_i32 s_lshl_b32; s_lshl_b64 s_lshr_b64; s_min_i32 s_max_i32; s_max_i32 s_min_i32
s_cbranch_scc0 s_cbranch_scc1; s_cbranch_scc1 s_cbranch_scc0; s_cbranch_vccz s_cbranch_vccnz
s_cbranch_vccnz s_cbranch_vccz; row_shr: row_shl:; row_ror: row_shl:; row_xmask:1 row_xmask:2
row_bcast:15 row_bcast:31; dwordx4 dwordx2; b128 b64
"""
PAIRS = [tuple(pair.split()) for pair in re.split(r"[;\n]\s*", SWAPS) if pair.strip()]
ROWS = 5
KERNELS = ("row_sum", "softmax")
NOISE = {256: 1, 900: 1 << 17}
"""By the columns of a launch, how far results of exp, rcp and the like move: without that, steps that refine them could
be left out."""
SPECIAL = (float("nan"), float("inf"), float("-inf"), -0.0, 1e-30, 3e38, -3e38)


def mutants(line: str) -> Iterator[str]:
    """The instruction with another operation, with its last two operands exchanged, and nothing instead."""
    yield from [line.replace(old, new, 1) for old, new in PAIRS if old in line][:1]
    if found := re.fullmatch(
        r"(\s*[vs]_\S+ (?:[^,]+, )+)([^,\[]+|\w+\[\d+:\d+\]), ([^,\[ ]+|\w+\[\d+:\d+\])( .*)?", line
    ):
        yield f"{found[1]}{found[3]}, {found[2]}{found[4] or ''}"
    yield "\ts_nop 0"


class Subject:
    """A compiled kernel with the operands of some launches, and what it did with them.

    Rows of which a part is masked, of one block, of several and of none, numbers that are special, and noise.
    """

    def __init__(self, arch: str, name: str = "row_sum") -> None:
        self.arch, kernel = arch, getattr(k, name)
        self.launches = [
            self.arguments(name, columns, seed) for seed, columns in enumerate((1003, 256, 700, 3, 0, 900))
        ]
        with irfuse.emulate(arch):
            compiled = kernel[(ROWS,)](*self.launches[0], BLOCK=256 if name == "row_sum" else 1024, num_warps=4)
        self.code = Code.of(compiled)
        self.lines = self.code.assembly.splitlines()
        self.kinds = [kind for kind in compiled.src.signature.values() if kind != "constexpr"]
        self.wanted = [self.run(self.code, launch) for launch in self.launches]

    def arguments(self, name: str, columns: int, seed: int) -> list[Any]:
        """An operand of whole numbers, whose sums are exact, results, and the number of columns."""
        noise = torch.Generator().manual_seed(seed)
        x = torch.randint(-(2**15), 2**15, (ROWS, columns), generator=noise).float()
        x = x / (2**12 if seed < 5 else 2**7) if name == "softmax" else x
        if seed == 2:
            x.view(-1)[torch.randperm(x.numel(), generator=noise)[: len(SPECIAL)]] = torch.tensor(SPECIAL)
        return [x, torch.zeros(ROWS if name == "row_sum" else x.shape), columns]

    def instructions(self) -> list[int]:
        """The lines of the kernel's instructions that do something."""
        numbers = {b[0].line for b in read_program(self.code.assembly, self.code.name).bundles}
        return [n - 1 for n in sorted(numbers) if not IDLE.match(self.lines[n - 1])]

    def run(self, code: Code, launch: list[Any], **checks: Any) -> tuple[bytes, Any]:
        """The bytes of the results of a launch, and how many bytes it loaded and stored."""
        x, out, columns = launch
        out, most = torch.full_like(out, -1.0), Checks(most_steps=20000, noise_steps=NOISE.get(columns, 0), **checks)
        report = run_code(code, self.kinds, [x, out, columns], (ROWS,), self.arch, most, ("x", "out", "n"))
        return out.numpy().tobytes(), report.traffic

    def changed(self, line: int, text: str) -> Code:
        """The kernel with another line in place of one."""
        lines = [*self.lines[:line], text, *self.lines[line + 1 :]]
        return Code("\n".join(lines), self.code.name, self.code.num_warps, self.code.shared)

    def notices(self, line: int, text: str) -> bool:
        """Whether the change of one line is noticed."""
        code = self.changed(line, text)
        try:
            return any(self.run(code, one) != wanted for one, wanted in zip(self.launches, self.wanted, strict=True))
        except (IrfuseError, AssertionError):
            return True

    def is_needless(self, line: int, text: str) -> bool:
        """Whether a rule shows that the change of a line does not matter to any of the launches."""
        before = self.lines[line].split(";")[0].strip()
        if before.startswith("s_cbranch_execz") and text.strip() == "s_nop 0":
            return all(BY_LANE.match(opcode) for opcode in self.skipped(line) or ["a loop"])
        try:
            if before.startswith("s_barrier"):
                code = self.changed(line, text)
                return all(self.run(code, self.launches[0], order_seed=n) == self.wanted[0] for n in range(10))
            poison = undefined(before)
            return bool(poison) and not self.notices(line, poison)
        except IrfuseError:
            return False

    def skipped(self, line: int) -> list[str] | None:
        """The opcodes between a forward branch and where it leads to; None of other instructions."""
        program = read_program(self.code.assembly, self.code.name)
        number = [b[0].line for b in program.bundles].index(line + 1)
        ins = program.bundles[number][0]
        end = program.labels[ins.operands[0].text] if ins.opcode.startswith(("s_branch", "s_cbranch")) else 0
        return [i.opcode for b in program.bundles[number + 1 : end] for i in b] if end > number else None


def undefined(before: str) -> str:
    """Instructions that leave what a vector or scalar instruction writes, one or two registers and SCC, undefined."""
    found = re.match(r"(v_\w+|s_\w+) (v|s|vcc)(\d+|\[\d+:\d+\]|_lo)?(?:, |$)", before)
    if not found or re.match(
        r"s_(load|branch|cbranch|cmp|set|wait|and_save|or_save)|v_(cmpx|readlane|div_scale)", before
    ):
        return ""
    target = f"{found[2]}{found[3] or ''}"
    pair = "[" in target or target == "vcc"
    if found[2] == "v":
        return f"v_mov_b{64 if pair else 32} {target}, v{'[254:255]' if pair else 255}"
    scc = "" if before.startswith(("s_mov", "v_")) else "\n\ts_cmp_eq_u32 s90, s91"
    return f"s_mov_b{64 if pair else 32} {target}, s{'[90:91]' if pair else 90}{scc}"


@dataclass
class Survey:
    """How many mutants were ``tried``, those that a rule shows not to matter, and those that were not noticed."""

    tried: int = 0
    needless: list[str] = field(default_factory=list)
    missed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The part of the mutants that matter that was noticed."""
        return 1 - len(self.missed) / (self.tried - len(self.needless))


def survey(arch: str, names: Sequence[str] = KERNELS, every: int = 1) -> Survey:
    """Try the mutants of some kernels: of ``every`` so many instructions one."""
    made = Survey()
    for name in names:
        subject = Subject(arch, name)
        for n in subject.instructions()[::every]:
            try_line(subject, n, made)
    return made


def try_line(subject: Subject, n: int, made: Survey) -> None:
    """Try the mutants of one line."""
    before = subject.lines[n].split(";")[0].rstrip()
    for after in mutants(before):
        is_noticed = subject.notices(n, after)
        if not is_noticed and (same_function(subject.arch, before.strip(), after.strip()) or subject.skipped(n) == []):
            continue
        made.tried += 1
        if is_noticed:
            continue
        if subject.is_needless(n, after):
            made.needless.append(before.strip())
        else:
            made.missed.append((before.strip(), after.strip()))


def main(archs: Sequence[str]) -> None:
    """Print how many mutants are noticed, and those that are not."""
    np.seterr(all="ignore")
    for arch in archs:
        for kernel in KERNELS:
            found = survey(arch, (kernel,))
            print(f"{arch} {kernel}: {found.rate:.1%} of {found.tried - len(found.needless)} mutants are noticed")
            print(f"  {len(found.needless)} others do not matter")
            for old, new in found.missed:
                print(f"  {old} -> {new}")


if __name__ == "__main__":
    main(sys.argv[1:] or ("gfx942", "gfx950", "gfx1100", "gfx1201"))
