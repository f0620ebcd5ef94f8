"""The rows of a body: the frames of all its values (irfuse.analysis.frames), and how long a row is.

A row is as short as the reductions allow, so that a program computes many of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from xdsl.ir import Block, Operation, SSAValue

from irfuse.analysis.frames import FULL, Frame, NotRowWise, operand_frames, say, unknown, without
from irfuse.dialect.bits import BitcastOp
from irfuse.dialect.fused import YieldOp
from irfuse.dialect.reduce import LayerNormOp, PackOp, RowReduction
from irfuse.dialect.shape import BroadcastOp, CopyOp, FullOp, PadOp, PermuteOp, RelayoutOp, ReshapeOp, SliceOp
from irfuse.dialect.sizes import Size
from irfuse.dialect.types import dims_of, tensor_type


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
    runs = _whole_runs(block, frames)
    columns = max(runs, default=0) or _last_axis(frames)
    borders = {border for frame in frames.values() for border in frame.borders()} | runs
    total = size_of(next(v for v, frame in frames.items() if frame == FULL))
    return Rows(columns, _factors(columns, borders), frames, None if total.atoms else total.factor)


def size_of(value: SSAValue) -> Size:
    """The number of elements of a tensor value."""
    return Size.product(dims_of(tensor_type(value)))


def infer(ops: Sequence[Operation], results: Sequence[SSAValue]) -> dict[SSAValue, Frame]:
    """The frame of every value that small ops, in order, need for these results; the largest results are full.

    Of sizes that are made of different symbols none is known to be the largest; then the first that fits is it.
    """
    sizes = dict.fromkeys(size_of(_before_packing(v)) for v in results)
    largest, *others = sorted(sizes, key=lambda size: (-len(size.atoms), -size.factor))
    try:
        return _infer(ops, results, largest)
    except NotRowWise:
        for size in others:
            if size.atoms != largest.atoms:
                with suppress(NotRowWise):
                    return _infer(ops, results, size)
        raise


def _infer(ops: Sequence[Operation], results: Sequence[SSAValue], full: Size) -> dict[SSAValue, Frame]:
    """As `infer`, where the results of this size are full."""
    unpacked = [_before_packing(v) for v in results]
    frames = {v: FULL for v in unpacked if size_of(v) == full}
    _infer_operands(ops, frames)
    if any(v not in frames for v in results):
        _infer_results(ops, frames)
        _infer_operands(ops, frames)
    if any(v not in frames for v in results):
        raise NotRowWise("a result is not part of the row that the others are computed from")
    return frames


def _before_packing(value: SSAValue) -> SSAValue:
    """The entries that a result is packed from; another result itself."""
    packed = value
    while isinstance(packed.owner, (ReshapeOp, RelayoutOp, CopyOp, BitcastOp)):
        packed = packed.owner.x
    return packed.owner.x if isinstance(packed.owner, PackOp) else value


def _infer_operands(ops: Sequence[Operation], frames: dict[SSAValue, Frame]) -> None:
    for op in reversed(ops):
        if isinstance(op, YieldOp) or op.results[0] not in frames:
            continue
        for operand, frame in zip(op.operands, operand_frames(op, frames[op.results[0]]), strict=True):
            known = frames.setdefault(operand, frame)
            if known != frame and not isinstance(operand.owner, FullOp):
                raise NotRowWise(f"one value is used at two places of the row: {say(known)}, and {say(frame)}")


def _infer_results(ops: Sequence[Operation], frames: dict[SSAValue, Frame]) -> None:
    """Frames of what is computed beside the way to the largest results, such as a scale under its final shape."""
    for op in ops:
        known = [v for v in op.operands if v in frames]
        if isinstance(op, (YieldOp, BroadcastOp, PermuteOp, PadOp, SliceOp)) or not known or op.results[0] in frames:
            continue
        frame, dims = frames[known[0]], dims_of(tensor_type(known[0]))
        last_lost = [*[False] * (len(dims) - 1), True]
        frames[op.results[0]] = without(frame, dims, last_lost) if isinstance(op, RowReduction) else frame


def _whole_runs(block: Block, frames: dict[SSAValue, Frame]) -> set[int]:
    """The runs that a row must hold whole: those that are reduced, normed or padded."""
    runs = {frame.filled[1] for frame in frames.values() if frame.filled is not None}
    for op in block.ops:
        if isinstance(op, RowReduction) and op.result in frames and frames[op.result] != frames[op.x]:
            runs.add(frames[op.result].runs[0][0])
        elif isinstance(op, LayerNormOp) and op.result in frames and frames[op.x].filled is None:
            columns = dims_of(tensor_type(op.x))[-1]
            assert isinstance(columns, int)
            runs.add(columns)
    return runs


def _last_axis(frames: dict[SSAValue, Frame]) -> int:
    """The columns of a row that nothing reduces: the last axis of a full tensor."""
    lasts = [dims_of(tensor_type(v))[-1:] for v, frame in frames.items() if frame == FULL]
    last = lasts[0][0] if lasts and lasts[0] else 1
    if not isinstance(last, int):
        raise unknown(f"the last axis has {last}")
    return last


def _factors(columns: int, borders: Iterable[int]) -> tuple[int, ...]:
    cuts = sorted({1, columns, *(b for b in borders if b < columns)})
    for low, high in itertools.pairwise(cuts):
        if high % low:
            raise NotRowWise(f"runs of {low} and of {high} columns do not nest")
    return tuple(high // low for low, high in itertools.pairwise(cuts))[::-1] or (1,)
