"""Mutants of a kernel's machine code are noticed, but for those that compute the same."""

from __future__ import annotations

import mutants
import pytest


@pytest.mark.parametrize("arch", ["gfx942", "gfx1201"])
def test_mutants_are_noticed(arch: str) -> None:
    tried, missed = mutants.survey(arch)
    unknown = [change for change in missed if not mutants.EQUIVALENT.match(change[0])]
    assert tried > 30 and len(unknown) <= 0.05 * (tried - len(missed)), unknown
