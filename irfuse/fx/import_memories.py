"""Which values of an FX graph leave it in one memory, as their fake tensors say by their storages."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import fx


def memories_that_leave(graph: fx.Graph) -> list[list[str]]:
    """The names of the values in each memory that a graph returns; none where all that it returns is in one.

    The memory of an input is left out: torch makes what a compiled function returns of it from the input itself.
    """
    output = next(iter(graph.find_nodes(op="output")))
    inputs = {storage for n in graph.find_nodes(op="placeholder") for _, storage in storages_of(n)}
    leaving = {storage: list[str]() for n in output.all_input_nodes for _, storage in storages_of(n)}
    if len(leaving) < 2:
        return []
    for node in graph.nodes:
        for name, storage in storages_of(node):
            if storage in leaving:
                leaving[storage].append(name)
    return [names for storage, names in leaving.items() if storage not in inputs]


def storages_of(node: fx.Node) -> Iterator[tuple[str, int]]:
    """Each tensor of a node by the name that it has in the IR, and its storage."""
    value = node.meta.get("val")
    several = isinstance(value, (tuple, list))
    for i, tensor in enumerate(value if several else [value]):
        if isinstance(tensor, torch.Tensor) and tensor.layout == torch.strided:
            yield f"{node.name}#{i}" if several else node.name, tensor.untyped_storage()._cdata
