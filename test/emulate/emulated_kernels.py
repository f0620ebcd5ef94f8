"""Kernels that the emulator's tests run, and what torch makes of the same."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl


@triton.jit
def add(x, y, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    tl.store(out + at, tl.load(x + at, mask=inside) + tl.load(y + at, mask=inside), mask=inside)


@triton.jit
def add_unmasked(x, y, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at) + tl.load(y + at))


@triton.jit
def cast(x, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    tl.store(out + at, tl.load(x + at, mask=inside).to(out.dtype.element_ty), mask=inside)


@triton.jit
def softmax(x, out, n, BLOCK: tl.constexpr):
    row, column = tl.program_id(0), tl.arange(0, BLOCK)
    inside = column < n
    v = tl.load(x + row * n + column, mask=inside, other=-float("inf")).to(tl.float32)
    v = tl.exp(v - tl.max(v, 0))
    tl.store(out + row * n + column, (v / tl.sum(v, 0)).to(out.dtype.element_ty), mask=inside)


@triton.jit
def row_sum(x, out, n, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    total = tl.zeros((BLOCK,), tl.float32)
    for first in range(0, n, BLOCK):
        column = first + tl.arange(0, BLOCK)
        total += tl.load(x + row * n + column, mask=column < n, other=0.0).to(tl.float32)
    tl.store(out + row, tl.sum(total, 0))


@triton.jit
def integers(x, y, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    a, b = tl.load(x + at, mask=inside), tl.load(y + at, mask=inside)
    by = tl.maximum(b, 1)
    made = (a + b) * (a ^ b) - (a & b) + (a << 3) + (b >> 2) + (a | b) + tl.where(a < b, a // by, a % by)
    tl.store(out + at, made, mask=inside)


@triton.jit
def gated_norm_quant(
    x, z, w, q, s, n_rows, eps, fp8_max, least_scale, D: tl.constexpr, ROWS: tl.constexpr
):  # fmt: skip
    rows, columns = tl.program_id(0) * ROWS + tl.arange(0, ROWS), tl.arange(0, D)
    at = rows[:, None] * D + columns[None, :]
    inside = (rows < n_rows)[:, None]
    a = tl.load(x + at, mask=inside, other=0.0).to(tl.float32)
    gate = tl.load(z + at, mask=inside, other=0.0).to(tl.float32)
    norm = tl.rsqrt(tl.sum(a * a, axis=1) / D + eps)
    y = a * norm[:, None] * tl.load(w + columns).to(tl.float32)[None, :] * (gate * tl.sigmoid(gate))
    y = y.to(tl.bfloat16).to(tl.float32)
    scale = tl.maximum(tl.max(tl.abs(y), axis=1) / fp8_max, least_scale)
    code = tl.minimum(tl.maximum(y / scale[:, None], -fp8_max), fp8_max).to(q.dtype.element_ty)
    tl.store(q + at, code, mask=inside)
    tl.store(s + rows, scale, mask=rows < n_rows)


def gated_norm_quant_operands(rows: int, columns: int, seed: int) -> list[torch.Tensor]:
    """Random x and z [rows, columns] and w [columns], bf16."""
    noise = torch.Generator().manual_seed(seed)
    x, z = (torch.randn(rows, columns, generator=noise) * size for size in (2, 1))
    return [t.bfloat16() for t in (x, z, 1 + 0.1 * torch.randn(columns, generator=noise))]


def gated_norm_quant_in_torch(x: Any, z: Any, w: Any, eps: float, least_scale: float, fp8: Any) -> list[torch.Tensor]:
    """Codes and scales, as the kernel above defines them."""
    most = torch.finfo(fp8).max
    norm = torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + eps)
    y = (x.float() * norm * w.float() * (z.float() * torch.sigmoid(z.float()))).bfloat16().float()
    scale = torch.clamp_min(y.abs().amax(-1) / most, least_scale)
    return [(y / scale[:, None]).clamp(-most, most).to(fp8), scale]


def fp8_of(arch: str) -> torch.dtype:
    """The fp8 type that an architecture computes with."""
    return torch.float8_e4m3fnuz if arch == "gfx942" else torch.float8_e4m3fn
