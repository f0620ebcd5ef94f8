"""Torch's type promotion: for every pair of types, a call stays opaque or its small ops give torch's very bits.

The second operand is a tensor with axes, one of a single entry, one without axes, a number that the graph keeps in a
tensor, or a Python number; values are such that it matters where they are rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import reduce
from itertools import chain, product
from typing import Any

import pytest
import torch
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Region

from irfuse import dialect as d
from irfuse.dialect.attrs import Call, Operand
from irfuse.dialect.exact import holds, holds_all
from irfuse.dialect.types import COMPUTED_INTEGERS, TORCH_NAMES, Tensor, make_tensor
from irfuse.dtypes import element_of
from irfuse.passes.raise_aten import RaiseAtenPass
from irfuse.runtime.reference import run_module

FLOATS = ("bfloat16", "float16", "float32")
INTEGERS = ("int8", "uint8", "int16", "int32")
NAMES = (*FLOATS, "float64", *INTEGERS, "int64", "bool")
POINTS: tuple[Any, ...] = (0.3333, 1e30, 65520.0, 1e-42, -0.0, 1, -1, 200, 300, 2**24 + 1, True)
NUMBERS: tuple[Any, ...] = (
    *(
        *POINTS,
        -1.7,
        1e-6,
        3e-8,
        2.0**-130,
        1.0000001,
        math.inf,
        448.0,
        0,
        3,
        127,
        -128,
        70000,
        2**31,
        2**53 + 1,
        False,
    ),
)
"""Python numbers, and those of them that are tried in tensors without axes."""
ARITHMETIC = ("add.Tensor", "sub.Tensor", "mul.Tensor", "div.Tensor", "maximum.default", "minimum.default")
COMPARISONS = tuple(f"{name}.Tensor" for name in ("eq", "ne", "lt", "le", "gt", "ge"))
BOUNDS = ("clamp_min.Tensor", "clamp_max.Tensor", "clamp.Tensor")
BITS = tuple(f"bitwise_{name}.Tensor" for name in ("and", "or", "xor", "left_shift", "right_shift"))
COPIES = ("copy.default", "type_as.default")
BY_NUMBERS = (
    *("add.Tensor", "sub.Tensor", "mul.Tensor", "div.Tensor", "rsub.Scalar", "pow.Tensor_Scalar", "clamp.default"),
    *("clamp_max.default", "fill.Scalar", "full_like.default"),
    *(f"{name}.Scalar" for name in ("eq", "ne", "lt", "le", "gt", "ge")),
    *(f"bitwise_{name}.Scalar" for name in ("and", "or", "xor")),
    *("bitwise_left_shift.Tensor_Scalar", "__rshift__.Scalar", "where.ScalarOther"),
)


def rows_of(name: str) -> torch.Tensor:
    """Rows of a type: numbers of all sizes that it has, the special ones, and both ends of its range."""
    dtype = getattr(torch, name)
    if name == "bool":
        return torch.tensor([[True, False, True, True, False, False, True, False] * 3])
    if not dtype.is_floating_point:
        ends = torch.iinfo(dtype)
        some = torch.linspace(ends.min / 2, ends.max / 2, 17, dtype=torch.float64).long().tolist()
        return torch.tensor([[0, 1, 2, 3, 44, 100, 127, *some]], dtype=torch.int64).to(dtype)
    noise = torch.randn(12, generator=torch.Generator().manual_seed(1), dtype=torch.float64).tolist()
    special = [0.0, -0.0, 0.3333, 448.0, 65504.0, 1e-6, 6e-8, 1e-40, 1e38, math.inf, -math.inf, math.nan]
    return torch.tensor([noise + special], dtype=torch.float64).to(dtype)


def points_of(name: str) -> Iterator[torch.Tensor]:
    """Numbers of a type in tensors without axes."""
    dtype = getattr(torch, name)
    for value in POINTS:
        whole = dtype.is_floating_point or (isinstance(value, int) and holds(TORCH_NAMES[name], value))
        if whole and (name != "bool" or isinstance(value, bool)):
            yield torch.tensor(value, dtype=torch.float64 if dtype.is_floating_point else torch.int64).to(dtype)


def target_of(name: str) -> Any:
    """The torch op of an overload, which has its functional form alone."""
    return reduce(getattr, name.split("."), torch.ops.aten)


def type_of(x: torch.Tensor) -> Tensor:
    """The type of a tensor in the IR."""
    return make_tensor(TORCH_NAMES[str(x.dtype).removeprefix("torch.")], x.shape)


def wanted_of(name: str, args: tuple[Any, ...]) -> torch.Tensor | None:
    """What torch computes; None for a call that it refuses."""
    try:
        return target_of(name)(*args)
    except (RuntimeError, TypeError, OverflowError):
        return None


def raised(name: str, args: tuple[Any, ...], wanted: torch.Tensor, kept: bool) -> torch.Tensor | None:
    """What raise-aten makes of a call, computed; None where it stays opaque. ``kept`` is for tensors without axes."""
    tensors = [a for a in args if isinstance(a, torch.Tensor)]
    types = [type_of(t) for t in tensors]
    full = [kept and not t.dim() and t.item() == float(t) for t in tensors]
    block = Block(arg_types=[kind for kind, known in zip(types, full, strict=True) if not known])
    given = iter(block.args)
    constants = {i: d.FullOp(t.item(), types[i]) for i, t in enumerate(tensors) if full[i]}
    ins = [constants[i].result if i in constants else next(given) for i in range(len(tensors))]
    numbered = iter(range(len(tensors)))
    call = Call(tuple(Operand(next(numbered)) if isinstance(a, torch.Tensor) else a for a in args), ())
    node = d.OpaqueOp(f"aten.{name}", ins, [type_of(wanted)], call=call)
    block.add_ops([*constants.values(), node, ReturnOp(*node.results)])
    outs = [v.type for v in node.results]
    module = ModuleOp([FuncOp("f", ([a.type for a in block.args], outs), Region(block))])
    RaiseAtenPass().apply(Context(), module)
    module.verify()
    if any(isinstance(op, d.OpaqueOp) for op in module.walk()):
        return None
    return run_module(module, [t for t, known in zip(tensors, full, strict=True) if not known])[0]


def bits_of(x: torch.Tensor) -> torch.Tensor:
    """The bits of a tensor, with one NaN for all."""
    x = x.contiguous()
    x = torch.where(x.isnan(), math.nan, x) if x.is_floating_point() else x
    return x.reshape(-1).view(torch.uint8)


def check(name: str, args: tuple[Any, ...], kept: bool = False) -> bool | None:
    """Whether a call is raised, and then to the very bits; None for one that torch refuses."""
    wanted = wanted_of(name, args)
    if wanted is None:
        return None
    found = raised(name, args, wanted, kept)
    if found is not None:
        about = name, [(a.dtype, a.dim(), a.flatten()[:1].tolist()) if isinstance(a, torch.Tensor) else a for a in args]
        assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape), about
        assert torch.equal(bits_of(found), bits_of(wanted)), (about, kept)
    return found is not None


def in_both_orders(name: str, x: torch.Tensor, y: torch.Tensor) -> list[tuple[Any, ...]]:
    """The calls on two tensors; a copy takes the shape of its first."""
    if name == "where.self":
        condition = rows_of("bool")
        return [(condition, x, y), (condition, y, x)]
    return [(x, y)] if name in (*COPIES, *BOUNDS) else [(x, y), (y, x)]


TENSORS = (*ARITHMETIC, *COMPARISONS, *BOUNDS, *BITS, *COPIES, "where.self")


@pytest.mark.parametrize("name", TENSORS)
def test_two_tensors(name: str) -> None:
    """Of equal shape, and with one of a single entry, which decides the type as rows do."""
    for first in NAMES:
        for second in NAMES:
            x, y = rows_of(first), rows_of(second)
            for other in (y.flip(1), y[:, 2:3], y[0, 2:3]):
                for args in in_both_orders(name, x, other):
                    found = check(name, args)
                    modelled = {"float64", "int64"}.isdisjoint({first, second})
                    if name in (*ARITHMETIC, *COMPARISONS, "where.self") and modelled:
                        assert found in (True, None), (name, first, second)


@pytest.mark.parametrize("kept", [False, True], ids=["operand", "constant"])
@pytest.mark.parametrize(
    "name", [*ARITHMETIC, "gt.Tensor", "eq.Tensor", "clamp.Tensor", *BITS[::3], "copy.default", "where.self"]
)
def test_a_tensor_without_axes(name: str, kept: bool) -> None:
    rows = [rows_of(first) for first in (*FLOATS, "int8", "uint8", "int32", "bool")]
    for y in chain.from_iterable(map(points_of, NAMES)):
        for args in chain.from_iterable(in_both_orders(name, x, y) for x in rows):
            check(name, args, kept)
        check(name, (rows_of("bool")[0, 0], y, y) if name == "where.self" else (y, y), kept)


@pytest.mark.parametrize("name", FLOATS)
def test_two_bounds(name: str) -> None:
    """Between two numbers in tensors without axes the zero and the NaN are torch's own too; other bounds stay."""
    dtype, bits = getattr(torch, name), torch.int32 if name == "float32" else torch.int16
    others = torch.tensor([[-1, -2, -3, -64, 0x7FFF, 0x7FFE, 0x7FC1]]).to(torch.int16)
    quiet = others.view(dtype) if bits is torch.int16 else torch.full((1, 7), math.nan)
    x = torch.cat([rows_of(name), -rows_of(name), quiet], -1)
    for low, high in product([0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan], repeat=2):
        bounds = torch.tensor(low, dtype=dtype), torch.tensor(high, dtype=dtype)
        wanted = target_of("clamp.Tensor")(x, *bounds)
        found = raised("clamp.Tensor", (x, *bounds), wanted, kept=True)
        assert (found is None) is (math.isnan(low) or math.isnan(high))
        assert found is None or torch.equal(found.view(bits), wanted.view(bits)), (low, high)
        assert raised("clamp.Tensor", (x, *bounds), wanted, kept=False) is None
        assert raised("clamp.Tensor", (x, *(v.expand(x.shape) for v in bounds)), wanted, kept=False) is None


