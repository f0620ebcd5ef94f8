"""Sizes: one normal form for all spellings of a product, and numbers for names from the shapes of tensors."""

from __future__ import annotations

from functools import reduce
from math import prod
from operator import mul

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irfuse.dialect.sizes import Size, bind, symbols_of

NAMES = ("s0", "s1", "s77", "u0")
BOUND = {"s0": 3, "s1": 5, "s77": 7, "u0": 11}
QUICK = settings(deadline=None, derandomize=True, max_examples=150)

names = st.sampled_from(NAMES)
factors = st.one_of(st.integers(0, 64), names, st.builds("{}**{}".format, names, st.integers(1, 4)))
products = st.lists(factors, min_size=1, max_size=5)
positive = st.lists(st.one_of(st.integers(1, 64), st.sampled_from(NAMES)), max_size=5)


def text_of(parts: list[int | str]) -> str:
    """The product as torch would print it."""
    return "*".join(str(part) for part in parts)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("s0", Size(1, ("s0",))),
        ("128", Size(128)),
        ("4*s27*s77", Size(4, ("s27", "s77"))),
        ("s77*4*s27", Size(4, ("s27", "s77"))),
        ("s0*2*3", Size(6, ("s0",))),
        ("s0**2", Size(1, ("s0", "s0"))),
        ("2*s0**3*s1", Size(2, ("s0", "s0", "s0", "s1"))),
        ("2**3", Size(8)),
        ("s0**0", Size(1)),
        ("?", Size(1, ("?",))),
        ("0", Size(0)),
    ],
)
def test_a_product_has_one_normal_form(text: str, size: Size) -> None:
    assert Size.of(text) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("(s0 + 3)*2", Size(2, ("s0 + 3",))),
        ("2*(s77//2)", Size(2, ("s77//2",))),
        ("Max(1, s0)*s1", Size(1, ("Max(1, s0)", "s1"))),
        ("f(s0*2)*3", Size(3, ("f(s0*2)",))),
    ],
)
def test_brackets_hold_an_atom_together(text: str, size: Size) -> None:
    assert Size.of(text) == size


@pytest.mark.parametrize(
    "text", ["s0//4", "Max(1, s0)", "s0 + 3", "s0 - 1", "2*s0 + 6", "-s0", "2**s0", "s0**9", "s0**s1", "2*s0//4", ""]
)
def test_what_is_no_product_is_one_atom(text: str) -> None:
    assert Size.of(text) == Size(1, (text,))
    assert Size.of(text).divided_by(Size.of(text)) == Size(1)


@pytest.mark.parametrize(
    ("one", "other"), [("2*s0 + 6", "2*(s0 + 3)"), ("s0//4", "s0//2"), ("s0", "s1"), ("s0", "s0**2"), ("2*s0", "s0")]
)
def test_sizes_that_are_not_known_to_be_equal_differ(one: str, other: str) -> None:
    assert Size.of(one) != Size.of(other)


@pytest.mark.parametrize("text", ["²", "s0**²", "٣", "**", "*", "s0**", "**2", "s0***2"])
def test_any_text_is_a_size(text: str) -> None:
    """The names in a type are the user's text; a strange one equals itself, and reading it is no error."""
    assert Size.of(text) == Size.product([text])


@pytest.mark.parametrize("atom", ["s0 + 3", "s0//4", "s0 - 1", "Max(1, s0)", "2*s0 + 6"])
def test_a_product_with_an_atom_keeps_its_meaning_as_text(atom: str) -> None:
    """``2 * (s0 + 3)`` written down is not ``2*s0 + 3``: that is another size, which torch writes so."""
    size = Size.product([2, atom])
    assert Size.of(size.dim()) == size
    assert size.divided_by(Size.of(atom)) == Size(2)


@given(products)
@QUICK
def test_the_order_and_grouping_of_factors_do_not_count(parts: list[int | str]) -> None:
    size = Size.product(parts)
    assert size == Size.of(text_of(parts)) == Size.product(parts[::-1]) == reduce(mul, map(Size.of, parts))
    assert Size.of(size.dim()) == size


@given(products)
@QUICK
def test_the_value_is_what_python_makes_of_the_text(parts: list[int | str]) -> None:
    assert Size.product(parts).value(BOUND) == eval(text_of(parts), {}, dict(BOUND))


