"""Quotients from a reciprocal in two terms, and activations from a fast quotient: kernels' helpers in numpy.

The codes made of `quotient` are those of the IEEE quotient. That is checked where it could fail, for all significands:
where a quotient is next to the middle between two f32 numbers one of which has few bits, as the middle between two
codes has. The reciprocal may start from one that is wrong by as much as the fast quotients of GPUs are.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from float_formats import E2M1, E4M3, E4M3_FNUZ, E5M2, E5M2_FNUZ, Format
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_helpers import Array, entries, f32, f64, fma, helpers, significant_bits, steps_between

STEPS = (-2, -1, 0, 1, 2)
FORMATS: dict[str, tuple[Format, float]] = {
    "e4m3fn": (E4M3, 448.0), "e5m2": (E5M2, 57344.0), "e4m3fnuz": (E4M3_FNUZ, 240.0),
    "e5m2fnuz": (E5M2_FNUZ, 57344.0), "e2m1": (E2M1, 6.0),
}  # fmt: skip


@pytest.fixture(autouse=True)
def silent() -> Any:
    with np.errstate(all="ignore"):
        yield


def codes(name: str, x: Array) -> Array:
    """Numbers in a format of at most 8 bits, clamped to its range."""
    if name == "int8":
        return np.clip(np.rint(x), -128, 127).astype(np.int8)
    known, largest = FORMATS[name]
    return known.encode(np.clip(x, -largest, largest))


def check(x: Any, d: Any, steps: int = 0) -> None:
    """Assert that a quotient is IEEE's, or next to it and of the same code."""
    found, wanted = helpers(steps)["quotient"](entries(x), entries(d)), entries(x) / entries(d)
    other = found.view(np.int32) != wanted.view(np.int32)
    assert (steps_between(found, wanted)[other] <= 1).all()
    for name in (*FORMATS, "int8"):
        assert np.array_equal(codes(name, found[other]), codes(name, wanted[other]))


def hard_pairs(bits: int, window: int) -> tuple[Array, Array]:
    """All 24-bit ``x`` and ``d`` whose quotient is within ``window / 2^48`` of a middle between two f32 numbers.

    One of the two is of so many bits. In integers, ``x * 2^k = c * d - e`` for such a middle ``c``, which is odd and so
    has an inverse: for each ``c`` and small ``e`` there is one ``d`` in 2^k.
    """
    numbers = np.arange(1 << (bits - 1), 1 << bits, dtype=np.int64) << (25 - bits)
    c = np.unique(np.concatenate([numbers + 1, numbers - 1, 2 * numbers - 1]))
    c = c[(c >= 1 << 24) & (c < 1 << 25)][:, None]
    e = np.concatenate([np.arange(-window, 0), np.arange(1, window + 1)])
    found = [_hard(c, e, k) for k in (24, 25)]
    return np.concatenate([x for x, _ in found]), np.concatenate([d for _, d in found])


def _hard(c: Array, e: Array, k: int) -> tuple[Array, Array]:
    inverse = np.ones_like(c)
    for _ in range(5):
        inverse = inverse * (2 - c * inverse) % (1 << k)
    d = e * inverse % (1 << k)
    x = (c * d - e) >> k
    fits = (d >= 1 << 23) & (d < 1 << 24) & (x >= 1 << 23) & (x < 1 << 24)
    return x[fits], d[fits]


@settings(derandomize=True, max_examples=300)
@given(*[st.floats(width=32, allow_nan=False, allow_infinity=False)] * 3)
def test_the_fma_is_exact(x: float, y: float, z: float) -> None:
    found, exact = f32(fma(x, y, z)), Fraction(x) * Fraction(y) + Fraction(z)
    if not np.isfinite(found):
        return
    for other in (np.nextafter(found, f32(-np.inf)), np.nextafter(found, f32(np.inf))):
        if np.isfinite(other):
            near, far = abs(exact - Fraction(float(found))), abs(exact - Fraction(float(other)))
            assert near < far or (near == far and found.view(np.int32) % 2 == 0)


def test_the_hard_pairs_are_found() -> None:
    """Their quotients are next to the middle between a number of few bits and another."""
    x, d = hard_pairs(5, 32)
    rest = [abs(Fraction(int(a), int(b)) / Fraction(float(f32(a / b))) - 1) for a, b in zip(x, d, strict=True)]
    assert len(x) > 300 and all(2**-25 - 2**-40 < abs(r) < 2**-24 + 2**-40 for r in rest)


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("scale", [0, 60, 123, -60, -76])
def test_hard_pairs_of_narrow_dividends_have_the_ieee_quotient(steps: int, scale: int) -> None:
    """bf16 and f16 dividends, and middles between codes, bf16 and f16 numbers; divisors from 2^-100 to 2^100."""
    x, d = hard_pairs(12, 64)
    narrow = x % (1 << 13) == 0
    found = [np.ldexp(entries(v[narrow]), by) for v, by in ((x, -scale), (d, -scale))]
    quotient = helpers(steps)["quotient"](*map(entries, found))
    assert narrow.sum() > 10 and np.array_equal(quotient, found[0] / found[1])


