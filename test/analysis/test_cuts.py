"""How rows are cut: every run is made of whole pieces, and a row of whole runs."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from irfuse.analysis.cuts import MOST_PIECES, cut
from irfuse.analysis.digits import NotRowWise
from irfuse.dialect.sizes import Size

TOKENS = Size(1, ("s0",))
LENGTHS = st.integers(1, 6).flatmap(lambda a: st.integers(0, 6).map(lambda b: a << b))


@settings(deadline=None, derandomize=True, max_examples=500)
@given(LENGTHS, st.lists(LENGTHS, max_size=4))
def test_every_run_is_made_of_whole_pieces(columns: int, borders: list[int]) -> None:
    try:
        found = cut(columns, borders, TOKENS * Size(math.lcm(columns, *borders)))
    except NotRowWise:
        assume(False)
    ends = [math.prod(found.factors[axis:]) for axis in range(len(found.factors) + 1)]
    assert ends[0] == found.columns and found.columns % columns == 0
    for run in borders:
        if run > found.columns:
            assert run % found.columns == 0
        elif found.crossed is not None and ends[found.crossed + 1] < run < ends[found.crossed]:
            assert run % ends[found.crossed + 1] == 0 and ends[found.crossed] % run == 0
        else:
            assert run in ends
    assert found.crossed is None or found.factors[found.crossed] <= MOST_PIECES


@pytest.mark.parametrize(
    ("columns", "borders", "found"),
    [
        (192, [128], (384, (6, 64), 0)),
        (96, [64, 32, 768], (192, (6, 32), 0)),
        (768, [192, 128, 16], (768, (2, 6, 4, 16), 1)),
        (192, [64, 32], (192, (3, 2, 32), None)),
        (64, [128, 192], (64, (64,), None)),
    ],
)
def test_cuts_of_a_row(columns: int, borders: list[int], found: tuple[object, ...]) -> None:
    cuts = cut(columns, borders, TOKENS * Size(768))
    assert (cuts.columns, cuts.factors, cuts.crossed) == found
    assert cut(cuts.columns, cuts.borders, TOKENS * Size(768)) == cuts


@pytest.mark.parametrize(
    ("columns", "borders", "total", "reason"),
    [
        (192, [128], TOKENS * Size(192), "runs of 128 and of 192 columns"),
        (192, [128], Size(960), "runs of 128 and of 192 columns"),
        (112, [128], TOKENS * Size(896), "runs of 112 and of 128 columns"),
        (192, [128, 2, 3], TOKENS * Size(384), "runs of 2 and of 3 columns"),
    ],
)
def test_rows_that_cannot_be_cut(columns: int, borders: list[int], total: Size, reason: str) -> None:
    with pytest.raises(NotRowWise, match=f"{reason} do not nest"):
        cut(columns, borders, total)
