"""A proof for z3: sizes, indices and quotients with what is known of them, and a claim that must follow."""

from __future__ import annotations

from dataclasses import dataclass, field

import z3

Int = z3.ArithRef


@dataclass
class Proof:
    """Sizes, indices and quotients, each with what is known of it, and a claim that must follow."""

    facts: list[z3.BoolRef] = field(default_factory=list)
    fresh: int = 0

    def size(self, name: str) -> Int:
        """Any positive number."""
        number = z3.Int(name)
        self.facts.append(number >= 1)
        return number

    def index(self, name: str, size: Int) -> Int:
        """Any index into an axis of this size."""
        number = z3.Int(name)
        self.facts += [number >= 0, number < size]
        return number

    def divide(self, a: Int, n: Int) -> tuple[Int, Int]:
        """``a // n`` and ``a % n`` of numbers that are not negative, by their definition."""
        self.fresh += 1
        q, r = z3.Ints(f"q{self.fresh} r{self.fresh}")
        self.facts += [a == q * n + r, r >= 0, r < n, q >= 0]
        return q, r

    def unique(self, n: Int, q: Int, r: Int, p: Int, t: Int) -> None:
        """The lemma of `test_quotient_and_remainder_are_unique`, for these numbers."""
        same = z3.And(n >= 1, q * n + r == p * n + t, r >= 0, r < n, t >= 0, t < n)
        self.facts.append(z3.Implies(same, z3.And(q == p, r == t)))

    def inside(self, i: Int, m: Int, j: Int, n: Int) -> None:
        """The lemma of `test_an_index_pair_is_an_index_of_the_product`, for these numbers."""
        self.facts.append(z3.Implies(z3.And(i >= 0, i < m, j >= 0, j < n), z3.And(i * n + j >= 0, i * n + j < m * n)))

    def ordered(self, i: Int, m: Int, n: Int) -> None:
        """The lemma of `test_products_keep_the_order`, for these numbers."""
        self.facts.append(z3.Implies(z3.And(i >= m, n >= 1), i * n >= m * n))

    def counterexample(self, claim: z3.BoolRef) -> z3.ModelRef | None:
        """Numbers for which the claim fails, or None where it is proven. An undecided claim is an error."""
        solver = z3.Solver()
        solver.set("timeout", 20_000)
        solver.add(*self.facts, z3.Not(claim))
        answer = solver.check()
        assert answer != z3.unknown, solver.reason_unknown()
        return solver.model() if answer == z3.sat else None

    def follows(self, claim: z3.BoolRef) -> None:
        """Assert a claim, and that the facts it is drawn from do not contradict each other."""
        assert self.counterexample(claim) is None
        assert self.counterexample(z3.BoolVal(False)) is not None
