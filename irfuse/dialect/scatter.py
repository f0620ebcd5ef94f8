"""Ops that write values into a tensor: scatter at indices, insert at a place; in a kernel they are stores into it."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import DenseArrayBase, TensorType, i32, i64
from xdsl.ir import Operation, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.elementwise import I64, integer_attr
from irfuse.dialect.sizes import Dim
from irfuse.dialect.types import Tensor, dims_of, plain, tensor_type


@irdl_op_definition
class ScatterOp(IRDLOperation):
    """``into`` with ``values`` where ``indices`` say along ``axes``: one index for each of these axes, as in torch.

    The indices have one shape, and the values that shape and behind it the other axes of ``into``. Numbers below 0
    count from an axis' end; of entries that are named twice one is kept, whichever.
    """

    name = "irfuse.scatter"
    values = operand_def(TensorType)
    into = operand_def(TensorType)
    indices = var_operand_def(TensorType)
    axes = prop_def(DenseArrayBase.constr(i64))
    result = result_def(TensorType)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$values `into` $into `[` $indices `]` attr-dict `:` type($values) `,` type($into) `,` type($indices) "
        "`->` type($result)"
    )

    def __init__(
        self, values: SSAValue[Tensor], into: SSAValue[Tensor], indices: Sequence[SSAValue[Tensor]], axes: Sequence[int]
    ):
        properties = {"axes": DenseArrayBase.from_list(i64, list(axes))}
        super().__init__(operands=[values, into, list(indices)], properties=properties, result_types=[plain(into.type)])

    @property
    def indexed(self) -> tuple[int, ...]:
        """The axes of ``into`` that indices go along, as Python numbers."""
        return tuple(self.axes.get_values())

    @property
    def others(self) -> tuple[int, ...]:
        """The axes of ``into`` that are written whole."""
        return tuple(axis for axis in range(len(dims_of(tensor_type(self.into)))) if axis not in self.indexed)

    def verify_(self) -> None:
        target, dims = tensor_type(self.into), dims_of(tensor_type(self.into))
        indices, axes = [tensor_type(index) for index in self.indices], self.indexed
        if len(set(axes)) != len(axes) or not all(0 <= axis < len(dims) for axis in axes):
            raise VerifyException(f"irfuse.scatter: {list(axes)} are not axes of {target}")
        if not indices or len(indices) != len(axes) or len({dims_of(index) for index in indices}) != 1:
            raise VerifyException(f"irfuse.scatter takes one index of one shape for each of the axes {list(axes)}")
        if any(index.element_type not in (i32, i64) for index in indices):
            raise VerifyException(f"irfuse.scatter takes indices of i32 or i64, not {', '.join(map(str, indices))}")
        wanted = (*dims_of(indices[0]), *(dims[axis] for axis in self.others))
        if dims_of(tensor_type(self.values)) != wanted:
            raise VerifyException(
                f"irfuse.scatter into {target} takes values of {list(wanted)}, not {self.values.type}"
            )
        _check_types(self)


@irdl_op_definition
class InsertOp(IRDLOperation):
    """``into`` with ``values`` at every ``step``-th entry along an axis, from ``start`` on."""

    name = "irfuse.insert"
    values = operand_def(TensorType)
    into = operand_def(TensorType)
    axis = prop_def(I64)
    start = prop_def(I64)
    step = prop_def(I64)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$values `into` $into attr-dict `:` type($values) `,` type($into) `->` type($result)"

    def __init__(self, values: SSAValue[Tensor], into: SSAValue[Tensor], axis: int, start: int, step: int):
        properties = {k: integer_attr(v) for k, v in (("axis", axis), ("start", start), ("step", step))}
        Operation.__init__(self, operands=[values, into], properties=properties, result_types=[plain(into.type)])

    @property
    def place(self) -> tuple[int, int, int]:
        """Axis, start and step as Python numbers."""
        return self.axis.value.data, self.start.value.data, self.step.value.data

    def verify_(self) -> None:
        source, target = tensor_type(self.values), tensor_type(self.into)
        axis, start, step = self.place
        small, large = dims_of(source), dims_of(target)
        same = len(small) == len(large) and 0 <= axis < len(large)
        if not same or step < 1 or small[:axis] + small[axis + 1 :] != large[:axis] + large[axis + 1 :]:
            raise VerifyException(f"irfuse.insert along axis {axis} does not put {source} into {target}")
        if start < 0 or _ends_beyond(small[axis], large[axis], start, step):
            raise VerifyException(f"irfuse.insert at {start} by steps of {step}: {source} lies outside of {target}")
        _check_types(self)


def _ends_beyond(taken: Dim, length: Dim, start: int, step: int) -> bool:
    if not (isinstance(taken, int) and isinstance(length, int)):
        return False
    return start + step * (taken - 1) >= length


def _check_types(op: ScatterOp | InsertOp) -> None:
    """Raise VerifyException unless values and result are of the type of the tensor that is written to."""
    source, target, result = tensor_type(op.values), tensor_type(op.into), tensor_type(op.result)
    if source.element_type != target.element_type or plain(result) != plain(target):
        raise VerifyException(f"{op.name} writes values of {target} and gives {plain(target)}, not {source}, {result}")
