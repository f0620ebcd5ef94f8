"""Launch configurations: rows per program and warps, by the width of a row and the width of a wave."""

from __future__ import annotations

from dataclasses import dataclass

ELEMENTS_PER_LANE = 16
"""What one lane of a wave holds of a tile: two 16-byte loads of bf16."""
MOST_WARPS = 16
MOST_ELEMENTS = 8192


@dataclass(frozen=True)
class Config:
    """``rows`` of a kernel's tile per program, computed by ``num_warps`` waves."""

    rows: int
    num_warps: int


def config_for(tile_columns: int, wave: int = 32) -> Config:
    """The configuration for rows of this many columns, padding counted, on lanes in waves of ``wave``."""
    one_wave = ELEMENTS_PER_LANE * wave
    rows = max(1, one_wave // tile_columns)
    warps = rows * tile_columns // one_wave
    return Config(rows, max(1, min(MOST_WARPS, warps)))
