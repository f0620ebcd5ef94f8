"""A gated norm and quant as one writes it in Triton at first, for what irfuse's kernels do better on AMD GPUs.

On AMD ``/`` of f32 numbers is the IEEE quotient, some ten instructions, and ``tl.sigmoid`` has one too; so each entry
has two of them. The kernel reads and writes what the chain "gated H=32 D=G=128" does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl

from irfuse.amd.roofline import Evidence
from irfuse.amd.usage import usage_of
from irfuse.emulate import run_kernel
from irfuse.kernel.architectures import Arch
from irfuse.kernel.configs import Config

NAME, COLUMNS = "naive, gated H=32 D=G=128", 128
CONFIG = Config(4, 1)
"""What AITER's Triton kernels have for 128 columns."""
BYTES_PER_ROW = 5 * COLUMNS + 4
"""x and z in bf16, codes in a byte, and the scale."""


@triton.jit
def gated_norm_quant(
    x0_ptr, x1_ptr, x2_ptr, y0_ptr, y1_ptr, rows, eps, largest, floor, D: tl.constexpr, ROWS: tl.constexpr
):
    """Rows of bf16 ``x0`` and gates ``x1``, a weight ``x2``; codes ``y0`` and f32 scales ``y1``."""
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)[:, None]
    column = tl.arange(0, D)[None, :]
    here = row < rows
    x = tl.load(x0_ptr + row * D + column, mask=here, other=0.0).to(tl.float32)
    z = tl.load(x1_ptr + row * D + column, mask=here, other=0.0).to(tl.float32)
    w = tl.load(tl.broadcast_to(x2_ptr + column, (ROWS, D))).to(tl.float32)
    unit = x * tl.rsqrt(tl.sum(x * x, 1, keep_dims=True) / D + eps)
    y = (unit * w * (z * tl.sigmoid(z))).to(tl.bfloat16).to(tl.float32)
    scale = tl.maximum(tl.max(tl.abs(y), 1, keep_dims=True) / largest, floor)
    codes = tl.clamp(y / scale, -largest, largest).to(y0_ptr.dtype.element_ty)
    tl.store(y0_ptr + row * D + column, codes, mask=here)
    tl.store(y1_ptr + row, scale, mask=here)


def compiled_for(arch: str, fp8: torch.dtype) -> Any:
    """The kernel as Triton compiles it for tensors within 2 GiB."""
    from triton.compiler import ASTSource, compile

    code = {torch.float8_e4m3fn: "fp8e4nv", torch.float8_e4m3fnuz: "fp8e4b8"}[fp8]
    pointers = ["*bf16", "*bf16", "*bf16", f"*{code}", "*fp32"]
    kinds = [*pointers, "i32", "fp32", "fp32", "fp32", "constexpr", "constexpr"]
    source = ASTSource(
        fn=gated_norm_quant,
        signature=dict(zip(gated_norm_quant.arg_names, kinds, strict=True)),
        constexprs={"D": COLUMNS, "ROWS": CONFIG.rows},
        attrs={(i,): [["tt.divisibility", 16], ["tt.pointer_range", 32]] for i in range(len(pointers))},
    )
    return compile(source, target=Arch.of(arch).target(), options={"num_warps": CONFIG.num_warps})


def evidence(arch: str, inputs: Sequence[torch.Tensor], fp8: torch.dtype, floor: float) -> Evidence:
    """What is known of the kernel, executed on rows of ``x``, ``z`` and a weight."""
    rows = inputs[0].numel() // COLUMNS
    q, scales = torch.empty(rows, COLUMNS, dtype=fp8), torch.empty(rows)
    compiled, programs = compiled_for(arch, fp8), -(-rows // CONFIG.rows)
    arguments = [*inputs, q, scales, rows, 1e-6, torch.finfo(fp8).max, floor]
    report = run_kernel(compiled, arguments, (programs,), arch)
    usage = usage_of(compiled, arch, _source())
    return Evidence(NAME, arch, CONFIG, usage, BYTES_PER_ROW, programs, report.executed)


def _source() -> str:
    with open(__file__) as file:
        return file.read()
