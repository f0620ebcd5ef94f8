"""The target ``amd-report`` of irfuse-opt: what can be said of a kernel's speed on an AMD GPU without one.

Every kernel is compiled, read, and executed on the emulator on random operands; irfuse.amd.roofline has the formula of
the bound. The numbers are static or counted: no GPU has run it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.target import Target

from irfuse.amd.roofline import CHIPS, Evidence, bytes_per_row, chip_named, most_executed
from irfuse.amd.usage import cycles, usage_of
from irfuse.configs import Config, config_for
from irfuse.kernel.variants import variant_for

if TYPE_CHECKING:
    from irfuse.emulate.launch import Checks, Report
    from irfuse.launch import FusedCall

WAVE = 64
"""Lanes of a wave of the chips that there are numbers of."""
MOST_SHOWN = 6
"""Vector instructions that the report names."""


@dataclass(frozen=True)
class AmdReportTarget(Target):
    """Registers, widths, executed instructions and the roofline bound of every kernel; seeded random operands."""

    name = "amd-report"
    arch: str = ""
    seed: int = 0

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:
        """Write the report of every kernel.

        Raises UnknownChipError, NothingFusedError, NotLowerableError, CompileFailedError and EmulatorError.
        """
        from irfuse.launch import FusedCall
        from irfuse.samples import operands_of
        from irfuse.targets import fused_ops

        arch = self.arch or next(iter(CHIPS))
        chip_named(arch)
        calls = {call.kernel.name: (call, op) for op in fused_ops(module) for call in [FusedCall(op, arch)]}
        for call, op in calls.values():
            found = evidence_of(call, operands_of(op, self.seed), arch)
            output.write("\n".join(lines_of(found)) + "\n")


def evidence_of(call: FusedCall, operands: Sequence[Any], arch: str, config: Config | None = None) -> Evidence:
    """Compile the kernel of a fused op as for tensors within 2 GiB, and execute it on these CPU tensors.

    ``config`` stands in for the launch table's. Raises as `AmdReportTarget.emit` does.
    """
    from irfuse.compile_kernel import Arch, compile_kernel

    kernel = variant_for(call.kernel, arch)
    config = config or config_for(kernel.work, arch, WAVE)
    compiled = compile_kernel(kernel, Arch.of(arch), config, within_2gb=True)
    run, before = EmulatedLaunch(compiled, arch), call.config
    call.config = config
    call.launch(run, *operands)
    call.config = before
    usage, executed = usage_of(compiled, arch, kernel.source), run.report.executed
    return Evidence(kernel.name, arch, config, usage, bytes_per_row(kernel), run.programs, executed)


class EmulatedLaunch:
    """A compiled kernel that is launched as Triton's are, ``kernel[grid](...)`` on CPU tensors, on the emulator."""

    report: Report
    programs: int

    def __init__(self, compiled: Any, arch: str, checks: Checks | None = None) -> None:
        self.compiled, self.arch, self.checks = compiled, arch, checks

    def __getitem__(self, grid: tuple[int, ...]) -> Any:
        """What launches so many programs."""

        def launch(*arguments: Any, **options: Any) -> None:
            from irfuse.emulate import run_kernel

            self.report = run_kernel(self.compiled, arguments, grid, self.arch, self.checks)
            self.programs = grid[0]

        return launch


def lines_of(found: Evidence) -> Iterator[str]:
    """The report of one kernel."""
    usage, chip = found.usage, chip_named(found.arch)
    loads, stores = (", ".join(map(str, usage.sizes(side))) for side in "xy")
    yield f"{found.name} on {found.arch}, compiled and executed on an emulator, not on hardware"
    yield f"  launch: {found.config.rows} rows x {found.config.num_warps} waves"
    yield f"  registers: {usage.vgprs} VGPRs, {usage.sgprs} SGPRs, {usage.spills} spills, {usage.scratch} B of scratch"
    yield f"  occupancy: {usage.waves} waves per SIMD, {usage.lds} B of LDS, {usage.barriers} barriers"
    yield f"  bytes of a lane: loads {loads}; stores {stores}"
    yield f"  fp8 converts by hardware: {usage.converts} of two entries each"
    yield f"  executed per row: {found.instructions_per_row:.1f} instructions, {found.cycles_per_row:.1f} VALU cycles"
    yield f"  most cycles: {_most(found)}"
    yield f"  moved per row: {found.bytes_per_row} B"
    yield (
        f"  roofline of {chip.name}: {found.bound} binds; arithmetic takes {found.arithmetic:.2f} of the time of "
        f"memory, so at most {found.share:.0%} of the memory limit"
    )


def _most(found: Evidence) -> str:
    """The vector instructions that take the most cycles, with their share of them."""
    total = cycles(found.executed)
    shown = most_executed(found.executed, MOST_SHOWN)
    return ", ".join(f"{name} {cycles({name: count}) / total:.0%}" for name, count in shown)
