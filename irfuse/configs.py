"""Launch configurations: rows per program and warps, by the width of a row and the width of a wave."""

from __future__ import annotations

from dataclasses import dataclass

MOST_WARPS = 16
LONG_ROW = 2048


@dataclass(frozen=True)
class Config:
    """``rows`` of a kernel's tile per program, computed by ``num_warps`` waves."""

    rows: int
    num_warps: int


def config_for(tile_columns: int, wave: int = 32) -> Config:
    """The configuration for rows of this many columns, padding counted, on lanes in waves of ``wave``.

    A lane holds 16 elements of a tile, which are two 16-byte loads of bf16; 8 where a row needs many waves anyway.
    """
    one_wave = (8 if tile_columns >= LONG_ROW else 16) * wave
    rows = max(1, one_wave // tile_columns)
    warps = rows * tile_columns // one_wave
    return Config(rows, max(1, min(MOST_WARPS, warps)))
