"""Packed and mixed arithmetic, against loops over lanes."""

from __future__ import annotations

import numpy as np
import pytest
from one_instruction import Bench, words

OLD = 0xABCD1234


@pytest.mark.parametrize("name", ["add", "mul", "fma"])
def test_packed_f32(name: str) -> None:
    bench = Bench("gfx942")
    x, y, z = np.random.default_rng(0).normal(0, 9, (3, bench.count, 2)).astype(np.float32)
    for register, pair in ((2, x), (4, y), (6, z)):
        for i in (0, 1):
            bench.put(register + i, pair[:, i].copy().view(np.uint32))
    third = ", v[6:7]" if name == "fma" else ""
    more = ",0" if third else ""
    bench.run(
        f"v_pk_{name}_f32 v[0:1], v[2:3], v[4:5]{third} op_sel:[1,0{more}] op_sel_hi:[0,0{more}] neg_hi:[1,0{more}]"
    )
    wide = [v.astype(np.float64) for v in (x, y, z)]
    compute = {"add": lambda a, b, c: a + b, "mul": lambda a, b, c: a * b, "fma": lambda a, b, c: a * b + c}[name]
    low, high = (compute(a, wide[1][:, 0], wide[2][:, 0]) for a in (wide[0][:, 1], -wide[0][:, 0]))
    assert (bench.get(0, np.float32) == low.astype(np.float32)).all()
    assert (bench.get(1, np.float32) == high.astype(np.float32)).all()
    bench.run("v_pk_mov_b32 v[0:1], v[2:3], v[4:5] op_sel:[1,0]")
    assert (bench.get(0, np.float32) == x[:, 1]).all() and (bench.get(1, np.float32) == y[:, 0]).all()


HALVES = {
    "add_u16": lambda x, y: x + y, "sub_u16": lambda x, y: x - y, "add_i16": lambda x, y: x + y,
    "sub_i16": lambda x, y: x - y, "mul_lo_u16": lambda x, y: x * y, "max_u16": max, "min_u16": min,
    "lshlrev_b16": lambda x, y: y << x % 16, "lshrrev_b16": lambda x, y: y >> x % 16,
    "max_i16": lambda x, y: max(x, y, key=lambda v: v ^ 0x8000),
    "min_i16": lambda x, y: min(x, y, key=lambda v: v ^ 0x8000),
    "ashrrev_i16": lambda x, y: (y - (y >> 15 << 16)) >> x % 16, "mad_u16": lambda x, y: x * y + x,
}  # fmt: skip


@pytest.mark.parametrize("name", HALVES)
def test_packed_integers(name: str) -> None:
    bench, x, y = Bench("gfx942"), words(512, 32, 1), words(512, 32, 2)
    bench.put(1, x)
    bench.put(2, y)
    third, more = (", v1", (",1", ",0")) if name == "mad_u16" else ("", ("", ""))
    bench.run(f"v_pk_{name} v0, v1, v2{third} op_sel:[1,0{more[0]}] op_sel_hi:[0,1{more[1]}]")
    for lane, found in enumerate(bench.get(0).tolist()):
        a, b = int(x[lane]), int(y[lane])
        low, high = HALVES[name](a >> 16, b & 0xFFFF), HALVES[name](a & 0xFFFF, b >> 16)
        assert found == (low & 0xFFFF) | (high & 0xFFFF) << 16


@pytest.mark.parametrize("name", ["add", "mul", "fma", "max", "min", "max_num", "min_num"])
def test_packed_f16(name: str) -> None:
    bench = Bench("gfx942")
    x, y = np.random.default_rng(0).normal(0, 9, (2, bench.count, 2)).astype(np.float16)
    for register, pair in ((1, x), (2, y)):
        bench.put(register, pair.view(np.uint32).reshape(-1))
    bench.run(f"v_pk_{name}_f16 v0, v1, v2{', v1' if name == 'fma' else ''}")
    a, b = x.astype(np.float64), y.astype(np.float64)
    results = {"add": a + b, "mul": a * b, "fma": a * b + a, "max": np.maximum(a, b), "min": np.minimum(a, b)}
    wanted = results[name.removesuffix("_num")].astype(np.float16)
    assert (bench.get(0).view(np.float16).reshape(-1, 2) == wanted).all()


