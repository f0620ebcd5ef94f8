"""Times of fused chains against what memory allows, and against every peer that is there.

    python benchmarks/kernels.py [--only NAME ...] [--tokens N ...] [--peers irfuse,eager,inductor,aiter,fla,vllm]
        [--aiter PATH] [--fla PATH] [--vllm PATH] [--json FILE] [--plot FILE] [--limit SECONDS]

For each chain of benchmarks/chains.py and each number of tokens it checks every result against eager torch, and then
times it by replays of a CUDA graph over rotating buffers. A peer is an installed package, or a checkout of AITER or
flash-linear-attention, or an unpacked wheel of vLLM. irfuse's result must be eager torch's but for a few entries; that
of a peer, which leaves roundings out, may be two steps of fp8 off. The last row of a table says how many of the fp8
bytes differ from eager torch's, of all numbers of tokens. The same command runs on NVIDIA's and AMD's GPUs.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import peers
import plots
import torch
import triton
from chains import CHAINS, Chain, check, check_roughly, differing
from peers import Implementation, compiled
from peers.warm import Fault, Job, warm
from timing import bandwidth, empty_time, microseconds, sets_for, stream_time

TOKENS = [1, 64, 1024, 16384, 65536]
MORE_TOKENS = [1, 16, 64, 256, 1024, 4096, 16384, 65536]
"""For the first chain."""
REACHABLE = {"H200": 4.25e12}
"""Bytes a second that no kernel has been seen to exceed; for other GPUs the stream kernel's bandwidth is the limit."""
COLUMNS = ("tokens", "MB", "limit", "stream")
Row = dict[str, Any]


def measured(implementation: Implementation, sets: list[list[torch.Tensor]], want: Sequence[torch.Tensor]) -> Row:
    """The time of an implementation, if its result is right; why there is none, if not."""
    try:
        if implementation.writes_inputs:
            sets = [[t.clone() for t in one] for one in sets]
        got = implementation.run(*sets[0])
        (check if implementation.strict else check_roughly)(implementation.name, got, want)
        differ = {"differ": differing(got[0].view(want[0].shape), want[0]), "of": want[0].numel()}
        return {"microseconds": microseconds([lambda t=t: implementation.run(*t) for t in sets]), **differ}
    except Exception as reason:
        return {"failed": peers.said(reason)}


def row_of(
    chain: Chain, tokens: int, implementations: Sequence[Implementation], limit: float, faults: Sequence[Fault] = ()
) -> Row:
    """What is measured of a chain at a number of tokens; ``limit`` is in bytes a second."""
    first = chain.inputs(tokens)
    want = chain.run(*first)
    size = chain.bytes(first, want)
    sets = [first, *(chain.inputs(tokens, seed) for seed in range(1, sets_for(size)))]
    row: Row = {"chain": chain.name, "tokens": tokens, "bytes": size, "limit": size / limit * 1e6}
    row["stream"] = stream_time(size)
    known = {i.name: f.reason for i in implementations for f in faults if f.covers(chain.name, i.name, tokens)}
    row["results"] = {
        i.name: {"failed": known[i.name]} if i.name in known else measured(i, sets, want) for i in implementations
    }
    torch.cuda.empty_cache()
    return row


def header(names: Sequence[str]) -> str:
    """The first two lines of a Markdown table; a time of irfuse is followed by its multiple of the limit."""
    cells = [*COLUMNS, *(c for n in names for c in ((n, f"{n} / limit") if n == "irfuse" else (n,)))]
    return f"| {' | '.join(cells)} |\n|{'---|' * len(cells)}"


def line(row: Row) -> str:
    """A line of the table, times in microseconds."""
    cells = [str(row["tokens"]), f"{row['bytes'] / 1e6:.2f}", f"{row['limit']:.2f}", f"{row['stream']:.2f}"]
    for name, result in row["results"].items():
        spent = result.get("microseconds")
        cells.append("failed" if spent is None else f"{spent:.2f}")
        if name == "irfuse":
            cells.append("" if spent is None else f"{spent / row['limit']:.2f}")
    return f"| {' | '.join(cells)} |"


def last_line(rows: Sequence[Row]) -> str:
    """The share of fp8 bytes that differ from eager torch, of all rows of a chain."""
    cells = ["fp8 bytes that differ", *[""] * (len(COLUMNS) - 1)]
    for name in rows[0]["results"] if rows else ():
        results = [row["results"][name] for row in rows if "of" in row["results"][name]]
        share = sum(r["differ"] for r in results) / max(1, sum(r["of"] for r in results))
        cells += [f"{share:.1e}" if results else "", *([""] if name == "irfuse" else [])]
    return f"| {' | '.join(cells)} |"


