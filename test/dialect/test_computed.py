"""Every small op that verifies on an element type runs in torch on it: 8-bit floats are stored and moved alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from bodies import built
from xdsl.utils.exceptions import VerifyException

from irfuse import dialect as d
from irfuse.dialect.elementwise import BinaryOp, UnaryOp
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.scales import ScaleForm
from irfuse.dialect.types import TORCH_NAMES, make_tensor
from irfuse.runtime.reference import run_block

NAMES = ("bfloat16", "float16", "float32", "float64", *(n for n in TORCH_NAMES if n.startswith("float8")))
SMALL = [op for op in d.Irfuse.operations if issubclass(op, (UnaryOp, BinaryOp, RowReduction))]
NAMED = {
    "group_quant": lambda x: d.GroupQuantOp(x, TORCH_NAMES["float8_e4m3fn"], ScaleForm(448.0), group_size=4),
    "rms_norm": lambda x: d.RmsNormOp(x, None, None, x.type, eps=1e-6),
    "layer_norm": lambda x: d.LayerNormOp(x, None, None, 1e-6),
    "act_mul": lambda x: d.ActMulOp(x, x),
}


def verifies(op: object) -> bool:
    """Whether the verifier takes an op."""
    try:
        op.verify()
    except VerifyException:
        return False
    return True


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("op", [op for op in SMALL if op not in (d.PackOp, d.PowOp)], ids=lambda op: op.name)
def test_what_verifies_runs(op: Any, name: str) -> None:
    kind = make_tensor(TORCH_NAMES[name], (2, 4))
    x = torch.ones(2, 4).to(getattr(torch, name))
    block = built([kind], lambda b, x: [b.emit(op(x, x) if issubclass(op, BinaryOp) else op(x))])
    if verifies(block.first_op):
        run_block(block, [x])
    else:
        assert name.startswith("float8") or not issubclass(op, (UnaryOp, RowReduction))


@pytest.mark.parametrize("name", NAMES[:3] + NAMES[4:])
@pytest.mark.parametrize("named", NAMED)
def test_named_ops(named: str, name: str) -> None:
    """Norms, quants and products take what torch computes on."""
    block = built([make_tensor(TORCH_NAMES[name], (2, 4))], lambda b, x: [b.emit(NAMED[named](x))])
    assert block.first_op is not None
    assert verifies(block.first_op) is not name.startswith("float8")
