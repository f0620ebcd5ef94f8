"""Loads and stores of every width, to buffers, LDS and scratch, and scalar loads."""

from __future__ import annotations

import numpy as np
import pytest
from one_instruction import Bench, words

from irfuse.emulate.transfers import LOADS, STORES

NAMES = {"dword": "b32", "dwordx2": "b64", "dwordx3": "b96", "dwordx4": "b128"}


def range_of(register: int, size: int) -> str:
    """A register, or as many as hold ``size`` bytes."""
    count = max(size // 4, 1)
    return f"v{register}" if count == 1 else f"v[{register}:{register + count - 1}]"


def loaded(octets: list[int], name: str, old: int) -> list[int]:
    """The registers after a load of these bytes."""
    about = LOADS[name]
    number = int.from_bytes(bytes(octets), "little", signed=about.is_signed)
    if about.half:
        keep = old & (0xFFFF0000 if about.half == "l" else 0xFFFF)
        return [keep | (number & 0xFFFF) << (16 if about.half == "h" else 0)]
    return [number >> 32 * i & 0xFFFFFFFF for i in range(max(about.size // 4, 1))]


@pytest.fixture
def bench() -> Bench:
    return Bench("gfx942", waves=2)


def put_buffer(bench: Bench, size: int = 8192) -> np.ndarray:
    """A buffer of random bytes: its address in s[0:1], a descriptor in s[4:7], byte offsets of lanes in v1, v[2:3]."""
    contents = words(size // 4, 32, 9).view(np.uint8)
    address = bench.memory.add("x", contents)
    offsets = (np.random.default_rng(1).permutation(bench.count) * 16 + 4).astype(np.uint32)
    bench.put(1, offsets)
    bench.put(2, offsets.astype(np.uint64) + np.uint64(address))
    for register, word in ((0, address & 0xFFFFFFFF), (1, address >> 32), (4, address & 0xFFFFFFFF), (5, address >> 32),
                           (6, size), (7, 0x27000), (8, 12)):  # fmt: skip
        bench.put_scalar(register, np.full(2, word, np.uint32))
    return contents


@pytest.mark.parametrize("form", ["global_load_{0} {1}, v[2:3], off offset:-4",
                                  "global_load_{0} {1}, v1, s[0:1] offset:8",
                                  "buffer_load_{0} {1}, v1, s[4:7], s8 offen offset:16 nt"])  # fmt: skip
@pytest.mark.parametrize("name", LOADS)
def test_loads(bench: Bench, name: str, form: str) -> None:
    contents = put_buffer(bench)
    for i in range(4):
        bench.put(10 + i, np.full(bench.count, 0xABCD1234, np.uint32))
    bench.run(form.format(name, range_of(10, LOADS[name].size)))
    shift = -4 if "off " in form else 8 if "s[0:1]" in form else 28
    for lane, at in enumerate(bench.get(1).tolist()):
        octets = contents[at + shift : at + shift + LOADS[name].size].tolist()
        wanted = loaded(octets, name, 0xABCD1234)
        assert [int(bench.get(10 + i)[lane]) for i in range(len(wanted))] == wanted


@pytest.mark.parametrize("form", ["global_store_{0} v[2:3], {1}, off", "global_store_{0} v1, {1}, s[0:1]",
                                  "buffer_store_{0} {1}, v1, s[4:7], 0 offen"])  # fmt: skip
@pytest.mark.parametrize("name", STORES)
def test_stores(bench: Bench, name: str, form: str) -> None:
    contents = put_buffer(bench)
    wanted, size = contents.copy(), STORES[name].size
    for i in range(4):
        bench.put(10 + i, words(bench.count, 32, 40 + i))
    bench.run(form.format(name, range_of(10, size)))
    for lane, at in enumerate(bench.get(1).tolist()):
        row = b"".join(int(bench.get(10 + i)[lane]).to_bytes(4, "little") for i in range(4))
        first = 2 if STORES[name].half == "h" else 0
        wanted[at : at + size] = list(row[first : first + size])
    assert (contents == wanted).all()
    assert int(bench.memory.buffers[0].written.sum()) == bench.count * size


@pytest.mark.parametrize("name", LOADS)
def test_lds(bench: Bench, name: str) -> None:
    """Every lane stores 16 bytes by stores of one byte, and loads some of them."""
    address = np.tile(np.random.default_rng(1).permutation(63).repeat(1), 3)[: bench.count] % 63 * 16
    bench.put(1, address.astype(np.uint32))
    for byte in range(16):
        value = (address // 16 * 37 + byte * 11 & 0xFF).astype(np.uint32)
        bench.put(2, value)
        bench.run(f"ds_write_b8 v1, v2 offset:{byte}")
    for i in range(4):
        bench.put(10 + i, np.full(bench.count, 0xABCD1234, np.uint32))
    bench.run(f"ds_read_{name} {range_of(10, LOADS[name].size)}, v1")
    for lane, at in enumerate(address.tolist()):
        octets = [at // 16 * 37 + byte * 11 & 0xFF for byte in range(LOADS[name].size)]
        wanted = loaded(octets, name, 0xABCD1234)
        assert [int(bench.get(10 + i)[lane]) for i in range(len(wanted))] == wanted


@pytest.mark.parametrize("form", ["2_b{}", "2st64_b{}", "_2addr_b{}", "_2addr_stride64_b{}"])
@pytest.mark.parametrize("width", [32, 64])
def test_pairs_in_lds(width: int, form: str) -> None:
    bench = Bench("gfx942" if form[0] == "2" else "gfx1100", waves=1)
    store, load = ("write", "read") if form[0] == "2" else ("store", "load")
    step = width // 8 * (64 if "64_" in form else 1)
    address = np.zeros(bench.count, np.uint32)
    address[:] = 8
    bench.put(1, address)
    bench.state.active[:, 1:] = False
    numbers = [words(bench.count, width, i) for i in (1, 2)]
    bench.put(2, numbers[0])
    bench.put(4, numbers[1])
    parts = ("v2", "v4", "v[6:7]") if width == 32 else ("v[2:3]", "v[4:5]", "v[6:9]")
    bench.run(f"ds_{store}{form.format(width)} v1, {parts[0]}, {parts[1]} offset0:1")
    bench.run(f"ds_{load}{form.format(width)} {parts[2]}, v1 offset1:1")
    kind = numbers[0].dtype
    assert bench.get(6, kind)[0] == numbers[1][0] and bench.get(6 + width // 32, kind)[0] == numbers[0][0]
    assert bench.context.lds.bytes[0, 8 + step : 8 + step + width // 8].view(kind)[0] == numbers[0][0]


def test_what_a_descriptor_excludes_is_zero_and_not_written(bench: Bench) -> None:
    contents = put_buffer(bench)
    before = contents.copy()
    offsets = bench.get(1)
    offsets[::2] = 0x80000000
    bench.put(1, offsets)
    bench.run("buffer_load_dword v10, v1, s[4:7], 0 offen")
    assert (bench.get(10)[::2] == 0).all()
    assert (bench.get(10)[1::2] == [before[o : o + 4].view(np.uint32)[0] for o in offsets[1::2]]).all()
    bench.put(10, np.zeros(bench.count, np.uint32))
    bench.run("buffer_store_dword v10, v1, s[4:7], 0 offen")
    assert int(bench.memory.buffers[0].written.sum()) == 4 * (bench.count // 2)


@pytest.mark.parametrize("name", ["dword", "dwordx2", "dwordx4", "dwordx8", "dwordx16", "b96", "u8", "u16"])
def test_scalar_loads(bench: Bench, name: str) -> None:
    contents = put_buffer(bench)
    size = {"dword": 4, "dwordx2": 8, "dwordx4": 16, "dwordx8": 32, "dwordx16": 64, "b96": 12, "u8": 1, "u16": 2}[name]
    count = max(size // 4, 1)
    target = "s20" if count == 1 else f"s[20:{19 + count}]"
    for offset, at in (("0x14", 20), ("s8", 12)):
        bench.run(f"s_load_{name} {target}, s[0:1], {offset}")
        wanted = np.frombuffer(contents[at : at + size].tobytes().ljust(4, b"\0"), np.uint32)
        assert [int(bench.get_scalar(20 + i)[1]) for i in range(count)] == wanted.tolist()


def test_scratch_keeps_what_lanes_store(bench: Bench) -> None:
    first, second = words(bench.count, 32, 1), words(bench.count, 32, 2)
    bench.put(2, first)
    bench.put(3, second)
    bench.put_scalar(5, np.full(2, 4, np.uint32))
    bench.run("scratch_store_dwordx2 off, v[2:3], s5 offset:4")
    bench.run("scratch_load_dword v4, off, off offset:12")
    bench.run("scratch_load_dword v5, off, s5 offset:4")
    assert (bench.get(4) == second).all() and (bench.get(5) == first).all()
