"""MX and fp4 quants as libraries spell them: one fused op each, eager's bits, right kernels, groups by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fp4_spellings import SPELLINGS
from interpreted import run_cases
from one_kernel import body_of, check_bits, check_is_one_kernel

CASES = {name: lambda form=form: body_of(form) for name, form in SPELLINGS.items()}
CASES = CASES if os.environ.get("TRITON_INTERPRET") else {}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return run_cases(str(Path(__file__)), tmp_path_factory.mktemp("kernels"))


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_spelling_is_one_kernel(name: str) -> None:
    check_is_one_kernel(SPELLINGS[name])


@pytest.mark.parametrize("sizes", ["static", "dynamic"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_a_spelling_has_the_bits_of_eager(name: str, sizes: str) -> None:
    check_bits(SPELLINGS[name], sizes)


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_kernel_computes_what_the_reference_does(failures: dict[str, str], name: str) -> None:
    assert not failures[name], failures[name]
