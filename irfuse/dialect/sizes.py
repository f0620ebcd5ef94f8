"""Symbolic sizes: products of integers and named sizes, without sympy and without eval.

A dimension of a tensor is an ``int`` or a string such as ``"s77"`` or ``"4*s27*s77"``, as torch prints it. A `Size`
is such a product in normal form, so that two spellings of one product compare equal. Anything that is not a product
(``"s77 + 3"``) is carried as one atom: it equals itself and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

Dim = int | str
"""One entry of a shape: a number, or the text of a symbolic size; ``"?"`` is a size nobody named."""
_SYMBOL = re.compile(r"[A-Za-z_]\w*\b(?!\()")


@dataclass(frozen=True)
class Size:
    """A product ``factor * atom * atom ...`` with sorted atoms."""

    factor: int
    atoms: tuple[str, ...] = ()

    @classmethod
    def of(cls, dim: Dim) -> Size:
        """The size that a dimension denotes."""
        return cls(dim) if isinstance(dim, int) else _named(dim)

    @classmethod
    def product(cls, dims: Iterable[Dim]) -> Size:
        """The size of a run of dimensions; 1 for none."""
        factor = 1
        atoms: list[str] = []
        for dim in dims:
            if isinstance(dim, int):
                factor *= dim
            else:
                size = _named(dim)
                factor *= size.factor
                atoms += size.atoms
        return cls(factor, tuple(sorted(atoms)))

    def __mul__(self, other: Size) -> Size:
        return Size(self.factor * other.factor, tuple(sorted(self.atoms + other.atoms)))

    def divided_by(self, other: Size) -> Size | None:
        """The exact quotient, or None where it is no product."""
        rest = list(self.atoms)
        for atom in other.atoms:
            if atom not in rest:
                return None
            rest.remove(atom)
        exact = other.factor != 0 and self.factor % other.factor == 0
        return Size(self.factor // other.factor, tuple(rest)) if exact else None

    def dim(self) -> Dim:
        """The dimension that denotes this size, in one spelling; sums and quotients in a product are in brackets."""
        if not self.atoms:
            return self.factor
        if self.factor == 1 and len(self.atoms) == 1:
            return self.atoms[0]
        return "*".join(([] if self.factor == 1 else [str(self.factor)]) + [_factor(atom) for atom in self.atoms])

    def value(self, bound: Mapping[str, Any]) -> Any:
        """The number, once every atom is bound. Raises KeyError naming the first atom that is not."""
        return prod((bound[atom] for atom in self.atoms), start=self.factor)


def bind(dims: Iterable[Dim], actual: Iterable[Any], bound: dict[str, Any]) -> None:
    """Add to ``bound`` what the actual sizes of a tensor say of the atoms in its dimensions."""
    for dim, number in zip(dims, actual, strict=True):
        if isinstance(dim, int):
            continue
        size = Size.of(dim)
        open_atoms = [atom for atom in size.atoms if atom not in bound and atom != "?"]
        if len(open_atoms) == 1:
            rest = Size(size.factor, tuple(a for a in size.atoms if a != open_atoms[0]))
            if "?" not in rest.atoms and len(rest.atoms) == len(size.atoms) - 1:
                bound[open_atoms[0]] = number // rest.value(bound)


def renamed(dim: Dim, names: Mapping[str, str]) -> Dim:
    """A dimension in which symbols are called otherwise, or are atoms."""
    if isinstance(dim, int):
        return dim
    return Size.of(_SYMBOL.sub(lambda found: _factor(names.get(found[0], found[0])), dim)).dim()


def _factor(atom: str) -> str:
    """An atom as it stands in a product."""
    return atom if atom.isidentifier() or atom == "?" else f"({atom})"


def symbols_of(text: str) -> list[str]:
    """The symbols that a size is made of, each once; the names of functions are none."""
    return list(dict.fromkeys(_SYMBOL.findall(text)))


def unbound(shapes: Iterable[Sequence[Dim]], known: Iterable[str]) -> list[str]:
    """The atoms to be given for shapes of which more than one size is unknown; a single one follows from the rest."""
    missing: dict[str, None] = {}
    for dims in shapes:
        open_atoms = [[a for a in Size.of(dim).atoms if a not in known] for dim in dims if not isinstance(dim, int)]
        if sum(bool(atoms) for atoms in open_atoms) > 1:
            missing |= dict.fromkeys(atom for atoms in open_atoms for atom in atoms)
    return list(missing)


@lru_cache(maxsize=1 << 14)
def _named(text: str) -> Size:
    """The size that a text denotes; read once, as the shapes of a graph repeat few texts."""
    factors = _factors(text)
    numbers = (part for part in factors if isinstance(part, int))
    return Size(prod(numbers), tuple(sorted(part for part in factors if isinstance(part, str))))


def _factors(text: str) -> list[Dim]:
    """Split a product at its top-level stars; one power ``a**2`` becomes two factors."""
    parts, depth, start, i = [], 0, 0, 0
    while i < len(text):
        depth += (text[i] in "([") - (text[i] in ")]")
        if text[i] == "*" and depth == 0:
            if text[i : i + 2] == "**":
                i += 2
                continue
            parts.append(text[start:i])
            start = i + 1
        elif depth == 0 and text[i] in "+-/ ," and text.strip():
            return [text]
        i += 1
    parts.append(text[start:])
    return [factor for part in parts for factor in _power(part)]


def _power(part: str) -> list[Dim]:
    """The factors of one part of a product: a number, an atom, a product in brackets, or one of these to a power."""
    base, _, exponent = part.partition("**")
    if _is_number(exponent) and int(exponent) <= 8:
        return _power(base) * int(exponent)
    if _is_number(part):
        return [int(part)]
    return _factors(part[1:-1]) if _is_bracketed(part) else [part]


def _is_bracketed(text: str) -> bool:
    """Whether one pair of brackets encloses the whole text."""
    depth = 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return i == len(text) - 1 and text[0] == "("
    return False


def _is_number(text: str) -> bool:
    """Whether a text is a whole number in ASCII digits, the only ones that torch prints."""
    return text.isascii() and text.isdecimal()
