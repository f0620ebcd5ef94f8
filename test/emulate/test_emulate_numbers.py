"""Properties of the emulator's arithmetic: correct rounding of fma and division, and every conversion to fp8."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scalar_oracles as o
import torch
from hypothesis import given
from hypothesis import strategies as st
from one_instruction import Bench, words

from irfuse.emulate import arithmetic
from irfuse.emulate import conversions as c
from irfuse.emulate.operands import VCC

f32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
FORMATS = {
    torch.float8_e4m3fn: c.E4M3,
    torch.float8_e5m2: c.E5M2,
    torch.float8_e4m3fnuz: c.E4M3_FNUZ,
    torch.float8_e5m2fnuz: c.E5M2_FNUZ,
}


@given(f32, f32, f32)
def test_fma_is_rounded_once(x: float, y: float, z: float) -> None:
    with np.errstate(all="ignore"):
        found = float(arithmetic.fma(*(np.array([v], np.float32) for v in (x, y, z)))[0])
    wanted = o.fma(x, y, z)
    assert found == wanted and math.copysign(1, found) == math.copysign(1, wanted)


def quotients(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``x / y`` by the instructions that LLVM divides with, f32 [512]."""
    bench = Bench()
    bench.put(1, x.view(np.uint32))
    bench.put(2, y.view(np.uint32))
    for text in (
        "v_div_scale_f32 v3, s[0:1], v2, v2, v1",
        "v_div_scale_f32 v4, vcc, v1, v2, v1",
        "v_rcp_f32_e32 v5, v3",
        "v_fma_f32 v6, -v3, v5, 1.0",
        "v_fmac_f32_e32 v5, v6, v5",
        "v_mul_f32_e32 v6, v4, v5",
        "v_fma_f32 v7, -v3, v6, v4",
        "v_fmac_f32_e32 v6, v7, v5",
        "v_fma_f32 v3, -v3, v6, v4",
        "v_div_fmas_f32 v3, v3, v5, v6",
        "v_div_fixup_f32 v0, v3, v2, v1",
    ):
        bench.run(text)
    return bench.get(0, np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_division_is_correctly_rounded(seed: int) -> None:
    x, y = (words(512, 32, 2 * seed + i).view(np.float32) for i in (0, 1))
    with np.errstate(all="ignore"):
        wanted = x / y
    np.testing.assert_array_equal(quotients(x, y), wanted)


def test_only_scaled_quotients_are_unscaled() -> None:
    bench = Bench()
    for register, number in ((1, 1.0), (2, 1.0), (3, 2.0)):
        bench.put(register, np.full(bench.count, number, np.float32).view(np.uint32))
    bench.put_mask(VCC, np.arange(bench.count) % 2 == 0)
    bench.run("v_div_fmas_f32 v0, v1, v2, v3")
    found = bench.get(0, np.float32).reshape(-1, 2)
    assert (found == [3.0 * 2.0**64, 3.0]).all()


@pytest.mark.parametrize("dtype", FORMATS)
def test_every_bf16_number_and_every_tie_as_fp8(dtype: torch.dtype) -> None:
    """What torch makes of them in the range; beyond it the largest number or none that is finite."""
    every = torch.arange(1 << 16, dtype=torch.int32).to(torch.int16).view(torch.bfloat16).float()
    codes = torch.arange(256, dtype=torch.int16).to(torch.uint8).view(dtype).float()
    codes = codes[codes.isfinite()].unique()
    ties = (codes[1:] + codes[:-1]) / 2
    x = torch.cat([every, ties, ties * (1 + 2.0**-20), ties * (1 - 2.0**-20)])
    wanted = x.to(dtype)
    inside = (x.abs() <= torch.finfo(dtype).max) | x.isnan()
    for saturate in (True, False):
        with np.errstate(all="ignore"):
            found = torch.from_numpy(c.to_fp8(x.numpy(), FORMATS[dtype], saturate=saturate).astype(np.uint8)).view(
                dtype
            )
        same = (found.view(torch.uint8) == wanted.view(torch.uint8)) | (found.float().isnan() & wanted.float().isnan())
        assert same[inside].all()
        if saturate:
            assert (found.float()[~inside].abs() == torch.finfo(dtype).max).all()
        else:
            assert not found.float()[x.abs() >= 2 * torch.finfo(dtype).max].isfinite().any()


@pytest.mark.parametrize("dtype", FORMATS)
def test_every_fp8_code_as_f32(dtype: torch.dtype) -> None:
    codes = torch.arange(256, dtype=torch.int16).to(torch.uint8)
    found = c.from_fp8(codes.numpy().astype(np.uint32), FORMATS[dtype])
    np.testing.assert_array_equal(found, codes.view(dtype).float().numpy())


@pytest.mark.parametrize("name", ["fp8", "bf8"])
@pytest.mark.parametrize("arch", ["gfx942", "gfx950"])
def test_conversions_to_fp8_write_one_half(arch: str, name: str) -> None:
    form = "e4m3fn" if name == "fp8" else "e5m2"
    dtype = getattr(torch, f"float8_{form.removesuffix('fn')}fnuz" if arch == "gfx942" else f"float8_{form}")
    bench = Bench(arch)
    x, y = (np.random.default_rng(i).normal(0, 20, bench.count).astype(np.float32) for i in (0, 1))
    bench.put(1, x.view(np.uint32))
    bench.put(2, y.view(np.uint32))
    low, high = (torch.from_numpy(v).to(dtype).view(torch.uint8).numpy().astype(np.uint32) for v in (x, y))
    scaled = ("v_cvt_scalef32_pk", ", 1.0") if arch == "gfx950" else ("v_cvt_pk", "")
    for op_sel, shift in (("", 0), (" op_sel:[0,0,0,1]" if arch == "gfx950" else " op_sel:[0,0,1]", 16)):
        bench.put(0, np.full(bench.count, 0x12345678, np.uint32))
        bench.run(f"{scaled[0]}_{name}_f32 v0, v1, v2{scaled[1]}{op_sel}")
        kept = np.uint32(0x12340000 if shift == 0 else 0x5678)
        assert (bench.get(0) == (kept | ((low | high << 8) << shift))).all()


@pytest.mark.parametrize("kind", ["bf16", "f16"])
def test_conversions_of_two_narrow_numbers_to_fp8(kind: str) -> None:
    bench, dtype = Bench("gfx950"), {"bf16": torch.bfloat16, "f16": torch.float16}[kind]
    x = torch.randn(bench.count, 2, generator=torch.Generator().manual_seed(0)).to(dtype)
    bench.put(1, x.view(torch.int32).numpy().view(np.uint32).reshape(-1))
    bench.run(f"v_cvt_scalef32_pk_fp8_{kind} v0, v1, 1.0")
    wanted = x.to(torch.float8_e4m3fn).view(torch.int16).numpy().view(np.uint16).reshape(-1)
    assert (bench.get(0) & 0xFFFF == wanted).all()


def test_a_signalling_nan_wins_in_ieee_mode_and_loses_to_a_number_without() -> None:
    bench = Bench()
    bench.put(1, np.full(bench.count, 0x7F800001, np.uint32))
    bench.put(2, np.full(bench.count, 0x3F800000, np.uint32))
    for opcode in ("v_max_f32", "v_min_f32"):
        bench.run(f"{opcode} v0, v1, v2")
        assert (bench.get(0) == 0x7FC00001).all()
    for opcode in ("v_max_num_f32", "v_min_num_f32"):
        bench.run(f"{opcode} v0, v1, v2")
        assert (bench.get(0) == 0x3F800000).all()


@pytest.mark.parametrize("classes", [1 << i for i in range(10)])
def test_classes_of_floats(classes: int) -> None:
    bench, x = Bench(), words(512, 32, 3)
    bench.put(1, x)
    bench.run(f"v_cmp_class_f32 s[4:5], v1, {classes:#x}")
    wanted = [o.is_of_class(v, int(b), classes) for v, b in zip(x.view(np.float32).tolist(), x, strict=True)]
    assert bench.get_mask(4).tolist() == wanted
