"""The tile of a program of a kernel: its axes, which of them a value is spread along, and where it has entries."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from xdsl.ir import Block, SSAValue

from irfuse.analysis.digits import ONE, Axis, Term, Window
from irfuse.analysis.index_maps import IndexMap, Lookup
from irfuse.analysis.operand_maps import piece_window
from irfuse.analysis.rows import Rows, spans
from irfuse.dialect.parts import ConcatOp
from irfuse.kernel.addresses import Place, address_of, coordinate, places_in

ROW_EXISTS = "here"
"""The name of the condition that a row of the tile is one of the rows there are."""
ODD_CHUNKS = (1, 3, 5, 7, 9)
LEAST_CHUNK = 32
"""Columns of a chunk under which padding costs less than narrow loads do."""
MOST_PIECES = 4
"""How many pieces have lines of their own."""
LEAST_SAVED = 1.1
"""The ratio of padded to cut lengths under which padding costs less than the lines of every chunk."""


class Tile:
    """``[ROWS, l0, l1, ...]`` for the factors of a row; ``c0, c1, ...`` index them.

    Lengths of a tile are powers of two. One axis may be cut into chunks, each a tile of its own with lines of its own:
    into an odd number, so that 7168 columns are 7 chunks of 1024 and not 8192 with a hole; or into its entries where
    these are pieces put together, so that a chunk computes its piece and no other, or pieces of runs that do not nest,
    so that each run is some of the chunks. Other axes are padded.
    """

    def __init__(self, rows: Rows, pieces: int | None = None) -> None:
        """``pieces`` is the axis along which pieces are put together, if any is cut for that."""
        self.rows = rows
        lengths = [1 << (f - 1).bit_length() for f in rows.lengths]
        chunked = [_chunks(f, math.prod(rows.lengths[i + 1 :])) for i, f in enumerate(rows.lengths)]
        saved = [length / (count * chunk) for length, (count, chunk) in zip(lengths, chunked, strict=True)]
        self.unrolled: int | None = None
        """The axis that is cut into chunks, if any."""
        self.unroll = 1
        if rows.crossed is not None:
            self.unrolled, self.unroll, lengths[rows.crossed] = rows.crossed, rows.lengths[rows.crossed], 1
        elif max(saved) > LEAST_SAVED:
            self.unrolled = saved.index(max(saved))
            self.unroll, lengths[self.unrolled] = chunked[self.unrolled]
        elif pieces is not None:
            self.unrolled, self.unroll, lengths[pieces] = pieces, rows.lengths[pieces], 1
        self.lengths = tuple(lengths)
        self.axes: dict[SSAValue, frozenset[int]] = {}
        """The axes along which the tile of a value is longer than 1; a broadcast does not make it longer."""

    def in_row(self, value: SSAValue) -> bool:
        """Whether a value differs from row to row."""
        return spans(self.rows.maps[value], self.rows)[0]

    @property
    def has_rows(self) -> bool:
        """Whether there may be more rows than one."""
        return any(spans(index_map, self.rows)[0] for index_map in self.rows.maps.values())

    def kept(self, index_map: IndexMap) -> frozenset[int]:
        """The axes along which a map has entries, be they equal or not."""
        return frozenset(i for i, kept in enumerate(spans(index_map, self.rows)[1]) if kept)

    def is_few(self, index_map: IndexMap) -> bool:
        """Whether a value has a few numbers for a run of columns, and not one for each."""
        return len(self.lengths) - 1 not in self.kept(index_map)

    @property
    def columns(self) -> int:
        """The columns of all chunks, padding counted."""
        return self.unroll * math.prod(self.lengths)

    @property
    def ones(self) -> str:
        """The shape of a tile of one entry."""
        return "(" + ", ".join("1" for _ in range(1 + len(self.lengths))) + ")"

    def shape(self, axes: frozenset[int]) -> str:
        """The shape of a tile that is spread along all axes of the row, and along those of summands that it has."""
        own = len(self.rows.summands)
        lengths = [str(n) if i >= own or i in axes else "1" for i, n in enumerate(self.lengths)]
        return f"({', '.join(['ROWS', *lengths])})"

    def names(self, base: str, axes: frozenset[int]) -> tuple[str, ...]:
        """The names of the tiles of a value that is spread along these axes: one for each chunk, or one for all."""
        return tuple(f"{base}_{i}" for i in range(self.unroll)) if self.unrolled in axes else (base,)

    def names_of(self, base: str, axes: frozenset[int], index_map: IndexMap) -> tuple[str, ...]:
        """The same, with one name for all chunks that a value with this map has the same entries in."""
        names = self.names(base, axes)
        return tuple(names[first] for first in self.firsts(index_map)) if len(names) > 1 else names

    def firsts(self, index_map: IndexMap) -> list[int]:
        """For each chunk the first one that has the same entries of a value with this map."""
        if self.rows.crossed is None:
            return list(range(self.unroll))
        found = [places_in(IndexMap((Term(digit, ONE),)), self.rows)[0] for digit in index_map.digits()]
        places = [place for places in found for place in places if place.axis == self.rows.crossed]
        entries = [[place.entry(chunk) for place in places] for chunk in range(self.unroll)]
        return [entries.index(entry) for entry in entries]

    def entries(self, index_map: IndexMap) -> int:
        """How many entries a value has for each row."""
        plain = IndexMap(tuple([term for term in index_map.terms if term.digit.window is None]))
        apart = 1 if self.rows.crossed is None else len(set(self.firsts(plain)))
        along = math.prod(self.rows.lengths[axis] for axis in self.kept(plain) - {self.rows.crossed})
        return apart * along * math.prod(window.length for window in index_map.windows)

    def index(self, axis: int, chunk: int) -> str:
        """The name of the indices along an axis."""
        if (number := self.number(axis, chunk)) is not None:
            return str(number)
        return f"c{axis}_{chunk}" if axis == self.unrolled else f"c{axis}"

    def number(self, axis: int | None, chunk: int) -> int | None:
        """The index along an axis as a number, where a chunk has but one entry of it."""
        return chunk if axis is not None and axis == self.unrolled and self.lengths[axis] == 1 else None

    def known(self, places: Iterable[Place], chunk: int) -> tuple[list[Place], int]:
        """The parts of an address that are indices in this chunk, and the sum of those that are numbers there."""
        left, total = list[Place](), 0
        for place in places:
            number = self.number(place.axis, chunk)
            if number is not None and isinstance(place.stride, int):
                total += place.entry(number) * place.stride
            else:
                left.append(place)
        return left, total

    def coordinate(self, window: Window, chunk: int) -> str:
        """The text of a window's coordinate."""
        places, offset = self.known(coordinate(window, self.rows), chunk)
        offset += window.offset
        along = [(self.index(p.axis, chunk), p.stride) for p in places if p.axis is not None]
        text = " + ".join(index if stride == 1 else f"{index} * {stride}" for index, stride in along)
        if not text or offset == 0:
            return text or str(offset)
        return f"{text} {'-' if offset < 0 else '+'} {abs(offset)}"

    def seen(self, window: Window, chunk: int) -> Iterator[str]:
        """The conditions under which a window has an entry."""
        bounds = Axis(window.terms, window.offset).bounds()
        assert bounds is not None
        if bounds[0] < 0:
            yield f"({self.coordinate(window, chunk)} >= 0)"
        if bounds[1] >= window.length:
            yield f"({self.coordinate(window, chunk)} < {window.length})"

    def filled(self, index_map: IndexMap, chunk: int) -> str:
        """The condition that a value which is seen through windows has an entry; empty for any other value."""
        return " & ".join(text for window in index_map.windows for text in self.seen(window, chunk))

    def mask(self, index_map: IndexMap, chunk: int) -> str:
        """The condition under which an element of this map exists; empty where all of a tile do."""
        in_row, axes = spans(index_map, self.rows)
        parts = [ROW_EXISTS] if in_row else []
        parts += [f"({self._within(i, chunk)})" for i, kept in enumerate(axes) if kept and self._is_padded(i, chunk)]
        return " & ".join([*parts, *filter(None, [self.filled(index_map, chunk)])])

    def _is_padded(self, axis: int, chunk: int) -> bool:
        """Whether a chunk reaches beyond the end of an axis."""
        return (chunk + 1 if axis == self.unrolled else 1) * self.lengths[axis] > self.rows.lengths[axis]

    def _within(self, axis: int, chunk: int) -> str:
        return f"{self.index(axis, chunk)} < {self.rows.lengths[axis]}"

    def reduced_axes(self, before: IndexMap, after: IndexMap) -> list[int]:
        """The axes of the tile that a reduction collapses."""
        return sorted(self.kept(before) - self.kept(after))

    def axes_of(self, window: Window) -> frozenset[int]:
        """The axes along which the coordinate of a window changes."""
        return frozenset(p.axis for p in coordinate(window, self.rows) if p.axis is not None)

    def row_axes_with(self, axes: frozenset[int]) -> frozenset[int]:
        """These axes and all those of the row that are longer than 1."""
        own = len(self.rows.summands)
        return axes | {i for i, length in enumerate(self.lengths) if i >= own and length > 1}

    def axes_read(self, value: SSAValue) -> frozenset[int]:
        """The axes along which the tile of an operand is longer than 1."""
        places = address_of(value, self.rows)[0]
        axes = frozenset(place.axis for place in places if place.axis is not None)
        axes |= self.axes_of_windows(self.rows.maps[value])
        return axes.union(*(self.axes_looked_up(lookup) for lookup in self.rows.maps[value].lookups))

    def axes_looked_up(self, lookup: Lookup) -> frozenset[int]:
        """The axes along which a number that is looked up changes."""
        return frozenset().union(*(self.kept(number.index_map) for number in lookup.numbers))

    def part_of(self, name: str, axes: frozenset[int], chunk: int) -> str:
        """The name of the tile of a chunk of what is spread along these axes."""
        names = self.names(name, axes)
        return names[chunk] if len(names) > 1 else names[0]

    def axes_of_windows(self, index_map: IndexMap) -> frozenset[int]:
        """The axes along which the windows of a map tell the columns that it has from others."""
        return frozenset().union(*(self.axes_of(window) for window in index_map.windows))

    def gaps(self, value: SSAValue, reduced: list[int], chunk: int) -> Iterator[str]:
        """The conditions under which an entry counts in a reduction of these axes; none where all do."""
        for axis in reduced:
            entry = self.number(axis, chunk)
            if entry is None and (self._is_padded(axis, chunk) or axis not in self.axes[value]):
                yield self._within(axis, chunk)
        for window in self.rows.maps[value].windows:
            if not self.axes_of(window).isdisjoint(reduced):
                yield from self.seen(window, chunk)


def axis_of_pieces(block: Block, rows: Rows) -> int | None:
    """The axis of a row along which a few wide pieces are put together, as the halves of a rotated head are.

    None where a value is seen through a window, whose columns may lie in several pieces.
    """
    if any(index_map.windows for index_map in rows.maps.values()):
        return None
    for op in block.ops:
        if isinstance(op, ConcatOp) and op.result in rows.maps:
            along = [place.axis for place in coordinate(piece_window(op, rows.maps[op.result]), rows)]
            axis = along[0] if len(along) == 1 else None
            if axis is not None and rows.lengths[axis] <= MOST_PIECES:
                return axis if math.prod(rows.lengths[axis + 1 :]) >= LEAST_CHUNK else None
    return None


def _chunks(factor: int, inner: int) -> tuple[int, int]:
    """How many chunks of which length cover a factor of a row with the least padding."""
    covers = [(count, 1 << (math.ceil(factor / count) - 1).bit_length()) for count in ODD_CHUNKS]
    wide = [(count, length) for count, length in covers if count == 1 or length * inner >= LEAST_CHUNK]
    return min(wide, key=lambda cover: (cover[0] * cover[1], cover[0]))
