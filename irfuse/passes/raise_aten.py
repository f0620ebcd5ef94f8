"""raise-aten: opaque nodes whose meaning is known, of aten, of prims and of other packages, become small ops."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from irfuse.analysis.memories import Memories
from irfuse.analysis.writes import VIEWS, argument_seen, copies_back, writes_in
from irfuse.aten import NEW_TENSORS, REARRANGED, RULES, Rule
from irfuse.aten.bytes import MOVES, shows_bytes
from irfuse.dialect.attrs import ObjectType, Operand, SymIntType
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.fused import SMALL_OPS
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.shape import CopyOp, RelayoutOp
from irfuse.dialect.types import NO_ENTRIES, TORCH_NAMES, dims_of, is_plain, plain, tensor_type
from irfuse.fx.provenance import add_names, names_of
from irfuse.passes._function_pass import FunctionPass
from irfuse.passes._reach import out_of_reach
from irfuse.report.remarks import Declined, remark
from irfuse.vendor import Unsupported, entry_of, values_of

_SIZES = ("aten.sym_", "_operator.", "math.")
"""How the nodes begin that compute sizes from sizes."""
_IN_TORCH = "write it in torch's own ops"


@dataclass(frozen=True)
class RaiseAtenPass(FunctionPass):
    """Replace opaque nodes by the small ops of their rule; nodes without a rule, or outside it, stay opaque.

    With ``reached`` none that no chain can reach (`out_of_reach`), as every op costs time in all passes.
    """

    name = "raise-aten"
    reached: bool = False

    def rewrite(self, block: Block) -> None:
        memories, left = Memories(block), out_of_reach(block) if self.reached else set()
        written = {op.ins[0] for op in copies_back(block)}
        always = bool(writes_in(block))
        for op in list(block.ops):
            if isinstance(op, OpaqueOp) and _is_true_assertion(op):
                op.detach()
                op.erase()
            elif isinstance(op, OpaqueOp) and op not in left:
                copies_matter = always or (bool(written) and any(argument_seen(v) in written for v in op.ins))
                _raise(op, memories, copies_matter)
        for op in reversed(block.ops):
            if _is_left_over(op):
                op.detach()
                op.erase()


def _is_left_over(op: Operation) -> bool:
    """Whether a node gives what nothing uses: a tensor without entries, or a size, which types spell.

    So do bytes that are seen as wider elements, where what is written there is written as bytes.

    The tensor that a size is asked of would be a result of the kernel that computes it.
    """
    if any(v.first_use for v in op.results):
        return False
    if not isinstance(op, OpaqueOp) or op.mutates:
        return isinstance(op, MOVES) and shows_bytes(op.result)
    if op.target.data.startswith(_SIZES):
        return bool(op.results) and all(isinstance(v.type, SymIntType) for v in op.results)
    empty = any(isinstance(v.type, TensorType) and NO_ENTRIES in dims_of(v.type) for v in op.results)
    return empty or (len(op.results) == 1 and shows_bytes(op.results[0]))


def _is_true_assertion(op: OpaqueOp) -> bool:
    """Whether a node asserts a dtype that the type of its operand says already, as torch.export does before casts."""
    if op.target.data != "aten._assert_tensor_metadata.default" or op.call is None or len(op.ins) != 1:
        return False
    said = {**dict(zip(("a", "size", "stride", "dtype"), op.call.data.args, strict=False)), **dict(op.call.data.kwargs)}
    tensor = op.ins[0].type
    others = (said.get("size"), said.get("stride"), said.get("device"))
    same = isinstance(tensor, TensorType) and TORCH_NAMES.get(str(said.get("dtype"))) == tensor.element_type
    return same and others == (None, None, None) and said.get("layout") in (None, "strided")


def _raise(op: OpaqueOp, memories: Memories, copies_matter: bool) -> None:
    """Put small ops in place of a node; where memory is written to, a tensor of its own stays one."""
    target = _functional_twin(op) if op.mutates else op.target.data
    b = SmallBuilder(None if op.overflow is None else op.overflow.data)
    values = _meaning(b, op, target)
    own_tensor = copies_matter and target in NEW_TENSORS and (not b.ops or not op.ins)
    own_tensor |= copies_matter and (target in REARRANGED or (entry_of(op) is not None and _hands_on(b, values)))
    if values is None or own_tensor:
        for unused in reversed(b.ops):
            unused.erase()
        return
    values = [_in_own_memory(b, old, new, memories) for old, new in zip(op.results, values, strict=True)]
    for small in b.ops:
        small.location = op.location
    block = op.parent
    assert block is not None
    block.insert_ops_before(b.ops, op)
    for old, new in zip(op.results, values, strict=True):
        if new is not None:
            _stand_for(old, new, memories, fresh=new.owner in b.ops)
    op.detach()
    op.erase()


def _hands_on(b: SmallBuilder, values: Sequence[Value | None] | None) -> bool:
    """Whether one of the values of a node is what it was given, or a view of it."""
    return any(v is not None and argument_seen(v).owner not in b.ops for v in values or ())


def _meaning(b: SmallBuilder, op: OpaqueOp, target: str) -> list[Value | None] | None:
    """The values of a node in small ops, in the types of its results; None where they are not known."""
    if op.call is None or not op.results:
        return None
    entry = entry_of(op) if op.mutates is None else None
    if entry is None:
        rule = RULES.get(target)
        return None if rule is None else _apply(rule, b, op)
    try:
        return _in_types(b, op.results, values_of(entry, b, op))
    except Unsupported as reason:
        remark(op, Declined(str(reason), _IN_TORCH))
        return None


def _in_own_memory(b: SmallBuilder, old: SSAValue, new: Value | None, memories: Memories) -> Value | None:
    """What stands for a result of a node: a copy where the node gives its operand's values and leaves as a tensor."""
    if new is None or new.owner in b.ops or memories.of(old) in (None, memories.of(new)):
        return new
    return b.emit(CopyOp(new))


