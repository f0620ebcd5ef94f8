"""Arithmetic of f64, and words of 64 bits of which a half is defined."""

from __future__ import annotations

import math

import numpy as np
import pytest
from one_instruction import Bench, words

from irfuse.emulate import double

DIVISION = (
    "v_div_scale_f64 v[6:7], s[0:1], v[4:5], v[4:5], v[2:3]",
    "v_rcp_f64_e32 v[8:9], v[6:7]",
    "v_fma_f64 v[10:11], -v[6:7], v[8:9], 1.0",
    "v_fmac_f64_e32 v[8:9], v[8:9], v[10:11]",
    "v_fma_f64 v[10:11], -v[6:7], v[8:9], 1.0",
    "v_fmac_f64_e32 v[8:9], v[8:9], v[10:11]",
    "v_div_scale_f64 v[10:11], vcc, v[2:3], v[4:5], v[2:3]",
    "v_mul_f64 v[12:13], v[10:11], v[8:9]",
    "v_fma_f64 v[6:7], -v[6:7], v[12:13], v[10:11]",
    "v_div_fmas_f64 v[6:7], v[6:7], v[8:9], v[12:13]",
    "v_div_fixup_f64 v[0:1], v[6:7], v[4:5], v[2:3]",
)
"""The instructions that LLVM divides with."""


@pytest.mark.parametrize("seed", range(4))
def test_division_is_correctly_rounded(seed: int) -> None:
    bench, (x, y) = Bench(), (words(512, 64, 2 * seed + i) for i in (0, 1))
    bench.put(2, x)
    bench.put(4, y)
    for text in DIVISION:
        bench.run(text)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(bench.get(0, np.float64), x.view(np.float64) / y.view(np.float64))


@pytest.mark.parametrize("kind", ["f16", "f64"])
@pytest.mark.parametrize("classes", [1 << i for i in range(10)])
def test_classes_of_floats(classes: int, kind: str) -> None:
    width = int(kind[1:])
    bench, x = Bench(), words(512, width, 3)
    bench.put(2, x)
    bench.run(f"v_cmp_class_{kind} s[4:5], {'v[2:3]' if kind == 'f64' else 'v2'}, {classes:#x}")
    quiet, least = (51, 2.0**-1022) if kind == "f64" else (9, 2.0**-14)
    numbers = x.view(f"f{width // 8}").astype(float).tolist()
    wanted = [class_of(v, int(b) >> quiet & 1, least) == classes for v, b in zip(numbers, x, strict=True)]
    assert bench.get_mask(4).tolist() == wanted


def class_of(x: float, is_quiet: int, least: float) -> int:
    """The bit of a number's class."""
    if math.isnan(x):
        return 1 << is_quiet
    size = [math.isinf(x), abs(x) >= least, x != 0, True].index(True)
    return 1 << (2 + size if math.copysign(1, x) < 0 else 9 - size)


def test_constants_of_f64() -> None:
    bench = Bench()
    for text, wanted in (("0.5", 0.5), ("-4.0", -4.0), ("0x40590000", 100.0), ("0", 0.0), ("0xbff00000", -1.0)):
        bench.run(f"v_add_f64 v[0:1], {text}, 0")
        assert (bench.get(0, np.float64) == wanted).all()
    bench.run("v_max_num_f64 v[0:1], 64, 0")
    assert (bench.get(0, np.uint64) == 64).all()


def test_digits_of_two_over_pi() -> None:
    parts = [double.trig_preop(np.array([[1e3]]), np.array([[n]], np.uint32))[0, 0] for n in range(3)]
    assert parts[0] == pytest.approx(2 / math.pi, rel=2.0**-52) and 0 < parts[1] < 2.0**-53 and 0 < parts[2] < 2.0**-106
    assert double.two_over_pi() >> double.DIGITS - 64 == 0xA2F9836E4E441529


@pytest.mark.parametrize("text", ["v_mad_u64_u32 v[0:1], vcc, v2, v2, v[4:5]",
                                  "v_lshl_add_u64 v[0:1], v[4:5], 1, v[4:5]",
                                  "v_lshlrev_b64 v[0:1], 3, v[4:5]", "v_mov_b64 v[0:1], v[4:5]"])  # fmt: skip
def test_the_lower_word_of_a_result_is_defined_without_the_upper_ones(text: str) -> None:
    bench = Bench()
    bench.put(2, words(512, 32, 1))
    bench.put(4, words(512, 32, 2))
    bench.state.vector_defined[0:2] = False
    bench.run(text)
    assert bench.state.vector_defined[0].all() and not bench.state.vector_defined[1].any()
    bench.state.vector_defined[4] = False
    bench.run(text)
    assert not bench.state.vector_defined[0].any()
