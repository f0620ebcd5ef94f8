"""Whole kernels by their machine code: byte-equal to torch, or as near as the interpreter's tests allow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "emulated_cases.py"
ARCHS = ("gfx942", "gfx950", "gfx1100", "gfx1201")


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, str]]]:
    """For each architecture the traceback of each case; two processes at a time."""
    found: dict[str, dict[str, str]] = {}
    cache = tmp_path_factory.mktemp("cache")
    here = os.environ | {
        "PYTHONPATH": str(CASES.parents[1]),
        "IRFUSE_CACHE_DIR": str(cache / "irfuse"),
        "TRITON_CACHE_DIR": str(cache / "triton"),
    }
    for pair in (ARCHS[:2], ARCHS[2:]):
        running = {
            arch: subprocess.Popen([sys.executable, CASES, arch], env=here, stdout=subprocess.PIPE, text=True)
            for arch in pair
        }
        for arch, process in running.items():
            printed, _ = process.communicate()
            assert process.returncode == 0, arch
            found[arch] = json.loads(printed.splitlines()[-1])
    yield found


@pytest.mark.parametrize("arch", ARCHS)
def test_whole_kernels(failures: dict[str, dict[str, str]], arch: str) -> None:
    failed = {name: text for name, text in failures[arch].items() if text}
    assert not failed, "\n".join(f"{name}: {text}" for name, text in failed.items())
    assert len(failures[arch]) >= 90
