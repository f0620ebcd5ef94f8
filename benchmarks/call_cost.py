"""What a call of a fused kernel costs the host, beside a hand-written Triton kernel in the same place of a graph.

    python benchmarks/call_cost.py [--calls 8000] [--json FILE]

Two functions are compiled: the chain in torch with backend="irfuse", and the same function with the chain written as a
Triton kernel, with Inductor. Both end in the same torch op, so both are graphs of which the kernel is a part. The time
is that of the host for one call, the GPU's queue left to run: the median over blocks of calls. Each mode runs in a
process of its own; "cached" runs in a second process that finds the compiled graphs in Inductor's cache.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch
import triton
import triton.language as tl
from chains import FP8, FP8_MAX, LEAST_SCALE, check, gated, vllm_gated

WIDTH = 128
CHAIN = gated("gated H=32 D=G=128", vllm_gated(WIDTH), 32, WIDTH)
TOKENS = 16
BLOCKS = 80
MODES: dict[str, dict[str, Any]] = {
    "static": {},
    "dynamic": {},
    "CUDA graphs": {"mode": "reduce-overhead"},
    "dynamic, cached": {},
}


@triton.jit
def kernel_by_hand(
    x, z, w, q, s, rows, LEAST: tl.constexpr, LARGEST: tl.constexpr, ROWS: tl.constexpr, D: tl.constexpr
):
    """A gated norm and group quant as one writes it by hand, with a row to each group."""
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)[:, None]
    at = row * D + tl.arange(0, D)[None, :]
    a = tl.load(x + at, mask=row < rows, other=0.0).to(tl.float32)
    g = tl.load(z + at, mask=row < rows, other=0.0).to(tl.float32)
    norm = a * tl.rsqrt(tl.sum(a * a, 1, keep_dims=True) / D + 1e-6) * tl.load(w + tl.arange(0, D)[None, :])
    y = (norm * g * tl.sigmoid(g)).to(tl.bfloat16).to(tl.float32)
    scale = tl.maximum(tl.max(tl.abs(y), 1, keep_dims=True) / LARGEST, LEAST)
    tl.store(q + at, (y / scale).to(q.dtype.element_ty), mask=row < rows)
    tl.store(s + row, scale, mask=row < rows)


def with_irfuse(x: torch.Tensor, z: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The chain in torch."""
    q, s = CHAIN.run(x, z, w)
    return q, s + 1.0


def with_a_kernel_by_hand(x: torch.Tensor, z: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The chain as the kernel above."""
    q = torch.empty(x.shape[0], x.shape[1] * WIDTH, device=x.device, dtype=FP8)
    s = torch.empty(x.shape[:2], device=x.device)
    rows = x.shape[0] * x.shape[1]
    kernel_by_hand[(triton.cdiv(rows, 4),)](x, z, w, q, s, rows, LEAST_SCALE, FP8_MAX, ROWS=4, D=WIDTH, num_warps=1)
    return q, s + 1.0


def host_times(first: Callable[[], object], second: Callable[[], object], calls: int) -> tuple[float, float, float]:
    """Microseconds of the host for a call of each, and their difference: medians over blocks in which both take turns.

    Each begins with an empty queue.
    """
    times = []
    for turn in range(BLOCKS):
        pair = [_block(call, calls // BLOCKS) for call in ((first, second) if turn % 2 else (second, first))]
        times.append(pair if turn % 2 else pair[::-1])
    return median(a for a, _ in times), median(b for _, b in times), median(a - b for a, b in times)


def _block(call: Callable[[], object], calls: int) -> float:
    for _ in range(5):
        call()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls * 1e6


def measure(mode: str, calls: int) -> dict[str, Any]:
    """Both functions in this process, checked and timed."""
    import irfuse

    torch.set_grad_enabled(False)
    inputs = CHAIN.inputs(TOKENS)
    if "dynamic" in mode:
        for tensor in inputs[:2]:
            torch._dynamo.mark_dynamic(tensor, 0)
    torch._dynamo.reset()
    ours = torch.compile(with_irfuse, backend="irfuse", **MODES[mode])
    theirs = torch.compile(with_a_kernel_by_hand, **MODES[mode])
    check(mode, ours(*inputs), with_irfuse(*inputs))
    theirs(*inputs)
    own, by_hand, difference = host_times(lambda: ours(*inputs), lambda: theirs(*inputs), calls)
    reports = irfuse.reports()
    return {
        "mode": mode,
        "irfuse": own,
        "by hand": by_hand,
        "difference": difference,
        "from cache": all(report.from_cache for report in reports),
        "fused": sum(len(report.fused) for report in reports),
    }


def in_own_process(mode: str, calls: int, cache: str) -> dict[str, Any]:
    """`measure` in a new process that shares the caches."""
    names = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "IRFUSE_CACHE_DIR")
    own = os.environ | {name: f"{cache}/{name.lower()}" for name in names}
    command = [sys.executable, __file__, "--mode", mode, "--calls", str(calls)]
    done = subprocess.run(command, env=own, capture_output=True, text=True)
    if done.returncode:
        errors = [
            line for line in done.stderr.splitlines() if re.match(r"[\w.]+(Error|Exception|Failed|Unsupported)\b", line)
        ]
        return {"mode": mode, "failed": errors[-1] if errors else done.stderr[-200:]}
    return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=8000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--mode", choices=MODES, help="measure one mode in this process and print it as JSON")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("call_cost.py: error: it launches kernels on a GPU, and torch sees none", file=sys.stderr)
        return 1
    if options.mode:
        print(json.dumps(measure(options.mode, options.calls)))
        return 0
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, triton {triton.__version__}")
    print("| mode | irfuse, us a call | by hand | difference | fused | graph from cache |\n|---|---|---|---|---|---|")
    rows = []
    with tempfile.TemporaryDirectory() as cache:
        for mode in MODES:
            rows.append(row := in_own_process(mode, options.calls, cache))
            if "failed" in row:
                print(f"| {mode} | failed: {row['failed']} |", flush=True)
                continue
            times = f"{row['irfuse']:.1f}", f"{row['by hand']:.1f}", f"{row['difference']:+.1f}"
            cells = [*times, row["fused"], row["from cache"]]
            print(f"| {mode} | {' | '.join(map(str, cells))} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
