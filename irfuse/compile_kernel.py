"""A generated kernel to machine code, by Triton's own compiler; no GPU is needed."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import TensorType

from irfuse.configs import Config, config_for
from irfuse.errors import CompileFailedError, OneArchError, UnknownArchError
from irfuse.kernel.text import element_named
from irfuse.kernel.variants import variant_for
from irfuse.kernel_cache import load_kernel
from irfuse.lower_triton import Kernel

COMPUTE_CAPABILITIES = (75, 80, 86, 87, 88, 89, 90, 100, 101, 103, 110, 120, 121)
"""The GPUs that the ptxas of Triton's wheels compiles for; for others LLVM aborts the process."""

FP_FUSION = True
"""Whether Triton may contract a product and a sum, as under Inductor; where it must not, kernels say so."""

_claimed: dict[str, str] = {}


@dataclass(frozen=True)
class Arch:
    """A GPU architecture: ``sm_90`` or ``gfx942``."""

    name: str
    backend: str
    wave: int

    @classmethod
    def of(cls, name: str) -> Arch:
        """Read an architecture's name. Raises UnknownArchError."""
        if re.fullmatch(r"sm_\d{2,3}a?", name) and int(re.sub(r"\D", "", name)) in COMPUTE_CAPABILITIES:
            return cls(name, "cuda", 32)
        if re.fullmatch(r"gfx\d{2,3}[0-9a-f]", name):
            return cls(name, "hip", 64 if name.startswith("gfx9") else 32)
        raise UnknownArchError(arch=name)

    def target(self) -> Any:
        """Triton's description of the architecture."""
        from triton.backends.compiler import GPUTarget

        arch = int(re.sub(r"\D", "", self.name)) if self.backend == "cuda" else self.name
        return GPUTarget(self.backend, arch, self.wave)


def keeps_first_arch() -> bool:
    """Whether Triton keeps state of the first AMD architecture that a process compiles for, as it did before 3.7."""
    import triton

    return tuple(map(int, triton.__version__.split(".")[:2])) < (3, 7)


def claim(arch: Arch) -> None:
    """Say that Triton will compile for an architecture in this process.

    Raises OneArchError for a second one of AMD's where Triton would make wrong code for it without a word.
    """
    import triton

    if arch.backend != "hip" or not keeps_first_arch():
        return
    first = _claimed.setdefault(arch.backend, arch.name)
    if first != arch.name:
        raise OneArchError(version=triton.__version__, first=first, arch=arch.name)


def compile_kernel(kernel: Kernel, arch: Arch, config: Config | None = None, *, within_2gb: bool = False) -> Any:
    """The compiled kernel, with ``asm`` by name of the stage.

    Raises OneArchError, and CompileFailedError with Triton's first error.

    ``config`` stands in for the table's. ``within_2gb`` says that every tensor is, so that AMD's buffer instructions
    reach all of it: what Triton's launcher and Inductor say of the tensors that are.
    """
    from triton.compiler import ASTSource, compile

    claim(arch)
    kernel = variant_for(kernel, arch.name)
    function = load_kernel(kernel.name, kernel.source)
    types = [*kernel.operand_types, *kernel.result_types]
    pointers = ["*" + element_named(t.element_type).pointer for t in types if isinstance(t, TensorType)]
    values = [*pointers, "i32", *["i32"] * len(kernel.sizes), "constexpr"]
    config = config or config_for(kernel.work, arch.name, arch.wave)
    known = [["tt.divisibility", 16], *([["tt.pointer_range", 32]] if within_2gb and arch.backend == "hip" else [])]
    source = ASTSource(
        fn=function,
        signature=dict(zip(function.arg_names, values, strict=True)),
        constexprs={"ROWS": config.rows},
        attrs={(i,): known for i in range(len(pointers))},
    )
    options = {"num_warps": config.num_warps, "enable_fp_fusion": FP_FUSION}
    failure: Exception | None = None
    with _captured_stderr() as printed, contextlib.redirect_stdout(io.StringIO()):
        try:
            compiled = compile(source, target=arch.target(), options=options)
        except Exception as raised:
            failure = raised
    errors = [line.strip() for line in printed if "error:" in line]
    if failure is not None or errors:
        reason = (errors or _said(failure))[0]
        raise CompileFailedError(name=kernel.name, arch=arch.name, reason=reason) from failure
    return compiled


def _said(failure: Exception | None) -> list[str]:
    """The lines of a message that say what is wrong: those of ptxas, or the last one, where Triton says it."""
    lines = [line.strip() for line in str(failure).splitlines() if line.strip()]
    fatal = [line for line in lines if re.match(r"ptxas\S*\s+fatal", line)]
    return fatal or lines[-1:] or [type(failure).__name__]


@contextlib.contextmanager
def _captured_stderr() -> Iterator[list[str]]:
    """Catch the lines that C++ prints to stderr: a failed pass prints them there and may still return a kernel."""
    lines: list[str] = []
    with tempfile.TemporaryFile("w+") as file:
        saved = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield lines
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            file.seek(0)
            lines += file.read().splitlines()
