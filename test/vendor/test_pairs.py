"""Every norm and product of the table before every quant, by readings of torch code: fused, and equal in every bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import vendor_ops as vendor
from torch import Tensor
from torch.utils._pytree import tree_leaves

from irfuse.probe import choice
from irfuse.torch_backend import backend
from irfuse.torch_backend.graph_pass import Analysis, analyse_graph
from irfuse.vendor import TABLE

BF16, FP8, F32 = torch.bfloat16, torch.float8_e4m3fn, torch.float32
ops: Any = torch.ops
COLUMNS = 256
Function = Callable[..., Any]


def norm(x: Tensor, _z: Tensor, w: Tensor) -> Tensor:
    result = torch.empty_like(x)
    ops._C.rms_norm(result, x, w, 1e-6)
    return result


def add_norm(x: Tensor, z: Tensor, w: Tensor) -> Tensor:
    x, z = x.clone(), z.clone()
    ops._C.fused_add_rms_norm(x, z, w, 1e-6)
    return x


def gated(group: int | None, before: bool, activation: str) -> Function:
    """The gated norm of heads, which are put together again behind it."""

    def run(x: Tensor, z: Tensor, w: Tensor) -> Tensor:
        heads = [t.reshape(-1, 128) for t in (x, z)]
        y = ops.vllm.fla_rms_norm_gated(*heads, w[:128], 1e-6, group, before, activation)
        return y.reshape(x.shape)

    return run


def product(x: Tensor, z: Tensor, _w: Tensor) -> Tensor:
    out = torch.empty_like(x)
    ops._C.silu_and_mul(out, torch.cat([x, z], -1))
    return out


def group(size: int, ue8m0: bool) -> Function:
    def run(x: Tensor) -> Any:
        q, scales = torch.empty_like(x, dtype=FP8), x.new_empty(x.shape[0], x.shape[1] // size, dtype=F32)
        ops._C.per_token_group_fp8_quant(x, q, scales, size, 1e-10, -448.0, 448.0, ue8m0, False, False)
        return q, scales

    return run


def token(x: Tensor) -> Any:
    q, scales = torch.empty_like(x, dtype=FP8), x.new_empty(x.shape[0], 1, dtype=F32)
    ops._C.dynamic_per_token_scaled_fp8_quant(q, x, scales, None)
    return q, scales


def static(x: Tensor) -> Any:
    q = torch.empty_like(x, dtype=FP8)
    ops._C.static_scaled_fp8_quant(q, x, x.new_full((1,), 0.0123, dtype=F32))
    return q


NORMS: dict[str, Function] = {
    "norm": norm,
    "add_norm": add_norm,
    "ir_norm": lambda x, z, w: ops.vllm_ir.rms_norm(x, w, 1e-6),
    "ir_add_norm": lambda x, z, w: ops.vllm_ir.fused_add_rms_norm(x, z, w, 1e-6)[0],
    "gated": gated(None, True, "silu"),
    "gated_halves": gated(64, True, "swish"),
    "gate_first": gated(64, False, "sigmoid"),
    "product": product,
}
QUANTS: dict[str, Function] = {
    "group": group(128, False),
    "powers": group(64, True),
    "token": token,
    "static": static,
    "aiter_group": lambda x: ops.vllm.rocm_aiter_group_fp8_quant(x, 128),
    "aiter_token": lambda x: ops.vllm.rocm_aiter_per_token_quant(x, FP8),
}


ANSWERS: dict[str, dict[Any, Any]] = {"first": {}, "last": {}}
"""What is measured of each."""
analyses: list[Analysis] = []
"""What the backend found in the graphs that it was given."""


@pytest.fixture(params=["first", "last"])
def _by_readings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All ops by their first readings, or by their last."""
    monkeypatch.setattr(choice, "_ANSWERS", ANSWERS[request.param])

    def noted(*given: Any, **named: Any) -> Analysis:
        analyses.append(analyse_graph(*given, **named))
        return analyses[-1]

    monkeypatch.setattr(backend, "analyse_graph", noted)
    for name, entry in TABLE.items():
        monkeypatch.setitem(vendor.RUNNING, name, 0 if request.param == "first" else len(entry.readings) - 1)


def inputs(dynamic: bool) -> tuple[Tensor, ...]:
    """Both operands in one tensor, of which the number of rows may be a name; special numbers; a weight."""
    noise = torch.Generator().manual_seed(1)
    both = (torch.randn(9, 2 * COLUMNS, generator=noise) * 3).to(BF16)
    both[1], both[2, 5], both[3, 7], both[4] = 0.0, torch.nan, torch.inf, both[4] * 1e-30
    if dynamic:
        torch._dynamo.mark_dynamic(both, 0)
    return both, (1 + 0.1 * torch.randn(COLUMNS, generator=noise)).to(BF16)


@pytest.mark.usefixtures("_by_readings")
@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("first", NORMS)
def test_pairs(first: str, dynamic: bool) -> None:
    """One norm before each quant."""
    given = inputs(dynamic)
    for quant in QUANTS.values():

        def run(both: Tensor, w: Tensor, quant: Function = quant) -> Any:
            x, z = (both[:, i * COLUMNS : (i + 1) * COLUMNS].contiguous() for i in (0, 1))
            return quant(NORMS[first](x, z, w))

        torch._dynamo.reset()
        analyses.clear()
        with torch.no_grad():
            wanted = tree_leaves(run(*given))
            found = tree_leaves(torch.compile(run, backend="irfuse", options={"irfuse.rest": "eager"})(*given))
        (analysis,) = analyses
        assert not analysis.report.missed and len(analysis.fused) == 1, str(analysis.report)
        assert all(choice._share_of_others(a, b, 0.0) == 0.0 for a, b in zip(wanted, found, strict=True))
