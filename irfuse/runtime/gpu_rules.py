"""The arithmetic of torch on GPUs on CPU tensors, so that emulated kernels stand in a model as they do on a GPU.

A tensor over a Python number is its product with the number's reciprocal there, rounded to f32, or f64 for f64 tensors
(PyTorch, aten/src/ATen/native/cuda/BinaryDivTrueKernel.cu), and a quotient on CPUs. What else differs between the
devices, the order of sums and the last bits of exp, rsqrt and the activations, stays that of the CPU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class GpuRules(TorchDispatchMode):
    """``with GpuRules(): model(x)`` runs eager torch on CPU tensors with the divisions of GPUs."""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an op; a division by a number as its product."""
        if _divides_by_number(func, args):
            return PRODUCTS[func](args[0], reciprocal(args[1], args[0].dtype))
        return func(*args, **(kwargs or {}))


def divide_as_on_gpu(gm: fx.GraphModule) -> None:
    """Replace divisions by numbers in a graph of aten ops, whose nodes have ``meta["val"]``."""
    for node in gm.graph.nodes:
        if _divides_by_number(node.target, node.args):
            x, divisor = node.args
            node.target, node.args = PRODUCTS[node.target], (x, reciprocal(divisor, x.meta["val"].dtype))
    gm.recompile()


def reciprocal(divisor: float, dtype: torch.dtype) -> float:
    """The factor that stands for a divisor of tensors of this dtype."""
    wide = np.float64 if dtype == torch.float64 else np.float32
    with np.errstate(divide="ignore"):
        return float(wide(1.0) / wide(divisor))


def _divides_by_number(func: Any, args: Sequence[Any]) -> bool:
    return func in PRODUCTS and len(args) == 2 and isinstance(args[1], (int, float))
