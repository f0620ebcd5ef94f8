"""What the benchmarks' kernels compile to for AMD's gfx942 and gfx950; no GPU is needed.

    python benchmarks/rocm.py [--arch gfx942 gfx950] [--only NAME ...] [--json FILE] [--write]

For each chain of benchmarks/chains.py it compiles the kernel with Triton's AMD compiler, executes it on the emulator,
and prints a Markdown table of its registers, waves, memory accesses, instructions and the bound that they imply
(irfuse.amd.roofline); docs/rocm.md holds the output. The first line is a naive kernel, benchmarks/naive.py. ``--write``
first chooses launch configurations from the assembly of the candidates and writes them to irfuse/kernel/launch_tables.
They are not measured: benchmarks/tune.py --write on such a GPU puts measured ones in their place.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import chains
import naive
import torch
import triton
from tune import fused
from xdsl.ir import Block, Region

from irfuse.amd.evidence import WAVE, evidence_of
from irfuse.amd.roofline import CHIPS, Evidence, bytes_per_row
from irfuse.amd.usage import Usage, usage_of
from irfuse.dialect.fused import FusedOp
from irfuse.kernel import configs
from irfuse.kernel.architectures import Arch
from irfuse.kernel.configs import Config, Work
from irfuse.kernel.kernel import Kernel
from irfuse.kernel.variants import variant_for
from irfuse.runtime.compile_kernel import compile_kernel
from irfuse.runtime.launch import FusedCall
from irfuse.runtime.samples import operands_of

WIDEST = 16
"""The bytes of the widest access of a lane."""
TOKENS = 8
"""Tokens that a kernel is executed on."""
LEAST_ENTRIES, MOST_ENTRIES = 6, 72
"""Entries of a lane between which candidates are searched."""
ENOUGH_WAVES = 5
"""Four hide the latency of memory; one to spare, as another version of the compiler takes a few registers more."""
NEARLY = 1.1
"""The ratio of times for many rows up to which the fewer cycles for one row decide."""
Line = tuple[str, Work | None, Evidence]
"""A line of a table: the name of a chain, and the work of its kernel if irfuse made it."""


@dataclass(frozen=True)
class Row:
    """A kernel compiled with a launch configuration that may become its own."""

    config: Config
    usage: Usage
    bytes_per_row: int

    def arithmetic(self, arch: str) -> float:
        """The time of the vector units as a multiple of that of memory; it counts the instructions that there are."""
        cycles = self.usage.cycles * self.config.num_warps / self.config.rows
        return cycles * CHIPS[arch].bytes_a_cycle / self.bytes_per_row


def call_of(chain: chains.Chain, arch: str) -> tuple[FusedCall, list[Any]]:
    """The fused op of a chain, for the emulator, and random operands."""
    block = fused(chain, chain.inputs(TOKENS, device="cpu"))[0].body.block
    outer, region = Block(arg_types=[a.type for a in block.args]), Region(block.parent.clone().detach_block(0))
    op = FusedOp(outer.args, [v.type for v in block.last_op.operands], region)
    return FusedCall(op, arch), operands_of(op, 0)


def calls_for(arch: str, names: Sequence[str] = ()) -> list[tuple[str, FusedCall, list[Any]]]:
    """The fused ops of the chains of these names, or of all, quantised to the architecture's fp8 type."""
    with torch.no_grad(), chains.fp8_of(arch):
        return [(c.name, *call_of(c, arch)) for c in chains.CHAINS if not names or c.name in names]


def compiled(kernel: Kernel, arch: str, config: Config) -> Row:
    """A kernel compiled as Triton's launcher does for tensors within 2 GiB."""
    binary = compile_kernel(kernel, Arch.of(arch), config, within_2gb=True)
    usage = usage_of(binary, arch, variant_for(kernel, arch).source)
    return Row(config, usage, bytes_per_row(kernel))


def table_for(arch: str, names: Sequence[str]) -> list[Line]:
    """The naive kernel, and those of the chains with their configurations."""
    lines: list[Line] = [
        (name, call.kernel.only.work, evidence_of(call, operands, arch))
        for name, call, operands in calls_for(arch, names)
    ]
    inputs = next(c for c in chains.CHAINS if naive.NAME.endswith(c.name)).inputs(TOKENS, device="cpu")
    with chains.fp8_of(arch):
        evidence = naive.evidence(arch, inputs, chains.FP8, chains.LEAST_SCALE)
    return [(naive.NAME, None, evidence), *lines]


def candidates(columns: int) -> list[Config]:
    """Configurations in which a wave has several rows or a row has several waves, with as many entries to a lane."""
    shapes = [(rows, 1) for rows in (1, 2, 4, 8, 16, 32, 64)] + [(1, warps) for warps in (2, 4, 8, 16)]
    entries = {(rows, warps): rows * columns / (warps * WAVE) for rows, warps in shapes}
    return [Config(*shape) for shape, count in entries.items() if LEAST_ENTRIES <= count <= MOST_ENTRIES]


