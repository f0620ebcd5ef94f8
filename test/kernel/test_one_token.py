"""Forms of one token, for which torch compiles a graph of its own: what a token has one of is one number in all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from column_forms import turned
from forms import TOKENS, Form, Tensor, group_quant, noise, norm
from in_place_forms import FORMS as ALL
from interpreted import run_cases
from one_kernel import body_of, check_bits, check_is_one_kernel, copied

NAMES = (
    "a_latent_quantised_beside_its_rotated_tail",
    "a_layer_norm_of_which_half_is_rotated",
    "a_part_quantised_of_what_leaves",
    "codes_scales_and_a_tail_in_one_row",
    "keys_and_values_in_two_layouts",
    "latents_with_their_scales",
    "queries_and_keys_by_heads",
    "scales_behind_the_codes_of_a_block",
)


def of_one_token(form: Form) -> Form:
    """A form whose operands have but the last token."""

    def one(x: Tensor) -> Tensor:
        for axis in [i for i, n in enumerate(x.shape) if n == TOKENS]:
            x = x.narrow(axis, TOKENS - 1, 1)
        return copied(x)

    def made() -> tuple[object, list[Tensor]]:
        run, operands = form()
        return run, [one(x) for x in operands]

    return made  # type: ignore[return-value]


def a_first_part_quantised() -> tuple[object, list[Tensor]]:
    """In a part of the groups of a row, of which those behind it have no scales."""

    def run(x: Tensor, w: Tensor, c: Tensor, s: Tensor) -> object:
        y = norm(x, w)
        codes, scales = group_quant(y[..., :384])
        return codes, scales, turned(y[..., 384:], c, s), y

    return run, [noise(TOKENS, 640), noise(640), noise(TOKENS, 128), noise(TOKENS, 128)]


ONE = {
    name: of_one_token(form) for name, form in {**{n: ALL[n] for n in NAMES}, "first": a_first_part_quantised}.items()
}
CASES = {name: lambda form=form: body_of(form) for name, form in ONE.items()}
CASES = CASES if os.environ.get("TRITON_INTERPRET") else {}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return run_cases(str(Path(__file__)), tmp_path_factory.mktemp("kernels"))


@pytest.mark.parametrize("name", ONE)
def test_one_token_is_one_kernel(name: str) -> None:
    check_is_one_kernel(ONE[name])


@pytest.mark.parametrize("name", ONE)
def test_one_token_has_the_bits_of_eager(name: str) -> None:
    check_bits(ONE[name], "static")


@pytest.mark.parametrize("name", ONE)
def test_a_kernel_of_one_token_computes_what_the_reference_does(failures: dict[str, str], name: str) -> None:
    assert not failures[name], failures[name]
