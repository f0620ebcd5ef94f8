"""The largest entry of a whole tensor as the largest of those of its rows, which the kernel that makes them knows.

A dynamic scale for a whole tensor is its largest magnitude. As one op that waits for all of the tensor, it keeps the
rows from being reduced where they are computed; in two, the first is part of a chain (irfuse.passes._tails).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import fx

from irfuse.fx.regions import graphs_of

aten = torch.ops.aten
MOST_COLUMNS = 1 << 15
"""A longer row is more than one program should read."""
_BY_ROWS = {
    aten.amax.default: aten.amax.default,
    aten.max.default: aten.amax.default,
    aten.amin.default: aten.amin.default,
    aten.min.default: aten.amin.default,
}
"""For each op that reduces a tensor the one that reduces its rows; all of them give NaN where there is one."""
_VIEWS = (aten.view.default, aten._unsafe_view.default)


@contextmanager
def split_by_rows(gm: fx.GraphModule) -> Iterator[dict[str, fx.Node]]:
    """Reduce rows before whole tensors, in all graphs of a module.

    Yields the nodes that reduce rows, by their names; at the end those that are left among them are joined again with
    the ops that they come before.
    """
    nodes = [node for graph in graphs_of(gm).values() for node in graph.graph.nodes if node.target in _BY_ROWS]
    given = [(node, node.args) for node in nodes]
    found = {rows.name: rows for node in nodes if (rows := _rows_of(node)) is not None}
    try:
        yield found
    finally:
        for node, args in given:
            if node.args[0] in found.values():
                rows, node.args = node.args[0], args
                rows.graph.erase_node(rows)


def _rows_of(node: fx.Node) -> fx.Node | None:
    """Put a reduction of rows before one of a whole tensor; None where its rows are none of a kernel's.

    Where the axes are kept, the rows are those of the tensor itself.
    """
    source, *over = node.args or (None,)
    if not isinstance(source, fx.Node) or node.kwargs or not (not over or _are_all(over[0], source)):
        return None
    while source.target in _VIEWS and not any(over[1:]):
        source = source.all_input_nodes[0]
    x = source.meta.get("val")
    if not isinstance(x, torch.Tensor) or not x.is_floating_point() or x.dim() < 2:
        return None
    columns = x.shape[-1]
    if not isinstance(columns, int) or not 1 < columns <= MOST_COLUMNS:
        return None
    target = _BY_ROWS[node.target]
    with node.graph.inserting_before(node):
        rows = node.graph.call_function(target, (source, [-1], True))
    rows.meta |= {"val": target(x, [-1], True), "stack_trace": node.meta.get("stack_trace")}
    node.args = (rows, *([] for _ in over[:1]), *over[1:])
    return rows


def _are_all(axes: Any, x: fx.Node) -> bool:
    """Whether axes are all that a tensor has; none of them are, a single number is one axis."""
    val = x.meta.get("val")
    if not isinstance(axes, (list, tuple)) or not isinstance(val, torch.Tensor):
        return False
    return not axes or {axis % max(val.dim(), 1) for axis in axes} == set(range(val.dim()))
