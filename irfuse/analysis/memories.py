"""In which memory the values are that leave a function: equal values may be two tensors, and a tensor and a view one.

The attribute ``memories`` of a function says it by the names of FX values (see irfuse.fx.provenance): a list for each
tensor that leaves, of everything that lies in its memory. A function without it has no two that must be told apart.
"""

from __future__ import annotations

from xdsl.dialects.builtin import ArrayAttr, StringAttr
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, SSAValue

from irfuse.analysis.writes import VIEWS
from irfuse.fx.provenance import names_of

MEMORIES = "memories"


class Memories:
    """The memory of each value of a block that is in one that leaves it, as a number."""

    def __init__(self, block: Block) -> None:
        self._by_name = _numbers_by_name(block)
        self._of: dict[SSAValue, int] = {}
        for value in [result for op in block.ops for result in op.results] if self._by_name else ():
            self.put(value, self._named(value))

    def _named(self, value: SSAValue) -> int | None:
        """The memory that the names of a value say; a view that no node of the graph stands for is in its operand's."""
        names = names_of(value)
        if not names and isinstance(value.owner, VIEWS):
            return self.of(value.owner.x)
        return next((self._by_name[name] for name in names if name in self._by_name), None)

    def of(self, value: SSAValue) -> int | None:
        """The memory of a value; None for one that does not leave the block, in whatever memory it is."""
        return self._of.get(value)

    def put(self, value: SSAValue, memory: int | None) -> None:
        """Say in which memory a value is; nothing for None."""
        if memory is not None:
            self._of[value] = memory

    def leads_out(self, user: Operation, memory: int) -> bool:
        """Whether an op hands on the memory of its operand: it returns it, or makes a view of it that leaves."""
        return isinstance(user, ReturnOp) or any(self.of(v) == memory for v in user.results)


def leave_apart(a: SSAValue, b: SSAValue) -> bool:
    """Whether two values leave their function as tensors that share no memory."""
    op = a.owner
    block = op.parent if isinstance(op, Operation) else op
    by_name = _numbers_by_name(block) if block is not None and names_of(a) else {}
    while isinstance(b.owner, VIEWS) and not names_of(b):
        b = b.owner.x
    own, other = ({by_name[name] for name in names_of(v) if name in by_name} for v in (a, b))
    return bool(own and other) and own != other


def _numbers_by_name(block: Block) -> dict[str, int]:
    """A number for each memory, by the FX values that are in it."""
    function = block.parent_op()
    said = function.attributes.get(MEMORIES) if isinstance(function, FuncOp) else None
    lists = said.data if isinstance(said, ArrayAttr) else ()
    return {name.data: i for i, names in enumerate(lists) for name in names}


def memories_attr(memories: list[list[str]]) -> ArrayAttr:
    """The attribute of a function, of the names in each memory."""
    return ArrayAttr([ArrayAttr([StringAttr(name) for name in names]) for names in memories])
