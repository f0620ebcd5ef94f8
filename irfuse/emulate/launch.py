"""A launch of a kernel's machine code on CPU tensors, and what was seen while it ran.

Source of what a wave begins with: LLVM, "User Guide for AMDGPU Backend", initial kernel execution state.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from irfuse.emulate.arguments import Arguments, LaunchSizes
from irfuse.emulate.assembly import Program, read_program
from irfuse.emulate.context import Context
from irfuse.emulate.errors import UnknownModeError
from irfuse.emulate.lds import Lds
from irfuse.emulate.memory import Memory
from irfuse.emulate.operands import TTMP
from irfuse.emulate.schedule import Schedule
from irfuse.emulate.state import ALL, Array, Waves
from irfuse.emulate.targets import Gpu, gpu_named

MODES = {
    "float_round_mode_32": (0, 0),
    "float_round_mode_16_64": (0, 0),
    "float_denorm_mode_32": (3, 3),
    "float_denorm_mode_16_64": (3, 3),
    "dx10_clamp": (1, 1),
    "ieee_mode": (1, 1),
    "fp16_overflow": (0, 0),
    "user_sgpr_dispatch_ptr": (0, 0),
    "user_sgpr_queue_ptr": (0, 0),
    "user_sgpr_dispatch_id": (0, 0),
    "user_sgpr_kernarg_segment_ptr": (1, 1),
    "uses_dynamic_stack": (0, 0),
    "system_sgpr_workgroup_info": (0, 0),
    "system_vgpr_workitem_id": (0, 0),
}
"""Directives of a kernel: what they must be, as nothing else is modelled, and what they are where they are left out."""
MOST_WAVES = 1024
"""Waves that run at once; workgroups of a larger launch run in parts."""


@dataclass(frozen=True)
class Checks:
    """How a launch is examined.

    ``order_seed``: run waves one at a time in a random order with this seed, not in lockstep. ``noise_steps``: move
    results of exp, log, rcp, rsq and sqrt by up to so many steps of f32, at random with ``noise_seed``.
    ``definedness``: report uses of values that nothing wrote. ``by_tensor``: report accesses beyond a tensor that is a
    part of its storage, not only those beyond the storage. ``most_steps``: the limit of instructions of a launch.
    """

    order_seed: int | None = None
    noise_steps: int = 0
    noise_seed: int = 0
    definedness: bool = True
    by_tensor: bool = True
    most_steps: int = 1_000_000


@dataclass(frozen=True)
class Report:
    """What a launch did.

    ``executed``: how often each instruction ran, counted by wave. ``unwritten``: for each buffer that the kernel wrote
    to, by the argument's name, how many of its bytes it did not write. ``traffic``: for each buffer how many bytes
    lanes loaded and stored.
    """

    kernel: str
    arch: str
    waves: int
    executed: Counter[str] = field(default_factory=Counter)
    unwritten: dict[str, int] = field(default_factory=dict)
    traffic: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def instructions_per_wave(self) -> float:
        """The instructions that a wave runs, on average."""
        return self.executed.total() / self.waves


@dataclass(frozen=True)
class Code:
    """A compiled kernel: its assembly and name, waves of a workgroup, and bytes of LDS besides those it declares."""

    assembly: str
    name: str
    num_warps: int
    shared: int

    @classmethod
    def of(cls, compiled: Any) -> Code:
        """The code of what Triton's compiler returns for an AMD GPU."""
        about = compiled.metadata
        return cls(compiled.asm["amdgcn"], about.name, about.num_warps, about.shared)


def run_kernel(
    compiled: Any, arguments: Sequence[Any], grid: Sequence[int], arch: str, checks: Checks | None = None
) -> Report:
    """Run what ``triton.compile`` made of a kernel on CPU tensors, which it writes; arguments without constexprs.

    Raises an `EmulatorError` for what the emulator does not know, and for what it finds wrong.
    """
    signature = compiled.src.signature
    named = {name: kind for name, kind in signature.items() if kind != "constexpr"}
    return run_code(Code.of(compiled), list(named.values()), arguments, grid, arch, checks, list(named))


def run_code(
    code: Code,
    kinds: Sequence[str],
    arguments: Sequence[Any],
    grid: Sequence[int],
    arch: str,
    checks: Checks | None = None,
    names: Sequence[str] = (),
) -> Report:
    """Run assembly: ``kinds`` has the arguments' types as in Triton's signatures, ``*fp32`` or ``i32``."""
    gpu, checks = gpu_named(arch), checks or Checks()
    program, memory = read_program(code.assembly, code.name), Memory()
    _require_modes(program)
    names = names or [f"argument {i}" for i in range(len(kinds))]
    sizes = LaunchSizes(tuple(grid), gpu.wave * code.num_warps)
    segment = Arguments(memory, by_tensor=checks.by_tensor).packed(program, kinds, arguments, names, sizes)
    address = memory.add("the kernel's arguments", segment, is_read_only=True)
    launch = _Launch(program, gpu, memory, address, code, tuple(grid), checks)
    return launch.run(Report(code.name, arch, math.prod(grid) * code.num_warps))


