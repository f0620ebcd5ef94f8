"""Activation functions as small ops: torch's own functions, and the tanh and erf that others are spelled with."""

from __future__ import annotations

from xdsl.irdl import irdl_op_definition

from irfuse.dialect.elementwise import UnaryOp


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
