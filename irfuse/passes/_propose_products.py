"""Proposals for raise-named: which product with an activation a mul may be. They read loosely, raise-named proves."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.ir import SSAValue

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.enums import Activation
from irfuse.dialect.named import as_tensor
from irfuse.dialect.types import dims_of, is_wider, tensor_type
from irfuse.passes._parts import activation_of
from irfuse.passes._proposal import Proposal, behind_shapes, behind_widening


def propose_products(mul: d.MulOp) -> Iterator[Proposal]:
    """``act(a) * b`` for either order of the factors, where nothing else uses the activation."""
    if mul.rhs is None or mul.rhs is mul.lhs:
        return
    for active, other in ((mul.lhs, mul.rhs), (mul.rhs, mul.lhs)):
        found = activation_of(_behind_rounding(active))
        alone = found is not None and _is_used_once(active)
        if found is not None and alone and not isinstance(behind_shapes(other).owner, d.FullOp):
            yield _product(mul, *found, behind_widening(other))


def _product(mul: d.MulOp, kind: Activation, a: SSAValue, b_value: SSAValue) -> Proposal:
    dims = dims_of(tensor_type(mul.result))

    def build(b: SmallBuilder) -> list[Value]:
        left, right = (b.reshape(as_tensor(v), dims) for v in (a, b_value))
        return [b.emit(d.ActMulOp(left, right, kind))]

    return Proposal([a, b_value], [mul.result], build)


def _behind_rounding(value: SSAValue) -> SSAValue:
    """The value without the one cast to a narrower type in front of it."""
    value = behind_shapes(value)
    op = value.owner
    narrows = isinstance(op, d.CastOp) and is_wider(tensor_type(op.x).element_type, tensor_type(value).element_type)
    return op.x if isinstance(op, d.CastOp) and narrows else value


def _is_used_once(value: SSAValue) -> bool:
    """Whether every value from the activation on has one user, so that naming it computes nothing twice."""
    while len({use.operation for use in value.uses}) == 1:
        op = value.owner
        if not isinstance(op, (d.CastOp, d.ReshapeOp)):
            return True
        value = op.x
    return False
