"""Index maps and rows of hand-made bodies, why some bodies have none, and a brute-force check on random bodies.

The check moves every element through the ops with torch; where it arrives, maps and addresses in a kernel must say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from bodies import Draft, body, built, numbers
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from xdsl.ir import Block, Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.digits import Digit, Fixed, NotRowWise, Term, Window
from irfuse.analysis.index_maps import IndexMap
from irfuse.analysis.inference import size_of
from irfuse.analysis.outline import expand_named
from irfuse.analysis.rows import Rows, analyse, spans
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import dims_of, strides_of, tensor_type
from irfuse.kernel.addresses import Place, address_of, coordinate, with_layout_cuts


def maps_of(block: Block) -> dict[str, IndexMap]:
    """The maps of a body by the names of its values."""
    return {v.name_hint: found for v, found in analyse(block).maps.items() if v.name_hint}


def map_of(*terms: tuple[int, Dim | None, int], offset: int = 0) -> IndexMap:
    """The map of terms that are given as the columns inside of a digit, its length, and its step."""
    return IndexMap.of([Term(Digit(Size(inner), length), Size(step)) for inner, length, step in terms], offset)


FULL = map_of((1, None, 1))


def gated(rows: Dim, heads: int, head: int, group: int) -> Block:
    """A gated norm over each head, reshaped and quantised in groups."""
    x, flat, scales = f"[{rows},{heads},{head}]", f"[{rows},{heads * head}]", f"[{rows},{heads * head // group}]"
    block = body(f"""(%x: f32{x}, %z: f32{x}, %w: f32[{head}]) {{
      %y = irfuse.rms_norm_gated %x, %z weight %w : f32[{head}] {{eps = 1.0e-06 : f64}} : f32{x}, f32{x} -> bf16{x}
      %r = irfuse.reshape %y : bf16{x} -> bf16{flat}
      %q, %s = irfuse.group_quant %r {{group_size = {group} : i64, quant_max = 448.0 : f64}}
           : bf16{flat} -> f8{flat}, f32{scales}
      return %q, %s : f8{flat}, f32{scales} }}""")
    expand_named(block)
    return block


def over_mean(b: SmallBuilder, x: SSAValue, rows: list[Dim]) -> SSAValue:
    """``x`` over the mean of its rows, which are the last axis of this shape."""
    x = b.reshape(x, rows)
    return b.binary(d.DivOp, x, b.reduce(d.RowMeanOp, x))


def times(b: SmallBuilder, x: SSAValue, y: SSAValue) -> list[SSAValue]:
    """The product, ``y`` repeated."""
    return [b.binary(d.MulOp, x, y)]


@pytest.mark.parametrize("rows", ["s0", 5, 1])
@pytest.mark.parametrize(("heads", "head", "group", "factors"), [
    (4, 128, 128, (128,)), (4, 128, 64, (2, 64)), (4, 64, 128, (2, 64)), (4, 128, 512, (4, 128)),
    (1, 512, 128, (4, 128)), (2, 96, 192, (2, 96)), (8, 32, 64, (2, 32)), (1, 1, 1, (1,)),
])  # fmt: skip
def test_a_row_holds_the_norm_and_the_group(rows: Dim, heads: int, head: int, group: int, factors: object) -> None:
    found = analyse(gated(rows, heads, head, group))
    assert (found.columns, found.factors) == (max(head, group), factors)
    assert found.total == Size.of(rows) * Size(heads * head)


def test_the_maps_of_a_chain() -> None:
    assert map_of((1, 4, 1), (4, 2, 4), (8, 1, 7), (8, 3, 0)) == map_of((1, 8, 1))
    assert map_of((1, 4, 0), (4, 2, 1), (8, 5, 2)) == map_of((4, 10, 1))
    maps = maps_of(gated("s0", 4, 128, 64))
    assert maps["x"] == maps["z"] == maps["y"] == maps["q"] == FULL
    assert maps["w"] == map_of((1, 128, 1))
    assert maps["s"] == map_of((64, None, 1))
    assert [maps_of(gated(n, 1, 128, 128))["w"] for n in (5, 1)] == [map_of((1, 128, 1))] * 2


def test_a_weight_of_the_full_width_depends_on_the_row() -> None:
    """Rows are heads here, so the row says which part of the weight is meant."""
    x = ["s0", 4, 128]
    block = built([x, [512]], lambda b, v, w: times(b, b.reshape(over_mean(b, v, x), ["s0", 512]), w))
    found = analyse(block)
    assert found.maps[block.args[1]] == map_of((1, 512, 1))
    assert spans(found.maps[block.args[1]], found) == (True, (True,))


def test_a_gate_per_head_and_a_static_scale() -> None:
    x = ["s0", 4, 64]
    block = built([x, ["s0", 4, 1], [1]], lambda b, v, g, c: times(b, *times(b, over_mean(b, v, x), g), c))
    found = analyse(block)
    gate, scale = (found.maps[arg] for arg in block.args[1:])
    assert (gate, spans(gate, found)) == (map_of((64, None, 1)), (True, (False,)))
    assert (scale, spans(scale, found)) == (map_of(), (False, (False,)))


def test_a_transposed_operand_is_read_where_it_lies() -> None:
    block = built([[4, "s0", 64]], lambda b, x: [over_mean(b, b.permute(x, [1, 0, 2]), ["s0", 256])])
    found = analyse(block)
    assert found.maps[block.args[0]].terms[0] == Term(Digit(Size(1), 64), Size(1))
    assert address_of(block.args[0], with_layout_cuts(block, found))[0] == [
        Place(None, 64), Place(0, "64*s0"), Place(1, 1),
    ]  # fmt: skip


def test_a_rotation_reads_its_operand_at_two_places() -> None:
    def rotated(b: SmallBuilder, x: SSAValue, cos: SSAValue) -> list[SSAValue]:
        halves = [b.emit(d.SliceOp(x, 1, start, 1, 64)) for start in (64, 0)]
        return [b.binary(d.AddOp, b.binary(d.MulOp, x, cos), b.emit(d.ConcatOp(halves, 1)))]

    block = built([["s0", 128], ["s0", 128]], rotated)
    found = analyse(block)
    assert found.sources == (0, 1, 0, 0) and found.factors == (2, 64)
    assert [found.maps[arg].offset for arg in block.args] == [0, 0, 0, 64]


def part_of_what_leaves(b: SmallBuilder, x: SSAValue, y: SSAValue) -> list[SSAValue]:
    """A tensor, and a wider one that holds the first half of it."""
    whole = b.unary(d.AbsOp, x)
    return [whole, b.emit(d.ConcatOp([b.emit(d.SliceOp(whole, 1, 0, 1, 32)), y], 1))]


def part_of_pieces(b: SmallBuilder, x: SSAValue, y: SSAValue, z: SSAValue) -> list[SSAValue]:
    """The last columns of one piece and the first of the next, beside a third."""
    both = b.emit(d.ConcatOp([x, y], 1))
    return [b.emit(d.ConcatOp([b.emit(d.SliceOp(both, 1, 48, 1, 32)), z], 1))]


REASONS: dict[str, Any] = {
    "do not nest": ([["s0", 896]], lambda b, x: [over_mean(b, over_mean(b, x, ["s0", 7, 128]), ["s0", 8, 112])]),
    "a reduction over s1 columns": ([["s1"]], lambda b, x: [over_mean(b, x, ["s1"])]),
    "the last axis has s1 columns": ([[4, "s1"]], lambda b, x: [b.unary(d.AbsOp, x)]),
    "spread over 64 columns": ([["s0", 512], ["s0", 64]], lambda b, x, y: times(b, b.reduce(d.RowMeanOp, x), y)),
    "parts of other pieces": ([["s0", 64], ["s0", 32], ["s0", 16]], lambda b, *pieces: part_of_pieces(b, *pieces)),
    "but a part": ([["s0", 64], ["s0", 96]], lambda b, x, y: part_of_what_leaves(b, x, y)),
    "not part of the row": ([[8], [6]], lambda b, x, y: [b.unary(d.AbsOp, x), b.unary(d.AbsOp, y)]),
}  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_why_a_body_is_not_row_wise(reason: str) -> None:
    with pytest.raises(NotRowWise, match=reason):
        analyse(built(*REASONS[reason]))


def coordinate_of(terms: Sequence[Term], index: torch.Tensor) -> torch.Tensor:
    """The sum of the digits of an index by their steps, as Term's docstring says."""
    found = torch.zeros_like(index)
    for term in terms:
        digit, (inner, step) = term.digit, numbers([term.digit.inner.dim(), term.step.dim()])
        base = index if digit.window is None else seen(digit.window, index)
        base = torch.full_like(index, digit.base.number) if isinstance(digit.base, Fixed) else base
        number = base // inner
        found += step * (number if digit.length is None else number % numbers([digit.length])[0])
    return found


