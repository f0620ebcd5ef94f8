"""The rows of a body: the index maps of all its values (irfuse.analysis.index_maps), and how long a row is.

A row is as short as the reductions allow, so that a program computes many of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from xdsl.ir import Block, SSAValue

from irfuse.analysis.cuts import cut
from irfuse.analysis.digits import Digit, NotRowWise, Summand, unknown
from irfuse.analysis.index_maps import IndexMap
from irfuse.analysis.inference import Inference, free_until, infer, size_of
from irfuse.analysis.operand_maps import piece_window, shape_of
from irfuse.analysis.stores import stored_values
from irfuse.dialect.parts import ConcatOp
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.sizes import Size


@dataclass(frozen=True)
class Counted:
    """How many rows there are: ``times`` for every ``columns`` entries of an operand."""

    operand: int
    columns: int
    times: int


@dataclass(frozen=True)
class Rows:
    """The row structure of a body.

    ``columns`` entries are one row; ``factors`` are its axes in a kernel, outermost first, product ``columns``;
    ``maps`` has a map for every value of the body that a result needs; ``total`` is the number of entries of the index.
    ``sources`` says of each argument which operand it reads: an operand that is read at two places is two arguments.
    """

    columns: int
    factors: tuple[int, ...]
    maps: dict[SSAValue, IndexMap]
    total: Size
    sources: tuple[int, ...]
    summands: tuple[int, ...] = ()
    """The lengths of axes that no result has; they are the first axes of a tile."""
    crossed_factor: int | None = None
    """The factor of the row, if any, inside of which runs end that do not nest."""
    borders: frozenset[int] = frozenset()
    """The columns at which runs end: those inside of each axis, of the row, and of runs that do not nest."""

    @property
    def lengths(self) -> tuple[int, ...]:
        """The lengths of all axes of a tile, outermost first."""
        return (*self.summands, *self.factors)

    @property
    def crossed(self) -> int | None:
        """The axis of a tile, if any, inside of which runs end that do not nest."""
        return None if self.crossed_factor is None else len(self.summands) + self.crossed_factor

    @property
    def full(self) -> IndexMap:
        """The map of full tensors."""
        return IndexMap.identity(self.total)

    def cut(self, borders: Iterable[int]) -> Rows:
        """The same rows, or longer ones, cut at these columns too. Raises NotRowWise where these do not nest."""
        new = cut(self.columns, {*self.borders, *borders}, self.total)
        axes = replace(self, columns=new.columns, factors=new.factors, borders=new.borders)
        return replace(axes, crossed_factor=new.crossed)

    def covers(self, index_map: IndexMap) -> bool:
        """Whether each point of the index reads an entry of its own, wherever that lies."""
        return index_map.is_one_to_one(self.total)

    def _is_full(self, value: SSAValue) -> bool:
        """Whether a value is a full tensor, and not one of which the first rows are taken."""
        size = size_of(value)
        return self.maps[value] == self.full and (size.atoms != self.total.atoms or size == self.total)

    def counted(self, args: Sequence[SSAValue]) -> Counted | None:
        """An argument that tells how many rows there are: a full tensor if any, else one with entries for each."""
        known = [(source, arg) for source, arg in zip(self.sources, args, strict=True) if arg in self.maps]
        if full := [source for source, arg in known if self._is_full(arg)]:
            return Counted(full[0], self.columns, 1)
        found = [(source, self.maps[arg], arg) for source, arg in known]
        numbers = [number for _, index_map, _ in found for at in index_map.lookups for number in at.numbers]
        found += [(number.operand, number.index_map, args[number.operand]) for number in numbers]
        for operand, index_map, arg in found:
            entries = size_of(arg) * Size(self.columns)
            if entries.atoms == self.total.atoms and not index_map.lookups and spans(index_map, self)[0]:
                common = math.gcd(entries.factor, self.total.factor)
                return Counted(operand, entries.factor // common, self.total.factor // common)
        return self._one_row([(source, size_of(arg)) for source, arg in known])

    def _one_row(self, known: Iterable[tuple[int, Size]]) -> Counted | None:
        """An operand that is there once for the one row of all, where there is no other."""
        one = (Counted(source, size.factor, 1) for source, size in known if not size.atoms)
        return next(one, None) if self.total == Size(self.columns) else None


def spans(index_map: IndexMap, rows: Rows) -> tuple[bool, tuple[bool, ...]]:
    """Whether a value depends on the row, and on which of the row's axes."""
    digits, columns = index_map.digits(), Size(rows.columns)
    summed = {digit.base for digit in index_map.summands}
    along: list[bool] = []
    offset = 1
    for factor in reversed(rows.factors):
        along.append(any(_overlaps(digit, offset, offset * factor) for digit in digits))
        offset *= factor
    own = [Summand(number) in summed for number in range(len(rows.summands))]
    return any(_goes_beyond(digit, columns) for digit in digits), (*own, *reversed(along))


