"""Numbers that a graph keeps in tensors without axes, followed through what moves, casts or reads them anew."""

from __future__ import annotations

from typing import Any

import torch
from torch import fx
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._python_dispatch import _disable_current_modes

from irfuse.fx.import_calls import mutates

aten = torch.ops.aten
_MOVES = {
    *(aten.lift_fresh_copy.default, aten.detach.default, aten.clone.default, aten.alias.default),
    aten.detach_.default,
    *(aten.view.default, aten.reshape.default, aten.expand.default, aten.unsqueeze.default, aten.squeeze.default),
    torch.ops.prims.device_put.default,
}
_CASTS = {aten._to_copy.default, aten.to.dtype, torch.ops.prims.convert_element_type.default}


def constants_of(gm: fx.GraphModule) -> dict[fx.Node, torch.Tensor]:
    """The number that each such node holds; none where the graph writes to one of them."""
    found: dict[fx.Node, torch.Tensor] = {}
    with _disable_current_modes():
        for node in gm.graph.nodes:
            number = _kept(gm, node) if node.op == "get_attr" else _followed(node, found)
            if number is not None and _dtype(node, number) == number.dtype:
                found[node] = number
    writes = [node for node in gm.graph.nodes if mutates(node) and node.target not in _MOVES]
    return {} if any(not found.keys().isdisjoint(node.all_input_nodes) for node in writes) else found


def number_of(constant: torch.Tensor) -> float | None:
    """The number as a call spells it; None for one that a double does not hold, or of which it makes another NaN."""
    with _disable_current_modes():
        value = constant.item()
        kept = value == value or _same_bits(torch.full((1,), value, dtype=constant.dtype), constant)
    return None if not kept or (isinstance(value, int) and int(float(value)) != value) else value


def _same_bits(a: torch.Tensor, b: torch.Tensor) -> bool:
    return torch.equal(a.reshape(1).view(torch.uint8), b.reshape(1).view(torch.uint8))


def _kept(gm: fx.GraphModule, node: fx.Node) -> torch.Tensor | None:
    """A number that the module keeps."""
    kept = getattr(gm, str(node.target), None)
    real = isinstance(kept, torch.Tensor) and not isinstance(kept, FakeTensor) and not kept.is_complex()
    return kept.detach().cpu() if real and isinstance(kept, torch.Tensor) and not kept.dim() else None


def _followed(node: fx.Node, found: dict[fx.Node, torch.Tensor]) -> torch.Tensor | None:
    """What a node makes of a number; None for what may depend on the device, such as a float beyond an integer type."""
    source = found.get(node.args[0]) if node.args and isinstance(node.args[0], fx.Node) else None
    if source is None or len(node.all_input_nodes) != 1:
        return None
    target: Any = node.target
    if target in _MOVES:
        return source
    dtype = _dtype(node, source)
    if target is aten.view.dtype:
        return source.view(dtype) if dtype.itemsize == source.dtype.itemsize else None
    whole = source.is_floating_point() and not dtype.is_floating_point
    return source.to(dtype) if target in _CASTS and not whole and not dtype.is_complex and dtype.itemsize > 1 else None


def _dtype(node: fx.Node, otherwise: torch.Tensor) -> torch.dtype:
    value = node.meta.get("val", otherwise)
    return value.dtype if isinstance(value, torch.Tensor) else otherwise.dtype