def seen(window: Window, index: torch.Tensor) -> torch.Tensor:
    """The coordinate of a window; beyond it that of its last entry, which nothing reads."""
    return (coordinate_of(window.terms, index) + window.offset).clamp(0, window.length - 1)


def entry_of(index_map: IndexMap, total: int) -> torch.Tensor:
    """For every entry of the full index, which entry of a value with this map it reads."""
    return coordinate_of(index_map.terms, torch.arange(total)) + index_map.offset


def exists(index_map: IndexMap, total: int) -> torch.Tensor:
    """For every entry of the full index, whether a value with this map has an entry there."""
    inside = torch.ones(total, dtype=torch.bool)
    for window in index_map.windows:
        at = coordinate_of(window.terms, torch.arange(total)) + window.offset
        inside &= (at >= 0) & (at < window.length)
    return inside


def moved(op: Operation, number: int) -> torch.Tensor:
    """``[result entry, operand entry]``: which entries of an operand each entry of the result is computed from."""
    shapes = [numbers(dims_of(tensor_type(v))) for v in op.operands]
    marks = [torch.zeros(*dims, math.prod(shapes[number]), dtype=torch.bool) for dims in shapes]
    marks[number] = torch.eye(math.prod(shapes[number]), dtype=torch.bool).reshape(*shapes[number], -1)
    found, wanted = marks[number], numbers(dims_of(tensor_type(op.results[0])))
    if isinstance(op, d.RowMeanOp):
        found = found.any(-2, keepdim=True)
    elif isinstance(op, d.BroadcastOp):
        found = found.expand(*wanted, -1)
    elif isinstance(op, d.PermuteOp):
        found = found.permute(*op.axes, -1)
    elif isinstance(op, d.SliceOp):
        axis, start, step = (prop.value.data for prop in (op.axis, op.start, op.step))
        found = found.index_select(axis, torch.tensor([start + step * i for i in range(wanted[axis])]))
    elif isinstance(op, d.ConcatOp):
        found = torch.cat(marks, op.axis.value.data)
    return found.reshape(math.prod(wanted), -1)


