"""Small ops on bits and truth values, which scales that are powers of two and 4-bit formats are computed with."""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import IntegerType, TensorType, i1
from xdsl.ir import Operation, SSAValue
from xdsl.irdl import (
    BaseAttr,
    IRDLOperation,
    VarConstraint,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.elementwise import F64, BinaryOp, TensorOfComputed, TensorOfNumber, scalar_attr
from irfuse.dialect.enums import Predicate, PredicateAttr
from irfuse.dialect.exact import holds
from irfuse.dialect.number import Number
from irfuse.dialect.types import Tensor, bit_width, dims_of, strides_of, tensor_type, with_element


class BitwiseOp(BinaryOp):
    """An elementwise function of the bits of integers, or of truth values."""

    ARITHMETIC: ClassVar[bool] = False

    def verify_(self) -> None:
        super().verify_()
        if not isinstance(tensor_type(self.lhs).element_type, IntegerType):
            raise VerifyException(f"{self.name} works on integers, not on {self.lhs.type}")


@irdl_op_definition
class AndOp(BitwiseOp):
    """``lhs & rhs``."""

    name = "irfuse.and"


@irdl_op_definition
class OrOp(BitwiseOp):
    """``lhs | rhs``."""

    name = "irfuse.or"


@irdl_op_definition
class XorOp(BitwiseOp):
    """``lhs ^ rhs``."""

    name = "irfuse.xor"


@irdl_op_definition
class ShlOp(BitwiseOp):
    """``lhs << rhs``."""

    name = "irfuse.shl"


@irdl_op_definition
class ShrOp(BitwiseOp):
    """``lhs >> rhs``; the sign is shifted in where the type has one."""

    name = "irfuse.shr"


class QuotientOp(BitwiseOp):
    """An elementwise function of integers and a positive number, by which torch divides towards minus infinity."""

    def verify_(self) -> None:
        super().verify_()
        element = tensor_type(self.lhs).element_type
        number = 0.0 if self.scalar is None else self.scalar.value.data
        if element == i1 or number < 1 or not number.is_integer() or not holds(element, number):
            raise VerifyException(f"{self.name} divides integers by a whole number of 1 and more, of their type")


@irdl_op_definition
class FloorDivOp(QuotientOp):
    """The largest whole number that is not above ``lhs / scalar``."""

    name = "irfuse.floor_div"


@irdl_op_definition
class RemainderOp(QuotientOp):
    """What `FloorDivOp` leaves of ``lhs``, in ``range(scalar)``."""

    name = "irfuse.remainder"


@irdl_op_definition
class BitcastOp(IRDLOperation):
    """The same bits as elements of another type of the same width."""

    name = "irfuse.bitcast"
    x = operand_def(TensorType)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: SSAValue[Tensor], result_type: Tensor):
        Operation.__init__(self, operands=[x], result_types=[result_type])

    def verify_(self) -> None:
        source, target = tensor_type(self.x), tensor_type(self.result)
        same = dims_of(source) == dims_of(target) and strides_of(source) == strides_of(target)
        if not same or bit_width(source.element_type) != bit_width(target.element_type):
            raise VerifyException(f"irfuse.bitcast keeps the shape and the bits, not {source} to {target}")


@irdl_op_definition
class CompareOp(IRDLOperation):
    """Whether ``lhs predicate rhs``; false where either is NaN, but for ``ne``, which is then true."""

    name = "irfuse.compare"
    T: ClassVar = VarConstraint("T", TensorOfComputed)
    predicate = prop_def(PredicateAttr)
    lhs = operand_def(T)
    rhs = opt_operand_def(T)
    scalar = opt_prop_def(F64)
    result = result_def(TensorType.constr(i1))
    traits = traits_def(Pure())
    custom_directives = (Number,)
    assembly_format = (
        "$predicate $lhs (`,` $rhs^)? (`scalar` custom<Number>($scalar)^)? attr-dict `:` type($lhs) `->` type($result)"
    )

    def __init__(self, predicate: Predicate, lhs: SSAValue[Tensor], rhs: SSAValue | float):
        operands = [lhs, rhs] if isinstance(rhs, SSAValue) else [lhs]
        scalar = {} if isinstance(rhs, SSAValue) else {"scalar": scalar_attr(rhs)}
        Operation.__init__(
            self,
            operands=operands,
            properties={"predicate": PredicateAttr(predicate), **scalar},
            result_types=[with_element(lhs.type, i1)],
        )

    def verify_(self) -> None:
        if (self.rhs is None) == (self.scalar is None):
            raise VerifyException("irfuse.compare takes a second tensor or a scalar")
        if dims_of(tensor_type(self.lhs)) != dims_of(tensor_type(self.result)):
            raise VerifyException(f"irfuse.compare of {self.lhs.type} has not the shape of {self.result.type}")


@irdl_op_definition
class SelectOp(IRDLOperation):
    """``lhs`` where the condition holds, else ``rhs``."""

    name = "irfuse.select"
    T: ClassVar = VarConstraint("T", TensorOfNumber)
    condition = operand_def(TensorType.constr(BaseAttr(IntegerType)))
    lhs = operand_def(T)
    rhs = operand_def(T)
    result = result_def(T)
    traits = traits_def(Pure())
    assembly_format = "$condition `,` $lhs `,` $rhs attr-dict `:` type($condition) `,` type($lhs)"

    def __init__(self, condition: SSAValue, lhs: SSAValue, rhs: SSAValue):
        Operation.__init__(self, operands=[condition, lhs, rhs], result_types=[lhs.type])

    def verify_(self) -> None:
        condition, lhs = tensor_type(self.condition), tensor_type(self.lhs)
        if condition.element_type != i1 or dims_of(condition) != dims_of(lhs):
            raise VerifyException(f"irfuse.select: the condition {condition} has not the shape of {lhs}, or is not i1")
