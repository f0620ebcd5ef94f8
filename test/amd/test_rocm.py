"""The speed of kernels on AMD GPUs as far as it can be known without one: gates on what benchmarks/rocm.py says.

Nothing in memory but what must be, wide accesses, fp8 by hardware, few instructions, and memory as the limit on both
chips, where a naive kernel has arithmetic. Each architecture has a process of its own; the emulator executes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from irfuse.amd.evidence import EmulatedLaunch
from irfuse.amd.roofline import CHIPS, Evidence, chip_named
from irfuse.amd.usage import Usage, cycles, cycles_of, waves
from irfuse.errors import UnknownChipError
from irfuse.kernel.architectures import Arch, keeps_first_arch
from irfuse.kernel.configs import Config, Entry, Work, config_for, table_of
from irfuse.runtime.compile_kernel import compile_kernel
from irfuse.runtime.gpu_rules import GpuRules

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ARCHS = ("gfx942", "gfx950")
of_newer_compilers = pytest.mark.skipif(
    keeps_first_arch(), reason="the compiler of Triton 3.6 takes up to 2 % more of a kernel's arithmetic"
)
HEADLINE = "gated H=32 D=G=128"
BUDGETS = {
    HEADLINE: (55, 47),
    "gated H=16 D=192 G=64": (82, 70),
    "gated H=32 D=128 per token": (2030, 1660),
    "gate first, norm_group=1024 G=128": (480, 410),
    "transformers, gated H=32 D=G=128": (68, 60),
    "sigmoid, gated H=32 D=G=128": (53, 46),
    "norm N=4096 per token": (1770, 1390),
    "norm N=8192 per token": (3650, 2880),
    "add_norm N=7168 G=128": (3660, 2420),
    "silu_mul N=4096 G=128": (51, 41),
}
"""Instructions that a row may execute on each architecture, about a fourteenth above what it took when written."""
OTHER_GATED = (
    "gated, strided z",
    "gated H=32 D=64 G=128",
    "gated H=32 D=64 G=64",
    "gated H=32 D=128 G=64",
    "gated H=16 D=256 G=128",
    "gated H=16 D=256 G=64",
)
"""The other gated chains but those whose kernel is that of the headline."""
EIGHT_TO_A_LANE = {"gated H=16 D=192 G=64", "add_norm N=7168 G=128"}
"""Chains whose kernels have 8 columns of a chunk in a lane, which are 8 bytes of codes."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What benchmarks/rocm.py says of the kernels, by architecture and chain, and what it prints."""
    folder = tmp_path_factory.mktemp("rocm")
    command = [sys.executable, BENCHMARKS / "rocm.py", "--only", *BUDGETS, *OTHER_GATED, "--json", folder / "rocm.json"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    said = json.loads((folder / "rocm.json").read_text())
    return {arch: {row["chain"]: row for row in said[arch]} for arch in ARCHS} | {"printed": printed}


@pytest.fixture
def rocm(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The modules of the benchmark."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import rocm

    return rocm


@pytest.mark.parametrize("chain", BUDGETS)
@pytest.mark.parametrize("arch", ARCHS)
def test_the_assembly_of_a_kernel(found: dict[str, Any], arch: str, chain: str) -> None:
    row = found[arch][chain]
    usage, config = row["usage"], row["config"]
    assert usage["spills"] == usage["scratch"] == 0
    assert {width for name, width in usage["widths"].items() if name.startswith("x")} == {16}
    assert usage["widths"]["y0"] == (8 if chain in EIGHT_TO_A_LANE else 16)
    assert "?" not in usage["widths"]
    entries = config["rows"] * row["work"][0] / (64 * config["num_warps"])
    assert usage["converts"] == entries / 2
    assert usage["waves"] >= (3 if chain.startswith("add_norm") else 5)


@pytest.mark.parametrize("chain", BUDGETS)
@pytest.mark.parametrize("arch", ARCHS)
def test_instructions_of_a_row(found: dict[str, Any], arch: str, chain: str) -> None:
    assert found[arch][chain]["instructions_per_row"] <= BUDGETS[chain][ARCHS.index(arch)]


@of_newer_compilers
@pytest.mark.parametrize("chain", [*BUDGETS, *OTHER_GATED])
@pytest.mark.parametrize("arch", ARCHS)
def test_memory_is_the_limit(found: dict[str, Any], arch: str, chain: str) -> None:
    row = found[arch][chain]
    assert row["arithmetic"] <= 1 and (row["bound"], row["share"]) == ("memory", 1.0)


@of_newer_compilers
@pytest.mark.parametrize("arch", ARCHS)
def test_the_arithmetic_of_the_naive_kernel_is_its_limit(found: dict[str, Any], arch: str) -> None:
    """At 40 to 66 % of the memory limit, the most by Triton 3.8; it moves as many bytes as irfuse's."""
    naive, ours = found[arch][f"naive, {HEADLINE}"], found[arch][HEADLINE]
    assert naive["bound"] == "arithmetic" and 0.40 <= naive["share"] <= 0.66
    assert naive["bytes_per_row"] == ours["bytes_per_row"] == 644
    assert naive["cycles_per_row"] > 2 * ours["cycles_per_row"]


@pytest.mark.parametrize("arch", ARCHS)
def test_what_is_executed_is_what_there_is(found: dict[str, Any], arch: str) -> None:
    """These kernels have no loops: all vector instructions run once, none more often than there are waves."""
    row = found[arch][HEADLINE]
    assert row["cycles_per_row"] * row["config"]["rows"] == row["usage"]["cycles"]
    assert max(row["executed"].values()) < row["usage"]["instructions"] * row["programs"]


@pytest.mark.parametrize("arch", ARCHS)
def test_waves_are_those_that_the_compiler_counts(found: dict[str, Any], arch: str) -> None:
    usages = [row["usage"] for row in found[arch].values()]
    assert [usage["waves"] for usage in usages] == [usage["waves_said"] for usage in usages]


@pytest.mark.parametrize("arch", ARCHS)
def test_kernels_have_the_configurations_of_the_launch_table(found: dict[str, Any], arch: str) -> None:
    for row in found[arch].values():
        if row["work"] is not None:
            config = Config(**row["config"])
            assert config == config_for(Work(*row["work"]), arch, 64)
            assert Entry(Work(*row["work"]), config) in table_of(arch)


def test_the_printed_table(found: dict[str, Any]) -> None:
    for arch in ARCHS:
        assert f"## {arch}\n\n| chain | rows x waves | VGPRs |" in found["printed"]
    for chain in (*BUDGETS, f"naive, {HEADLINE}"):
        assert found["printed"].count(f"| {chain} |") == len(ARCHS)


@pytest.mark.parametrize("arch", ARCHS)
def test_the_bytes_of_the_headline_are_those_of_torch(rocm: Any, arch: str) -> None:
    """All scales of 3072 rows and all codes but one or two, where the last bit of a sum or of rsqrt shows."""
    chain = next(c for c in rocm.chains.CHAINS if c.name == HEADLINE)
    ((_, call, _),) = rocm.calls_for(arch, [HEADLINE])
    compiled = compile_kernel(call.kernel, Arch.of(arch), config_for(call.kernel.only.work, arch, 64), within_2gb=True)
    differing = [0, 0]
    for seed in range(12):
        inputs = chain.inputs(rocm.TOKENS, seed=seed, device="cpu")
        with GpuRules(), rocm.chains.fp8_of(arch):
            wanted = chain.run(*inputs)
        results = call.launch(EmulatedLaunch(compiled, arch), *inputs)
        for i, (a, b) in enumerate(zip(results, wanted, strict=True)):
            differing[i] += rocm.chains.differing(a.view(b.shape), b)
    assert differing[0] <= 2 and differing[1] == 0


@pytest.mark.parametrize("arch", ARCHS)
def test_the_roofline(arch: str) -> None:
    """By hand: 1000 vector instructions of which 10 are slow, for 8 rows that move 100 bytes each."""
    usage = Usage(60, 30, 0, 0, 0, 8, 8, 500, 2000, 0, 8, {"x0": 16})
    executed = {"v_mul_f32": 990, "v_rcp_f32": 10, "s_nop": 50}
    known = Evidence("kernel", arch, Config(8, 1), usage, 100, 1, executed)
    chip = CHIPS[arch]
    arithmetic = (990 * 4 + 10 * 16) / (chip.units * 4 * chip.clock)
    memory = 8 * 100 / chip.bandwidth
    assert known.instructions_per_row == 1050 / 8 and known.cycles_per_row == 4120 / 8
    assert known.arithmetic == pytest.approx(arithmetic / memory)
    assert known.share == pytest.approx(memory / arithmetic) and known.bound == "arithmetic"
    light = replace(known, executed={"v_mul_f32": 8})
    assert (light.share, light.bound) == (1.0, "memory")


def test_the_peak_rates() -> None:
    assert (CHIPS["gfx942"].bandwidth, CHIPS["gfx942"].units, CHIPS["gfx942"].clock) == (5.3e12, 304, 2.1e9)
    assert (CHIPS["gfx950"].bandwidth, CHIPS["gfx950"].units, CHIPS["gfx950"].clock) == (8e12, 256, 2.4e9)
    with pytest.raises(UnknownChipError, match="the peak rates of gfx90a are not known; give arch=gfx942 or"):
        chip_named("gfx90a")


def test_cycles_of_instructions() -> None:
    names = {
        "v_pk_fma_f32": 4,
        "v_exp_f32_e32": 16,
        "v_rsq_f32": 16,
        "v_cvt_pk_fp8_f32": 4,
        "s_nop": 0,
        "ds_read_b32": 0,
    }
    assert {name: cycles_of(name) for name in names} == names
    assert cycles({"v_exp_f32": 2, "v_mov_b32": 3, "s_endpgm": 1}) == 44


def test_a_chain_that_there_is_not_is_refused() -> None:
    command = [sys.executable, BENCHMARKS / "rocm.py", "--only", "gated"]
    failed = subprocess.run(command, capture_output=True, text=True)
    assert failed.returncode == 2 and "argument --only: invalid choice: 'gated'" in failed.stderr


def test_waves_by_registers_and_by_shared_memory() -> None:
    counts = {0: 8, 64: 8, 65: 7, 72: 7, 73: 6, 96: 5, 97: 4, 128: 4, 129: 3, 168: 3, 169: 2, 257: 1, 512: 1}
    assert {vgprs: waves(vgprs, 0, 1, "gfx942") for vgprs in counts} == counts
    assert (waves(64, 16384, 4, "gfx942"), waves(64, 16384, 4, "gfx950"), waves(64, 8, 1, "gfx942")) == (4, 8, 8)


def test_a_lane_holds_as_many_entries_in_every_candidate(rocm: Any) -> None:
    assert rocm.candidates(128) == [Config(4, 1), Config(8, 1), Config(16, 1), Config(32, 1)]
    assert rocm.candidates(7168) == [Config(1, 2), Config(1, 4), Config(1, 8), Config(1, 16)]


def test_what_is_chosen(rocm: Any) -> None:
    """Registers before width before waves before the width of stores; then many rows, and then one row."""
    usage = Usage(60, 30, 0, 0, 0, 8, 8, 500, 2000, 0, 8, {"x0": 16, "x1": 16, "y0": 16, "y1": 4})
    good = rocm.Row(Config(8, 1), usage, 640)
    worse = (
        ("y0 in halves", replace(usage, widths=usage.widths | {"y0": 8}, cycles=20)),
        ("few waves", replace(usage, waves=3, cycles=20)),
        ("x1 in halves", replace(usage, widths=usage.widths | {"x1": 8}, cycles=20)),
        ("spilled", replace(usage, spills=1, cycles=20)),
    )
    ranked = {Config(8, 1): [good]} | {Config(rows, 1): [replace(good, usage=u)] for rows, (_, u) in enumerate(worse)}
    while ranked:
        first = next(iter(ranked))
        assert rocm.choose(ranked, "gfx942") == first
        del ranked[first]
    slow = replace(good, usage=replace(usage, cycles=4000))
    wide = replace(good, config=Config(16, 1), usage=replace(usage, cycles=4000))
    assert rocm.choose({Config(8, 1): [slow], Config(16, 1): [wide]}, "gfx942") == Config(16, 1)
    assert rocm.choose({Config(8, 1): [good], Config(16, 1): [wide]}, "gfx942") == Config(8, 1)
