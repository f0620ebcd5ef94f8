"""Where an entry stands along the axes of a shape: each way in which a shape, or an op, does not fit a map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bodies import built
from xdsl.dialects.builtin import f32, i64

from irfuse import dialect as d
from irfuse.analysis.axes import axes_of
from irfuse.analysis.digits import Axis, Digit, NotRowWise, Term
from irfuse.analysis.index_maps import IndexMap
from irfuse.analysis.rows import analyse
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import make_tensor


def map_of(*terms: tuple[int, Dim | None, Any], offset: int = 0) -> IndexMap:
    """The map of terms that are given as the columns inside of a digit, its length, and its step."""
    return IndexMap.of([Term(Digit(Size(n), length), Size.of(step)) for n, length, step in terms], offset)


SHAPES: dict[str, tuple[IndexMap, list[Dim]]] = {
    "an axis of step 1 lies outside the row": (map_of((1, 8, 1)), []),
    "an entry 5 lies outside the row": (map_of(offset=5), []),
    "a run of 8 columns lies outside an axis of 6": (map_of((1, 8, 1)), [6]),
    "a run of 6 columns lies outside an axis of 4": (map_of(offset=5), [4]),
    "an axis of 6 does not divide a run of 4 columns": (map_of((1, 4, 4)), [4, 6]),
    "an axis of 6 does not divide a run of unknown length": (map_of((1, None, 4)), [4, 6]),
    "an axis of s0 is made of runs that do not nest": (map_of((1, 4, 1), (8, 4, 6)), ["s0"]),
    "an axis of s0 is not read from its beginning on": (map_of((1, 4, 1), offset=1), ["s0"]),
}


@pytest.mark.parametrize("reason", SHAPES)
def test_a_shape_that_does_not_fit_its_map(reason: str) -> None:
    with pytest.raises(NotRowWise, match=reason):
        axes_of(*SHAPES[reason])


def test_a_window_has_a_known_length() -> None:
    with pytest.raises(NotRowWise, match="rows whose length is not known are padded or put together"):
        Axis((Term(Digit(Size(1), None), Size(1)),)).through(5)


BODIES: dict[str, tuple[list[Any], Callable[..., Any]]] = {
    "rows are chosen by numbers that the chain computes": (
        [[8, 64], make_tensor(f32, [5])],
        lambda b, x, i: [b.emit(d.GatherOp(x, b.cast(i, i64)))],
    ),
    "pieces are put together along the rows, of which there is no known number": (
        [["s0", 2, "s1", 64], ["s0", 2, "s1", 64]],
        lambda b, x, y: [b.emit(d.ConcatOp([x, y], 1))],
    ),
}


@pytest.mark.parametrize("reason", BODIES)
def test_an_op_that_does_not_fit_its_map(reason: str) -> None:
    with pytest.raises(NotRowWise, match=reason):
        analyse(built(*BODIES[reason]))
