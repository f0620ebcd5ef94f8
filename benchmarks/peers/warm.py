"""Compile everything in processes side by side, so that the measuring process finds it in the caches."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from typing import Any

Job = tuple[str, str, list[int]]
"""A chain's name, a peer's name, and the numbers of tokens."""


def warm(jobs: Iterable[Job], paths: Mapping[str, Path | None], processes: int | None = None) -> None:
    """Do the jobs; what fails here fails again, and is reported, where it is measured."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _prepare, (dict(paths),)) as pool, suppress(BrokenProcessPool):
        list(pool.map(_do, jobs))


def _prepare(paths: dict[str, Path | None]) -> None:
    """Choices that need times are left to the measuring process, which has the GPU for itself."""
    import os

    os.environ["FLA_CACHE_RESULTS"] = "0"
    import torch
    import triton

    from peers import compiled

    global _paths
    _paths = paths
    compiled.only_compile = True
    compiled.configure()
    torch.set_grad_enabled(False)
    triton.runtime.driver.active.get_benchmarker = lambda: _once


def _once(call: Any, **_options: Any) -> list[float]:
    call()
    return [1.0, 1.0, 1.0]


def _do(job: Job) -> None:
    import torch
    from chains import CHAINS

    import peers

    name, peer, counts = job
    chain = next(c for c in CHAINS if c.name == name)
    torch._dynamo.reset()
    there, _ = peers.load([peer], _paths)
    implementations, _ = peers.found(there, chain)
    for tokens in counts:
        inputs = chain.inputs(tokens)
        for implementation in implementations:
            with suppress(Exception):
                implementation.run(*inputs)
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
