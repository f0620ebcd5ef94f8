"""Calls of ops of other packages as they arrive: functional, or by torch's auto_functionalized of either version.

``auto_functionalized(op, **arguments)`` returns what the op returns, or None where that is nothing, and then each
argument that it writes to. ``auto_functionalized_v2`` has those among ``_all_bases``, an argument's as
``_NAME_base_index``, and returns all bases (irfuse.vendor.bases).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xdsl.dialects.builtin import TensorType
from xdsl.ir import SSAValue

from irfuse.dialect.attrs import Operand
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.sizes import Size
from irfuse.dialect.types import NO_ENTRIES, dims_of, tensor_type
from irfuse.errors import UnknownReadingError
from irfuse.vendor.bases import ALL_BASES, Written, written_in
from irfuse.vendor.schema import Argument, Signature
from irfuse.vendor.table import TABLE, Entry, Reading, require

NOT_ASKED = "implementations of it differ, and none is registered here that could be asked for its numbers"
_FUNCTIONAL = "torch.ops.higher_order.auto_functionalized"
_KINDS: dict[str, tuple[type, ...]] = {
    "float": (float, int),
    "int": (int,),
    "bool": (bool,),
    "str": (str,),
    "ScalarType": (str,),
    "number": (float, int),
    "int[]": (int,),
    "float[]": (float, int),
}
"""What a call holds for an argument of each kind that is no tensor, or for each entry of one."""


def entry_of(op: OpaqueOp) -> Entry | None:
    """The entry of what a node calls, directly or for a functional graph; None for an op that the table has not."""
    return TABLE.get(called(op))


def called(op: OpaqueOp) -> str:
    """The name of the op that a node calls, directly or for a functional graph."""
    return op.target.data.partition(":")[2] if _is_functional(op) else op.target.data


def _is_functional(op: OpaqueOp) -> bool:
    """Whether a node calls an op for a functional graph."""
    return op.target.data.partition(":")[0] in (_FUNCTIONAL, f"{_FUNCTIONAL}_v2")


def values_of(entry: Entry, b: SmallBuilder, op: OpaqueOp) -> list[Value | None]:
    """What stands for each result that is used of a node whose call is known. Raises Unsupported."""
    meaning = _reading_of(entry, op).meaning
    arguments, written = arguments_of(entry, b, op)
    returned = [] if not entry.signature.returns else [v.type for v in op.results]
    outs = _placed(entry.signature, meaning(b, returned, **arguments), written, b, op)
    _drop_idle(b, outs)
    used = [v if out.first_use or len(outs) == 1 else None for v, out in zip(outs, op.results, strict=True)]
    for value, out in zip(used, op.results, strict=True):
        require(value is not None or not out.first_use, "a tensor is read of which it only says that it is overwritten")
        require(value is None or _holds(value, out), f"it makes another tensor than its result {out.type}")
    return used


def _reading_of(entry: Entry, op: OpaqueOp) -> Reading:
    """The reading that a node says was measured, or the first. Raises UnknownReadingError for a number of none."""
    if op.reading is None:
        require(not entry.asked, NOT_ASKED)
        return entry.readings[0]
    number = op.reading.value.data
    if not 0 <= number < len(entry.readings):
        raise UnknownReadingError(op=called(op), reading=number, last=len(entry.readings) - 1)
    return entry.readings[number]


def arguments_of(entry: Entry, b: SmallBuilder, op: OpaqueOp) -> tuple[dict[str, Any], dict[str, Written]]:
    """The arguments of a call by name, as a meaning takes them, and what they are of the bases. Raises Unsupported."""
    given, written = _arguments(entry.signature, op)
    arguments = {a.name: _value(a, given, b, op) for a in entry.signature.arguments}
    seen = {name: w.view.of(b, arguments[name]) for name, w in written.items() if w.view is not None}
    return arguments | seen, written


def _drop_idle(b: SmallBuilder, outs: Sequence[Value | None]) -> None:
    """Take out the ops that nothing needs, as the views of tensors are that are only written to."""
    for small in reversed(list(b.ops)):
        if not any(v.first_use or v in outs for v in small.results):
            b.ops.remove(small)
            small.erase()


def _holds(value: Value, out: SSAValue) -> bool:
    """Whether a result of a node has the type of a value, and as many entries."""
    if not isinstance(out.type, TensorType) or out.type.element_type != value.type.element_type:
        return False
    return Size.product(dims_of(value.type)) == Size.product(dims_of(out.type))


def _arguments(signature: Signature, op: OpaqueOp) -> tuple[dict[str, Any], dict[str, Written]]:
    """The arguments of a call by name, and, where it has bases, which of them each that it writes to is."""
    assert op.call is not None
    named, written = dict(op.call.data.kwargs), dict[str, Written]()
    if ALL_BASES in named:
        written = written_in(signature, named, op)
    names = [a.name for a in signature.arguments]
    positional = () if _is_functional(op) else op.call.data.args
    require(len(positional) <= len(names), "it is called with more arguments than its schema has")
    given = {**dict(zip(names, positional, strict=False)), **named}
    unknown = next((name for name in given if name not in names), None)
    require(unknown is None, f"it is called with {unknown}, which its schema has not")
    return given, written


def _value(argument: Argument, given: Mapping[str, Any], b: SmallBuilder, op: OpaqueOp) -> Any:
    """An argument as a meaning takes it."""
    require(argument.name in given or not argument.required, f"its argument {argument.name} is missing")
    value = given.get(argument.name, argument.default)
    if value is None:
        require(argument.optional, f"its argument {argument.name} is None")
        return None
    if argument.kind == "Tensor":
        return _tensor(argument, value, b, op)
    spelled = isinstance(value, tuple) == argument.kind.endswith("[]")
    known = all(_is_spelled(argument.kind, entry) for entry in (value if isinstance(value, tuple) else (value,)))
    require(spelled and known, f"its argument {argument.name} is no {argument.kind} that the graph spells out")
    return value


def _is_spelled(kind: str, value: Any) -> bool:
    """Whether a value of a call is one for an argument of a kind, or an entry of it; a truth value is no number."""
    return isinstance(value, _KINDS.get(kind, ())) and (kind == "bool" or not isinstance(value, bool))


def _tensor(argument: Argument, value: Any, b: SmallBuilder, op: OpaqueOp) -> Value:
    tensor: SSAValue | None = op.ins[value.index] if isinstance(value, Operand) else None
    known = tensor is not None and isinstance(tensor.type, TensorType)
    require(known, f"its argument {argument.name} is no tensor")
    assert tensor is not None
    dims = dims_of(tensor_type(tensor))
    require(0 not in dims and NO_ENTRIES not in dims, f"its argument {argument.name} has no entries")
    return tensor if argument.written else b.contiguous(tensor)  # type: ignore[arg-type, return-value]


def _placed(
    signature: Signature, values: Sequence[Value | None], bases: Mapping[str, Written], b: SmallBuilder, op: OpaqueOp
) -> list[Value | None]:
    """The values of a meaning in the order of a node's results: what it returns, and what is written, or all bases."""
    count = len(values) - len(signature.written)
    results = list(values[:count])
    if _is_functional(op):
        first = len(results) or 1
        by_name = dict(zip([a.name for a in signature.written], values[count:], strict=True))
        order = sorted(bases, key=lambda name: bases[name].base) if bases else list(by_name)
        require(len(op.results) == first + len(order), "it has another number of results than its schema says")
        whole = [
            _base(by_name[name], bases.get(name), b, out) for name, out in zip(order, op.results[first:], strict=True)
        ]
        results = (results or [None]) + whole
    require(len(results) == len(op.results), "it has another number of results than its schema says")
    return results


def _base(value: Value | None, written: Written | None, b: SmallBuilder, out: SSAValue) -> Value | None:
    """What a base is where one of its views has a value."""
    if value is None or written is None or written.view is None:
        return value
    return written.view.undone(b, value, tensor_type(out))
