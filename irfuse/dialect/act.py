"""Activation products: act_mul. Formulas: docs/dialect.md."""

from __future__ import annotations

from xdsl.irdl import ParsePropInAttrDict, irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from irfuse.dialect.build import ACTIVATION_OPS, SmallBuilder, Value
from irfuse.dialect.elementwise import MulOp, TensorOfComputedFloat
from irfuse.dialect.enums import Activation, ActivationAttr
from irfuse.dialect.named import NamedOp, as_tensor, require_same_shape


@irdl_op_definition
class ActMulOp(NamedOp):
    """``act(a) * b``, with act(a) rounded to the element type of a first, as torch does it."""

    name = "irfuse.act_mul"
    a = operand_def(TensorOfComputedFloat)
    b = operand_def(TensorOfComputedFloat)
    activation = prop_def(ActivationAttr, default_value=ActivationAttr(Activation.silu))
    result = result_def(TensorOfComputedFloat)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$a `,` $b attr-dict `:` type($a) `,` type($b) `->` type($result)"

    def __init__(self, a: Value, b: Value, activation: Activation = Activation.silu):
        super().__init__(operands=[a, b], properties={"activation": ActivationAttr(activation)}, result_types=[a.type])

    def verify_(self) -> None:
        a, b, result = (as_tensor(v).type for v in (self.a, self.b, self.result))
        require_same_shape(self, a, b=b, result=result)

    def expand(self, b: SmallBuilder) -> list[Value]:
        left, right, kind = as_tensor(self.a), as_tensor(self.b), self.activation.data
        element = as_tensor(self.result).type.element_type
        whole = b.activate(kind, left if kind in ACTIVATION_OPS else b.f32(left))
        active = b.cast(whole, left.type.element_type)
        return [b.cast(b.binary(MulOp, b.cast(active, element), b.cast(right, element)), element)]
