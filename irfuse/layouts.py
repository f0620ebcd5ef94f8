"""How values lie in memory: which tensors a kernel should not read row by row, and where the graph gathers them."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue

from irfuse.dialect.shape import RelayoutOp, ReshapeOp
from irfuse.dialect.types import dims_of, strides_of, tensor_type
from irfuse.provenance import names_of
from irfuse.sizes import Size


def is_scattered(value: SSAValue) -> bool:
    """Whether neighbours in a row of a tensor are not neighbours in memory, or it is a mere view of such a tensor."""
    while isinstance(value.owner, (ReshapeOp, RelayoutOp)) and strides_of(tensor_type(value)) is None:
        if is_gathering_copy(value.owner):
            return False
        value = value.owner.x
    if not isinstance(value.type, TensorType):
        return False
    strides, dims = strides_of(tensor_type(value)), dims_of(tensor_type(value))
    return strides is not None and bool(dims) and dims[-1] != 1 and strides[-1] not in (0, 1)


def is_gathering_copy(op: Operation) -> bool:
    """Whether an op is a copy in the source graph that puts scattered rows together; a kernel reads its result."""
    plain_result = isinstance(op, RelayoutOp) and strides_of(tensor_type(op.result)) is None
    if not isinstance(op, RelayoutOp) or not plain_result or not names_of(op.result):
        return False
    return is_scattered(op.x) or _is_permuted(op.x)


def _is_permuted(value: SSAValue) -> bool:
    """Whether a tensor's axes lie in memory in another order than they are counted in."""
    tensor = tensor_type(value)
    strides = strides_of(tensor) or ()
    long = [Size.of(s) for s, n in zip(strides, dims_of(tensor), strict=False) if n != 1]
    keys = [(len(size.atoms), size.factor) for size in long if size.factor]
    return keys != sorted(keys, reverse=True)
