"""Where a function writes to memory, and which of its values share memory with what is written."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from xdsl.ir import Block, BlockArgument, Operation, SSAValue
from xdsl.traits import IsTerminator

from irfuse.dialect.bits import BitcastOp
from irfuse.dialect.bytes import BytesOp
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.parts import SliceOp
from irfuse.dialect.shape import BroadcastOp, PermuteOp, RelayoutOp, ReshapeOp

VIEWS = (ReshapeOp, BroadcastOp, PermuteOp, RelayoutOp, SliceOp)
SHARING = (*VIEWS, BitcastOp, BytesOp)
"""The small ops whose result may lie in the memory of their operand."""
_SEEN_THROUGH = (*SHARING, OpaqueOp)
COPIES_BACK = "aten.copy_.default"


def writes_in(block: Block) -> list[OpaqueOp]:
    """The ops of a block that write to memory, in order, but for those of `copies_back`."""
    last = set(copies_back(block))
    return [op for op in block.ops if type(op) is OpaqueOp and op.mutates and op not in last]


def copies_back(block: Block) -> list[OpaqueOp]:
    """The ops at the end of a block that put the new values of its arguments where these lie.

    Nothing is read behind them any more but what leaves the block.
    """
    found: list[OpaqueOp] = []
    op = block.last_op
    if op is not None and op.has_trait(IsTerminator):
        op = op.prev_op
    while isinstance(op, OpaqueOp) and op.target.data == COPIES_BACK and isinstance(op.ins[0], BlockArgument):
        found.append(op)
        op = op.prev_op
    return found[::-1]


def views_of(value: SSAValue) -> list[Operation]:
    """The views by which a value is seen, last first."""
    found: list[Operation] = []
    while isinstance(value.owner, VIEWS):
        found.append(value.owner)
        value = value.owner.x
    return found


def behind_views(value: SSAValue) -> SSAValue:
    """What a value is a view of; itself for any other."""
    views = views_of(value)
    return views[-1].operands[0] if views else value


def argument_seen(value: SSAValue) -> SSAValue:
    """What a value is a view of: the operand of each view, and the first one of what is not known."""
    while isinstance(value.owner, _SEEN_THROUGH) and value.owner.operands:
        value = value.owner.operands[0]
    return value


class Writes:
    """The ops of a block that write to memory (see `writes_in`), by their place in it."""

    def __init__(self, block: Block) -> None:
        self.ops = writes_in(block)
        self.position: dict[Operation, float] = {op: i for i, op in enumerate(block.ops)}
        self.block = block

    def between(self, ops: Sequence[Operation]) -> OpaqueOp | None:
        """A write behind the first of these ops and before the last; ops that came later do not count."""
        places = [self.position[op] for op in ops if op in self.position]
        at = bisect_right(self.ops, min(places), key=self.position.__getitem__) if places else len(self.ops)
        first = self.ops[at] if at < len(self.ops) else None
        return first if first is not None and self.position[first] < max(places) else None

    def written(self) -> set[SSAValue]:
        """The values that may share memory with an operand of a write, through views or through opaque ops."""
        if not self.ops:
            return set()
        parent: dict[SSAValue, SSAValue] = {}
        for op in self.block.ops:
            if isinstance(op, _SEEN_THROUGH):
                shared = [*op.operands, *op.results]
                for value in shared[1:]:
                    parent[_root(parent, value)] = _root(parent, shared[0])
        marked = {_root(parent, v) for w in self.ops for v in w.operands}
        return {v for v in _values(self.block) if _root(parent, v) in marked}


def _root(parent: dict[SSAValue, SSAValue], value: SSAValue) -> SSAValue:
    """The value that stands for all that share memory with this one."""
    while (up := parent.get(value, value)) is not value:
        parent[value] = value = parent.get(up, up)
    return value


def _values(block: Block) -> Iterable[SSAValue]:
    yield from block.args
    for op in block.ops:
        yield from op.results
