"""Where each value of a body stands in its row: the analysis behind every law about reshapes.

All values of a row-wise chain live in one row-major index space, that of its full tensors. A value is the full tensor
with some runs of that index collapsed to one entry: reduced, or not there yet because it will be broadcast. A `Frame`
says which. Reshape, cast and arithmetic keep the frame, whatever shapes they are written with; a reduction collapses
a run and a broadcast restores it. So two spellings of one chain have the same frames, and "reshape between norm and
quant" is no special case. docs/laws.md has the index arithmetic.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from xdsl.ir import Block, Operation, SSAValue

from irfuse.dialect.fused import YieldOp
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.shape import BroadcastOp, PermuteOp
from irfuse.dialect.types import dims_of, tensor_type
from irfuse.sizes import Dim, Size


class NotRowWise(Exception):
    """A body cannot be computed row by row; the message says which condition failed."""


@dataclass(frozen=True)
class Frame:
    """Which runs of the row-major index a value keeps.

    ``runs`` are (length, kept) pairs, innermost first, neighbours differing in ``kept``; what lies outside the last
    run is kept or not as ``outer`` says. The full tensor is ``Frame()``; a scale per 128 columns
    ``Frame(((128, False),))``; a weight of 128 columns, shared by a symbolic number of rows,
    ``Frame(((128, True),), outer=False)``. Where the number of rows is known, ``outer`` is True and runs say the rest.
    """

    runs: tuple[tuple[int, bool], ...] = ()
    outer: bool = True

    @classmethod
    def of(cls, runs: Iterable[tuple[int, bool]], outer: bool) -> Frame:
        """The frame in normal form: runs of one entry dropped, neighbours merged."""
        merged: list[tuple[int, bool]] = []
        for length, kept in runs:
            if length != 1 and merged and merged[-1][1] == kept:
                merged[-1] = (merged[-1][0] * length, kept)
            elif length != 1:
                merged.append((length, kept))
        if merged and merged[-1][1] == outer:
            merged.pop()
        return cls(tuple(merged), outer)

    def borders(self) -> list[int]:
        """The number of columns from the innermost one to the end of each run."""
        total, borders = 1, []
        for length, _ in self.runs:
            total *= length
            borders.append(total)
        return borders


FULL = Frame()


@dataclass(frozen=True)
class Piece:
    """A run of the full index: an axis of a value (``axis`` its number), or a collapsed run (``axis`` None)."""

    length: Dim
    axis: int | None
    inner: Size
    """How many columns lie inside one step along this run."""
    outermost: bool = False


def pieces(frame: Frame, dims: Sequence[Dim]) -> list[Piece]:
    """The full index, innermost first, as the axes of a value with this frame and shape and what it lacks.

    Axes of size 1 are left out. Raises NotRowWise where the shape does not fit the frame.
    """
    found: list[Piece] = []
    runs, inner, room = list(frame.runs), Size(1), Size(1)

    def add(length: Dim, axis: int | None) -> None:
        nonlocal inner
        found.append(Piece(length, axis, inner))
        inner = inner * Size.of(length)

    for axis, dim in reversed(list(enumerate(dims))):
        if dim == 1:
            continue
        while room == Size(1) and runs:
            length, kept = runs.pop(0)
            if kept:
                room = Size(length)
            else:
                add(length, None)
        add(dim, axis)
        if room != Size(1):
            rest = room.divided_by(Size.of(dim))
            if rest is None:
                raise NotRowWise(f"an axis of {dim} does not divide a run of {room.factor} columns")
            room = rest
        elif not frame.outer:
            raise NotRowWise(f"an axis of {dim} lies outside the row")
    if room != Size(1):
        raise NotRowWise(f"a shape of {list(dims)} leaves {room.dim()} of a run of columns open")
    for length, kept in runs:
        if kept:
            raise NotRowWise(f"a shape of {list(dims)} does not fill a run of {length} columns")
        add(length, None)
    if found and frame.outer:
        found[-1] = replace(found[-1], outermost=True)
    return found


def _without(frame: Frame, dims: Sequence[Dim], lost: Sequence[bool]) -> Frame:
    """The frame of a value of this frame and shape with some of its axes collapsed.

    From a symbolic axis outwards a frame says one thing of all axes, so they must be collapsed or kept together.
    """
    runs: list[tuple[int, bool]] = []
    outer: bool | None = None
    for piece in pieces(frame, dims):
        keep = piece.axis is not None and not lost[piece.axis]
        if outer is None and isinstance(piece.length, int):
            runs.append((piece.length, keep))
        elif outer is None:
            outer = keep
        elif outer != keep:
            raise NotRowWise("a broadcast along some of the axes from a symbolic one outwards")
    return Frame.of(runs, frame.outer if outer is None else outer)


def _broadcast_operand(frame: Frame, small: Sequence[Dim], large: Sequence[Dim]) -> Frame:
    """The frame of an operand of shape ``small`` whose broadcast to ``large`` has ``frame``."""
    missing = len(large) - len(small)
    return _without(frame, large, [i < missing or small[i - missing] == 1 for i in range(len(large))])


def _reduction_operand(frame: Frame, columns: Dim) -> Frame:
    """The frame of an operand whose innermost ``columns`` were reduced to give ``frame``."""
    if not isinstance(columns, int):
        raise NotRowWise(f"a reduction over {columns} columns, a number that is not known")
    if columns == 1:
        return frame
    length, kept = frame.runs[0] if frame.runs else (1, True)
    if kept or length % columns:
        raise NotRowWise(f"a reduction over {columns} columns is used as one over {length}")
    return Frame.of([(length // columns, False), (columns, True), *frame.runs[1:]], frame.outer)


def operand_frames(op: Operation, frame: Frame) -> list[Frame]:
    """The frames of the operands of a small op whose result has ``frame``. Raises NotRowWise."""
    if isinstance(op, PermuteOp):
        raise NotRowWise(f"axes are exchanged in the order {list(op.axes)}")
    if isinstance(op, BroadcastOp):
        small, large = (dims_of(tensor_type(v)) for v in (op.x, op.result))
        return [_broadcast_operand(frame, small, large)]
    if isinstance(op, RowReduction):
        return [_reduction_operand(frame, dims_of(tensor_type(op.x))[-1])]
    return [frame] * len(op.operands)


@dataclass(frozen=True)
class Rows:
    """The row structure of a body.

    ``columns`` entries are one row; ``factors`` are its axes in a kernel, outermost first, product ``columns``;
    ``frames`` has a frame for every value of the body that a result needs; ``total`` is the number of elements of a
    full tensor, None where it is symbolic.
    """

    columns: int
    factors: tuple[int, ...]
    frames: dict[SSAValue, Frame]
    total: int | None

    def cut(self, borders: Iterable[int]) -> Rows:
        """The same rows with their axes cut at these columns. Raises NotRowWise where they do not nest."""
        return replace(self, factors=_factors(self.columns, borders))


def spans(frame: Frame, rows: Rows) -> tuple[bool, tuple[bool, ...]]:
    """Whether a value depends on the row, and on which of the row's axes."""
    kept: list[bool] = []
    offset = 1
    for factor in reversed(rows.factors):
        kept.append(_kept_at(frame, offset))
        offset *= factor
    borders = frame.borders()
    beyond = any(run_kept for border, (_, run_kept) in zip(borders, frame.runs, strict=True) if border > rows.columns)
    outside = frame.outer and (rows.total is None or max([rows.columns, *borders]) < rows.total)
    return outside or beyond, tuple(reversed(kept))


