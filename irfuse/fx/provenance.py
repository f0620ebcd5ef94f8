"""Which FX values an IR value stands for: the ``node`` attribute, kept through every rewrite.

``node`` is an array of strings, or for an op with several results an array of such arrays. A string is the name of an
FX node, with ``#i`` behind it for element i of a tuple. Every name in it denotes the very value of the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xdsl.dialects.builtin import ArrayAttr, FusedLoc, LocationAttr, NoneAttr, StringAttr
from xdsl.ir import Attribute, Operation, OpResult, SSAValue

from irfuse.dialect.opaque import OpaqueOp


def names_of(value: SSAValue) -> tuple[str, ...]:
    """The FX values that an IR value stands for."""
    if not isinstance(value, OpResult):
        return ()
    op = value.op
    if isinstance(op, OpaqueOp):
        return () if op.node_name is None else (_tuple_name(op.node_name.data, value.index, len(op.results)),)
    return _per_result(op)[value.index]


def has_names(value: SSAValue) -> bool:
    """Whether an IR value stands for any FX value: a constant may stand for one in every layer of a model."""
    return first_name(value) is not None


def first_name(value: SSAValue) -> str | None:
    """The first of `names_of`, if there is one."""
    if not isinstance(value, OpResult):
        return None
    row = value.op.attributes.get("node")
    if isinstance(value.op, OpaqueOp) or not isinstance(row, ArrayAttr):
        return next(iter(names_of(value)), None)
    if len(value.op.results) > 1:
        row = row.data[value.index]
    first = row.data[0] if isinstance(row, ArrayAttr) and row.data else None
    return first.data if isinstance(first, StringAttr) else None


def add_names(value: SSAValue, names: Iterable[str]) -> None:
    """Record that an IR value stands for these FX values too. Values that are not results keep no names."""
    if not isinstance(value, OpResult) or isinstance(value.op, OpaqueOp):
        return
    rows = _per_result(value.op)
    rows[value.index] = tuple(dict.fromkeys((*rows[value.index], *names)))
    arrays = [ArrayAttr([StringAttr(name) for name in row]) for row in rows]
    if any(rows):
        value.op.attributes["node"] = arrays[0] if len(rows) == 1 else ArrayAttr(arrays)


def replace_value(old: SSAValue, new: SSAValue) -> None:
    """Replace ``old`` by an equal value of the same type, which takes over its names and, lacking one, its hint."""
    add_names(new, names_of(old))
    new.name_hint = new.name_hint or old.name_hint
    old.replace_all_uses_with(new)


def merged_location(ops: Sequence[Operation]) -> LocationAttr:
    """One location for what several ops become: all of theirs, each once."""
    parts: dict[Attribute, None] = {}
    for op in ops:
        inner = op.location.locations if isinstance(op.location, FusedLoc) else None
        parts |= dict.fromkeys(inner if isinstance(inner, ArrayAttr) else [op.location])
    return FusedLoc(ArrayAttr(parts), NoneAttr()) if len(parts) > 1 else next(op.location for op in ops)


def _tuple_name(node: str, index: int, count: int) -> str:
    return node if count == 1 else f"{node}#{index}"


def _per_result(op: Operation) -> list[tuple[str, ...]]:
    attr = op.attributes.get("node")
    if not isinstance(attr, ArrayAttr):
        return [()] * len(op.results)
    rows = [attr] if len(op.results) == 1 else list(attr)
    return [tuple(s.data for s in row if isinstance(s, StringAttr)) for row in rows if isinstance(row, ArrayAttr)]
