"""A builder of small ops that writes like torch: casts only where they do something, operands broadcast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute, Operation, SSAValue

from irfuse.dialect.elementwise import AddOp, BinaryOp, CastOp, ClampOp, DivOp, MulOp, UnaryOp
from irfuse.dialect.enums import Activation, Overflow
from irfuse.dialect.fp8 import FP8
from irfuse.dialect.functions import ExpOp, GeluOp, GeluTanhOp, NegOp, ReluOp, SigmoidOp, SiluOp
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.shape import BroadcastOp, PermuteOp, RelayoutOp, ReshapeOp
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import Tensor, dims_of, is_determined, is_float, strides_of, tensor_type

Value = SSAValue[Tensor]

ACTIVATION_OPS: dict[Activation, type[UnaryOp]] = {
    Activation.silu: SiluOp,
    Activation.sigmoid: SigmoidOp,
    Activation.gelu: GeluOp,
    Activation.gelu_tanh: GeluTanhOp,
    Activation.relu: ReluOp,
}
"""The activations that are one small op."""


class SmallBuilder:
    """Collects the small ops of an expansion, in order, in ``ops``.

    ``overflow`` is what its casts to 8-bit floats do beyond the range, where nothing holds the numbers inside.
    """

    def __init__(self, overflow: Overflow | None = None) -> None:
        self.ops: list[Operation] = []
        self.overflow = overflow

    def emit(self, op: Operation) -> Value:
        """Append an op with one result and return that result."""
        self.ops.append(op)
        return cast(Value, op.results[0])

    def cast(self, x: Value, element: Attribute) -> Value:
        """``x`` in another element type; ``x`` itself where it has it already."""
        if x.type.element_type == element:
            return x
        return self.emit(CastOp(x, element, self.overflow if may_overflow(x, element) else None))

    def f32(self, x: Value) -> Value:
        """``x`` widened to f32."""
        return self.cast(x, f32)

    def reshape(self, x: Value, dims: Sequence[Dim]) -> Value:
        """``x`` under another shape; ``x`` itself where it has it already."""
        same = dims_of(x.type) == tuple(dims) and is_determined(x.type)
        return self.contiguous(x) if same else self.emit(ReshapeOp(x, dims))

    def broadcast(self, x: Value, dims: Sequence[Dim]) -> Value:
        """``x`` repeated to a shape, a reshape where that repeats nothing.

        Dynamic sizes with other names are taken to be equal, as torch has checked.
        """
        have, want = dims_of(x.type), tuple(dims)
        if have == want:
            return x
        new = len(want) - len(have)
        same = tuple(1 if a == 1 else b for a, b in zip(have, want[new:], strict=True))
        if (1,) * new + same == want:
            return self.reshape(x, want)
        return self.emit(BroadcastOp(self.reshape(x, same), want))

    def permute(self, x: Value, order: Sequence[int]) -> Value:
        """Axes in another order; a reshape where only axes of size 1 move."""
        dims = dims_of(x.type)
        moved = [i for i in order if dims[i] != 1]
        if moved == sorted(moved):
            return self.reshape(x, [dims[i] for i in order])
        return self.emit(PermuteOp(x, order))

    def contiguous(self, x: Value) -> Value:
        """``x`` as a tensor without strides, which all other ops take."""
        return x if strides_of(x.type) is None else self.emit(RelayoutOp(x))

    def unary(self, op: type[UnaryOp], x: Value) -> Value:
        """An elementwise function of one tensor."""
        return self.emit(op(x))

    def reduce(self, op: type[RowReduction], x: Value) -> Value:
        """A reduction of the last axis."""
        return self.emit(op(x))

    def binary(self, op: type[BinaryOp], lhs: Value, rhs: Value | float) -> Value:
        """An elementwise function of two tensors, broadcast to one shape, or of a tensor and a number."""
        if isinstance(rhs, SSAValue):
            dims = broadcast_dims(dims_of(tensor_type(lhs)), dims_of(tensor_type(rhs)))
            lhs, rhs = self.broadcast(lhs, dims), self.broadcast(rhs, dims)
        return self.emit(op(lhs, rhs))

    def clamp(self, x: Value, low: float | None, high: float | None, tensors: bool = False) -> Value:
        """``x`` held between two numbers, or the two in tensors without axes."""
        return self.emit(ClampOp(x, low, high, tensors))

    def activate(self, kind: Activation, x: Value) -> Value:
        """An activation function by name, as `Activation` spells it."""
        match kind:
            case Activation.silu_mul:
                return self.binary(MulOp, x, self.unary(SigmoidOp, x))
            case Activation.silu_exp:
                return self.binary(DivOp, x, self.binary(AddOp, self.unary(ExpOp, self.unary(NegOp, x)), 1.0))
            case _:
                return self.unary(ACTIVATION_OPS[kind], x)

    def square(self, x: Value) -> Value:
        """``x * x``."""
        return self.emit(MulOp(x, x))


def may_overflow(x: SSAValue, element: Attribute) -> bool:
    """Whether floats may lie beyond the range of an 8-bit float that they are cast to: no clamp holds them inside."""
    if type(element) not in FP8 or not is_float(tensor_type(x).element_type):
        return False
    op = x.owner
    if isinstance(op, (ReshapeOp, BroadcastOp, RelayoutOp)):
        return may_overflow(op.x, element)
    if isinstance(op, CastOp) and tensor_type(op.x).element_type == element:
        return False
    bounds = (op.min, op.max) if isinstance(op, ClampOp) else (None,)
    return any(bound is None or abs(bound.value.data) > FP8[type(element)].largest for bound in bounds)


def broadcast_dims(a: Sequence[Dim], b: Sequence[Dim]) -> tuple[Dim, ...]:
    """The shape that two shapes broadcast to; of two names of one dynamic size, the first shape's."""
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + tuple(a), (1,) * (rank - len(b)) + tuple(b)
    return tuple(y if x == 1 or (isinstance(y, int) and y != 1) else x for x, y in zip(a, b, strict=True))


def grouped(dims: Sequence[Dim], size: int) -> tuple[Dim, ...]:
    """A shape with its last axis split into runs of ``size``: ``[..., n] -> [..., n/size, size]``."""
    runs = Size.of(dims[-1]).divided_by(Size(size))
    return (*dims[:-1], "?" if runs is None else runs.dim(), size)
