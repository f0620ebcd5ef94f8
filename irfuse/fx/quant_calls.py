"""Which calls of an FX graph quantise, as far as a call says: what it makes, what it reads, what it is called.

A call that small ops stand for is judged by those (`irfuse.analysis.quants`); this is for all others: ops of vendors
and of users, torch's quantised tensors, casts of types that irfuse does not model, Triton kernels in the graph.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import fx
from torch.utils._pytree import tree_leaves

from irfuse.dtypes import FP8_DTYPES
from irfuse.fx.import_calls import inner_name, target_name

_QUANTISED = frozenset({torch.qint8, torch.quint8, torch.qint32, torch.quint4x2, torch.quint2x4})
_FLOAT_CODES = FP8_DTYPES | {torch.float8_e8m0fnu, torch.float4_e2m1fn_x2}
_CODES = _FLOAT_CODES | {torch.int8, torch.uint8}
_MADE_IN_TORCH = _CODES | _QUANTISED
_OWN = ("aten.", "prims.")
_NO_CODES = ("empty", "zeros", "ones", "full", "rand", "view", "fill", "index_put", "slice_scatter", "new_")
"""How torch's ops begin that make tensors of 8 bits from a float tensor's shape, from its bits, or from others of 8."""


def quantises(node: fx.Node) -> bool:
    """Whether a node makes codes of floats: 8-bit floats and integers, packed ones, torch's quantised tensors.

    An op of torch's own has them as its one result. Bytes that another op makes are codes where a scale stands beside
    them or its name says so; what moves codes, reading them and scales, quantises nothing.
    """
    if node.op != "call_function" or node.target is operator.getitem:
        return False
    name, val = inner_name(node) or target_name(node), node.meta.get("val")
    if name.startswith(_OWN) and isinstance(val, torch.Tensor) and val.dtype not in _MADE_IN_TORCH:
        return "fake_quant" in name
    made, written = _made(node), set(_nodes(_written(node)))
    given = {n: n.meta.get("val") for n in node.all_input_nodes}
    floats = [t for t in _tensors(given.values()) if t.is_floating_point() and t.dtype not in _FLOAT_CODES]
    if not floats:
        return False
    if "fake_quant" in name:
        return True
    if name.startswith(_OWN):
        return len(made) == 1 and _quantises_in_torch(name, made[0])
    if any(t.dtype in _CODES for t in _tensors(v for n, v in given.items() if n not in written)):
        return False
    beside = len(floats) > 1 or any(t.is_floating_point() and t.dtype not in _FLOAT_CODES for t in made)
    bytes_count = beside or "quant" in _base(name)
    return any(t.dtype in _QUANTISED or (t.dtype in _CODES and (t.dtype != torch.uint8 or bytes_count)) for t in made)


def _quantises_in_torch(name: str, made: torch.Tensor) -> bool:
    """Whether an op of torch's own that reads floats makes codes; e8m0 is a format of scales."""
    codes = made.dtype in _QUANTISED or (made.dtype in _CODES and made.dtype != torch.float8_e8m0fnu)
    return codes and not _base(name).startswith(_NO_CODES)


def _base(name: str) -> str:
    """The name of an op without its namespace and its overload."""
    return name.rpartition(".")[0].rpartition(".")[2]


def _made(node: fx.Node) -> list[torch.Tensor]:
    """The tensors that a node makes, and those that it writes to."""
    own = _tensors(tree_leaves(node.meta.get("val")))
    return own or _tensors(n.meta.get("val") for n in _nodes(_written(node)))


def _written(node: fx.Node) -> Sequence[Any]:
    """The arguments that a node writes to, in place or as copies of its own."""
    functional = isinstance(node.target, torch._ops.HigherOrderOperator)
    if "tensors_to_clone" in node.kwargs:
        return [node.kwargs["kwargs"][name] for name in node.kwargs["tensors_to_clone"]]
    if "_all_bases" in node.kwargs:
        return node.kwargs["_all_bases"]
    schema = getattr(node.args[0] if functional and node.args else node.target, "_schema", None)
    if schema is None:
        return []
    given = dict(zip((a.name for a in schema.arguments), () if functional else node.args, strict=False))
    given |= node.kwargs
    return [given[a.name] for a in schema.arguments if a.alias_info and a.alias_info.is_write and a.name in given]


def _nodes(values: Any) -> list[fx.Node]:
    return [v for v in tree_leaves(values) if isinstance(v, fx.Node)]


def _tensors(values: Iterable[Any]) -> list[torch.Tensor]:
    return [v for v in values if isinstance(v, torch.Tensor)]