def _require_modes(program: Program) -> None:
    for name, (wanted, default) in MODES.items():
        if program.directive(name, default) != wanted:
            raise UnknownModeError(mode=name, value=program.directive(name, default), known=wanted)


@dataclass(frozen=True)
class _Launch:
    """What all workgroups of a launch have in common; ``arguments``: the address of the kernel's."""

    program: Program
    gpu: Gpu
    memory: Memory
    arguments: int
    code: Code
    grid: tuple[int, ...]
    checks: Checks

    def run(self, report: Report) -> Report:
        """Run all workgroups, as many at once as have `MOST_WAVES`, and complete the report."""
        total, each = math.prod(self.grid), max(MOST_WAVES // self.code.num_warps, 1)
        for first in range(0, total, each):
            self._run_groups(np.arange(first, min(first + each, total)), report)
        for buffer in self.memory.buffers:
            report.traffic[buffer.name] = (buffer.loaded, buffer.stored)
            if buffer.written.any():
                report.unwritten[buffer.name] = int((~buffer.written).sum())
        return report

    def _run_groups(self, groups: Array, report: Report) -> None:
        """Run some of the workgroups, whose numbers are ``groups``."""
        waves, checks = self._waves(groups), self.checks
        lds = Lds(len(groups), self.program.directive("group_segment_fixed_size") + self.code.shared)
        context = Context(self.gpu, waves, self.memory, lds, int(groups[0]), self._noise(), checks.definedness)
        order = None if checks.order_seed is None else np.random.default_rng(checks.order_seed)
        schedule = Schedule(self.program, context, waves, self.code.num_warps, order, checks.most_steps)
        with np.errstate(all="ignore"):
            schedule.run()
        report.executed.update(schedule.executed)
        loaded, stored = report.traffic.get("LDS", (0, 0))
        report.traffic["LDS"] = (loaded + lds.loaded, stored + lds.stored)

    def _waves(self, groups: Array) -> Waves:
        """The registers of the waves of some workgroups, as they begin."""
        program, each = self.program, self.code.num_warps
        used = [o.index + o.count for b in program.bundles for ins in b for o in ins.operands if o.kind == "v"]
        private = (program.directive("private_segment_fixed_size") + 3) // 4
        waves = Waves.empty(max(used, default=1), len(groups), each, self.gpu.wave, private)
        waves.workgroup = np.repeat(np.arange(len(groups)), each)
        _set_scalars(waves, program, self.gpu, self.arguments, _ids(self.grid, groups, each))
        return waves

    def _noise(self) -> Callable[[tuple[int, ...]], Array] | None:
        """What draws the steps by which results of exp and the like move."""
        draw, steps = np.random.default_rng(self.checks.noise_seed), self.checks.noise_steps
        return (lambda shape: draw.integers(-steps, steps + 1, shape, np.int32)) if steps else None


def _ids(grid: Sequence[int], groups: Array, waves: int) -> list[Array]:
    """The three numbers of each wave's workgroup, u32 [W]."""
    x, y = (*grid, 1, 1)[:2]
    numbers = np.repeat(groups, waves)
    return [v.astype(np.uint32) for v in (numbers % x, numbers // x % y, numbers // (x * y))]


def _set_scalars(waves: Waves, program: Program, gpu: Gpu, arguments: int, ids: list[Array]) -> None:
    """The scalar registers that a wave begins with: the address of the arguments, and its workgroup."""
    first = 4 * program.directive("user_sgpr_private_segment_buffer")
    known = np.full(waves.count, ALL)
    for i in (0, 1):
        word = np.full(waves.count, arguments >> 32 * i & 0xFFFFFFFF, np.uint32)
        waves.write_scalar(first + i, word, known)
    if gpu.ids_in_ttmp:
        waves.write_scalar(TTMP + 9, ids[0], known)
        waves.write_scalar(TTMP + 7, ids[1] | (ids[2] << np.uint32(16)), known)
        waves.write_scalar(TTMP + 8, waves.place.astype(np.uint32) << np.uint32(25), known)
        return
    register = program.directive("user_sgpr_count")
    for axis, number in zip("xyz", ids, strict=True):
        if program.directive(f"system_sgpr_workgroup_id_{axis}", int(axis == "x")):
            waves.write_scalar(register, number, known)
            register += 1
