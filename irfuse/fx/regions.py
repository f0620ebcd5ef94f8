"""The graphs inside of a graph: branches, bodies of loops, regions that are compiled once or run under other settings.

Each is a function of its own in the IR, once, however often it is run; chains are fused inside of it, so that what a
region is for, such as the casts that autocast makes as it runs, stays as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import torch
from torch import fx

ENTERED = (
    "cond",
    "while_loop",
    "invoke_subgraph",
    "wrap_with_autocast",
    "wrap_with_set_grad_enabled",
    "strict_mode",
)
"""The higher-order ops that run a graph as a function on tensors, and do nothing else with it."""
DESCRIBED = "desc"
FUSED = "irfuse.fused"
"""In ``meta`` of a graph: its chains are fused already, as Inductor runs its passes on inner graphs by themselves."""


def graphs_of(gm: fx.GraphModule, name: str = "main") -> dict[str, fx.GraphModule]:
    """A graph by ``name``, and the graphs that it runs, each once, by the path of attributes that leads to it."""
    found = {name: gm}
    queue = deque([(gm, "")])
    while queue:
        outer, prefix = queue.popleft()
        for attribute, inner in inner_graphs(outer):
            path = prefix + attribute
            if path not in found and all(inner is not known for known in found.values()):
                found[path] = inner
                queue.append((inner, f"{path}."))
    return found


def inner_graphs(gm: fx.GraphModule) -> Iterator[tuple[str, fx.GraphModule]]:
    """The graphs that the nodes of a graph run, by the attributes that hold them, but for those fused already."""
    for node in gm.graph.find_nodes(op="get_attr"):
        inner = getattr(gm, str(node.target), None)
        if isinstance(inner, fx.GraphModule) and not is_fused(inner) and _is_entered(node, inner):
            yield str(node.target), inner


def is_fused(gm: fx.GraphModule) -> bool:
    """Whether irfuse has been at a graph."""
    return bool(gm.meta.get(FUSED))


def _is_entered(node: fx.Node, inner: fx.GraphModule) -> bool:
    """Whether all that happens to a graph is that it is run, on values of which the types are known."""
    users = [user.target for user in node.users]
    run = all(isinstance(t, torch._ops.HigherOrderOperator) and t.name() in ENTERED for t in users)
    return run and all("val" in n.meta for n in inner.graph.find_nodes(op="placeholder"))


def has_branches(gm: fx.GraphModule) -> bool:
    """Whether a program, as Dynamo or AOTAutograd wrote it, has branches: graphs that `torch.cond` runs."""
    return any(_branches_in(inner.graph) for inner in gm.modules() if isinstance(inner, fx.GraphModule))


def is_of_a_program(graph: fx.Graph) -> bool:
    """Whether a graph that AOTAutograd traced is that of the whole program, and no inner one, which do not say where
    they are: it describes the results of that graph alone (``desc``, torch/_functorch/_aot_autograd/descriptors.py).
    """
    return DESCRIBED in graph.output_node().meta


def _branches_in(graph: fx.Graph) -> list[fx.Node]:
    """The nodes of a graph that name its branches."""
    nodes = graph.find_nodes(op="call_function", target=torch.ops.higher_order.cond)
    return [arg for node in nodes for arg in node.args if isinstance(arg, fx.Node) and arg.op == "get_attr"]
