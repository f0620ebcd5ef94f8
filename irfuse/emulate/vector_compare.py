"""Vector comparisons: a bit for each lane, to scalar registers or to EXEC.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture" and "RDNA3 Instruction Set Architecture", section "VOPC
Instructions".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from irfuse.emulate.state import Array
from irfuse.emulate.tables import Meaning, meaning


def ordered(x: Array, y: Array) -> Array:
    """Whether neither is NaN."""
    return ~(np.isnan(x) | np.isnan(y))


INTEGERS: dict[str, Any] = {
    "lt": np.less,
    "le": np.less_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
FLOATS: dict[str, Any] = {
    **{name: INTEGERS[name] for name in ("lt", "le", "eq", "gt", "ge")},
    "lg": lambda x, y: (x != y) & ordered(x, y),
    "o": ordered,
    "u": lambda x, y: ~ordered(x, y),
    "nlt": lambda x, y: ~(x < y),
    "nle": lambda x, y: ~(x <= y),
    "neq": np.not_equal,
    "ngt": lambda x, y: ~(x > y),
    "nge": lambda x, y: ~(x >= y),
    "nlg": lambda x, y: (x == y) | ~ordered(x, y),
}
"""The relations of floats; those with n hold also where one is NaN."""


def is_of_class(x: Array, classes: Array) -> Array:
    """V_CMP_CLASS: whether x is in one of the classes whose bits are set.

    The bits: signalling NaN, quiet NaN, negative infinity, normal, subnormal, zero, and the same of positive numbers in
    opposite order.
    """
    about, signs = np.finfo(x.dtype), np.signbit(x)
    is_quiet = np.ascontiguousarray(x).view(f"i{x.dtype.itemsize}") >> (about.nmant - 1) & 1
    size = np.select([x == 0, np.abs(x) < about.tiny, np.isfinite(x)], [3, 2, 1], 0)
    number = np.where(np.isnan(x), is_quiet, np.where(signs, 2 + size, 9 - size))
    return (classes >> number.astype(np.uint32)) & np.uint32(1) != 0


def _comparisons() -> dict[str, Meaning]:
    kinds = dict.fromkeys(("u16", "i16", "u32", "i32", "u64", "i64"), INTEGERS) | dict.fromkeys(
        ("f16", "f32", "f64"), FLOATS
    )
    table: dict[str, Meaning] = {}
    for opcode, result in (("v_cmp", "mask"), ("v_cmpx", "exec")):
        for kind, relations in kinds.items():
            for name, compare in relations.items():
                table[f"{opcode}_{name}_{kind}"] = meaning(f"{result} = {kind} {kind}", compare)
        for kind in ("f16", "f32", "f64"):
            table[f"{opcode}_class_{kind}"] = meaning(f"{result} = {kind} u32", is_of_class)
    return table


COMPARISONS = _comparisons()
