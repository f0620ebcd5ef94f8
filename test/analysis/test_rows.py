"""Frames and rows of hand-made bodies, why some bodies have none, and a brute-force check on random bodies.

The check moves every element through the ops with torch; where it arrives, frames and addresses in a kernel must say.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from bodies import Draft, body, built, numbers
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from xdsl.ir import Block, Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.frames import FULL, Frame, NotRowWise, pieces
from irfuse.analysis.outline import expand_named
from irfuse.analysis.rows import Rows, analyse, spans
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.sizes import Dim
from irfuse.dialect.types import dims_of, strides_of, tensor_type
from irfuse.kernel.addresses import address_terms, with_layout_cuts


def frames_of(block: Block) -> dict[str, Frame]:
    """The frames of a body by the names of its values."""
    return {v.name_hint: frame for v, frame in analyse(block).frames.items() if v.name_hint}


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
    assert found.total == (None if rows == "s0" else rows * heads * head)


def test_the_frames_of_a_chain() -> None:
    assert Frame.of([(4, True), (2, True), (1, False), (3, False)], outer=False) == Frame(((8, True),), outer=False)
    assert Frame.of([(4, False), (2, True), (5, True)], outer=True) == Frame(((4, False),))
    frames = frames_of(gated("s0", 4, 128, 64))
    assert frames["x"] == frames["z"] == frames["y"] == frames["q"] == FULL
    assert frames["w"] == Frame(((128, True),), outer=False)
    assert frames["s"] == Frame(((64, False),))
    assert [frames_of(gated(n, 1, 128, 128))["w"] for n in (5, 1)] == [Frame(((128, True), (5, False))), FULL]


def test_a_weight_of_the_full_width_depends_on_the_row() -> None:
    """Rows are heads here, so the row says which part of the weight is meant."""
    x = ["s0", 4, 128]
    block = built([x, [512]], lambda b, v, w: times(b, b.reshape(over_mean(b, v, x), ["s0", 512]), w))
    found = analyse(block)
    assert found.frames[block.args[1]] == Frame(((512, True),), outer=False)
    assert spans(found.frames[block.args[1]], found) == (True, (True,))


def test_a_gate_per_head_and_a_static_scale() -> None:
    x = ["s0", 4, 64]
    block = built([x, ["s0", 4, 1], [1]], lambda b, v, g, c: times(b, *times(b, over_mean(b, v, x), g), c))
    found = analyse(block)
    gate, scale = (found.frames[arg] for arg in block.args[1:])
    assert (gate, spans(gate, found)) == (Frame(((64, False),)), (True, (False,)))
    assert (scale, spans(scale, found)) == (Frame((), outer=False), (False, (False,)))


REASONS: dict[str, Any] = {
    r"axes are exchanged in the order \[1, 0\]": ([[4, 8]], lambda b, x: [b.permute(x, [1, 0])]),
    "do not nest": ([["s0", 6, 64]], lambda b, x: [over_mean(b, over_mean(b, x, ["s0", 6, 64]), ["s0", 4, 96])]),
    "used at two places": ([[8], [8, 8]], lambda b, w, x: times(b, *times(b, x, w), b.reshape(w, [8, 1]))),
    "a reduction over s1 columns": ([["s1"]], lambda b, x: [over_mean(b, x, ["s1"])]),
    "the last axis has s1 columns": ([[4, "s1"]], lambda b, x: [b.unary(d.AbsOp, x)]),
    "spread over 64 columns": ([["s0", 128], ["s0", 64]], lambda b, x, y: times(b, b.reduce(d.RowMeanOp, x), y)),
    "not part of the row": ([[8], [6]], lambda b, x, y: [b.unary(d.AbsOp, x), b.unary(d.AbsOp, y)]),
    "some of the axes from a symbolic one outwards": ([["s0", "s1", 8], [1, "s1", 8]], times),
    "some of the axes from a symbolic one out": ([[4, "s0", 8], [4, 1, 8]], times),
    "some of the axes from a symbolic one": ([[4, "s0", 8], [1, "s0", 8]], times),
}  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_why_a_body_is_not_row_wise(reason: str) -> None:
    with pytest.raises(NotRowWise, match=reason):
        analyse(built(*REASONS[reason]))


@pytest.mark.parametrize("dims", [[4], [3, 8], [6], ["s0"]])
def test_a_shape_that_does_not_fit_its_frame(dims: list[Dim]) -> None:
    with pytest.raises(NotRowWise):
        pieces(Frame(((8, True),), outer=False), dims)


def entry_of(frame: Frame, total: int) -> torch.Tensor:
    """For every entry of the full index, which entry of a value with this frame it reads; as Frame's docstring says."""
    index, entry, scale = torch.arange(total), torch.zeros(total, dtype=torch.long), 1
    for length, kept in frame.runs:
        if kept:
            entry, scale = entry + index % length * scale, scale * length
        index = index // length
    return entry + index * scale if frame.outer else entry


