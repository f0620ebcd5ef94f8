"""Atomic changes of memory and LDS, one lane after another, and the races that they do not make."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from one_instruction import Bench, words
from test_emulate_checks import run

from irfuse.emulate import errors
from irfuse.emulate.atomics import MEMORY

CHANGES = {
    "add": lambda old, x: old + x, "sub": lambda old, x: old - x, "and": lambda old, x: old & x,
    "or": lambda old, x: old | x, "xor": lambda old, x: old ^ x, "swap": lambda old, x: x,
    "umax": max, "umin": min, "inc": lambda old, x: 0 if old >= x else old + 1,
    "dec": lambda old, x: x if old == 0 or old > x else old - 1,
    "smax": lambda old, x: max(old, x, key=lambda v: v ^ 1 << 31),
    "smin": lambda old, x: min(old, x, key=lambda v: v ^ 1 << 31),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_atomics_on_memory_go_one_after_another(name: str) -> None:
    bench, contents = Bench(waves=2), words(8, 32, 5)
    address = bench.memory.add("x", contents.view(np.uint8))
    bench.put(2, address + (np.arange(128) % 8 * 4).astype(np.uint64))
    bench.put(4, words(128, 32, 6))
    state = [int(v) for v in contents]
    found = []
    for lane, x in enumerate(bench.get(4).tolist()):
        found.append(state[lane % 8])
        state[lane % 8] = CHANGES[name](state[lane % 8], x) & 0xFFFFFFFF
    bench.run(f"global_atomic_{name} v0, v[2:3], v4, off sc0")
    assert contents.tolist() == state and bench.get(0).tolist() == found


def test_names_of_architectures_agree() -> None:
    assert MEMORY["smax_x2"] == MEMORY["max_i64"] and MEMORY["cmpswap"] == MEMORY["cmpswap_b32"]
    assert MEMORY["add_f64"].size == 8 and MEMORY["pk_add_bf16"].size == 4


@pytest.mark.parametrize("kind", ["f16", "bf16"])
def test_sums_of_two_narrow_floats(kind: str) -> None:
    bench, dtype = Bench(waves=1), torch.float16 if kind == "f16" else torch.bfloat16
    x, y = (torch.randn(64, 2, generator=torch.Generator().manual_seed(i)).to(dtype) for i in (0, 1))
    wanted, contents = x + y, x.clone().view(torch.uint8).numpy().reshape(-1)
    address = bench.memory.add("x", contents)
    bench.put(2, address + np.arange(64, dtype=np.uint64) * np.uint64(4))
    bench.put(4, y.view(torch.int32).numpy().view(np.uint32).reshape(-1))
    bench.run(f"global_atomic_pk_add_{kind} v[2:3], v4, off")
    assert contents.tobytes() == wanted.view(torch.uint8).numpy().tobytes()


def test_compare_and_swap() -> None:
    bench, contents = Bench(waves=1), np.zeros(1, np.uint32)
    address = bench.memory.add("x", contents.view(np.uint8))
    bench.put(2, np.full(64, address, np.uint64))
    bench.put(4, np.arange(1, 65, dtype=np.uint32))
    bench.put(5, np.arange(64, dtype=np.uint32))
    bench.run("global_atomic_cmpswap v0, v[2:3], v[4:5], off sc0")
    assert contents[0] == 64 and bench.get(0).tolist() == list(range(64))


COUNT = "v_mov_b32_e32 v2, 0; v_mov_b32_e32 v3, 1; {0}ds_add_u32 v2, v3; {1}s_endpgm"


def test_atomics_race_with_other_accesses_only() -> None:
    zero = "ds_write_b32 v2, v2; "
    run(COUNT.format("", ""), warps=4)
    run(COUNT.format(zero + "s_barrier; ", "s_barrier; ds_read_b32 v4, v2; "), warps=4)
    with pytest.raises(errors.DataRaceError, match="races with a write by another wave"):
        run(COUNT.format(zero, ""), warps=2, checks=None)
    with pytest.raises(errors.DataRaceError, match="read of LDS byte 0 by wave"):
        run(COUNT.format(zero + "s_barrier; ", "ds_read_b32 v4, v2; "), warps=2)


def test_counts_in_lds_are_returned() -> None:
    out = torch.zeros(256, dtype=torch.int32)
    body = COUNT.format("ds_write_b32 v2, v2; s_barrier; ", "").replace("ds_add_u32", "ds_add_rtn_u32 v5,")
    run(body.replace("s_endpgm", "global_store_dword v1, v5, s[4:5]; s_endpgm"), warps=4, out=out)
    assert sorted(out.tolist()) == list(range(256))


def test_atomics_out_of_bounds_and_of_what_was_never_written() -> None:
    with pytest.raises(errors.OutOfBoundsError, match="atomic write of 4 bytes at argument 0-16"):
        run("global_atomic_add v1, v0, s[4:5] offset:-16; s_endpgm")
    with pytest.raises(errors.UndefinedUseError, match="what is stored"):
        run("global_atomic_add v1, v9, s[4:5]; s_endpgm")
    with pytest.raises(errors.OutOfBoundsError, match="cannot be written"):
        run("v_mov_b32_e32 v1, 0; global_atomic_add v1, v0, s[0:1]; s_endpgm")
