"""Whether two values are written to different entries of a tensor, so that it does not matter which is written first.

Programs of a kernel run in any order, and so do the threads of one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from contextlib import suppress

from irfuse.analysis.axes import axes_of
from irfuse.analysis.digits import Axis, NotRowWise
from irfuse.analysis.index_maps import IndexMap
from irfuse.dialect.sizes import Dim


def are_apart(a: Iterable[IndexMap], b: Iterable[IndexMap]) -> bool:
    """Whether none of the entries of the first maps is one of the second, whatever the points of their indices are."""
    return all(are_disjoint(x, y) for x, y in itertools.product(a, b))


def are_disjoint(a: IndexMap, b: IndexMap, dims: Sequence[Dim] = ()) -> bool:
    """Whether no entry of a tensor, of this shape, is in ``a`` at one point of the index and in ``b`` at any.

    It is so where, counted in some period, all of the one stand before all of the other: heads of a token among heads.
    """
    with suppress(NotRowWise):
        if dims and any(map(_never_meet, axes_of(a, dims), axes_of(b, dims))):
            return True
    return _never_meet(Axis(a.terms, a.offset), Axis(b.terms, b.offset))


def _never_meet(a: Axis, b: Axis) -> bool:
    """Whether two coordinates always differ: they do where they lie in different parts of every run of a length.

    Numbers that are looked up may be any that their axis has.
    """
    runs = {abs(term.step.factor) for axis in (a, b) for term in axis.terms if not term.step.atoms}
    return any(_lie_apart(a, b, run) for run in (None, *sorted(runs - {0, 1})))


def _lie_apart(a: Axis, b: Axis, run: int | None) -> bool:
    """Whether one coordinate is always smaller than another, both counted within runs of a length, or as they are."""
    first, second = (axis if run is None else _within(axis, run) for axis in (a, b))
    low, high = first.bounds(), second.bounds()
    if low is None or high is None or (run is not None and not all(0 <= n < run for n in (*low, *high))):
        return False
    return low[1] < high[0] or high[1] < low[0]


def _within(axis: Axis, run: int) -> Axis:
    """A coordinate without what counts whole runs."""
    return Axis(tuple([term for term in axis.terms if term.step.factor % run]), axis.offset % run)
