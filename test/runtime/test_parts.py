"""Small ops that take parts of tensors, put them together or sum them, against torch."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from bodies import built
from xdsl.dialects.builtin import f32

from irfuse import dialect as d
from irfuse.dialect.types import make_tensor
from irfuse.dtypes import element_of
from irfuse.errors import UnboundSizeError
from irfuse.runtime.reference import run_block


def run(build: Any, *tensors: torch.Tensor) -> torch.Tensor:
    """What one op, alone in a body, computes."""
    types = [make_tensor(element_of(t.dtype), t.shape) for t in tensors]
    return run_block(built(types, lambda b, *args: [build(b, *args)]), tensors)[0]


def test_padding() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    padded = run(lambda b, x: b.emit(d.PadOp(x, [2, 8])), x)
    assert torch.equal(padded, torch.cat([x, torch.zeros(2, 5)], dim=1))
    tile = run(lambda b, x: b.emit(d.PadOp(x, [4, 4])), x.to(torch.float8_e8m0fnu)).view(torch.uint8)
    assert tile[:2, :3].tolist() == x.to(torch.float8_e8m0fnu).view(torch.uint8).tolist()
    assert not tile[2:].any() and not tile[:, 3:].any()


def test_padding_to_a_length_that_nothing_says() -> None:
    kind = make_tensor(f32, ["s0", 4])
    block = built([kind], lambda b, x: [b.emit(d.PadOp(x, ["s1", 4]))])
    with pytest.raises(UnboundSizeError, match="s1"):
        run_block(block, [torch.ones(3, 4)])


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("places", [slice(0, 4), slice(1, 3), slice(0, 4, 2), slice(1, None, 2), slice(3, 4)])
def test_slices(axis: int, places: slice) -> None:
    """Forwards along any axis; a dim of 4 is long enough to end before its end."""
    x = torch.arange(64.0).reshape(4, 4, 4)
    start, _, step = places.indices(4)
    wanted = x[(slice(None),) * axis + (places,)]
    found = run(lambda b, x: b.emit(d.SliceOp(x, axis, start, step, wanted.shape[axis])), x)
    assert torch.equal(found, wanted)


@pytest.mark.parametrize(
    ("start", "step", "wanted"), [(3, -1, [3, 2, 1, 0]), (2, -2, [2, 0]), (1, -1, [1]), (0, -3, [0])]
)
@pytest.mark.parametrize("axis", [0, 1])
def test_slices_backwards(axis: int, start: int, step: int, wanted: list[int]) -> None:
    x = torch.arange(16.0).reshape(4, 4)
    found = run(lambda b, x: b.emit(d.SliceOp(x, axis, start, step, len(wanted))), x)
    assert torch.equal(found, x.index_select(axis, torch.tensor(wanted)))


@pytest.mark.parametrize("step", [1, 2])
def test_a_slice_of_an_axis_that_is_not_known(step: int) -> None:
    """As many entries as its type says, which may be what another operand says of a size."""
    kind = make_tensor(f32, ("t", 3))
    x, y = torch.arange(24.0).reshape(8, 3), torch.zeros(3, 3)
    block = built([make_tensor(f32, (8, 3)), kind], lambda b, x, y: [b.emit(d.SliceOp(x, 0, 2, step, "t")), y])
    assert torch.equal(run_block(block, [x, y])[0], x[2 : 2 + 3 * step : step])


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", ["float32", "int32", "bool"])
def test_concat(name: str, axis: int) -> None:
    x = torch.arange(6).reshape(2, 3).to(getattr(torch, name))
    for pieces in ([x], [x, x[:1] if axis == 0 else x[:, :2], x]):
        found = run(lambda b, *pieces: b.emit(d.ConcatOp(pieces, axis)), *pieces)
        assert torch.equal(found, torch.cat(pieces, axis))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
def test_gather(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    """Numbers below 0 count from the end, as torch's do."""
    table = torch.arange(20.0).reshape(5, 4)
    index = torch.tensor([4, -1, 0, -5, 2, 2])[: math.prod(shape)].reshape(shape).to(dtype)
    assert torch.equal(run(lambda b, x, i: b.emit(d.GatherOp(x, i)), table, index), table[index.long()])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_sum_of_parts_is_that_of_torch(dtype: torch.dtype) -> None:
    """To the bit, whatever number of parts."""
    for parts in range(2, 17):
        x = torch.randn(parts, 3, 257, generator=torch.Generator().manual_seed(parts)).to(dtype)
        found = run(lambda b, x: b.reduce(d.PartSumOp, b.permute(x, [1, 2, 0])), x)
        assert torch.equal(found.squeeze(-1), x.sum(0))
