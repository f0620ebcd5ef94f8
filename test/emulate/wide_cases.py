"""Kernels of many kinds on one emulated GPU, compared with torch: cases for `emulated_cases`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import wide_kernels as w

import irfuse.emulate

INTEGERS = (torch.int8, torch.int16, torch.int32, torch.int64)
FP8 = (torch.float8_e4m3fn, torch.float8_e5m2)
FNUZ = (torch.float8_e4m3fnuz, torch.float8_e5m2fnuz)


def run(arch: str, kernel: Any, grid: tuple[int, ...], *operands: Any, **options: Any) -> None:
    with irfuse.emulate(arch):
        kernel[grid](*operands, **options)


def numbers(dtype: torch.dtype, *shape: int, seed: int = 0, most: int = 100) -> torch.Tensor:
    """Whole numbers for integers, others for floats."""
    noise = torch.Generator().manual_seed(seed)
    if dtype.is_floating_point:
        return (torch.randn(*shape, generator=noise, dtype=torch.float64) * 3).to(torch.float32).to(dtype)
    return torch.randint(-most, most, shape, generator=noise).to(dtype)


def floats(arch: str, dtype: torch.dtype) -> None:
    x, y, out = numbers(dtype, 700), numbers(dtype, 700, seed=1), torch.zeros(700, dtype=dtype)
    run(arch, w.floats, (2,), x, y, out, 700, BLOCK=512)
    a, b = x.double(), y.double()
    wanted = torch.where(a > b, a / b, a - b) + a.abs().sqrt() * b.floor() - torch.minimum(a, b) * torch.maximum(a, -b)
    close = {torch.float64: 1e-13, torch.float32: 1e-5}[dtype]
    torch.testing.assert_close(out.double(), wanted, rtol=close, atol=close)


def library(arch: str) -> None:
    x, out = numbers(torch.float32, 700), torch.zeros(700)
    run(arch, w.library, (2,), x, out, 700, BLOCK=512)
    wanted = x.tanh() + x.erf() + x.abs().log1p() + x.atan() + x.round()
    torch.testing.assert_close(out, wanted, rtol=1e-5, atol=1e-5)


def angles(arch: str, dtype: torch.dtype) -> None:
    """Among small ones large numbers, whose reduction takes many digits of pi, and no fused operations."""
    x = torch.cat([numbers(dtype, 300), torch.tensor([1e3, 1e9, 1e22, 3e38]).to(dtype)])
    out = torch.zeros_like(x)
    run(arch, w.angles, (1,), x, out, len(x), BLOCK=512, enable_fp_fusion=False)
    torch.testing.assert_close(out.double(), x.double().sin() + 2 * x.double().cos(), rtol=1e-5, atol=1e-5)


def quotients(arch: str, dtype: torch.dtype) -> None:
    x, y = numbers(dtype, 700), numbers(dtype, 700, seed=1)
    y[y == 0] = 7
    out = torch.zeros_like(x)
    run(arch, w.quotients, (2,), x, y, out, 700, BLOCK=512)
    assert torch.equal(out, torch.div(x, y, rounding_mode="trunc") * 3 + torch.fmod(x, y) + (x * y >> 1))


def copied(arch: str, dtype: torch.dtype, to: torch.dtype) -> None:
    codes = torch.arange(256, dtype=torch.int16).to(torch.uint8)
    x = codes.view(dtype) if dtype.itemsize == 1 and dtype.is_floating_point else numbers(dtype, 256)
    x = x[x.float().isfinite()]
    out = torch.zeros(len(x), dtype=to)
    run(arch, w.copied, (1,), x, out, len(x), BLOCK=256)
    assert torch.equal(out.float(), x.to(to).float())


def extremes(arch: str, dtype: torch.dtype, columns: int, warps: int) -> None:
    x = numbers(torch.int64, 3, columns, most=20).to(dtype)
    most, where = torch.zeros(3, dtype=dtype), torch.zeros(3, dtype=torch.int32)
    run(arch, w.extremes, (3,), x, most, where, columns, BLOCK=columns, num_warps=warps)
    assert torch.equal(most, (x.amax(1) - x.amin(1) + x.sum(1)).to(dtype))
    rows = [[int(v) for v in row] for row in x.tolist()]
    assert where.tolist() == [row.index(max(row)) * 1000 + row.index(min(row)) for row in rows]


def prefixes(arch: str, dtype: torch.dtype, warps: int) -> None:
    x = numbers(torch.int64, 2, 128).to(dtype)
    sums, ordered = torch.zeros_like(x), torch.zeros_like(x)
    run(arch, w.prefixes, (2,), x, sums, ordered, 256, BLOCK=128, num_warps=warps)
    assert torch.equal(sums, x.cumsum(1).to(dtype)) and torch.equal(ordered, x.sort(1)[0])


def transposed(arch: str, dtype: torch.dtype) -> None:
    x = numbers(dtype, 70, 90)[:, ::2]
    out = torch.zeros(45, 70, dtype=dtype)
    run(arch, w.transposed, (3, 2), x, out, 70, 45, *x.stride(), M=32, N=32)
    assert torch.equal(out, x.t())


def loops(arch: str) -> None:
    x = torch.arange(1, 20, dtype=torch.int32)
    out, longer = torch.zeros_like(x), numbers(torch.float32, 5000)
    run(arch, w.steps, (19,), x, out, 19)
    assert out.tolist() == [0, 1, 7, 2, 5, 8, 16, 3, 19, 6, 14, 9, 9, 17, 17, 4, 12, 20, 20]
    run(arch, w.in_strides, (3,), longer, found := torch.zeros(5000), 5000, BLOCK=256)
    assert torch.equal(found, longer * 3)


def calls(arch: str) -> None:
    x = torch.arange(5, dtype=torch.int32)
    run(arch, w.calling, (5,), x, out := torch.zeros_like(x), 77)
    assert torch.equal(out, x * 2 + 77)


def grids(arch: str) -> None:
    run(arch, w.numbered, (5, 3, 4), out := torch.zeros(4, 3, 5, 32, dtype=torch.int32), B=32)
    k, j, i = torch.meshgrid(torch.arange(4), torch.arange(3), torch.arange(5), indexing="ij")
    assert torch.equal(out, (i * 10000 + j * 100 + k)[..., None].expand(4, 3, 5, 32).int())


def atomics(arch: str, dtype: torch.dtype) -> None:
    x = numbers(torch.int64, 75, 8).to(dtype)
    out = torch.zeros(17, dtype=dtype)
    run(arch, w.counted, (3,), x, out, 600, BLOCK=256)
    assert torch.equal(out, torch.cat([x.sum(0), x.amax(0).clamp(min=0), x.sum()[None]]).to(dtype))


def shared_counts(arch: str) -> None:
    x = numbers(torch.int32, 512, most=8) + 8
    run(arch, w.histogram, (1,), x, out := torch.zeros(16, dtype=torch.int32), BLOCK=512, BINS=16)
    assert torch.equal(out, torch.bincount(x, minlength=16).int())
    run(arch, w.locked, (5,), lock := torch.zeros(2, dtype=torch.int32), 3)
    assert lock.tolist() == [0, 15]


def cases(arch: str) -> dict[str, Callable[[], None]]:
    """All cases by name."""
    made: dict[str, Callable[..., None]] = {}
    functions = (library, loops, calls, grids, shared_counts)
    made |= {f.__name__: f for f in functions}
    for dtype in (torch.float32, torch.float64):
        made[f"floats {dtype}"] = partial(floats, dtype=dtype)
    for dtype in (torch.float32, torch.float64):
        made[f"angles {dtype}"] = partial(angles, dtype=dtype)
    for dtype in INTEGERS:
        made[f"quotients {dtype}"] = partial(quotients, dtype=dtype)
        made[f"copied {dtype}"] = partial(copied, dtype=dtype, to=torch.float32)
        made[f"extremes {dtype}"] = partial(extremes, dtype=dtype, columns=32, warps=1)
    for dtype in (torch.float32, torch.float64):
        made[f"extremes {dtype}"] = partial(extremes, dtype=dtype, columns=1024, warps=8)
        made[f"prefixes {dtype}"] = partial(prefixes, dtype=dtype, warps=2)
    for dtype in (*FP8, *(FNUZ if arch != "gfx1201" else ())):
        made[f"copied {dtype}"] = partial(copied, dtype=dtype, to=torch.float32)
    for dtype in (torch.float32, torch.int8):
        made[f"transposed {dtype}"] = partial(transposed, dtype=dtype)
    for dtype in (torch.int32, torch.int64, torch.float32, torch.float64):
        made[f"atomics {dtype}"] = partial(atomics, dtype=dtype)
    return {f"wide {name}": partial(f, arch) for name, f in made.items()}
