"""A fused op to the source of one Triton kernel and a description of its launch. No torch, no triton, no GPU.

The body, expanded into small ops, becomes a line or two each (irfuse.kernel_lines). A program computes ROWS rows at
once as a tile [ROWS, f0, f1, ...], where f0 * f1 * ... are the columns of a row (irfuse.rows). Every value is a tile
that is 1 long along the axes that its frame lacks, so reshapes and broadcasts leave no line. All arithmetic is in f32
and rounds to bf16 or f16 where the IR does.

Nothing from the IR reaches the source but numbers and the names of ops: identifiers are made here.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from xdsl.dialects.builtin import FloatAttr, IntegerAttr, TensorType, i1
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, Block, SSAValue

from irfuse.chains import kind_of
from irfuse.dialect.fused import FusedOp, YieldOp
from irfuse.dialect.named import NamedOp
from irfuse.dialect.types import dims_of, strides_of, tensor_type
from irfuse.errors import NotLowerableError
from irfuse.kernel_lines import HEADER, Lines, name_of_op
from irfuse.outline import expand_named
from irfuse.rows import FULL, Frame, NotRowWise, Piece, Rows, analyse, pieces, spans
from irfuse.sizes import Dim, Size


@dataclass(frozen=True)
class Kernel:
    """A generated kernel.

    It is called as ``kernel[grid](*operands, *results, rows, *sizes, ROWS=rows_per_program)`` with
    ``grid = ceil(rows / ROWS)``, where ``rows`` is the number of elements of a full tensor over ``columns`` and
    ``sizes`` are the values of the symbolic sizes and strides that the addresses need. ``full`` is the number of an
    operand that is a full tensor.
    """

    name: str
    source: str
    operand_types: tuple[Attribute, ...]
    result_types: tuple[Attribute, ...]
    kept_columns: tuple[int, ...]
    """For each result, how many entries it has for each row."""
    columns: int
    tile_columns: int
    sizes: tuple[Size, ...]
    full: int


@dataclass(frozen=True)
class Term:
    """A part of an address: index times stride, where the index comes from the row or from one axis of the tile."""

    axis: int | None
    stride: Dim
    divisor: Dim = 1
    extent: Dim | None = None


def lower(op: FusedOp) -> Kernel:
    """The kernel of a fused op. Raises NotLowerableError with the reason where there is none."""
    return lower_block(op.body.block)


def lower_block(body: Block) -> Kernel:
    """The kernel of a body; see `lower`."""
    block = _copy(body)
    expand_named(block)
    if block.last_op is None or not block.last_op.operands:
        raise NotLowerableError(reason="there is no result")
    for value in (*block.args, *(result for op in block.ops for result in op.results)):
        if isinstance(value.type, TensorType) and 0 in value.type.get_shape():
            raise NotLowerableError(reason=f"a tensor has 0 elements, {value.type}")
        if isinstance(value.type, TensorType) and len(strides_of(value.type) or dims_of(value.type)) != len(
            dims_of(value.type)
        ):
            raise NotLowerableError(reason=f"there are not as many strides as axes in {value.type}")
    try:
        return _Kernel(block, body).lower()
    except NotRowWise as reason:
        raise NotLowerableError(reason=str(reason)) from reason


def _copy(body: Block) -> Block:
    copy = Block(arg_types=[a.type for a in body.args])
    mapper: dict[SSAValue, SSAValue] = dict(zip(body.args, copy.args, strict=True))
    for op in body.ops:
        copy.add_op(op.clone(mapper))
    return copy


@dataclass
class _Kernel:
    """One run of `lower`: the rows of the body, and what has been named so far."""

    block: Block
    body: Block
    sizes: list[Size] = field(default_factory=list)

    def lower(self) -> Kernel:
        last = self.block.last_op
        assert isinstance(last, YieldOp)
        self.rows = _with_layout_cuts(self.block, analyse(self.block))
        self.padded = tuple(1 << (f - 1).bit_length() for f in self.rows.factors)
        lines = list(self._body(last))
        source = self._source(lines)
        full = [i for i, a in enumerate(self.block.args) if self.rows.frames.get(a) == FULL]
        if not full:
            raise NotLowerableError(reason="no operand is a full tensor")
        kept = tuple(self._kept_columns(self.rows.frames[v]) for v in last.values)
        digest = hashlib.sha256(source.encode()).hexdigest()[:8]
        name = f"{kind_of(list(self.body.ops))}_{digest}"
        types = tuple(a.type for a in self.block.args), tuple(v.type for v in last.values)
        tile = math.prod(self.padded)
        return Kernel(
            name, source.replace("KERNEL", name), *types, kept, self.rows.columns, tile, tuple(self.sizes), full[0]
        )

    def _body(self, last: YieldOp) -> Iterator[str]:
        """The lines of the kernel behind the indices."""
        lines = Lines(self.rows)
        for i, arg in enumerate(self.block.args):
            if arg in self.rows.frames:
                axes = frozenset(t.axis for t in address_terms(arg, self.rows) if t.axis is not None)
                yield lines.load(arg, f"x{i}", self._address(arg), self._mask(self.rows.frames[arg]), axes)
        for op in self.block.ops:
            if not isinstance(op, YieldOp) and op.results[0] in self.rows.frames:
                yield from lines.op(op)
        for i, value in enumerate(last.values):
            yield lines.store(value, f"y{i}", self._address(value), self._mask(self.rows.frames[value]))

    def _source(self, lines: list[str]) -> str:
        pointers = [f"x{i}_ptr" for i, arg in enumerate(self.block.args) if isinstance(arg.type, TensorType)]
        last = self.block.last_op
        assert isinstance(last, YieldOp)
        pointers += [f"y{i}_ptr" for i in range(len(last.values))]
        sizes = [f"size{i}" for i in range(len(self.sizes))]
        arguments = ", ".join([*pointers, "rows", *sizes, "ROWS: tl.constexpr"])
        about = [f"    # {text}" for text in _about(self.body)]
        body = [f"    {line}" for line in (*self._indices(), *lines)]
        return "\n".join([HEADER, "", "@triton.jit", f"def KERNEL({arguments}):", *about, *body, ""])

    def _indices(self) -> Iterator[str]:
        yield f"row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS){_new_axes(None, len(self.padded))}"
        for i, length in enumerate(self.padded):
            yield f"c{i} = tl.arange(0, {length}){_new_axes(i, len(self.padded))}"

    def _mask(self, frame: Frame) -> str:
        """The condition under which an element of this frame exists; empty where all of a tile do."""
        in_row, axes = spans(frame, self.rows)
        parts = ["(row < rows)"] if in_row else []
        for i, kept in enumerate(axes):
            if kept and self.padded[i] != self.rows.factors[i]:
                parts.append(f"(c{i} < {self.rows.factors[i]})")
        return " & ".join(parts)

    def _address(self, value: SSAValue) -> str:
        """The offset of each element of a tile in a tensor, in elements."""
        texts = [self._term(term) for term in address_terms(value, self.rows)]
        return " + ".join(texts) or "0"

    def _term(self, term: Term) -> str:
        index = "row" if term.axis is None else f"c{term.axis}"
        if term.divisor != 1:
            index = f"({index} // {self._number(term.divisor)})"
        if term.extent is not None:
            index = f"({index} % {self._number(term.extent)})"
        return index if term.stride == 1 else f"{index} * {self._number(term.stride)}"

    def _number(self, dim: Dim) -> str:
        """A number, or the kernel argument for a symbolic one."""
        if isinstance(dim, int):
            return str(dim)
        size = Size.of(dim)
        if "?" in size.atoms:
            raise NotLowerableError(reason="an address needs a size that has no name; name it with #irfuse.dims")
        if size not in self.sizes:
            self.sizes.append(size)
        return f"size{self.sizes.index(size)}"

    def _kept_columns(self, frame: Frame) -> int:
        return math.prod(f for f, kept in zip(self.rows.factors, spans(frame, self.rows)[1], strict=True) if kept)


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
    """The part of an axis that lies outside the row."""
    columns = Size(rows.columns)
    inside = columns.divided_by(piece.inner)
    if inside is not None and not piece.inner.atoms:
        rest = Size.of(piece.length).divided_by(inside)
        divisor, stride = Size(1), _times(stride, inside.factor)
    else:
        rest, divisor = Size.of(piece.length), piece.inner.divided_by(columns) or Size(0)
    if rest is None or divisor == Size(0):
        raise NotRowWise("the rows do not fit the axes of an operand")
    return Term(None, stride, divisor.dim(), None if piece.outermost else rest.dim())


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


def _with_layout_cuts(block: Block, rows: Rows) -> Rows:
    """The rows with their axes cut where a strided operand or result has an axis."""
    last = block.last_op
    assert isinstance(last, YieldOp)
    cuts = {border for frame in rows.frames.values() for border in frame.borders()}
    for value in (*block.args, *last.values):
        if value in rows.frames:
            for piece, _ in coalesced(value, rows.frames[value]):
                cuts |= {size.factor for size in (piece.inner, piece.inner * Size.of(piece.length)) if not size.atoms}
    return rows.cut(cuts)


def _new_axes(axis: int | None, count: int) -> str:
    """The subscript that puts a vector along one axis of a tile of ``1 + count`` axes."""
    place = 0 if axis is None else axis + 1
    return "[" + ", ".join(":" if i == place else "None" for i in range(count + 1)) + "]"


def _about(body: Block) -> Iterator[str]:
    """The ops of the body as comments: names and numbers alone."""
    for op in body.ops:
        if isinstance(op, NamedOp):
            settings = [(key, _said(value)) for key, value in op.properties.items()]
            yield " ".join([name_of_op(op), *(f"{key}={text}" for key, text in settings if text)])


def _said(value: Attribute) -> str:
    """A setting of a named op as text: a number or a word of an enumeration; nothing for anything else."""
    if isinstance(value, (FloatAttr, IntegerAttr)):
        number = value.value.data
        return ("true" if number else "false") if value.type == i1 else f"{number:g}"
    return value.data.value if isinstance(value, EnumAttribute) else ""
