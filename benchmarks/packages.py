"""What irfuse does to linears that quantisation packages made: sites fused, missed and why, outputs and graph breaks.

    python benchmarks/packages.py [--only TEXT ...] [--markdown FILE]

Each block is small and random: a norm or a product, and a linear that quantises what it reads (package_schemes.py). It
is run in eager torch and under torch.compile(backend="irfuse") with "irfuse.rest": "eager", so that every bit of the
output must be the same. docs/packages.md holds what --markdown writes; `make packages` installs the packages for it.
"""

from __future__ import annotations

import argparse
import platform
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
import torch.nn.functional as F
from package_schemes import SCHEMES, Scheme
from tables import markdown_table, same
from torch import nn
from torch.utils._pytree import tree_leaves

import irfuse

HIDDEN = 256
HEADERS = ("package", "scheme", "norm", "add norm", "gated norm", "act mul", "outputs", "breaks")
NOT_RUN, MISSED, UNSEEN = "not run", "missed", "not seen"
INTRODUCTION = """# Quantisation packages

What irfuse does to linears that quantise what they read as packages deploy it (`benchmarks/package_schemes.py`),
behind an RMSNorm, one with a residual add before it, one with a gate behind it, and a product of silu. Each is a
block with one such linear, of 256 columns and 24 tokens in bf16, with random weights, on the CPU. A cell names the
chains that `irfuse.explain` reports as fused, or says what happened: `missed` with a reason below, `not seen` where
the report has no quant. *outputs* compares the four compiled blocks with eager torch, bit for bit, with
`"irfuse.rest": "eager"`; *breaks* counts the places in which Dynamo ends a graph.

Where a scheme asks for a GPU, what it makes of weights and rows is made here without asking. For `*` a product of
dequantised numbers stands for the GEMM, which CPUs do not have. *called* is compressed-tensors with its
`forward_quantize` called by the linear, in place of the forward that the package wraps."""


NOTES = """## What would help

- **compressed-tensors, as shipped**: its wrapped forward replaces the weight in a context manager that Dynamo does
  not trace, so that the norm is in one graph and the quant in another; no setting of the package avoids it. A linear
  that calls `compressed_tensors.quantization.lifecycle.forward.forward_quantize` on its input, as *called* does, is
  one graph.
- **compressed-tensors, rows without a batch**: for a tensor of two axes, strategy `token` takes one scale for the
  whole tensor, which costs a kernel more than a scale for each token
  (`findings/compressed_tensors_token_of_two_axes.sh`).
- **FineGrainedFP8** hands bf16 rows and fp8 weights to a matmul that quantises inside, from a kernel of the hub that
  runs on GPUs alone. The report says of such an op that it takes rows that are not quantised; quantise them in
  torch's own ops and hand it codes and scales.
- **FbgemmFp8** takes its quant from fbgemm_gpu, which has none for CPUs; `fbgemm.quantize_fp8_per_row` is in the
  table of [vendor_ops.md](vendor_ops.md).
- **optimum-quanto** quantises in a hook before the linear and makes a tensor of its own class there, for which Dynamo
  ends the graph; the op inside, `quanto.quantize_symmetric`, is known, and fused by itself.
- **bitsandbytes** quantises behind an op of its own, rows that were cast to f16. On a CPU it quantises no rows, and its
  path for GPUs is called here."""


class Block(nn.Module):
    """A weight and a linear, for rows of two inputs at most."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter((1 + 0.1 * torch.randn(HIDDEN)).bfloat16(), requires_grad=False)
        self.linear = nn.Linear(HIDDEN, HIDDEN, bias=False, dtype=torch.bfloat16)

    def norm(self, x: torch.Tensor) -> torch.Tensor:
        """The RMSNorm of Llama."""
        h = x.float()
        return self.weight * (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-6)).to(x.dtype)


class Norm(Block):
    """Norm, linear."""

    def forward(self, x: torch.Tensor, _z: torch.Tensor) -> torch.Tensor:
        """Rows to rows."""
        return self.linear(self.norm(x))


class AddNorm(Block):
    """Residual add, norm, linear; the sum is a result too."""

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows and the residual to rows and the sum."""
        total = x + z
        return self.linear(self.norm(total)), total


class GatedNorm(Block):
    """Norm, gate, linear."""

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """Rows and the gate to rows."""
        return self.linear((self.norm(x).float() * F.silu(z.float())).to(x.dtype))


class ActMul(Block):
    """Product with an activation, linear."""

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """Two halves to rows."""
        return self.linear(F.silu(x) * z)


BLOCKS = {"norm": Norm, "add norm": AddNorm, "gated norm": GatedNorm, "act mul": ActMul}


@dataclass
class Row:
    """What became of a scheme: a cell for each block, reasons with the blocks that have them, and graph breaks."""

    scheme: Scheme
    found: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, list[str]] = field(default_factory=dict)
    breaks: dict[str, str] = field(default_factory=dict)
    differ: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Package and scheme."""
        return f"{self.scheme.package} {self.scheme.name}"

    def ran(self) -> list[str]:
        """The blocks that were run."""
        return [block for block, cell in self.found.items() if cell != NOT_RUN]

    def fused(self) -> int:
        """The blocks in which nothing is missed, and the quant's kernels have what is before it."""
        return sum(
            "quant" in cell and ("norm" in cell or "mul" in cell) and MISSED not in cell for cell in self.found.values()
        )

    def cells(self) -> list[str]:
        """The row as text, by `HEADERS`."""
        outputs = "" if not self.ran() else f"DIFFERENT: {', '.join(self.differ)}" if self.differ else "equal"
        name = self.scheme.name + ("*" if self.scheme.stands_in else "")
        return [self.scheme.package, name, *(self.found[b] for b in BLOCKS), outputs, str(len(self.breaks))]


