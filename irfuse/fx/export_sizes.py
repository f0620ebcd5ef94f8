"""Symbolic sizes on the way back to FX: nodes that are a size, read it off a value, or compute it from others."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import sympy
import torch
from torch import fx
from torch.fx.node import map_arg
from torch.fx.proxy import GraphAppendingTracer
from torch.utils._sympy.interp import sympy_interp
from torch.utils._sympy.reference import PythonReferenceAnalysis

from irfuse.dialect.sizes import Size
from irfuse.errors import UnknownSizeError
from irfuse.fx.equal_sizes import equal_symbols

VIEWS = (torch.ops.aten.view.default, torch.ops.aten._unsafe_view.default, torch.ops.aten.reshape.default)


class Sizes:
    """The sizes of a graph in the making: ``new`` has the node that stands for each node of the source graph."""

    def __init__(self, graph: fx.Graph, source: fx.Graph, new: dict[fx.Node, fx.Node]) -> None:
        self.graph, self.source, self.new = graph, source, new
        self.integers = _integers_of_inputs(source)
        self.early = set(self.integers.values())
        self.made: dict[str, fx.Node] = {}

    def of_view(self, view: fx.Node) -> list[int | fx.Node]:
        """The arguments for a reshape to the shape of a node of the source graph. Raises UnknownSizeError."""
        if (spelled := self._spelled(view)) is not None:
            return spelled
        shape = list(view.meta["val"].shape)
        dynamic = [i for i, size in enumerate(shape) if not isinstance(size, int)]
        return [
            s if isinstance(s, int) else -1 if [i] == dynamic else self._node(s.node.expr) for i, s in enumerate(shape)
        ]

    def named(self, text: str) -> fx.Node:
        """A node that is the size that the IR knows by this text. Raises UnknownSizeError."""
        if text not in self._expressions:
            raise UnknownSizeError(size=text)
        return self._node(self._expressions[text])

    def _spelled(self, view: fx.Node) -> list[int | fx.Node] | None:
        """The sizes that a view of the source graph is given; None where they are no numbers and no early integers."""
        sizes = view.args[1] if view.target in VIEWS and isinstance(view.args[1], (list, tuple)) else [None]
        if not all(isinstance(s, int) or s in self.early for s in sizes):
            return None
        return [s if isinstance(s, int) else self._copied(s) for s in sizes]

    def _node(self, expr: sympy.Expr) -> fx.Node:
        """A node that is a size: one that the source graph has, or what reads it off a value or computes it."""
        text = str(expr)
        if text in self.integers:
            return self._copied(self.integers[text])
        if text not in self.made:
            self.made[text] = self._read_off(text) or self._computed(expr)
        return self.made[text]

    def _computed(self, expr: sympy.Expr) -> fx.Node:
        """Nodes that compute a size from its symbols, as torch itself writes the assertions of its guards."""
        if isinstance(expr, sympy.Symbol):
            raise UnknownSizeError(size=str(expr))
        tracer = _KnownValues(self.graph)
        env = {symbol: fx.Proxy(self._node(symbol), tracer) for symbol in expr.free_symbols}
        try:
            return sympy_interp(PythonReferenceAnalysis, env, expr).node
        except (KeyError, AttributeError, NotImplementedError) as unknown:
            raise UnknownSizeError(size=str(expr)) from unknown

    def _read_off(self, text: str) -> fx.Node | None:
        """A node that reads a size off the first value that has it, but for a known factor."""
        for node in self.source.nodes:
            value = node.meta.get("val") if node in self.new else None
            sizes = value.shape if isinstance(value, torch.Tensor) else (value,)
            for axis, size in enumerate(sizes):
                factor = _factor(size, text) if isinstance(size, torch.SymInt) else 0
                if factor:
                    whole = fx.Proxy(self.new[node], _KnownValues(self.graph))
                    read = torch.ops.aten.sym_size.int(whole, axis) if isinstance(value, torch.Tensor) else whole
                    return (read if factor == 1 else read // factor).node
        return None

    def _copied(self, node: fx.Node) -> fx.Node:
        """The new node of a size, which is copied ahead of its place where it is needed earlier."""
        for operand in node.all_input_nodes:
            self._copied(operand)
        if node not in self.new:
            self.new[node] = self.graph.node_copy(node, lambda n: self.new[n])
        return self.new[node]

    @cached_property
    def _expressions(self) -> dict[str, sympy.Expr]:
        """The sizes of the source graph, and what they are made of, by the texts that the IR has for them."""
        values = [node.meta.get("val") for node in self.source.nodes]
        tensors = [v for v in values if isinstance(v, torch.Tensor) and v.layout == torch.strided]
        sizes = [*values, *(size for t in tensors for size in (*t.shape, *t.stride()))]
        whole = dict.fromkeys(size.node.expr for size in sizes if isinstance(size, torch.SymInt))
        parts, equal = (part for expr in whole for part in sympy.preorder_traversal(expr)), equal_symbols(self.source)
        return {str(Size.of(str(part.xreplace(equal))).dim()): part for part in parts}


class _KnownValues(GraphAppendingTracer):
    """Appends nodes to a graph and computes their ``meta["val"]``."""

    def create_node(self, kind: str, target: Any, args: Any, kwargs: Any, *more: Any, **named: Any) -> fx.Node:
        node = super().create_node(kind, target, args, kwargs, *more, **named)
        known, words = map_arg((args, kwargs), lambda n: n.meta["val"])
        node.meta["val"] = target(*known, **words)
        return node


def _factor(size: torch.SymInt, text: str) -> int:
    """How often a size is another one, by their texts; 0 where it is no multiple."""
    ratio = Size.of(str(size.node.expr)).divided_by(Size.of(text))
    return 0 if ratio is None or ratio.atoms else ratio.factor


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
