"""Results of several widths, each computed from a part of the columns of one tensor: pieces of one row.

Of a latent of 512 columns 448 are quantised and 64 rotated. The index is then that of the tensor, in which each result
is seen through the window of its columns, as the pieces of a concatenation are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from xdsl.ir import Block, Operation, SSAValue

from irfuse.analysis.axes import axes_of
from irfuse.analysis.index_maps import IndexMap
from irfuse.analysis.operand_maps import piece_map, shape_of
from irfuse.dialect.parts import SliceOp
from irfuse.dialect.sizes import Size


@dataclass(frozen=True)
class Pieces:
    """How many entries a tensor has of which results are pieces, and the maps of these results."""

    total: Size
    maps: dict[SSAValue, IndexMap] = field(default_factory=dict)


def pieces_of_rows(block: Block, results: Sequence[SSAValue]) -> Iterator[Pieces]:
    """For each tensor of whose columns several results have parts, or one and another all, what they have.

    ``results`` are entries as they are computed, before they are packed or padded.
    """
    parts: dict[SSAValue, list[SliceOp]] = {}
    for op in block.ops:
        if isinstance(op, SliceOp) and _is_of_columns(op):
            parts.setdefault(op.x, []).append(op)
    needed = {value: ops_behind([value]) for value in results} if parts else {}
    for whole, slices in parts.items():
        found = {v: op for op in slices for v, ops in needed.items() if _is_piece(v, ops, op, slices)}
        total = Size.product(shape_of(whole))
        if len({op.start for op in found.values()}) > 1 or any(Size.product(shape_of(v)) == total for v in results):
            yield Pieces(total, {v: _map_of(op, total) for v, op in found.items()})


def _is_of_columns(op: SliceOp) -> bool:
    """Whether columns that stand side by side are taken, known numbers of known numbers."""
    dims = shape_of(op.x)
    known = isinstance(dims[-1], int) and isinstance(shape_of(op.result)[-1], int)
    return known and op.axis.value.data == len(dims) - 1 and op.step.value.data == 1


def _is_piece(value: SSAValue, needed: set[Operation], part: SliceOp, parts: Sequence[SliceOp]) -> bool:
    """Whether a result has as many entries as a part, and is computed from that and from no other part."""
    same = Size.product(shape_of(value)) == Size.product(shape_of(part.result))
    return same and part in needed and all(op.start == part.start for op in parts if op in needed)


def ops_behind(values: Iterable[SSAValue]) -> set[Operation]:
    """The ops by which values are computed."""
    found, stack = set[Operation](), list(values)
    while stack:
        op = stack.pop().owner
        if isinstance(op, Operation) and op not in found:
            found.add(op)
            stack.extend(op.operands)
    return found


def _map_of(part: SliceOp, total: Size) -> IndexMap:
    """The map of what has an entry for each one of a part of the columns, for an index of all of them."""
    columns, length = shape_of(part.x)[-1], shape_of(part.result)[-1]
    rows = Size.product(shape_of(part.x)[:-1]).dim()
    assert isinstance(length, int)
    axes = axes_of(IndexMap.identity(total), [rows, columns])
    return piece_map(axes, 1, part.start.value.data, [rows, length])
