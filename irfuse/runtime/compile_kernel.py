"""A generated kernel to machine code, by Triton's own compiler; no GPU is needed."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from typing import Any

from xdsl.dialects.builtin import TensorType

from irfuse.errors import CompileFailedError
from irfuse.kernel.architectures import Arch, claim
from irfuse.kernel.configs import Config, configs_for
from irfuse.kernel.kernel import Kernel
from irfuse.kernel.text import pointer_named
from irfuse.kernel.variants import variant_for
from irfuse.runtime.kernel_cache import load_kernel

FP_FUSION = True
"""Whether Triton may contract a product and a sum, as under Inductor; where it must not, kernels say so."""


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
    types = [*kernel.operand_types, *(result.kind for result in kernel.results)]
    pointers = ["*" + pointer_named(t.element_type) for t in types if isinstance(t, TensorType)]
    numbers = ["i32"] * (len(kernel.parts) + len(kernel.sizes))
    values = [*pointers, *numbers, *["constexpr"] * len(kernel.parts)]
    configs = (config,) if config else configs_for([part.work for part in kernel.parts], arch.name, arch.wave)
    known = [["tt.divisibility", 16], *([["tt.pointer_range", 32]] if within_2gb and arch.backend == "hip" else [])]
    source = ASTSource(
        fn=function,
        signature=dict(zip(function.arg_names, values, strict=True)),
        constexprs={name: config.rows for name, config in zip(kernel.tiles, configs, strict=True)},
        attrs={(i,): known for i in range(len(pointers))},
    )
    options = {"num_warps": configs[0].num_warps, "enable_fp_fusion": FP_FUSION}
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
