"""Reductions of the last axis, which keep it with size 1."""

from __future__ import annotations

from xdsl.dialects.builtin import Float4E2M1FNType, Float64Type, IntegerType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.elementwise import (
    I64,
    TensorOfComputed,
    TensorOfNumber,
    integer_attr,
)
from irfuse.dialect.types import (
    TORCH_NAMES,
    WIDE_TYPES,
    Tensor,
    bit_width,
    dims_of,
    make_tensor,
    tensor_type,
    with_dims,
)


class RowReduction(IRDLOperation):
    """``[..., n] -> [..., 1]``; accumulates in f32 and rounds once to the element type."""

    x = operand_def(TensorOfNumber)
    result = result_def(TensorOfNumber)
    traits = traits_def(Pure())
    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: SSAValue[Tensor]):
        Operation.__init__(self, operands=[x], result_types=[with_dims(x.type, (*dims_of(x.type)[:-1], 1))])

    def element(self) -> Attribute:
        """The element type of the result: the operand's."""
        return tensor_type(self.x).element_type

    def verify_(self) -> None:
        source = tensor_type(self.x)
        if not source.get_num_dims():
            raise VerifyException(f"{self.name} needs at least one axis, its operand is {source}")
        wanted = make_tensor(self.element(), (*dims_of(source)[:-1], 1))
        if self.result.type != wanted:
            raise VerifyException(f"{self.name} of {source} is {wanted}, not {self.result.type}")


class FloatReduction(RowReduction):
    """A reduction that computes with its entries, which are floats that torch computes on."""

    def verify_(self) -> None:
        super().verify_()
        if not isinstance(self.element(), (*WIDE_TYPES, Float64Type)):
            raise VerifyException(f"{self.name} works on floats of 16 bits and more, not on {self.x.type}")


@irdl_op_definition
class RowMeanOp(FloatReduction):
    """The mean of each row."""

    name = "irfuse.row_mean"


@irdl_op_definition
class RowSumOp(FloatReduction):
    """The sum of each row."""

    name = "irfuse.row_sum"


@irdl_op_definition
class PartSumOp(FloatReduction):
    """The sum of each row, which holds the parts of one number, as those of a split matmul: never that of a norm."""

    name = "irfuse.part_sum"


@irdl_op_definition
class RowVarOp(FloatReduction):
    """The variance of each row: the mean of ``(x - mean(x))**2``."""

    name = "irfuse.row_var"


@irdl_op_definition
class RowAmaxOp(RowReduction):
    """The largest value of each row; NaN where the row has one."""

    name = "irfuse.row_amax"
    x = operand_def(TensorOfComputed)


@irdl_op_definition
class RowAminOp(RowReduction):
    """The smallest value of each row; NaN where the row has one."""

    name = "irfuse.row_amin"
    x = operand_def(TensorOfComputed)


@irdl_op_definition
class PackOp(RowReduction):
    """The bytes or codes of each row in one integer: entry i shifted left by ``i * bits``, and all of them or-ed."""

    name = "irfuse.pack"
    bits = prop_def(I64)
    irdl_options = (ParsePropInAttrDict(),)

    def __init__(self, x: SSAValue[Tensor], bits: int, element: Attribute):
        result = make_tensor(element, (*dims_of(x.type)[:-1], 1))
        Operation.__init__(self, operands=[x], properties={"bits": integer_attr(bits)}, result_types=[result])

    def element(self) -> Attribute:
        """The element type of the result, which is as wide as the entries of a row together."""
        return tensor_type(self.result).element_type

    def verify_(self) -> None:
        super().verify_()
        row, bits = dims_of(tensor_type(self.x))[-1], self.bits.value.data
        if tensor_type(self.x).element_type not in (TORCH_NAMES["uint8"], Float4E2M1FNType()):
            raise VerifyException(f"irfuse.pack takes bytes or 4-bit codes, not {self.x.type}")
        whole = isinstance(self.element(), IntegerType) and isinstance(row, int) and bits > 0
        if not whole or row * bits != bit_width(self.element()):
            raise VerifyException(f"irfuse.pack: rows of {row} times {bits} bits do not fill {self.result.type}")
