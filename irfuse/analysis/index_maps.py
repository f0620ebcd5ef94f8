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
from dataclasses import dataclass

from xdsl.ir import Attribute, Operation

from irfuse.analysis.digits import ONE, Digit, Summand, Term, Window, merged, size_key
from irfuse.dialect.sizes import Dim, Size


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

    def digits(self) -> list[Digit]:
        """The digits of the index that the number depends on."""
        return [digit for number in self.numbers for digit in number.index_map.digits()]

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
        return cls(merged(terms), offset)

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
