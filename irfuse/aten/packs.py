"""How codes that stand side by side in an integer are recognised: the entries of one tensor, shifted and or-ed."""

from __future__ import annotations

from xdsl.dialects.builtin import i32
from xdsl.ir import SSAValue

from irfuse import dialect as d
from irfuse.aten.promotion import number_in
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.named import as_tensor, number
from irfuse.dialect.sizes import Size
from irfuse.dialect.types import TORCH_NAMES, Tensor, dims_of, tensor_type

NIBBLE = 4
UINT8 = TORCH_NAMES["uint8"]
WORD = 32


def side_by_side(b: SmallBuilder, out: Tensor, x: Value, y: Value) -> Value | None:
    """What two integers hold together as a pack of codes: two in a byte, or those that fill an i32; None for others."""
    if out.element_type == UINT8:
        return _two_codes(b, out, x, y)
    return _codes_of_a_word(b, out, x, y) if out.element_type == i32 else None


def _two_codes(b: SmallBuilder, out: Tensor, x: Value, y: Value) -> Value | None:
    """Every second entry of some bytes, and those between shifted left by 4 bits, as a pack; None for others."""
    for low, high in ((x, y), (y, x)):
        above, by = _unshifted(high)
        codes, masks = _slices_of(low, above) if by == NIBBLE else (None, ())
        if codes is not None:
            for mask in masks:
                codes = b.binary(d.AndOp, codes, mask)
            rows = b.reshape(codes, (*dims_of(low.type), 2))
            return b.reshape(b.emit(d.PackOp(rows, NIBBLE, out.element_type)), dims_of(out))
    return None


def _slices_of(low: SSAValue, high: SSAValue) -> tuple[Value | None, tuple[float, ...]]:
    """The bytes of which two values are the entries at even and at odd places, and the masks that both are under."""
    ops = [op for op in (low.owner, high.owner) if isinstance(op, d.AndOp) and op.scalar is not None]
    if len(ops) == 2:
        masks = {number(op.scalar) for op in ops if op.scalar is not None}
        codes, others = _slices_of(ops[0].lhs, ops[1].lhs)
        return (codes, (*others, *masks)) if len(masks) == 1 else (None, ())
    codes = _slice_of(low, 0)
    return codes if codes is not None and _slice_of(high, 1) is codes else None, ()


def _slice_of(value: SSAValue, start: int) -> Value | None:
    """The bytes of which a value is every second one, from ``start`` on, or one of each pair, wherever it lies."""
    op = _behind_layouts(value).owner
    if not isinstance(op, d.SliceOp) or op.start.value.data != start or tensor_type(op.x).element_type != UINT8:
        return None
    whole, part = dims_of(tensor_type(op.x)), dims_of(tensor_type(op.result))
    second = op.step.value.data == 2 and Size.of(part[-1]) * Size(2) == Size.of(whole[-1])
    paired = whole[-1] == 2 and part[-1] == 1
    along = op.axis.value.data == len(whole) - 1
    return as_tensor(op.x) if along and (second or paired) else None


def _codes_of_a_word(b: SmallBuilder, out: Tensor, x: Value, y: Value) -> Value | None:
    """Bytes of a last axis side by side in an i32 that they fill, ``c[..., 0] | c[..., 1] << 4 | ...``, as a pack."""
    parts: dict[float, SSAValue] = {}
    stack: list[SSAValue] = [x, y]
    while stack:
        value = stack.pop()
        op = value.owner
        if isinstance(op, d.OrOp) and op.rhs is not None:
            stack += op.operands
        elif number_in(value) != 0:
            part, by = _unshifted(value)
            if by in parts:
                return None
            parts[by] = part
    bits = WORD // len(parts) if parts else 0
    if len(parts) < 2 or set(parts) != set(range(0, WORD, bits)):
        return None
    found = {_bytes_of_entry(parts[i * bits], i, len(parts)) for i in range(len(parts))}
    codes = found.pop() if len(found) == 1 else None
    if codes is None:
        return None
    rows = b.reshape(as_tensor(codes), (*dims_of(out), len(parts)))
    return b.reshape(b.emit(d.PackOp(rows, bits, out.element_type)), dims_of(out))


def _bytes_of_entry(value: SSAValue, number: int, count: int) -> SSAValue | None:
    """The bytes that were cast to integers of which a value is the entry of this number in each row of ``count``."""
    op = _behind_layouts(value).owner
    if not isinstance(op, d.SliceOp) or op.start.value.data != number:
        return None
    whole, part = dims_of(tensor_type(op.x)), dims_of(tensor_type(op.result))
    cast = _behind_layouts(op.x).owner
    one = op.axis.value.data == len(whole) - 1 and (whole[-1], part[-1]) == (count, 1)
    return cast.x if one and isinstance(cast, d.CastOp) and tensor_type(cast.x).element_type == UINT8 else None


def _behind_layouts(value: SSAValue) -> SSAValue:
    """The value behind changes of shape and layout that keep the order of its entries."""
    while isinstance(value.owner, (d.RelayoutOp, d.ReshapeOp)):
        value = value.owner.x
    return value


def _unshifted(value: SSAValue) -> tuple[SSAValue, float]:
    """What a value is the left shift of, and by how many bits; itself and 0 where it is none."""
    op = value.owner
    return (op.lhs, number(op.scalar)) if isinstance(op, d.ShlOp) and op.scalar is not None else (value, 0.0)
