"""Running a fused op on tensors: by its kernel on a GPU, by its body in torch everywhere else."""

from __future__ import annotations

from typing import Any

import torch

from irfuse import reference
from irfuse.dialect.fused import FusedOp


class FusedCall:
    """A fused op as a function of tensors, for FX graphs: ``call(*operands) -> (result, ...)``."""

    def __init__(self, op: FusedOp) -> None:
        self.body = op.body.clone()
        kind = op.kind.data if op.kind is not None else "fused"
        self.__name__ = self.__qualname__ = "fused_" + "".join(c if c.isalnum() else "_" for c in kind)

    def sources(self) -> dict[str, str]:
        return {}

    def __call__(self, *operands: Any) -> tuple[torch.Tensor, ...]:
        return reference.run_block(self.body.block, operands)
