"""Quantisation of activations: dynamic scales per group of columns, and one static scale. Formulas: docs/dialect.md."""

from __future__ import annotations

from xdsl.dialects.builtin import BoolAttr, FloatAttr, IntegerType, TensorType, f32
from xdsl.ir import Attribute
from xdsl.irdl import (
    ParsePropInAttrDict,
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

from irfuse.dialect.build import SmallBuilder, Value, grouped
from irfuse.dialect.elementwise import (
    F64,
    I64,
    DivOp,
    MulOp,
    TensorOfComputedFloat,
    TensorOfFloat,
    TensorOfNumber,
    integer_attr,
    scalar_attr,
)
from irfuse.dialect.enums import OverflowAttr, ScaleFormat, ScaleFormatAttr, ScaleRule, ScaleRuleAttr
from irfuse.dialect.functions import AbsOp, ReciprocalOp, RoundOp
from irfuse.dialect.named import NamedOp, as_tensor, number, require_same_shape, require_whole_groups
from irfuse.dialect.reduce import RowAmaxOp
from irfuse.dialect.scales import ScaleForm
from irfuse.dialect.types import dims_of, is_quantized, make_tensor


def _quantized(b: SmallBuilder, scaled: Value, low: float, high: float, saturate: bool, element: Attribute) -> Value:
    """``cast(clamp(scaled, low, high))``; to an integer type it is rounded first, as a cast alone would truncate."""
    y = b.unary(RoundOp, scaled) if isinstance(element, IntegerType) else scaled
    return b.cast(b.clamp(y, low, high) if saturate else y, element)


def _scaled(b: SmallBuilder, x: Value, scale: Value, rule: ScaleRule) -> Value:
    """``f32(x) / scale``, or ``f32(x) * (1 / scale)``."""
    if rule is ScaleRule.divide:
        return b.binary(DivOp, b.f32(x), scale)
    return b.binary(MulOp, b.f32(x), b.unary(ReciprocalOp, scale))


def _verify_quant(op: GroupQuantOp | StaticQuantOp) -> None:
    """What both quants ask of their result and of the number that it is held to."""
    q = as_tensor(op.q).type
    if not is_quantized(q.element_type):
        raise VerifyException(f"{op.name}: q {q} must have fp8, fp4 or i8 elements")
    if number(op.quant_max) <= 0:
        raise VerifyException(f"{op.name}: quant_max must be positive, it is {number(op.quant_max)}")


@irdl_op_definition
class GroupQuantOp(NamedOp):
    """A scale for each run of group_size columns, ``amax / quant_max`` with a floor, and the row divided by it.

    ``x [..., n] -> q [..., n], scales [..., n / group_size]``, scales f32 or, where their format is one of 8 bits,
    f8E8M0FNU or f8E4M3FN; group_size = n is a scale per token. ``global`` is the f32 scale of the whole tensor that
    NVFP4 has beside those of its blocks. ``overflow`` is that of the casts which no clamp holds in the range.
    """

    name = "irfuse.group_quant"
    x = operand_def(TensorOfComputedFloat)
    per_tensor = opt_operand_def(TensorType.constr(f32))
    group_size = prop_def(I64)
    quant_max = prop_def(F64)
    quant_min = opt_prop_def(F64)
    amax_floor = opt_prop_def(F64)
    scale_floor = opt_prop_def(F64)
    scale_ceiling = opt_prop_def(F64)
    scale_rule = prop_def(ScaleRuleAttr, default_value=ScaleRuleAttr(ScaleRule.divide))
    scale_format = prop_def(ScaleFormatAttr, default_value=ScaleFormatAttr(ScaleFormat.f32))
    scale_rounded = prop_def(BoolAttr, default_value=BoolAttr.from_bool(False))
    saturate = prop_def(BoolAttr, default_value=BoolAttr.from_bool(True))
    overflow = opt_prop_def(OverflowAttr)
    q = result_def(TensorOfNumber)
    scales = result_def(TensorOfFloat)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$x (`global` $per_tensor^ `:` type($per_tensor))? attr-dict `:` type($x) `->` type($q) `,` type($scales)"
    )

    def __init__(
        self,
        x: Value,
        element: Attribute,
        form: ScaleForm,
        *,
        group_size: int,
        quant_min: float | None = None,
        scale_rule: ScaleRule = ScaleRule.divide,
        scale_element: Attribute = f32,
        saturate: bool = True,
        overflow: OverflowAttr | None = None,
        per_tensor: Value | None = None,
    ):
        floats = {
            "quant_max": form.quant_max,
            "quant_min": quant_min,
            "amax_floor": form.amax_floor,
            "scale_floor": form.scale_floor,
            "scale_ceiling": form.scale_ceiling,
        }
        dims = dims_of(x.type)
        super().__init__(
            operands=[x, per_tensor],
            properties={
                "group_size": integer_attr(group_size),
                "scale_rule": ScaleRuleAttr(scale_rule),
                "scale_format": ScaleFormatAttr(form.format),
                "scale_rounded": BoolAttr.from_bool(form.rounded),
                "saturate": BoolAttr.from_bool(saturate),
                "overflow": overflow,
                **{key: scalar_attr(value) for key, value in floats.items() if value is not None},
            },
            result_types=[make_tensor(element, dims), make_tensor(scale_element, grouped(dims, group_size)[:-1])],
        )

    @property
    def run(self) -> int:
        """The number of columns that share a scale."""
        return self.group_size.value.data

    @property
    def form(self) -> ScaleForm:
        """How the scale is made."""
        return ScaleForm(
            number(self.quant_max),
            _optional(self.amax_floor),
            _optional(self.scale_floor),
            _optional(self.scale_ceiling),
            self.scale_format.data,
            bool(self.scale_rounded),
        )

    def verify_(self) -> None:
        x, q, scales = (as_tensor(v).type for v in (self.x, self.q, self.scales))
        if not dims_of(x):
            raise VerifyException(f"{self.name}: x {x} has no axis to quantise along")
        require_whole_groups(self, x, self.run, "group_size")
        require_same_shape(self, x, q=q)
        _verify_quant(self)
        shape = grouped(dims_of(x), self.run)[:-1]
        allowed = [f32] if self.scale_format.data is ScaleFormat.f32 else [f32, self.form.element()]
        if scales not in [make_tensor(element, shape) for element in allowed]:
            wanted = " or ".join(str(make_tensor(element, shape)) for element in allowed)
            raise VerifyException(f"{self.name}: scales of {x} in groups of {self.run} are {wanted}, not {scales}")
        if self.per_tensor is not None and any(n != 1 for n in dims_of(as_tensor(self.per_tensor).type)):
            raise VerifyException(f"{self.name}: the global scale must have one element, not {self.per_tensor.type}")

    def expand(self, b: SmallBuilder) -> list[Value]:
        x, form, high = as_tensor(self.x), self.form, number(self.quant_max)
        b.overflow = None if self.overflow is None else self.overflow.data
        dims, q = dims_of(x.type), as_tensor(self.q).type
        runs = x if dims[-1] == self.run else b.reshape(x, grouped(dims, self.run))
        amax = form.amax(b, b.reduce(RowAmaxOp, b.unary(AbsOp, runs)))
        scale = form.scale(b, amax, self._per_tensor(b, len(dims_of(amax.type))))
        if self.scale_rule.data is ScaleRule.inverse:
            factor = b.binary(MulOp, b.unary(ReciprocalOp, b.f32(amax)), high)
            scaled = b.binary(MulOp, b.f32(runs), factor)
        else:
            whole = self._per_tensor(b, len(dims_of(amax.type)))
            divisor = scale if whole is None else b.binary(MulOp, whole, scale)
            scaled = _scaled(b, runs, divisor, self.scale_rule.data)
        low = -high if self.quant_min is None else number(self.quant_min)
        narrow = _quantized(b, scaled, low, high, bool(self.saturate), q.element_type)
        scales = b.cast(scale, as_tensor(self.scales).type.element_type)
        return [b.reshape(narrow, dims), b.reshape(scales, dims_of(as_tensor(self.scales).type))]

    def _per_tensor(self, b: SmallBuilder, rank: int) -> Value | None:
        """The global scale in a shape that broadcasts to the scales."""
        return None if self.per_tensor is None else b.reshape(as_tensor(self.per_tensor), (1,) * rank)


