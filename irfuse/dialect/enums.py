"""The enumerations of the dialect: what a property of an op may say, as a Python enum and as an attribute."""

from __future__ import annotations

from enum import auto

from xdsl.dialects.utils import EnumAttribute
from xdsl.ir import SpacedOpaqueSyntaxAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.utils.str_enum import StrEnum


class Activation(StrEnum):
    """A gate function as it is computed: three spellings of silu differ in the last bit of f32.

    ``silu`` is torch's own, ``silu_mul`` is ``x * sigmoid(x)``, ``silu_exp`` is ``x / (1 + exp(-x))``. The others
    are torch's functions of that name; ``gelu_tanh`` is gelu with approximate="tanh".
    """

    silu = auto()
    silu_mul = auto()
    silu_exp = auto()
    sigmoid = auto()
    gelu = auto()
    gelu_tanh = auto()
    relu = auto()


class Predicate(StrEnum):
    """How two numbers are compared."""

    eq = auto()
    ne = auto()
    lt = auto()
    le = auto()
    gt = auto()
    ge = auto()


class WeightRound(StrEnum):
    """Whether the normed row is rounded to the result's element type before the weight multiplies it."""

    none = auto()
    before = auto()


class ScaleRule(StrEnum):
    """How a quant uses its scale: ``x / s``, ``x * (1 / s)``, or ``x * (quant_max / amax)`` (DeepGEMM)."""

    divide = auto()
    reciprocal = auto()
    inverse = auto()


class ScaleFormat(StrEnum):
    """What values a scale may take.

    ``f32`` is any, ``ue8m0`` the power of two at or above ``amax / quant_max``, ``ue8m0_floor`` the largest power of
    two in amax over the largest in quant_max (OCP MX), ``e4m3`` the nearest f8E4M3FN (NVFP4).
    """

    f32 = auto()
    ue8m0 = auto()
    ue8m0_floor = auto()
    e4m3 = auto()


class Overflow(StrEnum):
    """What a cast to an 8-bit float makes of numbers whose rounding lies beyond its range, and of infinity.

    ``saturate`` the largest number with their sign, ``nan`` NaN, ``infinity`` infinity with their sign. NaN stays NaN.
    """

    saturate = auto()
    nan = auto()
    infinity = auto()


@irdl_attr_definition
class ActivationAttr(EnumAttribute[Activation], SpacedOpaqueSyntaxAttribute):
    """See `Activation`."""

    name = "irfuse.activation"


@irdl_attr_definition
class OverflowAttr(EnumAttribute[Overflow], SpacedOpaqueSyntaxAttribute):
    """See `Overflow`."""

    name = "irfuse.overflow"


@irdl_attr_definition
class PredicateAttr(EnumAttribute[Predicate], SpacedOpaqueSyntaxAttribute):
    """See `Predicate`."""

    name = "irfuse.predicate"


@irdl_attr_definition
class WeightRoundAttr(EnumAttribute[WeightRound], SpacedOpaqueSyntaxAttribute):
    """See `WeightRound`."""

    name = "irfuse.weight_round"


@irdl_attr_definition
class ScaleRuleAttr(EnumAttribute[ScaleRule], SpacedOpaqueSyntaxAttribute):
    """See `ScaleRule`."""

    name = "irfuse.scale_rule"


@irdl_attr_definition
class ScaleFormatAttr(EnumAttribute[ScaleFormat], SpacedOpaqueSyntaxAttribute):
    """See `ScaleFormat`."""

    name = "irfuse.scale_format"
