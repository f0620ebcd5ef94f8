"""Digits of an index, and what is counted by them: coordinates along an axis, seen through windows.

Of rows of 4 heads of 128 columns one digit of the row-major index counts columns, one heads, one rows. docs/laws.md has
the index arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from irfuse.dialect.sizes import Dim, Size

FIXED_SIZE = "give that axis a fixed size: torch._dynamo.mark_dynamic marks what changes, dynamic=True all"
ONE = Size(1)


class NotRowWise(Exception):
    """A body cannot be computed row by row; the message says which condition failed, ``cure`` what would mend it."""

    def __init__(self, reason: str, cure: str = ""):
        super().__init__(reason)
        self.cure = cure


def unknown(what: str) -> NotRowWise:
    """The refusal of a body whose rows have a length that no number says."""
    return NotRowWise(f"{what} columns, a number that is not known", FIXED_SIZE)


class Base(Protocol):
    """What a digit counts in place of the index itself."""

    def digits(self) -> list[Digit]:
        """The digits of the index that it depends on."""
        ...


@dataclass(frozen=True)
class Digit:
    """``base // inner % length``, where the base is the index, a window's coordinate, a number looked up, or a summand.

    ``length`` None is for the outermost digit of an index of unknown length, ``total``: it is as long as that goes on.
    ``total`` is the length of the index, which the outermost digit knows.
    """

    inner: Size
    length: Dim | None
    base: Base | None = None
    total: Size | None = field(default=None, compare=False, repr=False)

    @property
    def window(self) -> Window | None:
        """The window whose coordinate is the base, if any."""
        return self.base if isinstance(self.base, Window) else None

    @property
    def whole_window(self) -> Window | None:
        """The window of which it is the coordinate, and no part of that."""
        window = self.window
        return window if window is not None and self.inner == ONE and self.length == window.length else None

    @property
    def is_whole(self) -> bool:
        """Whether it counts by itself all that it can: no number looked up, no part of what a window shows."""
        return self.base is None or (self.whole_window is not None and self.whole_window.is_whole)

    def of_index(self) -> list[Digit]:
        """The digits of the index that it depends on."""
        return [self] if self.base is None else self.base.digits()

    @property
    def size(self) -> Size | None:
        """The length; that of the outermost digit where it is a whole number of what is inside of it."""
        if self.length is not None:
            return Size.of(self.length)
        return None if self.total is None else self.total.divided_by(self.inner)

    @property
    def is_outermost(self) -> bool:
        """Whether the index ends where the digit does, so that the digit is no remainder of anything."""
        return self.base is None and self.total is not None and self.end in (None, self.total)

    @property
    def end(self) -> Size | None:
        """The ``inner`` of the next digit; None for the outermost."""
        return None if self.length is None else self.inner * Size.of(self.length)

    def cut(self, length: Size) -> tuple[Digit, Digit]:
        """The digit as two, the inner of this length. Raises NotRowWise where that does not divide it.

        Of the whole coordinate of a window the inner one is a digit of the index, where the window begins and ends with
        such runs: so the heads of a piece are told from its columns, and each head's columns can be reduced.
        """
        if self.whole_window is not None and (found := self.whole_window.cut(length)) is not None:
            return found
        rest: Dim | None = None
        if self.length is not None:
            quotient = Size.of(self.length).divided_by(length)
            if quotient is None:
                raise NotRowWise(f"an axis of {length.dim()} does not divide a run of {self.length} columns")
            rest = quotient.dim()
        return Digit(self.inner, length.dim(), self.base), Digit(self.inner * length, rest, self.base, self.total)


@dataclass(frozen=True)
class Term:
    """A digit and by how many entries a step of it moves."""

    digit: Digit
    step: Size

    def parts(self, unit: int) -> list[Term]:
        """The term cut where its steps add up to a unit."""
        length, step = self.digit.length, self.step.factor
        if not isinstance(length, int) or self.step.atoms or not 0 < step < unit < step * length:
            return [self]
        count = unit // step
        if unit % step or length % count:
            return [self]
        inner, outer = self.digit.cut(Size(count))
        return [Term(inner, self.step), Term(outer, Size(unit))]


@dataclass(frozen=True)
class Window:
    """The coordinate ``offset + sum(digit * step)`` of an axis, where it lies in ``range(length)``.

    A pad and a concatenation look at a value through one: outside of it there is no entry.
    """

    terms: tuple[Term, ...]
    offset: int
    length: int

    @classmethod
    def over(cls, axis: Axis, length: int) -> Window:
        """The window of this length over a coordinate, which may itself be seen through one that shows all of it.

        Raises NotRowWise where that one shows less: then it would take two conditions to see an entry.
        """
        found, offset = list[Term](), axis.offset
        for term in axis.terms:
            step, inner = term.step, term.digit.window
            if inner is None:
                found.append(term)
                continue
            others = Axis(tuple([t for t in axis.terms if t is not term])).bounds()
            whole = term.digit.whole_window is inner and not step.atoms
            beside = others is not None and others[0] >= 0 and others[1] < step.factor
            if not whole or not beside or axis.offset > 0 or length - axis.offset > step.factor * inner.length:
                raise NotRowWise("a piece is put together of parts of other pieces")
            found += [Term(t.digit, t.step * step) for t in inner.terms]
            offset += inner.offset * step.factor
        return cls(tuple(found), offset, length)

    def cut(self, run: Size) -> tuple[Digit, Digit] | None:
        """Its coordinate as a digit within runs of this length, and a window of what counts them; else None."""
        unit = run.factor
        if run.atoms or unit < 2 or self.offset % unit or self.length % unit:
            return None
        parts = [part for term in self.terms for part in term.parts(unit)]
        coarse = [part for part in parts if part.step.factor % unit == 0]
        fine = [part for part in parts if part not in coarse]
        if not coarse or len(fine) != 1 or fine[0].step != ONE or fine[0].digit.length != unit:
            return None
        terms = tuple([Term(part.digit, Size(part.step.factor // unit, part.step.atoms)) for part in coarse])
        window = Window(terms, self.offset // unit, self.length // unit)
        return fine[0].digit, Digit(ONE, window.length, window)

    def digits(self) -> list[Digit]:
        """The digits that its coordinate is made of."""
        return [t.digit for t in self.terms]

    @property
    def is_whole(self) -> bool:
        """Whether each of its entries is seen at one place."""
        if len(self.terms) != 1 or self.terms[0].step != ONE:
            return False
        bounds = Axis(self.terms, self.offset).bounds()
        return bounds is not None and bounds[0] <= 0 and bounds[1] >= self.length - 1


@dataclass(frozen=True)
class Summand:
    """An axis of its own, which no result has: that of the summands of a sum over an outer axis."""

    number: int

    def digits(self) -> list[Digit]:
        """None of the index."""
        return []


@dataclass(frozen=True)
class Fixed:
    """A number of steps that are as long as a name says, so that no number is the offset that they make."""

    number: int

    def digits(self) -> list[Digit]:
        """None of the index."""
        return []


@dataclass(frozen=True)
class Axis:
    """Where along one axis of a value an entry stands: ``offset + sum(digit * step)``."""

    terms: tuple[Term, ...] = ()
    offset: int = 0

    @classmethod
    def of(cls, terms: Iterable[Term], offset: int = 0) -> Axis:
        """The axis in normal form, fixed numbers of steps being part of its offset. Raises NotRowWise."""
        moving = list[Term]()
        for term in terms:
            if not isinstance(term.digit.base, Fixed):
                moving.append(term)
                continue
            if term.step.atoms or term.digit.inner.atoms or not isinstance(term.digit.length, int):
                raise NotRowWise(f"rows begin {term.digit.base.number} times {term.step.dim()} entries into an axis")
            offset += term.digit.base.number // term.digit.inner.factor % term.digit.length * term.step.factor
        return cls(merged(moving), offset)

    def bounds(self) -> tuple[int, int] | None:
        """The least and the largest coordinate; None where a length is not known."""
        low = high = self.offset
        for term in self.terms:
            if not isinstance(term.digit.length, int) or term.step.atoms:
                return None
            far = term.step.factor * (term.digit.length - 1)
            low, high = low + min(far, 0), high + max(far, 0)
        return low, high

    def through(self, length: int) -> Axis:
        """The axis of a value of this length of which nothing is read elsewhere."""
        bounds = self.bounds()
        if bounds is None:
            raise NotRowWise("rows whose length is not known are padded or put together")
        if bounds[0] >= 0 and bounds[1] < length:
            return self
        window = Window.over(Axis(merged(self.terms), self.offset), length)
        return Axis((Term(Digit(ONE, length, window), ONE),))


def merged(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Terms in normal form: digits of length 1 and steps of 0 dropped, neighbours merged, sorted from the inside."""
    found: list[Term] = []
    for term in sorted(terms, key=_place):
        if term.digit.length == 1 or term.step.factor == 0:
            continue
        last = found[-1] if found else None
        if last is not None and _continues(last, term):
            length = None if term.digit.length is None else _times(last.digit.length, term.digit.length)
            found[-1] = Term(Digit(last.digit.inner, length, last.digit.base, term.digit.total), last.step)
        else:
            found.append(term)
    return tuple(found)


def _continues(inner: Term, outer: Term) -> bool:
    """Whether a term goes on where the one inside it ends."""
    length = inner.digit.length
    if length is None or inner.digit.base != outer.digit.base:
        return False
    return inner.digit.end == outer.digit.inner and inner.step * Size.of(length) == outer.step


def _times(a: Dim | None, b: Dim) -> Dim:
    assert a is not None
    return (Size.of(a) * Size.of(b)).dim()


def size_key(size: Size) -> tuple[int, int]:
    """By which sizes are sorted: those that hold others come later."""
    return len(size.atoms), abs(size.factor)


def _place(term: Term) -> tuple[Any, ...]:
    """Where a term stands among others: those of the index from the inside outwards, then those of windows."""
    base = term.digit.base
    return (base is not None, "" if base is None else repr(base), *size_key(term.digit.inner))