def test_mixed_precision() -> None:
    bench = Bench("gfx942")
    x = np.random.default_rng(0).normal(0, 9, (bench.count, 2)).astype(np.float16)
    y = np.random.default_rng(1).normal(0, 9, bench.count).astype(np.float32)
    bench.put(0, np.full(bench.count, OLD, np.uint32))
    bench.put(1, x.view(np.uint32).reshape(-1))
    bench.put(2, y.view(np.uint32))
    wide = x[:, 1].astype(np.float64) * y + x[:, 0]
    bench.run("v_fma_mixlo_f16 v0, v1, v2, v1 op_sel:[1,0,0] op_sel_hi:[1,0,1]")
    half = wide.astype(np.float32).astype(np.float16).view(np.uint16).astype(np.uint32)
    assert (bench.get(0) == (half | OLD & 0xFFFF0000)).all()
    bench.run("v_fma_mixhi_f16 v0, v1, v2, v1 op_sel:[1,0,0] op_sel_hi:[1,0,1]")
    assert (bench.get(0) >> 16 == half).all()
    bench.run("v_fma_mix_f32 v0, v1, -v2, v1 op_sel:[1,0,0] op_sel_hi:[1,0,1]")
    assert (bench.get(0, np.float32) == (x[:, 0] - x[:, 1].astype(np.float64) * y).astype(np.float32)).all()


@pytest.mark.parametrize("name", ["maximum3", "minimum3"])
def test_packed_f16_of_three_with_nan(name: str) -> None:
    bench = Bench("gfx950")
    x = np.random.default_rng(0).normal(0, 9, (3, bench.count, 2)).astype(np.float16)
    x[0, :9], x[1, 9:20] = np.nan, np.nan
    for register, pair in enumerate(x, 1):
        bench.put(register, pair.copy().view(np.uint32).reshape(-1))
    bench.run(f"v_pk_{name}_f16 v0, v1, v2, v3")
    wanted = x.max(0) if name == "maximum3" else x.min(0)
    np.testing.assert_array_equal(bench.get(0).view(np.float16).reshape(-1, 2), wanted)


def test_packed_differences_that_are_clamped() -> None:
    bench, x = Bench(), words(512, 32, 1)
    bench.put(1, x)
    bench.run("v_pk_sub_u16 v0, v1, 0x70 op_sel_hi:[1,0] clamp")
    halves = x.view(np.uint16).astype(int)
    assert (bench.get(0).view(np.uint16) == np.maximum(halves - 0x70, 0)).all()


def test_dot_products_of_bf16() -> None:
    bench = Bench("gfx1201", waves=16)
    x, y = (np.random.default_rng(i).normal(0, 9, (512, 2)).astype(np.float32) for i in (0, 1))
    bits = [v.view(np.uint32) >> 16 for v in (x, y)]
    for register, half in enumerate(bits, 1):
        bench.put(register, half[:, 0] | (half[:, 1] << np.uint32(16)))
    bench.put(0, np.full(512, OLD, np.uint32))
    bench.run("v_dot2_bf16_bf16 v0, v1, v2, 0")
    a, b = ((half << np.uint32(16)).view(np.float32).astype(float) for half in bits)
    wanted = (a * b).sum(1).astype(np.float32).view(np.uint32).astype(np.uint64)
    wanted = (wanted + 0x7FFF + (wanted >> np.uint64(16) & np.uint64(1))) >> np.uint64(16)
    assert (bench.get(0) == (wanted.astype(np.uint32) | np.uint32(OLD & 0xFFFF0000))).all()
