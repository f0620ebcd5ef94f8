"""Sizes that a write holds equal, though the graph has two symbols for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from cache_forms import FORMS
from graphs import inference_graph
from one_kernel import check_is_one_kernel
from xdsl.dialects.func import FuncOp

from irfuse.dialect.types import dims_of
from irfuse.fx.equal_sizes import equal_symbols
from irfuse.import_fx import to_ir

KEPT, KEYS, VALUES, AT = torch.randn(40, 16, 4), torch.randn(7, 4), torch.randn(7, 4), torch.arange(7)


def marked(*tensors: torch.Tensor) -> list[torch.Tensor]:
    """Tensors whose axes of 7 have a symbol each."""
    given = [t.clone() for t in tensors]
    for tensor in given:
        for axis in [i for i, n in enumerate(tensor.shape) if n == 7]:
            torch._dynamo.mark_dynamic(tensor, axis)
    return given


def graph_of(run: Callable[..., Any], *tensors: torch.Tensor) -> torch.fx.GraphModule:
    """The graph of a function for sizes that are marked."""
    return inference_graph(run, *marked(*tensors), dynamic=None)


def into_rows(kept: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, at: torch.Tensor) -> Any:
    rows = kept.flatten(0, 1)
    return rows.index_put([at], keys), rows.index_put([at], values)


def at_two_indices(kept: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, at: torch.Tensor) -> Any:
    apart = torch.ops.aten.index_put(kept.transpose(1, 2), [at, None, at % 16], values)
    return kept.index_put([at, at % 16], keys), apart


@pytest.mark.parametrize("run", [into_rows, at_two_indices])
def test_values_have_the_size_of_what_they_are_written_at(run: Callable[..., Any]) -> None:
    gm = graph_of(run, KEPT, KEYS, VALUES, AT)
    sizes = [s for n in gm.graph.nodes for s in getattr(n.meta.get("val"), "shape", ())]
    symbols = {s.node.expr for s in sizes if isinstance(s, torch.SymInt)}
    equal = equal_symbols(gm.graph)
    assert len(symbols) == 3 and len({equal.get(symbol, symbol) for symbol in symbols}) == 1
    function = next(op for op in to_ir(gm).ops if isinstance(op, FuncOp))
    tokens = [dims_of(kind)[0] for kind in function.function_type.inputs if "dims" in str(kind)]
    assert len(tokens) == 3 and len(set(tokens)) == 1


def test_two_indices_that_are_broadcast_have_one_size() -> None:
    gm = graph_of(lambda x, a, b: x.index_put([a, b], torch.ones(4)), KEPT, AT, AT % 5)
    assert len(equal_symbols(gm.graph)) == 1


def repeated(kept: torch.Tensor, values: torch.Tensor, at: torch.Tensor) -> Any:
    return kept.flatten(0, 1).index_put([at], values[: int(at[0])])


def masked(kept: torch.Tensor, values: torch.Tensor, mask: torch.Tensor) -> Any:
    return values.index_put([mask], torch.ones(())), kept + 1


@pytest.mark.parametrize("run", [repeated, masked])
def test_sizes_that_may_be_others_stay_two(run: Callable[..., Any]) -> None:
    """Of values of unknown number there may be one, which torch repeats; a mask names as many as are true."""
    with torch._dynamo.config.patch(capture_scalar_outputs=True):
        gm = graph_of(run, KEPT, KEYS, AT.clamp(1, 1) if run is repeated else AT > 3)
    assert not equal_symbols(gm.graph)


def test_values_go_beside_keys_whose_number_has_another_symbol() -> None:
    for name in ("values_beside_keys", "values_beside_keys_without_a_norm"):
        check_is_one_kernel(FORMS[name], "dynamic")
