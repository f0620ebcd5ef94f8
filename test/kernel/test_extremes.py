"""The kernels of quants by the scale of a whole tensor: that of the extremes of rows, and that of the codes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from extreme_forms import FORMS
from interpreted import run_cases
from models import rows
from one_kernel import analysed
from xdsl.ir import Block

KERNELS = {f"{name}, {part}": (name, i) for name in FORMS for i, part in enumerate(("extremes", "codes"))}


def body(name: str, number: int) -> Block:
    fused = analysed(lambda: (FORMS[name][0], [rows(7, 256)])).fused
    return fused[number].body.clone().detach_block(0)


CASES = {case: lambda which=which: body(*which) for case, which in KERNELS.items()}
CASES = CASES if os.environ.get("TRITON_INTERPRET") else {}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return run_cases(str(Path(__file__)), tmp_path_factory.mktemp("kernels"))


@pytest.mark.parametrize("case", KERNELS)
def test_a_kernel_computes_what_the_reference_does(failures: dict[str, str], case: str) -> None:
    assert not failures[case], failures[case]
