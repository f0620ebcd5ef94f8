"""When a kernel may read the tensor that it writes to: its programs run in any order, all at once.

A map tells which entry a point of the index reads or writes. Of two maps it is asked whether they have entries in
common; of those of one kernel, whether a row reads an entry that another row writes. docs/laws.md has the laws.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from xdsl.ir import Block, BlockArgument, SSAValue

from irfuse.analysis.digits import ONE, Axis, Digit, NotRowWise, Term, size_key
from irfuse.analysis.index_maps import IndexMap
from irfuse.analysis.outline import expand_named
from irfuse.analysis.rows import Rows, analyse
from irfuse.analysis.stores import places_of, store_of
from irfuse.dialect.fused import FusedOp, YieldOp
from irfuse.dialect.sizes import Size

ACROSS_ROWS = "the tensor that it is written to is read too, and a row may read what another row has written"


def reads_of(rows: Rows, args: Sequence[SSAValue], operand: int) -> list[IndexMap]:
    """The maps by which a body reads an operand, also as numbers that say where others are read."""
    pairs = zip(rows.sources, args, strict=True)
    found = [rows.maps[arg] for source, arg in pairs if source == operand and arg in rows.maps]
    numbers = (number for m in rows.maps.values() for at in m.lookups for number in at.numbers)
    return [*found, *(number.index_map for number in numbers if number.operand == operand)]


def check_in_place(body: Block, rows: Rows) -> bool:
    """Whether a body of small ops reads a tensor that it writes to. Raises NotRowWise where another row may read it."""
    found = [(reads_of(rows, body.args, i), places) for i, places in written(body, rows)]
    for reads, places in found:
        if reads:
            check_rows_apart(rows, [*reads, *places])
    return any(reads for reads, _ in found)


def check_rows_apart(rows: Rows, maps: Sequence[IndexMap]) -> None:
    """Raise NotRowWise unless no two rows have an entry in common, by whichever of these maps each reads or writes.

    It is so where all that a row has lies in one block, the same for all maps, and each row has a block of its own.
    """
    outer, inner = zip(*(_cut_at_rows(index_map, rows.columns) for index_map in maps), strict=True)
    if len(set(outer)) > 1 or not _tells_rows(outer[0], rows):
        raise NotRowWise(ACROSS_ROWS)
    if outer[0] and ((block := _block_of(outer[0])) is None or len({_block(axis, block) for axis in inner}) > 1):
        raise NotRowWise(ACROSS_ROWS)


def _tells_rows(terms: Iterable[Term], rows: Rows) -> bool:
    """Whether each row has digits of its own: one begins where the one inside of it ends, up to the last row."""
    end: Size | None = Size(rows.columns)
    for digit in sorted((term.digit for term in terms), key=lambda digit: size_key(digit.inner)):
        if digit.inner != end:
            return False
        end = digit.end
    return end in (None, rows.total)


def _block_of(terms: Iterable[Term]) -> int | None:
    """The least step of these digits, where they count blocks of that size, no two of them alike; else None."""
    first, *others = sorted(terms, key=lambda term: size_key(term.step))
    last, block = first, first.step.factor
    if block < 1:
        return None
    for term in others:
        size = last.digit.size
        end = None if size is None else last.step * size
        known = end is not None and not (end.atoms or term.step.atoms) and term.step.factor >= end.factor
        if (
            term.step.factor < 1
            or term.step.factor % block
            or not (known or (end is not None and term.step.divided_by(end) is not None))
        ):
            return None
        last = term
    return None if first.step.atoms else block


def _block(axis: Axis, size: int) -> int | None:
    """The number of the block of a size in which all of an axis lies. Raises NotRowWise where it is not one."""
    bounds = axis.bounds()
    if bounds is None or bounds[0] // size != bounds[1] // size:
        raise NotRowWise(ACROSS_ROWS)
    return bounds[0] // size


def _cut_at_rows(index_map: IndexMap, columns: int) -> tuple[frozenset[Term], Axis]:
    """What a map makes of the number of a row, and of the columns of it. Raises NotRowWise where they are one."""
    outer, inner = list[Term](), list[Term]()
    for term in index_map.terms:
        for part in [term] if term.digit.base is not None else _parts(term, columns):
            within = [_is_within(digit, columns) for digit in part.digit.of_index()]
            behind = part.digit.base is None and part.digit.inner.divided_by(Size(columns)) is not None
            if not all(within) and not behind:
                raise NotRowWise(ACROSS_ROWS)
            (inner if all(within) else outer).append(part)
    return frozenset(outer), Axis(tuple(inner), index_map.offset)


def _parts(term: Term, columns: int) -> list[Term]:
    """A term cut at the end of the row, where it goes on beyond that."""
    digit, inside = term.digit, Size(columns).divided_by(term.digit.inner)
    if _is_within(digit, columns) or inside is None or inside == ONE:
        return [term]
    low, high = digit.cut(inside)
    return [Term(low, term.step), Term(high, term.step * inside)]


def _is_within(digit: Digit, columns: int) -> bool:
    """Whether a digit counts columns of a row alone."""
    return digit.end is not None and not digit.end.atoms and columns % digit.end.factor == 0


def touched(op: FusedOp, operand: int) -> tuple[list[IndexMap], list[IndexMap]]:
    """The maps by which a fused op without parts reads an operand, and writes to it. Raises NotRowWise."""
    body = op.body.clone().block
    expand_named(body)
    rows = analyse(body)
    writes = [place for i, places in written(body, rows) if i == operand for place in places]
    return reads_of(rows, body.args, operand), writes


def written(body: Block, rows: Rows) -> Iterator[tuple[int, list[IndexMap]]]:
    """The operands that a body writes to, each with where its entries go. Raises NotRowWise."""
    last = body.last_op
    assert isinstance(last, YieldOp)
    for result in last.values:
        store = store_of(result)
        if store is not None and isinstance(store.buffer, BlockArgument):
            places = places_of(result, store, rows.maps, rows.sources)
            yield rows.sources[store.buffer.index], [place for _, place in places]
