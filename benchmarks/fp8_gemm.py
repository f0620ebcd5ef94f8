"""A product of fp8 matrices with a scale for each group of the one and each block of the other, as serving stacks have.

It is one opaque op to a compiler. The kernel is the plain Triton one: good for any number of rows, tuned for none.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

GROUP = 128


@triton.jit
def block_scaled_kernel(
    a, a_scales, b, b_scales, out, M, N, K, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, GROUP: tl.constexpr
):
    """``out [M, N] = (a * a_scales) @ (b * b_scales).T`` for ``a [M, K]``, ``b [N, K]``; a block of the output each."""
    m = tl.program_id(1) * BLOCK_M + tl.arange(0, BLOCK_M)
    n = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    k = tl.arange(0, GROUP)
    groups = K // GROUP
    total = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
    for group in range(groups):
        left = tl.load(a + m[:, None] * K + group * GROUP + k[None, :], mask=m[:, None] < M, other=0.0)
        right = tl.load(b + n[None, :] * K + group * GROUP + k[:, None])
        rows = tl.load(a_scales + m * groups + group, mask=m < M, other=0.0)
        block = tl.load(b_scales + (tl.program_id(0) * BLOCK_N // GROUP) * groups + group)
        total += tl.dot(left, right) * (rows * block)[:, None]
    tl.store(out + m[:, None] * N + n[None, :], total.to(tl.bfloat16), mask=m[:, None] < M)


@torch.library.custom_op("irfuse_benchmark::block_scaled_mm", mutates_args=())
def block_scaled_mm(a: torch.Tensor, a_scales: torch.Tensor, b: torch.Tensor, b_scales: torch.Tensor) -> torch.Tensor:
    """``[M, N]`` bf16 of fp8 ``a [M, K]``, ``b [N, K]``, f32 ``a_scales [M, K/128]``, ``b_scales [N/128, K/128]``."""
    (rows, inner), columns = a.shape, b.shape[0]
    out = torch.empty(rows, columns, device=a.device, dtype=torch.bfloat16)
    tall, wide = (16, 64) if rows <= 64 else (128, 128)
    grid = (columns // wide, triton.cdiv(rows, tall))
    block_scaled_kernel[grid](
        a, a_scales, b, b_scales, out, rows, columns, inner, tall, wide, GROUP, num_warps=4 if rows <= 64 else 8,
        num_stages=4 if rows <= 64 else 3,
    )  # fmt: skip
    return out


@block_scaled_mm.register_fake
def _(a: torch.Tensor, _a_scales: torch.Tensor, b: torch.Tensor, _b_scales: torch.Tensor) -> torch.Tensor:
    return a.new_empty(a.shape[0], b.shape[0], dtype=torch.bfloat16)
