"""A line for each chain of what benchmarks/kernels.py measured: irfuse's time, and that of the best peer beside it.

    python benchmarks/summary.py FILE ...

Files are those of ``--json``, later ones in place of earlier ones where both have a chain. Eager torch is no peer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chains import CHAINS

TOKENS = (1, 64, 1024, 16384, 65536)
MANY = 16384
"""From so many tokens on, memory is the limit."""
Row = dict[str, Any]


def merged(files: Iterable[Path]) -> dict[tuple[str, int], Row]:
    """All rows by chain and number of tokens; a file's chains replace those of earlier files."""
    rows: dict[tuple[str, int], Row] = {}
    for file in files:
        new = json.loads(file.read_text())["rows"]
        chains = {row["chain"] for row in new}
        rows = {key: row for key, row in rows.items() if key[0] not in chains}
        rows |= {(row["chain"], row["tokens"]): row for row in new}
    return rows


def best_peer(row: Row) -> tuple[str, float]:
    """The fastest peer and its time."""
    times = {name: r.get("microseconds") for name, r in row["results"].items() if name not in ("irfuse", "eager")}
    return min(((name, time) for name, time in times.items() if time is not None), key=lambda pair: pair[1])


def cells_of(row: Row) -> list[str]:
    """The times at one number of tokens, and with many tokens what memory allows as a share of irfuse's time."""
    own, (peer, time) = row["results"]["irfuse"]["microseconds"], best_peer(row)
    return [f"{own:.4g} ({time:.4g} {peer})", *([f"{row['limit'] / own:.2f}"] if row["tokens"] >= MANY else [])]


def table(rows: dict[tuple[str, int], Row]) -> list[str]:
    """The lines of the table, and how often irfuse is the fastest."""
    headings = [c for tokens in TOKENS for c in (str(tokens), *(["limit / irfuse"] if tokens >= MANY else []))]
    lines = [f"| chain | {' | '.join(headings)} |", f"|{'---|' * (1 + len(headings))}"]
    for chain in (c.name for c in CHAINS if (c.name, TOKENS[0]) in rows):
        cells = [cell for tokens in TOKENS for cell in cells_of(rows[chain, tokens])]
        lines.append(f"| {chain} | {' | '.join(cells)} |")
    first = sum(row["results"]["irfuse"]["microseconds"] <= best_peer(row)[1] for row in rows.values())
    return [*lines, "", f"irfuse is the fastest in {first} of {len(rows)} measurements."]


def main() -> int:
    """Print the table."""
    if len(sys.argv) < 2:
        print("summary.py: error: name one file or more that kernels.py --json has written", file=sys.stderr)
        return 1
    print("\n".join(table(merged(map(Path, sys.argv[1:])))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
