"""Mutants of kernels' machine code are noticed."""

from __future__ import annotations

import mutants
import numpy as np
import pytest


@pytest.mark.parametrize("arch", ["gfx942", "gfx1201"])
def test_mutants_are_noticed(arch: str) -> None:
    with np.errstate(all="ignore"):
        found = mutants.survey(arch, every=5)
    print(f"{arch}: {found.rate:.1%} of {found.tried - len(found.needless)} mutants are noticed")
    assert found.tried > 80 and len(found.needless) < 0.05 * found.tried
    assert found.rate >= 0.95, found.missed
