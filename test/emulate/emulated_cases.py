"""Whole kernels on one emulated GPU, run as a process of its own: Triton 3.6 keeps state of the first AMD target.

``PYTHONPATH=test python test/emulate/emulated_cases.py gfx942`` prints, as JSON, the traceback of each case that fails,
and an empty text for those that do not.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import emulated_kernels as k
import torch
import wide_cases
from bodies import built
from interpreted import GuardedCall, operand
from test_lower_triton import CASES, FNUZ, FP8, tensor
from xdsl.ir import Block, Region

import irfuse.emulate
from irfuse import dialect as d
from irfuse.dialect.scales import ScaleForm
from irfuse.emulate.launch import Checks
from irfuse.kernel.configs import Config

ORDERED = Checks(order_seed=1)
ROWS = {1: (1, 4), 3: (1, 2, 4), 64: (4, 16, 32), 250: (4, 8, 16), 1000: (8, 16)}
WARPS = (1, 2, 4)


def same_bytes(found: torch.Tensor, wanted: torch.Tensor) -> None:
    """Assert that two tensors have the same bytes."""
    different = found.contiguous().view(torch.uint8) != wanted.contiguous().view(torch.uint8)
    assert not different.any(), f"{int(different.sum())} of {different.numel()} bytes differ"


def run_gated(arch: str, rows: int, tile: int, warps: int, checks: Checks | None = None, columns: int = 128) -> None:
    fp8, operands = k.fp8_of(arch), k.gated_norm_quant_operands(rows, columns, rows)
    q, s = torch.zeros(rows, columns, dtype=fp8), torch.zeros(rows)
    most = float(torch.finfo(fp8).max)
    with irfuse.emulate(arch, checks) as emulation:
        k.gated_norm_quant[((rows + tile - 1) // tile,)](
            *operands, q, s, rows, 1e-6, most, 1e-10, D=columns, ROWS=tile, num_warps=warps
        )
    for found, wanted in zip((q, s), k.gated_norm_quant_in_torch(*operands, 1e-6, 1e-10, fp8), strict=True):
        same_bytes(found, wanted)
    assert all(report.unwritten == {"q": 0, "s": 0} for report in emulation.reports)


def run_elementwise(arch: str, dtype: torch.dtype, n: int, warps: int) -> None:
    x, y = (torch.randn(2, n, generator=torch.Generator().manual_seed(n)) * 3).to(dtype)
    out = torch.zeros(n, dtype=dtype)
    with irfuse.emulate(arch):
        k.add[((n + 511) // 512,)](x, y, out, n, BLOCK=512, num_warps=warps)
    same_bytes(out, x + y)


def run_casts(arch: str, dtype: torch.dtype, to: torch.dtype) -> None:
    """All bf16 or f16 numbers within the range of ``to``; f32 ones near ties."""
    every = torch.arange(1 << 16, dtype=torch.int32).to(torch.int16)
    x = every.view(torch.bfloat16 if dtype == torch.float32 else dtype).to(dtype)
    x = x + x.abs() * 2.0**-12 if dtype == torch.float32 else x
    x = x[x.isfinite() & (x.abs() <= torch.finfo(to).max)]
    out = torch.zeros(len(x), dtype=to)
    with irfuse.emulate(arch):
        k.cast[((len(x) + 4095) // 4096,)](x, out, len(x), BLOCK=4096, num_warps=4)
    same_bytes(out, x.to(to))


def run_softmax(arch: str, n: int, warps: int, checks: Checks | None = None) -> None:
    x = torch.randn(3, n, generator=torch.Generator().manual_seed(n))
    out = torch.zeros_like(x)
    with irfuse.emulate(arch, checks):
        k.softmax[(3,)](x, out, n, BLOCK=1024, num_warps=warps)
    torch.testing.assert_close(out, x.softmax(1), rtol=1e-5, atol=0)


def run_row_sum(arch: str, n: int, warps: int) -> None:
    """Whole numbers, whose sums are exact in any order."""
    x = torch.randint(-99, 99, (3, n), generator=torch.Generator().manual_seed(n)).float()
    out = torch.zeros(3)
    with irfuse.emulate(arch):
        k.row_sum[(3,)](x, out, n, BLOCK=256, num_warps=warps)
    same_bytes(out, x.sum(1))


def run_integers(arch: str) -> None:
    x, y = torch.randint(-(2**31), 2**31, (2, 3000), generator=torch.Generator().manual_seed(0)).int()
    out = torch.zeros_like(x)
    with irfuse.emulate(arch):
        k.integers[(6,)](x, y, out, 3000, BLOCK=512)
    by = y.clamp(min=1)
    quotient = torch.where(x < y, torch.div(x, by, rounding_mode="trunc"), torch.fmod(x, by))
    same_bytes(out, (x + y) * (x ^ y) - (x & y) + (x << 3) + (y >> 2) + (x | y) + quotient)


def quantised(arch: str) -> Block:
    """Group quantisation to the architecture's fp8."""
    fp8, most = (FNUZ, 240.0) if arch == "gfx942" else (FP8, 448.0)

    def build(b: Any, x: Any) -> list[Any]:
        b.emit(op := d.GroupQuantOp(x, fp8, ScaleForm(most, scale_floor=1e-5), group_size=64))
        return [op.q, op.scales]

    return built([tensor("s0", 192)], build)


