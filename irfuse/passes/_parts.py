"""The parts that named ops are made of, read off small ops: activations, products, residual sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.ir import SSAValue

from irfuse import dialect as d
from irfuse.analysis.chains import is_full_add
from irfuse.analysis.layouts import is_scattered
from irfuse.dialect.build import ACTIVATION_OPS
from irfuse.dialect.elementwise import UnaryOp
from irfuse.dialect.enums import Activation
from irfuse.dialect.types import is_wider, tensor_type
from irfuse.passes._proposal import behind_shapes, behind_widening

_KINDS: dict[type, Activation] = {small: kind for kind, small in ACTIVATION_OPS.items()}


def activation_of(value: SSAValue) -> tuple[Activation, SSAValue] | None:
    """The gate function that computes a value and its argument, without widening casts; None for others."""
    value = behind_widening(value)
    op = value.owner
    kind = _KINDS.get(type(op))
    if kind is not None and isinstance(op, UnaryOp):
        return kind, behind_widening(op.x)
    for sigmoid, x in factors_of(op):
        inner = behind_shapes(sigmoid).owner
        if isinstance(inner, d.SigmoidOp) and inner.x is behind_shapes(x):
            return Activation.silu_mul, behind_widening(x)
    return _quotient_silu(op)


def _quotient_silu(op: SSAValue | object) -> tuple[Activation, SSAValue] | None:
    """``x / (1 + exp(-x))``."""
    if not isinstance(op, d.DivOp) or op.rhs is None:
        return None
    plus = behind_shapes(op.rhs).owner
    exp = plus.lhs.owner if isinstance(plus, d.AddOp) and plus.scalar is not None else None
    neg = exp.x.owner if isinstance(exp, d.ExpOp) else None
    return (Activation.silu_exp, behind_widening(op.lhs)) if isinstance(neg, d.NegOp) else None


def factors_of(op: SSAValue | object) -> Iterator[tuple[SSAValue, SSAValue]]:
    """The operands of a product in both orders."""
    if isinstance(op, d.MulOp) and op.rhs is not None:
        yield op.rhs, op.lhs
        yield op.lhs, op.rhs


@dataclass
class Sum:
    """A residual sum that is normed: its terms, the value that holds it, and whether that is what is normed."""

    terms: tuple[SSAValue, SSAValue]
    value: SSAValue
    normed: bool


def sum_of(normed: SSAValue) -> Sum | None:
    """The residual sum that a row is, of two tensors that lie in memory row by row; None for other rows."""
    held = behind_widening(normed)
    add = held.owner.x.owner if isinstance(held.owner, d.CastOp) else held.owner
    if not isinstance(add, d.AddOp) or add.rhs is None or not is_full_add(add):
        return None
    if any(is_scattered(v) for v in add.operands):
        return None
    value = _rounded(add) if held is add.result else held
    return Sum((behind_widening(add.lhs), behind_widening(add.rhs)), value, held is value)


def _rounded(add: d.AddOp) -> SSAValue:
    """The cast of a sum to a narrower type that the graph keeps; the sum itself where there is none."""
    wide = tensor_type(add.result).element_type
    for use in add.result.uses:
        op = use.operation
        if isinstance(op, d.CastOp) and is_wider(wide, tensor_type(op.result).element_type):
            return op.result
    return add.result
