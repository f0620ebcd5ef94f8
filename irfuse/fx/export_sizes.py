"""Symbolic sizes on the way back to FX: nodes that are a size, or read it off the inputs."""

from __future__ import annotations

import operator
from functools import reduce

import torch
from torch import fx

from irfuse.dialect.sizes import Size
from irfuse.errors import UnknownSizeError

VIEWS = (torch.ops.aten.view.default, torch.ops.aten._unsafe_view.default, torch.ops.aten.reshape.default)


class Sizes:
    """The sizes of a graph in the making: ``new`` has the node that stands for each node of the source graph."""

    def __init__(self, graph: fx.Graph, source: fx.Graph, new: dict[fx.Node, fx.Node]) -> None:
        self.graph, self.new = graph, new
        self.inputs = source.find_nodes(op="placeholder")
        self.integers = _integers_of_inputs(source)
        self.early = set(self.integers.values())

    def of_view(self, view: fx.Node) -> list[int | fx.Node]:
        """The arguments for a reshape to the shape of a node of the source graph. Raises UnknownSizeError."""
        if (spelled := self._spelled(view)) is not None:
            return spelled
        shape = list(view.meta["val"].shape)
        dynamic = [i for i, size in enumerate(shape) if not isinstance(size, int)]
        return [-1 if [i] == dynamic else self._size(s) for i, s in enumerate(shape)]

    def _spelled(self, view: fx.Node) -> list[int | fx.Node] | None:
        """The sizes that a view of the source graph is given; None where they are no numbers and no early integers."""
        sizes = view.args[1] if view.target in VIEWS and isinstance(view.args[1], (list, tuple)) else [None]
        if not all(isinstance(s, int) or s in self.early for s in sizes):
            return None
        return [s if isinstance(s, int) else self._copied(s) for s in sizes]

    def _size(self, size: int | torch.SymInt) -> int | fx.Node:
        """A size as an argument: a number, a value of the graph that is this size, or what reads it off the inputs."""
        if isinstance(size, int):
            return size
        if (whole := self._integer(str(size.node.expr))) is not None:
            return whole
        parts = Size.of(str(size.node.expr))
        factors: list[fx.Node | int] = [] if parts.factor == 1 else [parts.factor]
        for atom in parts.atoms:
            node = self._integer(atom)
            if node is None:
                raise UnknownSizeError(size=atom)
            factors.append(node)
        product = reduce(self._multiplied, factors)
        assert isinstance(product, fx.Node)
        return product

    def _integer(self, text: str) -> fx.Node | None:
        """A node that is this size: one that the source graph has, or one that reads it off an input."""
        known = self.integers.get(text)
        return self._read_off(text) if known is None else self._copied(known)

    def _read_off(self, text: str) -> fx.Node | None:
        """A node that reads a size off an input."""
        for node in self.inputs:
            value = node.meta["val"]
            for i, dim in enumerate(value.shape if isinstance(value, torch.Tensor) else ()):
                if str(dim) == text:
                    read = self.graph.call_function(torch.ops.aten.sym_size.int, (self.new[node], i))
                    read.meta["val"] = dim
                    return read
        return None

    def _multiplied(self, a: fx.Node | int, b: fx.Node | int) -> fx.Node:
        """The product of two sizes."""
        product = self.graph.call_function(operator.mul, (a, b))
        left, right = (v.meta["val"] if isinstance(v, fx.Node) else v for v in (a, b))
        product.meta["val"] = left * right
        return product

    def _copied(self, node: fx.Node) -> fx.Node:
        """The new node of a size, which is copied ahead of its place where it is needed earlier."""
        for operand in node.all_input_nodes:
            self._copied(operand)
        if node not in self.new:
            self.new[node] = self.graph.node_copy(node, lambda n: self.new[n])
        return self.new[node]


def _integers_of_inputs(source: fx.Graph) -> dict[str, fx.Node]:
    """Nodes by the symbolic integers that they compute from the sizes of inputs and from nothing else."""
    early = set(source.find_nodes(op="placeholder"))
    found: dict[str, fx.Node] = {}
    for node in source.nodes:
        value = node.meta.get("val")
        if isinstance(value, torch.SymInt) and (node in early or set(node.all_input_nodes) <= early):
            early.add(node)
            found.setdefault(str(value.node.expr), node)
    return found
