"""IR back to an FX graph: the source graph in its own order, with the fused ops in place of what they compute.

A value that the IR still holds under the name of an FX node is that node's value (see irfuse.fx.provenance). So only
fused ops, and shape changes of their results, are emitted anew; every other node that is still needed is copied from
the source graph, and slices, devices, random numbers and sub-graphs survive by construction.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import fx
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import BlockArgument, SSAValue

from irfuse.dialect.fused import FusedOp
from irfuse.dialect.opaque import OpaqueOp, SizeOp
from irfuse.dialect.shape import ReshapeOp
from irfuse.fx.export_sizes import Sizes
from irfuse.fx.provenance import first_name, names_of
from irfuse.fx.regions import graphs_of, inner_graphs
from irfuse.uncollected import uncollected

Emit: TypeAlias = Callable[[fx.Graph, FusedOp, Sequence[fx.Node], Sequence[Any]], Sequence[fx.Node]]
"""Emits a fused op on these operands; returns a node for each result, which are as these values of ``meta["val"]``."""


@uncollected
def to_fx(module: ModuleOp, source: fx.GraphModule, emit: Emit) -> fx.GraphModule:
    """The graph of ``module``, which `to_ir` made from ``source`` and passes have changed.

    Every new node has ``meta["val"]``, those of the nodes that it replaces; the graph is linted. Graphs that it runs
    are new too where they have fused ops. Raises UnknownSizeError where a result has a size that nothing says.
    """
    functions = _functions(module, source)
    made: dict[fx.GraphModule, fx.GraphModule] = {}

    def rebuilt(gm: fx.GraphModule) -> fx.GraphModule:
        if gm not in made:
            inner = {name: rebuilt(graph) for name, graph in inner_graphs(gm)}
            made[gm] = gm
            if gm is source or _has_fused(functions[gm]) or any(getattr(gm, n) is not new for n, new in inner.items()):
                graph = _Export(functions[gm], gm.graph, emit).run()
                graph.lint()
                made[gm] = fx.GraphModule(gm, graph)
                for name, new in inner.items():
                    setattr(made[gm], name, new)
        return made[gm]

    return rebuilt(source)


@uncollected
def to_fx_in_place(module: ModuleOp, graph: fx.Graph, emit: Emit) -> None:
    """As `to_fx`, into the source graph itself: nodes that irfuse does not touch stay the same objects."""
    for gm, function in _functions(module, graph.owning_module).items():
        if _has_fused(function):
            _put_in_place(function, gm.graph, emit)
            if gm.graph is not graph:
                gm.recompile()


def _put_in_place(function: FuncOp, graph: fx.Graph, emit: Emit) -> None:
    """Put the fused ops of one function into its source graph."""
    export = _Export(function, graph, emit)
    fresh = export.run()
    placed = {new: old for old, new in export.new.items() if old not in export.behind}
    last = next(iter(graph.nodes))
    passed = set[fx.Node]()
    order = iter(list(graph.nodes))
    for node in fresh.nodes:
        if node not in placed and node.op != "output":
            with graph.inserting_after(last):
                last = placed[node] = graph.node_copy(node, lambda n: placed[n])
        elif placed.get(node) in export.deferred:
            last.append(placed[node])
            last = placed[node]
        elif node in placed and placed[node] not in passed:  # a size may be asked for behind its place
            passed.update(iter(lambda: next(order), placed[node]))
            last = placed[node]
    for old in export.behind:
        if old in export.new:
            old.replace_all_uses_with(placed[export.new[old]])
    stays = set(placed.values())
    for node in reversed(list(graph.nodes)):
        if not node.users and node not in stays and node.op != "output":
            graph.erase_node(node)
    graph.lint()


def _functions(module: ModuleOp, source: fx.GraphModule) -> dict[fx.GraphModule, FuncOp]:
    """The functions of a module by the graphs that they come from."""
    functions = [op for op in module.ops if isinstance(op, FuncOp)]
    return dict(zip(graphs_of(source).values(), functions, strict=True))


def _has_fused(function: FuncOp) -> bool:
    return any(isinstance(op, FusedOp) for op in function.body.block.ops)


class _Export:
    """One run of `to_fx`: the new graph, and for each source node the new node that has its value."""

    def __init__(self, function: FuncOp, source: fx.Graph, emit: Emit) -> None:
        self.block, self.source, self.emit = function.body.block, source, emit
        self.graph = fx.Graph()
        self.new: dict[fx.Node, fx.Node] = {}
        self.waiting: dict[fx.Node, list[FusedOp | fx.Node]] = {}
        self.deferred: set[fx.Node] = set()
        self.nodes = {_key(n): n for n in reversed(source.nodes)}
        self.values = {name: r for op in self.block.ops for r in op.results for name in names_of(r)}
        self.inputs = source.find_nodes(op="placeholder")
        self.sizes = Sizes(self.graph, source, self.new)
        fused = [op for op in self.block.ops if isinstance(op, FusedOp)]
        self.operands = {op: list(dict.fromkeys(self._node_of(v) for v in _sources(op))) for op in fused}
        self.behind = {n: op for n in source.nodes if (op := self._fused_behind(n)) is not None}
        self.behind_op: dict[FusedOp, list[fx.Node]] = {op: [] for op in fused}
        for node, op in self.behind.items():
            self.behind_op[op].append(node)
        self.needed = self._needed()

    def run(self) -> fx.Graph:
        """Copy what is needed in source order; emit each fused op where its first result was, or as soon as can be."""
        waiting = self.waiting
        self.missing = {op: len(nodes) for op, nodes in self.operands.items() if op in self.needed}
        self.due: set[FusedOp] = set()
        for op in self.missing:
            for node in self.operands[op]:
                waiting.setdefault(node, []).append(op)
        for node in self.source.nodes:
            defined = []
            if node in self.behind:
                defined = self._emit_if_ready(self.behind[node], now_due=True)
            elif node in self.needed:
                defined = self._copy_if_ready(node)
            while defined:
                for item in waiting.pop(defined.pop(), ()):
                    if isinstance(item, FusedOp):
                        self.missing[item] -= 1
                        defined += self._emit_if_ready(item)
                    else:
                        defined += self._copy_if_ready(item)
        return self.graph

    def _copy_if_ready(self, node: fx.Node) -> list[fx.Node]:
        """Copy a node; a view of a result of a fused op that is yet to come waits for it. Returns what is defined."""
        missing = [n for n in node.all_input_nodes if n not in self.new]
        if missing:
            self.waiting.setdefault(missing[0], []).append(node)
            self.deferred.add(node)
            return []
        if node not in self.new:
            self.new[node] = self.graph.node_copy(node, lambda n: self.new[n])
        return [node]

    def _emit_if_ready(self, op: FusedOp, now_due: bool = False) -> list[fx.Node]:
        """Emit an op whose operands are there and whose results are due; returns the nodes that now have a value."""
        if now_due and op in self.missing:
            self.due.add(op)
        if op not in self.due or self.missing.get(op, 1):
            return []
        del self.missing[op]
        return self._emit_fused(op)

    def _node_of(self, value: SSAValue) -> fx.Node:
        """The source node that has an IR value."""
        return self.inputs[value.index] if isinstance(value, BlockArgument) else self.nodes[_first_name(value)]

    def _fused_behind(self, node: fx.Node) -> FusedOp | None:
        """The fused op that a node's value comes from: as its result, or as a reshape of that."""
        value = self.values.get(_key(node))
        while value is not None and isinstance(value.owner, ReshapeOp):
            value = value.owner.x
        return value.owner if value is not None and isinstance(value.owner, FusedOp) else None

    def _needed(self) -> set[fx.Node | FusedOp]:
        """What the output and the opaque nodes need, with fused ops in place of what they compute."""
        opaque = [op.node_name for op in self.block.ops if isinstance(op, OpaqueOp)]
        kept = {name.data.partition("#")[0] for name in opaque if name is not None}
        stack: list[fx.Node | FusedOp] = [
            n for n in self.source.nodes if n.op in ("placeholder", "output") or _key(n).partition("#")[0] in kept
        ]
        needed: set[fx.Node | FusedOp] = set()
        while stack:
            item = stack.pop()
            if item not in needed:
                needed.add(item)
                if isinstance(item, FusedOp):
                    stack.extend(self.operands[item])
                else:
                    stack.extend([self.behind[item]] if item in self.behind else item.all_input_nodes)
        return needed

    def _emit_fused(self, op: FusedOp) -> list[fx.Node]:
        """Emit one fused op and the shape changes of its results; returns the source nodes that now have a value."""
        operands = [self._operand(v) for v in op.ins]
        likes = [self.nodes[_first_name(result)].meta["val"] for result in op.outs]
        emitted = self.emit(self.graph, op, operands, likes)
        outputs = dict(zip(op.outs, emitted, strict=True))
        for node, like in zip(emitted, likes, strict=True):
            node.meta.setdefault("val", like)
        for node in self.behind_op[op]:
            value = root = self.values[_key(node)]
            while isinstance(root.owner, ReshapeOp):
                root = root.owner.x
            if value is root or node in self.needed:
                self.new[node] = outputs[root] if value is root else self._reshaped(outputs[root], node)
                self.new[node].meta.setdefault("stack_trace", node.meta.get("stack_trace"))
        return list(self.behind_op[op])

    def _operand(self, value: SSAValue) -> fx.Node:
        """The new node that has an IR value; a size that the source graph has no node for is computed."""
        owner = value.owner
        return self.sizes.named(owner.expr) if isinstance(owner, SizeOp) else self.new[self._node_of(value)]

    def _reshaped(self, node: fx.Node, like: fx.Node) -> fx.Node:
        """A view of a fused result in the shape of a source node."""
        sizes = self.sizes.of_view(like)
        view = self.graph.call_function(torch.ops.aten.reshape.default, (node, sizes))
        view.meta["val"] = like.meta["val"]
        return view


def _sources(op: FusedOp) -> list[SSAValue]:
    """The values that a fused op cannot be emitted before: its operands, and what their sizes are computed from."""
    return [v for value in op.ins for v in (value.owner.ins if isinstance(value.owner, SizeOp) else (value,))]


def _first_name(value: SSAValue) -> str:
    name = first_name(value)
    assert name is not None
    return name


def _key(node: fx.Node) -> str:
    """The name under which the IR knows a node's value; elements of tuples have the tuple's name."""
    if node.target is operator.getitem and isinstance(node.args[0], fx.Node):
        source = node.args[0]
        if isinstance(source.meta.get("val"), (tuple, list)):
            return f"{source.name}#{node.args[1]}"
    return node.name
