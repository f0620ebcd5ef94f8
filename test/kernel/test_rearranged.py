"""Forms whose rows are rearranged, gathered or summed: one fused op each, eager's bits, right kernels."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from in_place_forms import FORMS
from interpreted import run_cases
from one_kernel import body_of, check_bits, check_is_one_kernel

CASES = {name: lambda form=form: body_of(form) for name, form in FORMS.items()}
CASES = CASES if os.environ.get("TRITON_INTERPRET") else {}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return run_cases(str(Path(__file__)), tmp_path_factory.mktemp("kernels"))


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_one_kernel(name: str) -> None:
    check_is_one_kernel(FORMS[name])


@pytest.mark.parametrize("sizes", ["static", "dynamic"])
@pytest.mark.parametrize("name", FORMS)
def test_a_form_has_the_bits_of_eager(name: str, sizes: str) -> None:
    check_bits(FORMS[name], sizes)


@pytest.mark.parametrize("name", FORMS)
def test_a_kernel_computes_what_the_reference_does(failures: dict[str, str], name: str) -> None:
    assert not failures[name], failures[name]
