"""The lines of a generated kernel for what works on a whole run of columns: reductions and the layer norm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xdsl.dialects.builtin import IntegerType, f32
from xdsl.ir import Attribute, SSAValue

from irfuse import dialect as d
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.types import TORCH_NAMES, dims_of, tensor_type
from irfuse.errors import NotLowerableError
from irfuse.kernel_text import element_named, literal
from irfuse.tile import Tile


def reduction(op: RowReduction, name: str, x: str, tile: Tile) -> Iterator[str]:
    """The lines that reduce the tile ``x`` and name the result, in f32 and not yet rounded."""
    axes = tile.reduced_axes(tile.rows.frames[op.x], tile.rows.frames[op.result])
    if isinstance(op, d.PackOp):
        yield f"{name} = {_packed(op, x, axes)}"
    elif isinstance(op, (d.RowAmaxOp, d.RowAminOp)):
        largest = isinstance(op, d.RowAmaxOp)
        neutral = _neutral(tensor_type(op.x).element_type, largest)
        yield from _reduced(op.x, name, x, axes, tile, neutral, "nan_max" if largest else "nan_min")
    elif isinstance(op, d.RowVarOp):
        yield from _mean(op.x, name, x, axes, tile)
        yield f"{name} = {x} - {name}"
        yield from _mean(op.x, name, f"{name} * {name}", axes, tile)
    elif isinstance(op, d.RowMeanOp):
        yield from _mean(op.x, name, x, axes, tile)
    else:
        yield from _reduced(op.x, name, x, axes, tile)


def layer_norm(op: d.LayerNormOp, name: str, operands: Sequence[str], tile: Tile) -> Iterator[str]:
    """The lines of a layer norm; scale and shift by fma, as in aten/native/cuda/layer_norm_kernel.cu."""
    frame = tile.rows.frames[op.x]
    axes = tile.row_axes(_columns(op.x) if frame.filled is None else frame.filled[1])
    rest = list(operands[1:])
    weight = "1.0" if op.weight is None else rest.pop(0)
    bias = "0.0" if op.bias is None else rest.pop(0)
    yield from _mean(op.x, f"{name}_mean", operands[0], axes, tile)
    yield f"{name} = {operands[0]} - {name}_mean"
    yield from _mean(op.x, f"{name}_var", f"{name} * {name}", axes, tile)
    yield f"{name} = {name} * tl.rsqrt({name}_var + {literal(op.eps.value.data, f32)})"
    yield f"{name} = tl.fma({name}, {weight}, {bias})"


def _mean(value: SSAValue, name: str, x: str, axes: list[int], tile: Tile) -> Iterator[str]:
    """The mean of ``x``, which has the shape of ``value``; a product, which no addition behind it contracts."""
    yield from _reduced(value, name, x, axes, tile)
    yield f"{name} = tl.fma({name}, {literal(1.0 / _columns(value), f32)}, 0.0)"


def _neutral(element: Attribute, largest: bool) -> str:
    """What changes no maximum, or no minimum, of entries of this type."""
    if not isinstance(element, IntegerType):
        return "float('-inf')" if largest else "float('inf')"
    signed = element != TORCH_NAMES["uint8"] and element.bitwidth > 1
    half = 1 << (element.bitwidth - 1)
    low, high = (-half, half - 1) if signed else (0, 2 * half - 1)
    return literal(low if largest else high, element)


def _reduced(
    value: SSAValue, name: str, x: str, axes: list[int], tile: Tile, neutral: str = "0.0", combine: str = ""
) -> Iterator[str]:
    """The sum of ``x`` along these axes, or what ``combine`` makes of it; ``neutral`` stands where no entry counts."""
    for condition in tile.gaps(value, axes):
        yield f"{name} = tl.where({condition}, {x}, {neutral})"
        x = name
    for axis in reversed(axes):
        over = f"{axis + 1}, {combine}" if combine else f"{axis + 1}"
        yield f"{name} = tl.{'reduce' if combine else 'sum'}({x}, {over}, keep_dims=True)"
        x = name
    if x != name:
        yield f"{name} = {x}"


def _packed(op: d.PackOp, x: str, axes: list[int]) -> str:
    """Entries side by side in one integer: shifted each to its place, and those of a row taken together."""
    if len(axes) != 1:
        raise NotLowerableError(reason="codes are packed across a border of the row")
    shifted = f"{x}.to(tl.int32) << (c{axes[0]} * {op.bits.value.data})"
    together = f"tl.reduce({shifted}, {axes[0] + 1}, bit_or, keep_dims=True)"
    return f"{together}.to({element_named(op.element()).tile})"


def _columns(value: SSAValue) -> int:
    columns = dims_of(tensor_type(value))[-1]
    assert isinstance(columns, int)
    return columns
