"""When a kernel may read what it writes, against the entries themselves: none that is read is another row's."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irfuse.analysis.digits import ONE, Axis, Digit, NotRowWise, Summand, Term, Window
from irfuse.analysis.disjoint import are_apart
from irfuse.analysis.in_place import ACROSS_ROWS, check_rows_apart
from irfuse.analysis.index_maps import IndexMap
from irfuse.analysis.rows import Rows
from irfuse.dialect.sizes import Size

TOTAL, COLUMNS = 24, 4
ROWS = Rows(COLUMNS, (COLUMNS,), {}, Size(TOTAL), (), borders=frozenset({COLUMNS}))


def map_of(*terms: tuple[int, int | None, int], offset: int = 0) -> IndexMap:
    """The map of terms that are given as the entries inside of a digit, its length, and its step."""
    digits = [Digit(Size(inner), length, None, Size(TOTAL)) for inner, length, _ in terms]
    return IndexMap.of([Term(digit, Size(step)) for digit, (_, _, step) in zip(digits, terms, strict=True)], offset)


def entries(index_map: IndexMap) -> list[int]:
    """The entry of every point of an index."""
    return [
        index_map.offset
        + sum(p // t.digit.inner.factor % (t.digit.length or TOTAL) * t.step.factor for t in index_map.terms)
        for p in range(TOTAL)
    ]


TERMS = st.tuples(st.sampled_from([1, 2, 4, 8, 12]), st.sampled_from([2, 3, 4, 6, None]), st.integers(-3, 24))
MAPS = st.builds(lambda terms, offset: map_of(*terms, offset=offset), st.lists(TERMS, max_size=3), st.integers(0, 40))


@given(MAPS, MAPS)
@settings(max_examples=400)
def test_what_is_apart_has_no_entry_in_common(a: IndexMap, b: IndexMap) -> None:
    if are_apart([a], [b]):
        assert set(entries(a)).isdisjoint(entries(b))


@given(st.lists(MAPS, min_size=1, max_size=2))
@settings(max_examples=400)
def test_rows_have_no_entry_in_common(maps: list[IndexMap]) -> None:
    try:
        check_rows_apart(ROWS, maps)
    except NotRowWise:
        return
    rows = [{entries(m)[p] for m in maps for p in range(r, r + COLUMNS)} for r in range(0, TOTAL, COLUMNS)]
    assert all(a.isdisjoint(b) for a, b in itertools.combinations(rows, 2))


FULL = map_of((1, None, 1))
HEADS = map_of((1, 8, 1), (8, None, 20), offset=4)
"""Two rows of each token are heads, of five that it has."""


@pytest.mark.parametrize(
    "maps",
    [
        [FULL, FULL],
        [FULL, map_of((1, 2, 1), (4, None, 4), offset=2)],
        [HEADS, HEADS],
        [HEADS, map_of((1, 4, -1), (4, 2, 4), (8, None, 20), offset=7)],
        [map_of((1, 4, 1), (4, 2, 12), (8, None, 4))],
        [FULL, IndexMap.of([Term(Digit(ONE, 3, Summand(0)), ONE), Term(Digit(Size(4), None), Size(4))])],
    ],
    ids=["whole rows", "a part of each", "heads", "backwards", "heads before tokens", "a sum"],
)
def test_rows_that_are_read_and_written_by_one_program(maps: list[IndexMap]) -> None:
    check_rows_apart(ROWS, maps)


def seen(length: int, digit: Digit) -> IndexMap:
    """What is seen of rows through a window, which moves by a digit."""
    window = Window(Axis((Term(Digit(ONE, 4), ONE), Term(digit, Size(4)))).terms, -2, length)
    return IndexMap.of([Term(Digit(ONE, length, window), ONE), Term(Digit(Size(4), None), Size(4))])


@pytest.mark.parametrize(
    "maps",
    [
        [FULL, map_of((1, None, 1), offset=4)],
        [FULL, map_of((1, None, 1), offset=2)],
        [FULL, map_of((1, 4, 1))],
        [FULL, map_of((1, 8, 1), (8, None, 12))],
        [map_of((1, 4, 1), (4, None, 3))],
        [map_of((1, 4, 1), (4, 2, 4), (8, None, 4))],
        [map_of((1, 4, 1), (8, None, 4))],
        [map_of((1, 4, 1), (4, 2, 8), (8, None, 8))],
        [FULL, seen(4, Digit(Size(4), None))],
    ],
    ids=[
        *("the next row", "half of it", "one for all", "other steps", "rows overlap", "tokens overlap"),
        *("one for two", "two that a third follows too early", "a window that moves"),
    ],
)
def test_rows_that_others_may_read_are_refused(maps: list[IndexMap]) -> None:
    with pytest.raises(NotRowWise, match=f"^{ACROSS_ROWS}$"):
        check_rows_apart(ROWS, maps)


def test_columns_apart_are_found_in_the_period_of_their_rows() -> None:
    assert are_apart([map_of((1, 4, 1), (4, None, 10))], [map_of((1, 2, 1), (2, None, 20), offset=4)])
    assert are_apart([map_of((1, 12, 1))], [map_of((1, 12, 1), offset=12)])
    assert not are_apart([map_of((1, 4, 1), (4, None, 10))], [map_of((1, 2, 1), (2, None, 20), offset=3)])
    assert not are_apart([map_of((1, 4, 1), (4, None, 10))], [map_of((1, 2, 1), (2, None, 15), offset=4)])
