"""Elementwise small ops. Operands and result have one type; each rounds exactly where the same torch op rounds.

The constructors of small ops call ``Operation``'s, not that of ``IRDLOperation``: nothing is left for the latter to
sort into segments, and it takes longer than all else about an op.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from xdsl.dialects.builtin import (
    AnyFloatConstr,
    BFloat16Type,
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    TensorType,
    UnitAttr,
    f64,
    i1,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    BaseAttr,
    IRDLOperation,
    MessageConstraint,
    VarConstraint,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.enums import Overflow, OverflowAttr
from irfuse.dialect.fp8 import FP8
from irfuse.dialect.number import Number, bits_of, double_of
from irfuse.dialect.types import Tensor, dims_of, is_float, strides_of, tensor_type, with_element

TensorOfFloat = TensorType.constr(AnyFloatConstr)
TensorOfNumber = MessageConstraint(
    TensorType.constr(AnyFloatConstr | BaseAttr(IntegerType)), "a tensor of floats or integers is needed"
)
_COMPUTED_FLOATS = BaseAttr(BFloat16Type) | BaseAttr(Float16Type) | BaseAttr(Float32Type) | BaseAttr(Float64Type)
TensorOfComputedFloat = MessageConstraint(
    TensorType.constr(_COMPUTED_FLOATS), "torch computes on floats of 16, 32 or 64 bits, cast to one of them first"
)
TensorOfComputed = MessageConstraint(
    TensorType.constr(_COMPUTED_FLOATS | BaseAttr(IntegerType)),
    "torch computes on floats of 16 bits and more and on integers alone",
)
"""The operands of what computes: 8-bit floats are stored, cast and moved, and torch does nothing else with them."""
F64 = FloatAttr.constr(f64)
I64 = IntegerAttr.constr(i64)


def scalar_attr(value: float) -> FloatAttr:
    """A Python number as torch sees it: a double, converted where an op needs it narrower."""
    return _double(bits_of(float(value)))


@lru_cache(maxsize=1 << 14)
def integer_attr(value: int) -> IntegerAttr:
    """A number of entries, an axis or a place on one, as i64."""
    return IntegerAttr(value, i64)


@lru_cache(maxsize=1 << 14)
def _double(bits: int) -> FloatAttr:
    """A double by its bits."""
    return FloatAttr(double_of(bits), f64)


class UnaryOp(IRDLOperation):
    """An elementwise function of one tensor; operand and result have one type."""

    T: ClassVar = VarConstraint("T", TensorOfComputedFloat)
    x = operand_def(T)
    result = result_def(T)
    traits = traits_def(Pure())
    assembly_format = "$x attr-dict `:` type($x)"

    def __init__(self, x: SSAValue):
        Operation.__init__(self, operands=[x], result_types=[x.type])


class BinaryOp(IRDLOperation):
    """An elementwise function of two tensors of one type, or of a tensor and a Python number."""

    ARITHMETIC: ClassVar[bool] = True
    T: ClassVar = VarConstraint("T", TensorOfComputed)
    lhs = operand_def(T)
    rhs = opt_operand_def(T)
    scalar = opt_prop_def(F64)
    result = result_def(T)
    traits = traits_def(Pure())
    custom_directives = (Number,)
    assembly_format = "$lhs (`,` $rhs^)? (`scalar` custom<Number>($scalar)^)? attr-dict `:` type($lhs)"

    def __init__(self, lhs: SSAValue, rhs: SSAValue | float):
        operands = [lhs, rhs] if isinstance(rhs, SSAValue) else [lhs]
        properties = {} if isinstance(rhs, SSAValue) else {"scalar": scalar_attr(rhs)}
        Operation.__init__(self, operands=operands, properties=properties, result_types=[lhs.type])

    def verify_(self) -> None:
        if (self.rhs is None) == (self.scalar is None):
            raise VerifyException(
                f"{self.name} takes a second tensor or a scalar, and has {'neither' if self.rhs is None else 'both'}"
            )
        if self.ARITHMETIC and tensor_type(self.lhs).element_type == i1:
            raise VerifyException(f"{self.name} computes with numbers, not with truth values {self.lhs.type}")


@irdl_op_definition
class AddOp(BinaryOp):
    """``lhs + rhs``."""

    name = "irfuse.add"


@irdl_op_definition
class SubOp(BinaryOp):
    """``lhs - rhs``."""

    name = "irfuse.sub"


@irdl_op_definition
class MulOp(BinaryOp):
    """``lhs * rhs``."""

    name = "irfuse.mul"


@irdl_op_definition
class DivOp(BinaryOp):
    """``lhs / rhs``: the IEEE quotient of two tensors; by a scalar as torch does it on the device at hand.

    Torch divides by a Python number on the CPU and multiplies by its f32 reciprocal on a GPU
    (``div_true_kernel_cuda`` in aten/src/ATen/native/cuda/BinaryDivTrueKernel.cu).
    """

    name = "irfuse.div"


@irdl_op_definition
class MaximumOp(BinaryOp):
    """The larger of two; NaN where either is NaN."""

    name = "irfuse.maximum"


@irdl_op_definition
class MinimumOp(BinaryOp):
    """The smaller of two; NaN where either is NaN."""

    name = "irfuse.minimum"


@irdl_op_definition
class PowOp(BinaryOp):
    """``lhs`` to the scalar power ``rhs``, which is -0.5 (torch.pow's own reciprocal square root)."""

    name = "irfuse.pow"

    def verify_(self) -> None:
        if self.scalar is None or self.scalar.value.data != -0.5:
            raise VerifyException("irfuse.pow takes the scalar -0.5 and nothing else")


@irdl_op_definition
class ClampOp(IRDLOperation):
    """``x`` held to ``min .. max``, either of which may be absent; NaN stays NaN.

    Bounds that are tensors without axes in torch leave a NaN of bf16 or f16 all its bits; numbers leave it its sign.
    """

    name = "irfuse.clamp"
    T: ClassVar = VarConstraint("T", TensorOfComputed)
    x = operand_def(T)
    min = opt_prop_def(F64)
    max = opt_prop_def(F64)
    tensors = opt_prop_def(UnitAttr)
    result = result_def(T)
    traits = traits_def(Pure())
    custom_directives = (Number,)
    assembly_format = (
        "$x (`min` custom<Number>($min)^)? (`max` custom<Number>($max)^)? (`tensors` $tensors^)? attr-dict `:` type($x)"
    )

    def __init__(self, x: SSAValue, min: float | None = None, max: float | None = None, tensors: bool = False):
        bounds = {"min": min, "max": max}
        properties: dict[str, Attribute] = {k: scalar_attr(v) for k, v in bounds.items() if v is not None}
        properties |= {"tensors": UnitAttr()} if tensors else {}
        Operation.__init__(self, operands=[x], properties=properties, result_types=[x.type])

    def verify_(self) -> None:
        if self.min is None and self.max is None:
            raise VerifyException("irfuse.clamp needs a min or a max")


@irdl_op_definition
class CastOp(IRDLOperation):
    """The same values in another element type, rounded to nearest even.

    ``overflow`` is what becomes of numbers beyond the range of an 8-bit float: the largest one where nothing is said.
    Floats become integers towards 0, beyond the range of i32 what torch makes of them on the device at hand; what they
    become beyond that of other integers is left open.
    """

    name = "irfuse.cast"
    x = operand_def(TensorType)
    overflow = opt_prop_def(OverflowAttr)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = "$x (`overflow` $overflow^)? attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: SSAValue[Tensor], element: Attribute, overflow: Overflow | None = None):
        Operation.__init__(
            self,
            operands=[x],
            properties={} if overflow is None else {"overflow": OverflowAttr(overflow)},
            result_types=[with_element(x.type, element)],
        )

    @property
    def beyond(self) -> Overflow:
        """What becomes of numbers beyond the range."""
        return Overflow.saturate if self.overflow is None else self.overflow.data

    def verify_(self) -> None:
        source, target = tensor_type(self.x), tensor_type(self.result)
        if dims_of(source) != dims_of(target) or strides_of(source) != strides_of(target):
            raise VerifyException(f"irfuse.cast changes the element type alone, not {source} to {target}")
        if self.overflow is None:
            return
        if type(target.element_type) not in FP8 or not is_float(source.element_type):
            raise VerifyException(f"irfuse.cast: floats overflow in 8-bit floats alone, not from {source} to {target}")
        if self.beyond is Overflow.infinity and FP8[type(target.element_type)].infinity is None:
            raise VerifyException(f"irfuse.cast: {target.element_type} has no infinity")


COMMUTATIVE = (AddOp, MulOp)
"""The binary ops whose operands may be exchanged without changing a number: of two NaN one or the other is the result.

The larger and the smaller of two are none: of zeros of both signs torch's CPU kernels take one by its place.
"""
