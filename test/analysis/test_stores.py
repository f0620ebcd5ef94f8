"""Where a kernel stores what goes into a tensor: by addresses, against what torch makes of the same writes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from bodies import built
from xdsl.dialects.builtin import f32, i64
from xdsl.ir import Block, SSAValue

import irfuse
from irfuse import dialect as d
from irfuse.analysis.digits import NotRowWise, Window
from irfuse.analysis.index_maps import Computed, IndexMap, Lookup, Number
from irfuse.analysis.outline import expand_named
from irfuse.analysis.rows import analyse
from irfuse.analysis.stores import is_whole, store_of
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.types import TORCH_NAMES, make_tensor
from irfuse.kernel.addresses import stored
from irfuse.runtime.reference import run_block

Build = Callable[[SmallBuilder, SSAValue, SSAValue, SSAValue], SSAValue]


def rows_of_a_view(b: SmallBuilder, x: Any, c: Any, i: Any) -> SSAValue:
    flat = b.reshape(c, (24, 6))
    return b.reshape(b.emit(d.ScatterOp(x, flat, [i], [0])), (2, 3, 4, 6))


def two_indices(b: SmallBuilder, x: Any, c: Any, i: Any) -> SSAValue:
    turned = b.permute(c, (1, 2, 0, 3))
    small = b.reshape(x, (4, 2, 3))
    wide = b.emit(d.ConcatOp([small, small], 2))
    return b.permute(b.emit(d.ScatterOp(wide, turned, [i, i], [0, 1])), (2, 0, 1, 3))


def computed_indices(b: SmallBuilder, x: Any, c: Any, i: Any) -> SSAValue:
    """Of 2 blocks of 3, the rows are those that ``3 * 4 * block + 4 * place`` begins."""
    at = b.binary(d.AddOp, i, b.binary(d.FloorDivOp, i, 2))
    flat = b.reshape(c, (2, 3, 4, 6))
    indices = [b.binary(op, at, 3) for op in (d.FloorDivOp, d.RemainderOp)]
    return b.emit(d.ScatterOp(b.emit(d.ConcatOp([b.reshape(x, (4, 1, 6))] * 4, 1)), flat, indices, [0, 1]))


def every_second_column_of_a_part(b: SmallBuilder, x: Any, c: Any, i: Any) -> SSAValue:
    part = b.reshape(b.emit(d.SliceOp(c, 0, 1, 1, 1)), (12, 6))
    narrow = b.reshape(x, (8, 3))
    rows = b.emit(d.InsertOp(narrow, b.emit(d.SliceOp(part, 0, 4, 1, 8)), 1, 1, 2))
    back = b.reshape(b.emit(d.InsertOp(rows, part, 0, 4, 1)), (1, 3, 4, 6))
    return b.emit(d.InsertOp(back, c, 0, 1, 1))


def twice(b: SmallBuilder, x: Any, c: Any, i: Any) -> SSAValue:
    """Some columns of rows that are named, and all of others."""
    rows = b.reshape(c, (24, 6))
    columns = b.emit(d.ScatterOp(b.emit(d.SliceOp(x, 1, 0, 1, 3)), b.emit(d.SliceOp(rows, 1, 2, 1, 3)), [i], [0]))
    first = b.emit(d.InsertOp(columns, rows, 1, 2, 1))
    last = b.emit(d.SliceOp(first, 1, 5, 1, 1))
    at = b.binary(d.RemainderOp, i, 5)
    end = b.emit(d.ScatterOp(b.unary(d.NegOp, b.emit(d.SliceOp(x, 1, 3, 1, 1))), last, [at], [0]))
    return b.reshape(b.emit(d.InsertOp(end, first, 1, 5, 1)), (2, 3, 4, 6))


def the_same_rows_twice(b: SmallBuilder, x: Any, c: Any, i: Any) -> SSAValue:
    first = b.emit(d.ScatterOp(x, b.reshape(c, (24, 6)), [i], [0]))
    return b.reshape(b.emit(d.InsertOp(b.unary(d.NegOp, x), first, 0, 3, 1)), (2, 3, 4, 6))


@pytest.mark.parametrize("build", [rows_of_a_view, two_indices, computed_indices, every_second_column_of_a_part, twice])
def test_the_addresses_are_those_that_torch_writes_to(build: Build) -> None:
    block = _block(build)
    x, c, i = torch.randn(4, 6), torch.randn(2, 3, 4, 6), torch.tensor([2, 0, -1, 1])
    (wanted,) = run_block(block, [x, c, i])
    found = c.clone().view(-1)
    _store(block, [x, c, i], found)
    assert torch.equal(found, wanted.reshape(-1)) and not torch.equal(found, c.reshape(-1))


def _block(build: Build) -> Block:
    kinds = [make_tensor(f32, (4, 6)), make_tensor(f32, (2, 3, 4, 6)), make_tensor(i64, (4,))]
    return built(kinds, lambda b, x, c, i: [build(b, b.unary(d.AbsOp, x), c, i)])


def _store(block: Block, tensors: list[torch.Tensor], memory: torch.Tensor) -> None:
    """Store every entry that the results are stored from, write by write, as a kernel would."""
    (result,) = block.last_op.operands
    store = store_of(result)
    assert store is not None and is_whole(result, store)
    rows = analyse(block)
    tensors = [tensors[source] for source in rows.sources]
    for value, place in stored(result, rows):
        entries = _value(block, value, tensors)
        for point in range(rows.total.factor):
            at = _entry(rows.maps[value], point, tensors)
            memory[_entry(place, point, tensors)] = entries.reshape(-1)[at]


def _value(block: Block, value: SSAValue, tensors: list[torch.Tensor]) -> torch.Tensor:
    """A value of the body, by the reference."""
    copy = Block(arg_types=[a.type for a in block.args])
    mapper = dict(zip(block.args, copy.args, strict=True))
    for op in [op for op in block.ops if not isinstance(op, d.YieldOp)]:
        copy.add_op(op.clone(mapper))
    copy.add_op(d.YieldOp(mapper[value]))
    return run_block(copy, tensors)[0]


def _number(number: Number | Computed, point: int, tensors: list[torch.Tensor]) -> int:
    if isinstance(number, Number):
        return int(tensors[number.operand].reshape(-1)[_entry(number.index_map, point, tensors)])
    first, *others = [_number(inner, point, tensors) for inner in number.numbers]
    other = int(number.scalar) if number.scalar is not None else others[0]
    return {d.AddOp: int.__add__, d.FloorDivOp: int.__floordiv__, d.RemainderOp: int.__mod__}[number.op](first, other)


def _entry(index_map: IndexMap, point: int, tensors: list[torch.Tensor]) -> int:
    total = index_map.offset
    for term in index_map.terms:
        base = term.digit.base
        start = point
        if isinstance(base, Lookup):
            start = _number(base.number, point, tensors) % int(base.length)
        assert not isinstance(base, Window)
        digit = start // term.digit.inner.factor
        total += (digit if term.digit.length is None else digit % int(term.digit.length)) * term.step.factor
    return total


def test_a_view_of_a_part_is_not_the_whole() -> None:
    block = _block(lambda b, x, c, i: b.emit(d.ScatterOp(x, b.reshape(c, (24, 6)), [i], [0])))
    (result,) = block.last_op.operands
    store = store_of(result)
    assert store is not None and not is_whole(result, store)
    with pytest.raises(NotRowWise, match="a part of a tensor is written to, and not that tensor as a whole"):
        stored(result, analyse(block))


def test_a_tensor_is_not_written_to_twice_at_places_that_may_be_the_same() -> None:
    block = _block(the_same_rows_twice)
    with pytest.raises(NotRowWise, match="a tensor is written to twice, not provably at different places"):
        stored(block.last_op.operands[0], analyse(block))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.int16, torch.int32, torch.int64])
@pytest.mark.parametrize("beside", [False, True])
def test_bytes_go_where_torch_writes_them(dtype: torch.dtype, beside: bool) -> None:
    """By themselves they are a row of bytes; beside codes of the same columns each byte of an element is a store."""
    element, width = TORCH_NAMES[str(dtype).removeprefix("torch.")], dtype.itemsize
    columns = 6 * width + (6 if beside else 0)

    def build(b: SmallBuilder, x: Any, c: Any, i: Any) -> SSAValue:
        codes = [b.cast(x, TORCH_NAMES["uint8"])] if beside else []
        row = b.emit(d.ConcatOp([*codes, b.emit(d.BytesOp(x))], 1))
        return b.emit(d.ScatterOp(row, c, [i], [0]))

    kinds = [make_tensor(element, (4, 6)), make_tensor(TORCH_NAMES["uint8"], (9, columns)), make_tensor(i64, (4,))]
    block = built(kinds, lambda b, *v: [build(b, *v)])
    x, c = (torch.randn(4, 6) * 100).abs().to(dtype), torch.zeros(9, columns, dtype=torch.uint8)
    i = torch.tensor([2, 0, -1, 1])
    c[i, -6 * width :] = x.view(torch.uint8)
    c[i, : columns - 6 * width] = x[:, : columns - 6 * width].to(torch.uint8)
    (wanted,) = run_block(block, [x, torch.zeros_like(c), i])
    expand_named(block)
    found = torch.zeros_like(c)
    _store(block, [x, torch.zeros_like(c), i], found.view(-1))
    assert torch.equal(wanted, c) and torch.equal(found, c)


def test_what_is_put_elsewhere_is_another_write() -> None:
    def moved(b: SmallBuilder, x: Any, c: Any, i: Any) -> SSAValue:
        part = b.reshape(b.emit(d.SliceOp(c, 0, 0, 1, 1)), (12, 6))
        written = b.reshape(b.emit(d.ScatterOp(x, part, [i], [0])), (1, 3, 4, 6))
        return b.emit(d.InsertOp(written, c, 0, 1, 1))

    store = store_of(_block(moved).last_op.operands[0])
    assert store is not None and [type(w) for w in store.writes] == [d.InsertOp]


def test_what_is_computed_is_no_store() -> None:
    assert store_of(_block(lambda b, x, c, i: b.unary(d.NegOp, x)).last_op.operands[0]) is None


def test_numbers_that_the_chain_computes_say_no_place() -> None:
    def of_floats(b: SmallBuilder, x: Any, c: Any, i: Any) -> SSAValue:
        first = b.reshape(b.emit(d.SliceOp(x, 1, 0, 1, 1)), (4,))
        return b.reshape(b.emit(d.ScatterOp(x, b.reshape(c, (24, 6)), [b.cast(first, i64)], [0])), (2, 3, 4, 6))

    block = _block(of_floats)
    with pytest.raises(NotRowWise, match="rows are chosen by numbers that the chain computes"):
        stored(block.last_op.operands[0], analyse(block))


def test_all_places_of_a_write_are_apart() -> None:
    """Where indices differ, no two entries go to one address."""
    block = _block(rows_of_a_view)
    rows = analyse(block)
    ((_, place),) = stored(block.last_op.operands[0], rows)
    points = range(rows.total.factor)
    for picks in itertools.permutations(range(4)):
        at = {_entry(place, point, [torch.empty(0), torch.empty(0), torch.tensor(picks)]) for point in points}
        assert len(at) == math.prod((4, 6))


@pytest.mark.parametrize("narrow", [lambda wide: wide[..., :128], lambda wide: wide[..., ::2]])
def test_a_cache_with_gaps_is_written_to_outside(narrow: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Its new value has none, as torch makes it, and no kernel is given it."""
    kept, at = torch.zeros(9, 256), torch.tensor([3, -1, 0])

    def write(x: torch.Tensor, cache: torch.Tensor, at: torch.Tensor) -> None:
        y = F.rms_norm(x, (128,))
        cache[at] = y * 0.5 + torch.cat((-y[:, 64:], y[:, :64]), 1)

    found, wanted = kept.clone(), kept.clone()
    x = torch.randn(3, 128)
    report = irfuse.explain(write, x, narrow(found), at)
    write(x, narrow(wanted), at)
    assert torch.equal(found, wanted)
    reason = "the tensor that it is written to has other strides than its new value"
    assert [(site.op, site.reason, site.cure) for site in report.missed] == [
        ("irfuse.scatter", reason, "give it memory without gaps")
    ]
