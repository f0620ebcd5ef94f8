"""Elementwise functions of one tensor as small ops: arithmetic, powers and logarithms, roundings, activations."""

from __future__ import annotations

from xdsl.irdl import irdl_op_definition

from irfuse.dialect.elementwise import UnaryOp


@irdl_op_definition
class NegOp(UnaryOp):
    """``-x``."""

    name = "irfuse.neg"


@irdl_op_definition
class AbsOp(UnaryOp):
    """``|x|``."""

    name = "irfuse.abs"


@irdl_op_definition
class SignOp(UnaryOp):
    """-1, 0 or 1 by the sign of x; 0 for NaN."""

    name = "irfuse.sign"


@irdl_op_definition
class RsqrtOp(UnaryOp):
    """``1 / sqrt(x)``, torch.rsqrt."""

    name = "irfuse.rsqrt"


@irdl_op_definition
class SqrtOp(UnaryOp):
    """``sqrt(x)``, correctly rounded."""

    name = "irfuse.sqrt"


@irdl_op_definition
class ReciprocalOp(UnaryOp):
    """``1 / x``, correctly rounded."""

    name = "irfuse.reciprocal"


@irdl_op_definition
class ExpOp(UnaryOp):
    """``e ** x``."""

    name = "irfuse.exp"


@irdl_op_definition
class Expm1Op(UnaryOp):
    """``e ** x - 1``, exact near 0."""

    name = "irfuse.expm1"


@irdl_op_definition
class LogOp(UnaryOp):
    """The natural logarithm."""

    name = "irfuse.log"


@irdl_op_definition
class Log1pOp(UnaryOp):
    """The natural logarithm of ``1 + x``, exact near 0."""

    name = "irfuse.log1p"


@irdl_op_definition
class Log2Op(UnaryOp):
    """The logarithm to base two."""

    name = "irfuse.log2"


@irdl_op_definition
class Exp2Op(UnaryOp):
    """``2 ** x``."""

    name = "irfuse.exp2"


@irdl_op_definition
class CeilOp(UnaryOp):
    """The least integer not below x."""

    name = "irfuse.ceil"


@irdl_op_definition
class FloorOp(UnaryOp):
    """The greatest integer not above x."""

    name = "irfuse.floor"


@irdl_op_definition
class RoundOp(UnaryOp):
    """The nearest integer, ties to even."""

    name = "irfuse.round"


@irdl_op_definition
class SigmoidOp(UnaryOp):
    """``1 / (1 + exp(-x))``."""

    name = "irfuse.sigmoid"


@irdl_op_definition
class SiluOp(UnaryOp):
    """``x / (1 + exp(-x))``, computed in f32 and rounded once."""

    name = "irfuse.silu"


@irdl_op_definition
class GeluOp(UnaryOp):
    """``x * 0.5 * (1 + erf(x / sqrt(2)))``, torch's gelu, computed in f32 and rounded once."""

    name = "irfuse.gelu"


@irdl_op_definition
class GeluTanhOp(UnaryOp):
    """``0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))``, torch's gelu with approximate="tanh"."""

    name = "irfuse.gelu_tanh"


@irdl_op_definition
class ReluOp(UnaryOp):
    """``x`` where it is positive, else 0; NaN stays NaN."""

    name = "irfuse.relu"


@irdl_op_definition
class TanhOp(UnaryOp):
    """The hyperbolic tangent."""

    name = "irfuse.tanh"


@irdl_op_definition
class ErfOp(UnaryOp):
    """The error function."""

    name = "irfuse.erf"