def _overlaps(digit: Digit, start: int, end: int) -> bool:
    """Whether a digit counts anything between two columns of the row."""
    begins = not digit.inner.atoms and digit.inner.factor < end
    return begins and _goes_beyond(digit, Size(start))


def _goes_beyond(digit: Digit, columns: Size) -> bool:
    last = digit.end
    return last is None or last.atoms != () or last.factor > columns.factor


def analyse(block: Block) -> Rows:
    """Find the rows of a body of small ops that ends with irfuse.yield. Raises NotRowWise with the reason.

    What is needed at two places of the index becomes two values of the block, and an operand two arguments. What is put
    together to be written is computed as a whole, or where that does not go piece by piece.
    """
    if apart := stored_values(block) != stored_values(block, apart=True):
        with suppress(NotRowWise):
            return _analyse(block, apart=False)
    return _analyse(block, apart=apart)


def _analyse(block: Block, *, apart: bool) -> Rows:
    sources = list(range(len(block.args)))
    found = infer(block, sources, apart=apart)
    try:
        return _rows_of(block, found, tuple(sources))
    except NotRowWise:
        found.take_twins_back()
        raise


def _rows_of(block: Block, found: Inference, sources: tuple[int, ...]) -> Rows:
    maps, total = found.maps, found.total
    runs = _whole_runs(block, maps, total)
    pieces = {n for op in block.ops if isinstance(op, ConcatOp) and op.result in maps for n in _told_apart(op, maps)}
    columns = max(max(runs, default=0) or _last_axis(maps, total), *pieces, 0)
    borders = {n for index_map in maps.values() for digit in index_map.digits() for n in _borders(digit)}
    return Rows(columns, (), maps, total, sources, tuple(found.summands)).cut(borders | runs | pieces)


def _borders(digit: Digit) -> Iterable[int]:
    return (size.factor for size in (digit.inner, digit.end) if size is not None and not size.atoms)


def _whole_runs(block: Block, maps: dict[SSAValue, IndexMap], total: Size) -> set[int]:
    """The runs that a row must hold whole: those that are reduced, normed or seen through a window."""
    runs: set[int] = set()
    for op in block.ops:
        if not isinstance(op, RowReduction) or op.result not in maps or maps[op.x] == maps[op.result]:
            continue
        if not maps[op.x].windows and maps[op.x].summands == maps[op.result].summands:
            runs.add(_number(free_until(maps[op.result], total), maps[op.x]))
    for window in {window for index_map in maps.values() for window in index_map.windows}:
        runs |= {end for term in window.terms for end in _borders(term.digit)}
    return runs


def _told_apart(op: ConcatOp, maps: dict[SSAValue, IndexMap]) -> set[int]:
    """The runs that hold the pieces of a concatenation, so that a column says which piece it is from."""
    digits = [digit for term in piece_window(op, maps[op.result]).terms for digit in term.digit.of_index()]
    if any(digit.end is None or digit.end.atoms for digit in digits):
        raise NotRowWise("pieces are put together along the rows, of which there is no known number")
    return {end for digit in digits for end in _borders(digit)}


def _number(size: Size, index_map: IndexMap) -> int:
    """A run as a number; where its length is not known, that of the innermost digit of what is reduced along it."""
    return size.factor if not size.atoms else max(_borders(index_map.digits()[0]))


def _last_axis(maps: dict[SSAValue, IndexMap], total: Size) -> int:
    """The columns of a row that nothing reduces: the last axis of a full tensor."""
    full = IndexMap.identity(total)
    lasts = [shape_of(v)[-1:] for v, index_map in maps.items() if index_map == full]
    last = lasts[0][0] if lasts and lasts[0] else 1
    if not isinstance(last, int):
        raise unknown(f"the last axis has {last}")
    return last
