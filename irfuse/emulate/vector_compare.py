"""Vector comparisons: a bit for each lane, to scalar registers or to EXEC.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture" and "RDNA3 Instruction Set Architecture", section "VOPC
Instructions".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from irfuse.emulate.arithmetic import LEAST_NORMAL
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
    """V_CMP_CLASS_F32: whether x is in one of the classes whose bits are set.

    The bits: signalling NaN, quiet NaN, negative infinity, normal, subnormal, zero, and the same of positive numbers in
    opposite order.
    """
    bits = np.ascontiguousarray(x).view(np.uint32)
    signs = np.signbit(x)
    size = np.select([x == 0, np.abs(x) < LEAST_NORMAL, np.isfinite(x)], [3, 2, 1], 0)
    number = np.where(signs, 2 + size, 9 - size)
    number = np.where(np.isnan(x), (bits >> np.uint32(22)) & np.uint32(1), number)
    return (classes >> number.astype(np.uint32)) & np.uint32(1) != 0


def _comparisons() -> dict[str, Meaning]:
    kinds = dict.fromkeys(("u16", "i16", "u32", "i32", "u64", "i64"), INTEGERS) | {"f16": FLOATS, "f32": FLOATS}
    table: dict[str, Meaning] = {}
    for opcode, result in (("v_cmp", "mask"), ("v_cmpx", "exec")):
        for kind, relations in kinds.items():
            for name, compare in relations.items():
                table[f"{opcode}_{name}_{kind}"] = meaning(f"{result} = {kind} {kind}", compare)
        table[f"{opcode}_class_f32"] = meaning(f"{result} = f32 u32", is_of_class)
    return table


COMPARISONS = _comparisons()
