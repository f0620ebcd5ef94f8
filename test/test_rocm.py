"""The assembly of the benchmarks' kernels for AMD: nothing in memory but what must be, wide accesses, fp8 by hardware.

benchmarks/rocm.py compiles them as a user would, with the launch tables of the package, each architecture in a process
of its own. No GPU is needed, and nothing runs on one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from irfuse.configs import Config, Entry, Work, config_for, table_of

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
ARCHS = ("gfx942", "gfx950")
BUDGETS = {
    "gated H=32 D=G=128": (39, 27),
    "gated H=16 D=192 G=64": (39, 27),
    "norm N=4096 per token": (42, 25),
    "add_norm N=7168 G=128": (45, 25),
    "silu_mul N=4096 G=128": (39, 24),
}
"""Instructions per entry that a kernel may take on each architecture, a seventh above what it took when written."""
EIGHT_TO_A_LANE = {"gated H=16 D=192 G=64", "add_norm N=7168 G=128"}
"""Chains whose kernels have 8 columns of a chunk in a lane, which are 8 bytes of codes."""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What benchmarks/rocm.py says of the kernels, by architecture and chain, and what it prints."""
    folder = tmp_path_factory.mktemp("rocm")
    command = [sys.executable, BENCHMARKS / "rocm.py", "--only", *BUDGETS, "--json", folder / "rocm.json"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = json.loads((folder / "rocm.json").read_text())
    return {arch: {row["chain"]: row for row in found[arch]} for arch in ARCHS} | {"printed": printed}


@pytest.fixture
def rocm(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The modules of the benchmark."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import rocm

    return rocm


@pytest.mark.parametrize("chain", BUDGETS)
@pytest.mark.parametrize("arch", ARCHS)
def test_the_assembly_of_a_kernel(compiled: dict[str, Any], arch: str, chain: str) -> None:
    row = compiled[arch][chain]
    usage, config = row["usage"], row["config"]
    assert usage["spills"] == usage["scratch"] == 0
    assert {width for name, width in usage["widths"].items() if name.startswith("x")} == {16}
    assert usage["widths"]["y0"] == (8 if chain in EIGHT_TO_A_LANE else 16)
    assert "?" not in usage["widths"]
    entries = config["rows"] * row["work"][0] / (64 * config["num_warps"])
    assert usage["converts"] == entries / 2
    assert usage["waves"] >= (3 if chain.startswith("add_norm") else 4)
    assert usage["instructions"] / entries <= BUDGETS[chain][ARCHS.index(arch)]


@pytest.mark.parametrize("arch", ARCHS)
def test_waves_are_those_that_the_compiler_counts(compiled: dict[str, Any], arch: str) -> None:
    assert [r["usage"]["waves"] for r in compiled[arch].values()] == [
        r["usage"]["waves_said"] for r in compiled[arch].values()
    ]


@pytest.mark.parametrize("arch", ARCHS)
def test_kernels_have_the_configurations_of_the_launch_table(compiled: dict[str, Any], arch: str) -> None:
    for row in compiled[arch].values():
        config = Config(**row["config"])
        assert config == config_for(Work(*row["work"]), arch, 64)
        assert Entry(Work(*row["work"]), config) in table_of(arch)


def test_the_printed_table(compiled: dict[str, Any]) -> None:
    for arch in ARCHS:
        assert f"## {arch}\n\n| chain | rows x waves | VGPRs |" in compiled["printed"]
    for chain in BUDGETS:
        assert compiled["printed"].count(f"| {chain} |") == len(ARCHS)


def test_a_chain_that_there_is_not_is_refused() -> None:
    command = [sys.executable, BENCHMARKS / "rocm.py", "--only", "gated"]
    failed = subprocess.run(command, capture_output=True, text=True)
    assert failed.returncode == 2 and "argument --only: invalid choice: 'gated'" in failed.stderr


def test_waves_by_registers_and_by_shared_memory(rocm: Any) -> None:
    from assembly import waves

    counts = {0: 8, 64: 8, 65: 7, 72: 7, 73: 6, 96: 5, 97: 4, 128: 4, 129: 3, 168: 3, 169: 2, 257: 1, 512: 1}
    assert {vgprs: waves(vgprs, 0, 1, "gfx942") for vgprs in counts} == counts
    assert (waves(64, 16384, 4, "gfx942"), waves(64, 16384, 4, "gfx950"), waves(64, 8, 1, "gfx942")) == (4, 8, 8)


def test_a_lane_holds_as_many_entries_in_every_candidate(rocm: Any) -> None:
    assert rocm.candidates(128) == [Config(4, 1), Config(8, 1), Config(16, 1), Config(32, 1)]
    assert rocm.candidates(7168) == [Config(1, 2), Config(1, 4), Config(1, 8), Config(1, 16)]


def test_what_is_chosen(rocm: Any) -> None:
    """Registers before width before waves before the width of stores; then many rows, and then one row."""
    from assembly import Usage

    usage = Usage(60, 30, 0, 0, 0, 8, 8, 500, 2000, 0, 8, {"x0": 16, "x1": 16, "y0": 16, "y1": 4})
    good = rocm.Row("", Work(128, 5, 2), Config(8, 1), usage)
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
