"""Quotients that are products: which divisors are powers of two, and that both give the same for all of those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bodies import built
from xdsl.dialects.builtin import Float8E8M0FNUType, f32, i32

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.enums import Predicate
from irfuse.dialect.types import TORCH_NAMES, dims_of, make_tensor, with_element
from irfuse.kernel.powers import LEAST_POWER, is_by_power_of_two

Make = Callable[[SmallBuilder, Any], Any]
ROWS = make_tensor(f32, ["s0", 128])


def is_product(make: Make) -> bool:
    """Whether rows are multiplied that are divided by what ``make`` computes of their largest magnitudes."""
    found: list[bool] = []

    def build(b: SmallBuilder, x: Any) -> list[Any]:
        divisor = make(b, b.reduce(d.RowAmaxOp, b.unary(d.AbsOp, x)))
        quotient = b.binary(d.DivOp, x, divisor)
        found.append(is_by_power_of_two(quotient.owner))
        return [quotient]

    built([ROWS], build)
    return found[0]


def bits(b: SmallBuilder, x: Any) -> Any:
    return b.emit(d.BitcastOp(x, with_element(x.type, i32)))


def floats(b: SmallBuilder, x: Any) -> Any:
    return b.emit(d.BitcastOp(x, with_element(x.type, f32)))


def exponent(b: SmallBuilder, x: Any) -> Any:
    """The biased exponent of an f32, as a byte."""
    return b.cast(b.binary(d.AndOp, b.binary(d.ShrOp, bits(b, x), 23), 255), TORCH_NAMES["uint8"])


def shifted(b: SmallBuilder, x: Any) -> Any:
    """The bits of the power of two with the exponent of a number."""
    return b.binary(d.ShlOp, b.cast(exponent(b, x), i32), 23)


def or_else(b: SmallBuilder, x: Any, number: float) -> Any:
    """Integers, and a number where they are 0."""
    other = b.broadcast(b.emit(d.FullOp(number, make_tensor(i32, ()))), dims_of(x.type))
    return b.emit(d.SelectOp(b.emit(d.CompareOp(Predicate.eq, x, 0)), other, x))


def log2(b: SmallBuilder, x: Any) -> Any:
    return b.unary(d.Log2Op, x)


def power(b: SmallBuilder, x: Any) -> Any:
    return b.unary(d.Exp2Op, x)


PRODUCTS: dict[str, Make] = {
    "an exponent shifted to its place": lambda b, x: floats(b, shifted(b, x)),
    "with the least of all powers for 0": lambda b, x: floats(b, or_else(b, shifted(b, x), 0x00400000)),
    "with NaN for 0": lambda b, x: floats(b, or_else(b, shifted(b, x), 0x7F800001)),
    "the exponent under a mask": lambda b, x: floats(b, b.binary(d.AndOp, bits(b, x), 0x7F800000)),
    "scaled down and held": lambda b, x: b.clamp(
        b.binary(d.MulOp, floats(b, b.binary(d.AndOp, bits(b, x), 0x7F800000)), 2.0**-8), 2.0**-126, None
    ),
    "a cast to f8E8M0FNU": lambda b, x: b.f32(b.cast(x, Float8E8M0FNUType())),
    "two to a held number": lambda b, x: power(b, b.clamp(b.unary(d.CeilOp, log2(b, x)), -127, 127)),
    "two to an exponent less its bias": lambda b, x: power(b, b.binary(d.SubOp, b.f32(exponent(b, x)), 127.0)),
    "two to the logarithm of what has a floor": lambda b, x: power(
        b, b.unary(d.CeilOp, log2(b, b.binary(d.DivOp, b.clamp(x, 1e-4, None), 448.0)))
    ),
}
QUOTIENTS: dict[str, Make] = {
    "any number": lambda b, x: b.clamp(x, 1e-4, None),
    "two to a number without a floor": lambda b, x: power(b, b.unary(d.CeilOp, log2(b, x))),
    "two to less than the least exponent": lambda b, x: power(b, b.clamp(b.unary(d.CeilOp, log2(b, x)), -128, 127)),
    "two to a fraction": lambda b, x: power(b, b.clamp(log2(b, x), -127, 127)),
    "two to a held fraction": lambda b, x: power(b, b.binary(d.AddOp, b.unary(d.FloorOp, log2(b, x)), 0.5)),
    "scaled down": lambda b, x: b.binary(d.MulOp, floats(b, b.binary(d.AndOp, bits(b, x), 0x7F800000)), 2.0**-8),
    "held above another number": lambda b, x: b.clamp(floats(b, shifted(b, x)), 1e-12, None),
    "more than an exponent under the mask": lambda b, x: floats(b, b.binary(d.AndOp, bits(b, x), 0x7FC00000)),
    "an integer shifted": lambda b, x: floats(b, b.binary(d.ShlOp, bits(b, x), 23)),
    "with a subnormal for 0": lambda b, x: floats(b, or_else(b, shifted(b, x), 0x00200000)),
    "with another number for 0": lambda b, x: floats(b, or_else(b, shifted(b, x), 0x3FC00000)),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_powers_of_two(name: str) -> None:
    assert is_product(PRODUCTS[name])


@pytest.mark.parametrize("name", QUOTIENTS)
def test_divisors_that_are_none_or_may_have_no_reciprocal(name: str) -> None:
    assert not is_product(QUOTIENTS[name])


def test_a_product_with_the_reciprocal_is_the_quotient() -> None:
    """For all powers, zero, infinity and NaN, and for dividends of all exponents, subnormal and special ones too."""
    powers = np.exp2(np.arange(-127, 128)).astype(np.float32)
    divisors = np.concatenate([powers, -powers, np.array([0.0, -0.0, np.inf, np.nan], np.float32)])
    drawn = np.random.default_rng(5).integers(0, 1 << 32, 5000, dtype=np.uint32).view(np.float32)
    x = np.concatenate([drawn, np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 3.4e38], np.float32)])[:, None]
    with np.errstate(all="ignore"):
        quotient, product = x / divisors, x * (np.float32(1) / divisors)
        below = np.float32(2.0**-128)
        assert np.isinf(np.float32(1) / below) and x[0] / below != x[0] * (np.float32(1) / below)
    same = (quotient.view(np.uint32) == product.view(np.uint32)) | (np.isnan(quotient) & np.isnan(product))
    assert powers[0] == LEAST_POWER and bool(same.all())