def cell(report: irfuse.Report) -> str:
    """The chains that are fused in a block; what is missed, or that nothing was seen."""
    chains = " + ".join(chain for chain, by in report.counts().items() for _ in range(sum(by.values())))
    quantises = any("quant" in site.chain for site in report.fused)
    return (f"{chains}, {MISSED}" if chains else MISSED) if report.missed else chains if quantises else UNSEEN


def measure(row: Row, name: str) -> None:
    """Fill in what became of a block: the report, and the compiled run beside the eager one."""
    torch.manual_seed(0)
    block = BLOCKS[name]().eval()
    inputs = [torch.randn(*row.scheme.sizes, HIDDEN).bfloat16() for _ in range(2)]
    row.scheme.apply(block)
    want = tree_leaves(block(*inputs))
    torch._dynamo.reset()
    report = irfuse.explain(block, *inputs)
    torch._dynamo.reset()
    got = tree_leaves(torch.compile(block, backend="irfuse", options={"irfuse.rest": "eager"})(*inputs))
    row.found[name] = cell(report)
    for site in (*report.missed, *report.norms):
        cure = f"; cure: {site.cure}" if site.cure else ""
        row.reasons.setdefault(f"{site.op}: {without_places(site.reason)}{cure}", []).append(name)
    row.breaks |= {found.location: found.reason for found in report.breaks}
    if not all(same(a, b) for a, b in zip(got, want, strict=True)):
        row.differ.append(name)


def without_places(reason: str) -> str:
    """A reason without the lines of this script, in which blocks differ."""
    return re.sub(r" \((?:[^()]*[/ ])?packages\.py:[^()]*\)", "", reason)


def run(scheme: Scheme) -> Row:
    """The row of a scheme; where a package cannot be used here, the reason is what it says."""
    row = Row(scheme)
    for name in BLOCKS:
        try:
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                measure(row, name)
        except Exception as fault:  # of a package or of Dynamo: it ends this block only
            row.found[name] = NOT_RUN
            text = next((line.strip() for line in str(fault).splitlines() if line.strip()), "")
            row.reasons.setdefault(f"{NOT_RUN}: {type(fault).__name__}: {text[:160]}", []).append(name)
    return row


def where_by_reason(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Each reason, and the schemes and blocks that have it."""
    by: dict[str, list[str]] = {}
    for row in rows:
        for reason, blocks in row.reasons.items():
            where = "" if len(set(blocks)) == len(BLOCKS) else f" ({', '.join(dict.fromkeys(blocks))})"
            by.setdefault(reason, []).append(row.name + where)
    return [(reason, ", ".join(where)) for reason, where in by.items()]


def where_by_break(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """Each place in which Dynamo ends a graph, why, and the schemes in which it does."""
    by: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for location, reason in row.breaks.items():
            by.setdefault((location, reason), []).append(row.name)
    return [(location, reason, ", ".join(where)) for (location, reason), where in by.items()]


def summary(rows: Sequence[Row]) -> str:
    """The totals, in a sentence."""
    ran = sum(len(row.ran()) for row in rows)
    equal = ran - sum(len(row.differ) for row in rows)
    blocks, fused = len(rows) * len(BLOCKS), sum(row.fused() for row in rows)
    return (
        f"{len(rows)} schemes, {ran} blocks run of {blocks}; in {fused} of {ran} the quant is fused with what is "
        f"before it; outputs equal in {equal} of {ran}."
    )


def versions(rows: Sequence[Row]) -> str:
    """The versions of torch, of the packages and of Python."""
    named = dict.fromkeys(("torch", *(row.scheme.package for row in rows), "xdsl"))
    found = []
    for name in named:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} is not installed")
    return f"{', '.join(found)}, Python {platform.python_version()}, on the CPU ({platform.machine()})"


def tables(rows: Sequence[Row]) -> Iterator[str]:
    """The tables of the page: schemes, reasons, breaks."""
    yield markdown_table(HEADERS, (row.cells() for row in rows))
    if reasons := where_by_reason(rows):
        yield "## What is missed, and norms outside of chains"
        yield markdown_table(("reason", "where"), reasons)
    if breaks := where_by_break(rows):
        yield "## Graph breaks"
        yield markdown_table(("line", "reason", "where"), breaks)


def document(rows: Sequence[Row], command: str) -> str:
    """docs/packages.md: the command and versions, the tables, and below them what is written by hand."""
    head = (INTRODUCTION, f"```\n{command}\n```", f"{versions(rows)}. {summary(rows)}")
    return "\n\n".join((*head, *tables(rows), NOTES))


def chosen(only: Iterable[str]) -> list[Scheme]:
    """The schemes whose package and name hold one of these texts; all where there is none."""
    texts = list(only)
    return [s for s in SCHEMES if not texts or any(text in f"{s.package} {s.name}" for text in texts)]


def main() -> int:
    """Print the tables, and write them where asked; 0 if every block that ran gave eager's output."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    sys.path.remove(str(Path(__file__).parent))  # its kernels.py is not the package that transformers looks for
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT", help="only schemes whose names hold this")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the page of the docs too")
    options = parser.parse_args()
    rows = []
    for scheme in chosen(options.only):
        rows.append(run(scheme))
        print("  ".join(rows[-1].cells()), flush=True)
    print("\n\n".join([*tables(rows)][1:]))
    print(f"{versions(rows)}. {summary(rows)}")
    if options.markdown:
        only = f" --only {' '.join(options.only)}" if options.only else ""
        options.markdown.write_text(document(rows, f"python benchmarks/packages.py{only}") + "\n")
    return 1 if any(row.differ for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
