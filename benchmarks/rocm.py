"""What the benchmarks' kernels compile to for AMD's gfx942 and gfx950; no GPU is needed.

    python benchmarks/rocm.py [--arch gfx942 gfx950] [--only NAME ...] [--json FILE] [--write]

For each chain of benchmarks/chains.py it compiles the kernel with Triton's AMD compiler and prints a Markdown table of
its registers, waves, memory accesses and instructions; docs/rocm.md holds the output. ``--write`` first chooses launch
configurations from the assembly of the candidates and writes them to irfuse/launch_tables/. They are not measured:
benchmarks/tune.py --write on such a GPU puts measured ones in their place.
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

import chains
import torch
import triton
from assembly import LDS_BYTES, Usage, usage_of
from tune import fused

from irfuse import configs
from irfuse.compile_kernel import Arch, compile_kernel
from irfuse.configs import Config, Work, config_for
from irfuse.kernel_variants import variant_for
from irfuse.lower_triton import Kernel

WAVE, WIDEST = 64, 16
"""Lanes of a wave, and the bytes of the widest access of a lane."""
BYTES_A_CYCLE = {"gfx942": 5.3e12 / (1216 * 2.1e9), "gfx950": 8e12 / (1024 * 2.4e9)}
"""Bytes that memory gives in a cycle of one SIMD: bandwidth over the number of SIMDs and their clock.

From the data sheets of MI300X and MI355X: peaks, which bound what a kernel can reach and say nothing of what it does.
"""
LEAST_ENTRIES, MOST_ENTRIES = 6, 72
"""Entries of a lane between which candidates are searched."""
ENOUGH_WAVES = 5
"""Four hide the latency of memory; one to spare, as another version of the compiler takes a few registers more."""
NEARLY = 1.1
"""The ratio of times for many rows up to which the fewer cycles for one row decide."""


@dataclass(frozen=True)
class Row:
    """A compiled kernel with its launch configuration."""

    chain: str
    work: Work
    config: Config
    usage: Usage

    @property
    def instructions(self) -> float:
        """Instructions of a lane for an entry of the tile."""
        return self.usage.instructions * self.config.num_warps * WAVE / (self.config.rows * self.work.columns)

    def arithmetic(self, arch: str) -> float:
        """The time of the vector units as a multiple of that of memory, both at their peak."""
        cycles = self.usage.cycles * self.config.num_warps / (self.config.rows * self.work.columns)
        return cycles * BYTES_A_CYCLE[arch] / self.work.traffic


def kernel_of(chain: chains.Chain) -> Kernel:
    """The kernel of a chain."""
    return fused(chain, chain.inputs(64, device="cpu"))[0].kernel


def compiled(chain: str, kernel: Kernel, arch: str, config: Config) -> Row:
    """A kernel compiled as Triton's launcher does for tensors within 2 GiB."""
    binary = compile_kernel(kernel, Arch.of(arch), config, within_2gb=True)
    usage = usage_of(binary, arch, variant_for(kernel, arch).source)
    return Row(chain, kernel.work, config, usage)


def kernels_for(arch: str, names: Sequence[str] = ()) -> dict[str, Kernel]:
    """The kernels of the chains of these names, or of all, quantised to the architecture's fp8 type."""
    torch.set_grad_enabled(False)
    chains.use_fp8_of(arch)
    return {c.name: kernel_of(c) for c in chains.CHAINS if not names or c.name in names}


def table_for(arch: str, names: Sequence[str]) -> list[Row]:
    """The kernels of the chains with their configurations."""
    kernels = kernels_for(arch, names)
    configured = {n: config_for(k.work, arch, WAVE) for n, k in kernels.items()}
    return [compiled(name, kernel, arch, configured[name]) for name, kernel in kernels.items()]


def candidates(columns: int) -> list[Config]:
    """Configurations in which a wave has several rows or a row has several waves, with as many entries to a lane."""
    shapes = [(rows, 1) for rows in (1, 2, 4, 8, 16, 32, 64)] + [(1, warps) for warps in (2, 4, 8, 16)]
    entries = {(rows, warps): rows * columns / (warps * WAVE) for rows, warps in shapes}
    return [Config(*shape) for shape, count in entries.items() if LEAST_ENTRIES <= count <= MOST_ENTRIES]


def chosen_for(arch: str) -> list[list[int]]:
    """The launch table of an architecture for all chains, by the assembly of every candidate."""
    kernels = {kernel.name: kernel for kernel in kernels_for(arch).values()}
    groups: dict[Work, list[Kernel]] = {}
    for kernel in kernels.values():
        groups.setdefault(kernel.work, []).append(kernel)
    table = []
    for work, alike in sorted(groups.items()):
        tried = {c: [compiled("", kernel, arch, c) for kernel in alike] for c in candidates(work.columns)}
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


def markdown(arch: str, rows: Iterable[Row]) -> str:
    """The table of an architecture."""
    heads = ["chain", "rows x waves", "VGPRs", "SGPRs", "waves per SIMD", "spills", "scratch", "LDS", "barriers"]
    heads += ["bytes of a load", "bytes of a store", "fp8 converts", "instructions per entry", "arithmetic / memory"]
    lines = [f"## {arch}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in rows:
        u = row.usage
        sizes = [", ".join(str(width) for name, width in u.widths.items() if name.startswith(side)) for side in "xy"]
        cells = [row.chain, f"{row.config.rows} x {row.config.num_warps}", u.vgprs, u.sgprs, u.waves, u.spills]
        cells += [u.scratch, u.lds, u.barriers, *sizes, u.converts]
        cells += [f"{row.instructions:.1f}", f"{row.arithmetic(arch):.2f}"]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def main() -> int:
    """Choose, write and print; each architecture in a process of its own, as Triton 3.6.0 keeps state of the first."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--arch", nargs="*", choices=list(LDS_BYTES), default=list(LDS_BYTES))
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
    print("\n\n".join(markdown(arch, rows) for arch, rows in zip(options.arch, tables, strict=True)))
    if options.json:
        found = {arch: [asdict(row) for row in rows] for arch, rows in zip(options.arch, tables, strict=True)}
        options.json.write_text(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
