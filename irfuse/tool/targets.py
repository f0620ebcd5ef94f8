"""The targets of irfuse-opt: the Triton source of every fused op, and what Triton compiles it to for a GPU."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, ClassVar

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.target import Target

from irfuse.errors import WrongArchError
from irfuse.kernel.kernel import Kernel
from irfuse.lower_triton import lower
from irfuse.tool.fused_ops import fused_ops


def kernels_of(module: ModuleOp) -> list[Kernel]:
    """The kernels of a module's fused ops, each once. Raises NothingFusedError or NotLowerableError."""
    return list({kernel.name: kernel for kernel in map(lower, fused_ops(module))}.values())


@dataclass(frozen=True)
class TritonTarget(Target):
    """The generated Triton source."""

    name = "triton"

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:
        """Write the source of every kernel."""
        output.write("\n".join(kernel.source for kernel in kernels_of(module)))


@dataclass(frozen=True)
class CompiledTarget(Target):
    """What Triton's compiler makes of the kernels for one architecture."""

    backend: ClassVar[str]
    stage: ClassVar[str]
    arch: str = ""

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:
        """Write the compiled form of every kernel. Raises WrongArchError, UnknownArchError or CompileFailedError."""
        from irfuse.kernel.architectures import Arch
        from irfuse.runtime.compile_kernel import compile_kernel

        arch = Arch.of(self.arch or self.default_arch())
        if arch.backend != self.backend:
            raise WrongArchError(target=self.name, arch=arch.name, example=self.default_arch())
        for kernel in kernels_of(module):
            self.write(compile_kernel(kernel, arch).asm[self.stage], output)

    @classmethod
    @abstractmethod
    def default_arch(cls) -> str:
        """The architecture where none is given."""

    def write(self, code: str | bytes, output: IO[str]) -> None:
        """Write one kernel's code; binaries as text in hexadecimal, 64 digits a line, for xxd -r -p."""
        if isinstance(code, str):
            output.write(code)
        else:
            digits = code.hex()
            output.write("".join(f"{digits[i : i + 64]}\n" for i in range(0, len(digits), 64)))


@dataclass(frozen=True)
class AmdgcnTarget(CompiledTarget):
    """AMD assembly."""

    name = "amdgcn"
    backend = "hip"
    stage = "amdgcn"

    @classmethod
    def default_arch(cls) -> str:
        """MI300X."""
        return "gfx942"


@dataclass(frozen=True)
class HsacoTarget(AmdgcnTarget):
    """The AMD binary, in hexadecimal."""

    name = "hsaco"
    stage = "hsaco"


@dataclass(frozen=True)
class PtxTarget(CompiledTarget):
    """NVIDIA's assembly."""

    name = "ptx"
    backend = "cuda"
    stage = "ptx"

    @classmethod
    def default_arch(cls) -> str:
        """H100 and H200."""
        return "sm_90"


def _factory(target: type[Target]) -> Callable[[], type[Target]]:
    return lambda: target


def _emulate() -> type[Target]:
    from irfuse.tool.emulate_target import EmulateTarget

    return EmulateTarget


def _amd_report() -> type[Target]:
    from irfuse.tool.amd_report import AmdReportTarget

    return AmdReportTarget


TARGETS: dict[str, Callable[[], type[Target]]] = {
    **{t.name: _factory(t) for t in (TritonTarget, AmdgcnTarget, HsacoTarget, PtxTarget)},
    "emulate": _emulate,
    "amd-report": _amd_report,
}
"""The targets by name, as xDSL registers them."""
