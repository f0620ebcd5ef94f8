"""Ops that compute nothing: reshape, broadcast, copy, full, iota, pad, permute, relayout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import DenseArrayBase, TensorType, i32, i64
from xdsl.ir import Operation, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    VarConstraint,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.elementwise import F64, scalar_attr
from irfuse.dialect.number import Number
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import Tensor, dims_of, make_tensor, plain, with_dims


@irdl_op_definition
class ReshapeOp(IRDLOperation):
    """The same values in row-major order under another shape."""

    name = "irfuse.reshape"
    x = operand_def(TensorType)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: SSAValue[Tensor], dims: Sequence[Dim]):
        Operation.__init__(self, operands=[x], result_types=[with_dims(x.type, dims)])

    def verify_(self) -> None:
        source, target = self.x.type, self.result.type
        assert isinstance(source, TensorType) and isinstance(target, TensorType)
        if source.element_type != target.element_type:
            raise VerifyException(f"irfuse.reshape keeps the element type, not {source} to {target}")
        before, after = Size.product(dims_of(source)), Size.product(dims_of(target))
        if not before.atoms and not after.atoms and before != after:
            raise VerifyException(
                f"irfuse.reshape keeps the number of elements: {source} has {before.factor}, "
                f"{target} has {after.factor}"
            )


@irdl_op_definition
class BroadcastOp(IRDLOperation):
    """The operand repeated along new leading axes and along axes of size 1, as torch.expand does it."""

    name = "irfuse.broadcast"
    x = operand_def(TensorType)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: SSAValue[Tensor], dims: Sequence[Dim]):
        Operation.__init__(self, operands=[x], result_types=[with_dims(x.type, dims)])

    def verify_(self) -> None:
        source, target = self.x.type, self.result.type
        assert isinstance(source, TensorType) and isinstance(target, TensorType)
        small, large = dims_of(source), dims_of(target)
        fits = len(small) <= len(large) and all(
            a in (1, b) for a, b in zip(reversed(small), reversed(large), strict=False)
        )
        if not fits or source.element_type != target.element_type:
            raise VerifyException(f"irfuse.broadcast cannot expand {source} to {target}")


@irdl_op_definition
class CopyOp(IRDLOperation):
    """The same entries in memory of their own; the other ops say nothing of whose memory a value is in."""

    name = "irfuse.copy"
    T: ClassVar = VarConstraint("T", TensorType.constr())
    x = operand_def(T)
    result = result_def(T)
    traits = traits_def(Pure())
    assembly_format = "$x attr-dict `:` type($x)"

    def __init__(self, x: SSAValue):
        Operation.__init__(self, operands=[x], result_types=[x.type])


@irdl_op_definition
class FullOp(IRDLOperation):
    """A tensor whose entries are all one number."""

    name = "irfuse.full"
    value = prop_def(F64)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    custom_directives = (Number,)
    assembly_format = "custom<Number>($value) attr-dict `:` type($result)"

    def __init__(self, value: float, result_type: Tensor):
        Operation.__init__(self, properties={"value": scalar_attr(value)}, result_types=[result_type])


@irdl_op_definition
class IotaOp(IRDLOperation):
    """The numbers 0, 1, 2, ... along the one axis of a tensor of i32 or i64."""

    name = "irfuse.iota"
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = "attr-dict `:` type($result)"

    def __init__(self, result_type: Tensor):
        Operation.__init__(self, result_types=[result_type])

    def verify_(self) -> None:
        kind = self.result.type
        assert isinstance(kind, TensorType)
        if len(dims_of(kind)) != 1 or kind.element_type not in (i32, i64):
            raise VerifyException(f"irfuse.iota has one axis, of i32 or i64, not {kind}")


@irdl_op_definition
class PadOp(IRDLOperation):
    """The operand with zeros behind its last entries, up to the shape of the result: no bit of them is set."""

    name = "irfuse.pad"
    x = operand_def(TensorType)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: SSAValue[Tensor], dims: Sequence[Dim]):
        Operation.__init__(self, operands=[x], result_types=[with_dims(x.type, dims)])

    def verify_(self) -> None:
        source, target = self.x.type, self.result.type
        assert isinstance(source, TensorType) and isinstance(target, TensorType)
        small, large = dims_of(source), dims_of(target)
        longer = any(a != b for a, b in zip(small, large, strict=False))
        fits = all(a <= b for a, b in zip(small, large, strict=False) if isinstance(a, int) and isinstance(b, int))
        if source.element_type != target.element_type or len(small) != len(large) or not (longer and fits):
            raise VerifyException(f"irfuse.pad makes axes longer, it does not turn {source} into {target}")


@irdl_op_definition
class PermuteOp(IRDLOperation):
    """Axes in another order: axis ``i`` of the result is axis ``order[i]`` of the operand."""

    name = "irfuse.permute"
    x = operand_def(TensorType)
    order = prop_def(DenseArrayBase.constr(i64))
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = "$x $order attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: SSAValue[Tensor], order: Sequence[int]):
        dims = dims_of(x.type)
        Operation.__init__(
            self,
            operands=[x],
            properties={"order": DenseArrayBase.from_list(i64, list(order))},
            result_types=[make_tensor(x.type.element_type, [dims[i] for i in order])],
        )

    def verify_(self) -> None:
        source, target, order = self.x.type, self.result.type, self.axes
        assert isinstance(source, TensorType) and isinstance(target, TensorType)
        dims = dims_of(source)
        if sorted(order) != list(range(len(dims))):
            raise VerifyException(f"irfuse.permute {list(order)} is no order of the {len(dims)} axes of {source}")
        if tuple(dims[i] for i in order) != dims_of(target) or source.element_type != target.element_type:
            raise VerifyException(f"irfuse.permute {list(order)} does not turn {source} into {target}")

    @property
    def axes(self) -> tuple[int, ...]:
        """The order as Python numbers."""
        return tuple(self.order.get_values())


@irdl_op_definition
class RelayoutOp(IRDLOperation):
    """The same tensor with other strides in memory; the only op on tensors that are not contiguous."""

    name = "irfuse.relayout"
    x = operand_def(TensorType)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: SSAValue[Tensor], result_type: Tensor | None = None):
        Operation.__init__(self, operands=[x], result_types=[result_type or plain(x.type)])

    def verify_(self) -> None:
        source, target = self.x.type, self.result.type
        assert isinstance(source, TensorType) and isinstance(target, TensorType)
        if plain(source) != plain(target):
            raise VerifyException(f"irfuse.relayout changes strides alone, not {source} to {target}")
