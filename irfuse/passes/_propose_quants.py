"""Proposals for raise-named: which quant a group of small ops may be. They read loosely, raise-named proves.

To name a new quant form, add an attribute to the named op's expansion and read it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.dialects.builtin import Float32Type
from xdsl.ir import Block, Operation, SSAValue

from irfuse import dialect as d
from irfuse.dialect.attrs import ScaleFormat, ScaleRule
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.named import as_tensor, number
from irfuse.dialect.types import dims_of, tensor_type
from irfuse.passes._proposal import Proposal, behind_shapes, behind_widening
from irfuse.rows import size_of
from irfuse.sizes import Size


def propose_quants(cast: d.CastOp) -> Iterator[Proposal]:
    """What a cast to fp8 may end: a quant by groups, or by one static scale."""
    clamp = cast.x.owner
    if not isinstance(clamp, d.ClampOp) or clamp.max is None:
        return
    scaled, bound = clamp.x.owner, number(clamp.max)
    for x, scale, rule in _scaled_by(scaled):
        if (form := _scale_form(scale)) is not None:
            yield _group_quant(cast, x, scale, rule, bound, form)
        elif size_of(scale) == Size(1) and isinstance(tensor_type(scale).element_type, Float32Type):
            yield _static_quant(cast, x, scale, rule, bound)


def _scaled_by(op: SSAValue | Operation | object) -> Iterator[tuple[SSAValue, SSAValue, ScaleRule]]:
    """What ``op`` scales, by what scale, and how."""
    if not isinstance(op, (d.DivOp, d.MulOp)) or op.rhs is None:
        return
    if isinstance(op, d.DivOp):
        yield behind_widening(op.lhs), behind_shapes(op.rhs), ScaleRule.divide
        return
    for x, factor in ((op.lhs, op.rhs), (op.rhs, op.lhs)):
        inverse = behind_shapes(factor).owner
        if isinstance(inverse, d.ReciprocalOp):
            yield behind_widening(x), behind_shapes(inverse.x), ScaleRule.reciprocal


def _static_quant(cast: d.CastOp, x: SSAValue, scale: SSAValue, rule: ScaleRule, bound: float) -> Proposal:
    element, dims = tensor_type(cast.result).element_type, dims_of(tensor_type(cast.result))

    def build(b: SmallBuilder) -> list[Value]:
        rows = b.reshape(as_tensor(x), dims)
        return [b.emit(d.StaticQuantOp(rows, as_tensor(scale), element, quant_max=bound, scale_rule=rule))]

    return Proposal([x, scale], [cast.result], cast, build)


@dataclass
class _ScaleForm:
    """The parameters of a dynamic scale, read off the ops that compute it."""

    quant_max: float
    floor: float | None
    format: ScaleFormat
    group: int


def _scale_form(scale: SSAValue) -> _ScaleForm | None:
    op: Operation | Block = scale.owner
    format, floor = ScaleFormat.f32, None
    if isinstance(op, d.Exp2Op) and isinstance(op.x.owner, d.CeilOp) and isinstance(op.x.owner.x.owner, d.Log2Op):
        op, format = op.x.owner.x.owner.x.owner, ScaleFormat.ue8m0
    if isinstance(op, d.ClampOp) and op.min is not None:
        floor, op = number(op.min), op.x.owner
    if not isinstance(op, d.DivOp) or op.scalar is None:
        return None
    amax = behind_widening(op.lhs).owner
    columns = dims_of(tensor_type(amax.x))[-1] if isinstance(amax, d.RowAmaxOp) else None
    return _ScaleForm(number(op.scalar), floor, format, columns) if isinstance(columns, int) else None


def _group_quant(
    cast: d.CastOp, x: SSAValue, scale: SSAValue, rule: ScaleRule, bound: float, form: _ScaleForm
) -> Proposal:
    element, dims = tensor_type(cast.result).element_type, dims_of(tensor_type(cast.result))

    def build(b: SmallBuilder) -> list[Value]:
        if not dims or not isinstance(dims[-1], int) or dims[-1] % form.group:
            return []
        quant = d.GroupQuantOp(
            b.reshape(as_tensor(x), dims),
            element,
            group_size=form.group,
            quant_max=form.quant_max,
            scale_floor=form.floor,
            scale_rule=rule,
            scale_format=form.format,
        )
        b.emit(quant)
        return [as_tensor(quant.q), b.reshape(as_tensor(quant.scales), dims_of(tensor_type(scale)))]

    owner = scale.owner
    assert isinstance(owner, Operation)
    return Proposal([x], [cast.result, scale], owner, build if form.quant_max == bound else lambda b: [])
