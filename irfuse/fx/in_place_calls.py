"""Calls in place of ops of other packages, in graphs that are not functional: as torch calls them for functional ones.

An op that writes to memory which the graph has made, and which nothing has seen before, gives a new tensor. It becomes
``auto_functionalized(op, ...)`` of that memory, which computes the same; what is not fused is called in place again.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import torch
from torch import fx
from torch._higher_order_ops.auto_functionalize import auto_functionalized

from irfuse.fx.import_memories import storages_of
from irfuse.fx.regions import graphs_of
from irfuse.fx.vendor_schemas import known_op, other_schema
from irfuse.vendor.table import TABLE

STAYS = "irfuse.in_place"
"""In the ``meta`` of a node: why its call in place has no meaning."""
_WAS, _AGAIN = "irfuse.was_in_place", "irfuse.in_place_again"


def make_functional(gm: fx.GraphModule) -> None:
    """Write the known calls in place of all graphs of a module functionally, or in their ``meta`` why they stay."""
    for inner in graphs_of(gm).values():
        for node in list(inner.graph.nodes):
            mutable = isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable
            if not mutable or not _writes(node) or other_schema(node):
                continue
            if reason := _hindrance(node):
                node.meta[STAYS] = reason
            else:
                _make_functional(node)


def make_in_place(gm: fx.GraphModule) -> None:
    """Undo `make_functional` for the calls that are left, where still nothing else has what they write to."""
    for inner in graphs_of(gm).values():
        changed = [_make_in_place(node) for node in list(inner.graph.nodes) if _WAS in node.meta]
        if any(changed):
            inner.recompile()


def _writes(node: fx.Node) -> list[str]:
    """The arguments that a known op writes to, but for those that are None."""
    target = known_op(node)
    given = {} if target is None else _arguments(node)
    return [] if target is None else [a.name for a in TABLE[str(target)].signature.written if given.get(a.name)]


def _arguments(node: fx.Node) -> dict[str, Any]:
    """The arguments of a call in place, by name."""
    names = [a.name for a in TABLE[str(node.target)].signature.arguments]
    return {**dict(zip(names, node.args, strict=False)), **node.kwargs}


def _hindrance(node: fx.Node) -> str:
    """Why a call in place has no meaning; an empty text where it has one."""
    if TABLE[str(node.target)].signature.returns:
        return "called in place, it returns tensors beside those that it writes to"
    given, names = _arguments(node), _writes(node)
    for name in names:
        memory = given[name]
        if memory.op != "call_function":
            return f"called in place, it writes to {memory.name}, which the graph is given"
        if node.all_input_nodes.count(memory) != 1 or sum(given.get(a) is memory for a in given) > 1:
            return f"called in place, it is given {memory.name} twice"
        if not _makes_memory(memory) or any(other is not memory for other in _sharing(memory, node)):
            return f"called in place, it writes to {memory.name}, which may be a view"
        if any(user is not node and user < node for user in memory.users):
            return f"called in place, it writes to {memory.name}, which was read before"
    return ""


def _makes_memory(node: fx.Node) -> bool:
    """Whether a node makes a tensor, and no view of another, as far as its schema says."""
    if node.target is operator.getitem:
        return _WAS in node.all_input_nodes[0].meta
    schema = getattr(node.target, "_schema", None)
    return schema is not None and all(r.alias_info is None for r in schema.returns)


def _sharing(memory: fx.Node, before: fx.Node) -> Iterator[fx.Node]:
    """The nodes before another one that have values in the memory of a node."""
    wanted = {storage for _, storage in storages_of(memory)}
    for node in before.graph.nodes:
        if node is before:
            return
        if _WAS not in node.meta and wanted & {storage for _, storage in storages_of(node)}:
            yield node


def _make_functional(node: fx.Node) -> None:
    """Let a call give what it writes, to all that comes behind it."""
    given, names = _arguments(node), _writes(node)
    written = [a.name for a in TABLE[str(node.target)].signature.written]
    made = {name: _like(given[name].meta["val"]) for name in names}
    node.meta |= {_WAS: True, "val": (None, *map(made.get, written))}
    target = node.target
    node.target, node.args, node.kwargs = auto_functionalized, (target,), given
    for name in names:
        with node.graph.inserting_after(node):
            value = node.graph.call_function(operator.getitem, (node, 1 + written.index(name)))
        value.meta = {"val": made[name]}
        given[name].replace_all_uses_with(value, delete_user_cb=lambda user: user is not node)


def _make_in_place(node: fx.Node) -> bool:
    """Call an op in place again; returns whether."""
    target, given = node.args[0], dict(node.kwargs)
    assert isinstance(target, torch._ops.OpOverload)
    written = [a.name for a in TABLE[str(target)].signature.written]
    if not all(_is_fresh(given[name]) for name in written if given.get(name)):
        return False
    with node.graph.inserting_before(node):
        node.graph.call_function(target, (), given).meta = {_AGAIN: True, "val": None}
    for user in list(node.users):
        user.replace_all_uses_with(given[written[user.args[1] - 1]])
        node.graph.erase_node(user)
    node.graph.erase_node(node)
    return True


def _is_fresh(memory: fx.Node) -> bool:
    """Whether a node makes a tensor that one call alone is given, and those before it that write there."""
    return _makes_memory(memory) and len([user for user in memory.users if _AGAIN not in user.meta]) == 1


def _like(value: torch.Tensor) -> torch.Tensor:
    """A tensor of the same shape in memory of its own."""
    return value.new_empty_strided(value.size(), value.stride())