def check_maps(block: Block, rows: Rows, total: int) -> None:
    """Every op reads, for each entry of its result, exactly the entries of its operands that the maps say."""
    for op in [op for op in block.ops if op.results and op.results[0] in rows.maps]:
        result, there = (f(rows.maps[op.results[0]], total) for f in (entry_of, exists))
        for number, operand in enumerate(op.operands):
            found, inside = moved(op, number), there & exists(rows.maps[operand], total)
            said = torch.zeros_like(found)
            said[result[inside], entry_of(rows.maps[operand], total)[inside]] = True
            needed = torch.zeros(len(found), dtype=torch.bool)
            needed[result[there]] = True
            if isinstance(op, d.ConcatOp):
                said &= found
            assert torch.equal(said, found & needed[:, None]), f"{op}: {rows.maps[operand]}"


def at_places(places: Sequence[Place], row: torch.Tensor, axes: Sequence[torch.Tensor], rows: Rows) -> torch.Tensor:
    """A sum of places for every row and column, as a kernel computes it."""
    found = torch.zeros_like(row)
    for place in places:
        stride, divisor = numbers([place.stride, place.divisor])
        index = row if place.axis is None else axes[place.axis]
        if isinstance(place.base, Window):
            index = at_places(coordinate(place.base, rows), row, axes, rows) + place.base.offset
        index = torch.full_like(row, place.base.number) if isinstance(place.base, Fixed) else index
        index = index // divisor
        found += (index if place.extent is None else index % numbers([place.extent])[0]) * stride
    return found


