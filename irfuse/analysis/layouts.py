"""How values lie in memory: which tensors a kernel should not read row by row, and where the graph gathers them."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue

from irfuse.dialect.shape import RelayoutOp, ReshapeOp
from irfuse.dialect.types import dims_of, strides_of, tensor_type
from irfuse.fx.provenance import has_names


def is_scattered(value: SSAValue) -> bool:
    """Whether neighbours in a row of a tensor are not neighbours in memory, or it is a mere view of such a tensor."""
    if not isinstance(value.type, TensorType):
        return False
    while (strides := strides_of(tensor_type(value))) is None:
        op = value.owner
        if not isinstance(op, Operation) or type(op) not in (ReshapeOp, RelayoutOp) or is_gathering_copy(op):
            return False
        value = op.operands[0]
    dims = dims_of(tensor_type(value))
    return bool(dims) and dims[-1] != 1 and strides[-1] not in (0, 1)


def is_gathering_copy(op: Operation) -> bool:
    """Whether an op is a copy in the source graph that puts scattered rows together; a kernel reads its result."""
    if not isinstance(op, RelayoutOp) or strides_of(tensor_type(op.result)) is not None or not has_names(op.result):
        return False
    return is_scattered(op.x)
