"""Whether torch at hand computes the small ops of a body, tried on two rows of the types that they have there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.utils._python_dispatch import _disable_current_modes
from xdsl.ir import Block, Operation

from irfuse import dialect as d
from irfuse.analysis.likeness import Remembered, likeness_of
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.elementwise import BinaryOp, UnaryOp
from irfuse.dialect.named import NamedOp
from irfuse.dialect.reduce import FloatReduction
from irfuse.dialect.types import tensor_type
from irfuse.dtypes import dtype_of
from irfuse.runtime.reference import MEANING

TRIED = (UnaryOp, BinaryOp, FloatReduction, d.RowAmaxOp, d.RowAminOp, d.ClampOp, d.CompareOp, d.SelectOp)
"""What computes: torch has kernels of it for some types and not for others."""
SAID: dict[tuple[type[Operation], tuple[torch.dtype, ...]], str] = {}
"""What torch has said of each kind of op, which is tried once."""


_REFUSALS = Remembered[str]()
"""Why torch cannot run a body, by its likeness."""


def refusal(block: Block) -> str:
    """Why torch cannot run a body; empty where it can. Only the types of operands count, no shapes and no numbers."""
    return _REFUSALS.of(likeness_of(block), lambda: _first_refusal(block))


def _first_refusal(block: Block) -> str:
    for op in _small_ops(block.ops):
        types = tuple(dtype_of(tensor_type(v).element_type) for v in op.operands)
        if isinstance(op, TRIED) and (said := _tried(op, types)):
            return f"torch does not compute {op.name} of {', '.join(map(str, types))}: {said}"
    return ""


def _small_ops(ops: Any) -> Iterator[Operation]:
    for op in ops:
        if isinstance(op, NamedOp):
            b = SmallBuilder()
            op.expand(b)
            yield from _small_ops(b.ops)
            for small in reversed(b.ops):
                small.erase()
        elif isinstance(op, d.FusedOp):
            yield from _small_ops(op.body.block.ops)
        else:
            yield op


def _tried(op: Operation, types: tuple[torch.dtype, ...]) -> str:
    """What torch says when it refuses an op of these types; empty where it computes it."""
    key = type(op), types
    if key not in SAID:
        SAID[key] = ""
        try:
            with _disable_current_modes(), torch.no_grad():
                MEANING[type(op)](None, op, *(torch.ones(2, 4).to(dtype) for dtype in types))
        except (RuntimeError, TypeError) as reason:
            SAID[key] = str(reason).partition("\n")[0]
    return SAID[key]
