"""The target ``emulate`` of irfuse-opt: run every fused op of a module as AMD machine code, beside its reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import torch
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.target import Target

from irfuse.dialect.fused import FusedOp
from irfuse.emulate.targets import gpu_named
from irfuse.errors import EmulationDiffersError, UnsuitableSizesError
from irfuse.runtime.launch import FusedCall
from irfuse.runtime.samples import operands_of, sizes_of
from irfuse.tool.fused_ops import fused_ops

NEAR = {1: (1, 0.0), 2: (1, 1e-5), 4: (16, 1e-6), 8: (16, 1e-6)}
"""How far an entry of so many bytes may be off: steps of its type, or a share of the largest entry.

Kernel and reference add in other orders, and differ in the last bit of exp and rsqrt.
"""
MOST_SHARE = 1e-3
"""The share of entries narrower than f32 that may differ."""


@dataclass(frozen=True)
class EmulateTarget(Target):
    """What the kernels compute on an emulated AMD GPU from seeded random operands, compared with the reference."""

    name = "emulate"
    arch: str = "gfx942"
    seed: int = 0

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:
        """Write a line for each kernel and each result.

        Raises NothingFusedError, UnknownGpuError, NotLowerableError, UnsuitableSizesError, CompileFailedError,
        EmulatorError, and EmulationDiffersError where a result is not that of the reference.
        """
        gpu_named(self.arch)
        for op in fused_ops(module):
            self._run(op, output)

    def _run(self, op: FusedOp, output: IO[str]) -> None:
        call, operands = FusedCall(op, self.arch), operands_of(op, self.seed)
        call.require_kernel()
        try:
            wanted = call.run_body(*operands)
        except RuntimeError as reason:
            sizes = ", ".join(f"{name} = {number}" for name, number in sizes_of(op).items())
            raise UnsuitableSizesError(kernel=call.kernel.name, sizes=sizes, reason=reason) from reason
        found = call(*operands)
        report = call.report
        assert report is not None
        output.write(
            f"{report.kernel} executed on an emulator of {self.arch}, seed {self.seed}: "
            f"{report.waves} waves, {report.instructions_per_wave:.1f} instructions each\n"
        )
        for line in _differences(report.kernel, self.arch, found, wanted):
            output.write(line)


def _differences(
    kernel: str, arch: str, found: tuple[torch.Tensor, ...], wanted: tuple[torch.Tensor, ...]
) -> Iterator[str]:
    """A line for each result; raises EmulationDiffersError behind that of one that differs too much."""
    for i, (a, b) in enumerate(zip(found, wanted, strict=True)):
        steps, (most, share) = _steps(a, b), NEAR[a.element_size()]
        differ, count = int((steps != 0).sum()), steps.numel()
        said = f"{differ} of {count} entries differ from the reference"
        said += f", by up to {int(steps.max())} steps of their type" if differ else ""
        yield f"  result {i}, {str(a.dtype).removeprefix('torch.')} {tuple(a.shape)}: {said}\n"
        off = (steps > most) & _further_than(share, a.double(), b.double())
        if bool(off.any()) or (a.element_size() < 4 and differ > max(1, MOST_SHARE * count)):
            raise EmulationDiffersError(kernel=kernel, arch=arch, result=i, said=said)


def _steps(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """How many numbers of their type lie between two tensors' entries; NaNs are equal."""
    bits = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[a.element_size()]
    codes = [t.contiguous().view(bits).long() for t in (a, b)]
    if not a.dtype.is_floating_point:
        return (codes[0] - codes[1]).abs()
    on_a_line = [torch.where(c < 0, torch.iinfo(bits).min - c, c) for c in codes]
    both_nan = a.double().isnan() & b.double().isnan()
    return (on_a_line[0] - on_a_line[1]).abs().masked_fill(both_nan, 0)


def _further_than(share: float, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Where two numbers are further apart than a share of the largest finite one."""
    largest = b.nan_to_num(0.0, 0.0, 0.0).abs().max() if b.numel() else torch.zeros(())
    return ~((a - b).abs() <= share * largest)