def run_fused(arch: str, build: Callable[[], Block], config: Config) -> None:
    """A body as irfuse launches its kernel, byte-equal to its reference; results lie among guard bytes."""
    block, noise = build(), torch.Generator().manual_seed(3)
    outer = Block(arg_types=[a.type for a in block.args])
    call = GuardedCall(d.FusedOp(outer.args, [v.type for v in block.last_op.operands], Region(block)), arch)
    call.config, operands = config, [operand(arg.type, noise) for arg in block.args]
    with irfuse.emulate(arch):
        call.launch(call.function_on(torch.device("cpu")), *operands)
    for (found, words, inside), wanted in zip(call.placed, call.run_body(*operands), strict=True):
        assert bool((words[~inside] == 0xA5).all()), "bytes outside of a result were written"
        same_bytes(found, wanted)


def cases(arch: str) -> dict[str, Callable[[], None]]:
    """All cases by name."""
    made: dict[str, Callable[[], None]] = {}
    for rows, tiles in ROWS.items():
        for i, tile in enumerate(tiles):
            for warps in WARPS[i::2]:
                made[f"gated {rows} {tile} {warps}"] = partial(run_gated, arch, rows, tile, warps)
    for warps in (2, 4):
        made[f"gated in random order {warps}"] = partial(run_gated, arch, 64, 16, warps, ORDERED)
        made[f"softmax in random order {warps}"] = partial(run_softmax, arch, 1000, warps, ORDERED)
    made["gated 37 of 96"] = partial(run_gated, arch, 37, 4, 2, None, 64)
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        for n, warps in ((1, 1), (512, 1), (3000, 4)):
            made[f"add {dtype} {n}"] = partial(run_elementwise, arch, dtype, n, warps)
        for to in (k.fp8_of(arch), torch.bfloat16, torch.float16):
            if dtype != to:
                made[f"cast {dtype} {to}"] = partial(run_casts, arch, dtype, to)
    for n, warps in ((1000, 1), (1000, 4), (1024, 2), (3, 1)):
        made[f"softmax {n} {warps}"] = partial(run_softmax, arch, n, warps)
        made[f"row sum {n} {warps}"] = partial(run_row_sum, arch, n, warps)
    made["integers"] = partial(run_integers, arch)
    bodies = CASES | {"groups of its own fp8": partial(quantised, arch)}
    for name, build in bodies.items():
        made[f"fused {name}"] = partial(run_fused, arch, build, Config(4, 2))
    return made | wide_cases.cases(arch)


def failures(arch: str) -> dict[str, str]:
    """For each case the traceback of its failure, or an empty text."""
    report = {}
    for name, case in cases(arch).items():
        try:
            case()
            report[name] = ""
        except Exception:
            report[name] = traceback.format_exc()
    return report


if __name__ == "__main__":
    print(json.dumps(failures(sys.argv[1])))
