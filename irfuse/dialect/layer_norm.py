"""The layer norm, and the fused multiply-add that it ends with."""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import Float32Type, TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    ParsePropInAttrDict,
    VarConstraint,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.elementwise import F64, AddOp, MulOp, SubOp, TensorOfComputedFloat, scalar_attr
from irfuse.dialect.functions import RsqrtOp
from irfuse.dialect.named import NamedOp, as_tensor
from irfuse.dialect.reduce import RowMeanOp
from irfuse.dialect.types import Tensor, dims_of, tensor_type


@irdl_op_definition
class FmaOp(IRDLOperation):
    """``a * b + c`` of f32, rounded once. No op of torch is it: it is what its kernels for GPUs do inside."""

    name = "irfuse.fma"
    T: ClassVar = VarConstraint("T", TensorType.constr(Float32Type()))
    a = operand_def(T)
    b = operand_def(T)
    c = operand_def(T)
    result = result_def(T)
    traits = traits_def(Pure())
    assembly_format = "$a `,` $b `,` $c attr-dict `:` type($a)"

    def __init__(self, a: SSAValue, b: SSAValue, c: SSAValue):
        Operation.__init__(self, operands=[a, b, c], result_types=[a.type])


@irdl_op_definition
class LayerNormOp(NamedOp):
    """torch's layer_norm over the last axis: ``(x - mean(x)) * rsqrt(var(x) + eps) * weight + bias``.

    Computed in f32 and rounded once to the type of x. On a CPU it is torch's own kernel, which has fused multiply-adds
    inside and equals no sequence of other ops bit for bit. A kernel computes its expansion, with scale and shift by fma
    as in aten/native/cuda/layer_norm_kernel.cu.
    """

    name = "irfuse.layer_norm"
    x = operand_def(TensorOfComputedFloat)
    weight = opt_operand_def(TensorOfComputedFloat)
    bias = opt_operand_def(TensorOfComputedFloat)
    eps = prop_def(F64)
    result = result_def(TensorOfComputedFloat)
    traits = traits_def(Pure())
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())
    assembly_format = (
        "$x (`weight` $weight^ `:` type($weight))? (`bias` $bias^ `:` type($bias))? attr-dict "
        "`:` type($x) `->` type($result)"
    )

    def __init__(self, x: SSAValue[Tensor], weight: SSAValue | None, bias: SSAValue | None, eps: float):
        super().__init__(operands=[x, weight, bias], properties={"eps": scalar_attr(eps)}, result_types=[x.type])

    def verify_(self) -> None:
        x = tensor_type(self.x)
        if not dims_of(x) or self.result.type != x:
            raise VerifyException(f"irfuse.layer_norm: the result {self.result.type} has not the type of x, {x}")
        for role, vector in (("weight", self.weight), ("bias", self.bias)):
            if vector is not None and dims_of(tensor_type(vector)) != dims_of(x)[-1:]:
                raise VerifyException(f"irfuse.layer_norm: {role} {vector.type} has not one entry per column of {x}")

    def expand(self, b: SmallBuilder) -> list[Value]:
        x = b.f32(as_tensor(self.x))
        deviation = b.binary(SubOp, x, b.reduce(RowMeanOp, x))
        variance = b.reduce(RowMeanOp, b.square(deviation))
        inverse = b.unary(RsqrtOp, b.binary(AddOp, variance, self.eps.value.data))
        y = b.binary(MulOp, deviation, inverse)
        vectors = [None if v is None else b.f32(as_tensor(v)) for v in (self.weight, self.bias)]
        weight, bias = (None if v is None else b.broadcast(v, dims_of(x.type)) for v in vectors)
        if weight is not None and bias is not None:
            y = b.emit(FmaOp(y, weight, bias))
        else:
            y = y if weight is None else b.binary(MulOp, y, weight)
            y = b.binary(AddOp, y, 0.0 if bias is None else bias)
        return [b.cast(y, as_tensor(self.result).type.element_type)]
