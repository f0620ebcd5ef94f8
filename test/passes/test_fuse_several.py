"""Chains that would take the same ops with them: what one has taken is gone for the others."""

from __future__ import annotations

from typing import Any

import pytest
from column_forms import turned
from forms import HEADS, TOKENS, WIDTH, Form, Tensor, group_quant, noise, norm
from one_kernel import analysed


def a_norm_that_is_quantised_and_put_back_before_a_rotation() -> Any:
    """The rotated columns are read behind the write, so that the chain of their quant begins at the same norm."""

    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor) -> Any:
        k, q = x[:, 2:3], x[:, 5:6]
        y = norm(k, w)
        codes = group_quant(y, 64)
        k.copy_(y)
        z = turned(q, c, s)
        others = group_quant(z, 64)
        q.copy_(z)
        return *codes, *others

    angles = [noise(TOKENS, WIDTH // 2), noise(TOKENS, WIDTH // 2)]
    return run, [noise(TOKENS, HEADS + 2, WIDTH), noise(WIDTH), *angles]


def two_rotations_that_are_put_into_one_tensor() -> Any:
    """Each may be taken with the writes of both."""

    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor, kept: Tensor) -> Any:
        first, rest = turned(norm(x[:, :1], w), c, s), turned(norm(x[:, 1:], w), s, c)
        kept[:, :1].copy_(first)
        kept[:, 1:3].copy_(rest)

    angles = [noise(TOKENS, WIDTH // 2), noise(TOKENS, WIDTH // 2)]
    return run, [noise(TOKENS, 3, WIDTH), noise(WIDTH), *angles, noise(TOKENS, 4, WIDTH)]


FORMS = {
    a_norm_that_is_quantised_and_put_back_before_a_rotation: ["norm_quant", "row", "quant"],
    two_rotations_that_are_put_into_one_tensor: ["norm", "norm"],
}


@pytest.mark.parametrize("form", FORMS)
def test_both_are_fused(form: Form) -> None:
    assert [fused.chain for fused in analysed(form).report.fused] == FORMS[form]
