"""Kernels whose rows are cut into chunks: what the chunks are, and that they compute what the reference does."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from bodies import built
from interpreted import run_cases
from test_lower_triton import FP8, quant, tensor
from xdsl.dialects.builtin import Float4E2M1FNType, Float8E8M0FNUType, f32
from xdsl.ir import Block

from irfuse import dialect as d
from irfuse.analysis.rows import Counted, Rows
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.enums import ScaleFormat
from irfuse.dialect.scales import ScaleForm
from irfuse.dialect.sizes import Size
from irfuse.dialect.types import TORCH_NAMES, dims_of
from irfuse.kernel.configs import Work
from irfuse.kernel.kernel import Part
from irfuse.kernel.tile import Tile
from irfuse.lower_triton import lower_block

FP4, E8M0, INT8, UINT8 = Float4E2M1FNType(), Float8E8M0FNUType(), TORCH_NAMES["int8"], TORCH_NAMES["uint8"]


def normed(b: SmallBuilder, x: Any, weight: Any = None) -> Any:
    return b.emit(d.RmsNormOp(x, weight, None, x.type, eps=1e-6))


def layer_normed(b: SmallBuilder, x: Any, weight: Any, bias: Any) -> list[Any]:
    return [b.emit(d.LayerNormOp(x, weight, bias, eps=1e-5))]


def of_int8(b: SmallBuilder, x: Any) -> list[Any]:
    """Rows with a scale each, as int8."""
    form = ScaleForm(127.0, scale_floor=1e-10)
    b.emit(op := d.GroupQuantOp(x, INT8, form, group_size=dims_of(x.type)[-1], quant_min=-128.0))
    return [op.q, op.scales]


def packed(b: SmallBuilder, x: Any) -> list[Any]:
    """Rows as MXFP4, two codes to a byte."""
    form = ScaleForm(6.0, format=ScaleFormat.ue8m0_floor)
    b.emit(op := d.GroupQuantOp(x, FP4, form, group_size=32, scale_element=E8M0))
    rows, columns = dims_of(x.type)
    pairs = b.reshape(op.q, [rows, columns // 2, 2])
    return [b.reshape(b.emit(d.PackOp(pairs, 4, UINT8)), [rows, columns // 2]), op.scales]


def padded(b: SmallBuilder, x: Any) -> Any:
    """Zeros behind rows, up to 640 columns."""
    return b.emit(d.PadOp(x, [*dims_of(x.type)[:-1], 640]))


def padded_means(b: SmallBuilder, x: Any) -> list[Any]:
    """Zeros behind what is one number a row, and behind the rows themselves."""
    means = b.broadcast(b.reduce(d.RowMeanOp, x), dims_of(x.type))
    return [b.binary(d.AddOp, padded(b, means), padded(b, x))]


def moments(b: SmallBuilder, x: Any) -> list[Any]:
    """What reduces a row, and entries less what it is reduced to."""
    wide = b.f32(x)
    return [b.reduce(d.RowVarOp, wide), b.binary(d.SubOp, wide, b.reduce(d.RowAminOp, wide)),
            b.binary(d.SubOp, x, b.reduce(d.RowAmaxOp, x))]  # fmt: skip


def of_weights(b: SmallBuilder, x: Any, w: Any) -> list[Any]:
    """Codes and scales of groups, and the groups of the weights, which no row has for itself."""
    return [*quant(b, normed(b, x, w), 1024), b.reduce(d.RowAmaxOp, b.reshape(w, [5, 1024]))]


def rotated(b: SmallBuilder, x: Any, cut: int) -> Any:
    """Rows whose columns from ``cut`` on come first."""
    columns = dims_of(x.type)[1]
    parts = [b.emit(d.SliceOp(x, 1, at, 1, n)) for at, n in ((cut, columns - cut), (0, cut))]
    return b.emit(d.ConcatOp(parts, 1))


def flipped(b: SmallBuilder, x: Any) -> Any:
    """Rows backwards."""
    columns = dims_of(x.type)[1]
    return b.emit(d.SliceOp(x, 1, columns - 1, -1, columns))


def headed(b: SmallBuilder, x: Any) -> list[Any]:
    """Heads before tokens as one row for each token, quantised."""
    heads, tokens, dim = dims_of(x.type)
    return quant(b, b.reshape(b.permute(x, [1, 0, 2]), [tokens, heads * dim]), heads * dim)


def rows_of(columns: int, build: Callable[..., Any], *more: Any) -> Callable[[], Block]:
    return lambda: built([tensor("s0", columns), *more], build)


CASES: dict[str, Callable[[], Block]] = {
    "5 chunks": rows_of(640, lambda b, x: quant(b, normed(b, x), 640)),
    "5 chunks of a known number of rows": lambda: built([tensor(3, 640)], lambda b, x: quant(b, normed(b, x), 640)),
    "5 chunks of one row": lambda: built([tensor(1, 640)], lambda b, x: quant(b, normed(b, x), 640)),
    "3 chunks, the last masked": rows_of(2880, lambda b, x: quant(b, x, 2880)),
    "7 chunks of a weighted norm": rows_of(7168, lambda b, x, w: quant(b, normed(b, x, w), 7168), tensor(7168)),
    "chunks of groups": rows_of(5120, lambda b, x: quant(b, normed(b, x), 128)),
    "scales of chunks": rows_of(5120, lambda b, x: quant(b, normed(b, x), 1024)),
    "scales of chunks, the last masked": rows_of(2816, lambda b, x: quant(b, normed(b, x), 256)),
    "maxima of weights": rows_of(5120, of_weights, tensor(5120)),
    "layer norm of 3 chunks": rows_of(192, layer_normed, tensor(192), tensor(192)),
    "layer norm of 5 chunks": rows_of(320, layer_normed, tensor(320), tensor(320)),
    "layer norm without weights": rows_of(320, lambda b, x: layer_normed(b, x, None, None)),
    "moments": rows_of(320, moments),
    "moments, the last chunk masked": rows_of(300, moments),
    "a number for a row of chunks": rows_of(320, lambda b, x: [
        b.broadcast(b.reduce(d.RowMeanOp, x), dims_of(x.type))]),
    "padded to whole groups": rows_of(600, lambda b, x: quant(b, padded(b, normed(b, x)), 128)),
    "a number padded": rows_of(600, padded_means),
    "MXFP4": rows_of(192, lambda b, x: packed(b, normed(b, x))),
    "int8": rows_of(2880, of_int8),
    "halves exchanged": rows_of(640, lambda b, x: quant(b, rotated(b, x, 320), 640)),
    "unequal parts exchanged": rows_of(640, lambda b, x: quant(b, normed(b, rotated(b, x, 128)), 640)),
    "parts that end inside of chunks": rows_of(640, lambda b, x: quant(b, rotated(b, x, 100), 640)),
    "backwards": rows_of(640, lambda b, x: quant(b, b.binary(d.AddOp, flipped(b, x), x), 640)),
    "backwards, the last chunk masked": rows_of(300, lambda b, x: quant(b, flipped(b, x), 300)),
    "heads before tokens": lambda: built([tensor(5, "s0", 128)], headed),
    "heads before tokens, the last chunk masked": lambda: built([tensor(11, "s0", 64)], headed),
}  # fmt: skip


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The traceback of each case that fails."""
    return run_cases(__file__, tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("name", CASES)
def test_chunks_compute_what_the_reference_does(interpreted: dict[str, str], name: str) -> None:
    assert interpreted[name] == "" and re.search(r"\bx\d_1 = tl.load", lower_block(CASES[name]()).source)


def rows_cut(*factors: int, summands: tuple[int, ...] = ()) -> Rows:
    """Rows with these axes, of a body without values."""
    columns = math.prod(factors)
    return Rows(columns, factors, {}, Size(columns, ("s0",)), (), summands)


@pytest.mark.parametrize(("factors", "unrolled", "unroll", "lengths"), [
    ((128,), None, 1, (128,)), ((7168,), 0, 7, (1024,)), ((2880,), 0, 3, (1024,)), ((320,), 0, 5, (64,)),
    ((300,), 0, 5, (64,)), ((96,), 0, 3, (32,)), ((48,), None, 1, (64,)), ((1000,), None, 1, (1024,)),
    ((6, 128), 0, 3, (2, 128)), ((5, 128), 0, 5, (1, 128)), ((2, 192), 1, 3, (2, 64)), ((9, 2), None, 1, (16, 2)),
    ((3, 5, 64), 1, 5, (4, 1, 64)), ((1,), None, 1, (1,)), ((11, 64), 0, 3, (4, 64)),
])  # fmt: skip
def test_how_rows_are_cut(factors: tuple[int, ...], unrolled: int | None, unroll: int, lengths: Any) -> None:
    tile = Tile(rows_cut(*factors))
    assert (tile.unrolled, tile.unroll, tile.lengths) == (unrolled, unroll, lengths)


def test_every_chunk_has_columns() -> None:
    for factor in range(1, 9000):
        tile = Tile(rows_cut(factor))
        assert (tile.unroll - 1) * tile.lengths[0] < factor <= tile.columns < 2 * factor


def test_what_a_kernel_moves() -> None:
    """bf16 in, fp8 out; what rows or columns share does not count."""
    kernel = lower_block(built([tensor("s0", 320), tensor(320)], lambda b, x, w: quant(b, normed(b, x, w), 320)))
    assert kernel.parts == (Part(Counted(0, 320, 1), 320, Work(320, 3, 2)),)
    wide = built([tensor("s0", 300, element=f32)] * 2, lambda b, x, y: [b.binary(d.AddOp, x, y)])
    assert lower_block(wide).only.work == (320, 12, 0)
    assert lower_block(built([tensor("s0", 64)], lambda b, x: [b.cast(x, FP8)])).only.work.traffic == 3
