"""What attention keeps: norm and rotary embedding of queries and keys, keys and values into caches, and latents.

    python benchmarks/caches.py [--tokens 16 1024 16384 65536] [--aiter PATH]

Timed and compared as benchmarks/rearranged.py does it, and beside AITER's one Triton kernel for queries, keys and
values, from a checkout of it. As that kernel does, norms multiply by ``1 + weight``; it writes keys and values as
tensors too.
docs/kernels.md holds the table.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import torch
from chains import FP8, FP8_MAX, Tensors, unit
from peers.packages import bare_packages, module
from rearranged import HEADS, TOKENS, WIDTH, Form, Run, about, heading, lines, noise, turned
from torch._inductor import config as inductor_config

Tensor = torch.Tensor
KEYS, BLOCK, LATENT, TAIL, PLACES = 8, 16, 512, 64, 8192
SIZES = [HEADS * WIDTH, KEYS * WIDTH, KEYS * WIDTH]
"""Columns of queries, keys and values, side by side."""


def normed(x: Tensor, weight: Tensor) -> Tensor:
    """Each row over its root mean square, times 1 + weight."""
    return (unit(x.float()) * (1.0 + weight.float())).to(x.dtype)


def rotated(x: Tensor, angles: Tensor) -> Tensor:
    """Rows turned by the cosines and sines of their tokens, which stand side by side for half of the columns."""
    cos, sin = (torch.cat((half, half), -1) for half in angles.chunk(2, -1))
    return x * cos + turned(x) * sin


def attention_inputs(
    qkv: Tensor, wq: Tensor, wk: Tensor, table: Tensor, at: Tensor, slots: Tensor, k_cache: Tensor, v_cache: Tensor
) -> Tensors:
    """Queries ``[tokens, heads, width]``; keys and values go into caches ``[blocks, 16, heads, width]``."""
    q, k, v = (part.unflatten(-1, (-1, WIDTH)) for part in qkv.split(SIZES, -1))
    angles = table[at][:, None]
    k_cache[slots // BLOCK, slots % BLOCK] = rotated(normed(k, wk), angles)
    v_cache[slots // BLOCK, slots % BLOCK] = v
    return rotated(normed(q, wq), angles), k_cache, v_cache


def keys_in_fp8(k: Tensor, wk: Tensor, table: Tensor, at: Tensor, slots: Tensor, cache: Tensor) -> Tensors:
    """Keys ``[tokens, heads, width]`` by one scale into a cache of fp8, as bytes."""
    y = rotated(normed(k, wk), table[at][:, None]).float() * 2.0
    cache[slots // BLOCK, slots % BLOCK] = y.clamp(-FP8_MAX, FP8_MAX).to(FP8).view(torch.uint8)
    return (cache,)


def latents(x: Tensor, weight: Tensor, table: Tensor, at: Tensor, slots: Tensor, cache: Tensor) -> Tensors:
    """Latents ``[tokens, 512]``, normed, and rotated tails of 64 columns, side by side in one cache."""
    latent, tail = x.split([LATENT, TAIL], -1)
    cache[slots] = torch.cat([normed(latent, weight), rotated(tail, table[at])], -1)
    return (cache,)


def places(n: int) -> list[Tensor]:
    """Positions of tokens, and a slot for each: a cache has as many."""
    return [torch.randint(PLACES, (n,), device="cuda"), torch.randperm(n, device="cuda")]


def cache(n: int, heads: int = KEYS, dtype: torch.dtype = torch.bfloat16) -> Tensor:
    """A cache with a slot for each of ``n`` tokens, and one block more, so that no size is 1."""
    return torch.zeros(n // BLOCK + 1, BLOCK, heads, WIDTH, device="cuda", dtype=dtype)


FORMS = (
    Form(
        "q and k norm, rotary, caches",
        attention_inputs,
        lambda n: [
            noise(n, sum(SIZES)),
            noise(WIDTH),
            noise(WIDTH),
            noise(PLACES, WIDTH),
            *places(n),
            cache(n),
            cache(n),
        ],
        (0, None, None, None, 0, 0, 0, 0),
    ),
    Form(
        "k norm, rotary, fp8 cache",
        keys_in_fp8,
        lambda n: [
            noise(n, HEADS, WIDTH),
            noise(WIDTH),
            noise(PLACES, WIDTH),
            *places(n),
            cache(n, HEADS, torch.uint8),
        ],
        (0, None, None, 0, 0, 0),
    ),
    Form(
        "latent norm, rotary tail, cache",
        latents,
        lambda n: [
            noise(n, LATENT + TAIL),
            noise(LATENT),
            noise(PLACES, TAIL),
            *places(n),
            torch.zeros(n, LATENT + TAIL, device="cuda", dtype=torch.bfloat16),
        ],
        (0, None, None, 0, 0, 0),
    ),
)


def aiters(path: Path) -> dict[str, Run | None]:
    """AITER's kernel for the first form, from a checkout, whose packages need a build for ROCm and are left out."""
    inner = ("", ".rope", "._triton_kernels", "._triton_kernels.rope")
    bare_packages(path, "aiter", "aiter.ops", *(f"aiter.ops.triton{name}" for name in inner))
    fused = module("aiter.ops.triton.rope.fused_qkv_split_qk_norm_rope_cache").fused_qkv_split_qk_norm_rope_cache

    def run(*given: Tensor) -> Tensors:
        qkv, wq, wk, table, positions, slots, *caches = given
        about = (*table.chunk(2, -1), positions, *caches, slots, HEADS, KEYS, WIDTH)
        return (fused(qkv, wq, wk, *about, eps=1e-6, kv_cache_layout="NHD")[0], *caches)

    return {"AITER": run}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, nargs="+", default=TOKENS)
    parser.add_argument("--aiter", type=Path, help="a checkout of AITER")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    inductor_config.force_disable_caches = True
    print(about())
    print(heading(("AITER",)))
    for form in FORMS:
        peers = aiters(options.aiter) if options.aiter and form is FORMS[0] else {"AITER": None}
        for row in lines(form, options.tokens, peers):
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
