"""The lines of a generated kernel for what works on a whole run of columns: reductions and the layer norm.

Tiles come and go as one name for each chunk (irfuse.kernel.tile). Chunks are combined entry by entry before the entries
are, so a reduction across lanes is done once for all chunks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

from xdsl.dialects.builtin import IntegerType, f32
from xdsl.ir import Attribute, SSAValue

from irfuse import dialect as d
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.types import TORCH_NAMES, dims_of, tensor_type
from irfuse.errors import NotLowerableError
from irfuse.kernel.numbers import literal
from irfuse.kernel.text import element_named
from irfuse.kernel.tile import Tile

Line = tuple[int | None, str]
"""A line and the chunk that it computes; None where it computes what all chunks have in common."""


def reduction(op: RowReduction, name: str, x: Sequence[str], tile: Tile) -> Iterator[Line]:
    """The lines that reduce the tiles ``x`` and name the result, in f32 and not yet rounded."""
    axes = tile.reduced_axes(tile.rows.maps[op.x], tile.rows.maps[op.result])
    if isinstance(op, d.PackOp):
        yield from _packed(op, name, x, axes, tile)
    elif isinstance(op, (d.RowAmaxOp, d.RowAminOp)):
        largest = isinstance(op, d.RowAmaxOp)
        neutral = _neutral(tensor_type(op.x).element_type, largest)
        yield from _reduced(op.x, name, x, axes, tile, neutral, _extremum(op))
    elif isinstance(op, d.RowVarOp):
        deviations = tile.names(f"{name}_from_mean", tile.axes[op.x])
        yield from _deviations(op.x, f"{name}_mean", deviations, x, axes, tile)
        yield from _mean(op.x, name, [f"{t} * {t}" for t in deviations], axes, tile)
    elif isinstance(op, d.RowMeanOp):
        yield from _mean(op.x, name, x, axes, tile)
    else:
        yield from _reduced(op.x, name, x, axes, tile)
        if not _is_positive(op.x):
            for t in _means(name, op.x, axes, tile):  # torch's sums begin with 0.0, so that of -0.0s is 0.0
                yield from _of(_means(name, op.x, axes, tile), t, f"{t} = {t} + 0.0")


def _is_positive(value: SSAValue) -> bool:
    """Whether a value has no negative zeros: a square or a magnitude."""
    op = value.owner
    return isinstance(op, d.AbsOp) or (isinstance(op, d.MulOp) and op.lhs is op.rhs)


def layer_norm(op: d.LayerNormOp, name: str, operands: Sequence[Sequence[str]], tile: Tile) -> Iterator[Line]:
    """The lines of a layer norm; scale and shift by fma, as in aten/native/cuda/layer_norm_kernel.cu."""
    windows = tile.axes_of_windows(tile.rows.maps[op.x])
    axes = sorted(windows) if windows else tile.row_axes(_columns(op.x))
    rest = list(operands[1:])
    weight = ["1.0"] if op.weight is None else rest.pop(0)
    bias = ["0.0"] if op.bias is None else rest.pop(0)
    names = tile.names(name, tile.axes[op.result])
    yield from _deviations(op.x, f"{name}_mean", names, operands[0], axes, tile)
    yield from _mean(op.x, f"{name}_var", [f"{t} * {t}" for t in names], axes, tile)
    inverse = spread(
        [f"tl.rsqrt({v} + {literal(op.eps.value.data, f32)})" for v in _means(f"{name}_var", op.x, axes, tile)], names
    )
    for t, scale, w, b in zip(names, inverse, spread(weight, names), spread(bias, names), strict=True):
        yield from _of(names, t, f"{t} = {t} * {scale}", f"{t} = tl.fma({t}, {w}, {b})")


def spread(parts: Sequence[str], names: Sequence[str]) -> list[str]:
    """The same tile for every chunk, where there is one for all of them."""
    return list(parts) if len(parts) == len(names) else list(parts) * len(names)


def _means(name: str, value: SSAValue, axes: list[int], tile: Tile) -> tuple[str, ...]:
    """The names of what `_mean` and `_reduced` yield."""
    return tile.names(name, tile.axes[value] - frozenset(axes))


def _deviations(
    value: SSAValue, mean: str, names: Sequence[str], x: Sequence[str], axes: list[int], tile: Tile
) -> Iterator[Line]:
    """The tiles ``x`` of a value less their mean."""
    yield from _mean(value, mean, x, axes, tile)
    means = spread(_means(mean, value, axes, tile), names)
    for name, entry, centre in zip(names, spread(x, names), means, strict=True):
        yield from _of(names, name, f"{name} = {entry} - {centre}")


def _mean(value: SSAValue, name: str, x: Sequence[str], axes: list[int], tile: Tile) -> Iterator[Line]:
    """The mean of ``x``, which has the shape of ``value``; a product, which no addition behind it contracts."""
    yield from _reduced(value, name, x, axes, tile)
    for t in _means(name, value, axes, tile):
        yield from _of(
            _means(name, value, axes, tile), t, f"{t} = tl.fma({t}, {literal(1.0 / _columns(value), f32)}, 0.0)"
        )


def _extremum(op: d.RowAmaxOp | d.RowAminOp) -> str:
    """The helper of which of two numbers stays; that of magnitudes may take them by their bits."""
    if isinstance(op, d.RowAminOp):
        return "nan_min"
    magnitudes = isinstance(op.x.owner, d.AbsOp) and not isinstance(tensor_type(op.x).element_type, IntegerType)
    return "abs_max" if magnitudes else "nan_max"


def _neutral(element: Attribute, largest: bool) -> str:
    """What changes no maximum, or no minimum, of entries of this type."""
    if not isinstance(element, IntegerType):
        return "float('-inf')" if largest else "float('inf')"
    signed = element != TORCH_NAMES["uint8"] and element.bitwidth > 1
    half = 1 << (element.bitwidth - 1)
    low, high = (-half, half - 1) if signed else (0, 2 * half - 1)
    return literal(low if largest else high, element)


def _reduced(
    value: SSAValue, name: str, x: Sequence[str], axes: list[int], tile: Tile, neutral: str = "0.0", combine: str = ""
) -> Iterator[Line]:
    """The sum of ``x`` along these axes, or what ``combine`` makes of it; ``neutral`` stands where no entry counts."""
    across = tile.unrolled in axes
    parts = list(x) * tile.unroll if across and len(x) == 1 else list(x)
    names = tile.names(name, tile.axes[value] | frozenset(axes))
    for chunk, part in enumerate(names):
        for condition in tile.gaps(value, axes, chunk):
            yield from _of(names, part, f"{part} = tl.where({condition}, {parts[chunk]}, {neutral})")
            parts[chunk] = part
    if across:
        parts = [reduce(lambda a, b: f"{combine}({a}, {b})" if combine else f"{a} + {b}", parts)]
    targets = _means(name, value, axes, tile)
    for part, target in zip(parts, targets, strict=True):
        yield from _of(targets, target, *_across_lanes(target, part, axes, combine))


def _across_lanes(name: str, x: str, axes: list[int], combine: str) -> Iterator[str]:
    """The lines that reduce one tile along these axes."""
    for axis in reversed(axes):
        over = f"{axis + 1}, {combine}" if combine else f"{axis + 1}"
        yield f"{name} = tl.{'reduce' if combine else 'sum'}({x}, {over}, keep_dims=True)"
        x = name
    if x != name:
        yield f"{name} = {x}"


def _packed(op: d.PackOp, name: str, x: Sequence[str], axes: list[int], tile: Tile) -> Iterator[Line]:
    """Entries side by side in one integer: shifted each to its place, and those of a row taken together."""
    if len(axes) != 1 or axes[0] == tile.unrolled:
        raise NotLowerableError(reason="codes are packed across a border of the row")
    targets = _means(name, op.x, axes, tile)
    for target, part in zip(targets, x, strict=True):
        shifted = f"{part}.to(tl.int32) << (c{axes[0]} * {op.bits.value.data})"
        together = f"tl.reduce({shifted}, {axes[0] + 1}, bit_or, keep_dims=True)"
        yield from _of(targets, target, f"{target} = {together}.to({element_named(op.element()).tile})")


def _of(names: Sequence[str], name: str, *lines: str) -> Iterator[Line]:
    """Lines that compute one of the tiles of a value, with its chunk."""
    chunk = names.index(name) if len(names) > 1 else None
    yield from ((chunk, line) for line in lines)


def _columns(value: SSAValue) -> int:
    columns = dims_of(tensor_type(value))[-1]
    assert isinstance(columns, int)
    return columns