def _kept_at(frame: Frame, column: int) -> bool:
    """Whether a frame keeps the run of the index that a step of ``column`` columns moves along."""
    for border, (_, kept) in zip(frame.borders(), frame.runs, strict=True):
        if column < border:
            return kept
    return frame.outer


def analyse(block: Block) -> Rows:
    """Find the rows of a body of small ops that ends with irfuse.yield. Raises NotRowWise with the reason."""
    last = block.last_op
    assert isinstance(last, YieldOp)
    frames = infer(list(block.ops), last.values)
    columns = _row_length(block, frames)
    borders = {border for frame in frames.values() for border in frame.borders()}
    total = size_of(next(v for v, frame in frames.items() if frame == FULL))
    return Rows(columns, _factors(columns, borders), frames, None if total.atoms else total.factor)


def size_of(value: SSAValue) -> Size:
    """The number of elements of a tensor value."""
    return Size.product(dims_of(tensor_type(value)))


def infer(ops: Sequence[Operation], results: Sequence[SSAValue]) -> dict[SSAValue, Frame]:
    """The frame of every value that small ops, in order, need for these results; the largest results are full."""
    largest = max((size_of(v) for v in results), key=lambda size: (len(size.atoms), size.factor))
    frames = {v: FULL for v in results if size_of(v) == largest}
    _infer_operands(ops, frames)
    if any(v not in frames for v in results):
        _infer_results(ops, frames)
        _infer_operands(ops, frames)
    if any(v not in frames for v in results):
        raise NotRowWise("a result is not part of the row that the others are computed from")
    return frames


