"""Which quotients are computed from a reciprocal and which clamps are left out, and all that keeps them as they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from bodies import built
from hypothesis import given, settings
from hypothesis import strategies as st
from test_lower_triton import BF16, F16, FP8, tensor
from xdsl.dialects.builtin import Float4E2M1FNType, Float8E4M3FNUZType, Float8E5M2Type, f32, i1
from xdsl.ir import Attribute, Block

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.types import TORCH_NAMES
from irfuse.kernel.quotients import Bounds, bounds_of, is_by_reciprocal, is_idle_clamp

INT8, INT32 = TORCH_NAMES["int8"], TORCH_NAMES["int32"]
Make = Callable[[SmallBuilder, Any], Any]


def amax(b: SmallBuilder, x: Any) -> Any:
    return b.reduce(d.RowAmaxOp, b.unary(d.AbsOp, x))


def scale(b: SmallBuilder, x: Any, largest: float = 448.0, floor: float = 1e-10) -> Any:
    """The usual scale of a row."""
    return b.clamp(b.binary(d.DivOp, b.f32(amax(b, x)), largest), floor, None)


def codes(b: SmallBuilder, q: Any, low: float | None = -448.0, high: float | None = 448.0, to: Any = FP8) -> Any:
    return b.cast(b.clamp(q, low, high), to)


def body(divisor: Make = scale, end: Make = codes, element: Attribute = BF16, dividend: Make | None = None) -> Block:
    """Rows over a divisor that is made of them, and what becomes of the quotients."""

    def build(b: SmallBuilder, x: Any, *_: Any) -> list[Any]:
        s = divisor(b, x)
        over = dividend(b, x) if dividend else x
        made = end(b, b.binary(d.DivOp, b.cast(over, s.type.element_type), s))
        return made if isinstance(made, list) else [made]

    return built([tensor("s0", 128, element=element), tensor(1, 1, element=f32)], build)


def found(block: Block) -> tuple[bool, bool]:
    """Whether the last quotient of two tensors is by a reciprocal, and the last clamp idle."""
    quotients = [op for op in block.ops if isinstance(op, d.DivOp) and op.rhs is not None]
    clamps = [op for op in block.ops if isinstance(op, d.ClampOp)]
    return is_by_reciprocal(quotients[-1]), bool(clamps) and is_idle_clamp(clamps[-1])


def reshaped(b: SmallBuilder, x: Any) -> Any:
    """A row's scale by way of other shapes."""
    return b.reshape(scale(b, b.reshape(x, ["s0", 1, 128])), ["s0", 1])


def rounded(element: Attribute) -> Make:
    return lambda b, x: b.f32(b.cast(scale(b, x), element))


DIVISORS: dict[str, tuple[Make, bool]] = {
    "floor of the scale": (scale, True),
    "floor of the maximum": (lambda b, x: b.binary(d.DivOp, b.clamp(b.f32(amax(b, x)), 1e-10, None), 448.0), True),
    "product": (lambda b, x: b.clamp(b.binary(d.MulOp, b.f32(amax(b, x)), 1 / 448), 1e-10, None), True),
    "rounded to bf16": (rounded(BF16), True),
    "made of bf16": (lambda b, x: b.clamp(b.f32(b.binary(d.DivOp, amax(b, x), 448.0)), 1e-10, None), True),
    "reshaped": (reshaped, True),
    "infinite floor": (lambda b, x: scale(b, x, floor=math.inf), False),
    "no floor": (lambda b, x: b.binary(d.DivOp, b.f32(amax(b, x)), 448.0), False),
    "floor too low": (lambda b, x: scale(b, x, floor=2.0**-101), False),
    "floor that is too low behind a factor": (
        lambda b, x: b.binary(d.DivOp, b.clamp(b.f32(amax(b, x)), 2.0**-100, None), 448.0), False),
    "lowest floor": (lambda b, x: scale(b, x, floor=2.0**-100), True),
    "ceiling of the scale": (lambda b, x: b.clamp(scale(b, x), 1e-10, 1.0), False),
    "ceiling of the maximum": (
        lambda b, x: b.clamp(b.binary(d.DivOp, b.clamp(b.f32(amax(b, x)), None, 1e3), 448.0), 1e-10, None), False),
    "the largest, and not the largest magnitude": (
        lambda b, x: b.clamp(b.binary(d.DivOp, b.f32(b.reduce(d.RowAmaxOp, x)), 448.0), 1e-10, None), False),
    "maximum of another tensor": (lambda b, x: scale(b, b.unary(d.NegOp, x)), False),
    "mean": (lambda b, x: b.clamp(b.f32(b.reduce(d.RowMeanOp, b.unary(d.AbsOp, x))), 1e-10, None), False),
    "negative factor": (lambda b, x: scale(b, x, largest=-448.0), False),
    "the maximum itself, whose reciprocal may be subnormal": (lambda b, x: scale(b, x, largest=1.0), False),
    "rounded to f16": (rounded(F16), False),
    "rounded to fp8": (rounded(FP8), False),
    "over a tensor": (lambda b, x: b.binary(d.DivOp, scale(b, x), scale(b, x)), False),
    "a power of two": (lambda b, x: b.unary(d.Exp2Op, scale(b, x)), False),
    "for each entry": (lambda b, x: b.clamp(b.f32(b.unary(d.AbsOp, x)), 1e-10, None), False),
}  # fmt: skip