def chosen_for(arch: str) -> list[list[int]]:
    """The launch table of an architecture for all chains, by the assembly of every candidate."""
    kernels = {call.kernel.name: call.kernel for _, call, _ in calls_for(arch)}
    groups: dict[Work, list[Kernel]] = {}
    for kernel in kernels.values():
        groups.setdefault(kernel.only.work, []).append(kernel)
    table = []
    for work, alike in sorted(groups.items()):
        tried = {c: [compiled(kernel, arch, c) for kernel in alike] for c in candidates(work.columns)}
        best = choose(tried, arch)
        table.append([*work, best.rows, best.num_warps])
    return table


def choose(tried: dict[Config, list[Row]], arch: str) -> Config:
    """The best configuration for kernels that share one.

    What keeps values in registers, loads 16 bytes at a time, leaves enough waves and stores codes 16 at a time comes
    first, in this order; then what is nearly the fastest for many rows; of those, what a single row waits for least.
    """
    flaws = {config: _flaws(rows) for config, rows in tried.items()}
    sound = [config for config in tried if flaws[config] == min(flaws.values())]
    times = {c: sum(max(1.0, row.arithmetic(arch)) for row in tried[c]) for c in sound}
    fast = [c for c in sound if times[c] <= NEARLY * min(times.values())]
    return min(fast, key=lambda c: (max(row.usage.cycles for row in tried[c]), c.num_warps))


def _flaws(rows: Iterable[Row]) -> tuple[bool, bool, int, bool]:
    """What is wrong with kernels, the worst first."""
    usages = [row.usage for row in rows]
    return (
        not all(usage.is_clean for usage in usages),
        any(usage.narrowest("x") < WIDEST for usage in usages),
        max(0, ENOUGH_WAVES - min(usage.waves for usage in usages)),
        any(usage.widths["y0"] < WIDEST for usage in usages),
    )


def write(arch: str, table: list[list[int]]) -> None:
    """Put a table into the package, a line for each width."""
    lines = ",\n".join(f"  {json.dumps(row)}" for row in table)
    (Path(configs.__file__).parent / "launch_tables" / f"{arch}.json").write_text(f"[\n{lines}\n]\n")


def markdown(arch: str, lines: Iterable[Line]) -> str:
    """The table of an architecture."""
    heads = ["chain", "rows x waves", "VGPRs", "SGPRs", "waves per SIMD", "spills", "scratch", "LDS", "barriers"]
    heads += ["bytes of a load", "bytes of a store", "fp8 converts", "instructions per row", "VALU cycles per row"]
    heads += ["bytes per row", "arithmetic / memory", "of the memory limit", "bound"]
    table = [f"## {arch}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, _, found in lines:
        u = found.usage
        sizes = [", ".join(map(str, u.sizes(side))) for side in "xy"]
        cells = [name, f"{found.config.rows} x {found.config.num_warps}", u.vgprs, u.sgprs, u.waves, u.spills]
        cells += [u.scratch, u.lds, u.barriers, *sizes, u.converts, f"{found.instructions_per_row:.1f}"]
        cells += [f"{found.cycles_per_row:.1f}", found.bytes_per_row, f"{found.arithmetic:.2f}"]
        table.append(f"| {' | '.join(map(str, [*cells, f'{found.share:.0%}', found.bound]))} |")
    return "\n".join(table)


def as_json(line: Line) -> dict[str, Any]:
    """All that is known of a kernel."""
    name, work, found = line
    said = ("instructions_per_row", "cycles_per_row", "arithmetic", "share", "bound")
    known = {key: getattr(found, key) for key in ("name", "arch", "bytes_per_row", "programs", *said)}
    parts = {"config": asdict(found.config), "usage": asdict(found.usage), "executed": dict(found.executed)}
    return {"chain": name, "work": work} | known | parts


def main() -> int:
    """Choose, write and print; each architecture in a process of its own, as Triton 3.6.0 keeps state of the first."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--arch", nargs="*", choices=list(CHIPS), default=list(CHIPS))
    names = [chain.name for chain in chains.CHAINS]
    parser.add_argument("--only", nargs="*", default=[], choices=names, metavar="NAME", help="names of chains")
    parser.add_argument("--json", type=Path, help="where everything known of the kernels goes")
    parser.add_argument("--write", action="store_true", help="choose launch configurations and write their tables")
    options = parser.parse_args()
    with ProcessPoolExecutor(len(options.arch), get_context("spawn"), max_tasks_per_child=1) as pool:
        if options.write:
            for arch, table in zip(options.arch, pool.map(chosen_for, options.arch), strict=True):
                write(arch, table)
        tables = list(pool.map(table_for, options.arch, [options.only] * len(options.arch)))
    print(f"torch {torch.__version__}, triton {triton.__version__}\n")
    print("\n\n".join(markdown(arch, lines) for arch, lines in zip(options.arch, tables, strict=True)))
    if options.json:
        found = {arch: [as_json(line) for line in lines] for arch, lines in zip(options.arch, tables, strict=True)}
        options.json.write_text(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
