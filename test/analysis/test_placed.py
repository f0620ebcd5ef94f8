"""Where a kernel stores what is padded and moved: random tiles of scales, against torch's own pads and permutes."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from bodies import built, numbers
from hypothesis import given, settings
from hypothesis import strategies as st

from irfuse import dialect as d
from irfuse.analysis.digits import NotRowWise
from irfuse.analysis.rows import analyse
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.types import dims_of, tensor_type
from irfuse.kernel.addresses import address_of, with_layout_cuts
from irfuse.runtime.reference import run_block

GROUP = 4


def tiles(b: SmallBuilder, x: Any, rows: int, high: int, wide: int, order: list[int]) -> list[Any]:
    """Means of groups of columns in a tensor of whole tiles, whose axes stand in another order."""
    scales = b.reshape(b.reduce(d.RowMeanOp, x), dims_of(x.type)[:-1])
    shape = rows, -(-dims_of(scales.type)[1] // wide) * wide
    whole = scales if dims_of(scales.type) == shape else b.emit(d.PadOp(scales, shape))
    moved = b.permute(b.reshape(whole, [rows // high, high, shape[1] // wide, wide]), order)
    return [x, b.reshape(moved, [math.prod(shape)])]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.data())
def test_scales_stand_where_the_reference_has_them(data: st.DataObject) -> None:
    """The entries that a kernel writes are those of the pad, and all others are zeros."""
    count, columns = data.draw(st.integers(1, 9)), data.draw(st.sampled_from([1, 2, 4, 6, 8]))
    high, wide = data.draw(st.sampled_from([2, 4])), data.draw(st.sampled_from([1, 2, 4]))
    order = data.draw(st.sampled_from(list(map(list, itertools.permutations(range(4))))))
    rows = -(-count // high) * high + data.draw(st.sampled_from([0, high]))
    block = built([[count, columns, GROUP]], lambda b, x: tiles(b, x, rows, high, wide, order))
    x = torch.arange(1.0, count * columns * GROUP + 1).reshape(count, columns, GROUP)
    wanted = run_block(block, [x])[1].reshape(-1)
    try:
        found = with_layout_cuts(block, analyse(block))
    except NotRowWise:
        assert columns % wide
        return
    value = block.last_op.operands[1]
    places, offset = address_of(value, found)
    index = torch.arange(count * columns * GROUP)
    row, column = index // found.columns, index % found.columns
    axes = [column // math.prod(found.factors[i + 1 :]) % factor for i, factor in enumerate(found.factors)]
    at = torch.full_like(index, offset)
    for place in places:
        stride, divisor = numbers([place.stride, place.divisor])
        along = (row if place.axis is None else axes[place.axis]) // divisor
        at += (along if place.extent is None else along % numbers([place.extent])[0]) * stride
    stored = torch.zeros(math.prod(numbers(dims_of(tensor_type(value)))))
    stored[at] = x.mean(-1).repeat_interleave(GROUP)
    assert torch.equal(stored, wanted)


def test_rows_that_are_padded_before_they_are_computed_with() -> None:
    """Of a number of rows that is not known nothing says which of the padded ones there are."""
    with pytest.raises(NotRowWise, match="rows whose length is not known are padded"):
        analyse(built([["s0", 8]], lambda b, x: [b.unary(d.AbsOp, b.emit(d.PadOp(x, ["s1", 8])))]))
