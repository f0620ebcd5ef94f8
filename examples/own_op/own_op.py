"""A package with a quant op of its own, and what irfuse needs to fuse it: its meaning, and an entry point.

``pip install ./examples/own_op``, and ``torch.compile(model, backend="irfuse")`` fuses what ends in the op.
"""

from __future__ import annotations

import torch
from torch import Tensor

LARGEST = 120.0


def meaning(x: Tensor) -> tuple[Tensor, Tensor]:
    """int8 codes up to 120 and a scale for each row, in torch's ops: each rounding that the op has, and no other."""
    wide = x.float()
    scale = wide.abs().amax(-1, keepdim=True).clamp(min=2.0**-20) * (1 / LARGEST)
    return (wide / scale).round().clamp(-LARGEST, LARGEST).to(torch.int8), scale


@torch.library.custom_op("own_op::quant", mutates_args=())
def quant(x: Tensor) -> tuple[Tensor, Tensor]:
    """The op: on a CPU its meaning; a package has a kernel for each GPU beside it (`quant.register_kernel`)."""
    return meaning(x)


@quant.register_fake
def _(x: Tensor) -> tuple[Tensor, Tensor]:
    return torch.empty_like(x, dtype=torch.int8), x.new_empty((*x.shape[:-1], 1), dtype=torch.float32)


def register() -> None:
    """What the entry point names: irfuse calls it once, before the first graph."""
    import irfuse

    irfuse.register_op(torch.ops.own_op.quant.default, meaning)
