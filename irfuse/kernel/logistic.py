"""Quotients by ``1 + exp(-x)``, which a kernel computes as it computes silu and sigmoid.

Inductor's decompositions and transformers' own code spell silu as ``x / (1 + exp(-x))``. In f32 that is what torch's
kernels compute for silu (aten/native/cuda/ActivationSiluKernel.cu), and so is the kernel's silu, without the cost of an
IEEE division: one number in several differs in the last bit of f32, as it does by exp alone.
"""

from __future__ import annotations

from xdsl.dialects.builtin import f32
from xdsl.ir import Block, Operation, SSAValue

from irfuse import dialect as d
from irfuse.dialect.fused import YieldOp
from irfuse.dialect.types import tensor_type


def name_logistics(block: Block) -> None:
    """Put silu and sigmoid in place of their quotients, and drop what nothing uses any more."""
    for op in list(block.ops):
        named = _named(op)
        if named is not None:
            block.insert_op_before(named, op)
            op.results[0].replace_all_uses_with(named.results[0])
    for op in reversed(list(block.ops)):
        if not isinstance(op, YieldOp) and not any(result.uses for result in op.results):
            op.detach()
            op.erase()


def _named(op: Operation) -> Operation | None:
    """The silu or sigmoid that a quotient is; None for any other op."""
    if isinstance(op, d.ReciprocalOp):
        x = _negated_exponent(op.x)
        return None if x is None else d.SigmoidOp(x)
    if not isinstance(op, d.DivOp) or op.rhs is None:
        return None
    x = _negated_exponent(op.rhs)
    if x is None:
        return None
    if op.lhs is x:
        return d.SiluOp(x)
    return d.SigmoidOp(x) if _is_one(op.lhs) else None


def _negated_exponent(value: SSAValue) -> SSAValue | None:
    """The ``x`` of a value ``1 + exp(-x)`` in f32."""
    added = value.owner
    if not isinstance(added, d.AddOp) or added.scalar is None or added.scalar.value.data != 1.0:
        return None
    power = added.lhs.owner
    if not isinstance(power, d.ExpOp) or not isinstance(power.x.owner, d.NegOp):
        return None
    return power.x.owner.x if tensor_type(value).element_type == f32 else None


def _is_one(value: SSAValue) -> bool:
    """Whether a value is 1 everywhere."""
    op = value.owner
    if isinstance(op, (d.BroadcastOp, d.ReshapeOp)):
        return _is_one(op.x)
    return isinstance(op, d.FullOp) and op.value.value.data == 1.0
