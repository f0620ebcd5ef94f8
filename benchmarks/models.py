"""What irfuse does to transformers' families: chains found, fused and missed with reasons, and outputs against eager.

    python benchmarks/models.py [--family NAME ...] [--dynamic] [--markdown FILE]

Each model is tiny and random (tiny_models.py), and its linears quantise what they read to fp8 (fp8_linears.py). It is
run in eager torch and under torch.compile(backend="irfuse") with "irfuse.rest": "eager", so that every bit of the
output must be the same. A family that cannot be built or compiled is a row that says so. docs/models.md holds what
--markdown writes.
"""

from __future__ import annotations

import argparse
import platform
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from fp8_linears import Fp8Linear
from tables import markdown_table, same
from tiny_models import BASE, FAMILIES, build
from torch import nn
from torch._dynamo.utils import counters

import irfuse
from irfuse.errors import InternalFaultWarning

CHAINS = ("gated_norm_quant", "norm_quant", "add_norm_quant", "act_mul_quant", "quant")
QUANTS = ("irfuse.group_quant", "irfuse.static_quant", "irfuse.cast")
"""Ops whose remark is about a quant; every other remark is about a norm."""
OTHER_SCHEMES = ("ue8m0", "token", "row", "tensor")
OTHER_SCHEMES_ON = ("llama", "mamba2", "qwen3_next")
_LINES = r"[^ (),]+:\d+(?:[-,]\d+)*"
_PLACES = f"{_LINES}(?:, {_LINES})*"
PLACE = re.compile(rf" \({_PLACES}\)|,? at {_PLACES}|, {_PLACES}(?=,)")
"""Where in the source something is, as reasons name it: families differ in it, not in the cause."""
UNREPORTED = "no site of the report"
SHAPE, OTHER_SHAPE = (2, 24), (3, 40)
"""Batch and length of the input, and of a second one where sizes are dynamic."""
HEADERS = (
    "family",
    "scheme",
    "sizes",
    "quants",
    "gated",
    "norm",
    "add norm",
    "act mul",
    "quant",
    "missed",
    "tails",
    "outputs",
    "s",
)
WIDTHS = {"family": 22, "sizes": 10}
"""Columns of the plain table that are wider than their headers."""
INTRODUCTION = """# Families of transformers

What irfuse does to the families of transformers, each as a tiny model with random weights whose linears quantise what
they read to fp8 (`benchmarks/tiny_models.py`, `benchmarks/fp8_linears.py`). *quants* counts what the linears need when
the model runs, those of equal input once; the next columns are the chains that `irfuse.explain` reports as fused, and
*missed* the rest; *tails* are norms without a quant that are fused with what is behind them. *outputs* compares the
compiled model with eager torch, bit for bit, with `"irfuse.rest": "eager"`.
Schemes: *group* and *token* are vLLM's native steps (a row that is no whole number of groups of 128 goes by token),
*ue8m0* has scales that are powers of two, *row* is torchao's PerRow, *tensor* a static scale for each linear."""


@dataclass
class Row:
    """What became of one model: ``quants`` as the eager run needs them, ``fused`` and ``missed`` as irfuse reports."""

    family: str
    scheme: str
    sizes: str
    quants: int = 0
    fused: dict[str, int] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    norms: list[str] = field(default_factory=list)
    tails: int = 0
    outputs: str = ""
    seconds: float = 0.0

    def cells(self) -> list[str]:
        """The row as text, by `HEADERS`."""
        fused = [str(self.fused.get(chain, 0)) for chain in CHAINS]
        counts = [str(self.quants), *fused, str(len(self.missed)), str(self.tails)]
        return [self.family, self.scheme, self.sizes, *counts, self.outputs, f"{self.seconds:.0f}"]


def tokens(shape: tuple[int, int], dynamic: bool) -> torch.Tensor:
    """Random token ids, none of them special."""
    ids = torch.randint(3, BASE["vocab_size"], shape, generator=torch.Generator().manual_seed(0))
    if dynamic:
        for axis in range(ids.dim()):
            torch._dynamo.maybe_mark_dynamic(ids, axis)
    return ids


def count_quants(model: nn.Module, ids: torch.Tensor) -> tuple[torch.Tensor, int]:
    """The output of the eager model, and how many quants it needs: linears that read the same values share one.

    A static scale belongs to its linear, so there each linear has its own.
    """
    quants: set[Any] = set()

    def note(linear: Fp8Linear, args: tuple[torch.Tensor]) -> None:
        own = linear if linear.scheme == "tensor" else None
        quants.add((own, args[0].shape[-1], args[0].contiguous().view(torch.uint8).numpy().tobytes()))

    hooks = [m.register_forward_pre_hook(note) for m in model.modules() if isinstance(m, Fp8Linear)]
    output = model(ids)[0]
    for hook in hooks:
        hook.remove()
    return output, len(quants)


def measure(row: Row, dynamic: bool) -> None:
    """Fill in a row: the eager run, the report, the compiled run."""
    model = build(row.family, row.scheme)
    want, row.quants = count_quants(model, tokens(SHAPE, False))
    torch._dynamo.reset()
    take_report(row, irfuse.explain(model, tokens(SHAPE, dynamic)))
    torch._dynamo.reset()
    counters.clear()
    compiled = torch.compile(model, backend="irfuse", options={"irfuse.rest": "eager"})
    equal = same(compiled(tokens(SHAPE, dynamic))[0], want)
    if dynamic:
        graphs = counters["stats"]["unique_graphs"]
        ids = tokens(OTHER_SHAPE, False)
        equal = same(compiled(ids)[0], model(ids)[0]) and equal
        row.sizes = "dynamic" if counters["stats"]["unique_graphs"] == graphs else "recompiled"
    row.outputs = ("equal" if equal else "DIFFERENT") + ("" if torch.isfinite(want).all() else ", not finite")


