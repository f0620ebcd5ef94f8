"""The lines of a generated kernel: a line or a few for every small op, bit for bit what the op means."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects.builtin import f64
from xdsl.ir import Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.index_maps import Computed, Lookup, Number
from irfuse.analysis.operand_maps import piece_window
from irfuse.dialect.reduce import RowReduction
from irfuse.errors import NotLowerableError
from irfuse.kernel.casts import element_of, in_memory, is_free, rounded, type_of
from irfuse.kernel.expressions import SHAPES, Expressions
from irfuse.kernel.guards import Guard
from irfuse.kernel.numbers import literal
from irfuse.kernel.reductions import reduction, run_along, spread
from irfuse.kernel.text import EXPRESSIONS, NARROW_FLOATS, name_of_op
from irfuse.kernel.tile import ROW_EXISTS, Tile


class Lines:
    """Names the values of a body and writes their lines, in order; a value has one tile, or one for each chunk."""

    def __init__(self, tile: Tile) -> None:
        self.tile, self.axes, self.maps = tile, tile.axes, tile.rows.maps
        self.expressions = Expressions(tile)
        self.names: dict[SSAValue, tuple[str, ...]] = {}
        self.used: dict[str, int] = {}
        self.phases: list[list[tuple[int | None, str]]] = []
        """Lines with their chunk, in runs that either belong to chunks all or have no chunk."""
        self.texts: dict[str, str] = {}
        """The name of what each text computes: where pieces are apart, one entry is read at several places."""
        self.homes: dict[str, tuple[int, int | None]] = {}
        """The run and the chunk in which a name is made."""

    def load(
        self,
        value: SSAValue,
        name: str,
        source: str,
        address: Callable[[int], str],
        axes: frozenset[int],
        guard: Guard | None = None,
    ) -> None:
        """Load an operand, where its guard says; floats are widened to f32. ``address`` is that of a chunk."""
        element = element_of(value)
        other = "" if element.tile.startswith("tl.float8") else f", other={'0.0' if element.is_float else '0'}"
        widen = ".to(tl.float32)" if element.pointer in NARROW_FLOATS else ""
        repeated = self._is_repeated_in_row(value, axes)
        self.axes[value] = axes = self.tile.row_axes_with(axes) if repeated else axes
        names: list[str] = []
        for chunk, part in enumerate(self.tile.names(name, axes)):
            mask = " & ".join(filter(None, [self.tile.mask(self.maps[value], chunk), self._holds(guard)]))
            masked = f", mask={mask}{other}" if mask else ""
            place = f"{source}_ptr + {address(chunk)}"
            if repeated or self._is_shared(value):
                place = f"tl.broadcast_to({place}, {self.tile.shape(axes)})"
            names.append(self._named(part, f"tl.load({place}{masked}){widen}"))
        self.names[value] = tuple(names)

    def _holds(self, guard: Guard | None) -> str:
        """The condition of a guard, which is one number for a row; empty where there is none."""
        name = "" if guard is None else self.names[guard.condition][0]
        return name if guard is None or guard.holds else f"({name} == 0)"

    def look_up(self, lookup: Lookup, name: str, end: str, address: Callable[[Number, int], str]) -> None:
        """Load the numbers of the rows that are taken from a table; those below 0 count from its end."""
        for chunk, part in enumerate(self.tile.names(name, self.tile.axes_looked_up(lookup))):
            self._add(f"{part} = {self._index(lookup.number, chunk, address)}.to(tl.int64)")
            self._add(f"{part} = tl.where({part} < 0, {part} + {end}, {part})")

    def _index(self, number: Number | Computed, chunk: int, address: Callable[[Number, int], str]) -> str:
        """The text of a number that is read, or computed from such numbers."""
        if isinstance(number, Number):
            mask = self.tile.mask(number.index_map, chunk)
            guard = f", mask={mask}, other=0" if mask else ""
            return f"tl.load(x{number.operand}_ptr + {address(number, chunk)}{guard})"
        texts = [self._index(inner, chunk, address) for inner in number.numbers]
        if number.op is d.CastOp:
            return f"{texts[0]}.to(tl.int64)"
        texts += [] if number.scalar is None else [literal(number.scalar, number.element)]
        return f"({EXPRESSIONS[number.op](*texts)})"

    def wait(self) -> None:
        """Let all threads of a program have read what they need before one of them writes."""
        self._add("tl.debug_barrier()")

    def store(
        self, value: SSAValue, name: str, result: SSAValue, address: Callable[[int], str], inside: Callable[[int], str]
    ) -> None:
        """Store a value, bit by bit in the type of its result, where it lies ``inside``.

        One number is stored by the only row there is.

        To store a few numbers of every chunk, warps exchange them behind a barrier: that comes after all else.
        """
        index_map = self.maps[value]
        parts = spread(self.names[value], self.tile.names("", self.tile.kept(index_map)))
        places = [address(chunk) for chunk in range(len(parts))]
        masks = [" & ".join(filter(None, [self.tile.mask(index_map, i), inside(i)])) for i in range(len(parts))]
        for chunk in dict.fromkeys(self.tile.firsts(index_map)[: len(parts)]):
            part, place, mask = parts[chunk], places[chunk], masks[chunk]
            if is_one := self._is_one(value):
                mask = " & ".join(filter(None, [ROW_EXISTS, mask]))
            if is_one or self._is_shared(value):
                place = f"{place} + row * 0"
            for axis in self._repeats(value):
                index = self.tile.index(axis, chunk)
                place, mask = f"{place} + {index} * 0", " & ".join(filter(None, [mask, f"({index} == 0)"]))
            guard = f", mask={mask}" if mask else ""
            line = f"tl.store({name}_ptr + {place}, {in_memory(value, result, part)}{guard})"
            self._add(line, chunk if len(parts) > 1 and not self.tile.is_few(index_map) else None)

    def _is_repeated_in_row(self, value: SSAValue, axes: frozenset[int]) -> bool:
        """Whether runs of columns of a row read the same entries of an operand, as both halves of a rotated head do.

        It is read for each of them, so that its layout is that of the row; see `_is_shared`.
        """
        last = len(self.tile.lengths) - 1
        return self.tile.in_row(value) and last in axes and axes != self.tile.row_axes_with(axes)

    def _repeats(self, value: SSAValue) -> list[int]:
        """The axes along which a value that is stored may be there several times, of which one is stored."""
        kept = self.tile.kept(self.maps[value])
        repeated = self._is_repeated_in_row(value, kept)
        there = self.tile.row_axes_with(kept) if repeated else self.axes[value]
        return sorted(axis for axis in there - kept if self.tile.lengths[axis] > 1)

    def _is_one(self, value: SSAValue) -> bool:
        """Whether a value is one number in a chunk, whose place names nothing that a tile is spread along."""
        kept = self.tile.kept(self.maps[value])
        return not self.tile.in_row(value) and all(self.tile.lengths[axis] == 1 for axis in kept)

    def _is_shared(self, value: SSAValue) -> bool:
        """Whether a value of several entries is the same in all rows, of which there may be more than one.

        It is read once for every row of the tile, so that its layout is that of the rows. Triton would move it there
        through shared memory, which costs more than loads that the cache answers.
        """
        return bool(self.axes[value]) and not self.tile.in_row(value) and self.tile.has_rows

    def number(self, op: d.IotaOp, address: Callable[[int], str]) -> None:
        """Numbers that count along an axis: where an entry would lie in memory, at the address of a chunk."""
        self.axes[op.result] = axes = self.tile.axes_read(op.result)
        kind = element_of(op.result).tile
        parts = self.tile.names(self._fresh(op), axes)
        places = [f"{at} + row * 0" if at.isdecimal() else at for at in map(address, range(len(parts)))]
        texts = [f"({at}).to({kind})" for at in places]
        self.names[op.result] = tuple([self._named(*line) for line in zip(parts, texts, strict=True)])

    def op(self, op: Operation) -> None:
        """Compute one small op."""
        result = op.results[0]
        if not isinstance(op, (d.CastOp, *SHAPES)) and f64 in map(type_of, (*op.operands, *op.results)):
            raise NotLowerableError(reason="kernels do not compute with elements of f64")
        self.axes[result] = frozenset().union(*(self.axes[v] for v in op.operands if v in self.axes))
        if isinstance(op, SHAPES) or is_free(op) or self._is_placed(op):
            self.names[result] = self.names[op.operands[0]]
            return
        if isinstance(op, d.PadOp):
            self.axes[result] |= self.tile.axes_of_windows(self.maps[op.x])
        if isinstance(op, d.ConcatOp):
            self.axes[result] |= self.tile.axes_of(piece_window(op, self.maps[result]))
        if isinstance(op, RowReduction):
            self.axes[result] = run_along(op.x, self.maps[result], self.tile).left
        base = self._fresh(op)
        names = self.tile.names_of(base, self.axes[result], self.maps[result])
        operands = [self.names[v] for v in op.operands]
        if isinstance(op, RowReduction):
            self.names[result] = names
            self._add_of_row(op, base, operands)
            return
        found: list[str] = []
        for chunk, name in enumerate(names):
            at_chunk = [tiles[chunk] if len(tiles) > 1 else tiles[0] for tiles in operands]
            text = self.expressions.text(op, at_chunk, chunk)
            found.append(self._named(name, text, chunk if len(names) > 1 else None, at_chunk))
        self.names[result] = tuple(found)

    def _is_placed(self, op: Operation) -> bool:
        """Whether an op pads what is stored: a kernel writes the entries that there are to where they stand then."""
        return isinstance(op, d.PadOp) and not self.maps[op.x].windows

    def _add_of_row(self, op: RowReduction, base: str, operands: list[tuple[str, ...]]) -> None:
        """Add the lines of an op that works on a whole run of columns."""
        result = op.results[0]
        for chunk, line in reduction(op, base, operands[0], self.tile):
            self._add(line, chunk, [name for names in operands for name in names if name in line])
        if element_of(result).pointer in NARROW_FLOATS and not isinstance(op, (d.RowAmaxOp, d.RowAminOp)):
            for chunk, name in enumerate(self.names[result]):
                self._add(f"{name} = {rounded(result, name)}", chunk if len(self.names[result]) > 1 else None)

    def _named(self, name: str, text: str, chunk: int | None = None, operands: Sequence[str] = ()) -> str:
        """The name of what a text computes: one that there is, or this one, in a new line."""
        if text in operands:
            return text
        if text not in self.texts:
            self._add(f"{name} = {text}", chunk, operands)
            self.texts[text], self.homes[name] = name, (len(self.phases), chunk)
        return self.texts[text]

    def _add(self, line: str, chunk: int | None = None, operands: Sequence[str] = ()) -> None:
        """Add a line that computes one chunk, or what all chunks have in common; behind those that it reads."""
        homes = [self.homes[name] for name in operands if name in self.homes]
        crosses = any(run == len(self.phases) and home != chunk for run, home in homes)
        if chunk is None or crosses or not self.phases or self.phases[-1][0][0] is None:
            self.phases.append([])
        self.phases[-1].append((chunk, line))

    def ordered(self) -> list[str]:
        """The lines; those of a chunk stand together, so that few tiles are alive at a time."""
        return [line for phase in self.phases for _, line in sorted(phase, key=lambda part: part[0] or 0)]

    def _fresh(self, op: Operation) -> str:
        base = name_of_op(op)
        self.used[base] = self.used.get(base, 0) + 1
        return f"{base}_{self.used[base]}"
