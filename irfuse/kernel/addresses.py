"""The addresses of a kernel: where in memory the elements of a tile lie, by the strides of each operand and result."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Block, SSAValue

from irfuse.analysis.frames import Frame, NotRowWise, Piece, pieces
from irfuse.analysis.rows import Rows
from irfuse.dialect.fused import YieldOp
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import dims_of, strides_of, tensor_type


@dataclass(frozen=True)
class Term:
    """A part of an address: index times stride, where the index comes from the row or from one axis of the tile."""

    axis: int | None
    stride: Dim
    divisor: Dim = 1
    extent: Dim | None = None


def address_terms(value: SSAValue, rows: Rows) -> list[Term]:
    """The address of a value's elements as a sum over the row and the axes of the tile."""
    terms: list[Term] = []
    for piece, stride in coalesced(value, rows.frames[value]):
        if stride == 0:
            continue
        start = piece.inner
        end = start * Size.of(piece.length)
        offset = 1
        for axis, factor in reversed(list(enumerate(rows.factors))):
            if not start.atoms and start.factor <= offset and (end.atoms or offset < end.factor):
                terms.append(Term(axis, _times(stride, offset // start.factor)))
            offset *= factor
        if end.atoms or end.factor > rows.columns:
            terms.append(_row_term(piece, stride, rows))
    return terms[::-1]


def _row_term(piece: Piece, stride: Dim, rows: Rows) -> Term:
    """The part of an axis that lies outside the row; the outermost needs no extent, which may be no whole size."""
    columns = Size(rows.columns)
    inside = columns.divided_by(piece.inner)
    if inside is not None and not piece.inner.atoms:
        rest = Size.of(piece.length).divided_by(inside)
        divisor, stride = Size(1), _times(stride, inside.factor)
    else:
        rest, divisor = Size.of(piece.length), piece.inner.divided_by(columns) or Size(0)
    extent = None if piece.outermost or rest is None else rest.dim()
    if (extent is None and not piece.outermost) or divisor == Size(0):
        raise NotRowWise("the rows do not fit the axes of an operand")
    return Term(None, stride, divisor.dim(), extent)


def _times(stride: Dim, factor: int) -> Dim:
    return (Size.of(stride) * Size(factor)).dim()


def coalesced(value: SSAValue, frame: Frame) -> list[tuple[Piece, Dim]]:
    """The axes of a tensor with their strides, innermost first, those merged that lie in memory as one."""
    tensor = tensor_type(value)
    dims = dims_of(tensor)
    strides = strides_of(tensor) or [Size.product(dims[i + 1 :]).dim() for i in range(len(dims))]
    merged: list[tuple[Piece, Dim]] = []
    for piece in pieces(frame, dims):
        stride = None if piece.axis is None else strides[piece.axis]
        if merged and stride is not None and _continues(merged[-1], piece, stride):
            inner, inner_stride = merged[-1]
            length = (Size.of(inner.length) * Size.of(piece.length)).dim()
            merged[-1] = (Piece(length, inner.axis, inner.inner, piece.outermost), inner_stride)
        elif stride is not None:
            merged.append((piece, stride))
    return merged


def _continues(inner: tuple[Piece, Dim], piece: Piece, stride: Dim) -> bool:
    """Whether an axis lies in memory right outside the one inside it, and so in the index."""
    length = Size.of(inner[0].length)
    return inner[0].inner * length == piece.inner and Size.of(inner[1]) * length == Size.of(stride)


def with_layout_cuts(block: Block, rows: Rows) -> Rows:
    """The rows with their axes cut where a strided operand or result has an axis."""
    last = block.last_op
    assert isinstance(last, YieldOp)
    cuts = {border for frame in rows.frames.values() for border in frame.borders()}
    for value in (*block.args, *last.values):
        if value in rows.frames:
            for piece, _ in coalesced(value, rows.frames[value]):
                cuts |= {size.factor for size in (piece.inner, piece.inner * Size.of(piece.length)) if not size.atoms}
    return rows.cut(cuts)