@pytest.mark.parametrize("name", DIVISORS)
def test_what_divisors_have_bounds(name: str) -> None:
    divisor, known = DIVISORS[name]
    assert found(body(divisor)) == (known, known)


def with_row_sum(b: SmallBuilder, q: Any) -> list[Any]:
    return [codes(b, q), b.reduce(d.RowSumOp, q)]


ENDS: dict[str, tuple[Make, bool, bool]] = {
    "fp8": (codes, True, True),
    "fp8 and fnuz": (lambda b, q: [b.cast(c := b.clamp(q, -448.0, 448.0), FP8), b.cast(c, Float8E4M3FNUZType())],
                     True, True),
    "int8": (lambda b, q: codes(b, b.unary(d.RoundOp, q), to=INT8), True, False),
    "int8, not rounded": (lambda b, q: codes(b, q, to=INT8), True, False),
    "fp4": (lambda b, q: codes(b, q, to=Float4E2M1FNType()), True, False),
    "fp8 by way of bf16": (lambda b, q: b.cast(b.cast(b.clamp(q, -448.0, 448.0), BF16), FP8), True, False),
    "no clamp": (lambda b, q: b.cast(q, FP8), True, False),
    "no maximum": (lambda b, q: codes(b, q, high=None), True, False),
    "no minimum": (lambda b, q: codes(b, q, low=None), True, False),
    "other bounds": (lambda b, q: codes(b, q, high=240.0), True, False),
    "narrower bounds": (lambda b, q: codes(b, q, -416.0, 416.0), True, False),
    "wider bounds": (lambda b, q: codes(b, q, -512.0, 512.0), True, True),
    "bounds that are no code": (lambda b, q: codes(b, q, -460.0, 460.0), True, False),
    "bounds that are no code of e5m2": (
        lambda b, q: codes(b, q, -480.0, 480.0, Float8E5M2Type()), True, False),
    "codes and the clamped": (lambda b, q: [codes(b, q), b.clamp(q, -448.0, 448.0)], False, False),
    "the quotient itself": (lambda b, q: q, False, False),
    "bf16": (lambda b, q: b.cast(b.clamp(q, -448.0, 448.0), BF16), False, False),
    "int32": (lambda b, q: b.cast(b.clamp(q, -448.0, 448.0), INT32), False, False),
    "truth values": (lambda b, q: b.cast(q, i1), False, False),
    "codes and a sum": (with_row_sum, False, True),
    "a sum with a number": (lambda b, q: codes(b, b.binary(d.AddOp, q, 1.0)), False, False),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_what_may_become_of_a_quotient(name: str) -> None:
    end, by_reciprocal, idle = ENDS[name]
    assert found(body(end=end)) == (by_reciprocal, idle)


def test_dividends() -> None:
    """An f32 dividend has div_rn, and its clamp is idle all the same; one of other numbers has neither."""
    assert found(body(element=f32)) == (False, True) and found(body(element=F16)) == (True, True)
    assert found(body(dividend=lambda b, x: b.unary(d.NegOp, x))) == (False, False)
    static = built([tensor("s0", 128), tensor(1, 1, element=f32)], lambda b, x, s: [
        codes(b, b.binary(d.DivOp, b.f32(x), s))])  # fmt: skip
    assert found(static) == (False, False)


def narrow_quotient(b: SmallBuilder, x: Any) -> Any:
    return b.cast(scale(b, x), BF16)


@pytest.mark.parametrize(("bound", "idle"), [(0.015625, False), (0.5, False), (1.0, False), (448.0, True)])
def test_a_clamp_of_small_codes_stays(bound: float, idle: bool) -> None:
    """Below the normal numbers of a format its steps are no longer a fixed part of a number."""
    block = body(lambda b, x: scale(b, x, bound), lambda b, q: codes(b, q, -bound, bound))
    assert found(block)[1] == idle


def test_a_quotient_in_bf16() -> None:
    """Its rounding counts: half a step of e4m3fn is 1/28 of 448, a step of bf16 at most 1/128."""
    assert found(body(narrow_quotient)) == (True, True)
    wide = body(lambda b, x: b.cast(scale(b, x, 448 * 1.026), BF16), lambda b, q: codes(b, q))
    assert found(wide)[1] is False
    assert found(body(lambda b, x: scale(b, x, 448 * 1.026)))[1] is True


@settings(derandomize=True)
@given(st.floats(5.0, 1e5), st.floats(2.0**-100, 1.0), st.floats(2.0**-20, 1e4))
def test_bounds_hold(largest: float, floor: float, entry: float) -> None:
    """A scale by the f32 steps of a kernel is no less than its bounds."""
    block = body(lambda b, x: scale(b, x, largest, floor))
    quotient = next(op for op in block.ops if isinstance(op, d.DivOp) and op.rhs is not None)
    bounds = bounds_of(quotient.rhs, quotient.lhs)
    assert bounds is not None and bounds.floor == floor
    assert bounds.share * (1 + 2.0**-20) > 1 / largest > bounds.share
    assert bounds.share * entry < entry / largest * (1 - 1.5 * 2.0**-23)
    assert Bounds(2.0, 3.0).times(0.5) == Bounds(1.0, 1.5)
