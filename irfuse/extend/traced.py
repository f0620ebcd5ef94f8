"""A meaning in torch's ops as one in small ops: traced on fake tensors, and raised by the rules of raise-aten.

No size that a graph has a name for is known in a trace, nor that two are equal: a meaning that asks says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import fx
from torch._subclasses.functional_tensor import FunctionalTensorMode, dispatch_functionalize
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode
from torch.utils._python_dispatch import _disable_current_modes
from xdsl.context import Context
from xdsl.dialects.builtin import TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, SSAValue

from irfuse.analysis.likeness import Remembered, type_key
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.sizes import renamed
from irfuse.dialect.types import TORCH_NAMES, dims_of, make_tensor, strides_of, tensor_type
from irfuse.extend.fakes import Fakes
from irfuse.import_fx import to_ir
from irfuse.passes.raise_aten import RaiseAtenPass
from irfuse.vendor import Unsupported
from irfuse.vendor.schema import Signature
from irfuse.vendor.table import Meaning, require

_OPEN: set[str] = set()
"""The ops whose meanings are being traced: one that calls itself has none."""


def meaning_of(name: str, signature: Signature, function: Callable[..., Any]) -> Meaning:
    """The meaning in small ops of an op that a function of torch's ops says."""
    traces = Remembered[Block](Unsupported)

    def meaning(b: SmallBuilder, outs: Sequence[Attribute], **arguments: Any) -> tuple[Value, ...]:
        kinds = {key: v.type if isinstance(v, SSAValue) else v for key, v in arguments.items()}
        key = tuple([(key, type_key(v)) if isinstance(v, Attribute) else (key, repr(v)) for key, v in kinds.items()])
        with _opened(name):
            block = traces.of(key, lambda: _traced(function, signature, kinds))
        mapper: dict[SSAValue, SSAValue] = {}
        mapper |= zip(block.args, [v for v in arguments.values() if isinstance(v, SSAValue)], strict=True)
        for op in block.ops:
            if not isinstance(op, ReturnOp):
                b.ops.append(op.clone(mapper))
        assert block.last_op is not None
        values = tuple([mapper[v] for v in block.last_op.operands])
        _check(values, [*outs[: len(signature.returns)], *(kinds[a.name] for a in signature.written)], signature)
        return values  # type: ignore[return-value]

    return meaning


@contextmanager
def _opened(name: str) -> Iterator[None]:
    require(name not in _OPEN, "its meaning calls the op itself")
    _OPEN.add(name)
    try:
        yield
    finally:
        _OPEN.remove(name)


def _check(values: Sequence[SSAValue], wanted: Sequence[Any], signature: Signature) -> None:
    """Raise Unsupported unless a meaning gives tensors of the types that the op's own fake implementation gives."""
    if "Tensor[]" not in signature.returns:
        require(len(values) == len(wanted), f"its meaning gives {len(values)} tensors, and it gives {len(wanted)}")
    for value, kind in zip(values, wanted, strict=False):
        same = isinstance(kind, TensorType) and _is_like(tensor_type(value), kind)
        require(same, f"its meaning gives {value.type}, where it gives {kind}")


def _is_like(a: TensorType[Attribute], b: TensorType[Attribute]) -> bool:
    return a.element_type == b.element_type and dims_of(a) == dims_of(b)


def _traced(function: Callable[..., Any], signature: Signature, kinds: dict[str, Any]) -> Block:
    """The small ops of a function on arguments, tensors by their types, with the names that sizes have there."""
    fakes = Fakes()
    try:
        with _disable_current_modes(), torch._C._DisableAutocast(), _without_gradients(), fakes.quietly():
            graph = _graph(function, signature, kinds, fakes)
    except GuardOnDataDependentSymNode:
        raise Unsupported("its meaning depends on a size that is not known") from None
    except Unsupported:
        raise
    except Exception as reason:
        text = str(reason).partition("\n")[0]
        raise Unsupported(f"its meaning raises {type(reason).__name__}: {text}") from None
    module = to_ir(graph)
    RaiseAtenPass().apply(Context(), module)
    raised = module.body.block.first_op
    assert isinstance(raised, FuncOp)
    for op in raised.body.block.ops:
        target = op.target.data if isinstance(op, OpaqueOp) else op.name
        known = isinstance(op, ReturnOp) or is_pure_tensor_op(op)
        require(known, f"its meaning calls {target}, which irfuse does not know")
    count = len(graph.graph.output_node().args[0])
    return _respelled(raised.body.block, [k for k in kinds.values() if isinstance(k, Attribute)], fakes.names, count)


@contextmanager
def _without_gradients() -> Iterator[None]:
    """As under no_grad, also within inference mode, whose tensors do not say whether they were written to."""
    with torch.inference_mode(False), torch.no_grad():
        yield


def _graph(function: Callable[..., Any], signature: Signature, kinds: dict[str, Any], fakes: Fakes) -> fx.GraphModule:
    """The functional graph of a function."""
    given = [fakes.tensor(kind) for kind in kinds.values() if isinstance(kind, TensorType)]
    assumed = fakes.assumptions()

    def run(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        rest = iter(tensors)
        values = {a.name: _argument(a.kind, kinds[a.name], rest) for a in signature.arguments}
        by_name = {a.name: values.pop(a.name) for a in signature.arguments if a.by_keyword}
        before = [t._version for t in tensors]
        made = function(*values.values(), **by_name)
        written = before != [t._version for t in tensors]
        require(not written, "its meaning writes to its arguments; let it return new values")
        results = tuple(made) if isinstance(made, (tuple, list)) else (made,)
        require(all(isinstance(v, torch.Tensor) for v in results), f"its meaning gives {made!r}, and no tensors")
        return results

    functional = dispatch_functionalize(run, FunctionalTensorMode(export=False))
    with fakes.mode:
        graph = make_fx(functional)(*given)
    require(fakes.assumptions() == assumed, "its meaning takes for granted what is not known of its sizes")
    return graph


def _argument(kind: str, value: Any, tensors: Iterator[torch.Tensor]) -> Any:
    """An argument as the function takes it."""
    if isinstance(value, TensorType):
        return next(tensors)
    if kind == "ScalarType" and value in TORCH_NAMES:
        return getattr(torch, value)
    return list(value) if isinstance(value, tuple) else value


def _respelled(block: Block, kinds: Sequence[Attribute], names: dict[str, str], count: int) -> Block:
    """A block with arguments of these types and the sizes called as in them."""
    outside = Block(arg_types=kinds)
    mapper: dict[SSAValue, SSAValue] = dict(zip(block.args, outside.args, strict=True))
    for op in block.ops:
        operands, types = [mapper[v] for v in op.operands], [_spelled(v.type, names) for v in op.results]
        copy = type(op).create(operands=operands, result_types=types, properties=dict(op.properties))
        mapper |= zip(op.results, copy.results, strict=True)
        outside.add_op(copy)
    assert outside.last_op is not None
    require(len(outside.last_op.operands) == count, "its meaning gives one tensor twice; let it give a clone")
    return outside


def _spelled(kind: Attribute, names: dict[str, str]) -> Attribute:
    """A type with other names for its sizes."""
    if not isinstance(kind, TensorType) or not names:
        return kind
    strides = strides_of(kind)
    dims = [renamed(n, names) for n in dims_of(kind)]
    return make_tensor(kind.element_type, dims, None if strides is None else [renamed(n, names) for n in strides])
