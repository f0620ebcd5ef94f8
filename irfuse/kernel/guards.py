"""Loads that a row may do without: of what a choice takes from it, where the choice is the same in all of the row.

Of experts that have room for more tokens than they got, the rows behind these are zeros whatever is there. What is read
for such a row alone is not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xdsl.ir import Block, Operation, SSAValue

from irfuse.analysis.pieces import ops_behind
from irfuse.analysis.writes import behind_views
from irfuse.dialect.bits import SelectOp
from irfuse.kernel.tile import Tile


@dataclass(frozen=True)
class Guard:
    """A truth value of each row, and which of its values makes the row read."""

    condition: SSAValue
    holds: bool


def guards_of(block: Block, tile: Tile) -> dict[SSAValue, Guard]:
    """For operands of a body that are read for one branch of a choice alone, when they are."""
    found: dict[SSAValue, Guard] = {}
    for select in [op for op in block.ops if isinstance(op, SelectOp) and op.result in tile.rows.maps]:
        condition = behind_views(select.condition)
        if tile.in_row(condition) and not tile.kept(tile.rows.maps[condition]):
            for branch in (1, 2):
                guard = Guard(condition, branch == 1)
                found |= {arg: guard for arg in _read_for(block, select, branch) if arg not in found}
    first = {v for op in needed_first(found.values()) for v in op.operands} | {g.condition for g in found.values()}
    return {arg: guard for arg, guard in found.items() if arg not in first}


def needed_first(guards: Iterable[Guard]) -> set[Operation]:
    """The ops that compute the conditions; what they read is read in every row."""
    return ops_behind(guard.condition for guard in guards)


def _read_for(block: Block, select: SelectOp, branch: int) -> list[SSAValue]:
    """The operands of a body that nothing needs but this branch of a choice."""
    inside = set[Operation]()

    def only_there(value: SSAValue) -> bool:
        uses = [(use.operation, use.index) for use in value.uses]
        return bool(uses) and all(op in inside or (op is select and index == branch) for op, index in uses)

    for op in reversed(list(block.ops)):
        if op.results and all(only_there(result) for result in op.results):
            inside.add(op)
    return [arg for arg in block.args if only_there(arg)]
