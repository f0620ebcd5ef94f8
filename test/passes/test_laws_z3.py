"""The index side of the laws about reshapes, proven by z3 for all sizes.

A law says that two ways through reshapes, norms and quants read and write the same entries. All tensors are row-major,
so entry numbers are integers, and each law is an identity of quotients and remainders. The proofs hold for all
integers: every size is any number from 1 on, every index any number within its axis, nothing is bounded. A proof
covers the axes that it names; the axes before them count as one.

Integer division enters by its definition, ``a = q * n + r`` with ``0 <= r < n``. Three lemmas are proven first and
then stated for the numbers at hand, which is all the help that z3 needs: no proof takes a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import z3
from proofs import Int, Proof


def test_quotient_and_remainder_are_unique() -> None:
    """The lemma: ``q * n + r = p * n + t`` with both remainders below ``n`` leaves no choice."""
    proof = Proof()
    n = proof.size("n")
    r, t = proof.index("r", n), proof.index("t", n)
    q, p = z3.Ints("q p")
    proof.facts.append(q * n + r == p * n + t)
    proof.follows(z3.And(q == p, r == t))


def test_an_index_pair_is_an_index_of_the_product() -> None:
    """The second lemma: ``i < m`` and ``j < n`` give ``i * n + j < m * n``."""
    proof = Proof()
    m, n = proof.size("m"), proof.size("n")
    i, j = proof.index("i", m), proof.index("j", n)
    proof.follows(z3.And(i * n + j >= 0, i * n + j < m * n))


def test_products_keep_the_order() -> None:
    """The third lemma: ``i >= m`` and ``n >= 1`` give ``i * n >= m * n``."""
    proof = Proof()
    n, m, beyond = proof.size("n"), z3.Int("m"), proof.size("beyond") - 1
    proof.follows((m + beyond) * n >= m * n)


def test_reshape_of_reshape_is_one_reshape() -> None:
    """Reading entry ``l`` as an index of shape ``[a, b, c]`` and counting that index again gives ``l``.

    So whatever shape stands between two others, entry ``l`` of the last is entry ``l`` of the first.
    """
    proof = Proof()
    a, b, c = (proof.size(name) for name in "abc")
    entry = proof.index("l", a * b * c)
    first, rest = proof.divide(entry, b * c)
    above, k = proof.divide(entry, c)
    second, j = proof.divide(above, b)
    over, i = proof.divide(first, a)
    proof.inside(j, b, k, c)
    proof.unique(b * c, second, j * c + k, first, rest)
    proof.ordered(first, a, b * c)
    proof.unique(a, over, i, z3.IntVal(0), first)
    proof.follows((i * b + j) * c + k == entry)


def test_norm_of_heads_is_norm_in_runs_of_the_flat_row() -> None:
    """Norm over D of ``[R, H, D]`` is norm in runs of D on ``[R, H*D]``, for every entry ``(r, h, d)``.

    Row, run and place in the run agree, and so does the entry of the mean. A weight for one head is read at the place
    in the run, which is ``d``; a weight for the flat row at its column, which is entry ``(h, d)`` of ``[H, D]``.
    """
    proof = Proof()
    rows, heads, width = proof.size("R"), proof.size("H"), proof.size("D")
    r, h, d = proof.index("r", rows), proof.index("h", heads), proof.index("d", width)
    row, column = proof.divide((r * heads + h) * width + d, heads * width)
    run, place = proof.divide(column, width)
    proof.inside(h, heads, d, width)
    proof.unique(heads * width, r, h * width + d, row, column)
    proof.unique(width, h, d, run, place)
    proof.follows(z3.And(row == r, run == h, place == d, row * heads + run == r * heads + h, column == h * width + d))


def grouped_entry(proof: Proof, entry: Int, group: Int, name: str) -> tuple[Int, Int]:
    """For rows of whole groups: the entry of the scale, and the place in the group, of an entry of the tensor."""
    count = proof.size(f"groups in a row {name}")
    row, column = proof.divide(entry, count * group)
    within_row, place = proof.divide(column, group)
    over, place_anywhere = proof.divide(entry, group)
    proof.unique(group, row * count + within_row, place, over, place_anywhere)
    return row * count + within_row, place


def test_groups_do_not_see_the_shape_of_rows_of_whole_groups() -> None:
    """Groups of G of ``[R, n]`` and of any other shape whose rows are whole groups have the same scales and places."""
    proof = Proof()
    group, entry = proof.size("G"), proof.size("l")
    one, other = grouped_entry(proof, entry, group, "before"), grouped_entry(proof, entry, group, "behind")
    proof.follows(z3.And(one[0] == other[0], one[1] == other[1]))


def test_groups_are_the_rows_of_a_split_axis() -> None:
    """Group ``g`` of row ``r`` of ``[R, k*G]`` is row ``r*k + g`` of ``[R, k, G]``, column by column."""
    proof = Proof()
    group, count = proof.size("G"), proof.size("k")
    r, g, place = proof.size("r"), proof.index("g", count), proof.index("c", group)
    row, column = proof.divide((r * count + g) * group + place, group)
    proof.unique(group, r * count + g, place, row, column)
    proof.follows(
        z3.And(row == r * count + g, column == place, row * group + column == r * (count * group) + g * group + place)
    )


def test_the_harness_refutes_what_is_false() -> None:
    """Where rows are not whole groups, groups do see the shape: z3 finds the numbers, and they are checked here."""
    proof = Proof()
    group, width, entry = proof.size("G"), proof.size("n"), proof.size("l")
    count = proof.size("k")
    proof.facts += [count * group >= width, count * group < width + group]
    row, column = proof.divide(entry, width)
    within_row, _ = proof.divide(column, group)
    over, _ = proof.divide(entry, group)
    model = proof.counterexample(row * count + within_row == over)
    assert model is not None
    g, n, i = (model.eval(v, model_completion=True).as_long() for v in (group, width, entry))
    assert n % g and i // n * -(-n // g) + i % n // g != i // g


@dataclass
class Place(Proof):
    """A full index as a kernel has it, row times columns plus column, and an axis whose steps are ``inner`` long."""

    def __post_init__(self) -> None:
        self.row, self.columns, self.inner = z3.Int("row"), self.size("columns"), self.size("inner")
        self.facts.append(self.row >= 0)
        self.column = self.index("column", self.columns)
        self.steps, self.rest = self.divide(self.row * self.columns + self.column, self.inner)


def test_an_axis_inside_the_row_is_read_off_the_column() -> None:
    """Where ``columns = k * length * inner``: the axis has index ``column // inner % length``, whatever the row."""
    proof = Place()
    length, k = proof.size("length"), proof.size("k")
    proof.facts.append(proof.columns == k * (length * proof.inner))
    in_column, rest = proof.divide(proof.column, proof.inner)
    proof.unique(proof.inner, proof.row * k * length + in_column, rest, proof.steps, proof.rest)
    above, index = proof.divide(proof.steps, length)
    above_column, index_column = proof.divide(in_column, length)
    proof.unique(length, proof.row * k + above_column, index_column, above, index)
    proof.follows(index == index_column)


