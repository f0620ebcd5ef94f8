"""Movement between lanes, parts of registers and packed arithmetic, against loops over lanes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from one_instruction import Bench, words

from irfuse.emulate.operands import EXEC

WAVES = {"gfx942": 64, "gfx1201": 32}
OLD = 0xABCD1234
DPP: dict[str, Callable[[int, int], int | None]] = {
    "quad_perm:[3,0,2,1]": lambda i, n: i - i % 4 + (3, 0, 2, 1)[i % 4],
    "row_shl:3": lambda i, n: i + 3 if i % 16 < 13 else None,
    "row_shr:5": lambda i, n: i - 5 if i % 16 > 4 else None,
    "row_ror:6": lambda i, n: i - i % 16 + (i % 16 - 6) % 16,
    "row_mirror": lambda i, n: i - i % 16 + 15 - i % 16,
    "row_half_mirror": lambda i, n: i - i % 8 + 7 - i % 8,
    "row_share:9": lambda i, n: i - i % 16 + 9,
    "row_newbcast:9": lambda i, n: i - i % 16 + 9,
    "row_xmask:5": lambda i, n: i ^ 5,
    "row_bcast:15": lambda i, n: i - i % 16 - 1 if i >= 16 else None,
    "row_bcast:31": lambda i, n: 31 if i >= 32 else None,
    "wave_shl:1": lambda i, n: i + 1 if i + 1 < n else None,
    "wave_shr:1": lambda i, n: i - 1 if i else None,
    "wave_rol:1": lambda i, n: (i + 1) % n,
    "wave_ror:1": lambda i, n: (i - 1) % n,
}


def filled(arch: str, seed: int) -> tuple[Bench, np.ndarray, np.ndarray]:
    """A bench with v0 old, v1 random, and the lanes that run; v1 and those as [waves, lanes]."""
    bench = Bench(arch, waves=4)
    values = words(bench.count, 32, seed)
    bench.put(0, np.full(bench.count, OLD, np.uint32))
    bench.put(1, values)
    active = words(bench.count, 32, seed + 1) % 3 != 0
    bench.put_mask(EXEC, active)
    return bench, values.reshape(4, -1), active.reshape(4, -1)


@pytest.mark.parametrize("masks", ["row_mask:0xf bank_mask:0xf", "row_mask:0xa bank_mask:0x6"])
@pytest.mark.parametrize("bound", ["", " bound_ctrl:1", " fi:1"])
@pytest.mark.parametrize("arch", WAVES)
@pytest.mark.parametrize("control", DPP)
def test_dpp(control: str, arch: str, bound: str, masks: str) -> None:
    bench, values, active = filled(arch, 5)
    bench.run(f"v_mov_b32_dpp v0, v1 {control} {masks}{bound}")
    rows, banks = (15, 15) if "0xf" in masks else (10, 6)
    wanted = np.full_like(values, OLD)
    for wave in range(4):
        for lane in range(WAVES[arch]):
            source = DPP[control](lane, WAVES[arch])
            valid = source is not None and (active[wave, source] or "fi" in bound)
            enabled = rows >> (lane // 16) & banks >> (lane % 16 // 4) & 1
            if active[wave, lane] and enabled and (valid or "bound" in bound):
                wanted[wave, lane] = values[wave, source] if valid else 0
    assert (bench.get(0).reshape(wanted.shape) == wanted).all()


def test_accumulation_registers_are_others_than_the_vector_registers() -> None:
    bench = Bench("gfx942", registers=260)
    values = words(bench.count, 32, 7)
    bench.put(0, values)
    bench.put(1, values + np.uint32(1))
    for text in ("write_b32 a2, v0", "mov_b32 a3, a2", "read_b32 v3, a3", "write_b32 a1, v1", "read_b32 v2, a1"):
        bench.run(f"v_accvgpr_{text}")
    assert (bench.get(3) == values).all() and (bench.get(2) == values + np.uint32(1)).all()
    assert (bench.get(1) == values + np.uint32(1)).all()


def test_dpp_of_arithmetic() -> None:
    bench = Bench("gfx942")
    x, y = (np.random.default_rng(i).normal(0, 1, bench.count).astype(np.float32) for i in (0, 1))
    bench.put(1, x.view(np.uint32))
    bench.put(2, y.view(np.uint32))
    bench.run("v_sub_f32_dpp v0, v1, v2 row_ror:8 row_mask:0xf bank_mask:0xf")
    moved = np.array([x[i - i % 16 + (i % 16 - 8) % 16] for i in range(bench.count)])
    assert (bench.get(0, np.float32) == moved - y).all()


@pytest.mark.parametrize("opcode", ["v_permlane16_b32", "v_permlanex16_b32"])
@pytest.mark.parametrize("op_sel", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_permlane16(opcode: str, op_sel: tuple[int, int]) -> None:
    bench, values, active = filled("gfx1100", 11)
    bench.run(f"{opcode} v0, v1, 0x76543210, 0xfedc0123 op_sel:[{op_sel[0]},{op_sel[1]}]")
    wanted = np.full_like(values, OLD)
    for wave in range(4):
        for lane in range(32):
            place = 0xFEDC012376543210 >> 4 * (lane % 16) & 15
            source = place + (lane - lane % 16 ^ (16 if "x16" in opcode else 0))
            valid = active[wave, source] or op_sel[0]
            if active[wave, lane] and (valid or op_sel[1]):
                wanted[wave, lane] = values[wave, source] if valid else 0
    assert (bench.get(0).reshape(wanted.shape) == wanted).all()


@pytest.mark.parametrize("width", [16, 32])
def test_swaps_of_rows(width: int) -> None:
    bench, x = Bench("gfx950"), words(512, 32, 1)
    y = words(512, 32, 2)
    bench.put(0, x)
    bench.put(1, y)
    bench.run(f"v_permlane{width}_swap_b32_e32 v0, v1")
    for i in range(512):
        is_odd = i // width % 2
        assert bench.get(0)[i] == (y[i - width] if is_odd else x[i])
        assert bench.get(1)[i] == (y[i] if is_odd else x[i + width])


@pytest.mark.parametrize("arch", WAVES)
def test_bpermute_and_swizzles(arch: str) -> None:
    bench, values, active = filled(arch, 21)
    lanes = WAVES[arch]
    address = words(bench.count, 32, 4)
    bench.put(2, address)
    swizzles = {
        "swizzle(SWAP,16)": lambda i: i ^ 16,
        "swizzle(REVERSE,8)": lambda i: i ^ 7,
        "swizzle(BROADCAST,4,1)": lambda i: i - i % 4 + 1,
        "0x1c03": lambda i: i // 32 * 32 + (i % 32 & 3 ^ 7),
    }
    moves = {f"ds_swizzle_b32 v0, v1 offset:{text}": f for text, f in swizzles.items()}
    for text in ("ds_bpermute_b32 v0, v2, v1 offset:8", *moves):
        bench.put(0, np.full(bench.count, OLD, np.uint32))
        bench.run(text)
        for wave in range(4):
            for lane in np.flatnonzero(active[wave]):
                at = address.reshape(4, -1)[wave, lane]
                source = moves[text](lane) if text in moves else (int(at) + 8) % 2**32 // 4 % lanes
                wanted = values[wave, source] if active[wave, source] else 0
                assert bench.get(0).reshape(4, -1)[wave, lane] == wanted, (text, lane)


def test_lanes_and_scalars() -> None:
    bench, values, active = filled("gfx942", 31)
    bench.run("v_readfirstlane_b32 s2, v1")
    assert bench.get_scalar(2).tolist() == [values[w, np.flatnonzero(active[w])[0]] for w in range(4)]
    bench.run("v_readlane_b32 s2, v1, 63")
    assert bench.get_scalar(2).tolist() == values[:, 63].tolist()
    bench.run("v_writelane_b32 v0, s2, 5")
    wanted = np.full_like(values, OLD)
    wanted[:, 5] = values[:, 63]
    assert (bench.get(0).reshape(4, -1) == wanted).all()


SDWA_PARTS = {"DWORD": (0, 32), "BYTE_0": (0, 8), "BYTE_3": (24, 8), "WORD_0": (0, 16), "WORD_1": (16, 16)}


@pytest.mark.parametrize("unused", ["UNUSED_PAD", "UNUSED_PRESERVE"])
@pytest.mark.parametrize("target", SDWA_PARTS)
@pytest.mark.parametrize("source", SDWA_PARTS)
def test_sdwa(source: str, target: str, unused: str) -> None:
    bench, x, y = Bench("gfx942"), words(512, 32, 1), words(512, 32, 2)
    bench.put(0, np.full(512, OLD, np.uint32))
    bench.put(1, x)
    bench.put(2, y)
    bench.run(f"v_or_b32_sdwa v0, v1, v2 dst_sel:{target} dst_unused:{unused} src0_sel:{source} src1_sel:BYTE_1")
    (low, width), (at, size) = SDWA_PARTS[source], SDWA_PARTS[target]
    for lane, found in enumerate(bench.get(0).tolist()):
        made = int(x[lane]) >> low & ((1 << width) - 1) | int(y[lane]) >> 8 & 255
        mask = ((1 << size) - 1) << at
        assert found == (made << at & mask) | (OLD & ~mask if "PRES" in unused else 0)


def test_sign_extension_and_comparison_by_sdwa() -> None:
    bench, x, y = Bench("gfx942"), words(512, 32, 1), words(512, 32, 2)
    bench.put(1, x)
    bench.put(2, y)
    bench.run("v_add_u32_sdwa v0, sext(v1), v2 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1 src1_sel:DWORD")
    signed = (x >> 16).astype(np.int16).astype(np.int32).view(np.uint32)
    assert (bench.get(0) == signed + y).all()
    bench.run("v_cmp_lt_u32_sdwa s[4:5], v1, v2 src0_sel:BYTE_0 src1_sel:BYTE_3")
    assert (bench.get_mask(4) == ((x & 255) < (y >> 24))).all()


@pytest.mark.parametrize("table", [0x40, 0x96, 0xEC])
def test_truth_tables(table: int) -> None:
    bench, x, y, z = Bench("gfx950"), *(words(512, 32, i) for i in range(3))
    for register, v in enumerate((x, y, z), 1):
        bench.put(register, v)
    bench.run(f"v_bitop3_b32 v0, v1, v2, v3 bitop3:{table:#x}")
    for lane, found in enumerate(bench.get(0).tolist()):
        bits = [(int(x[lane]) >> i & 1) * 4 + (int(y[lane]) >> i & 1) * 2 + (int(z[lane]) >> i & 1) for i in range(32)]
        assert found == sum((table >> b & 1) << i for i, b in enumerate(bits))
    bench.run(f"v_bitop3_b16 v0, v1, v2, v3 bitop3:{table:#x}")


def test_halves_of_registers() -> None:
    bench, x = Bench("gfx1100"), words(256, 32, 1)
    bench.put(0, np.full(256, OLD, np.uint32))
    bench.put(1, x)
    bench.run("v_add_nc_u16 v0, v1, 3 op_sel:[1,0,1]")
    assert (bench.get(0) == (((x >> 16) + 3 & 0xFFFF) << 16 | OLD & 0xFFFF)).all()
    bench.run("v_mov_b16_e32 v0.l, v1.h")
    assert (bench.get(0) & 0xFFFF == x >> 16).all()
    old = Bench("gfx942")
    old.put(0, np.full(512, OLD, np.uint32))
    old.put(1, words(512, 32, 1))
    old.run("v_add_u16_e32 v0, 3, v1")
    assert (old.get(0) == (old.get(1) + 3 & 0xFFFF)).all()


def test_modifiers_of_sources_and_results() -> None:
    bench, x = Bench("gfx942"), np.random.default_rng(0).normal(0, 1, 512).astype(np.float32)
    bench.put(1, x.view(np.uint32))
    bench.run("v_add_f32_e64 v0, -|v1|, neg(1.0) clamp")
    assert (bench.get(0) == 0).all()
    bench.run("v_add_f32_e64 v0, |v1|, 0.5 clamp")
    assert (bench.get(0, np.float32) == np.minimum(np.abs(x) + np.float32(0.5), 1)).all()
    bench.run("v_sub_u32_e64 v0, 5, v1 clamp")
    assert (bench.get(0) == np.maximum(5 - x.view(np.uint32).astype(np.int64), 0)).all()


def test_dual_instructions_read_before_either_writes() -> None:
    bench, x, y = Bench("gfx1100"), words(256, 32, 1), words(256, 32, 2)
    bench.put(1, x)
    bench.put(2, y)
    bench.run("v_dual_mov_b32 v1, v2 :: v_dual_mov_b32 v2, v1")
    assert (bench.get(1) == y).all() and (bench.get(2) == x).all()
