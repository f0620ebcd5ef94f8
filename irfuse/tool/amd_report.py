"""The target ``amd-report`` of irfuse-opt: what can be said of a kernel's speed on an AMD GPU without one.

Every kernel is compiled, read, and executed on the emulator on random operands; irfuse.amd.roofline has the formula of
the bound. The numbers are static or counted: no GPU has run it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.target import Target

from irfuse.amd.evidence import evidence_of
from irfuse.amd.roofline import CHIPS, Evidence, chip_named, most_executed
from irfuse.amd.usage import cycles
from irfuse.tool.fused_ops import fused_ops

MOST_SHOWN = 6
"""Vector instructions that the report names."""


@dataclass(frozen=True)
class AmdReportTarget(Target):
    """Registers, widths, executed instructions and the roofline bound of every part of a kernel; seeded operands."""

    name = "amd-report"
    arch: str = ""
    seed: int = 0

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:
        """Write the report of every kernel.

        Raises UnknownChipError, NothingFusedError, NotLowerableError, CompileFailedError and EmulatorError.
        """
        from irfuse.runtime.launch import FusedCall
        from irfuse.runtime.samples import operands_of

        arch = self.arch or next(iter(CHIPS))
        chip_named(arch)
        parts = [part for op in fused_ops(module) for part in op.parts]
        calls = {call.kernel.name: (call, op) for op in parts for call in [FusedCall(op, arch)]}
        for call, op in calls.values():
            found = evidence_of(call, operands_of(op, self.seed), arch)
            output.write("\n".join(lines_of(found)) + "\n")


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
