"""Index maps: which entry of a value a point of the row-major index of a chain's full tensor reads.

All values of a row-wise chain are looked at from one index, that of its full tensors. The index has *digits*: of rows
of 4 heads of 128 columns one counts columns, one heads, one rows. A map says for a value which digits its entry depends
on and by which steps: a scale per 128 columns lacks the innermost digit, a weight of 128 columns has no other, a
transposed tensor has the same digits with other steps, the second half of each head an offset. Reshape, cast and
arithmetic keep the map, whatever shapes they are written with, so "reshape between norm and quant" is no special case.
docs/laws.md has the index arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from xdsl.ir import Attribute, Operation

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


@dataclass(frozen=True)
class Digit:
    """``base // inner % length``, where the base is the index, a window's coordinate, a number looked up, or a summand.

    ``length`` None is for the outermost digit of an index of unknown length, ``total``: it is as long as that goes on.
    ``total`` is the length of the index, which the outermost digit knows.
    """

    inner: Size
    length: Dim | None
    base: Window | Lookup | Summand | None = None
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
        if isinstance(self.base, Window):
            return [t.digit for t in self.base.terms]
        if isinstance(self.base, Lookup):
            return [digit for number in self.base.numbers for digit in number.index_map.digits()]
        return [] if isinstance(self.base, Summand) else [self]

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

    @property
    def is_whole(self) -> bool:
        """Whether each of its entries is seen at one place."""
        if len(self.terms) != 1 or self.terms[0].step != ONE:
            return False
        bounds = Axis(self.terms, self.offset).bounds()
        return bounds is not None and bounds[0] <= 0 and bounds[1] >= self.length - 1


@dataclass(frozen=True)
class Number:
    """A number that an operand says, of which the map tells the entry."""

    operand: int
    index_map: IndexMap


@dataclass(frozen=True)
class Computed:
    """A number that small ops of integers compute from others, in the type ``element``, and from ``scalar``."""

    op: type[Operation]
    element: Attribute
    numbers: tuple[Number | Computed, ...]
    scalar: float | None = None


@dataclass(frozen=True)
class Lookup:
    """A number by which a row of a table is taken.

    ``length`` is that of the axis along which it is one; numbers below 0 count from its end, as torch's do.
    """

    number: Number | Computed
    length: Dim

    @property
    def numbers(self) -> list[Number]:
        """The numbers of operands that it is computed from, or is."""
        found, stack = list[Number](), [self.number]
        while stack:
            number = stack.pop()
            if isinstance(number, Number):
                found.append(number)
            else:
                stack.extend(number.numbers)
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Summand:
    """An axis of its own, which no result has: that of the summands of a sum over an outer axis."""

    number: int


@dataclass(frozen=True)
class IndexMap:
    """The entry ``offset + sum(digit * step)`` of a value, counted in row-major order.

    ``terms`` are sorted from the innermost digit outwards, and digits that continue one another are one. So equal maps
    are equal objects. A scale per 128 columns has one term, ``index // 128`` by steps of 1.
    """

    terms: tuple[Term, ...] = ()
    offset: int = 0

    @classmethod
    def of(cls, terms: Iterable[Term], offset: int = 0) -> IndexMap:
        """The map in normal form: digits of length 1 and steps of 0 dropped, neighbours merged."""
        merged: list[Term] = []
        for term in sorted(terms, key=_place):
            if term.digit.length == 1 or term.step.factor == 0:
                continue
            last = merged[-1] if merged else None
            if last is not None and _continues(last, term):
                length = None if term.digit.length is None else _times(last.digit.length, term.digit.length)
                merged[-1] = Term(Digit(last.digit.inner, length, last.digit.base, term.digit.total), last.step)
            else:
                merged.append(term)
        return cls(tuple(merged), offset)

    @classmethod
    def identity(cls, total: Size) -> IndexMap:
        """The map of a full tensor, which has ``total`` entries."""
        return cls.of([Term(Digit(ONE, None if total.atoms else total.factor, None, total), ONE)])

    def is_one_to_one(self, total: Size) -> bool:
        """Whether each point of an index of this length reads an entry of its own, wherever that lies."""
        sizes = [term.digit.size for term in self.terms if term.digit.base is None]
        known = [size.dim() for size in sizes if size is not None]
        every = len(known) == len(self.terms) and Size.product(known) == total
        return every or self == IndexMap.identity(total)

    @property
    def windows(self) -> list[Window]:
        """The windows that entries are looked at through."""
        return list(dict.fromkeys(t.digit.window for t in self.terms if t.digit.window is not None))

    @property
    def lookups(self) -> list[Lookup]:
        """The numbers that say which entry is taken."""
        return list(dict.fromkeys(t.digit.base for t in self.terms if isinstance(t.digit.base, Lookup)))

    @property
    def summands(self) -> list[Digit]:
        """The digits that count what is summed."""
        return [t.digit for t in self.terms if isinstance(t.digit.base, Summand)]

    def is_complete(self, size: Size) -> bool:
        """Whether some point of the index reads each entry of a value of this size."""
        reached, first = ONE, 0
        for term in sorted(self.terms, key=lambda term: size_key(term.step)):
            length, step = term.digit.size, term.step
            if not term.digit.is_whole or length is None or Size(abs(step.factor), step.atoms) != reached:
                return False
            reached = reached * length
            if step.factor < 0:
                if reached.atoms:
                    return False
                first -= step.factor * (length.factor - 1)
        return first == self.offset and reached == size

    def digits(self) -> list[Digit]:
        """The digits of the index that the entry depends on, innermost first."""
        found: dict[Digit, None] = {}
        for term in self.terms:
            found |= dict.fromkeys(term.digit.of_index())
        return sorted(found, key=lambda digit: size_key(digit.inner))


@dataclass(frozen=True)
class Axis:
    """Where along one axis of a value an entry stands: ``offset + sum(digit * step)``."""

    terms: tuple[Term, ...] = ()
    offset: int = 0

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
        window = Window.over(Axis(IndexMap.of(self.terms).terms, self.offset), length)
        return Axis((Term(Digit(ONE, length, window), ONE),))


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
