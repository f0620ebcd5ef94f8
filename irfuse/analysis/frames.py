"""Frames: where a value of a body stands in its row, and what each op makes of that.

All values of a row-wise chain live in one row-major index space, that of its full tensors. A value is the full tensor
with some runs of that index collapsed to one entry: reduced, or not there yet because it will be broadcast. A `Frame`
says which. Reshape, cast and arithmetic keep the frame, whatever shapes they are written with; a reduction collapses
a run and a broadcast restores it. So two spellings of one chain have the same frames, and "reshape between norm and
quant" is no special case. docs/laws.md has the index arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from xdsl.ir import Operation

from irfuse.dialect.reduce import LayerNormOp, RowReduction
from irfuse.dialect.shape import BroadcastOp, PadOp, PermuteOp, SliceOp
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import dims_of, tensor_type

FIXED_SIZE = "give that axis a fixed size: torch._dynamo.mark_dynamic marks what changes, dynamic=True all"


class NotRowWise(Exception):
    """A body cannot be computed row by row; the message says which condition failed, ``cure`` what would mend it."""

    def __init__(self, reason: str, cure: str = ""):
        super().__init__(reason)
        self.cure = cure


def unknown(what: str) -> NotRowWise:
    """The refusal of a body whose rows have a length that no number says."""
    return NotRowWise(f"{what} columns, a number that is not known", FIXED_SIZE)


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
    filled: tuple[int, int] | None = None
    """(n, m) for a value from before a pad: of every m columns of the index it knows the first n."""

    @classmethod
    def of(cls, runs: Iterable[tuple[int, bool]], outer: bool, filled: tuple[int, int] | None = None) -> Frame:
        """The frame in normal form: runs of one entry dropped, neighbours merged."""
        merged: list[tuple[int, bool]] = []
        for length, kept in runs:
            if length != 1 and merged and merged[-1][1] == kept:
                merged[-1] = (merged[-1][0] * length, kept)
            elif length != 1:
                merged.append((length, kept))
        if merged and merged[-1][1] == outer:
            merged.pop()
        return cls(tuple(merged), outer, filled)

    @property
    def is_full(self) -> bool:
        """Whether no run is collapsed."""
        return self.outer and not self.runs

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
    dims = _padded_shape(frame, dims)

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


def _padded_shape(frame: Frame, dims: Sequence[Dim]) -> Sequence[Dim]:
    """The shape that a value from before a pad takes up in the index of the padded one."""
    if frame.filled is None or (frame.runs and not frame.runs[0][1]):
        return dims
    narrow, wide = frame.filled
    if not dims or dims[-1] != narrow:
        raise NotRowWise(f"rows of {narrow} columns are padded to {wide}, and the shape {list(dims)} cuts them")
    return (*dims[:-1], wide)


def without(frame: Frame, dims: Sequence[Dim], lost: Sequence[bool]) -> Frame:
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
        elif outer != keep and not runs:
            raise unknown(f"rows of {next(iter(pieces(frame, dims))).length}")
        elif outer != keep:
            raise NotRowWise("a broadcast along some of the axes from a symbolic one outwards")
    return Frame.of(runs, frame.outer if outer is None else outer, frame.filled)


def _broadcast_operand(frame: Frame, small: Sequence[Dim], large: Sequence[Dim]) -> Frame:
    """The frame of an operand of shape ``small`` whose broadcast to ``large`` has ``frame``."""
    missing = len(large) - len(small)
    return without(frame, large, [i < missing or small[i - missing] == 1 for i in range(len(large))])


def _reduction_operand(frame: Frame, columns: Dim) -> Frame:
    """The frame of an operand whose innermost ``columns`` were reduced to give ``frame``."""
    if not isinstance(columns, int):
        raise unknown(f"a reduction over {columns}")
    if frame.filled is not None:
        narrow, wide = frame.filled
        if columns != narrow:
            raise NotRowWise(f"a reduction over {columns} columns of rows that are padded from {narrow} to {wide}")
        columns = wide
    if columns == 1:
        return frame
    length, kept = frame.runs[0] if frame.runs else (1, True)
    if kept or length % columns:
        along = "along another axis" if kept or length == columns else f"over {length} columns"
        raise NotRowWise(f"the result of a reduction over {columns} columns is spread {along}; is a keepdim missing?")
    return Frame.of([(length // columns, False), (columns, True), *frame.runs[1:]], frame.outer, frame.filled)


def _whole_row(frame: Frame, columns: Dim) -> Frame:
    """The frame of an operand whose rows of ``columns`` an op needs whole, for each of its results with ``frame``."""
    if not isinstance(columns, int):
        raise unknown(f"a layer norm over {columns}")
    wide = columns if frame.filled is None else frame.filled[1]
    if frame.runs and (not frame.runs[0][1] or frame.runs[0][0] % wide):
        raise NotRowWise(f"a layer norm over {columns} columns in a row that has no such columns")
    return frame


def _pad_operand(frame: Frame, narrow: int, wide: int) -> Frame:
    """The frame of an operand of ``narrow`` columns that is padded to ``wide`` ones to give ``frame``."""
    if frame.filled is not None or (frame.runs and (not frame.runs[0][1] or frame.runs[0][0] % wide)):
        raise NotRowWise(f"columns are padded from {narrow} to {wide} in a row that has no such columns")
    return Frame(frame.runs, frame.outer, (narrow, wide))


def operand_frames(op: Operation, frame: Frame) -> list[Frame]:
    """The frames of the operands of a small op whose result has ``frame``. Raises NotRowWise."""
    if not _changes_frames(type(op)):
        return [frame] * len(op.operands)
    if isinstance(op, PermuteOp):
        raise NotRowWise(f"axes are exchanged in the order {list(op.axes)}")
    if isinstance(op, SliceOp):
        raise NotRowWise(f"one column in {op.step.value.data} is taken")
    dims = [dims_of(tensor_type(v)) for v in (*op.operands, op.results[0])]
    if isinstance(op, BroadcastOp):
        return [_broadcast_operand(frame, dims[0], dims[1])]
    if isinstance(op, RowReduction):
        return [_reduction_operand(frame, dims[0][-1])]
    if isinstance(op, LayerNormOp):
        return [_whole_row(frame, dims[0][-1]), *(_broadcast_operand(frame, d, dims[0]) for d in dims[1:-1])]
    if isinstance(op, PadOp):
        return [_pad_operand(frame, *(d[-1] for d in dims if isinstance(d[-1], int)))]
    raise AssertionError(f"{op.name} is said to change frames")


@cache
def _changes_frames(kind: type[Operation]) -> bool:
    return issubclass(kind, (PermuteOp, SliceOp, BroadcastOp, RowReduction, LayerNormOp, PadOp))


def say(frame: Frame) -> str:
    """A frame in words, for remarks."""
    runs = " of ".join(f"{'a run' if kept else 'one entry per run'} of {length}" for length, kept in frame.runs)
    return runs or ("the whole row" if frame.outer else "one number")