def _optional(attr: FloatAttr | None) -> float | None:
    return None if attr is None else number(attr)


@irdl_op_definition
class StaticQuantOp(NamedOp):
    """Quantisation by one given scale: ``q = cast(clamp(f32(x) / scale, -quant_max, quant_max))``."""

    name = "irfuse.static_quant"
    x = operand_def(TensorOfComputedFloat)
    scale = operand_def(TensorType.constr(f32))
    quant_max = prop_def(F64)
    scale_rule = prop_def(ScaleRuleAttr, default_value=ScaleRuleAttr(ScaleRule.reciprocal))
    overflow = opt_prop_def(OverflowAttr)
    q = result_def(TensorOfNumber)
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
        overflow: OverflowAttr | None = None,
    ):
        super().__init__(
            operands=[x, scale],
            properties={
                "quant_max": scalar_attr(quant_max),
                "scale_rule": ScaleRuleAttr(scale_rule),
                "overflow": overflow,
            },
            result_types=[make_tensor(element, dims_of(x.type))],
        )

    def verify_(self) -> None:
        x, scale, q = (as_tensor(v).type for v in (self.x, self.scale, self.q))
        require_same_shape(self, x, q=q)
        _verify_quant(self)
        if any(d != 1 for d in dims_of(scale)):
            raise VerifyException(f"{self.name}: the scale must have one element, it is {scale}")

    def expand(self, b: SmallBuilder) -> list[Value]:
        element, high = as_tensor(self.q).type.element_type, number(self.quant_max)
        b.overflow = None if self.overflow is None else self.overflow.data
        x, scale = as_tensor(self.x), as_tensor(self.scale)
        rank = len(dims_of(x.type))
        if len(dims_of(scale.type)) > rank:
            scale = b.reshape(scale, (1,) * rank)
        return [_quantized(b, _scaled(b, x, scale, self.scale_rule.data), -high, high, True, element)]
