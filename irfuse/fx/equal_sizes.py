"""Sizes that a graph has two symbols for and that are equal all the same: torch compares them when it runs alone.

A cache is written to at slots, by values: each argument brings a symbol for its number of tokens, and no guard says
that they are one. Where they are not, the write raises an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sympy
import torch
from torch import fx
from torch.fx.experimental.symbolic_shapes import statically_known_true

Equal = dict[sympy.Symbol, sympy.Symbol]
Pair = tuple[Any, Any]


def equal_symbols(graph: fx.Graph) -> Equal:
    """For symbols of sizes that writes of a graph hold equal to another symbol, that one; one stands for all equal."""
    found: Equal = {}
    for node in graph.find_nodes(op="call_function", target=torch.ops.aten.index_put.default):
        for a, b in _compared(*node.args):
            first, second = (found.get(symbol, symbol) for symbol in (a.node.expr, b.node.expr))
            if first != second:
                found |= {symbol: second for symbol, kept in found.items() if kept == first} | {first: second}
    return found


def _compared(x: fx.Node, indices: Sequence[fx.Node | None], values: fx.Node, *_: Any) -> Iterator[Pair]:
    """The sizes that a write at indices holds equal: of indices that broadcast, and of values for what they name.

    Values of one entry would be repeated, and so would such indices.
    """
    axes = [axis for axis, index in enumerate(indices) if index is not None]
    named = [index for index in indices if index is not None]
    if not named or any(index.meta["val"].dtype == torch.bool for index in named):
        return
    longest = max(map(_shape, named), key=len)
    for index in named:
        yield from _aligned(_shape(index), longest, lambda a, b: _is_several(a) and _is_several(b))
    together = axes == list(range(axes[0], axes[-1] + 1))
    behind = len(_shape(x)) - len(axes) - (axes[0] if together else 0)
    given = _shape(values)
    yield from _aligned(given[: max(len(given) - behind, 0)], longest, lambda a, _: _is_several(a))


def _aligned(a: Sequence[Any], b: Sequence[Any], are_equal: Callable[[Any, Any], bool]) -> Iterator[Pair]:
    """The symbols that stand at one place in two shapes, from the last axis on, where that holds them equal."""
    for x, y in zip(reversed(a), reversed(b), strict=False):
        symbols = all(isinstance(s, torch.SymInt) and isinstance(s.node.expr, sympy.Symbol) for s in (x, y))
        if symbols and are_equal(x, y):
            yield x, y


def _is_several(size: Any) -> bool:
    """Whether guards say that a size is not 1, which would be repeated."""
    return bool(statically_known_true(size >= 2))


def _shape(node: fx.Node) -> Sequence[Any]:
    return node.meta["val"].shape