def test_an_axis_that_the_row_cuts_has_a_part_in_each() -> None:
    """Where ``columns = s * inner`` and ``length = e * s``: the index is ``row % e * s + column // inner``.

    For the outermost axis, which no remainder bounds, it is ``row * s + column // inner``.
    """
    proof = Place()
    s, e = proof.size("s"), proof.size("e")
    proof.facts.append(proof.columns == s * proof.inner)
    in_column, rest = proof.divide(proof.column, proof.inner)
    proof.unique(proof.inner, proof.row * s + in_column, rest, proof.steps, proof.rest)
    proof.ordered(in_column, s, proof.inner)
    above_row, row_part = proof.divide(proof.row, e)
    above, index = proof.divide(proof.steps, e * s)
    proof.inside(row_part, e, in_column, s)
    proof.unique(e * s, above_row, row_part * s + in_column, above, index)
    proof.follows(z3.And(index == row_part * s + in_column, proof.steps == proof.row * s + in_column))


def test_an_axis_outside_the_row_is_read_off_the_row() -> None:
    """Where ``inner = t * columns``: the index is ``row // t % length``, and ``row // t`` for the outermost axis."""
    proof = Place()
    t, length = proof.size("t"), proof.size("length")
    proof.facts.append(proof.inner == t * proof.columns)
    over, within = proof.divide(proof.row, t)
    proof.inside(within, t, proof.column, proof.columns)
    proof.unique(proof.inner, over, within * proof.columns + proof.column, proof.steps, proof.rest)
    above, index = proof.divide(proof.steps, length)
    above_row, index_of_row = proof.divide(over, length)
    proof.unique(length, above_row, index_of_row, above, index)
    proof.follows(z3.And(proof.steps == over, index == index_of_row))


