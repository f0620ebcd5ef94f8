"""fold-reshapes: consecutive shape changes are one, and none stands between a norm and its quant.

The laws, with D the norm's run and G the quant's group (docs/laws.md has the proofs):

1. reshape(reshape(x)) = reshape(x); a reshape, permute or relayout to the operand's own type is the operand;
   permute(permute(x)) is one permute, and relayout(relayout(x)) one relayout.
2. norm over D of x, reshaped to rows of n * D columns = norm in runs of D on the reshaped x.
3. quant in groups of G of reshape(x) = reshape of the quant of x, where the rows of x are whole groups.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from xdsl.ir import Block, Operation, OpResult

from irfuse.analysis.memories import leave_apart
from irfuse.analysis.outline import erase_dead
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.elementwise import integer_attr
from irfuse.dialect.named import as_tensor
from irfuse.dialect.norm import NormOp, RmsNormGatedOp, RmsNormOp
from irfuse.dialect.quant import GroupQuantOp, StaticQuantOp
from irfuse.dialect.shape import CopyOp, PermuteOp, RelayoutOp, ReshapeOp
from irfuse.dialect.sizes import Dim
from irfuse.dialect.types import dims_of, is_determined, make_tensor
from irfuse.fx.provenance import has_names, replace_value
from irfuse.passes._function_pass import FunctionPass

Quant = GroupQuantOp | StaticQuantOp


class FoldReshapesPass(FunctionPass):
    """Apply the laws of reshapes until none applies."""

    name = "fold-reshapes"

    def rewrite(self, block: Block) -> None:
        _fold_all(block.ops)
        quants = [op for op in block.ops if isinstance(op, (GroupQuantOp, StaticQuantOp))]
        moved = True
        while moved:
            moved = False
            for i, quant in enumerate(quants):
                while (after := _fold_quant(quant)) is not None:
                    quants[i] = quant = after
                    moved = True
        erase_dead(block)
        _read_by_name(block)


def _fold_all(ops: Iterable[Operation]) -> None:
    """Law 1, in one sweep: an operand is folded before its users are looked at."""
    for op in [op for op in ops if type(op) in _FOLDS]:
        _fold(op)


def _read_by_name(block: Block) -> None:
    """Let a node's shape change be what others of the same value read, where no node is that value itself.

    A kernel hands on what nodes compute: so a norm whose rows a node reshapes has one result, and not a second without
    a name.
    """
    named = [op for op in block.ops if isinstance(op, ReshapeOp) and has_names(op.result) and not has_names(op.x)]
    for op in [op for op in named if isinstance(op.x, OpResult)]:
        for use in list(op.x.uses):
            other = use.operation
            if isinstance(other, ReshapeOp) and not has_names(other.result) and op.is_before_in_block(other):
                other.operands[0] = op.result


def _fold_around(ops: Sequence[Operation]) -> None:
    """Law 1 on new ops, and on what uses them or what they are folded to; all else has been looked at before."""
    queue = deque([*ops, *(use.operation for op in ops for result in op.results for use in result.uses)])
    while queue:
        op = queue.popleft()
        if type(op) in _FOLDS and op.parent is not None:
            users = [use.operation for use in op.results[0].uses]
            queue.extend(users if _fold(op) else ())


def _fold(op: Operation) -> bool:
    """Whether a shape change could be folded; what it becomes stands in its place then."""
    folded = _FOLDS[type(op)](op, SmallBuilder())
    if folded is None:
        return False
    b, value = folded
    if not b.ops and leave_apart(op.results[0], value):
        value = b.emit(CopyOp(value))
    _insert(b, op)
    replace_value(op.results[0], value)
    op.detach()
    op.erase()
    return True


def _insert(b: SmallBuilder, before: Operation) -> None:
    block = before.parent
    assert block is not None
    for op in b.ops:
        op.location = before.location
    block.insert_ops_before(b.ops, before)


def _fold_reshape(op: ReshapeOp, b: SmallBuilder) -> tuple[SmallBuilder, Value] | None:
    x, result = as_tensor(op.operands[0]), as_tensor(op.results[0])
    if x.type == result.type and is_determined(x.type):
        return b, x
    return (b, b.reshape(as_tensor(x.owner.x), dims_of(result.type))) if type(x.owner) is ReshapeOp else None


def _fold_permute(op: PermuteOp, b: SmallBuilder) -> tuple[SmallBuilder, Value] | None:
    inner = op.x.owner
    while isinstance(inner, RelayoutOp):
        inner = inner.x.owner
    if isinstance(inner, PermuteOp):
        return b, b.permute(as_tensor(inner.x), [inner.axes[i] for i in op.axes])
    return None


def _fold_relayout(op: RelayoutOp, b: SmallBuilder) -> tuple[SmallBuilder, Value] | None:
    x = as_tensor(op.x)
    if type(x.owner) is RelayoutOp and not isinstance(x.owner.x.owner, PermuteOp):
        x = as_tensor(x.owner.x)
        return b, x if x.type == op.result.type else b.emit(RelayoutOp(x, as_tensor(op.result).type))
    return (b, x) if x.type == op.result.type else None


_FOLDS: dict[type[Operation], Callable[..., tuple[SmallBuilder, Value] | None]] = {
    ReshapeOp: _fold_reshape,
    PermuteOp: _fold_permute,
    RelayoutOp: _fold_relayout,
}


def _fold_quant(quant: Quant) -> Quant | None:
    """Move one reshape that feeds a quant: below the quant (law 3), or above the norm behind it (law 2).

    Returns the quant as it is then; None where nothing moves.
    """
    reshape = quant.x.owner
    if not isinstance(reshape, ReshapeOp):
        return None
    inner, outer = (dims_of(as_tensor(v).type) for v in (reshape.x, reshape.result))
    if not inner or not outer or not isinstance(inner[-1], int) or not isinstance(outer[-1], int):
        return None
    group = quant.run if isinstance(quant, GroupQuantOp) else 1
    if inner[-1] >= outer[-1] and inner[-1] % group == 0:
        return _sink_below_quant(quant, as_tensor(reshape.x))
    norm = reshape.x.owner
    if isinstance(norm, (RmsNormOp, RmsNormGatedOp)) and outer[-1] % inner[-1] == 0:
        return quant if _lift_above_norm(norm, outer) else None
    return None


def _sink_below_quant(quant: Quant, x: Value) -> Quant:
    b = SmallBuilder()
    properties = dict(quant.properties)
    dims = dims_of(x.type)
    element = as_tensor(quant.q).type.element_type
    types = [make_tensor(element, dims)]
    if isinstance(quant, GroupQuantOp):
        last = dims[-1]
        assert isinstance(last, int)
        types.append(make_tensor(as_tensor(quant.scales).type.element_type, (*dims[:-1], last // quant.run)))
    new = type(quant).create(operands=[x, *quant.operands[1:]], properties=properties, result_types=types)
    b.ops.append(new)
    values = [
        b.reshape(as_tensor(r), dims_of(as_tensor(old).type)) for r, old in zip(new.results, quant.results, strict=True)
    ]
    _insert(b, quant)
    for old, value in zip(quant.results, values, strict=True):
        replace_value(old, value)
    quant.detach()
    quant.erase()
    _fold_around(b.ops)
    return new


def _lift_above_norm(norm: NormOp, dims: tuple[Dim, ...]) -> bool:
    b = SmallBuilder()
    x = as_tensor(norm.x)
    last = dims_of(x.type)[-1]
    assert isinstance(last, int)
    vectors = {v: _tiled(as_tensor(v), last, dims[-1], norm.run) for v in (norm.weight, norm.bias) if v is not None}
    if None in vectors.values():
        return False
    full_rows = [v for v in norm.operands if v is not norm.weight and v is not norm.bias]
    moved = {v: b.reshape(as_tensor(v), dims) for v in full_rows}
    properties = {**norm.properties, "norm_group": integer_attr(norm.run or last)}
    if dims[-1] == (norm.run or last):
        del properties["norm_group"]
    result = make_tensor(as_tensor(norm.result).type.element_type, dims)
    operands = [moved.get(v) or vectors[v] for v in norm.operands]
    new = type(norm).create(operands=operands, properties=properties, result_types=[result])  # type: ignore[arg-type]
    b.ops.append(new)
    back = b.reshape(as_tensor(new.results[0]), dims_of(as_tensor(norm.result).type))
    _insert(b, norm)
    replace_value(norm.result, back)
    norm.detach()
    norm.erase()
    _fold_around(b.ops)
    return True


def _tiled(vector: Value, last: int, wide: Dim, run: int | None) -> Value | None:
    """A weight for wider rows: as it is where it spans one run; None where it spans several and would repeat."""
    length = dims_of(vector.type)[0]
    return vector if length == (run or last) or wide == last else None