def test_how_many_pairs_are_as_near_to_a_middle_as_the_two_terms_are_wrong() -> None:
    """Between codes and bf16 numbers, of narrow dividends: a power of two over a divisor of ones."""
    for bits, rest, count in ((9, 13, 1), (12, 16, 1), (12, 13, 4)):
        x, d = hard_pairs(bits, 16)
        pairs = [(a, b) for a, b in zip(x, d, strict=True) if a % (1 << rest) == 0]
        assert len(pairs) == count and (1 << 23, (1 << 24) - 1) in pairs


def test_why_wide_dividends_have_div_rn() -> None:
    x, d = map(entries, hard_pairs(5, 64))
    assert 0 < (helpers()["quotient"](x, d) != x / d).sum() < 50


@pytest.mark.parametrize("dividend", [171, 255])
def test_all_divisors(dividend: int) -> None:
    """Next to the IEEE quotient, and where it is not that one, both have too many bits for the middle of codes."""
    d = entries(np.arange(1 << 23, 1 << 24))
    found, wanted = helpers()["quotient"](entries(dividend), d), entries(dividend) / d
    other = found != wanted
    assert other.sum() < 10 and (steps_between(found[other], wanted[other]) == 1).all()
    assert (significant_bits(found[other]) > 16).all() and (significant_bits(wanted[other]) > 16).all()


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("largest", [448.0, 57344.0, 240.0, 127.0, 6.0])
def test_random_groups(largest: float, steps: int) -> None:
    """bf16 entries down to the smallest, over divisors that are as large a part of them as a scale is, and larger."""
    noise = np.random.default_rng(3)
    d = entries(np.exp2(noise.uniform(-100, 100, 1 << 16)))
    x = torch.from_numpy(d * largest * np.exp2(-noise.exponential(8, 1 << 16)).astype(f32)).bfloat16().float().numpy()
    check(x * noise.choice(f32([-1, 1]), 1 << 16), d, steps)


@pytest.mark.parametrize("divisor", [2.0**-100, 2.0**-100 * (2 - 2.0**-23), 1e-10, 1.0, 2.0**100])
def test_dividends_that_are_tiny_or_exact(divisor: float) -> None:
    """The smallest numbers of bf16, all bf16 numbers, and multiples of the divisor that are middles between codes."""
    narrow = (np.arange(1 << 16, dtype=np.uint32) << 16).view(f32)
    check(narrow[np.isfinite(narrow) & (np.abs(narrow) <= divisor * 57344.0)], divisor)
    middles = np.concatenate([(known.table()[1:] + known.table()[:-1]) / 2 for known, _ in FORMATS.values()])
    middles = np.concatenate([middles, np.arange(-128.5, 128)])
    found = helpers()["quotient"](entries(middles * f32(2.0**-100)), entries(2.0**-100))
    assert np.array_equal(found, middles.astype(f32))


def test_zeros_infinities_and_nan() -> None:
    quotient, inf, nan = helpers()["quotient"], np.inf, np.nan
    for x in (0.0, -0.0, 1.0, -1.0, 3e38, inf, -inf, nan):
        for d in (2.0**-100, 1.0, 3.0, 2.0**100, inf, nan):
            found, wanted = quotient(entries([x]), entries([d])), entries([x]) / entries([d])
            assert np.array_equal(found, wanted, equal_nan=True), (x, d)
            assert bool(np.isnan(wanted)) or np.signbit(found) == np.signbit(wanted), (x, d)


def test_the_largest_divisors() -> None:
    """Those of entries beyond 2^100 have a quotient that is next to the IEEE one."""
    d = entries(np.finfo(f32).max * np.exp2(-np.random.default_rng(3).uniform(0, 28, 1 << 14)) * 0.2)
    x = torch.linspace(-3e38, 3e38, 1 << 14).bfloat16().float().numpy()
    assert steps_between(helpers()["quotient"](entries(x), d), x / d).max() <= 1


BF16 = (np.arange(1 << 16, dtype=np.uint32) << 16).view(f32)
ACTIVATIONS = {"silu": torch.nn.functional.silu, "sigmoid": torch.sigmoid}


@pytest.mark.parametrize("steps", [0, 1])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_of_all_bf16_numbers(name: str, steps: int) -> None:
    """Two steps from ``x / (1 + 2^(-x log2(e)))``, where that is a normal number."""
    x = entries(BF16[~np.isnan(BF16)])
    above = 1 + np.exp2((x * f32(-1.4426950408889634)).astype(f64)).astype(f32)
    found, wanted = helpers(steps)[name](x), (x if name == "silu" else f32(1.0)) / above
    apart = np.where(np.isnan(wanted), 0, steps_between(found, wanted))
    assert np.array_equal(np.isnan(found), np.isnan(wanted)) and np.array_equal(found == 0, wanted == 0)
    assert np.array_equal(np.signbit(found)[found == 0], np.signbit(wanted)[wanted == 0])
    assert apart[np.abs(wanted) >= 2.0**-126].max() <= 2


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_end_as_in_torch(name: str) -> None:
    x = torch.tensor([-torch.inf, torch.nan, torch.inf, 0.0, -0.0, -88.5, -100.0, -3e38, 3e38, 88.5, 200.0])
    found, wanted = helpers()[name](entries(x.numpy())), ACTIVATIONS[name](x).numpy()
    assert np.isnan(found[0]) == (name == "silu") and np.isnan(found[1])
    assert np.array_equal(np.signbit(found[2:]), np.signbit(wanted[2:]))
    assert np.allclose(found, wanted, rtol=1e-5, atol=1e-44, equal_nan=True)
