"""How an index is computed: by views, and by arithmetic on integers that a kernel does again where it reads the index.

A cache is written to at ``slots // block`` and ``slots % block``, and a row of a table is taken for each of several
copies of a token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from xdsl.dialects.builtin import i32, i64
from xdsl.ir import Block, Operation, SSAValue

from irfuse.analysis.writes import VIEWS, behind_views
from irfuse.dialect.bits import AndOp, FloorDivOp, RemainderOp, ShrOp
from irfuse.dialect.elementwise import AddOp, BinaryOp, CastOp, MulOp, SubOp
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.parts import ConcatOp, GatherOp
from irfuse.dialect.types import tensor_type

ARITHMETIC = (AddOp, SubOp, MulOp, FloorDivOp, RemainderOp, AndOp, ShrOp)
MOST_STEPS = 8
"""How many ops an index may be computed by; a kernel that reads it does all of them for each of its rows."""


def index_steps(index: SSAValue) -> list[Operation]:
    """The ops by which an index is computed from what a kernel may read, last first."""
    found: dict[Operation, None] = {}
    stack = [index]
    while stack:
        op = stack.pop().owner
        if isinstance(op, VIEWS) or is_index_arithmetic(op):
            found[op] = None
            stack.extend(op.operands)
    return list(found)


def is_index_arithmetic(op: Operation | Block) -> TypeGuard[BinaryOp | CastOp]:
    """Whether an op computes integers from integers that are read, by few ops that are no more than that."""
    return _steps(op, MOST_STEPS) is not None


def is_just_read(op: Operation | Block) -> bool:
    """Whether an op hands on what is in memory, as rows of a table and their halves put together: any kernel may."""
    if not isinstance(op, Operation) or not is_pure_tensor_op(op):
        return True
    return isinstance(op, (*VIEWS, ConcatOp, GatherOp)) and all(is_just_read(v.owner) for v in _read_by(op))


def _read_by(op: Operation) -> Sequence[SSAValue]:
    """The operands whose entries an op hands on: the numbers by which rows are chosen are none."""
    return op.operands[:1] if isinstance(op, GatherOp) else op.operands


def _steps(op: Operation | Block, left: int) -> int | None:
    """How many ops compute an op's result from what is read; None where they are others, or too many."""
    if not _is_step(op) or left < 1:
        return None
    count = 1
    for value in op.operands:
        inner = behind_views(value).owner
        if isinstance(inner, Operation) and is_pure_tensor_op(inner):
            below = _steps(inner, left - count)
            if below is None:
                return None
            count += below
    return count


def _is_step(op: Operation | Block) -> TypeGuard[BinaryOp | CastOp]:
    """Whether an op is arithmetic on indices, or widens them."""
    if isinstance(op, CastOp):
        return (tensor_type(op.x).element_type, tensor_type(op.result).element_type) == (i32, i64)
    return isinstance(op, ARITHMETIC) and tensor_type(op.lhs).element_type in (i32, i64)
