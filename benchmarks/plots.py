"""Plot what benchmarks/kernels.py wrote: time by tokens, both axes logarithmic, and what memory allows.

python benchmarks/plots.py FILE.json FILE.svg [--only NAME ...]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MOST_ACROSS = 3


def series(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[list[int], list[float]]]:
    """For each implementation the numbers of tokens at which it has a time, and the times."""
    lines: dict[str, tuple[list[int], list[float]]] = {}
    for row in rows:
        for name, result in row["results"].items():
            if "microseconds" in result:
                tokens, times = lines.setdefault(name, ([], []))
                tokens.append(row["tokens"])
                times.append(result["microseconds"])
    return lines


def draw(data: dict[str, Any], file: Path, only: Sequence[str] | None = None) -> str:
    """Plot the chains of these names into a file whose ending says the format; what to say about it."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return "no plot: matplotlib is not installed (pip install irfuse[bench])"
    names = list(dict.fromkeys(row["chain"] for row in data["rows"] if not only or row["chain"] in only))
    if not names:
        return "no plot: nothing was measured"
    across = min(MOST_ACROSS, len(names))
    down = math.ceil(len(names) / across)
    figure = Figure(figsize=(6 * across, 4.5 * down), layout="constrained")
    for name, axes in zip(names, figure.subplots(down, across, squeeze=False).flat, strict=False):
        _draw_one(axes, name, [row for row in data["rows"] if row["chain"] == name], data["about"]["empty"])
    figure.suptitle(f"{data['about']['gpu']}, torch {data['about']['torch']}, triton {data['about']['triton']}")
    figure.savefig(file)
    return f"plot: {file}"


def _draw_one(axes: Any, name: str, rows: Sequence[dict[str, Any]], empty: float) -> None:
    tokens = [row["tokens"] for row in rows]
    axes.plot(tokens, [row["limit"] for row in rows], "k--", label="limit: bytes / bandwidth")
    axes.axhline(empty, color="gray", linestyle=":", label="empty kernel")
    for label, line in series(rows).items():
        axes.plot(*line, marker="o", markersize=3, linewidth=2.5 if label == "irfuse" else 1, label=label)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_ylim(bottom=empty / 2)
    axes.set(title=name, xlabel="tokens", ylabel="microseconds")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")


def main() -> int:
    """Read the file, and plot."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("json", type=Path)
    parser.add_argument("plot", type=Path)
    parser.add_argument("--only", nargs="*", metavar="NAME", help="names of chains")
    options = parser.parse_args()
    print(draw(json.loads(options.json.read_text()), options.plot, options.only))
    return 0


if __name__ == "__main__":
    sys.exit(main())
