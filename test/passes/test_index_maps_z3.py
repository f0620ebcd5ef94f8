"""The laws of index maps, proven by z3 for all sizes, as those of reshapes are (test_laws_z3.py)."""

from __future__ import annotations

import pytest
import z3
from proofs import Int, Proof


def test_a_digit_is_two_where_its_length_is_a_product() -> None:
    """``index // inner % (a*b)`` counts ``index // inner % a`` and, by steps of ``a``, ``index // (inner*a) % b``."""
    proof = Proof()
    a, b, inner, index = proof.size("a"), proof.size("b"), proof.size("inner"), proof.size("l")
    steps, rest = proof.divide(index, inner)
    over_all, digit = proof.divide(steps, a * b)
    tens, low = proof.divide(steps, a)
    hundreds, high = proof.divide(tens, b)
    over, within = proof.divide(index, inner * a)
    proof.inside(low, a, rest, inner)
    proof.unique(inner * a, over, within, tens, low * inner + rest)
    proof.inside(high, b, low, a)
    proof.unique(a * b, hundreds, high * a + low, over_all, digit)
    proof.follows(z3.And(digit == high * a + low, over == tens))


def stands(proof: Proof, low: Int, inner: Int, along: Int, dim: Int, beyond: Int) -> tuple[Int, Int]:
    """The place along an axis and beyond it of the entry ``low + along * inner + beyond * inner * dim``."""
    proof.facts += [low >= 0, low < inner, beyond >= 0]
    above, rest = proof.divide((beyond * dim + along) * inner + low, inner)
    proof.unique(inner, beyond * dim + along, low, above, rest)
    over, place = proof.divide(above, dim)
    proof.unique(dim, beyond, along, over, place)
    return over, place


def test_terms_that_stay_on_an_axis_are_its_coordinate() -> None:
    """Steps that are whole numbers of an axis' entries, and no more of them than it is long, move along it alone."""
    proof = Proof()
    inner, dim, low, beyond = proof.size("inner"), proof.size("dim"), z3.Int("low"), z3.Int("beyond")
    along = proof.index("along", dim)
    over, place = stands(proof, low, inner, along, dim, beyond)
    proof.follows(z3.And(place == along, over == beyond))


def test_terms_that_run_over_an_axis_are_not() -> None:
    """Without that bound they carry into the next axis, and z3 finds where."""
    proof = Proof()
    inner, dim, low, beyond = proof.size("inner"), proof.size("dim"), z3.Int("low"), z3.Int("beyond")
    along = proof.size("along")
    _, place = stands(proof, low, inner, along, dim, beyond)
    assert proof.counterexample(place == along) is not None


def test_permuted_axes_are_read_by_the_strides_of_their_own() -> None:
    """Entry ``(i, j, k)`` of the permuted ``[b, a, c]`` is entry ``(j, i, k)`` of ``[a, b, c]``, its digits' steps."""
    proof = Proof()
    a, b, c = (proof.size(name) for name in "abc")
    index = proof.index("l", b * a * c)
    rest, k = proof.divide(index, c)
    i, j = proof.divide(rest, a)
    entry = j * (b * c) + i * c + k
    proof.ordered(i, b, a)
    proof.ordered(rest, b * a, c)
    proof.inside(j, a, i, b)
    above, place = proof.divide(entry, c)
    proof.unique(c, j * b + i, k, above, place)
    proof.facts.append(i < b)
    first, second = proof.divide(above, b)
    proof.unique(b, j, i, first, second)
    proof.follows(z3.And(first == j, second == i, place == k))


def test_pieces_of_one_length_are_told_by_the_digit_outside() -> None:
    """Coordinate ``piece * length + within`` lies in that piece alone, ``within`` entries from its beginning."""
    proof = Proof()
    length, piece, other = proof.size("length"), proof.size("piece") - 1, proof.size("other") - 1
    within = proof.index("within", length)
    at = piece * length + within
    q, r = proof.divide(at, length)
    proof.unique(length, piece, within, q, r)
    proof.ordered(other, q + 1, length)
    proof.ordered(q, other + 1, length)
    inside = z3.And(at >= other * length, at < (other + 1) * length)
    proof.follows(z3.And(r == within, z3.Implies(inside, at - other * length == within)))


def test_a_window_reads_what_lies_behind_its_beginning() -> None:
    """Of pieces that begin one where another ends, the first border above a coordinate tells its piece."""
    proof = Proof()
    first, second, third = proof.size("first"), proof.size("second"), proof.size("third")
    at = proof.index("at", first + second + third)
    read = z3.If(at < first, at, z3.If(at < first + second, at - first, at - first - second))
    length = z3.If(at < first, first, z3.If(at < first + second, second, third))
    proof.follows(z3.And(read >= 0, read < length))


@pytest.mark.parametrize("forwards", [True, False])
def test_a_slice_stays_on_its_axis(forwards: bool) -> None:
    """Where the first and the last entry of a slice lie on the axis, all of them do, forwards and backwards."""
    proof = Proof()
    dim, count, start, step = proof.size("dim"), proof.size("count"), z3.Int("start"), z3.Int("step")
    i = proof.index("i", count)
    last = start + step * (count - 1)
    proof.facts += [start >= 0, start < dim, last >= 0, last < dim, step >= 1 if forwards else step <= -1]
    size = step if forwards else -step
    proof.facts += [i * size >= 0, i * size <= (count - 1) * size]
    proof.follows(z3.And(start + step * i >= 0, start + step * i < dim))


def test_a_row_of_a_padded_axis_is_counted_as_one_of_it() -> None:
    """A row below ``R`` is its own remainder by any ``P`` that is no less: its digit may be as long as the pad."""
    proof = Proof()
    rows, more = proof.size("R"), proof.size("more") - 1
    row = proof.index("r", rows)
    over, digit = proof.divide(row, rows + more)
    proof.unique(rows + more, over, digit, z3.IntVal(0), row)
    proof.follows(digit == row)


def test_a_column_of_a_padded_axis_is_not() -> None:
    """A digit inside of another is a remainder: counted further it takes in what lies beyond, and z3 finds where."""
    proof = Proof()
    columns, more, index = proof.size("C"), proof.size("more"), proof.size("l")
    _, column = proof.divide(index, columns)
    _, longer = proof.divide(index, columns + more)
    assert proof.counterexample(column == longer) is not None


def test_padded_entries_stand_apart_and_inside() -> None:
    """Entries of ``[R, C]`` at ``r * P + c`` of a tensor with rows of ``P >= C`` are in it, and no two are one."""
    proof = Proof()
    rows, columns, more, below = proof.size("R"), proof.size("C"), proof.size("more") - 1, proof.size("below") - 1
    r, c = proof.index("r", rows), proof.index("c", columns)
    s, e = proof.index("s", rows), proof.index("e", columns)
    wide = columns + more
    proof.facts += [c < wide, e < wide, r < rows + below]
    proof.inside(r, rows + below, c, wide)
    within = z3.And(r * wide + c >= 0, r * wide + c < (rows + below) * wide)
    proof.facts.append(r * wide + c == s * wide + e)
    proof.unique(wide, r, c, s, e)
    proof.follows(z3.And(within, r == s, c == e))
