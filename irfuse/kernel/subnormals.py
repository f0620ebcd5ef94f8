"""Where a function needs no care for subnormal numbers, so that its text is Triton's own.

On NVIDIA GPUs Triton's exp2, rsqrt and libdevice take subnormal numbers for zeros, and give zeros for them
(findings/triton_libdevice_flushes_subnormals.sh). CUDA's own, which torch calls, do not: the helper ``exp2`` halves an
exponent whose power is subnormal and squares, ``rsqrt`` scales its operand by 2^24, and functions that are their
operand near 0 are that below 2^-126. A scale of 2^-127 that became 0 would make NaN of the zeros that it divides.
"""

from __future__ import annotations

from xdsl.ir import Operation, SSAValue

from irfuse import dialect as d
from irfuse.dialect.whole import behind_shapes, whole_range

LEAST_NORMAL = 2.0**-126
"""The least f32 number that is not subnormal."""
LEAST_EXPONENT = -126
LEAST_SUMMAND = 2.0**-102
"""A number of which a sum is 0 or no subnormal number: what cancels it is a multiple of 2^-126, as it is itself."""


def gives_none(op: Operation) -> bool:
    """Whether a power or a root neither takes nor gives a subnormal number."""
    if isinstance(op, d.Exp2Op):
        whole = whole_range(op.x)
        return whole is not None and whole[0] >= LEAST_EXPONENT
    return isinstance(op, (d.RsqrtOp, d.PowOp)) and _is_normal(op.operands[0])


def _is_normal(value: SSAValue) -> bool:
    """Whether a value is no subnormal number: what is added to it, or holds it, is too large for that."""
    op = behind_shapes(value).owner
    if isinstance(op, d.AddOp) and op.scalar is not None:
        return op.scalar.value.data >= LEAST_SUMMAND
    if isinstance(op, d.MaximumOp) and op.scalar is not None:
        return op.scalar.value.data >= LEAST_NORMAL
    return isinstance(op, d.ClampOp) and op.min is not None and op.min.value.data >= LEAST_NORMAL