def _infer_operands(ops: Sequence[Operation], frames: dict[SSAValue, Frame]) -> None:
    for op in reversed(ops):
        if isinstance(op, YieldOp) or op.results[0] not in frames:
            continue
        for operand, frame in zip(op.operands, operand_frames(op, frames[op.results[0]]), strict=True):
            known = frames.setdefault(operand, frame)
            if known != frame:
                raise NotRowWise(f"one value is used at two places of the row: {_say(known)}, and {_say(frame)}")


def _infer_results(ops: Sequence[Operation], frames: dict[SSAValue, Frame]) -> None:
    """Frames of what is computed beside the way to the largest results, such as a scale under its final shape."""
    for op in ops:
        known = [v for v in op.operands if v in frames]
        if isinstance(op, (YieldOp, BroadcastOp, PermuteOp)) or not known or op.results[0] in frames:
            continue
        frame, dims = frames[known[0]], dims_of(tensor_type(known[0]))
        last_lost = [*[False] * (len(dims) - 1), True]
        frames[op.results[0]] = _without(frame, dims, last_lost) if isinstance(op, RowReduction) else frame


def _row_length(block: Block, frames: dict[SSAValue, Frame]) -> int:
    """The shortest row that holds every reduced run whole; without reductions, the last axis of a full tensor."""
    reductions = [op for op in block.ops if isinstance(op, RowReduction) and op.result in frames]
    collapsed = [frames[op.result].runs[0][0] for op in reductions if frames[op.result] != frames[op.x]]
    if collapsed:
        return max(collapsed)
    lasts = [dims_of(tensor_type(v))[-1:] for v, frame in frames.items() if frame == FULL]
    last = lasts[0][0] if lasts and lasts[0] else 1
    if not isinstance(last, int):
        raise NotRowWise(f"the last axis has {last} columns, a number that is not known")
    return last


def _factors(columns: int, borders: Iterable[int]) -> tuple[int, ...]:
    cuts = sorted({1, columns, *(b for b in borders if b < columns)})
    for low, high in itertools.pairwise(cuts):
        if high % low:
            raise NotRowWise(f"runs of {low} and of {high} columns do not nest")
    return tuple(high // low for low, high in itertools.pairwise(cuts))[::-1] or (1,)


def _say(frame: Frame) -> str:
    runs = " of ".join(f"{'a run' if kept else 'one entry per run'} of {length}" for length, kept in frame.runs)
    return runs or ("the whole row" if frame.outer else "one number")
