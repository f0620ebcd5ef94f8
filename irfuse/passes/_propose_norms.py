"""Proposals for raise-named: which norm a group of small ops may be. They read loosely, raise-named proves.

To name a new norm form, add an attribute to the named op's expansion and read it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from xdsl.ir import Operation, SSAValue

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.enums import Activation, WeightRound
from irfuse.dialect.named import as_tensor, number
from irfuse.dialect.types import dims_of, tensor_type
from irfuse.passes._proposal import Proposal, behind_shapes, behind_widening
from irfuse.rows import size_of


@dataclass
class _Norm:
    """The parameters of a norm, read off the ops around its rsqrt."""

    x: SSAValue
    eps: float
    run: int
    z: SSAValue | None = None
    activation: Activation = Activation.silu
    gate_first: bool = False
    weight: SSAValue | None = None
    weight_offset: float = 0.0
    bias: SSAValue | None = None
    ends: list[SSAValue] = field(default_factory=list)


def propose_norms(rsqrt: Operation) -> Iterator[Proposal]:
    """What an rsqrt may belong to: rms_norm or rms_norm_gated, the longest form first."""
    norm = _norm_core(rsqrt)
    if norm is None:
        return
    _extend(norm, rsqrt)
    for end, rounding in product(reversed(norm.ends), WeightRound):
        if norm.weight is not None or rounding is WeightRound.none:
            yield from _norm_proposals(norm, end, rounding)


def _norm_core(rsqrt: Operation) -> _Norm | None:
    """``rsqrt(mean(X * X) + eps)``: X, eps and the length of the mean; X taken apart where it is gated."""
    plus = behind_shapes(rsqrt.operands[0]).owner
    mean = behind_shapes(plus.lhs).owner if isinstance(plus, d.AddOp) and plus.scalar is not None else None
    square = behind_shapes(mean.x).owner if isinstance(mean, d.RowMeanOp) else None
    if not isinstance(square, d.MulOp) or square.lhs is not square.rhs:
        return None
    assert isinstance(mean, d.RowMeanOp) and isinstance(plus, d.AddOp) and plus.scalar is not None
    run = dims_of(tensor_type(mean.x))[-1]
    if not isinstance(run, int):
        return None
    inner = behind_shapes(square.lhs)
    norm = _Norm(behind_widening(inner), number(plus.scalar), run)
    for gate, x in _operand_orders(inner.owner):
        if (found := activation_of(gate)) is not None:
            norm.activation, norm.z = found
            norm.x, norm.gate_first = behind_widening(x), True
            break
    return norm


def _operand_orders(op: SSAValue | object) -> Iterator[tuple[SSAValue, SSAValue]]:
    if isinstance(op, d.MulOp) and op.rhs is not None:
        yield op.rhs, op.lhs
        yield op.lhs, op.rhs


def activation_of(value: SSAValue) -> tuple[Activation, SSAValue] | None:
    """The gate function that computes a value and its argument, without widening casts; None for others."""
    value = behind_widening(value)
    op = value.owner
    if isinstance(op, d.SiluOp):
        return Activation.silu, behind_widening(op.x)
    if isinstance(op, d.SigmoidOp):
        return Activation.sigmoid, behind_widening(op.x)
    for sigmoid, x in _operand_orders(op):
        inner = behind_shapes(sigmoid).owner
        if isinstance(inner, d.SigmoidOp) and inner.x is behind_shapes(x):
            return Activation.silu_mul, behind_widening(x)
    plus = behind_shapes(op.rhs).owner if isinstance(op, d.DivOp) and op.rhs is not None else None
    exp = plus.lhs.owner if isinstance(plus, d.AddOp) and plus.scalar is not None else None
    neg = exp.x.owner if isinstance(exp, d.ExpOp) else None
    assert isinstance(op, d.DivOp) or neg is None
    return (
        (Activation.silu_exp, behind_widening(op.lhs)) if isinstance(neg, d.NegOp) and isinstance(op, d.DivOp) else None
    )


def _extend(norm: _Norm, rsqrt: Operation) -> None:
    """Follow the normed row through casts, shapes, weight, bias and gate, as long as it has one user."""
    value: SSAValue = rsqrt.results[0]
    while (op := _only_user(value)) is not None:
        if not isinstance(op, (d.ReshapeOp, d.BroadcastOp, d.CastOp)) and not _absorb(norm, op, value):
            return
        value = op.results[0]
        if size_of(value) == size_of(norm.x) and not isinstance(op, d.BroadcastOp):
            norm.ends.append(value)


def _only_user(value: SSAValue) -> Operation | None:
    users = {use.operation for use in value.uses}
    return users.pop() if len(users) == 1 else None


def _absorb(norm: _Norm, op: Operation, value: SSAValue) -> bool:
    """Whether ``op`` combines the row with something that a norm has: x itself, a weight, a bias, a gate."""
    if not isinstance(op, (d.MulOp, d.AddOp)) or op.rhs is None:
        return False
    other = op.rhs if op.lhs is value else op.lhs
    core = behind_widening(other)
    offset, vector = _vector(core)
    if isinstance(op, d.AddOp):
        norm.bias = vector
        return vector is not None and not offset
    if not norm.ends:
        return True
    if vector is not None and norm.weight is None:
        norm.weight, norm.weight_offset = vector, offset
        return True
    found = activation_of(other)
    if found is None or norm.z is not None:
        return False
    norm.activation, norm.z = found
    return True


def _vector(value: SSAValue) -> tuple[float, SSAValue | None]:
    """A vector of columns, and a number that is added to it; None for anything else."""
    offset, op = 0.0, value.owner
    if isinstance(op, d.AddOp) and op.scalar is not None:
        offset, value = number(op.scalar), behind_widening(op.lhs)
    return offset, value if len(dims_of(tensor_type(value))) == 1 else None


def _norm_proposals(norm: _Norm, end: SSAValue, rounding: WeightRound) -> Iterator[Proposal]:
    result = tensor_type(end)
    dims = dims_of(result)
    last = dims[-1] if dims else 1
    if not isinstance(last, int) or last % norm.run:
        return
    group = None if last == norm.run else norm.run
    options: dict[str, Any] = {
        "eps": norm.eps,
        "norm_group": group,
        "weight_round": rounding,
        "weight_offset": norm.weight_offset,
    }
    owner = end.owner
    assert isinstance(owner, Operation)

    def plain(b: SmallBuilder) -> list[Value]:
        x = b.reshape(as_tensor(norm.x), dims)
        return [b.emit(d.RmsNormOp(x, norm.weight, norm.bias, result, **options))]

    def gated(b: SmallBuilder) -> list[Value]:
        assert norm.z is not None
        x, z = (b.reshape(as_tensor(v), dims) for v in (norm.x, norm.z))
        gate: dict[str, Any] = {"activation": norm.activation, "norm_before_gate": not norm.gate_first}
        return [b.emit(d.RmsNormGatedOp(x, z, norm.weight, norm.bias, result, **gate, **options))]

    leaves = [v for v in (norm.x, norm.z, norm.weight, norm.bias) if v is not None]
    yield Proposal(leaves, [end], owner, plain if norm.z is None else gated)
