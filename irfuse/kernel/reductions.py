"""The lines of a generated kernel that reduce a run of columns.

Tiles come and go as one name for each chunk (irfuse.kernel.tile). Chunks are combined entry by entry before the entries
are, so a reduction across lanes is done once for all chunks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from xdsl.dialects.builtin import IntegerType, f32
from xdsl.ir import Attribute, SSAValue

from irfuse import dialect as d
from irfuse.analysis.index_maps import IndexMap
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.types import TORCH_NAMES, dims_of, tensor_type
from irfuse.errors import NotLowerableError
from irfuse.kernel.numbers import literal
from irfuse.kernel.text import element_named
from irfuse.kernel.tile import Tile

Line = tuple[int | None, str]
"""A line and the chunk that it computes; None where it computes what all chunks have in common."""


@dataclass(frozen=True)
class Run:
    """What is reduced of a value: entries along these axes, and those of chunks that ``after`` does not tell apart."""

    value: SSAValue
    axes: list[int]
    after: IndexMap
    tile: Tile

    @property
    def is_across(self) -> bool:
        """Whether some of the chunks are taken together, as runs are that do not nest, or all."""
        crossed = self.tile.rows.crossed
        apart = self.tile.firsts(self.tile.rows.maps[self.value]) != self.tile.firsts(self.after)
        return self.tile.unrolled in self.axes or (crossed is not None and apart)

    @property
    def reduced(self) -> frozenset[int]:
        """The axes along which there are several entries that are taken together."""
        across = [self.tile.unrolled] if self.is_across and self.tile.unrolled is not None else []
        return frozenset([*self.axes, *across])

    @property
    def spread(self) -> frozenset[int]:
        """The axes along which what is reduced is there entry by entry."""
        return self.tile.axes[self.value] | self.reduced

    @property
    def left(self) -> frozenset[int]:
        """The axes along which the tile of the result is longer than 1."""
        return self.spread - frozenset(self.axes)

    def before(self, base: str) -> tuple[str, ...]:
        """The names of the tiles of what is reduced, by chunk."""
        return self.tile.names_of(base, self.spread, self.tile.rows.maps[self.value])

    def names(self, base: str) -> tuple[str, ...]:
        """The names of the tiles of the result, by chunk."""
        return self.tile.names_of(base, self.left, self.after)

    def gaps(self, chunk: int) -> Iterator[str]:
        """The conditions under which an entry counts; none where all do."""
        return self.tile.gaps(self.value, sorted(self.reduced), chunk)


def run_along(value: SSAValue, after: IndexMap, tile: Tile) -> Run:
    """What is reduced of a value where the result has the map ``after``."""
    return Run(value, tile.reduced_axes(tile.rows.maps[value], after), after, tile)


def reduction(op: RowReduction, name: str, x: Sequence[str], tile: Tile) -> Iterator[Line]:
    """The lines that reduce the tiles ``x`` and name the result, in f32 and not yet rounded."""
    run = run_along(op.x, tile.rows.maps[op.result], tile)
    if isinstance(op, d.PackOp):
        yield from _packed(op, name, x, run)
    elif isinstance(op, (d.RowAmaxOp, d.RowAminOp)):
        largest = isinstance(op, d.RowAmaxOp)
        neutral = _neutral(tensor_type(op.x).element_type, largest)
        yield from _reduced(run, name, x, neutral, _extremum(op))
    elif isinstance(op, d.RowVarOp):
        deviations = tile.names(f"{name}_from_mean", tile.axes[op.x])
        yield from _deviations(run, f"{name}_mean", deviations, x)
        yield from _mean(run, name, [f"{t} * {t}" for t in deviations])
    elif isinstance(op, d.RowMeanOp):
        yield from _mean(run, name, x)
    else:
        yield from _reduced(run, name, x)
        if not _is_positive(op.x):
            for t in run.names(name):  # torch's sums begin with 0.0, so that of -0.0s is 0.0
                yield from _of(run.names(name), t, f"{t} = {t} + 0.0")


def _is_positive(value: SSAValue) -> bool:
    """Whether a value has no negative zeros: a square or a magnitude."""
    op = value.owner
    return isinstance(op, d.AbsOp) or (isinstance(op, d.MulOp) and op.lhs is op.rhs)


def spread(parts: Sequence[str], names: Sequence[str]) -> list[str]:
    """The same tile for every chunk, where there is one for all of them."""
    return list(parts) if len(parts) == len(names) else list(parts) * len(names)


def _deviations(run: Run, mean: str, names: Sequence[str], x: Sequence[str]) -> Iterator[Line]:
    """The tiles ``x`` of a value less their mean."""
    yield from _mean(run, mean, x)
    means = spread(run.names(mean), names)
    for name, entry, centre in zip(names, spread(x, names), means, strict=True):
        yield from _of(names, name, f"{name} = {entry} - {centre}")


def _mean(run: Run, name: str, x: Sequence[str]) -> Iterator[Line]:
    """The mean of ``x``, which has the shape of a value; a product, which no addition behind it contracts."""
    yield from _reduced(run, name, x)
    names = run.names(name)
    for t in dict.fromkeys(names):
        yield from _of(names, t, f"{t} = tl.fma({t}, {literal(1.0 / _columns(run.value), f32)}, 0.0)")


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


def _reduced(run: Run, name: str, x: Sequence[str], neutral: str = "0.0", combine: str = "") -> Iterator[Line]:
    """The sum of ``x`` along a run, or what ``combine`` makes of it; ``neutral`` stands where no entry counts."""
    names, targets = run.before(name), run.names(name)
    parts = dict(zip(names, spread(x, names), strict=True))
    for part in parts:
        for condition in run.gaps(names.index(part)):
            yield from _of(names, part, f"{part} = tl.where({condition}, {parts[part]}, {neutral})")
            parts[part] = part
    for target in dict.fromkeys(targets):
        inside = dict.fromkeys(n for n, t in zip(names, spread(targets, names), strict=True) if t == target)
        whole = reduce(lambda a, b: f"{combine}({a}, {b})" if combine else f"{a} + {b}", [parts[n] for n in inside])
        lines = list(_across_lanes(target, whole, run.axes, combine))
        yield from _of(targets, target, *lines) if len(inside) == 1 else ((None, line) for line in lines)


def _across_lanes(name: str, x: str, axes: list[int], combine: str) -> Iterator[str]:
    """The lines that reduce one tile along these axes."""
    for axis in reversed(axes):
        over = f"{axis + 1}, {combine}" if combine else f"{axis + 1}"
        yield f"{name} = tl.{'reduce' if combine else 'sum'}({x}, {over}, keep_dims=True)"
        x = name
    if x != name:
        yield f"{name} = {x}"


def _packed(op: d.PackOp, name: str, x: Sequence[str], run: Run) -> Iterator[Line]:
    """Entries side by side in one integer: shifted each to its place, and those of a row taken together."""
    axes, targets = run.axes, run.names(name)
    if len(axes) != 1 or run.is_across:
        raise NotLowerableError(reason="codes are packed across a border of the row")
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
