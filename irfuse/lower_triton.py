"""A fused op to the source of one Triton kernel and a description of its launch. No torch, no triton, no GPU.

The body, expanded into small ops, becomes a line or two each (irfuse.kernel.lines). A program computes ROWS rows at
once as a tile [ROWS, f0, f1, ...], where f0 * f1 * ... are the columns of a row (irfuse.analysis.rows). Every value is
a tile that is 1 long along the axes that its frame lacks, so reshapes and broadcasts leave no line. All arithmetic is
in f32 and rounds to bf16 or f16 where the IR does.

Nothing from the IR reaches the source but numbers and the names of ops: identifiers are made here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from xdsl.dialects.builtin import FloatAttr, IntegerAttr, TensorType, i1
from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue

from irfuse.analysis.chains import kind_of
from irfuse.analysis.digits import Fixed, NotRowWise, Window
from irfuse.analysis.in_place import check_in_place
from irfuse.analysis.index_maps import Lookup, Number
from irfuse.analysis.likeness import Remembered, likeness_of
from irfuse.analysis.outline import expand_named
from irfuse.analysis.rows import analyse
from irfuse.analysis.stores import store_of
from irfuse.dialect.bits import BitcastOp
from irfuse.dialect.fused import FusedOp, YieldOp
from irfuse.dialect.named import NamedOp
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.shape import CopyOp, IotaOp, PadOp, PermuteOp, RelayoutOp, ReshapeOp
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import bit_width, dims_of, strides_of, tensor_type
from irfuse.errors import NotLowerableError
from irfuse.kernel.addresses import Place, address_of, memory_map, places_in, stored, with_layout_cuts
from irfuse.kernel.configs import Work
from irfuse.kernel.guards import Guard, guards_of, needed_first
from irfuse.kernel.kernel import PROGRAM, Kernel, Part, Result
from irfuse.kernel.lines import Lines
from irfuse.kernel.logistic import name_logistics
from irfuse.kernel.numbers import MINUS_ZERO, MINUS_ZERO_LINE
from irfuse.kernel.side_by_side import side_by_side
from irfuse.kernel.text import header, name_of_op
from irfuse.kernel.tile import ROW_EXISTS, Tile, axis_of_pieces

_KERNELS = Remembered[Kernel](NotLowerableError)
"""The kernels of bodies without parts, by their likeness."""


def lower(op: FusedOp) -> Kernel:
    """The kernel of a fused op. Raises NotLowerableError with the reason where there is none."""
    return lower_block(op.body.block)


def lower_block(body: Block) -> Kernel:
    """The kernel of a body; see `lower`."""
    parts = [op for op in body.ops if isinstance(op, FusedOp)]
    if not parts:
        return _KERNELS.of(likeness_of(body), partial(_lowered, body))
    return side_by_side(body, [lower(op) for op in parts])


def _lowered(body: Block) -> Kernel:
    """The kernel of a body of small and named ops."""
    block = _copy(body)
    expand_named(block)
    name_logistics(block)
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
    lookups: list[Lookup] = field(default_factory=list)

    def lower(self) -> Kernel:
        last = self.block.last_op
        assert isinstance(last, YieldOp)
        self.rows = with_layout_cuts(self.block, analyse(self.block))
        self.in_place = check_in_place(self.block, self.rows)
        self.tile = Tile(self.rows, axis_of_pieces(self.block, self.rows))
        source = self._source(self._body(last))
        if (counted := self.rows.counted(self.block.args)) is None:
            raise NotLowerableError(reason="no operand is a full tensor")
        results = tuple(map(self._result, last.values))
        digest = hashlib.sha256(source.encode()).hexdigest()[:8]
        name = f"{kind_of(list(self.body.ops))}_{digest}"
        part = Part(counted, self.rows.columns, self._work(last))
        types = tuple(a.type for a in self.body.args)
        return Kernel(name, source.replace("KERNEL", name), types, results, (part,), tuple(self.sizes))

    def _result(self, value: SSAValue) -> Result:
        buffer = self._buffer_of(value)
        kept = self.tile.entries(self.rows.maps[value]) if buffer is None else 0
        return Result(value.type, 0, kept, _is_padded(value), buffer)

    def _work(self, last: YieldOp) -> Work:
        """The columns of a tile, the bytes of an element of all full tensors, and the reductions."""
        written = [v for result in last.values for v, _ in stored(result, self.rows)]
        values = [v for v in (*self.block.args, *written) if v in self.rows.maps]
        moved = [v for v in values if self.rows.covers(self.rows.maps[v])]
        traffic = sum(bit_width(tensor_type(v).element_type) // 8 for v in moved)
        reductions = sum(isinstance(op, RowReduction) for op in self.block.ops)
        return Work(self.tile.columns, traffic, reductions)

    def _body(self, last: YieldOp) -> list[str]:
        """The lines of the kernel behind the indices."""
        lines = Lines(self.tile)
        stores = [(i, v, place) for i, result in enumerate(last.values) for v, place in stored(result, self.rows)]
        maps = [*self.rows.maps.values(), *(place for _, _, place in stores)]
        self.lookups = list(dict.fromkeys(lookup for m in maps for lookup in m.lookups))
        for i, lookup in enumerate(self.lookups):
            end = self._number(lookup.length)
            lines.look_up(lookup, f"at{i}", end, self._address_of_number)
        guards = guards_of(self.block, self.tile)
        first = needed_first(guards.values())
        self._load(lines, [arg for arg in self.block.args if arg not in guards], guards)
        ops = [op for op in self.block.ops if not isinstance(op, YieldOp) and op.results[0] in self.rows.maps]
        for op in [op for op in ops if op in first]:
            self._compute(lines, op)
        self._load(lines, guards, guards)
        for op in [op for op in ops if op not in first]:
            self._compute(lines, op)
        if self.in_place:
            lines.wait()
        for i, value, place in sorted(stores, key=lambda store: self.tile.is_few(self.rows.maps[store[1]])):
            address = partial(self._address_in, places_in(place, self.rows))
            lines.store(value, f"y{i}", last.values[i], address, partial(self._inside, place.lookups))
        return lines.ordered()

    def _compute(self, lines: Lines, op: Operation) -> None:
        if isinstance(op, IotaOp):
            lines.number(op, partial(self._address, op.result))
        else:
            lines.op(op)

    def _load(self, lines: Lines, args: Iterable[SSAValue], guards: Mapping[SSAValue, Guard]) -> None:
        """Load these operands of the body, each where its guard says."""
        for arg in args:
            if arg in self.rows.maps:
                i, axes = self.block.args.index(arg), self.tile.axes_read(arg)
                name, source = f"x{i}", f"x{self.rows.sources[i]}"
                lines.load(arg, name, source, partial(self._address, arg), axes, guards.get(arg))

    def _source(self, lines: list[str]) -> str:
        pointers = [f"x{i}_ptr" for i, arg in enumerate(self.body.args) if isinstance(arg.type, TensorType)]
        last = self.block.last_op
        assert isinstance(last, YieldOp)
        pointers += [f"y{i}_ptr" for i in range(len(last.values))]
        sizes = [f"size{i}" for i in range(len(self.sizes))]
        arguments = ", ".join([*pointers, "rows", *sizes, "ROWS: tl.constexpr"])
        before = [*(f"# {text}" for text in _about(self.body)), *self._row(), *self._columns()]
        before += [MINUS_ZERO_LINE] if any(MINUS_ZERO in line for line in lines) else []
        body = [f"    {line}" for line in (*before, *lines)]
        return "\n".join([header(lines), "", "@triton.jit", f"def KERNEL({arguments}):", *body, ""])

    def _row(self) -> Iterator[str]:
        """The lines of the rows of a tile; where a program has one row, it is there."""
        axis = _new_axes(None, len(self.tile.lengths))
        yield f"row = {PROGRAM}.to(tl.int64) * ROWS + tl.arange(0, ROWS){axis}"
        yield f"{ROW_EXISTS} = (row < rows) | (ROWS == 1)"

    def _columns(self) -> Iterator[str]:
        """The lines of the indices along the axes of a tile."""
        for i, length in enumerate(self.tile.lengths):
            along = f"tl.arange(0, {length}){_new_axes(i, len(self.tile.lengths))}"
            if self.tile.number(i, 0) is not None:
                continue
            yield f"c{i} = {along}"
            if i == self.tile.unrolled:
                yield from (f"c{i}_{chunk} = c{i} + {chunk * length}" for chunk in range(self.tile.unroll))

    def _address(self, value: SSAValue, chunk: int) -> str:
        """The offset of each element of a tile in a tensor, in elements."""
        return self._address_in(address_of(value, self.rows), chunk)

    def _buffer_of(self, result: SSAValue) -> int | None:
        """The operand that a result is, written to; None for a tensor of its own."""
        store = store_of(result)
        if store is None:
            return None
        if not isinstance(store.buffer, BlockArgument):
            raise NotLowerableError(reason="what it computes itself is written to")
        return self.rows.sources[store.buffer.index]

    def _inside(self, lookups: Sequence[Lookup], chunk: int) -> str:
        """The condition that numbers looked up lie on their axes: nothing is written elsewhere."""
        names = [self._looked_up(lookup, chunk) for lookup in lookups]
        ends = [self._number(lookup.length) for lookup in lookups]
        return " & ".join(f"({at} >= 0) & ({at} < {end})" for at, end in zip(names, ends, strict=True))

    def _looked_up(self, lookup: Lookup, chunk: int) -> str:
        return self.tile.part_of(f"at{self.lookups.index(lookup)}", self.tile.axes_looked_up(lookup), chunk)

    def _address_of_number(self, number: Number, chunk: int) -> str:
        """Where a number lies that is looked up."""
        return self._address_in(
            places_in(memory_map(self.block.args[number.operand], number.index_map), self.rows), chunk
        )

    def _address_in(self, found: tuple[list[Place], int], chunk: int) -> str:
        left, known = self.tile.known(found[0], chunk)
        offset = found[1] + known
        texts = [self._part(place, chunk) for place in left]
        return " + ".join([*texts, *([str(offset)] if offset else [])]) or "0"

    def _part(self, place: Place, chunk: int) -> str:
        index = "row" if place.axis is None else self.tile.index(place.axis, chunk)
        if isinstance(place.base, Window):
            index = f"({self.tile.coordinate(place.base, chunk)})"
        elif isinstance(place.base, Fixed):
            index = str(place.base.number)
        elif isinstance(place.base, Lookup):
            index = self._looked_up(place.base, chunk)
        if place.divisor != 1:
            index = f"({index} // {self._number(place.divisor)})"
        if place.extent is not None:
            index = f"({index} % {self._number(place.extent)})"
        return index if place.stride == 1 else f"{index} * {self._number(place.stride)}"

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


def _is_padded(result: SSAValue) -> bool:
    """Whether a result is one that a pad, and what moves its entries, makes of another."""
    while isinstance(result.owner, (ReshapeOp, RelayoutOp, CopyOp, BitcastOp, PermuteOp)):
        result = result.owner.x
    return isinstance(result.owner, PadOp)


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