@pytest.mark.parametrize("axes", [2, 3])
def test_a_column_is_the_sum_of_its_places_in_the_tile(axes: int) -> None:
    """A tile of axes ``f0, f1, f2`` holds column ``c0 * f1 * f2 + c1 * f2 + c2`` in one place only."""
    proof = Proof()
    sizes = [proof.size(f"f{i}") for i in range(axes)]
    one = [proof.index(f"c{i}", size) for i, size in enumerate(sizes)]
    other = [proof.index(f"d{i}", size) for i, size in enumerate(sizes)]
    column, same = one[0], other[0]
    for i in range(1, axes):
        proof.unique(sizes[i], column, one[i], same, other[i])
        column, same = column * sizes[i] + one[i], same * sizes[i] + other[i]
    proof.facts.append(column == same)
    proof.follows(z3.And(*(a == b for a, b in zip(one, other, strict=True))))


def test_a_run_is_some_of_the_pieces_of_a_row() -> None:
    """Of rows of ``n`` runs of ``k`` pieces of G, piece ``p`` of row ``r`` lies in run ``r * n + p // k`` of all.

    Runs of any other such ``n`` and ``k`` are cut into the same pieces, so they need not nest.
    """
    proof = Proof()
    width, inside, count = proof.size("G"), proof.size("k"), proof.size("n")
    entry = proof.size("l") - 1
    row, column = proof.divide(entry, count * (inside * width))
    piece, place = proof.divide(column, width)
    within, number = proof.divide(piece, inside)
    run, along = proof.divide(entry, inside * width)
    proof.inside(number, inside, place, width)
    proof.unique(inside * width, row * count + within, number * width + place, run, along)
    proof.follows(z3.And(run == row * count + within, along == number * width + place))


def test_a_byte_of_an_element_is_one_of_the_row() -> None:
    """Column ``c`` of the bytes of n elements of w is byte ``c % w`` of element ``c // w``, in every row."""
    proof = Proof()
    width, columns, rows = proof.size("w"), proof.size("n"), proof.size("R")
    r, element, byte = proof.index("r", rows), proof.index("e", columns), proof.index("b", width)
    row, column = proof.divide((r * columns + element) * width + byte, columns * width)
    found, place = proof.divide(column, width)
    proof.inside(element, columns, byte, width)
    proof.unique(columns * width, r, element * width + byte, row, column)
    proof.unique(width, element, byte, found, place)
    proof.follows(z3.And(row == r, found == element, place == byte))


def _parts_of_runs(proof: Proof) -> tuple[Int, Int]:
    """Two entries of runs of one length, the first in an earlier part of its run than the second."""
    run, (p, q) = proof.size("run"), z3.Ints("p q")
    first, second = proof.index("first", run), proof.index("second", run)
    proof.facts.append(first < second)
    proof.unique(run, p, first, q, second)
    return p * run + first, q * run + second


def test_entries_in_different_parts_of_all_runs_differ() -> None:
    proof = Proof()
    first, second = _parts_of_runs(proof)
    proof.follows(first != second)


def test_entries_in_different_parts_of_runs_may_be_the_same_where_a_part_goes_beyond_its_run() -> None:
    proof = Proof()
    run, (p, q) = proof.size("run"), z3.Ints("p q")
    first, second = proof.index("first", run), proof.size("second")
    proof.facts += [first < second, p >= 0, q >= 0]
    model = proof.counterexample(p * run + first != q * run + second)
    assert model is not None
    size, m, n, a, b = (model.eval(v, model_completion=True).as_long() for v in (run, p, q, first, second))
    assert a < size and a < b and m * size + a == n * size + b


@pytest.mark.parametrize("bits", [16, 32, 64])
def test_bytes_are_shifts_and_are_put_back_by_them(bits: int) -> None:
    """Whatever the sign does to a shift, its lowest byte is one of the element: all of them are its bits again."""
    x = z3.BitVec("x", max(bits, 32))
    wide = z3.SignExt(16, z3.Extract(15, 0, x)) if bits == 16 else x
    pieces = [z3.Extract(7, 0, wide >> (8 * i)) for i in range(bits // 8)]
    solver = z3.Solver()
    solver.add(z3.Concat(*reversed(pieces)) != z3.Extract(bits - 1, 0, x))
    assert solver.check() == z3.unsat
    solver.reset()
    solver.add(z3.Concat(*pieces) != z3.Extract(bits - 1, 0, x))
    assert solver.check() == z3.sat, "the order of bytes matters"
