"""The bytes of what was written into a view of bytes as wider elements: those bytes, written where they were.

In a functional graph a write into ``cache.view(float32)`` is a write into floats whose bytes are the cache again.
"""

from __future__ import annotations

from xdsl.ir import SSAValue

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.bytes import UINT8, width_of
from irfuse.dialect.named import as_tensor
from irfuse.dialect.types import dims_of, tensor_type

MOVES = (d.InsertOp, d.ScatterOp, d.SliceOp, d.ReshapeOp, d.RelayoutOp)


def bytes_of(b: SmallBuilder, x: Value) -> Value:
    """The bytes of each row, in the memory that they were seen in as wider elements, where there is one."""
    return _written(b, x) if shows_bytes(x) else b.emit(d.BytesOp(x))


def shows_bytes(x: SSAValue) -> bool:
    """Whether wider elements are bytes seen as these, parts of them, or what was written there along whole elements."""
    op = x.owner
    if isinstance(op, d.OpaqueOp):
        return _bytes_seen(op) is not None
    columns = len(dims_of(tensor_type(x))) - 1
    if isinstance(op, d.ScatterOp):
        whole = columns not in op.indexed
    elif isinstance(op, (d.InsertOp, d.SliceOp)):
        whole = op.axis.value.data != columns or op.step.value.data == 1
    else:
        whole = (
            isinstance(op, (d.ReshapeOp, d.RelayoutOp))
            and dims_of(tensor_type(op.x))[-1:] == dims_of(tensor_type(x))[-1:]
        )
    return isinstance(op, MOVES) and whole and shows_bytes(_through(op))


def _bytes_seen(op: d.OpaqueOp) -> Value | None:
    """The bytes that a node shows as wider elements."""
    if op.target.data != "aten.view.dtype" or not op.ins or tensor_type(op.ins[0]).element_type != UINT8:
        return None
    return as_tensor(op.ins[0])


def _through(op: d.InsertOp | d.ScatterOp | d.SliceOp | d.ReshapeOp | d.RelayoutOp) -> Value:
    return as_tensor(op.into) if isinstance(op, (d.InsertOp, d.ScatterOp)) else as_tensor(op.x)


def _written(b: SmallBuilder, x: Value) -> Value:
    """The op that makes such elements, on their bytes."""
    op = x.owner
    if isinstance(op, d.OpaqueOp):
        seen = _bytes_seen(op)
        assert seen is not None
        return b.contiguous(seen)
    assert isinstance(op, MOVES)
    below, width = _written(b, _through(op)), width_of(x)
    if isinstance(op, (d.ReshapeOp, d.RelayoutOp)):
        return b.reshape(below, (*dims_of(x.type)[:-1], dims_of(below.type)[-1]))
    if isinstance(op, d.ScatterOp):
        indices = [as_tensor(index) for index in op.indices]
        return b.emit(d.ScatterOp(bytes_of(b, as_tensor(op.values)), below, indices, op.indexed))
    axis, start, step = (attr.value.data for attr in (op.axis, op.start, op.step))
    longer = width if axis == len(dims_of(x.type)) - 1 else 1
    if isinstance(op, d.InsertOp):
        return b.emit(d.InsertOp(bytes_of(b, as_tensor(op.values)), below, axis, start * longer, step))
    length = dims_of(x.type)[axis]
    return b.emit(d.SliceOp(below, axis, start * longer, step, length * longer if isinstance(length, int) else length))
