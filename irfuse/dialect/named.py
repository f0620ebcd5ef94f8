"""What every named op has: an expansion into small ops, which is its one definition."""

from __future__ import annotations

from abc import abstractmethod
from typing import cast

from xdsl.dialects.builtin import FloatAttr, IntegerAttr, TensorType
from xdsl.ir import SSAValue
from xdsl.irdl import IRDLOperation
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import Tensor, dims_of


class NamedOp(IRDLOperation):
    """An op that people read and match on; its meaning is its expansion."""

    @abstractmethod
    def expand(self, b: SmallBuilder) -> list[Value]:
        """Emit the small ops that define this op and return one value for each result."""


def expanded(b: SmallBuilder, op: NamedOp) -> list[Value]:
    """The small ops of a named op that is in no block, which is no more afterwards: a value for each of its results."""
    values = op.expand(b)
    op.erase()
    return values


def as_tensor(value: SSAValue) -> Value:
    """A value whose definition says that it is a tensor."""
    assert isinstance(value.type, TensorType)
    return cast(Value, value)


def number(attr: FloatAttr | IntegerAttr) -> float:
    """The Python number in an attribute."""
    return attr.value.data


def require_same_shape(op: IRDLOperation, reference: Tensor, **others: Tensor) -> None:
    """Raise VerifyException unless every tensor has the shape of ``reference``."""
    for role, tensor in others.items():
        if dims_of(tensor) != dims_of(reference):
            raise VerifyException(f"{op.name}: {role} {tensor} has not the shape of x {reference}")


def require_whole_groups(op: IRDLOperation, tensor: Tensor, group: int, role: str) -> None:
    """Raise VerifyException unless the last axis is a whole number of groups, where its size is known."""
    if group < 1:
        raise VerifyException(f"{op.name}: {role} must be positive, it is {group}")
    last: Dim = dims_of(tensor)[-1] if dims_of(tensor) else 1
    if isinstance(last, int) and last % group:
        raise VerifyException(
            f"{op.name}: the last axis of {tensor} has {last} columns, which is no multiple of {role} {group}"
        )
    if isinstance(last, str) and last != "?" and Size.of(last).divided_by(Size(group)) is None:
        raise VerifyException(
            f"{op.name}: the last axis of {tensor} has {last} columns, not known to be a multiple of {role} {group}"
        )
