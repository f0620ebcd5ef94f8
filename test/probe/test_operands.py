"""Operands on which ops are tried: what types become, and what rows hold."""

from __future__ import annotations

import pytest
import torch
from xdsl.dialects.builtin import BFloat16Type, Float8E4M3FNType, Float16Type, TensorType, f32
from xdsl.ir import Attribute

from irfuse.dialect.types import dims_of, make_tensor, strides_of
from irfuse.probe.operands import ENTRIES, KINDS, few_rows, operand

BF16, FP8 = BFloat16Type(), Float8E4M3FNType()
CPU = torch.device("cpu")


def test_tokens_are_as_many_everywhere() -> None:
    """The longest leading axis, in products too, by name or as a number; columns, options and single numbers stay."""
    kinds = {
        "x": make_tensor(BF16, (2, 4096, 256)),
        "flat": make_tensor(FP8, (8192, 256)),
        "scales": make_tensor(f32, (8192, 2), (1, 8192)),
        "by_token": make_tensor(f32, (4096,)),
        "weight": make_tensor(BF16, (256,)),
        "scale": make_tensor(f32, (1,)),
        "eps": 1e-6,
        "bound": None,
    }
    rows = ENTRIES // 256
    made = few_rows(kinds)
    assert rows % KINDS == 0 and made["eps"] == 1e-6 and made["bound"] is None
    shapes = {name: dims_of(kind) for name, kind in made.items() if isinstance(kind, TensorType)}
    assert shapes == {
        "x": (2, rows, 256),
        "flat": (2 * rows, 256),
        "scales": (2 * rows, 2),
        "by_token": (rows,),
        "weight": (256,),
        "scale": (1,),
    }
    assert strides_of(made["scales"]) == (1, 2 * rows)


def test_named_tokens_and_padded_strides() -> None:
    """Named sizes are tokens; scales that are laid out column by column with a gap are so without one."""
    made = few_rows({"x": make_tensor(BF16, ("4*s0", 128)), "s": make_tensor(f32, ("4*s0", 3), (1, "s1"))})
    rows = ENTRIES // 128
    assert dims_of(made["x"]) == (4 * rows, 128)
    assert dims_of(made["s"]) == (4 * rows, 3) and strides_of(made["s"]) == (1, 4 * rows)


def test_columns_are_no_tokens() -> None:
    """Whatever they are a multiple of."""
    made = few_rows({"x": make_tensor(BF16, (4, 128)), "weight": make_tensor(BF16, (128,))})
    assert dims_of(made["weight"]) == (128,) and dims_of(made["x"]) == (ENTRIES // 128, 128)


def test_as_many_tokens_as_columns() -> None:
    """A vector of that many entries is a weight."""
    made = few_rows({"x": make_tensor(BF16, (128, 128)), "weight": make_tensor(BF16, (128,))})
    assert dims_of(made["weight"]) == (128,) and dims_of(made["x"]) == (ENTRIES // 128, 128)


@pytest.mark.parametrize("element", [BF16, Float16Type(), f32], ids=str)
def test_rows_of_all_kinds(element: Attribute) -> None:
    """Zeros of both signs, subnormal squares, numbers whose squares overflow, infinities and NaN, each in a row."""
    x = operand(make_tensor(element, (KINDS, 128)), 0, CPU).float()
    whole = x.isfinite().all(-1)
    assert (x.isnan().any(-1).sum(), x.isinf().any(-1).sum()) == (1, 2) and (x[0] == 0).all()
    assert torch.signbit(x[1]).tolist() == [False, True] * 64 and (x[1] == 0).all()
    assert 0 < x[2].abs().max() < 1e-4 and x[3].abs().max() > 500
    assert (x[whole][6:, 1].abs() * 4 == x[whole][6:, 0].abs() * 3).all()


def test_two_operands_are_others() -> None:
    """NaN of one stands beside numbers of the other; what is made again is the same."""
    kind = make_tensor(BF16, (KINDS, 128))
    x, z, again = operand(kind, 0, CPU), operand(kind, 1, CPU), operand(kind, 0, CPU)
    assert not (x.isnan() & z.isnan()).any() and (x != z).any()
    assert torch.equal(x.nan_to_num(), again.nan_to_num())


def test_torch_keeps_its_random_numbers() -> None:
    """Whoever draws after a trial draws what they would have drawn."""
    before = torch.get_rng_state()
    operand(make_tensor(BF16, (KINDS, 128)), 0, CPU)
    assert torch.equal(before, torch.get_rng_state())
