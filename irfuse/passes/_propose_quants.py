"""Proposals for raise-named: which quant a group of small ops may be. They read loosely, raise-named proves.

To name a new quant form, add a property to the named op's expansion and read it here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from xdsl.dialects.builtin import Float8E4M3FNType, Float32Type
from xdsl.ir import Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.rows import size_of
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.enums import ScaleFormat, ScaleRule
from irfuse.dialect.named import as_tensor, number
from irfuse.dialect.scales import ScaleForm
from irfuse.dialect.sizes import Size
from irfuse.dialect.types import dims_of, tensor_type
from irfuse.passes._proposal import Proposal, behind_shapes, behind_widening


@dataclass(frozen=True)
class _Quant:
    """The parameters of a quant, read off the ops before its cast; ``scale`` is what the row is divided by."""

    cast: d.CastOp
    x: SSAValue
    scale: SSAValue
    rule: ScaleRule
    low: float | None
    high: float | None


@dataclass(frozen=True)
class _Scale:
    """The parameters of a dynamic scale, the length of its runs, and the value that holds it in its own type."""

    form: ScaleForm
    group: int
    stored: SSAValue


def propose_quants(cast: d.CastOp) -> Iterator[Proposal]:
    """What a cast to fp8 or int8 may end: a quant by groups, or by one static scale."""
    value, low, high = cast.x, None, None
    if isinstance(value.owner, d.ClampOp) and value.owner.max is not None and value.owner.min is not None:
        low, high, value = number(value.owner.min), number(value.owner.max), value.owner.x
    if isinstance(value.owner, d.RoundOp):
        value = value.owner.x
    for x, scale, rule in _scaled_by(value.owner):
        quant = _Quant(cast, x, scale, rule, low, high)
        if rule is ScaleRule.inverse:
            yield from _inverse_quants(quant)
        elif (found := _scale_of(scale)) is not None:
            yield _group_quant(quant, found)
        elif size_of(scale) == Size(1) and isinstance(tensor_type(scale).element_type, Float32Type) and high:
            yield _static_quant(quant, high)


def _scaled_by(op: SSAValue | Operation | object) -> Iterator[tuple[SSAValue, SSAValue, ScaleRule]]:
    """What ``op`` scales, by what scale, and how; for the rule ``inverse`` the factor in place of the scale."""
    if not isinstance(op, (d.DivOp, d.MulOp)) or op.rhs is None:
        return
    if isinstance(op, d.DivOp):
        yield behind_widening(op.lhs), behind_shapes(op.rhs), ScaleRule.divide
        return
    for x, factor in ((op.lhs, op.rhs), (op.rhs, op.lhs)):
        inverse = behind_shapes(factor).owner
        if isinstance(inverse, d.ReciprocalOp):
            yield behind_widening(x), behind_shapes(inverse.x), ScaleRule.reciprocal
        elif isinstance(inverse, d.MulOp) and inverse.scalar is not None:
            yield behind_widening(x), behind_shapes(factor), ScaleRule.inverse


def _static_quant(quant: _Quant, bound: float) -> Proposal:
    cast, x, scale = quant.cast, quant.x, quant.scale
    element, dims = tensor_type(cast.result).element_type, dims_of(tensor_type(cast.result))

    def build(b: SmallBuilder) -> list[Value]:
        rows = b.reshape(as_tensor(x), dims)
        named = d.StaticQuantOp(
            rows, as_tensor(scale), element, quant_max=bound, scale_rule=quant.rule, overflow=cast.overflow
        )
        return [b.emit(named)]

    return Proposal([x, scale], [cast.result], build)


def _scale_of(scale: SSAValue) -> _Scale | None:
    """The form of a scale, read from what divides the row back to the division by quant_max; None for others."""
    stored, form, value = scale, ScaleForm(0.0), scale
    if (narrow := _in_e4m3(value)) is not None:
        stored, form, value = narrow.result, replace(form, format=ScaleFormat.e4m3), narrow.x
    power = value.owner
    if isinstance(power, d.Exp2Op) and isinstance(power.x.owner, d.CeilOp):
        log = power.x.owner.x.owner
        form, value = replace(form, format=ScaleFormat.ue8m0), log.x if isinstance(log, d.Log2Op) else value
    if isinstance(value.owner, d.ClampOp):
        floor, ceiling = (None if bound is None else number(bound) for bound in (value.owner.min, value.owner.max))
        ceiling = None if form.format is ScaleFormat.e4m3 else ceiling
        form, value = replace(form, scale_floor=floor, scale_ceiling=ceiling), value.owner.x
    quotient = behind_widening(value).owner
    if not isinstance(quotient, d.DivOp) or quotient.scalar is None:
        return None
    rounded = not isinstance(tensor_type(quotient.result).element_type, Float32Type)
    return _with_amax(replace(form, quant_max=number(quotient.scalar), rounded=rounded), quotient.lhs, stored)


def _in_e4m3(scale: SSAValue) -> d.CastOp | None:
    """The cast to e4m3 that a scale was widened from; None where there is none."""
    widening = behind_shapes(scale).owner
    narrow = behind_shapes(widening.x).owner if isinstance(widening, d.CastOp) else None
    known = isinstance(narrow, d.CastOp) and tensor_type(narrow.result).element_type == Float8E4M3FNType()
    return narrow if known and isinstance(narrow, d.CastOp) else None


def _with_amax(form: ScaleForm, amax: SSAValue, stored: SSAValue) -> _Scale | None:
    """The form with the floor of the largest absolute value, and the length of the runs that this is taken of."""
    op = behind_widening(amax).owner
    if isinstance(op, d.ClampOp) and op.min is not None and op.max is None:
        form, op = replace(form, amax_floor=number(op.min)), behind_widening(op.x).owner
    columns = dims_of(tensor_type(op.x))[-1] if isinstance(op, d.RowAmaxOp) else None
    return _Scale(form, columns, stored) if isinstance(columns, int) else None


def _inverse_quants(quant: _Quant) -> Iterator[Proposal]:
    """``x * (quant_max / amax)``: the scale is another quotient of the same amax."""
    factor = quant.scale.owner
    assert isinstance(factor, d.MulOp) and factor.scalar is not None
    inverse = behind_shapes(factor.lhs).owner
    amax = behind_shapes(inverse.x) if isinstance(inverse, d.ReciprocalOp) else None
    for quotient in _quotients(amax, number(factor.scalar)) if amax is not None else ():
        found = _scale_of(quotient)
        if found is not None:
            yield _group_quant(replace(quant, scale=quotient), found)


def _quotients(amax: SSAValue, divisor: float) -> Iterator[SSAValue]:
    """The quotients of a value, or of its reshapes, by a number."""
    for op in [use.operation for use in amax.uses]:
        if isinstance(op, d.DivOp) and op.scalar is not None and number(op.scalar) == divisor:
            yield op.result
        elif isinstance(op, d.ReshapeOp):
            yield from _quotients(op.result, divisor)


def _group_quant(quant: _Quant, scale: _Scale) -> Proposal:
    cast, stored, form = quant.cast, scale.stored, scale.form
    element, dims = tensor_type(cast.result).element_type, dims_of(tensor_type(cast.result))

    def build(b: SmallBuilder) -> list[Value]:
        whole = bool(dims) and isinstance(dims[-1], int) and dims[-1] % scale.group == 0
        if not whole or quant.high not in (None, form.quant_max):
            return []
        named = d.GroupQuantOp(
            b.reshape(as_tensor(quant.x), dims),
            element,
            form,
            group_size=scale.group,
            quant_min=None if quant.low in (None, -form.quant_max) else quant.low,
            scale_rule=quant.rule,
            scale_element=tensor_type(stored).element_type,
            saturate=quant.high is not None,
            overflow=cast.overflow or (stored.owner.overflow if isinstance(stored.owner, d.CastOp) else None),
        )
        b.emit(named)
        return [as_tensor(named.q), b.reshape(as_tensor(named.scales), dims_of(tensor_type(stored)))]

    return Proposal([quant.x], [cast.result, stored], build)
