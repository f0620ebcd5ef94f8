"""What a quant is: the op that makes codes of rows of floats, codes being 8-bit floats, 4-bit ones and 8-bit integers.

Integers on the way, as in a cast to i32 and from there to i8, are followed back to the floats; integers that no float
was rounded to, such as truth values, positions and the tokens of a text, are no codes. What is computed from the
greatest and the least entries of rows alone is a scale or a zero point, and as integers part of the quant that it
belongs to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from xdsl.dialects.builtin import IntegerType, TensorType, i1
from xdsl.ir import Block, BlockArgument, Operation, OpResult, SSAValue

from irfuse import dialect as d
from irfuse.analysis.fake_quants import is_fake_quant
from irfuse.analysis.writes import VIEWS
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.norm import NormOp
from irfuse.dialect.types import TORCH_NAMES, WIDE_TYPES, dims_of, is_float, is_quantized, tensor_type

QUANTS = (d.GroupQuantOp, d.StaticQuantOp)
CODE_BITS = 4
BYTES = (TORCH_NAMES["int8"], TORCH_NAMES["uint8"])
EXTREMES = ("aten.amax.", "aten.amin.", "aten.aminmax.", "aten.max.", "aten.min.")
"""How the opaque ops begin that make scales, as irfuse.row_amax does."""
MOST_VISITED = 256
"""How many ops around one are looked at; what goes on beyond them is taken for rows of floats."""
_JOINS = (d.OrOp, d.XorOp, d.AddOp)
_ROUNDINGS = (d.RoundOp, d.FloorOp, d.CeilOp, d.SignOp, d.BitcastOp, d.CompareOp, d.GatherOp, d.PackOp)
"""What codes are made by besides casts to them; a ladder of choices is made by comparing."""


def is_quant(op: Operation) -> bool:
    """Whether an op that irfuse computes makes codes: a named quant, a cast to them, or a packing of several in one.

    Or what codes stand for, where they are floats themselves.
    """
    if type(op) in QUANTS:
        return True
    if type(op) is d.MulOp:
        return is_fake_quant(op)
    if type(op) is d.PackOp:
        return op.bits.value.data == CODE_BITS
    if type(op) in _JOINS:
        return _packs(op)
    if type(op) is not d.CastOp:
        return False
    source, target = (tensor_type(v).element_type for v in (op.x, op.result))
    if target not in BYTES:
        return is_quantized(target) and isinstance(source, WIDE_TYPES)
    return not is_of_extremes(op.x) if isinstance(source, WIDE_TYPES) else _is_code(op.x)


def is_scale(op: Operation) -> bool:
    """Whether a cast makes scales of several rows or groups, and no codes."""
    return type(op) is d.CastOp and any(n != 1 for n in dims_of(tensor_type(op.x))) and is_of_extremes(op.x)


def made_by_scales(ops: Sequence[Operation]) -> tuple[set[SSAValue], set[SSAValue]]:
    """What the ops of a chain make of rows by their scales: codes, and what is not rounded to them, as a quotient."""
    scaled, coded = set[SSAValue](), set[SSAValue]()
    for op in ops:
        if any(v in scaled for v in op.operands) or any(map(is_extreme, op.results)):
            scaled.update(op.results)
            if not all(map(is_of_extremes, op.results)) and (_is_rounding(op) or _reads_codes(op, scaled, coded)):
                coded.update(op.results)
    return coded, {v for v in scaled - coded if not is_of_extremes(v)}


def _is_rounding(op: Operation) -> bool:
    casts = isinstance(op, d.CastOp) and not isinstance(tensor_type(op.result).element_type, WIDE_TYPES)
    return casts or isinstance(op, _ROUNDINGS)


def _reads_codes(op: Operation, scaled: set[SSAValue], coded: set[SSAValue]) -> bool:
    """Whether an op computes with codes, or chooses between what are codes or no rows by a scale at all."""
    chosen = op.operands[1:] if isinstance(op, d.SelectOp) else ()
    return any(v in coded for v in op.operands) and all(v in coded or v not in scaled for v in chosen)


def comes_from_quant(value: SSAValue) -> bool:
    """Whether codes are those of a quant of the graph, so that they are of rows and no weights."""
    while isinstance(op := value.owner, VIEWS):
        value = op.x
    return isinstance(op, Operation) and (isinstance(op, d.FusedOp) or is_quant(op))


def lost_quant(op: Operation) -> Operation | None:
    """The op through which irfuse loses sight of codes that begin at this rounding of floats; None for any other op."""
    if not _rounds_to_wide_integers(op):
        return None
    ends = [end for end, _ in _uses_as_integers(op) if is_quant(end)]
    found = [by for end, by in _uses_as_integers(op) if _makes_bytes(end) or _shifts(end)]
    return None if ends or not found else found[0]


def _is_code(value: SSAValue) -> bool:
    """Whether integers are computed from rows of floats, by a cast or from their bits."""
    return _reaches(value, lambda op: isinstance(op, (d.CastOp, d.BitcastOp)) and _of_rows(op))


def _packs(op: Operation) -> bool:
    """Whether an op is the last that puts integers side by side, which floats were cast to and which had more bits."""
    joined = _is_integer(op.results[0]) and any(isinstance(_behind(v).owner, d.ShlOp) for v in op.operands)
    if not joined or any(isinstance(use.operation, _JOINS) for use in op.results[0].uses):
        return False
    wide = tensor_type(op.results[0]).element_type not in BYTES
    return wide and _reaches(op.results[0], lambda cast: isinstance(cast, d.CastOp) and _of_rows(cast))


def _of_rows(op: d.CastOp | d.BitcastOp) -> bool:
    """Whether an op makes integers of rows of floats."""
    return isinstance(tensor_type(op.x).element_type, WIDE_TYPES) and not is_of_extremes(op.x)


def _reaches(value: SSAValue, begins: Callable[[Operation], bool]) -> bool:
    """Whether integers are computed from what such an op makes, through integers alone."""
    queue, seen = deque([value]), {value}
    while queue and len(seen) < MOST_VISITED:
        op = queue.popleft().owner
        if not isinstance(op, Operation) or not is_pure_tensor_op(op):
            continue
        if begins(op):
            return True
        read = op.operands[:1] if isinstance(op, d.GatherOp) else op.operands
        fresh = [v for v in read if _is_integer(v) and v not in seen]
        seen.update(fresh)
        queue += fresh
    return False


def is_of_extremes(value: SSAValue) -> bool:
    """Whether a value is computed from extremes of rows, numbers and constants alone."""
    stack, seen = [value], {value}
    while stack:
        if len(seen) > MOST_VISITED:
            return False
        value = stack.pop()
        if all(n == 1 for n in dims_of(tensor_type(value))) or is_extreme(value):
            continue
        behind = _read_by(value)
        if behind is None:
            return False
        fresh = [v for v in behind if isinstance(v.type, TensorType) and v not in seen]
        seen.update(fresh)
        stack += fresh
    return True


def _read_by(value: SSAValue) -> Sequence[SSAValue] | None:
    """What a value is computed from, also across the border of a fused op; None where that is not looked into."""
    op = value.owner
    if isinstance(op, Block):
        outer = op.parent_op()
        return [outer.ins[value.index]] if isinstance(outer, d.FusedOp) and isinstance(value, BlockArgument) else None
    if isinstance(op, d.FusedOp) and isinstance(value, OpResult):
        return [op.yielded.values[value.index]]
    return op.operands if is_pure_tensor_op(op) and not isinstance(op, NormOp) else None


def is_extreme(value: SSAValue) -> bool:
    """Whether a value is the greatest or the least entry of each row, or a scale that a quant makes of it."""
    op = value.owner
    if isinstance(op, d.OpaqueOp):
        return op.target.data.startswith(EXTREMES)
    made = isinstance(op, d.GroupQuantOp) and value is op.scales
    return made or isinstance(op, (d.RowAmaxOp, d.RowAminOp))


def _behind(value: SSAValue) -> SSAValue:
    """The integers behind casts, changes of shape and masks."""
    while isinstance(value.owner, (d.CastOp, d.ReshapeOp, d.RelayoutOp, d.AndOp)):
        value = value.owner.operands[0]
    return value


def _rounds_to_wide_integers(op: Operation) -> bool:
    """Whether an op casts floats to integers of more than 8 bits."""
    casts = isinstance(op, d.CastOp) or (isinstance(op, d.OpaqueOp) and _computes_entries(op))
    if not casts or len(op.results) != 1 or not _is_integer(op.results[0]):
        return False
    if tensor_type(op.results[0]).element_type in BYTES:
        return False
    read = [v for v in op.operands if isinstance(v.type, TensorType)]
    return len(read) == 1 and is_float(tensor_type(read[0]).element_type) and not is_of_extremes(read[0])


def _uses_as_integers(op: Operation) -> Iterator[tuple[Operation, Operation]]:
    """The ops that integers go through entry by entry, each with the nearest op before it that irfuse does not know."""
    queue = deque([(op, op)])
    seen = {op}
    while queue and len(seen) < MOST_VISITED:
        at, by = queue.popleft()
        for user in dict.fromkeys(use.operation for v in at.results if _is_integer(v) for use in v.uses):
            opaque, chooses = isinstance(user, d.OpaqueOp), isinstance(user, d.GatherOp) and user.table.owner is not at
            if user in seen or chooses or not (is_pure_tensor_op(user) or _computes_entries(user)):
                continue
            seen.add(user)
            through = user if opaque and not isinstance(by, d.OpaqueOp) else by
            yield user, through
            queue.append((user, through))


def _computes_entries(op: Operation) -> bool:
    """Whether an opaque op computes each entry by itself, from those at the same place."""
    return isinstance(op, d.OpaqueOp) and op.pointwise is not None


def _makes_bytes(op: Operation) -> bool:
    wide = any(_is_integer(v) and tensor_type(v).element_type not in BYTES for v in op.operands)
    return wide and any(_is_integer(v) and tensor_type(v).element_type in BYTES for v in op.results)


def _shifts(op: Operation) -> bool:
    return isinstance(op, d.ShlOp) or (isinstance(op, d.OpaqueOp) and "left_shift" in op.target.data)


def _is_integer(value: SSAValue) -> bool:
    """Whether a value is a tensor of integers, which truth values are not."""
    if not isinstance(value.type, TensorType):
        return False
    return isinstance(value.type.element_type, IntegerType) and value.type.element_type != i1
