"""What raise-named works on: proposals, and looking through what changes no value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xdsl.ir import SSAValue

from irfuse import dialect as d
from irfuse.analysis.layouts import is_gathering_copy
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.types import WIDE_TYPES, is_wider, tensor_type

SHAPE_OPS = (d.ReshapeOp, d.BroadcastOp, d.RelayoutOp, d.CopyOp)


@dataclass
class Proposal:
    """A named op for ``results``, computed from ``leaves``."""

    leaves: list[SSAValue]
    results: list[SSAValue]
    build: Callable[[SmallBuilder], list[Value]]


def behind_shapes(value: SSAValue) -> SSAValue:
    """The value without the reshapes and broadcasts in front of it."""
    while isinstance(value.owner, SHAPE_OPS) and not is_gathering_copy(value.owner):
        value = value.owner.x
    return value


def behind_widening(value: SSAValue) -> SSAValue:
    """The value without the shape ops and the casts to a wider type in front of it.

    A cast of 8-bit floats stays: torch computes on none, so nothing named takes them as its operand.
    """
    while True:
        value = behind_shapes(value)
        op = value.owner
        if not isinstance(op, d.CastOp):
            return value
        target, source = (tensor_type(v).element_type for v in (op.result, op.x))
        if not is_wider(target, source) or not isinstance(source, WIDE_TYPES):
            return value
        value = op.x
