"""Chains beside one another: one kernel of several parts, eager's bits, right kernels."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from interpreted import run_cases
from neighbour_forms import NEIGHBOURS
from one_kernel import body_of, check_bits, check_is_one_kernel

from irfuse.lower_triton import lower_block

CASES = {name: lambda form=form: body_of(form) for name, form in NEIGHBOURS.items()}
CASES = CASES if os.environ.get("TRITON_INTERPRET") else {}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return run_cases(str(Path(__file__)), tmp_path_factory.mktemp("kernels"))


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbours_are_one_kernel(name: str) -> None:
    check_is_one_kernel(NEIGHBOURS[name])


@pytest.mark.parametrize("sizes", ["static", "dynamic"])
@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbours_have_the_bits_of_eager(name: str, sizes: str) -> None:
    check_bits(NEIGHBOURS[name], sizes, chains=2)


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_a_kernel_computes_what_the_reference_does(failures: dict[str, str], name: str) -> None:
    assert not failures[name], failures[name]


def test_parts_have_names_of_their_own() -> None:
    """Where a text is rewritten by its names, as for gfx942, a part is not taken for another."""
    kernel = lower_block(body_of(NEIGHBOURS["rotated_queries_and_keys"]))
    assert len(kernel.others) == 1 and kernel.parts == (0, 1)
    given = re.findall(r"^    (\w+) = ", kernel.source[kernel.source.rindex("def ") :], re.M)
    second = given.index("part1_row")
    assert set(given[:second]).isdisjoint(given[second:])


def test_the_part_with_the_most_rows_comes_first() -> None:
    """Its programs are launched, and those behind the rows of another part do nothing there."""
    kernel = lower_block(body_of(NEIGHBOURS["rotated_queries_and_keys"]))
    assert (kernel.row, kernel.counted.columns) == (128, 192) and kernel.others[0].columns == 384
    assert re.search(r"here = \(row < rows\) \| \(ROWS == 1\)", kernel.source)
    assert re.search(r"part1_here = part1_row < rows1\n", kernel.source)
