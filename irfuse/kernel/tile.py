"""The tile of a program of a kernel: its axes, which of them a value is spread along, and where it has entries."""

from __future__ import annotations

import math
from collections.abc import Iterator

from xdsl.ir import SSAValue

from irfuse.analysis.frames import Frame
from irfuse.analysis.rows import Rows, spans

ROW_EXISTS = "here"
"""The name of the condition that a row of the tile is one of the rows there are."""
ODD_CHUNKS = (1, 3, 5, 7, 9)
LEAST_CHUNK = 32
"""Columns of a chunk under which padding costs less than narrow loads do."""
LEAST_SAVED = 1.1
"""The ratio of padded to cut lengths under which padding costs less than the lines of every chunk."""


class Tile:
    """``[ROWS, l0, l1, ...]`` for the factors of a row; ``c0, c1, ...`` index them.

    Lengths of a tile are powers of two. One axis may be cut into an odd number of chunks, each a tile of its own with
    lines of its own, so that 7168 columns are 7 chunks of 1024 and not 8192 with a hole; other axes are padded.
    """

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        lengths = [1 << (f - 1).bit_length() for f in rows.factors]
        chunked = [_chunks(f, math.prod(rows.factors[i + 1 :])) for i, f in enumerate(rows.factors)]
        saved = [length / (count * chunk) for length, (count, chunk) in zip(lengths, chunked, strict=True)]
        self.unrolled: int | None = None
        """The axis that is cut into chunks, if any."""
        self.unroll = 1
        if max(saved) > LEAST_SAVED:
            self.unrolled = saved.index(max(saved))
            self.unroll, lengths[self.unrolled] = chunked[self.unrolled]
        self.lengths = tuple(lengths)
        self.axes: dict[SSAValue, frozenset[int]] = {}
        """The axes along which the tile of a value is longer than 1; a broadcast does not make it longer."""

    def in_row(self, value: SSAValue) -> bool:
        """Whether a value differs from row to row."""
        return spans(self.rows.frames[value], self.rows)[0]

    @property
    def has_rows(self) -> bool:
        """Whether there may be more rows than one."""
        return any(spans(frame, self.rows)[0] for frame in self.rows.frames.values())

    def kept(self, frame: Frame) -> frozenset[int]:
        """The axes along which a frame has entries, be they equal or not."""
        return frozenset(i for i, kept in enumerate(spans(frame, self.rows)[1]) if kept)

    def is_few(self, frame: Frame) -> bool:
        """Whether a value has a few numbers for a run of columns, and not one for each."""
        return len(self.lengths) - 1 not in self.kept(frame)

    @property
    def columns(self) -> int:
        """The columns of all chunks, padding counted."""
        return self.unroll * math.prod(self.lengths)

    @property
    def ones(self) -> str:
        """The shape of a tile of one entry."""
        return "(" + ", ".join("1" for _ in range(1 + len(self.lengths))) + ")"

    @property
    def shape(self) -> str:
        """The shape of a tile that is spread along all axes."""
        return f"({', '.join(['ROWS', *map(str, self.lengths)])})"

    def names(self, base: str, axes: frozenset[int]) -> tuple[str, ...]:
        """The names of the tiles of a value that is spread along these axes: one for each chunk, or one for all."""
        return tuple(f"{base}_{i}" for i in range(self.unroll)) if self.unrolled in axes else (base,)

    def index(self, axis: int, chunk: int) -> str:
        """The name of the indices along an axis."""
        return f"c{axis}_{chunk}" if axis == self.unrolled else f"c{axis}"

    def filled(self, frame: Frame, chunk: int) -> str:
        """The condition that a column is one that a value from before a pad has; empty for any other value."""
        if frame.filled is None or (frame.runs and not frame.runs[0][1]):
            return ""
        narrow, wide = frame.filled
        terms, offset = [], 1
        for axis, factor in reversed(list(enumerate(self.rows.factors))):
            if offset < wide:
                index = self.index(axis, chunk)
                terms.append(index if offset == 1 else f"{index} * {offset}")
            offset *= factor
        return f"({' + '.join(reversed(terms))} < {narrow})"

    def mask(self, frame: Frame, chunk: int) -> str:
        """The condition under which an element of this frame exists; empty where all of a tile do."""
        in_row, axes = spans(frame, self.rows)
        parts = [ROW_EXISTS] if in_row else []
        parts += [f"({self._within(i, chunk)})" for i, kept in enumerate(axes) if kept and self._is_padded(i, chunk)]
        return " & ".join([*parts, *filter(None, [self.filled(frame, chunk)])])

    def _is_padded(self, axis: int, chunk: int) -> bool:
        """Whether a chunk reaches beyond the end of an axis."""
        return (chunk + 1 if axis == self.unrolled else 1) * self.lengths[axis] > self.rows.factors[axis]

    def _within(self, axis: int, chunk: int) -> str:
        return f"{self.index(axis, chunk)} < {self.rows.factors[axis]}"

    def reduced_axes(self, before: Frame, after: Frame) -> list[int]:
        """The axes of the tile that a reduction collapses."""
        pairs = zip(spans(before, self.rows)[1], spans(after, self.rows)[1], strict=True)
        return [i for i, (had, has) in enumerate(pairs) if had and not has]

    def row_axes(self, columns: int) -> list[int]:
        """The axes of the tile that make up the innermost run of ``columns``."""
        found, offset = [], 1
        for axis, factor in reversed(list(enumerate(self.rows.factors))):
            if offset < columns:
                found.append(axis)
            offset *= factor
        return found[::-1]

    def filled_axes(self, frame: Frame) -> frozenset[int]:
        """The axes along which a pad tells the columns of this frame from those that it adds."""
        return frozenset() if frame.filled is None else frozenset(self.row_axes(frame.filled[1]))

    def gaps(self, value: SSAValue, reduced: list[int], chunk: int) -> Iterator[str]:
        """The conditions under which an entry counts in a reduction of these axes; none where all do."""
        for axis in reduced:
            if self._is_padded(axis, chunk) or axis not in self.axes[value]:
                yield self._within(axis, chunk)
        if filled := self.filled(self.rows.frames[value], chunk):
            yield filled


def _chunks(factor: int, inner: int) -> tuple[int, int]:
    """How many chunks of which length cover a factor of a row with the least padding."""
    covers = [(count, 1 << (math.ceil(factor / count) - 1).bit_length()) for count in ODD_CHUNKS]
    wide = [(count, length) for count, length in covers if count == 1 or length * inner >= LEAST_CHUNK]
    return min(wide, key=lambda cover: (cover[0] * cover[1], cover[0]))
