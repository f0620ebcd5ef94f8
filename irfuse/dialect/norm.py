"""Norms over the last axis: rms_norm, rms_norm_gated, add_rms_norm. Formulas: docs/dialect.md."""

from __future__ import annotations

from xdsl.dialects.builtin import BoolAttr
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
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
from irfuse.dialect.elementwise import F64, I64, AddOp, MulOp, TensorOfComputedFloat, integer_attr, scalar_attr
from irfuse.dialect.enums import Activation, ActivationAttr, WeightRound, WeightRoundAttr
from irfuse.dialect.functions import RsqrtOp
from irfuse.dialect.named import NamedOp, as_tensor, number, require_same_shape, require_whole_groups
from irfuse.dialect.reduce import RowMeanOp
from irfuse.dialect.types import Tensor, dims_of, is_wider


class NormOp(NamedOp):
    """What the norms share: weight and bias, eps, and the length of the normed runs."""

    x = operand_def(TensorOfComputedFloat)
    weight = opt_operand_def(TensorOfComputedFloat)
    bias = opt_operand_def(TensorOfComputedFloat)
    eps = prop_def(F64)
    norm_group = opt_prop_def(I64)
    weight_round = prop_def(WeightRoundAttr, default_value=WeightRoundAttr(WeightRound.none))
    weight_offset = prop_def(F64, default_value=scalar_attr(0.0))
    result = result_def(TensorOfComputedFloat)
    traits = traits_def(Pure())
    irdl_options = (AttrSizedOperandSegments(as_property=True), ParsePropInAttrDict())

    @property
    def run(self) -> int | None:
        """The number of columns normed together, or None for the whole last axis."""
        return None if self.norm_group is None else self.norm_group.value.data

    def verify_(self) -> None:
        x = as_tensor(self.x).type
        if not dims_of(x):
            raise VerifyException(f"{self.name}: x {x} has no axis to norm over")
        require_same_shape(self, x, result=as_tensor(self.result).type)
        if self.run is not None:
            require_whole_groups(self, x, self.run, "norm_group")
        for role, vector in (("weight", self.weight), ("bias", self.bias)):
            if vector is not None:
                self._verify_vector(role, as_tensor(vector).type)
        if self.bias is not None and (self.weight is None or self.weight_round.data is not WeightRound.none):
            raise VerifyException(f"{self.name}: a bias needs a weight with weight_round none")

    def _verify_vector(self, role: str, vector: Tensor) -> None:
        last = dims_of(as_tensor(self.x).type)[-1]
        lengths = (last,) if self.run is None else (last, self.run)
        if len(dims_of(vector)) != 1 or dims_of(vector)[0] not in lengths:
            wanted = " or ".join(str(n) for n in dict.fromkeys(lengths))
            raise VerifyException(f"{self.name}: {role} {vector} must have one axis of {wanted} entries")

    def unit_rms(self, b: SmallBuilder, x: Value) -> Value:
        """``x * rsqrt(mean(x*x) + eps)`` in f32, over the last axis or over each run of it."""
        dims = dims_of(x.type)
        rows = x if self.run is None else b.reshape(x, grouped(dims, self.run))
        mean = b.reduce(RowMeanOp, b.square(rows))
        scaled = b.binary(MulOp, rows, b.unary(RsqrtOp, b.binary(AddOp, mean, number(self.eps))))
        return b.reshape(scaled, dims)

    def weighted(self, b: SmallBuilder, y: Value, element: Attribute) -> Value:
        """The f32 row ``y`` times the weight, with its rounding, offset and bias."""
        if self.weight is None:
            return y
        weight = as_tensor(self.weight)
        if self.weight_round.data is WeightRound.before:
            y = b.cast(y, element)
            common = weight.type.element_type if is_wider(weight.type.element_type, element) else element
            return self._per_column(b, MulOp, b.cast(y, common), b.cast(weight, common))
        w32 = b.f32(weight)
        if number(self.weight_offset):
            w32 = b.binary(AddOp, w32, number(self.weight_offset))
        y = self._per_column(b, MulOp, y, w32)
        return y if self.bias is None else self._per_column(b, AddOp, y, b.f32(as_tensor(self.bias)))

    def _per_column(self, b: SmallBuilder, op: type[AddOp] | type[MulOp], y: Value, vector: Value) -> Value:
        dims, length = dims_of(y.type), dims_of(vector.type)[0]
        if length == dims[-1]:
            return b.binary(op, y, vector)
        assert isinstance(length, int)
        return b.reshape(b.binary(op, b.reshape(y, grouped(dims, length)), vector), dims)


def _norm_properties(
    eps: float, norm_group: int | None, weight_round: WeightRound, weight_offset: float
) -> dict[str, Attribute]:
    group: dict[str, Attribute] = {} if norm_group is None else {"norm_group": integer_attr(norm_group)}
    rounding = WeightRoundAttr(weight_round)
    return {"eps": scalar_attr(eps), "weight_round": rounding, "weight_offset": scalar_attr(weight_offset), **group}


