"""Whether an op of another package that a node calls has the schema under which irfuse knows its name."""

from __future__ import annotations

from typing import Any

import torch
from torch import fx
from torch.utils._python_dispatch import _disable_current_modes

from irfuse.vendor.schema import Argument, Signature
from irfuse.vendor.table import TABLE


def other_schema(node: fx.Node) -> str:
    """Why what a node calls is not the op that irfuse knows by that name; an empty text where it is, or has none."""
    target = known_op(node)
    if target is None:
        return ""
    entry = TABLE[str(target)]
    found, known = signature_of(target), entry.signature
    return "" if found == known else f"its schema is {found}, and {entry.readings[0].package} has {known}"


def known_op(node: fx.Node) -> torch._ops.OpOverload | None:
    """The op of a known name that a node calls, directly or for a functional graph."""
    target = node.target
    if isinstance(target, torch._ops.HigherOrderOperator):
        target = node.args[0] if node.args else target
    return target if isinstance(target, torch._ops.OpOverload) and str(target) in TABLE else None


def signature_of(op: torch._ops.OpOverload) -> Signature:
    """The schema that an op is registered with."""
    returns = tuple([_kind(value.type) for value in op._schema.returns])
    return Signature(tuple([_argument(a) for a in op._schema.arguments]), returns)


def _argument(argument: Any) -> Argument:
    kind, written = argument.real_type, argument.alias_info is not None and argument.alias_info.is_write
    optional = isinstance(kind, torch.OptionalType)
    inner = _kind(kind.getElementType() if optional else kind)
    given = argument.has_default_value()
    default = argument.default_value if given else None
    if inner == "ScalarType" and default is not None:
        default = _dtype_of(default)
    if isinstance(default, list):
        default = tuple(default)
    return Argument(argument.name, inner, optional, written, not given, default, bool(argument.kwarg_only))


def _dtype_of(number: int) -> str:
    """The name of a dtype that a schema has as a number; torch says which where it makes a tensor of it."""
    with _disable_current_modes():
        return str(torch.ops.aten.empty.memory_format([0], dtype=number).dtype).removeprefix("torch.")


def _kind(kind: Any) -> str:
    """A type as schemas spell it; sizes are integers."""
    text = str(kind)
    if text.startswith("List["):
        return f"{_kind(kind.getElementType())}[]"
    return text.replace("SymInt", "int")
