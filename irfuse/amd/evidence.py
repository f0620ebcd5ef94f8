"""Evidence of a kernel's speed on an AMD GPU without one: compiled, read, and executed on the emulator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from irfuse.amd.roofline import Evidence, bytes_per_row
from irfuse.amd.usage import usage_of
from irfuse.kernel.architectures import Arch
from irfuse.kernel.configs import Config, config_for
from irfuse.kernel.variants import variant_for

if TYPE_CHECKING:
    from irfuse.emulate.launch import Checks, Report
    from irfuse.runtime.launch import FusedCall

WAVE = 64
"""Lanes of a wave of the chips that there are numbers of."""


def evidence_of(call: FusedCall, operands: Sequence[Any], arch: str, config: Config | None = None) -> Evidence:
    """Compile the kernel of a fused op of one part as for tensors within 2 GiB, and execute it on these CPU tensors.

    ``config`` stands in for the launch table's. Raises NotLowerableError, CompileFailedError and EmulatorError.
    """
    from irfuse.runtime.compile_kernel import compile_kernel

    kernel = variant_for(call.kernel, arch)
    config = config or config_for(kernel.only.work, arch, WAVE)
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
