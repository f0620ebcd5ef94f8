"""The arithmetic of torch on GPUs on CPU tensors, so that emulated kernels stand in a model as they do on a GPU.

A tensor over a Python number is its product with the number's reciprocal there, rounded to f32, or f64 for f64 tensors
(PyTorch, aten/src/ATen/native/cuda/BinaryDivTrueKernel.cu), and a quotient on CPUs. A Python number that is added to
bf16 or f16, or subtracted, is f32 there (``opmath_symmetric_gpu_kernel_with_scalars`` in
aten/src/ATen/native/cuda/Loops.cuh), and rounded to their type first on CPUs. Floats become i32 by
``cvt.rzi.s32.f32`` or ``v_cvt_i32_f32`` there, which give the nearest one and 0 for NaN, where x86 gives the least one
for NaN and for all that is beyond the range. What else differs between the devices, the order of sums and the last bits
of exp, rsqrt and the activations, stays that of the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import fx
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
PRODUCTS = {
    aten.div.Tensor: aten.mul.Tensor,
    aten.div.Scalar: aten.mul.Tensor,
    aten.div_.Tensor: aten.mul_.Tensor,
    aten.div_.Scalar: aten.mul_.Tensor,
}
"""What takes the place of each division by a number."""
SUMS = {
    *(aten.add.Tensor, aten.add.Scalar, aten.sub.Tensor, aten.sub.Scalar, aten.rsub.Scalar),
    *(aten.add_.Tensor, aten.add_.Scalar, aten.sub_.Tensor, aten.sub_.Scalar),
}
"""What adds or subtracts a number."""
NARROW = (torch.bfloat16, torch.float16)
_IN_RANGE: tuple[tuple[Any, ...], ...] = (
    (aten._to_copy.default, (), {"dtype": torch.float64}),
    (aten.nan_to_num.default, (0.0,), {}),
    (aten.clamp.default, (-(2.0**31), 2.0**31 - 1), {}),
)
"""What makes of floats the numbers that GPUs cast them to i32 as."""


class GpuRules(TorchDispatchMode):
    """``with GpuRules(): model(x)`` runs eager torch on CPU tensors with the arithmetic of GPUs on Python numbers."""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an op; a division by a number as its product, a sum of narrow floats and a number in f32."""
        if _divides_by_number(func, args):
            return PRODUCTS[func](args[0], reciprocal(args[1], args[0].dtype))
        if _adds_number(func, args) and args[0].dtype in NARROW:
            x = args[0]
            wide = func(x.float(), *args[1:], **(kwargs or {}))
            return x.copy_(wide) if func._schema.is_mutable else wide.to(x.dtype)
        if func is aten._to_copy.default and _becomes_i32(args[0], kwargs or {}):
            args = (_in_range(args[0], lambda op, args, named: op(*args, **named)), *args[1:])
        return func(*args, **(kwargs or {}))


def compute_as_on_gpu(gm: fx.GraphModule) -> None:
    """Replace divisions by numbers, and sums with them, in a functional graph of aten ops with ``meta["val"]``."""
    for node in list(gm.graph.nodes):
        if _divides_by_number(node.target, node.args):
            x, divisor = node.args
            node.target, node.args = PRODUCTS[node.target], (x, reciprocal(divisor, x.meta["val"].dtype))
        elif _adds_number(node.target, node.args) and not node.target._schema.is_mutable:
            _widen(gm.graph, node)
        elif node.target is aten._to_copy.default and _becomes_i32(node.args[0].meta["val"], node.kwargs):
            with gm.graph.inserting_before(node):
                node.args = (_in_range(node.args[0], gm.graph.call_function), *node.args[1:])
    gm.recompile()


def _widen(graph: fx.Graph, node: fx.Node) -> None:
    """Let a node that adds a number to narrow floats compute in f32."""
    x, narrow = node.args[0], node.meta["val"]
    if not isinstance(x, fx.Node) or x.meta["val"].dtype not in NARROW:
        return
    with graph.inserting_before(node):
        wide = graph.call_function(aten._to_copy.default, (x,), {"dtype": torch.float32})
    with graph.inserting_after(node):
        rounded = graph.call_function(aten._to_copy.default, (node,), {"dtype": narrow.dtype})
    node.replace_all_uses_with(rounded, delete_user_cb=lambda user: user is not rounded)
    node.args = (wide, *node.args[1:])
    wide.meta["val"], node.meta["val"], rounded.meta["val"] = x.meta["val"].float(), narrow.float(), narrow


def _becomes_i32(x: torch.Tensor, kwargs: Mapping[str, Any]) -> bool:
    return kwargs.get("dtype") == torch.int32 and x.is_floating_point()


def _in_range(x: Any, call: Callable[..., Any]) -> Any:
    return reduce(lambda y, step: call(step[0], (y, *step[1]), step[2]), _IN_RANGE, x)


def reciprocal(divisor: float, dtype: torch.dtype) -> float:
    """The factor that stands for a divisor of tensors of this dtype."""
    wide = np.float64 if dtype == torch.float64 else np.float32
    with np.errstate(divide="ignore"):
        return float(wide(1.0) / wide(divisor))


def _divides_by_number(func: Any, args: Sequence[Any]) -> bool:
    return func in PRODUCTS and len(args) == 2 and isinstance(args[1], (int, float))


def _adds_number(func: Any, args: Sequence[Any]) -> bool:
    return func in SUMS and len(args) >= 2 and isinstance(args[1], (int, float))
