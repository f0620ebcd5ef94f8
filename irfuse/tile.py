"""The tile of a program of a kernel: its axes, which of them a value is spread along, and where it has entries."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.ir import SSAValue

from irfuse.frames import Frame
from irfuse.rows import Rows, spans


class Tile:
    """``[ROWS, f0, f1, ...]`` with the factors of a row, each padded to a power of two; ``c0, c1, ...`` index them."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.padded = tuple(1 << (f - 1).bit_length() for f in rows.factors)
        self.axes: dict[SSAValue, frozenset[int]] = {}
        """The axes along which the tile of a value is longer than 1; a broadcast does not make it longer."""

    @property
    def ones(self) -> str:
        """The shape of a tile of one entry."""
        return "(" + ", ".join("1" for _ in range(1 + len(self.rows.factors))) + ")"

    def filled(self, frame: Frame) -> str:
        """The condition that a column is one that a value from before a pad has; empty for any other value."""
        if frame.filled is None or (frame.runs and not frame.runs[0][1]):
            return ""
        narrow, wide = frame.filled
        terms, offset = [], 1
        for axis, factor in reversed(list(enumerate(self.rows.factors))):
            if offset < wide:
                terms.append(f"c{axis}" if offset == 1 else f"c{axis} * {offset}")
            offset *= factor
        return f"({' + '.join(reversed(terms))} < {narrow})"

    def mask(self, frame: Frame) -> str:
        """The condition under which an element of this frame exists; empty where all of a tile do."""
        in_row, axes = spans(frame, self.rows)
        parts = ["(row < rows)"] if in_row else []
        for i, kept in enumerate(axes):
            if kept and self.padded[i] != self.rows.factors[i]:
                parts.append(f"(c{i} < {self.rows.factors[i]})")
        return " & ".join([*parts, *filter(None, [self.filled(frame)])])

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

    def gaps(self, value: SSAValue, reduced: list[int]) -> Iterator[str]:
        """The conditions under which an entry counts in a reduction of these axes; none where all do."""
        for axis in reduced:
            length = self.rows.factors[axis]
            if length & (length - 1) or axis not in self.axes[value]:
                yield f"c{axis} < {length}"
        if filled := self.filled(self.rows.frames[value]):
            yield filled
