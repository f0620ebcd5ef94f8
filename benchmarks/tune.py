"""Measure launch configurations on the GPU at hand, and write the table of its architecture.

    python benchmarks/tune.py [--only NAME ...] [--tokens 1 64 1024 16384 65536] [--json FILE] [--write]

For each chain of benchmarks/chains.py and each form of benchmarks/rearranged.py it checks the fused result against
eager torch, times every candidate at every number of tokens, and takes the one whose worst time, as a multiple of the
best at that number, is least: a graph that is compiled for any number of tokens has one configuration for all. Another
may serve graphs of few tokens, where their number is known. ``--write`` puts them into irfuse/kernel/launch_tables/.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import torch
from chains import CHAINS, Chain, check
from rearranged import FORMS, Form
from timing import empty_time, microseconds, sets_for
from torch.fx.experimental.proxy_tensor import make_fx

from irfuse.kernel.configs import Config, Work
from irfuse.runtime.launch import FusedCall, arch_of
from irfuse.torch_backend.graph_pass import analyse_graph, with_calls

ENTRIES_OF_A_LANE = (4, 8, 16, 32, 64)
WARPS = (1, 2, 4, 8, 16)
MOST_ROWS = 64
TUNED: tuple[Chain | Form, ...] = (*CHAINS, *FORMS)
FEW_TOKENS = 64
"""At most so many tokens are few rows (irfuse.kernel.configs.FEW_ELEMENTS)."""
LEAST_FILL = 0.6
"""How much of the lanes' entries a candidate must fill."""


@dataclass(frozen=True)
class Measurement:
    """The time of one launch configuration of one chain."""

    chain: str
    work: Work
    tokens: int
    config: Config
    microseconds: float


def candidates(columns: int, wave: int = 32) -> list[Config]:
    """Powers of two of rows and warps that give a lane as many entries as are worth trying."""
    found = []
    for entries in ENTRIES_OF_A_LANE:
        for warps in WARPS:
            wanted = entries * wave * warps / columns
            rows = 1 << max(0, int(wanted).bit_length() - 1)
            if wanted >= 0.75 and rows / wanted >= LEAST_FILL and rows <= MOST_ROWS:
                found.append(Config(rows, warps))
    return list(dict.fromkeys(found))


def fused(chain: Chain | Form, inputs: list[torch.Tensor]) -> tuple[FusedCall, Callable[..., Any]]:
    """A chain as irfuse fuses it: the fused op, and the graph that calls it."""
    traced = make_fx(chain.run)(*inputs)
    graph = with_calls(analyse_graph(traced), traced)
    calls = [n.target for n in graph.graph.nodes if isinstance(n.target, FusedCall)]
    if len(calls) != 1:
        raise RuntimeError(f"{chain.name} is not one fused op but {len(calls)}")
    return calls[0], graph


def compile_all(job: tuple[str, list[Config]]) -> None:
    """Compile a chain for these configurations into Triton's cache, in a process of its own."""
    chain = next(c for c in TUNED if c.name == job[0])
    inputs = chain.inputs(64)
    call, graph = fused(chain, inputs)
    for call.config in job[1]:
        graph(*inputs)


def times(chain: Chain | Form, tokens: int, configs: Iterable[Config]) -> dict[Config, float]:
    """The time of each configuration in microseconds. Raises RuntimeError where the fused result is wrong."""
    first = chain.inputs(tokens)
    call, graph = fused(chain, first)
    results = graph(*first)
    check(chain.name, results, chain.run(*first))
    inputs = [first, *(chain.inputs(tokens, seed) for seed in range(1, sets_for(chain.bytes(first, results))))]
    measured = {}
    for call.config in configs:
        measured[call.config] = microseconds([lambda t=t: graph(*t) for t in inputs], replays=3)
    return measured


def main() -> int:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="*", help="names of chains")
    parser.add_argument("--tokens", nargs="*", type=int, default=[1, 64, 1024, 16384, 65536])
    parser.add_argument("--json", type=Path, help="where all times go")
    parser.add_argument("--write", action="store_true", help="write the table of this architecture")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("tune.py: error: it measures on a GPU, and torch sees none", file=sys.stderr)
        return 1
    torch.set_grad_enabled(False)
    chosen = [c for c in TUNED if not options.only or c.name in options.only]
    kernels = {c.name: fused(c, c.inputs(64))[0].kernel for c in chosen}
    wave = arch_of(torch.device("cuda", torch.cuda.current_device())).wave
    jobs = [(c.name, candidates(kernels[c.name].work.columns, wave)) for c in chosen]
    pieces = [(name, configs[i : i + 3]) for name, configs in jobs for i in range(0, len(configs), 3)]
    with multiprocessing.get_context("spawn").Pool() as pool:
        pool.map(compile_all, pieces, chunksize=1)
    measured = [
        Measurement(chain.name, kernels[chain.name].work, tokens, config, time)
        for chain, (_, configs) in zip(chosen, jobs, strict=True)
        for tokens in options.tokens
        for config, time in shown(chain, tokens, times(chain, tokens, configs)).items()
    ]
    if options.json:
        options.json.write_text(json.dumps([asdict(m) for m in measured]))
    table = table_from(measured, empty_time())
    print(json.dumps(table))
    if options.write:
        write(table)
    return 0


def shown(chain: Chain | Form, tokens: int, table: dict[Config, float]) -> dict[Config, float]:
    """The same table, its three best configurations printed."""
    three = sorted(table, key=table.__getitem__)[:3]
    said = ", ".join(f"{c.rows} x {c.num_warps}: {table[c]:.2f}" for c in three)
    print(f"{chain.name}, {tokens} tokens, rows x warps: {said}", flush=True)
    return table


def table_from(measured: Iterable[Measurement], launch: float) -> list[list[int]]:
    """The rows of the table: work, the best configuration, and that for few rows if it is another.

    Best is the configuration whose worst time, as a multiple of the best one at each chain and number of tokens, is
    least. ``launch``, the time of a kernel that does nothing, is added to all: none runs without one.
    """
    groups: dict[Work, dict[tuple[str, int], dict[Config, float]]] = {}
    for m in measured:
        tables = groups.setdefault(m.work, {})
        tables.setdefault((m.chain, m.tokens), {})[m.config] = m.microseconds
    rows = []
    for key, tables in sorted(groups.items()):
        best = _least_regret(list(tables.values()), launch)
        few = [table for (_, tokens), table in tables.items() if tokens <= FEW_TOKENS]
        best_of_few = _least_regret(few, launch) if few else best
        rows.append([*key, *astuple(best), *(astuple(best_of_few) if best_of_few != best else ())])
    return rows


def _least_regret(tables: list[dict[Config, float]], launch: float) -> Config:
    def regret(config: Config) -> float:
        return max((table[config] + launch) / (min(table.values()) + launch) for table in tables)

    return min(tables[0], key=regret)


def write(table: list[list[int]]) -> None:
    """Put what was measured into the package's table, a line for each kind of work; other lines stay."""
    import irfuse

    name = arch_of(torch.device("cuda", torch.cuda.current_device())).name
    file = Path(irfuse.__file__).parent / "kernel" / "launch_tables" / f"{name}.json"
    there = json.loads(file.read_text()) if file.exists() else []
    rows = {tuple(row[:3]): row for row in [*there, *table]}
    lines = ",\n".join(f"  {json.dumps(rows[key])}" for key in sorted(rows))
    file.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    sys.exit(main())
