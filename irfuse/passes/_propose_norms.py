"""Proposals for raise-named: which norm a group of small ops may be. They read loosely, raise-named proves.

To name a new norm form, add an attribute to the named op's expansion and read it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

from xdsl.ir import Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.rows import size_of
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.enums import Activation, WeightRound
from irfuse.dialect.named import as_tensor, number
from irfuse.dialect.types import dims_of, make_tensor, tensor_type
from irfuse.passes._parts import Sum, activation_of, factors_of, sum_of
from irfuse.passes._proposal import Proposal, behind_shapes, behind_widening


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
    sum: Sum | None = None
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
    norm = _Norm(behind_widening(inner), number(plus.scalar), run, sum=sum_of(inner))
    for gate, x in factors_of(inner.owner):
        if (found := activation_of(gate)) is not None:
            norm.activation, norm.z = found
            norm.x, norm.gate_first = behind_widening(x), True
            break
    return norm


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
    """The norm that ends in a value, with the residual sum before it if there is one, and without."""
    vectors = [v for v in (norm.weight, norm.bias) if v is not None]
    if norm.sum is not None and norm.z is None:
        total = norm.sum
        options = _options(norm, total.value, rounding)
        if options is not None:
            build = partial(_added, norm, total, end, options)
            yield Proposal([*total.terms, *vectors], [end, total.value], build)
    options = _options(norm, end, rounding)
    if options is not None:
        leaves = [v for v in (norm.x, norm.z) if v is not None] + vectors
        yield Proposal(leaves, [end], partial(_plain if norm.z is None else _gated, norm, end, options))


def _options(norm: _Norm, rows: SSAValue, rounding: WeightRound) -> dict[str, Any] | None:
    """The properties of a norm of rows as long as those of a value; None where they are no whole runs."""
    last = (dims_of(tensor_type(rows)) or (1,))[-1]
    if not isinstance(last, int) or last % norm.run:
        return None
    group = None if last == norm.run else norm.run
    shared = {"eps": norm.eps, "norm_group": group}
    return {**shared, "weight_round": rounding, "weight_offset": norm.weight_offset}


def _plain(norm: _Norm, end: SSAValue, options: dict[str, Any], b: SmallBuilder) -> list[Value]:
    result = tensor_type(end)
    x = b.reshape(as_tensor(norm.x), dims_of(result))
    return [b.emit(d.RmsNormOp(x, norm.weight, norm.bias, result, **options))]


def _gated(norm: _Norm, end: SSAValue, options: dict[str, Any], b: SmallBuilder) -> list[Value]:
    assert norm.z is not None
    result = tensor_type(end)
    x, z = (b.reshape(as_tensor(v), dims_of(result)) for v in (norm.x, norm.z))
    gate: dict[str, Any] = {"activation": norm.activation, "norm_before_gate": not norm.gate_first}
    return [b.emit(d.RmsNormGatedOp(x, z, norm.weight, norm.bias, result, **gate, **options))]


def _added(norm: _Norm, total: Sum, end: SSAValue, options: dict[str, Any], b: SmallBuilder) -> list[Value]:
    """The norm in the shape of its sum, since that is a value of the graph too."""
    result, held = tensor_type(end), tensor_type(total.value)
    x, residual = (b.reshape(as_tensor(v), dims_of(held)) for v in total.terms)
    types = make_tensor(result.element_type, dims_of(held)), held
    op = d.AddRmsNormOp(x, residual, norm.weight, norm.bias, types, norm_rounded=total.normed, **options)
    b.emit(op)
    return [b.reshape(as_tensor(op.result), dims_of(result)), as_tensor(op.sum)]