@given(products, products)
@QUICK
def test_equal_sizes_are_equal_for_all_numbers(one: list[int | str], other: list[int | str]) -> None:
    """Different products of these primes and of factors below them are different numbers."""
    a, b = Size.product(one), Size.product(other)
    primes = dict(zip(NAMES, (10007, 10009, 10037, 10039), strict=True))
    same = eval(text_of(one), {}, dict(primes)) == eval(text_of(other), {}, dict(primes))
    assert (a == b) == same or a.factor == b.factor == 0


@given(positive, positive)
@QUICK
def test_a_quotient_undoes_a_product(one: list[int | str], other: list[int | str]) -> None:
    a, b = Size.product(one), Size.product(other)
    assert (a * b).divided_by(b) == a
    assert a * b == b * a


@given(products, products)
@QUICK
def test_a_quotient_is_exact_or_none(one: list[int | str], other: list[int | str]) -> None:
    a, b = Size.product(one), Size.product(other)
    quotient = a.divided_by(b)
    if quotient is not None:
        assert quotient * b == a
    else:
        missing = any(b.atoms.count(atom) > a.atoms.count(atom) for atom in b.atoms)
        assert missing or b.factor == 0 or a.factor % b.factor


@pytest.mark.parametrize(
    ("one", "other", "quotient"),
    [
        (256, 128, Size(2)),
        (192, 128, None),
        ("4*s0", 4, Size(1, ("s0",))),
        ("s0", 2, None),
        ("s0**2", "s0", Size(1, ("s0",))),
        (8, "s0", None),
        (8, 0, None),
    ],
)
def test_divided_by(one: int | str, other: int | str, quotient: Size | None) -> None:
    assert Size.of(one).divided_by(Size.of(other)) == quotient


def test_a_size_that_is_not_bound_names_itself() -> None:
    with pytest.raises(KeyError, match="s1"):
        Size.of("2*s0*s1").value({"s0": 3})


@pytest.mark.parametrize(
    ("dims", "actual", "bound"),
    [
        (("s0", 128), (7, 128), {"s0": 7}),
        (("4*s0",), (12,), {"s0": 3}),
        (("s0", "s0*s1"), (3, 15), {"s0": 3, "s1": 5}),
        (("s0*s1",), (15,), {}),
        (("s0**2",), (9,), {}),
        (("?", "s1"), (9, 5), {"s1": 5}),
        (("?*s0",), (9,), {}),
        (("s0 + 3",), (9,), {"s0 + 3": 9}),
        (("2*(s0 + 3)",), (18,), {"s0 + 3": 9}),
        ((), (), {}),
    ],
)
def test_bind_reads_names_off_a_shape(
    dims: tuple[int | str, ...], actual: tuple[int, ...], bound: dict[str, int]
) -> None:
    found: dict[str, int] = {}
    bind(dims, actual, found)
    assert found == bound


def test_bind_keeps_what_is_known() -> None:
    found = {"s0": 3}
    bind(("s0*s1", "s0"), (15, 4), found)
    assert found == {"s0": 3, "s1": 5}


def test_bind_wants_one_number_for_each_dimension() -> None:
    with pytest.raises(ValueError, match="zip"):
        bind(("s0",), (1, 2), {})


@given(st.lists(st.sampled_from([*NAMES, 128, "2*s0", "s0*s77", "3*u0"]), min_size=1, max_size=6))
@QUICK
def test_bound_sizes_give_the_shape_back(dims: list[int | str]) -> None:
    """Whatever bind could read off a shape is right: sizes that it bound have their number."""
    actual = [prod((BOUND[a] for a in Size.of(d).atoms), start=Size.of(d).factor) for d in dims]
    found: dict[str, int] = {}
    bind(dims, actual, found)
    assert all(BOUND[name] == number for name, number in found.items())
    assert all(d in found for d in dims if d in NAMES)


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("s27//64", ["s27"]),
        ("Mod(u0, 64) + s1", ["u0", "s1"]),
        ("Max(1, (s0*s0)//Min(s1, s0))", ["s0", "s1"]),
        ("4*s27*s77", ["s27", "s77"]),
        ("128", []),
    ],
)
def test_symbols_are_names_that_are_not_called(text: str, symbols: list[str]) -> None:
    assert symbols_of(text) == symbols
