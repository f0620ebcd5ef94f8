"""Quantisation of activations: dynamic scales per group of columns, and one static scale. Formulas: docs/dialect.md."""

from __future__ import annotations

from xdsl.dialects.builtin import IntegerAttr, TensorType, f32, i64
from xdsl.ir import Attribute
from xdsl.irdl import (
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.attrs import ScaleFormat, ScaleFormatAttr, ScaleRule, ScaleRuleAttr
from irfuse.dialect.build import SmallBuilder, Value, grouped
from irfuse.dialect.elementwise import (
    F64,
    I64,
    AbsOp,
    CeilOp,
    DivOp,
    Exp2Op,
    Log2Op,
    MulOp,
    ReciprocalOp,
    TensorOfFloat,
    scalar_attr,
)
from irfuse.dialect.named import NamedOp, as_tensor, number, require_same_shape, require_whole_groups
from irfuse.dialect.reduce import RowAmaxOp
from irfuse.dialect.types import FP8_TYPES, Tensor, dims_of, make_tensor


def _quantized(b: SmallBuilder, x: Value, scale: Value, rule: ScaleRule, bound: float, element: Attribute) -> Value:
    """``cast(clamp(f32(x) / scale, -bound, bound))``, or with ``* (1 / scale)``."""
    if rule is ScaleRule.divide:
        y = b.binary(DivOp, b.f32(x), scale)
    else:
        y = b.binary(MulOp, b.f32(x), b.unary(ReciprocalOp, scale))
    return b.cast(b.clamp(y, -bound, bound), element)


def _verify_fp8(op: NamedOp, tensor: Tensor) -> None:
    if not isinstance(tensor.element_type, FP8_TYPES):
        raise VerifyException(f"{op.name}: q {tensor} must have fp8 elements")


@irdl_op_definition
class GroupQuantOp(NamedOp):
    """A scale for each run of group_size columns, ``amax / quant_max`` with a floor, and the row divided by it.

    ``x [..., n] -> q [..., n], scales f32 [..., n / group_size]``; group_size = n is a scale per token.
    """

    name = "irfuse.group_quant"
    x = operand_def(TensorOfFloat)
    group_size = prop_def(I64)
    quant_max = prop_def(F64)
    scale_floor = opt_prop_def(F64)
    scale_rule = prop_def(ScaleRuleAttr, default_value=ScaleRuleAttr(ScaleRule.divide))
    scale_format = prop_def(ScaleFormatAttr, default_value=ScaleFormatAttr(ScaleFormat.f32))
    q = result_def(TensorOfFloat)
    scales = result_def(TensorType.constr(f32))
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$x attr-dict `:` type($x) `->` type($q) `,` type($scales)"

    def __init__(
        self,
        x: Value,
        element: Attribute,
        *,
        group_size: int,
        quant_max: float,
        scale_floor: float | None = None,
        scale_rule: ScaleRule = ScaleRule.divide,
        scale_format: ScaleFormat = ScaleFormat.f32,
    ):
        floor = {} if scale_floor is None else {"scale_floor": scalar_attr(scale_floor)}
        dims = dims_of(x.type)
        super().__init__(
            operands=[x],
            properties={
                "group_size": IntegerAttr(group_size, i64),
                "quant_max": scalar_attr(quant_max),
                "scale_rule": ScaleRuleAttr(scale_rule),
                "scale_format": ScaleFormatAttr(scale_format),
                **floor,
            },
            result_types=[make_tensor(element, dims), make_tensor(f32, grouped(dims, group_size)[:-1])],
        )

    @property
    def run(self) -> int:
        """The number of columns that share a scale."""
        return self.group_size.value.data

    def verify_(self) -> None:
        x, q, scales = (as_tensor(v).type for v in (self.x, self.q, self.scales))
        if not dims_of(x):
            raise VerifyException(f"{self.name}: x {x} has no axis to quantise along")
        require_whole_groups(self, x, self.run, "group_size")
        require_same_shape(self, x, q=q)
        _verify_fp8(self, q)
        wanted = make_tensor(f32, grouped(dims_of(x), self.run)[:-1])
        if scales != wanted:
            raise VerifyException(f"{self.name}: scales of {x} in groups of {self.run} are {wanted}, not {scales}")
        if number(self.quant_max) <= 0:
            raise VerifyException(f"{self.name}: quant_max must be positive, it is {number(self.quant_max)}")

    def expand(self, b: SmallBuilder) -> list[Value]:
        x = as_tensor(self.x)
        dims = dims_of(x.type)
        runs = x if dims[-1] == self.run else b.reshape(x, grouped(dims, self.run))
        scale = self._scale(b, b.f32(b.reduce(RowAmaxOp, b.unary(AbsOp, runs))))
        element = as_tensor(self.q).type.element_type
        q = _quantized(b, runs, scale, self.scale_rule.data, number(self.quant_max), element)
        return [b.reshape(q, dims), b.reshape(scale, dims_of(as_tensor(self.scales).type))]

    def _scale(self, b: SmallBuilder, amax: Value) -> Value:
        scale = b.binary(DivOp, amax, number(self.quant_max))
        if self.scale_floor is not None:
            scale = b.clamp(scale, number(self.scale_floor), None)
        if self.scale_format.data is ScaleFormat.ue8m0:
            scale = b.unary(Exp2Op, b.unary(CeilOp, b.unary(Log2Op, scale)))
        return scale


@irdl_op_definition
class StaticQuantOp(NamedOp):
    """Quantisation by one given scale: ``q = cast(clamp(f32(x) / scale, -quant_max, quant_max))``."""

    name = "irfuse.static_quant"
    x = operand_def(TensorOfFloat)
    scale = operand_def(TensorType.constr(f32))
    quant_max = prop_def(F64)
    scale_rule = prop_def(ScaleRuleAttr, default_value=ScaleRuleAttr(ScaleRule.reciprocal))
    q = result_def(TensorOfFloat)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "$x `,` $scale attr-dict `:` type($x) `,` type($scale) `->` type($q)"

    def __init__(
        self,
        x: Value,
        scale: Value,
        element: Attribute,
        *,
        quant_max: float,
        scale_rule: ScaleRule = ScaleRule.reciprocal,
    ):
        super().__init__(
            operands=[x, scale],
            properties={"quant_max": scalar_attr(quant_max), "scale_rule": ScaleRuleAttr(scale_rule)},
            result_types=[make_tensor(element, dims_of(x.type))],
        )

    def verify_(self) -> None:
        x, scale, q = (as_tensor(v).type for v in (self.x, self.scale, self.q))
        require_same_shape(self, x, q=q)
        _verify_fp8(self, q)
        if any(d != 1 for d in dims_of(scale)):
            raise VerifyException(f"{self.name}: the scale must have one element, it is {scale}")
        if number(self.quant_max) <= 0:
            raise VerifyException(f"{self.name}: quant_max must be positive, it is {number(self.quant_max)}")

    def expand(self, b: SmallBuilder) -> list[Value]:
        element = as_tensor(self.q).type.element_type
        x, scale = as_tensor(self.x), as_tensor(self.scale)
        rank = len(dims_of(x.type))
        if len(dims_of(scale.type)) > rank:
            scale = b.reshape(scale, (1,) * rank)
        return [_quantized(b, x, scale, self.scale_rule.data, number(self.quant_max), element)]
