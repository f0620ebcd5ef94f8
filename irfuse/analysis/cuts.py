"""How a row is cut into axes, such that runs of several lengths are made of whole ones.

Where of any two runs one divides the other, an axis is what a run has of the next shorter one. Runs of 128 and of 192
columns do not nest so; a row of 384 has 3 of the one and 2 of the other, each made of whole pieces of 64.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from irfuse.analysis.digits import NotRowWise
from irfuse.dialect.sizes import Size

MOST_PIECES = 16
"""Into how many pieces a row may be cut for runs that do not nest; a kernel has lines of its own for each."""


@dataclass(frozen=True)
class Cuts:
    """``columns`` is the product of ``factors``, which are axes, outermost first; runs end at ``borders``.

    ``crossed`` is the axis, if any, inside of which runs end that do not nest.
    """

    columns: int
    factors: tuple[int, ...]
    borders: frozenset[int]
    crossed: int | None = None


def cut(columns: int, borders: Iterable[int], total: Size) -> Cuts:
    """Rows of an index of length ``total``, of ``columns`` or what more of them runs that end at borders take.

    Raises NotRowWise where these are not whole rows, or are cut into too many pieces.
    """
    runs = {1, columns, *borders}
    first = next(((run, columns) for run in sorted(runs) if _clash(run, columns)), None)
    while clashing := [run for run in runs if _clash(run, columns)]:
        columns = math.lcm(columns, *clashing)
    if first is not None and total.divided_by(Size(columns)) is None:
        raise _no_nesting(*first)
    inside = sorted({*(run for run in runs if run < columns), columns})
    ends = [run for run in inside if not any(_clash(run, other) for other in inside)]
    between = [run for run in inside if run not in ends]
    if not between:
        return Cuts(columns, _factors(ends), frozenset(ends))
    low, high = math.gcd(*between), math.lcm(*between)
    if high // low > MOST_PIECES or any(low < end < high for end in ends):
        raise _no_nesting(*next(pair for pair in itertools.combinations(between, 2) if _clash(*pair)))
    factors = _factors({*ends, low, high})
    return Cuts(columns, factors, frozenset({*inside, low, high}), _axis_ending_at(high, factors))


def _no_nesting(a: int, b: int) -> NotRowWise:
    return NotRowWise(f"runs of {min(a, b)} and of {max(a, b)} columns do not nest")


def _clash(a: int, b: int) -> bool:
    return bool(a % b and b % a)


def _factors(ends: Collection[int]) -> tuple[int, ...]:
    return tuple(high // low for low, high in itertools.pairwise(sorted(ends)))[::-1] or (1,)


def _axis_ending_at(end: int, factors: tuple[int, ...]) -> int:
    """The axis whose entries make up the innermost ``end`` columns."""
    return next(axis for axis in range(len(factors)) if math.prod(factors[axis:]) == end)
