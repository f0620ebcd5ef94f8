"""The table of rules, and what rules ask about their arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue

from irfuse.dialect.build import Value
from irfuse.dialect.types import COMPUTED_INTEGERS, FP8_TYPES, WIDE_TYPES, dims_of

Given: TypeAlias = Value | tuple[Value | None, ...] | None
Rule: TypeAlias = Callable[..., Given]
RULES: dict[str, Rule] = {}
ANCHORS: set[str] = set()
"""The overloads with which a chain may begin or end though all that they give is wide floats."""


def rule(*targets: str, anchor: bool = False) -> Callable[[Rule], Rule]:
    """Register a rule for these overloads, which reduce rows or write to memory where they are anchors."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(targets, function))
        ANCHORS.update(targets if anchor else ())
        return function

    return register


def is_tensor(value: Any) -> bool:
    """Whether an argument is a tensor."""
    return isinstance(value, SSAValue) and isinstance(value.type, TensorType)


def is_number(value: Any) -> bool:
    """Whether an argument is a number that the call spells out."""
    return isinstance(value, (int, float))


def is_zero(value: Any) -> bool:
    """Whether an argument is the number 0, and not -0.0."""
    return is_number(value) and value == 0 and math.copysign(1.0, value) > 0


def all_wide(*values: Any) -> bool:
    """Whether all of these are tensors of bf16, f16 or f32, which a kernel computes on in f32."""
    return all(is_tensor(v) and isinstance(v.type.element_type, WIDE_TYPES) for v in values)


def all_integers(*values: Any) -> bool:
    """Whether all of these are tensors of truth values or of integers."""
    return all(is_tensor(v) and v.type.element_type in COMPUTED_INTEGERS for v in values)


def is_modelled(element: Attribute) -> bool:
    """Whether small ops compute on an element type, or quantise to it."""
    return isinstance(element, (*WIDE_TYPES, *FP8_TYPES)) or element in COMPUTED_INTEGERS


def axis_of(x: Value, dim: Any) -> int | None:
    """A dimension argument as the number of an axis; None for what is no number, or where there is no axis."""
    rank = len(dims_of(x.type))
    return dim % rank if isinstance(dim, int) and rank else None