def moved(op: Operation, operand: SSAValue) -> torch.Tensor:
    """``[result entry, operand entry]``: which entries of an operand each entry of the result is computed from."""
    dims, wanted = (numbers(dims_of(tensor_type(v))) for v in (operand, op.results[0]))
    marks = torch.eye(math.prod(dims), dtype=torch.bool).reshape(*dims, -1)
    if isinstance(op, d.RowMeanOp):
        marks = marks.any(-2, keepdim=True)
    elif isinstance(op, d.BroadcastOp):
        marks = marks.expand(*wanted, -1)
    return marks.reshape(math.prod(wanted), -1)


def check_frames(block: Block, rows: Rows, total: int) -> None:
    """Every op reads, for each entry of its result, exactly the entries of its operands that the frames say."""
    for op in [op for op in block.ops if op.results and op.results[0] in rows.frames]:
        result = entry_of(rows.frames[op.results[0]], total)
        for operand in op.operands:
            found = moved(op, operand)
            said = torch.zeros_like(found)
            said[result, entry_of(rows.frames[operand], total)] = True
            assert torch.equal(said, found), f"{op}: {rows.frames[operand]}"


def address(value: SSAValue, rows: Rows, total: int) -> torch.Tensor:
    """The address of a value's entry for every entry of the full index, as a kernel computes it."""
    row, column = torch.arange(total) // rows.columns, torch.arange(total) % rows.columns
    axes = [column // math.prod(rows.factors[i + 1 :]) % factor for i, factor in enumerate(rows.factors)]
    found = torch.zeros(total, dtype=torch.long)
    for term in address_terms(value, rows):
        stride, divisor = numbers([term.stride, term.divisor])
        index = (row if term.axis is None else axes[term.axis]) // divisor
        found += (index if term.extent is None else index % numbers([term.extent])[0]) * stride
    return found


def check_addresses(block: Block, rows: Rows, total: int) -> None:
    """A kernel reads and writes, at every row and column, the entry of each tensor that torch's strides say."""
    for value in (*block.args, *block.last_op.operands):
        dims, frame = numbers(dims_of(tensor_type(value))), rows.frames[value]
        steps = numbers(strides_of(tensor_type(value)) or ()) or torch.empty(dims).stride()
        memory = torch.arange(1 + sum((n - 1) * s for n, s in zip(dims, steps, strict=True)))
        wanted = memory.as_strided(dims, steps).reshape(-1)[entry_of(frame, total)]
        assert torch.equal(address(value, rows, total), wanted), f"{value.type} {frame} {address_terms(value, rows)}"
        by_row = entry_of(frame, total).reshape(-1, rows.columns)
        assert spans(frame, rows)[0] == bool((by_row != by_row[0]).any()) or len(by_row) == 1


@pytest.mark.parametrize("symbolic", [None, 0, 1], ids=["known", "outermost symbolic", "inner symbolic"])
@settings(deadline=None, derandomize=True, max_examples=120)
@given(st.data())
def test_every_entry_is_where_frames_and_addresses_say(symbolic: int | None, data: st.DataObject) -> None:
    block = Draft(data, symbolic).finish()
    try:
        rows = with_layout_cuts(block, analyse(block))
    except NotRowWise:
        assume(False)
    full = next(v for v, frame in rows.frames.items() if frame == FULL)
    total = math.prod(numbers(dims_of(tensor_type(full))))
    check_frames(block, rows, total)
    check_addresses(block, rows, total)
