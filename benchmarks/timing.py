"""Times of GPU kernels: CUDA graphs of calls on rotating buffers that are larger together than the L2 cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from statistics import median

import torch
import triton
import triton.language as tl

CACHE_BYTES = 256e6
"""More than the L2 cache of any GPU that is measured here."""
MOST_SETS = 64
Call = Callable[[], object]


def sets_for(bytes_of_one: int) -> int:
    """How many sets of buffers are larger together than the cache."""
    return max(2, min(MOST_SETS, int(CACHE_BYTES // bytes_of_one) + 1))


def microseconds(calls: Sequence[Call], replays: int = 5) -> float:
    """The time of one call in a graph that makes all of them in turn; the median over replays.

    Results are kept until the graph is captured, so that each call writes to memory of its own.
    """
    rounds = -(-16 // len(calls))
    warm = torch.cuda.Stream()
    warm.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(warm):
        for call in calls[:2]:
            call()
    torch.cuda.current_stream().wait_stream(warm)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(rounds):
            kept = [call() for call in calls]
        del kept
    graph.replay()
    times = [_milliseconds(graph.replay) for _ in range(replays)]
    graph.reset()
    return median(times) * 1e3 / (rounds * len(calls))


def _milliseconds(call: Call) -> float:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in "se")
    start.record()
    call()
    end.record()
    end.synchronize()
    return start.elapsed_time(end)


@triton.jit
def empty_kernel(x):
    """A kernel that does nothing."""


@triton.jit
def stream_kernel(x, y, out, BLOCK: tl.constexpr):
    """Read two 16-bit tensors and write a byte for each pair: the mix of a gated norm and quant."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + at, (tl.load(x + at) ^ tl.load(y + at)).to(tl.int8))


def empty_time() -> float:
    """The time of a kernel that does nothing, in microseconds."""
    x = torch.empty(1, device="cuda")
    return microseconds([lambda: empty_kernel[(1,)](x, num_warps=1)])


def stream_calls(elements: int) -> list[Call]:
    """Calls of the stream kernel on this many pairs, a multiple of 1024, on rotating buffers."""

    def one() -> Call:
        x, y = (torch.zeros(elements, device="cuda", dtype=torch.int16) for _ in "xy")
        out = torch.empty(elements, device="cuda", dtype=torch.int8)
        return lambda: stream_kernel[(elements // 1024,)](x, y, out, BLOCK=1024, num_warps=1)

    return [one() for _ in range(sets_for(5 * elements))]


@cache
def stream_time(size: int) -> float:
    """What the stream kernel takes for so many bytes, in microseconds."""
    return microseconds(stream_calls(1024 * max(1, round(size / (5 * 1024)))))


def bandwidth() -> float:
    """The bandwidth of the stream kernel on a third of a gigabyte, in bytes a second."""
    elements = 1 << 26
    return 5 * elements / (microseconds(stream_calls(elements)) * 1e-6)