def _functional_twin(op: OpaqueOp) -> str:
    """The op that computes what an in-place op writes, where it writes to a tensor that nobody else sees."""
    target = op.ins[0].owner if op.ins else None
    computed = isinstance(target, SMALL_OPS) and not isinstance(target, VIEWS)
    alone = computed and len({use.operation for use in op.ins[0].uses}) == 1
    return op.target.data.replace("_.", ".", 1) if alone else ""


def _stand_for(old: SSAValue, new: Value, memories: Memories, fresh: bool) -> None:
    """Use ``new`` in place of ``old``; a value that the node did not make keeps to its own names."""
    if fresh:
        add_names(new, names_of(old))
        memories.put(new, memories.of(old))
        new.name_hint = old.name_hint
    old.replace_all_uses_with(new)


def _apply(rule: Rule, b: SmallBuilder, op: OpaqueOp) -> list[Value | None] | None:
    """The values of a node in small ops, in the types of its results; None where the rule does not cover it."""
    ins, outs, call = tuple(op.operands), op.results, op.call
    first = outs[0].type
    assert call is not None
    if not isinstance(first, TensorType) or any(type(v.type) is ObjectType or _empty(v) for v in (*ins, outs[0])):
        return None
    args = [_argument(b, ins, value) for value in call.data.args]
    kwargs = {key: _argument(b, ins, value) for key, value in call.data.kwargs}
    if not _accepts(rule, len(args), tuple(kwargs)):
        return None
    given = rule(b, plain(first), *args, **kwargs)
    values = list(given) if isinstance(given, tuple) else [given]
    values += [None] * (len(outs) - len(values))
    return _in_types(b, outs, [v if out.first_use or v is given else None for v, out in zip(values, outs, strict=True)])


def _in_types(b: SmallBuilder, outs: Sequence[SSAValue], values: Sequence[Value | None]) -> list[Value | None] | None:
    """What stands for the results of a node, in their types; None where one that is used is not given."""
    typed = [_typed(b, v, out.type) for v, out in zip(values, outs, strict=True)]
    missing = any(v is None and out.first_use for v, out in zip(typed, outs, strict=True))
    return None if missing or all(v is None for v in typed) else typed


def _typed(b: SmallBuilder, value: Value | None, out: Attribute) -> Value | None:
    """A value in the shape and strides of a result; None where it is not what that holds."""
    if value is None or not isinstance(out, TensorType) or value.type.element_type != out.element_type:
        return None
    if value.type is out and is_plain(out):
        return value
    if _empty(value):
        return None
    value = b.reshape(value, dims_of(out))
    return value if value.type == out else b.emit(RelayoutOp(value, out))


def _empty(value: SSAValue) -> bool:
    return isinstance(value.type, TensorType) and 0 in dims_of(tensor_type(value))


def _argument(b: SmallBuilder, ins: Sequence[SSAValue], value: Any) -> Any:
    """An argument of a node as its rule takes it; of several tensors those without entries are left out."""
    if isinstance(value, Operand):
        operand = ins[value.index]
        return b.contiguous(operand) if isinstance(operand.type, TensorType) else operand  # type: ignore[arg-type]
    if not isinstance(value, tuple):
        return value
    return tuple([_argument(b, ins, v) for v in value if not _has_no_entries(v, ins)])


def _has_no_entries(value: Any, ins: Sequence[SSAValue]) -> bool:
    """Whether an argument is a tensor with an axis of length 0, as what a rotary embedding of all columns leaves is."""
    tensor = ins[value.index].type if isinstance(value, Operand) else None
    return isinstance(tensor, TensorType) and NO_ENTRIES in dims_of(tensor)


@cache
def _accepts(rule: Rule, positional: int, keywords: tuple[str, ...]) -> bool:
    """Whether the rule's signature takes such a call; a call that it does not take stays opaque."""
    try:
        inspect.signature(rule).bind(None, None, *[None] * positional, **dict.fromkeys(keywords))
    except TypeError:
        return False
    return True
