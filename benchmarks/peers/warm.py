"""Compile everything in processes side by side, so that the measuring process finds it in the caches.

A kernel that reads or writes where it may not ends the process that it runs in. It does so here, and is then left out.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from chains import CHAINS, Chain

import peers
from peers import Implementation


@dataclass(frozen=True)
class Fault:
    """An implementation of a chain that must not run with so many tokens or more, and why."""

    chain: str
    implementation: str
    tokens: int
    reason: str

    def covers(self, chain: str, implementation: str, tokens: int) -> bool:
        """Whether this run would fail."""
        return (chain, implementation) == (self.chain, self.implementation) and tokens >= self.tokens


@dataclass(frozen=True)
class Job:
    """A chain, the peers that run it, the numbers of tokens, and what is known not to work."""

    chain: str
    peers: tuple[str, ...]
    tokens: tuple[int, ...]
    faults: tuple[Fault, ...] = ()


def warm(jobs: Iterable[Job], paths: Mapping[str, Path | None], processes: int | None = None) -> list[Fault]:
    """Do the jobs. An exception is raised again, and reported, where it is measured; what ends a process is a fault."""
    faults: list[Fault] = []
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), _prepare, (dict(paths),), max_tasks_per_child=1
    )
    with pool, suppress(BrokenProcessPool):
        pending = {pool.submit(_do, job): job for job in jobs}
        while pending:
            again = [_without_fault(pending.pop(done), done) for done in wait(pending, None, FIRST_COMPLETED).done]
            for job in filter(None, again):
                faults.append(job.faults[-1])
                pending[pool.submit(_do, job)] = job
    return faults


def _without_fault(job: Job, done: Future[Fault | None]) -> Job | None:
    """The job once more, without what ended it; None if nothing did."""
    fault = done.result()
    return Job(job.chain, job.peers, job.tokens, (*job.faults, fault)) if fault else None


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


def _once(call: object, **_options: object) -> list[float]:
    call()
    return [1.0, 1.0, 1.0]


def _do(job: Job) -> Fault | None:
    """Run every implementation once with each number of tokens, up to the first that breaks the process."""
    chain = next(c for c in CHAINS if c.name == job.chain)
    for name in job.peers:
        implementations, _ = peers.found(peers.load([name], _paths)[0], chain)
        for tokens, one in product(job.tokens, implementations):
            known = any(fault.covers(chain.name, one.name, tokens) for fault in job.faults)
            if not known and (reason := _broken_by(chain, one, tokens)):
                return Fault(chain.name, one.name, tokens, reason)
    return None


def _broken_by(chain: Chain, one: Implementation, tokens: int) -> str | None:
    """What the GPU reports after a run, if it will run nothing more."""
    import torch

    with suppress(Exception):
        one.run(*chain.inputs(tokens))
    try:
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
    except RuntimeError as reason:
        return peers.said(reason)
    return None
