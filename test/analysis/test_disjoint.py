"""Maps that never meet, against all the entries that they have."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irfuse.analysis.digits import ONE, Digit, Fixed, Term
from irfuse.analysis.disjoint import are_disjoint
from irfuse.analysis.index_maps import IndexMap
from irfuse.dialect.sizes import Size


def the_map(*terms: tuple[int, int], offset: int = 0) -> IndexMap:
    """A map of digits of these lengths that move by these steps, each counting something else."""
    inner, found = 1, list[Term]()
    for length, step in terms:
        found.append(Term(Digit(Size(inner), length), Size(step)))
        inner *= 2 * length
    return IndexMap.of(found, offset)


def entries(index_map: IndexMap) -> set[int]:
    ranges = [range(int(t.digit.length) * t.step.factor)[:: t.step.factor] for t in index_map.terms]
    return {index_map.offset + sum(along) for along in itertools.product(*ranges)}


MAPS = st.builds(
    lambda terms, offset: the_map(*terms, offset=offset),
    st.lists(st.tuples(st.integers(2, 5), st.sampled_from([1, 2, 3, 4, 6, 8, 12, 24, 48])), max_size=3),
    st.integers(0, 60),
)


@given(MAPS, MAPS, st.sampled_from([(1000,), (40, 24), (50, 5, 4), (100, 12)]))
def test_maps_that_never_meet_have_no_entry_in_common(a: IndexMap, b: IndexMap, dims: tuple[int, ...]) -> None:
    if are_disjoint(a, b, dims):
        assert entries(a).isdisjoint(entries(b))


CODES, SCALES = the_map((128, 1), (16, 128), (6, 2112)), the_map((16, 4), (6, 2112), offset=2048)
APART = {
    "columns": (the_map((448, 1), (48, 576)), the_map((128, 1), (48, 576), offset=448), (48, 576)),
    "bytes of one element": (the_map((7, 4)), the_map((7, 4), offset=3), (28,)),
    "scales behind the codes of a block": (CODES, SCALES, (6, 16, 132)),
    "halves": (the_map((64, 1)), the_map((64, 1), offset=64), (2, 64)),
}
MEETING = {
    "columns": (the_map((449, 1), (48, 576)), the_map((128, 1), (48, 576), offset=448), (48, 576)),
    "the same byte": (the_map((7, 4)), the_map((7, 4), offset=8), (28,)),
    "a block too long": (the_map((128, 1), (17, 128), (6, 2112)), SCALES, (6, 16, 132)),
    "a row from one to the next": (the_map((3, 1), (5, 8), offset=6), the_map((2, 1), (5, 8)), (48,)),
}


@pytest.mark.parametrize("name", APART)
def test_what_never_meets_is_known_to(name: str) -> None:
    a, b, dims = APART[name]
    assert are_disjoint(a, b, dims) and are_disjoint(b, a, dims) and entries(a).isdisjoint(entries(b))


@pytest.mark.parametrize("name", MEETING)
def test_what_meets_is_not_apart(name: str) -> None:
    a, b, dims = MEETING[name]
    assert not are_disjoint(a, b, dims) and not entries(a).isdisjoint(entries(b))


def test_halves_of_a_length_that_is_a_name() -> None:
    """Keys and values in one tensor of as many blocks as a name says."""
    rows = Size.of("s0")
    keys = [Term(Digit(ONE, 16), ONE), Term(Digit(Size(16), "s0"), Size(16))]
    values = [*keys, Term(Digit(ONE, 2, Fixed(1)), rows * Size(16))]
    assert are_disjoint(IndexMap.of(keys), IndexMap.of(values), [2, "s0", 16])
    assert not are_disjoint(IndexMap.of(values), IndexMap.of(values), [2, "s0", 16])
