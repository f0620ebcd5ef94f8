"""The addresses of a kernel: where in memory the elements of a tile lie, by the strides of each operand and result."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Block, SSAValue

from irfuse.analysis.axes import axes_of, joined
from irfuse.analysis.digits import ONE, Base, Digit, Fixed, NotRowWise, Summand, Term, Window
from irfuse.analysis.index_maps import IndexMap, Lookup
from irfuse.analysis.rows import Rows
from irfuse.analysis.stores import places_of, store_of
from irfuse.dialect.fused import YieldOp
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import dims_of, strides_of, tensor_type


@dataclass(frozen=True)
class Place:
    """A part of an address: an index times a stride, ``(index // divisor % extent) * stride``.

    The index is that of the row, of one axis of the tile, the coordinate of a window, or a number looked up.
    """

    axis: int | None
    stride: Dim
    divisor: Dim = 1
    extent: Dim | None = None
    base: Base | None = None

    def entry(self, index: int) -> int:
        """Which entry a point of an axis of the tile is one of, before its stride."""
        assert isinstance(self.divisor, int) and not isinstance(self.extent, str)
        return index // self.divisor % (self.extent or index + 1)


def address_of(value: SSAValue, rows: Rows) -> tuple[list[Place], int]:
    """The address of a value's elements as a sum over the row and the axes of the tile, and where it begins."""
    return places_in(memory_map(value, rows.maps[value]), rows)


def places_in(in_memory: IndexMap, rows: Rows) -> tuple[list[Place], int]:
    """The parts of an address that a map of memory says."""
    places = [place for term in in_memory.terms for place in _places(term.digit, term.step.dim(), rows)]
    return places[::-1], in_memory.offset


def memory_map(value: SSAValue, index_map: IndexMap) -> IndexMap:
    """Where in memory an entry of a tensor lies, in elements from its first one."""
    dims, strides = dims_of(tensor_type(value)), strides_of(tensor_type(value))
    found = index_map
    if strides is not None:
        found = joined(axes_of(index_map, dims), [Size.of(stride) for stride in strides])
    terms, offset = list[Term](), found.offset
    for term in found.terms:
        inside = _terms_of_whole_window(term)
        terms += [term] if inside is None else inside
        if inside is not None and term.digit.window is not None:
            offset += term.digit.window.offset * term.step.factor
    return IndexMap.of(terms, offset)


def _terms_of_whole_window(term: Term) -> list[Term] | None:
    """A term of the whole coordinate of a window as terms of the index; None for any other."""
    window = term.digit.whole_window
    if window is None or (window.offset and term.step.atoms):
        return None
    return [Term(inside.digit, inside.step * term.step) for inside in window.terms]


def coordinate(window: Window, rows: Rows) -> list[Place]:
    """The coordinate of a window, without its offset, as a sum over the axes of the tile."""
    return [place for term in window.terms for place in _places(term.digit, term.step.dim(), rows)][::-1]


def _places(digit: Digit, stride: Dim, rows: Rows) -> list[Place]:
    """A digit's part of an address, innermost axis first."""
    if isinstance(digit.base, Summand):
        return [Place(digit.base.number, stride, digit.inner.dim(), None if digit.inner == ONE else digit.length)]
    if digit.base is not None:
        whole = isinstance(digit.base, (Fixed, Lookup)) and digit.inner == ONE
        return [Place(None, stride, digit.inner.dim(), None if whole else digit.length, digit.base)]
    places: list[Place] = []
    start, end, offset = digit.inner, digit.end, 1
    if not _is_of_axes(digit, rows):
        raise NotRowWise("the rows do not fit the axes of an operand")
    for axis, factor in reversed(list(enumerate(rows.factors, len(rows.summands)))):
        low, high = max(start.factor, offset), offset * factor
        last = high if end is None or end.atoms else min(end.factor, high)
        if not start.atoms and low < last:
            extent = None if last == high else last // low
            places.append(Place(axis, _times(stride, low // start.factor), low // offset, extent))
        offset = high
    if end is None or end.atoms or end.factor > rows.columns:
        places.append(_row_place(digit, stride, rows))
    return places


def _is_of_axes(digit: Digit, rows: Rows) -> bool:
    """Whether a digit begins and ends where axes of the row do, or outside of the row."""
    return all(
        size is None or size.atoms or size.factor in rows.borders or size.factor > rows.columns
        for size in (digit.inner, digit.end)
    )


def _row_place(digit: Digit, stride: Dim, rows: Rows) -> Place:
    """The part of a digit that lies outside the row; the outermost needs no extent, which may be no whole size."""
    columns = Size(rows.columns)
    inside = columns.divided_by(digit.inner)
    outermost = digit.end in (None, rows.total)
    if inside is not None and not digit.inner.atoms:
        divisor, stride = ONE, _times(stride, inside.factor)
    else:
        inside, divisor = ONE, digit.inner.divided_by(columns) or Size(0)
    rest = None if outermost else Size.of(digit.length or 1).divided_by(inside)
    if (rest is None and not outermost) or divisor == Size(0):
        raise NotRowWise("the rows do not fit the axes of an operand")
    return Place(None, stride, divisor.dim(), None if rest is None else rest.dim())


def _times(stride: Dim, factor: int) -> Dim:
    return (Size.of(stride) * Size(factor)).dim()


def stored(result: SSAValue, rows: Rows) -> list[tuple[SSAValue, IndexMap]]:
    """The values that a result is stored from, each with where in the memory of the result its entries go."""
    store = store_of(result)
    if store is None:
        return [(result, memory_map(result, rows.maps[result]))]
    places = places_of(result, store, rows.maps, rows.sources)
    return [(value, memory_map(store.buffer, place)) for value, place in places]


def with_layout_cuts(block: Block, rows: Rows) -> Rows:
    """The rows with their axes cut where a strided operand or result has an axis."""
    last = block.last_op
    assert isinstance(last, YieldOp)
    read = [memory_map(v, rows.maps[v]) for v in block.args if v in rows.maps]
    maps = [*rows.maps.values(), *read, *(place for v in last.values for _, place in stored(v, rows))]
    digits = {digit for index_map in maps for digit in index_map.digits()}
    ends = {size for digit in digits for size in (digit.inner, digit.end) if size is not None}
    return rows.cut(size.factor for size in ends if not size.atoms)
