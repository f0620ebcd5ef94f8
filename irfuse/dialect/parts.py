"""Ops that take parts of tensors or put them together: slice, concat, gather."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType, i32, i64
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
from irfuse.dialect.types import Tensor, dims_of, tensor_type, with_dims


@irdl_op_definition
class SliceOp(IRDLOperation):
    """Every ``step``-th entry along an axis, from ``start`` on; backwards where the step is negative."""

    name = "irfuse.slice"
    x = operand_def(TensorType)
    axis = prop_def(I64)
    start = prop_def(I64)
    step = prop_def(I64)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: SSAValue[Tensor], axis: int, start: int, step: int, length: Dim):
        dims = dims_of(x.type)
        properties = {k: integer_attr(v) for k, v in (("axis", axis), ("start", start), ("step", step))}
        result = with_dims(x.type, (*dims[:axis], length, *dims[axis + 1 :]))
        Operation.__init__(self, operands=[x], properties=properties, result_types=[result])

    def verify_(self) -> None:
        source, target = tensor_type(self.x), tensor_type(self.result)
        axis, start, step = self.axis.value.data, self.start.value.data, self.step.value.data
        small, large = dims_of(target), dims_of(source)
        same = len(small) == len(large) and source.element_type == target.element_type and 0 <= axis < len(large)
        if not same or step == 0 or small[:axis] + small[axis + 1 :] != large[:axis] + large[axis + 1 :]:
            raise VerifyException(f"irfuse.slice along axis {axis} does not turn {source} into {target}")
        taken, length = small[axis], large[axis]
        last = start + step * (taken - 1) if isinstance(taken, int) else start
        if start < 0 or (isinstance(length, int) and taken != 0 and not (start < length and 0 <= last < length)):
            raise VerifyException(
                f"irfuse.slice takes entries {start} to {last} along an axis of {length}, from {source} to {target}"
            )


@irdl_op_definition
class ConcatOp(IRDLOperation):
    """Tensors one behind the other along an axis, as torch.cat puts them."""

    name = "irfuse.concat"
    pieces = var_operand_def(TensorType)
    axis = prop_def(I64)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$pieces attr-dict `:` type($pieces) `->` type($result)"

    def __init__(self, pieces: Sequence[SSAValue[Tensor]], axis: int):
        dims = dims_of(pieces[0].type)
        length = _sum([dims_of(piece.type)[axis] for piece in pieces])
        result = with_dims(pieces[0].type, (*dims[:axis], length, *dims[axis + 1 :]))
        properties = {"axis": integer_attr(axis)}
        super().__init__(operands=[list(pieces)], properties=properties, result_types=[result])

    def verify_(self) -> None:
        target, axis = tensor_type(self.result), self.axis.value.data
        dims, pieces = dims_of(target), [tensor_type(piece) for piece in self.pieces]
        if not pieces or not 0 <= axis < len(dims):
            raise VerifyException(f"irfuse.concat of {len(pieces)} tensors along axis {axis} is not {target}")
        for piece in pieces:
            shape = dims_of(piece)
            same = len(shape) == len(dims) and piece.element_type == target.element_type
            if not same or shape[:axis] + shape[axis + 1 :] != dims[:axis] + dims[axis + 1 :]:
                raise VerifyException(f"irfuse.concat along axis {axis}: {piece} is no piece of {target}")
        if _sum([dims_of(piece)[axis] for piece in pieces]) not in ("?", dims[axis]):
            raise VerifyException(f"irfuse.concat along axis {axis}: the pieces do not fill {target}")


@irdl_op_definition
class GatherOp(IRDLOperation):
    """The rows of a table, its entries along the first axis, that an index names: ``table[index]``, as in torch."""

    name = "irfuse.gather"
    table = operand_def(TensorType)
    index = operand_def(TensorType)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = "$table `[` $index `]` attr-dict `:` type($table) `,` type($index) `->` type($result)"

    def __init__(self, table: SSAValue[Tensor], index: SSAValue[Tensor]):
        dims = (*dims_of(index.type), *dims_of(table.type)[1:])
        Operation.__init__(self, operands=[table, index], result_types=[with_dims(table.type, dims)])

    def verify_(self) -> None:
        table, index = tensor_type(self.table), tensor_type(self.index)
        if index.element_type not in (i32, i64):
            raise VerifyException(f"irfuse.gather takes indices of i32 or i64, not {index}")
        wanted = (*dims_of(index), *dims_of(table)[1:])
        if not dims_of(table) or dims_of(tensor_type(self.result)) != wanted:
            raise VerifyException(f"irfuse.gather of rows of {table} by {index} has the shape {list(wanted)}")
        if table.element_type != tensor_type(self.result).element_type:
            raise VerifyException(f"irfuse.gather keeps the element type of {table}, not {self.result.type}")


def _sum(lengths: Sequence[Dim]) -> Dim:
    """The length of pieces together; unknown where one of several is no number."""
    numbers = [length for length in lengths if isinstance(length, int)]
    return sum(numbers) if len(numbers) == len(lengths) else lengths[0] if len(lengths) == 1 else "?"
