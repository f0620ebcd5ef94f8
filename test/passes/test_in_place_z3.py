"""The laws of kernels that read the tensor that they write to (irfuse/analysis/in_place.py), proven for all sizes."""

from __future__ import annotations

import z3
from proofs import Int, Proof


def in_period(proof: Proof, name: str, period: Int, least: Int, most: Int) -> Int:
    """An entry at any place of some period, from the least up to the most."""
    place = z3.Int(f"{name}_place")
    proof.facts += [place >= least, place <= most]
    count = proof.index(f"{name}_count", proof.size(f"{name}_periods"))
    return count * period + place


def apart(proof: Proof, most: Int, least: Int) -> tuple[Int, Int, Int]:
    """A period, and an entry that stands up to a place in it and one that stands from another on."""
    period = proof.size("period")
    first = in_period(proof, "a", period, z3.IntVal(0), most)
    second = in_period(proof, "b", period, least, period - 1)
    return period, first, second


def test_entries_apart_in_a_period_are_others() -> None:
    """The slice of a tensor at columns that nothing is inserted at is that of the tensor before."""
    proof = Proof()
    most, least = z3.Ints("most least")
    proof.facts += [most >= 0, most < least]
    period, first, second = apart(proof, most, least)
    proof.facts += [least < period]
    counts, places = z3.Ints("a_count b_count"), z3.Ints("a_place b_place")
    proof.unique(period, counts[0], places[0], counts[1], places[1])
    proof.follows(first != second)


def test_entries_that_run_over_their_period_are_not() -> None:
    """Where the second may stand beyond the period, it may be the first of the next one."""
    proof = Proof()
    most, least, period = z3.Int("most"), z3.Int("least"), proof.size("period")
    proof.facts += [most >= 0, most < least, least < period]
    first = in_period(proof, "a", period, z3.IntVal(0), most)
    second = in_period(proof, "b", period, least, 2 * period)
    assert proof.counterexample(first != second) is not None


def blocks(proof: Proof, name: str, heads: Int, step: Int, token_step: Int, block: Int) -> tuple[Int, Int, Int]:
    """An entry of a row, its token and its head: rows are blocks, heads of a token ``step`` of them apart."""
    token, head = proof.index(f"{name}_token", proof.size("tokens")), proof.index(f"{name}_head", heads)
    within = proof.index(f"{name}_column", block)
    return (token * token_step + head * step) * block + within, token, head


def one_row(*, ends: bool) -> bool:
    """Whether two entries that are one are of one row; ``ends`` says that a token ends where the next one begins."""
    proof = Proof()
    heads, step, token_step, block = (proof.size(name) for name in ("heads", "step", "token_step", "block"))
    if ends:
        proof.facts.append(token_step >= heads * step)
    a, b = (blocks(proof, name, heads, step, token_step, block) for name in "ab")
    numbers = [token * token_step + head * step for _, token, head in (a, b)]
    columns = z3.Ints("a_column b_column")
    proof.unique(block, numbers[0], columns[0], numbers[1], columns[1])
    for _, _, head in (a, b):
        proof.ordered(heads - 1, head, step)
    for (_, token, _), (_, other, _) in ((a, b), (b, a)):
        proof.ordered(token - other, z3.IntVal(1), token_step)
    same = z3.Implies(a[0] == b[0], z3.And(a[1] == b[1], a[2] == b[2]))
    return proof.counterexample(same) is None


def test_rows_of_blocks_have_no_entry_in_common() -> None:
    """Each row reads and writes within the block that its digits count, so no other row does there."""
    assert one_row(ends=True)


def test_rows_of_tokens_that_overlap_do() -> None:
    assert not one_row(ends=False)
