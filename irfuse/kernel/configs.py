"""Launch configurations: rows per program and warps, from a table of the architecture or from a model.

The tables lie in irfuse/kernel/launch_tables, a file for each architecture. benchmarks/tune.py measures them; those of
gfx942 and gfx950 are not measured but chosen from the compiled assembly, by benchmarks/rocm.py. Nothing is tuned when a
kernel is compiled or run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

MOST_WARPS = 16
LONG_ROW = 2048
FEW_ELEMENTS = 1 << 19
"""64 rows of 8192: about what the multiprocessors of a GPU compute at once."""


@dataclass(frozen=True)
class Config:
    """``rows`` of a kernel's tile per program, computed by ``num_warps`` waves."""

    rows: int
    num_warps: int


class Work(NamedTuple):
    """What a kernel does for a row: what its configuration is chosen by.

    ``columns`` counts padding, ``traffic`` is in bytes for a column, but for what rows or columns share, and
    ``reductions`` are the sums and maxima of a row, which make lanes wait for each other.
    """

    columns: int
    traffic: int
    reductions: int


@dataclass(frozen=True)
class Entry:
    """What is best for rows of such work.

    ``config`` serves any number of rows; ``few`` a number so small that the latency of a row is what counts, if another
    is better then.
    """

    work: Work
    config: Config
    few: Config | None = None


def config_for(work: Work, arch: str = "", wave: int = 32, rows: int | None = None) -> Config:
    """The configuration for rows of such work.

    ``rows`` is their number where it is known before a call. Of an architecture with a table, it is that of the
    nearest entry, with as many elements to a program. For any other, a lane in a wave of ``wave`` holds 16 elements,
    two 16-byte loads of bf16; 8 of a row that needs many lanes.
    """
    table = table_of(arch)
    if table:
        entry = min(table, key=lambda entry: _distance(entry.work, work))
        is_few = rows is not None and rows * work.columns <= FEW_ELEMENTS
        config = (entry.few if is_few else None) or entry.config
        return Config(_power_of_two(config.rows * entry.work.columns / work.columns), config.num_warps)
    one_wave = (8 if work.columns >= LONG_ROW else 16) * wave
    rows_of_one = _power_of_two(one_wave / work.columns)
    return Config(rows_of_one, min(MOST_WARPS, _power_of_two(rows_of_one * work.columns / one_wave)))


def configs_for(
    works: Sequence[Work], arch: str = "", wave: int = 32, rows: Sequence[int | None] | None = None
) -> tuple[Config, ...]:
    """`config_for` of each part of a kernel, made alike: as many warps, and as many entries to a program.

    What programs have in flight is what hides latency, and the part with the most registers decides how many run.
    """
    found = [config_for(work, arch, wave, n) for work, n in zip(works, rows or [None] * len(works), strict=True)]
    warps = max(config.num_warps for config in found)
    tiles = [config.rows * warps // config.num_warps for config in found]
    most = max(n * work.columns for n, work in zip(tiles, works, strict=True))
    alike = (1 if n == 1 else _power_of_two(most / work.columns) for n, work in zip(tiles, works, strict=True))
    return tuple(Config(n, warps) for n in alike)


@cache
def table_of(arch: str) -> tuple[Entry, ...]:
    """The table of an architecture; empty where there is none."""
    file = files("irfuse.kernel") / "launch_tables" / f"{arch}.json"
    rows = json.loads(file.read_text()) if arch and file.is_file() else []
    return tuple(Entry(Work(*row[:3]), *(Config(*row[i : i + 2]) for i in range(3, len(row), 2))) for row in rows)


def _distance(a: Work, b: Work) -> tuple[float, int, int]:
    """How far the widths are apart, then the traffic, then the reductions."""
    return abs(math.log2(a.columns / b.columns)), abs(a.traffic - b.traffic), abs(a.reductions - b.reductions)


def _power_of_two(number: float) -> int:
    """The largest power of two that is at most a number, and at least 1."""
    return 1 << max(0, int(number).bit_length() - 1)
