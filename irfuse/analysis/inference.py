"""Which entry of each value of a body a point of the index reads, found from the results backwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress

from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from irfuse.analysis.axes import axes_of
from irfuse.analysis.digits import ONE, Axis, Digit, NotRowWise, Summand, Term, unknown
from irfuse.analysis.index_maps import IndexMap
from irfuse.analysis.operand_maps import operand_maps, result_map, row_major, shape_of, table_map
from irfuse.analysis.pieces import Pieces, pieces_of_rows
from irfuse.analysis.stores import stored_values
from irfuse.dialect.bits import BitcastOp
from irfuse.dialect.fused import YieldOp
from irfuse.dialect.parts import GatherOp
from irfuse.dialect.reduce import PackOp, RowAmaxOp, RowAminOp, RowReduction
from irfuse.dialect.shape import CopyOp, FullOp, PadOp, PermuteOp, RelayoutOp, ReshapeOp
from irfuse.dialect.sizes import Size

MOST_READS = 4
"""How many times a row may be read again to reduce more of it than a chain goes on with."""
MOST_SUMMED = 1 << 16
"""How large the axes of all reductions that have one of their own may be together: they are axes of one tile."""
MOST_COPIES = 4
"""By how much a body may grow where its values are needed at several places of the index."""


def size_of(value: SSAValue) -> Size:
    """The number of elements of a tensor value."""
    return Size.product(shape_of(value))


def infer(block: Block, sources: list[int], *, apart: bool = False) -> Inference:
    """The map of every value that the results of a block need; the largest results are full. Fills in ``sources``.

    Of sizes that are made of different symbols none is known to be the largest; then the first that fits is it. Pieces
    that are written ``apart`` and have nothing else in common are spread over the index, where no other way goes.
    """
    results = stored_values(block, apart=apart)
    sizes = dict.fromkeys(size_of(_computed(v)) for v in results)
    largest, *others = sorted(sizes, key=lambda size: (-len(size.atoms), -size.factor))
    whole = [Pieces(size) for size in others if size.atoms != largest.atoms]
    parts = list(pieces_of_rows(block, [_computed(v) for v in results])) if others else []
    try:
        return Inference(block, Pieces(largest), sources, results).run()
    except NotRowWise:
        for pieces in [*whole, *parts]:
            with suppress(NotRowWise):
                return Inference(block, pieces, sources, results).run()
        if not apart:
            raise
    return Inference(block, Pieces(largest), sources, results).run(spread=True)


class Inference:
    """One run of `infer`, where results of one size are full, or are pieces of rows of that size."""

    def __init__(self, block: Block, pieces: Pieces, sources: list[int], results: Sequence[SSAValue]) -> None:
        self.block, self.total, self.sources, self.results = block, pieces.total, sources, results
        self.maps: dict[SSAValue, IndexMap] = dict(pieces.maps)
        self.summands: list[int] = []
        self.along: dict[Operation, Digit] = {}
        """The digit that each reduction goes along, chosen once."""
        self.onwards: set[Operation] = set()
        """What moves padded values on: of their results a kernel writes those entries that it has."""
        self.twins: dict[tuple[SSAValue, IndexMap], SSAValue] = {}
        self.exchanged: list[tuple[Operation, int, SSAValue]] = []
        """Operands for which a twin stands, with what stood there before."""
        self.room = MOST_COPIES * len(list(block.ops)) + 16

    def run(self, *, spread: bool = False) -> Inference:
        """Find the map of every value that a result needs. Raises NotRowWise, and leaves the block as it was then."""
        try:
            return self._run(spread)
        except NotRowWise:
            self.take_twins_back()
            raise

    def _run(self, spread: bool) -> Inference:
        full, results = IndexMap.identity(self.total), self.results
        self.maps |= {v: full for v in map(_computed, results) if size_of(v) == self.total}
        self._infer_operands()
        if any(v not in self.maps for v in results):
            self._infer_results()
            self._infer_operands()
        if spread and any(v not in self.maps for v in results):
            self._spread_pieces()
            self._infer_operands()
        if any(v not in self.maps for v in results):
            raise NotRowWise("a result is not part of the row that the others are computed from")
        for v in map(_computed, results):
            if v in self.maps and not self.maps[v].is_complete(size_of(v)):
                raise NotRowWise("a result leaves of which the others need but a part")
        return self

    def _infer_operands(self) -> None:
        """The maps of all that is computed on the way to what has a map, from the last op to the first."""
        op = self.block.last_op
        while op is not None:
            if not isinstance(op, YieldOp) and op.results[0] in self.maps:
                for i, index_map in enumerate(self._operand_maps(op)):
                    value = op.operands[i]
                    if self.maps.setdefault(value, index_map) != index_map and not isinstance(value.owner, FullOp):
                        op.operands[i] = self._twin(value, index_map)
                        self.exchanged.append((op, i, value))
            op = op.prev_op

    def _operand_maps(self, op: Operation) -> list[IndexMap]:
        index_map = self.maps[op.results[0]]
        if op in self.onwards:
            return [self.maps[op.operands[0]]]
        if isinstance(op, RowReduction):
            return [self._before_reduction(op, index_map)]
        if isinstance(op, GatherOp):
            return [table_map(op, index_map, self.sources)]
        return operand_maps(op, index_map)

    def _before_reduction(self, op: RowReduction, index_map: IndexMap) -> IndexMap:
        """The map of an operand whose last axis is reduced: along the innermost run of the index that is free.

        A window that looks at as many columns as are reduced is such a run, so that a row is reduced where it is used.
        """
        dims = shape_of(op.x)
        columns = dims[-1]
        if not isinstance(columns, int):
            raise unknown(f"a reduction over {columns}")
        if op not in self.along and columns != 1:
            self.along[op] = self._free_run(index_map, columns)
        along = Axis() if columns == 1 else Axis((Term(self.along[op], ONE),))
        return row_major([*axes_of(index_map, shape_of(op.result))[:-1], along], dims)

    def _free_run(self, index_map: IndexMap, columns: int) -> Digit:
        used = index_map.digits()
        for window in dict.fromkeys(w for known in self.maps.values() for w in known.windows):
            counted = [t.digit for t in window.terms]
            if window.is_whole and window.length == columns and not any(_meets(a, b) for a in counted for b in used):
                return Digit(ONE, columns, window)
        first = free_until(index_map, self.total)
        if self._may_be_summed(index_map, first, columns):
            if math.prod([*self.summands, columns]) > MOST_SUMMED:
                raise NotRowWise(f"rows of {self.summands[-1]} and of {columns} columns are reduced, none in another")
            self.summands.append(columns)
            return Digit(ONE, columns, Summand(len(self.summands) - 1))
        if first == ONE or first.factor % columns:
            along = "along another axis" if first == ONE else f"over {first.dim()} columns"
            text = f"the result of a reduction over {columns} columns is spread {along}; is a keepdim missing?"
            raise NotRowWise(text)
        return Digit(ONE, columns)

    def _may_be_summed(self, index_map: IndexMap, free: Size, columns: int) -> bool:
        """Whether a reduction may have an axis of its own: every summand is read once, or little more often."""
        if index_map.is_one_to_one(self.total):
            return True
        return not free.atoms and free != ONE and free.factor < columns <= MOST_READS * free.factor

    def _infer_results(self) -> None:
        """Maps of what is computed beside the way to the largest results, such as a scale under its final shape."""
        for op in self.block.ops:
            if isinstance(op, YieldOp) or op.results[0] in self.maps:
                continue
            sources = op.operands[:1] if isinstance(op, (RowReduction, PermuteOp)) else op.operands
            known = [self.maps[v] for v in sources if v in self.maps]
            found = result_map(op, known[0]) if known else None
            if found is not None:
                if isinstance(op, RowReduction):
                    self._goes_along(op, known[0])
                onwards = isinstance(op, PadOp) or (len(sources) == 1 and sources[0].owner in self.onwards)
                self.maps[op.results[0]] = found
                self.onwards |= {op} if onwards else set()

    def _spread_pieces(self) -> None:
        """Maps of what is written piece by piece beside the others: one of so many columns of the index is for it."""
        for v in self.results:
            columns = self.total.divided_by(size_of(v)) if v not in self.maps else None
            if columns is not None and not columns.atoms:
                length = None if self.total.atoms else size_of(v).factor
                self.maps[v] = IndexMap.of([Term(Digit(columns, length, None, self.total), ONE)])

    def _goes_along(self, op: RowReduction, index_map: IndexMap) -> None:
        """Keep the digit along which an operand with this map is reduced, where its last axis is one."""
        terms = axes_of(index_map, shape_of(op.x))[-1].terms
        if len(terms) == 1 and terms[0].step == ONE:
            self.along[op] = terms[0].digit

    def _twin(self, value: SSAValue, index_map: IndexMap) -> SSAValue:
        """A second value that is the same, but at another place of the index; every place has one."""
        key = value, index_map
        if key not in self.twins:
            self.room -= 1
            if self.room < 0:
                raise NotRowWise("one value is used at too many places of the row")
            self.twins[key] = self._copy(value)
            self.maps[self.twins[key]] = index_map
        return self.twins[key]

    def take_twins_back(self) -> None:
        """Leave the block as it was before the run."""
        for op, i, value in reversed(self.exchanged):
            op.operands[i] = value
        for twin in reversed(self.twins.values()):
            if isinstance(twin, BlockArgument):
                self.block.erase_arg(twin)
                self.sources.pop()
            elif isinstance(twin.owner, Operation):
                twin.owner.detach()
                twin.owner.erase()

    def _copy(self, value: SSAValue) -> SSAValue:
        if isinstance(value, BlockArgument):
            self.sources.append(self.sources[value.index])
            return self.block.insert_arg(value.type, len(self.block.args))
        op = value.owner
        assert isinstance(op, Operation)
        copy = op.clone()
        self.block.insert_op_before(copy, op)
        return copy.results[0]


def free_until(index_map: IndexMap, total: Size) -> Size:
    """How many columns of the index a map does not tell from one another: those inside of its innermost digit."""
    inners = [digit.inner for digit in index_map.digits()]
    return min(inners, key=lambda size: (len(size.atoms), size.factor), default=total)


def _meets(a: Digit, b: Digit) -> bool:
    """Whether two digits of the index may count something in common."""
    ends = [(x.end, y.inner) for x, y in ((a, b), (b, a))]
    return not any(end is not None and inner.divided_by(end) is not None for end, inner in ends)


def _computed(value: SSAValue) -> SSAValue:
    """The entries that a result is packed from, is the extreme of, or that stand in it before padding; else itself."""
    inner = value
    while isinstance(inner.owner, (ReshapeOp, RelayoutOp, CopyOp, BitcastOp, PermuteOp)):
        inner = inner.owner.x
    if isinstance(inner.owner, PadOp):
        return _computed(inner.owner.x)
    packed = value
    while isinstance(packed.owner, (ReshapeOp, RelayoutOp, CopyOp, BitcastOp)):
        packed = packed.owner.x
    return packed.owner.x if isinstance(packed.owner, (PackOp, RowAmaxOp, RowAminOp)) else value