@pytest.mark.parametrize("name", BY_NUMBERS)
def test_python_numbers(name: str) -> None:
    for first in NAMES:
        x = rows_of(first)
        for number in NUMBERS:
            for rows in (x, x[0, 3]):
                check(name, (rows > 0, rows, number) if name.startswith("where") else (rows, number))


SIGNED: dict[str, tuple[Any, ...]] = {
    **{f"{name}.Tensor": (1.0, -0.0, 2.5) for name in ("add", "sub", "mul", "div")},
    "rsub.Scalar": (1, 1.0, 0.0, -0.0, 2.5, math.inf),
    **{f"{name}.default": () for name in ("neg", "abs", "relu", "reciprocal", "tanh", "sigmoid", "silu", "rsqrt")},
}
"""Ops that a rule could write as another with a negation, and numbers that all float types have."""


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
@pytest.mark.parametrize("name", SIGNED)
def test_the_sign_of_a_nan(name: str, dtype: torch.dtype) -> None:
    """Torch hands on a NaN with its sign, in rows and without axes."""
    x = torch.tensor([math.nan, 1.0, 0.0, math.inf], dtype=dtype).repeat(8)
    x, bits = torch.cat([x, -x]), torch.int16 if dtype.itemsize == 2 else torch.int32
    for rows in (x, x[0], x[32]):
        for number in SIGNED[name] or (None,):
            args = (rows,) if number is None else (rows, number)
            wanted = target_of(name)(*args)
            found = raised(name, args, wanted, kept=False)
            assert found is not None and torch.equal(found.view(bits), wanted.view(bits)), (name, number)


