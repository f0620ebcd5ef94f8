"""Reductions over the last axis, which is kept with size 1."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.ir import SSAValue
from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.elementwise import TensorOfFloat
from irfuse.dialect.types import Tensor, dims_of, make_tensor, with_dims


class RowReduction(IRDLOperation):
    """``[..., n] -> [..., 1]``; accumulates in f32 and rounds once to the element type."""

    x = operand_def(TensorOfFloat)
    result = result_def(TensorOfFloat)
    traits = traits_def(Pure())
    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: SSAValue[Tensor]):
        super().__init__(operands=[x], result_types=[with_dims(x.type, (*dims_of(x.type)[:-1], 1))])

    def verify_(self) -> None:
        source = self.x.type
        assert isinstance(source, TensorType)
        if not source.get_num_dims():
            raise VerifyException(f"{self.name} needs at least one axis, its operand is {source}")
        wanted = make_tensor(source.element_type, (*dims_of(source)[:-1], 1))
        if self.result.type != wanted:
            raise VerifyException(f"{self.name} of {source} is {wanted}, not {self.result.type}")


@irdl_op_definition
class RowMeanOp(RowReduction):
    """The mean of each row."""

    name = "irfuse.row_mean"


@irdl_op_definition
class RowSumOp(RowReduction):
    """The sum of each row."""

    name = "irfuse.row_sum"


@irdl_op_definition
class RowAmaxOp(RowReduction):
    """The largest value of each row; NaN where the row has one."""

    name = "irfuse.row_amax"