def take_report(row: Row, report: irfuse.Report) -> None:
    """The sites of a report, sorted into fused chains, missed quants and norms without a quant."""
    counts = {chain: sum(by.values()) for chain, by in report.counts().items()}
    row.fused = {chain: n for chain, n in counts.items() if chain in CHAINS}
    row.tails = sum(n for chain, n in counts.items() if chain not in CHAINS)
    row.missed = [site.reason for site in report.missed if site.op in QUANTS]
    row.norms = [site.reason for site in (*report.missed, *report.norms) if site.op not in QUANTS]
    row.missed += [UNREPORTED] * (row.quants - sum(row.fused.values()) - len(row.missed))


def run(family: str, scheme: str, dynamic: bool) -> Row:
    """The row of a model; where it cannot be built or compiled, the row says why."""
    row = Row(family, scheme, "dynamic" if dynamic else "static")
    start = time.perf_counter()
    try:
        with torch.no_grad(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            measure(row, dynamic)
        faults = [str(w.message) for w in caught if issubclass(w.category, InternalFaultWarning)]
        row.outputs += "".join(f"; {fault}" for fault in dict.fromkeys(faults))
    except Exception as fault:  # of transformers, dynamo or irfuse: it ends this family only
        first = next((line for line in str(fault).splitlines() if line.strip()), "")
        row.outputs = f"not run: {type(fault).__name__}: {first.strip()[:120]}"
    row.seconds = time.perf_counter() - start
    return row


def text_table(rows: Iterable[Row]) -> Iterator[str]:
    """The lines of a plain table, each as soon as its row is there."""
    widths = [WIDTHS.get(header, len(header)) for header in HEADERS]
    yield "  ".join(f"{cell:{width}}" for cell, width in zip(HEADERS, widths, strict=True)).rstrip()
    for row in rows:
        yield "  ".join(f"{cell:{width}}" for cell, width in zip(row.cells(), widths, strict=True)).rstrip()


def families_by(rows: Sequence[Row], kind: str) -> list[tuple[str, str]]:
    """Each reason for a missed quant (kind ``missed``) or norm (``norms``), and the rows that have it with counts."""
    by: dict[str, Counter[str]] = {}
    for row in rows:
        name = row.family if row.scheme == "group" else f"{row.family} ({row.scheme})"
        for reason in getattr(row, kind):
            by.setdefault(PLACE.sub("", reason), Counter())[name] += 1
    ordered = sorted(by.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(reason, ", ".join(f"{name} {n}" for name, n in names.items())) for reason, names in ordered]


def summary(rows: Sequence[Row]) -> str:
    """The totals, in a sentence."""
    ran = [row for row in rows if not row.outputs.startswith("not run")]
    fused = sum(sum(row.fused.values()) for row in ran)
    equal = sum(row.outputs == "equal" for row in ran)
    families = len({row.family for row in ran})
    return (
        f"{families} families, {len(ran)} models run of {len(rows)}; {sum(r.quants for r in ran)} quants, "
        f"{fused} fused, {sum(len(r.missed) for r in ran)} missed; outputs equal in {equal} of {len(ran)}."
    )


def document(rows: Sequence[Row], command: str) -> str:
    """docs/models.md: the command and versions, the table, and below it the reasons."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "xdsl"))
    parts = (
        INTRODUCTION,
        f"```\n{command}\n```",
        f"{versions}, Python {platform.python_version()}, on the CPU. {summary(rows)}",
        markdown_table(HEADERS, (row.cells() for row in rows)),
        "## Quants that are missed",
        markdown_table(("reason", "quants"), families_by(rows, "missed")),
        "## Norms outside of chains",
        markdown_table(("reason", "norms"), families_by(rows, "norms")),
    )
    return "\n\n".join(parts)


def run_all(families: Sequence[str], dynamic: bool, rows: list[Row]) -> Iterator[Row]:
    """Run the families by group, then some by the other schemes; each row is kept and handed on when it is there."""
    models = [(family, "group") for family in families]
    models += [(family, scheme) for family in OTHER_SCHEMES_ON if family in families for scheme in OTHER_SCHEMES]
    for family, scheme in models:
        rows.append(run(family, scheme, dynamic))
        yield rows[-1]


def report(rows: list[Row], lines: Iterable[str]) -> None:
    """Print the table as it grows, then why sites were missed, and the totals."""
    for line in lines:
        print(line, flush=True)
    for kind in ("missed", "norms"):
        for reason, where in families_by(rows, kind):
            print(f"{kind}: {reason}\n        {where}")
    print(summary(rows))


def main() -> int:
    """Print the table, and write it where asked; 0 if every model that ran gave eager's output."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--family", nargs="+", choices=FAMILIES, metavar="NAME", help="only these families")
    parser.add_argument("--dynamic", action="store_true", help="batch and length are symbolic, and two sizes are run")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the page of the docs too")
    options = parser.parse_args()
    rows: list[Row] = []
    report(rows, text_table(run_all(options.family or list(FAMILIES), options.dynamic, rows)))
    if options.markdown:
        command = "python benchmarks/models.py" + " --dynamic" * options.dynamic
        command += f" --family {' '.join(options.family)}" if options.family else ""
        options.markdown.write_text(document(rows, command) + "\n")
    return 0 if all(row.outputs == "equal" or row.outputs.startswith("not run") for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