@irdl_op_definition
class RmsNormOp(NormOp):
    """``x * rsqrt(mean(x*x) + eps) * weight + bias``."""

    name = "irfuse.rms_norm"
    assembly_format = (
        "$x (`weight` $weight^ `:` type($weight))? (`bias` $bias^ `:` type($bias))? attr-dict "
        "`:` type($x) `->` type($result)"
    )

    def __init__(
        self,
        x: Value,
        weight: SSAValue | None,
        bias: SSAValue | None,
        result_type: Tensor,
        *,
        eps: float,
        norm_group: int | None = None,
        weight_round: WeightRound = WeightRound.none,
        weight_offset: float = 0.0,
    ):
        super().__init__(
            operands=[x, weight, bias],
            properties=_norm_properties(eps, norm_group, weight_round, weight_offset),
            result_types=[result_type],
        )

    def expand(self, b: SmallBuilder) -> list[Value]:
        element = as_tensor(self.result).type.element_type
        y = self.weighted(b, self.unit_rms(b, b.f32(as_tensor(self.x))), element)
        return [b.cast(y, element)]


@irdl_op_definition
class RmsNormGatedOp(NormOp):
    """rms_norm with a gate: ``rms_norm(x) * act(z)``, or ``rms_norm(x * act(z))`` where norm_before_gate is false."""

    name = "irfuse.rms_norm_gated"
    x = operand_def(TensorOfComputedFloat)
    z = operand_def(TensorOfComputedFloat)
    weight = opt_operand_def(TensorOfComputedFloat)
    bias = opt_operand_def(TensorOfComputedFloat)
    activation = prop_def(ActivationAttr, default_value=ActivationAttr(Activation.silu))
    norm_before_gate = prop_def(BoolAttr, default_value=BoolAttr.from_bool(True))
    assembly_format = (
        "$x `,` $z (`weight` $weight^ `:` type($weight))? (`bias` $bias^ `:` type($bias))? attr-dict "
        "`:` type($x) `,` type($z) `->` type($result)"
    )

    def __init__(
        self,
        x: Value,
        z: Value,
        weight: SSAValue | None,
        bias: SSAValue | None,
        result_type: Tensor,
        *,
        eps: float,
        activation: Activation = Activation.silu,
        norm_before_gate: bool = True,
        norm_group: int | None = None,
        weight_round: WeightRound = WeightRound.none,
        weight_offset: float = 0.0,
    ):
        gate = {"activation": ActivationAttr(activation), "norm_before_gate": BoolAttr.from_bool(norm_before_gate)}
        super().__init__(
            operands=[x, z, weight, bias],
            properties={**_norm_properties(eps, norm_group, weight_round, weight_offset), **gate},
            result_types=[result_type],
        )

    def verify_(self) -> None:
        super().verify_()
        require_same_shape(self, as_tensor(self.x).type, z=as_tensor(self.z).type)

    def expand(self, b: SmallBuilder) -> list[Value]:
        element = as_tensor(self.result).type.element_type
        gate = b.activate(self.activation.data, b.f32(as_tensor(self.z)))
        x = b.f32(as_tensor(self.x))
        if not self.norm_before_gate:
            return [b.cast(self.weighted(b, self.unit_rms(b, b.binary(MulOp, x, gate)), element), element)]
        y = self.weighted(b, self.unit_rms(b, x), element)
        return [b.cast(b.binary(MulOp, b.f32(y), gate), element)]


@irdl_op_definition
class AddRmsNormOp(NormOp):
    """rms_norm of ``x + residual``, and that sum rounded to its own element type.

    ``norm_rounded`` norms the rounded sum (Hugging Face); otherwise the f32 sum (vLLM).
    """

    name = "irfuse.add_rms_norm"
    x = operand_def(TensorOfComputedFloat)
    residual = operand_def(TensorOfComputedFloat)
    weight = opt_operand_def(TensorOfComputedFloat)
    bias = opt_operand_def(TensorOfComputedFloat)
    norm_rounded = prop_def(BoolAttr, default_value=BoolAttr.from_bool(False))
    result = result_def(TensorOfComputedFloat)
    sum = result_def(TensorOfComputedFloat)
    assembly_format = (
        "$x `,` $residual (`weight` $weight^ `:` type($weight))? (`bias` $bias^ `:` type($bias))? attr-dict "
        "`:` type($x) `,` type($residual) `->` type($result) `,` type($sum)"
    )

    def __init__(
        self,
        x: Value,
        residual: Value,
        weight: SSAValue | None,
        bias: SSAValue | None,
        result_types: tuple[Tensor, Tensor],
        *,
        eps: float,
        norm_rounded: bool = False,
        norm_group: int | None = None,
        weight_round: WeightRound = WeightRound.none,
        weight_offset: float = 0.0,
    ):
        rounded = {"norm_rounded": BoolAttr.from_bool(norm_rounded)}
        super().__init__(
            operands=[x, residual, weight, bias],
            properties={**_norm_properties(eps, norm_group, weight_round, weight_offset), **rounded},
            result_types=list(result_types),
        )

    def verify_(self) -> None:
        super().verify_()
        residual, total = as_tensor(self.residual).type, as_tensor(self.sum).type
        require_same_shape(self, as_tensor(self.x).type, residual=residual, sum=total)

    def expand(self, b: SmallBuilder) -> list[Value]:
        element, sum_element = as_tensor(self.result).type.element_type, as_tensor(self.sum).type.element_type
        exact = b.binary(AddOp, b.f32(as_tensor(self.x)), b.f32(as_tensor(self.residual)))
        rounded = b.cast(exact, sum_element)
        normed = self.unit_rms(b, b.f32(rounded) if self.norm_rounded else exact)
        return [b.cast(self.weighted(b, normed, element), element), rounded]
