"""Atomic instructions: one lane after another changes a number in memory or LDS, and may get what was there before.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture", "RDNA3 Instruction Set Architecture" and "RDNA4
Instruction Set Architecture", sections on MUBUF, global and LDS instructions. Of floats the order of lanes, which
hardware chooses, decides the last bits of sums.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from irfuse.emulate import conversions as c
from irfuse.emulate.state import Array

Change = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Atomic:
    """What becomes of an old number and an operand, both of ``dtype``; ``compares``: a second operand must be equal."""

    dtype: np.dtype[np.generic]
    change: Change
    compares: bool = False

    @property
    def size(self) -> int:
        """The bytes that are changed."""
        return self.dtype.itemsize

    def operands(self) -> int:
        """How many numbers the data registers hold."""
        return 2 if self.compares else 1

    def apply(self, old: Array, data: Array) -> Array:
        """New bytes of old ones, u8 [n, size], with operands, u8 [n, size * operands]."""
        before, given = (np.ascontiguousarray(v).view(self.dtype) for v in (old, data))
        after = np.asarray(self.change(before[:, 0], given[:, 0])).astype(self.dtype)
        if self.compares:
            after = np.where(before[:, 0] == given[:, 1], after, before[:, 0])
        return after[:, None].view(np.uint8)


def _increased(old: Array, limit: Array) -> Array:
    return np.where(old >= limit, old.dtype.type(0), old + old.dtype.type(1))


def _decreased(old: Array, limit: Array) -> Array:
    return np.where((old == 0) | (old > limit), limit, old - old.dtype.type(1))


def _of_halves(widen: Callable[[Array], Array], narrow: Callable[[Array], Array]) -> Change:
    """A sum of two pairs of numbers of 16 bits, each in a word."""

    def add(old: Array, data: Array) -> Array:
        parts = [v.view(np.uint16).reshape(-1, 2) for v in (np.ascontiguousarray(old), np.ascontiguousarray(data))]
        total = narrow((widen(parts[0]) + widen(parts[1])).astype(np.float32)).astype(np.uint16)
        return np.ascontiguousarray(total).view(np.uint32)[:, 0]

    return add


_CHANGES: dict[str, tuple[str, Change]] = {
    "add": ("u", np.add),
    "sub": ("u", np.subtract),
    **{f"{sign}{name}": (kind, change) for name, change in (("max", np.maximum), ("min", np.minimum))
       for sign, kind in (("s", "i"), ("u", "u"))},
    "and": ("u", np.bitwise_and),
    "or": ("u", np.bitwise_or),
    "xor": ("u", np.bitwise_xor),
    "swap": ("u", lambda old, data: data),
    "cmpswap": ("u", lambda old, data: data),
    "inc": ("u", _increased),
    "dec": ("u", _decreased),
}  # fmt: skip
_NAMES = {
    "add": "add_u", "sub": "sub_u", "smax": "max_i", "umax": "max_u", "smin": "min_i", "umin": "min_u", "and": "and_b",
    "or": "or_b", "xor": "xor_b", "swap": "swap_b", "cmpswap": "cmpswap_b", "inc": "inc_u", "dec": "dec_u",
}  # fmt: skip
"""GFX9's names of atomics on memory, and GFX11's without the width."""


def _memory() -> dict[str, Atomic]:
    table: dict[str, Atomic] = {}
    for name, (kind, change) in _CHANGES.items():
        for width, suffix in ((32, ""), (64, "_x2")):
            made = Atomic(np.dtype(f"{kind}{width // 8}"), change, name == "cmpswap")
            table[name + suffix] = table[f"{_NAMES[name]}{width}"] = made
    halves = {
        "pk_add_f16": Atomic(np.dtype("u4"), _of_halves(lambda v: v.view(np.float16).astype(np.float32), c.half_bits)),
        "pk_add_bf16": Atomic(np.dtype("u4"), _of_halves(c.from_bf16, c.to_bf16)),
    }
    return table | halves | {f"add_f{8 * n}": Atomic(np.dtype(f"f{n}"), np.add) for n in (4, 8)}


MEMORY = _memory()
"""By the end of the opcode, as in ``global_atomic_add_x2`` and ``buffer_atomic_add_u64``."""
LDS = {
    **{name: MEMORY[name] for name in MEMORY if re.fullmatch(r"(add|sub|inc|dec|min|max|and|or|xor)_\w\d+", name)},
    **{f"{prefix}_b{width}": MEMORY[f"swap_b{width}"] for prefix in ("wrxchg", "storexchg") for width in (32, 64)},
}
"""By what follows ``ds_``, without ``_rtn``."""


def in_turn(keys: Array) -> Iterator[Array]:
    """Numbers of accesses, in rounds in which no two have the same key; of equal keys the first go first."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.r_[True, ordered[1:] != ordered[:-1]]
    first = np.maximum.accumulate(np.where(starts, np.arange(len(keys)), 0))
    turn = np.arange(len(keys)) - first
    for number in range(int(turn.max(initial=-1)) + 1):
        yield order[turn == number]
