"""Functions of subnormal numbers: helpers give what Triton's own would lose, and are left out where nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irfuse.kernel.subnormals import LEAST_NORMAL, LEAST_SUMMAND
from irfuse.kernel.text import HELPERS

f32 = np.float32


def flushed(x: np.ndarray) -> np.ndarray:
    """Numbers as an instruction sees them that takes subnormal ones for zeros."""
    return np.where(np.abs(x) < f32(LEAST_NORMAL), np.copysign(f32(0), x), x).astype(f32)


def helper(name: str, function: object) -> object:
    """A helper on numpy, where the function that it calls flushes what it takes and gives."""

    class Flushing:
        def __getattr__(self, _name: str) -> object:
            return lambda x: flushed(function(flushed(x)))

    class Tl(Flushing):
        where, abs = staticmethod(np.where), staticmethod(np.abs)

    scope = {"tl": Tl(), "libdevice": Flushing()}
    exec(f"def {name}{HELPERS[name]}", scope)
    return scope[name]


SUBNORMAL = np.array([1e-45, -1e-45, 1e-40, -3e-39, 1.1e-38, 0.0, -0.0], f32)


@pytest.mark.parametrize("name", ["expm1", "log1p", "tanh"])
def test_a_function_that_is_its_operand_near_zero_keeps_subnormal_numbers(name: str) -> None:
    wide = np.concatenate([SUBNORMAL, np.array([LEAST_NORMAL, 0.5, 3.0], f32)])
    found = helper(name, getattr(np, name))(wide)
    np.testing.assert_array_equal(found.view(np.int32), getattr(np, name)(wide).astype(f32).view(np.int32))


def test_a_power_of_two_is_exact_down_to_the_least_subnormal_number() -> None:
    exponents = np.arange(-152, 128).astype(f32)
    found = helper("exp2", lambda x: np.exp2(x.astype(np.float64)).astype(f32))(exponents)
    np.testing.assert_array_equal(found, np.exp2(exponents.astype(np.float64)).astype(f32))


def test_the_root_of_a_subnormal_number_is_that_of_the_number() -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = helper("rsqrt", lambda x: (1 / np.sqrt(x.astype(np.float64))).astype(f32))(SUBNORMAL)
        wanted = (1 / np.sqrt(SUBNORMAL.astype(np.float64))).astype(f32)
    np.testing.assert_allclose(found, wanted, rtol=1e-7)


@settings(max_examples=2000, deadline=None, derandomize=True)
@given(
    st.floats(LEAST_SUMMAND, 2.0**100, width=32),
    st.integers(-4, 4) | st.integers(-(1 << 24), 1 << 24),
    st.floats(-(2.0**100), 2.0**100, width=32),
)
def test_no_sum_with_a_number_that_is_not_tiny_is_subnormal(number: float, steps: int, other: float) -> None:
    near = (-f32(number)).view(np.int32) + np.int32(steps)
    for x in (near.view(f32), f32(other)):
        total = f32(number) + x
        assert total == 0 or not abs(total) < LEAST_NORMAL


def test_a_sum_with_a_smaller_number_may_be_subnormal() -> None:
    number = f32(LEAST_SUMMAND / 2)
    total = number + np.nextafter(-number, f32(0))
    assert 0 < total < LEAST_NORMAL
