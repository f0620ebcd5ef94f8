"""FX graph to IR: total, one op per node. The way back is `to_fx`, in irfuse.fx.export_fx.

`to_ir` writes every call as `irfuse.opaque` with its arguments spelled out; raise-aten gives meaning to those it knows.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import IO, Any

import torch
from torch import fx
from xdsl.dialects.builtin import (
    LocationAttr,
    ModuleOp,
    NameLoc,
    NoneAttr,
    StringAttr,
    TensorType,
    f64,
    i64,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region, SSAValue

from irfuse.analysis.memories import MEMORIES, memories_attr
from irfuse.aten.promotion import TAKES_NUMBERS
from irfuse.aten.registry import is_modelled
from irfuse.aten.shapes import CASTS
from irfuse.dialect.attrs import Call, Operand, Unknown
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.shape import FullOp
from irfuse.dialect.types import plain
from irfuse.dtypes import overflow_of
from irfuse.errors import NoMetadataError
from irfuse.fx.constants import constants_of, number_of
from irfuse.fx.equal_sizes import Equal, equal_symbols
from irfuse.fx.export_fx import to_fx
from irfuse.fx.import_calls import UNKNOWN, argument, casts_to_fp8, inner_name, innermost_line, mutates, target_name
from irfuse.fx.import_memories import memories_that_leave
from irfuse.fx.import_types import type_of
from irfuse.fx.in_place_calls import STAYS
from irfuse.fx.programs import load
from irfuse.fx.provenance import add_names
from irfuse.fx.quant_calls import quantises
from irfuse.fx.regions import graphs_of, inner_graphs, is_fused
from irfuse.fx.vendor_schemas import known_op, other_schema
from irfuse.fx.whole_extremes import split_by_rows
from irfuse.probe import ask
from irfuse.report.remarks import Declined, remark
from irfuse.uncollected import uncollected

__all__ = ["load_pt2", "to_fx", "to_ir"]


@uncollected
def to_ir(gm: fx.GraphModule, name: str = "main", *, compiled: bool = False) -> ModuleOp:
    """The graph as a function of a module, and behind it a function for each graph that it runs.

    ``compiled`` says that Inductor will compile it, whose casts to 8-bit floats overflow by other rules than eager's.
    Raises NoMetadataError for an input without ``meta["val"]``.
    """
    return ModuleOp([_function(graph, path, compiled) for path, graph in graphs_of(gm, name).items()])


def _function(gm: fx.GraphModule, name: str, compiled: bool) -> FuncOp:
    """One graph as a function."""
    inputs = [n for n in gm.graph.nodes if n.op == "placeholder"]
    device, equal = _device_of(gm.graph), equal_symbols(gm.graph)
    block = Block(arg_types=[type_of(_meta(n), device, equal) for n in inputs])
    work = _Import(gm, block, device, equal, compiled)
    for node, arg in zip(inputs, block.args, strict=True):
        arg.name_hint = node.name
        work.values[node] = (arg,)
    for node in gm.graph.nodes:
        if node.op == "output":
            block.add_op(ReturnOp(*(v for n in node.all_input_nodes for v in work.values[n])))
        elif node.op != "placeholder":
            work.values[node] = work.values_of(node)
    results = [v.type for v in block.last_op.operands] if block.last_op else []
    function = FuncOp(name, ([a.type for a in block.args], results), Region(block))
    if memories := memories_that_leave(gm.graph):
        function.attributes[MEMORIES] = memories_attr(memories)
    return function


def load_pt2(file: IO[bytes]) -> ModuleOp:
    """The graph of a program that torch.export.save wrote, as torch.compile has such graphs.

    Raises NotAProgramError for any other file.
    """
    program = load(file)
    with split_by_rows(program):
        return to_ir(program)


def _device_of(graph: fx.Graph) -> torch.device | None:
    """The GPU that a graph works on; None for one that works on the CPU alone."""
    values = [n.meta.get("val") for n in graph.nodes]
    return next((v.device for v in values if isinstance(v, torch.Tensor) and v.device.type == "cuda"), None)


_NOWHERE = NoneAttr()


@dataclass(frozen=True)
class _Target:
    """What opaque ops of one target share; ``unknown`` is why ``known``, an op of another package, is none, if so."""

    name: StringAttr
    mutates: bool
    pointwise: bool
    unknown: str
    known: torch._ops.OpOverload | None


class _Import:
    """One run of `to_ir`: the values of the nodes that are in the block, and what nodes have in common, found once."""

    def __init__(
        self, gm: fx.GraphModule, block: Block, device: torch.device | None, equal: Equal, compiled: bool
    ) -> None:
        self.root, self.block, self.device, self.equal, self.compiled = gm, block, device, equal, compiled
        self.values: dict[fx.Node, tuple[SSAValue, ...]] = {}
        self.targets: dict[Any, _Target] = {}
        self.lines: dict[str, LocationAttr | None] = {}
        self.constants = constants_of(gm)
        entered = {attribute for attribute, _ in inner_graphs(gm)}
        closed = [n for n in gm.graph.find_nodes(op="get_attr") if n.target not in entered]
        self.quantising = {n for n in closed if _quantises_inside(gm, n.target)}

    def values_of(self, node: fx.Node) -> tuple[SSAValue, ...]:
        """The values of a node, which a new op computes unless it takes an element out of a tuple."""
        if node.target is operator.getitem and _is_tuple(node.args[0]):
            source, index = node.args
            return (self.values[source][index],)
        if (constant := self._constant(node)) is not None:
            self.block.add_op(constant)
            return (constant.result,)
        op = self._opaque(node)
        op.location = self._location(node)
        if self.quantising and not self.quantising.isdisjoint(node.all_input_nodes):
            reason = "it quantises inside of a region, which irfuse does not enter"
            remark(op, Declined(reason, "write it without one"))
        for result in op.results:
            result.name_hint = node.name
        self.block.add_op(op)
        return op.results

    def _opaque(self, node: fx.Node) -> OpaqueOp:
        """A node with its arguments spelled out."""
        operands: list[SSAValue] = []
        numbers: dict[fx.Node, Operand | Unknown | float] = {}
        for source in node.all_input_nodes:
            if (number := self._number(source, node)) is not None:
                numbers[source] = number
                continue
            found = self.values[source]
            numbers[source] = Operand(len(operands)) if len(found) == 1 else UNKNOWN
            operands.extend(found)
        meta = node.meta.get("val")
        several = isinstance(meta, (tuple, list))
        types = [type_of(v, self.device, self.equal) for v in (meta if several else [meta])]
        kwargs = tuple([(k, argument(v, node, numbers)) for k, v in node.kwargs.items()])
        call: Call | None = Call(argument(node.args, node, numbers), kwargs)
        name = f"{node.name}#0" if several and len(types) == 1 else node.name
        target = self._target(node)
        overflow = None
        if casts_to_fp8(node):
            overflow = overflow_of(meta.dtype, meta.device, compiled=self.compiled)
            call = None if overflow is None else call  # of a cast by unknown rules nothing is said
        call = None if target.unknown else call
        marks = {"mutates": target.mutates, "pointwise": target.pointwise, "quantises": quantises(node)}
        op = OpaqueOp(target.name, operands, types, node=name, call=call, overflow=overflow, **marks)
        if target.unknown or STAYS in node.meta:
            remark(op, Declined(target.unknown or node.meta[STAYS]))
        elif target.known is not None:
            ask(op, target.known, _device_at(node))
        return op

    def _target(self, node: fx.Node) -> _Target:
        key = node.op, node.target, inner_name(node)
        if key not in self.targets:
            name = target_name(node)
            pointwise = name in CASTS or torch.Tag.pointwise in getattr(node.target, "tags", ())
            self.targets[key] = _Target(StringAttr(name), mutates(node), pointwise, other_schema(node), known_op(node))
        return self.targets[key]

    def _constant(self, node: fx.Node) -> FullOp | None:
        """A number that the graph keeps in a tensor, as a constant; None for any other node."""
        kept = self.constants.get(node)
        number = None if kept is None else number_of(kept)
        kind = None if number is None else type_of(node.meta.get("val", kept))
        if number is None or not isinstance(kind, TensorType) or not _holds_numbers(kind.element_type):
            return None
        op = FullOp(number, plain(kind))
        add_names(op.result, [node.name])
        op.result.name_hint = node.name
        return op

    def _number(self, source: fx.Node, node: fx.Node) -> float | None:
        """The number that a node on a GPU takes from a tensor on the CPU; None for other operands."""
        kept = self.constants.get(source)
        elsewhere = self.device is not None and _meta_device(source, kept) != self.device
        known = kept is not None and elsewhere and str(node.target) in TAKES_NUMBERS
        return number_of(kept) if known and kept is not None else None

    def _location(self, node: fx.Node) -> LocationAttr:
        """The innermost line of the user's source that made a node, or the node's name."""
        trace = node.meta.get("stack_trace") or ""
        if trace not in self.lines:
            self.lines[trace] = innermost_line(trace)
        return self.lines[trace] or NameLoc(StringAttr(node.name), _NOWHERE)


def _holds_numbers(element: Attribute) -> bool:
    """Whether a constant of an element type is one for rules to look at: also of those that nothing computes in."""
    return is_modelled(element) or element in (f64, i64)


def _meta_device(node: fx.Node, otherwise: torch.Tensor | None) -> torch.device | None:
    value = node.meta.get("val", otherwise)
    return value.device if isinstance(value, torch.Tensor) else None


def _device_at(node: fx.Node) -> torch.device | None:
    """The device of the first tensor that a node reads."""
    return next((d for source in node.all_input_nodes if (d := _meta_device(source, None)) is not None), None)


def _quantises_inside(root: fx.GraphModule, name: Any) -> bool:
    """Whether a graph that is not entered makes codes; one that is fused already has sites of its own."""
    inner = getattr(root, name, None) if isinstance(name, str) else None
    if not isinstance(inner, fx.GraphModule) or is_fused(inner):
        return False
    return any(quantises(node) for node in inner.graph.nodes)


def _meta(node: fx.Node) -> Any:
    if "val" not in node.meta:
        raise NoMetadataError(node=node.name)
    return node.meta["val"]


def _is_tuple(node: Any) -> bool:
    """Whether a node's value is a tuple; torch.cond returns tuples of one, so the value decides, not its length."""
    return isinstance(node, fx.Node) and isinstance(node.meta.get("val"), (tuple, list))