def failures(rows: Sequence[Row]) -> list[str]:
    """Why what has no time has none."""
    pairs = ((row["tokens"], name, r["failed"]) for row in rows for name, r in row["results"].items() if "failed" in r)
    return [f"- {name}, {tokens} tokens: failed: {reason}" for tokens, name, reason in pairs]


def about(command: str) -> Row:
    """The machine, the versions, and what memory does on it."""
    speed = bandwidth()
    gpu = torch.cuda.get_device_name()
    reachable = [most for name, most in REACHABLE.items() if name in gpu]
    versions = {"torch": torch.__version__, "triton": triton.__version__, "cuda": torch.version.cuda}
    versions["hip"] = torch.version.hip
    limit = min(speed, *reachable) if reachable else speed
    return {"gpu": gpu, **versions, "command": command, "bandwidth": speed, "limit": limit, "empty": empty_time()}


def measure(options: argparse.Namespace, there: dict[str, peers.Find], faults: Sequence[Fault], data: Row) -> None:
    """Measure chain by chain until the time is over."""
    start = time.monotonic()
    for chain in chosen(options):
        torch._dynamo.reset()
        implementations, missing = peers.found(there, chain)
        print(f"\n### {chain.name}\n\n{header([i.name for i in implementations])}", flush=True)
        rows = []
        for tokens in counts_of(chain, options.tokens):
            if options.limit and time.monotonic() - start > options.limit:
                print(f"\nstopped after {options.limit} seconds", flush=True)
                return
            try:
                rows.append(row_of(chain, tokens, implementations, data["about"]["limit"], faults))
                keep(rows[-1], data, options.json)
            except torch.OutOfMemoryError as reason:
                missing[f"{tokens} tokens"] = peers.said(reason)
        without = [f"- without {name}: {reason}" for name, reason in missing.items()]
        print("\n".join([last_line(rows), "", *failures(rows), *without]), flush=True)


def keep(row: Row, data: Row, file: Path | None) -> None:
    """Print a row, and write all of them anew: a run that is cut short leaves what it had."""
    print(line(row), flush=True)
    data["rows"].append(row)
    if file:
        file.write_text(json.dumps(data, indent=1))


def chosen(options: argparse.Namespace) -> list[Chain]:
    """The chains that are asked for."""
    return [c for c in CHAINS if not options.only or c.name in options.only]


def counts_of(chain: Chain, asked: list[int] | None) -> list[int]:
    """The numbers of tokens for a chain."""
    return asked or (MORE_TOKENS if chain is CHAINS[0] else TOKENS)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="*", metavar="NAME", choices=[c.name for c in CHAINS], help="names of chains")
    parser.add_argument("--tokens", nargs="*", type=int, help=f"default: {TOKENS}, more for the first chain")
    parser.add_argument("--peers", default=",".join(peers.NAMES), help="default: %(default)s")
    for name in ("aiter", "fla", "vllm"):
        parser.add_argument(f"--{name}", type=Path, metavar="PATH", help="where it is, if it is not installed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where all numbers go")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="where the plot goes")
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="measure no longer than this")
    return parser.parse_args()


def prepared(options: argparse.Namespace) -> tuple[dict[str, peers.Find], list[Fault], Row]:
    """The peers that are there, all compiled, what breaks, and what is known before anything is measured."""
    paths = {name: getattr(options, name) for name in ("aiter", "fla", "vllm")}
    there, absent = peers.load(options.peers.split(","), paths)
    data: Row = {"about": about(shlex.join(["python", *sys.argv])), "absent": absent, "rows": []}
    for name, value in (*data["about"].items(), *((f"absent: {name}", reason) for name, reason in absent.items())):
        print(f"{name}: {value}", flush=True)
    start = time.monotonic()
    compiled_ones = tuple(p for p in there if p != "eager")
    faults = warm([Job(c.name, compiled_ones, tuple(counts_of(c, options.tokens))) for c in chosen(options)], paths)
    print(f"compiled in {time.monotonic() - start:.0f} seconds", flush=True)
    return there, faults, data


def main() -> int:
    """Compile, measure, print, and write."""
    options = arguments()
    if not torch.cuda.is_available():
        print("kernels.py: error: it measures on a GPU, and torch sees none", file=sys.stderr)
        return 1
    torch.set_grad_enabled(False)
    compiled.configure()
    there, faults, data = prepared(options)
    measure(options, there, faults, data)
    if options.plot:
        print(plots.draw(data, options.plot))
    return 0


if __name__ == "__main__":
    sys.exit(main())
