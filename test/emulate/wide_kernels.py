"""Kernels of many kinds, each of a few operations, that the emulator's tests run beside those of `emulated_kernels`."""

from __future__ import annotations

import triton
import triton.language as tl
from triton.language.extra import libdevice


@triton.jit
def floats(x, y, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    a, b = tl.load(x + at, mask=inside, other=1.0), tl.load(y + at, mask=inside, other=1.0)
    made = tl.where(a > b, a / b, a - b) + tl.sqrt(tl.abs(a)) * tl.floor(b) - tl.minimum(a, b) * tl.maximum(a, -b)
    tl.store(out + at, made, mask=inside)


@triton.jit
def library(x, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(x + at, mask=at < n, other=1.0)
    made = libdevice.tanh(a) + tl.erf(a) + libdevice.log1p(tl.abs(a)) + libdevice.atan(a) + libdevice.nearbyint(a)
    tl.store(out + at, made, mask=at < n)


@triton.jit
def angles(x, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(x + at, mask=at < n, other=1.0)
    tl.store(out + at, tl.sin(a) + 2 * tl.cos(a), mask=at < n)


@triton.jit
def quotients(x, y, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a, b = tl.load(x + at, mask=at < n, other=1), tl.load(y + at, mask=at < n, other=1)
    tl.store(out + at, (a // b) * 3 + a % b + (a * b >> 1), mask=at < n)


@triton.jit
def copied(x, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, tl.load(x + at, mask=at < n).to(out.dtype.element_ty), mask=at < n)


@triton.jit
def extremes(x, most, where, n, BLOCK: tl.constexpr):
    row, column = tl.program_id(0), tl.arange(0, BLOCK)
    a = tl.load(x + row * n + column, mask=column < n, other=0)
    tl.store(most + row, tl.max(a, 0) - tl.min(a, 0) + tl.sum(a, 0))
    tl.store(where + row, tl.argmax(a, 0) * 1000 + tl.argmin(a, 0))


@triton.jit
def prefixes(x, sums, ordered, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(x + at)
    tl.store(sums + at, tl.cumsum(a, 0))
    tl.store(ordered + at, tl.sort(a))


@triton.jit
def transposed(x, out, m, n, row, column, M: tl.constexpr, N: tl.constexpr):
    i, j = tl.program_id(0) * M + tl.arange(0, M), tl.program_id(1) * N + tl.arange(0, N)
    a = tl.load(x + i[:, None] * row + j[None, :] * column, mask=(i[:, None] < m) & (j[None, :] < n))
    tl.store(out + j[:, None] * m + i[None, :], tl.trans(a), mask=(j[:, None] < n) & (i[None, :] < m))


@triton.jit
def steps(x, out, n):
    p = tl.program_id(0)
    v = tl.load(x + p)
    count = 0
    while v != 1:
        v = tl.where(v % 2 == 0, v // 2, 3 * v + 1)
        count += 1
    tl.store(out + p, count)


@triton.jit
def in_strides(x, out, n, BLOCK: tl.constexpr):
    for i in range(tl.program_id(0), tl.cdiv(n, BLOCK), tl.num_programs(0)):
        at = i * BLOCK + tl.arange(0, BLOCK)
        tl.store(out + at.to(tl.int64), tl.load(x + at, mask=at < n) * 3, mask=at < n)


@triton.jit(noinline=True)
def doubled(a, b):
    return a * 2 + b


@triton.jit
def calling(x, out, n):
    p = tl.program_id(0)
    tl.store(out + p, doubled(tl.load(x + p), n))


@triton.jit
def numbered(out, B: tl.constexpr):
    i, j, k = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    at = ((k * tl.num_programs(1) + j) * tl.num_programs(0) + i) * B + tl.arange(0, B)
    tl.store(out + at, i * 10000 + j * 100 + k)


@triton.jit
def counted(x, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + at, mask=at < n, other=0)
    tl.atomic_add(out + at % 8, v, mask=at < n)
    tl.atomic_max(out + 8 + at % 8, v, mask=at < n)
    tl.atomic_add(out + 16, tl.sum(v, 0))


@triton.jit
def histogram(x, out, BLOCK: tl.constexpr, BINS: tl.constexpr):
    tl.store(out + tl.arange(0, BINS), tl.histogram(tl.load(x + tl.arange(0, BLOCK)), BINS))


@triton.jit
def locked(out, n):
    while tl.atomic_cas(out, 0, 1) == 1:
        pass
    tl.store(out + 1, tl.load(out + 1) + n)
    tl.atomic_xchg(out, 0)


@triton.jit
def shifted(x, out, n, read, write, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at + write, tl.load(x + at + read, mask=at < n), mask=at < n)
