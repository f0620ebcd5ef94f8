"""Products with an activation of vLLM's CUDA library: one half of each row activated, times the other half."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute

from irfuse import dialect as d
from irfuse.aten.registry import all_wide
from irfuse.dialect.build import ACTIVATION_OPS, SmallBuilder, Value
from irfuse.dialect.enums import Activation
from irfuse.dialect.types import dims_of
from irfuse.vendor.norms import VLLM
from irfuse.vendor.table import Meaning, require, vendor_op

_CUDA, _NATIVE = "csrc/libtorch_stable/activation_kernels.cu", "vllm/model_executor/layers/activation.py"
_ALIKE = "{act} of the {half} half, rounded, times the other half, rounded"
_SAYS = "{act} of the {half} half, rounded, times (the other half + 0.0) in f32, rounded: -0.0 of the other half is 0.0"


def _register(schema: str, activation: Activation, *, first: bool) -> None:
    """One op; ``first`` says that the first half is activated."""
    half = "first" if first else "second"
    for source, text, zero in ((_CUDA, _SAYS, True), (_NATIVE, _ALIKE, False)):
        says = text.format(act=activation, half=half)
        vendor_op(schema, package=VLLM, source=source, says=says, inexact=True)(
            _product(activation, first=first, zero=zero)
        )


def _product(activation: Activation, *, first: bool, zero: bool) -> Meaning:
    """The product of two halves; ``zero`` says that 0.0 is added to the one that is not activated."""

    def meaning(b: SmallBuilder, outs: Sequence[Attribute], input: Value, **result: Value) -> tuple[Value, ...]:
        element, (out,) = input.type.element_type, result.values()
        require(all_wide(input) and out.type.element_type == element, "its tensors have different element types")
        left, right = _halves(b, input)
        active, other = (left, right) if first else (right, left)
        factor = b.binary(d.AddOp, b.f32(other), 0.0) if zero else b.f32(other)
        return (b.cast(b.binary(d.MulOp, b.f32(b.unary(ACTIVATION_OPS[activation], active)), factor), element),)

    return meaning


def _halves(b: SmallBuilder, x: Value) -> tuple[Value, Value]:
    """The two halves of each row."""
    columns, axis = (dims_of(x.type) or (1,))[-1], len(dims_of(x.type)) - 1
    require(isinstance(columns, int) and columns % 2 == 0, f"rows of {columns} columns have no two halves")
    assert isinstance(columns, int)
    half = columns // 2
    return b.emit(d.SliceOp(x, axis, 0, 1, half)), b.emit(d.SliceOp(x, axis, half, 1, half))


_register("_C::silu_and_mul(Tensor! result, Tensor input) -> ()", Activation.silu, first=True)
_register("_C::mul_and_silu(Tensor! out, Tensor input) -> ()", Activation.silu, first=False)
_register("_C::gelu_and_mul(Tensor! out, Tensor input) -> ()", Activation.gelu, first=True)
_register("_C::gelu_tanh_and_mul(Tensor! out, Tensor input) -> ()", Activation.gelu_tanh, first=True)