def check_addresses(block: Block, rows: Rows, total: int) -> None:
    """A kernel reads and writes, at every row and column, the entry of each tensor that torch's strides say."""
    row, column = torch.arange(total) // rows.columns, torch.arange(total) % rows.columns
    axes = [column // math.prod(rows.factors[i + 1 :]) % factor for i, factor in enumerate(rows.factors)]
    for value in (*block.args, *block.last_op.operands):
        dims, index_map = numbers(dims_of(tensor_type(value))), rows.maps[value]
        steps = numbers(strides_of(tensor_type(value)) or ()) or torch.empty(dims).stride()
        memory = torch.arange(1 + sum((n - 1) * s for n, s in zip(dims, steps, strict=True)))
        entries, there = entry_of(index_map, total), exists(index_map, total)
        wanted = memory.as_strided(dims, steps).reshape(-1)[entries[there]]
        places, offset = address_of(value, rows)
        found = at_places(places, row, axes, rows) + offset
        assert torch.equal(found[there], wanted), f"{value.type} {index_map} {places}"
        by_row = entries.reshape(-1, rows.columns)
        assert spans(index_map, rows)[0] == bool((by_row != by_row[0]).any()) or len(by_row) == 1


@pytest.mark.parametrize("symbolic", [None, 0, 1], ids=["known", "outermost symbolic", "inner symbolic"])
@settings(deadline=None, derandomize=True, max_examples=120)
@given(st.data())
def test_every_entry_is_where_maps_and_addresses_say(symbolic: int | None, data: st.DataObject) -> None:
    block = Draft(data, symbolic, rearranged=True).finish()
    try:
        rows = with_layout_cuts(block, analyse(block))
    except NotRowWise:
        assume(False)
    (total,) = numbers([rows.total.dim()])
    check_maps(block, rows, total)
    try:
        check_addresses(block, rows, total)
    except NotRowWise as reason:
        assume(str(reason) != "the rows do not fit the axes of an operand")
        raise


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=4), st.integers(0, 3), st.booleans())
def test_results_are_parts_of_one_row(lengths: list[int], skipped: int, whole: bool) -> None:
    """Some columns of a norm leave each by themselves, others not at all; with them the row as a whole, or not."""
    columns = sum(lengths) + skipped
    assume(len(set(lengths)) > 1 or whole)

    def parts(b: SmallBuilder, x: SSAValue) -> list[SSAValue]:
        y, start, found = over_mean(b, x, ["s0", columns]), skipped, list[SSAValue]()
        for length in lengths:
            found.append(b.unary(d.AbsOp, b.emit(d.SliceOp(y, 1, start, 1, length))))
            start += length
        return [*found, y] if whole else found

    block = built([["s0", columns]], parts)
    rows = with_layout_cuts(block, analyse(block))
    (total,) = numbers([rows.total.dim()])
    assert rows.columns == columns or not skipped
    check_maps(block, rows, total)
    check_addresses(block, rows, total)
    for value in block.last_op.operands:
        (size,) = numbers([size_of(value).dim()])
        there = exists(rows.maps[value], total)
        assert entry_of(rows.maps[value], total)[there].unique().tolist() == list(range(size))
