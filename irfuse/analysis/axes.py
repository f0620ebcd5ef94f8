"""From an index map to where an entry stands along each axis of a value, and back: what a shape makes of digits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from irfuse.analysis.digits import ONE, Axis, Digit, Fixed, NotRowWise, Term, size_key
from irfuse.analysis.index_maps import IndexMap
from irfuse.dialect.sizes import Dim, Size


def axes_of(index_map: IndexMap, dims: Sequence[Dim]) -> list[Axis]:
    """Where an entry stands along each axis of a value of this shape. Raises NotRowWise where the shape does not fit.

    A digit that goes over several axes is cut at their borders.
    """
    found: list[list[Term]] = [[] for _ in dims]
    long = [(axis, inner) for axis, inner in enumerate(inner_sizes(dims)) if dims[axis] != 1]
    for term in index_map.terms:
        rest: Term | None = term
        while rest is not None:
            axis, step = _axis_of(rest.step, long)
            part, rest = (Term(rest.digit, step), None) if axis == long[0][0] else _cut(rest, step, dims[axis])
            found[axis].append(part)
    offsets = _offsets(index_map.offset, dims)
    axes = [Axis.of(terms, offset) for terms, offset in zip(found, offsets, strict=True)]
    for axis_found, dim in zip(axes, dims, strict=True):
        _check_range(axis_found, dim)
    return axes


def joined(axes: Sequence[Axis], steps: Sequence[Size]) -> IndexMap:
    """The map of a value along whose axes an entry stands there; ``steps`` are its axes' strides in entries."""
    terms = [Term(t.digit, t.step * step) for axis, step in zip(axes, steps, strict=True) for t in axis.terms]
    offset = 0
    for axis, step in zip(axes, steps, strict=True):
        if axis.offset > 0 and step.atoms and all(t.step.factor > 0 for t in axis.terms):
            terms.append(Term(Digit(ONE, axis.offset + 1, Fixed(axis.offset)), step))
        elif axis.offset and step.atoms:
            raise NotRowWise(f"rows begin {axis.offset} times {step.dim()} entries into a tensor")
        else:
            offset += axis.offset * step.factor
    return IndexMap.of(terms, offset)


def inner_sizes(dims: Sequence[Dim]) -> list[Size]:
    """For each axis of a shape how many entries one step along it moves, in row-major order."""
    sizes = [ONE]
    for dim in reversed(dims[1:]):
        sizes.append(sizes[-1] * Size.of(dim))
    return sizes[::-1] if dims else []


def _axis_of(step: Size, long: Sequence[tuple[int, Size]]) -> tuple[int, Size]:
    """The axis along which a step of a row-major index goes, the outermost that can be, and how far it goes there."""
    for axis, inner in long:
        if (along := step.divided_by(inner)) is not None:
            return axis, along
    raise NotRowWise(f"an axis of step {step.dim()} lies outside the row")


def _cut(term: Term, step: Size, dim: Dim) -> tuple[Term, Term | None]:
    """The part of a term that stays inside an axis which is not the outermost, and what goes on beyond it."""
    length, size = term.digit.size, Size(abs(step.factor), step.atoms)
    room = Size.of(dim).divided_by(size)
    if length is not None and _fits(length, size, Size.of(dim)):
        return Term(term.digit, step), None
    if room is None or room == ONE:
        run = "unknown length" if length is None else f"{length.dim()} columns"
        raise NotRowWise(f"an axis of {dim} does not divide a run of {run}")
    inside, beyond = term.digit.cut(room)
    return Term(inside, step), Term(beyond, term.step * room)


def _fits(length: Size, step: Size, dim: Size) -> bool:
    """Whether a digit of this length, counted by these steps, stays on an axis."""
    if dim.divided_by(length * step) is not None:
        return True
    return not (length.atoms or step.atoms or dim.atoms) and step.factor * (length.factor - 1) < dim.factor


def _offsets(offset: int, dims: Sequence[Dim]) -> list[int]:
    """An offset in entries as one along each axis."""
    found = [0] * len(dims)
    for axis in reversed(range(len(dims))):
        dim = dims[axis]
        if offset and (not isinstance(dim, int) or axis == 0):
            found[axis], offset = offset, 0
        elif isinstance(dim, int):
            offset, found[axis] = divmod(offset, dim)
    if offset:
        raise NotRowWise(f"an entry {offset} lies outside the row")
    return found


def _check_range(axis: Axis, dim: Dim) -> None:
    """Raise NotRowWise unless what is read along an axis provably lies on it, and no term runs over another."""
    bounds = axis.bounds()
    if bounds is not None and isinstance(dim, int):
        if bounds[0] < 0 or bounds[1] >= dim:
            raise NotRowWise(f"a run of {bounds[1] + 1} columns lies outside an axis of {dim}")
        return
    if axis.offset or any(term.step.factor < 0 for term in axis.terms):
        raise NotRowWise(f"an axis of {dim} is not read from its beginning on")
    for low, high in itertools.pairwise(sorted(axis.terms, key=lambda term: size_key(term.step))):
        length = low.digit.length
        if length is None or high.step.divided_by(low.step * Size.of(length)) is None:
            raise NotRowWise(f"an axis of {dim} is made of runs that do not nest")