@pytest.mark.parametrize("second", [*FLOATS, "float64", *INTEGERS, "bool"])
@pytest.mark.parametrize("first", FLOATS)
def test_what_is_raised(first: str, second: str) -> None:
    """A tensor without axes is converted to the type of the rows on all devices, but for factors and divisors.

    Those are taken as they are on CPUs, so they stay where that could make a difference.
    """
    x, y = rows_of(first), torch.tensor(1, dtype=getattr(torch, second))
    assert all(check(name, (x, y)) for name in ("add.Tensor", "maximum.default", "gt.Tensor", "clamp_max.Tensor"))
    exact = first == "float32" or holds_all(TORCH_NAMES[first], TORCH_NAMES[second])
    assert all(check(name, (x, y)) is exact for name in ("mul.Tensor", "div.Tensor"))
    assert all(check(name, (y, x)) for name in ("mul.Tensor", "div.Tensor"))
    assert all(check(name, (x, y), kept=True) for name in ("mul.Tensor", "div.Tensor"))


def test_a_number_that_a_narrow_type_has_not() -> None:
    """A factor of 0.3333 in f16 is another one in bf16."""
    x, third = rows_of("bfloat16"), torch.tensor(0.3333, dtype=torch.float16)
    for kept in (False, True):
        assert check("mul.Tensor", (x, third), kept) is False
        assert check("add.Tensor", (x, third), kept) is True


@pytest.mark.parametrize("element", [TORCH_NAMES[name] for name in (*FLOATS, "float64")])
def test_what_a_float_type_holds(element: Any) -> None:
    """By torch's own conversion there and back."""
    dtype = next(t for t in (torch.bfloat16, torch.float16, torch.float32, torch.float64) if element_of(t) == element)
    for number in (*NUMBERS, 2.0**-149, 2.0**-133, 2.0**-24, 2.0**-25, 65504.0, 65536.0, 3.0 * 2.0**-134, -(2.0**127)):
        there = torch.tensor(float(number), dtype=torch.float64).to(dtype).double().item()
        assert holds(element, number) is (there == number), (element, number)


def test_what_an_integer_type_holds() -> None:
    for element in COMPUTED_INTEGERS:
        dtype = next(getattr(torch, n) for n in (*INTEGERS, "int64", "bool") if TORCH_NAMES[n] == element)
        low, high = (0, 1) if dtype is torch.bool else (torch.iinfo(dtype).min, torch.iinfo(dtype).max)
        assert [holds(element, n) for n in (low - 1, low, high, high + 1, 0.5, math.nan)] == [
            False,
            True,
            True,
            *[False] * 3,
        ]


@pytest.mark.parametrize("target", NAMES)
def test_types_that_hold_all_of_another(target: str) -> None:
    """As torch promotes them, where the common type is the wider one; ends of ranges there and back."""
    for source in NAMES:
        x = rows_of(source)
        back = x.to(getattr(torch, target)).to(x.dtype)
        same = torch.equal(bits_of(back), bits_of(x))
        assert not holds_all(TORCH_NAMES[target], TORCH_NAMES[source]) or same, (source, target)
