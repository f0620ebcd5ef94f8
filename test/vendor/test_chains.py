"""Chains of ops of other packages: found in both functional forms, fused with what is around, equal in every bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import vendor_ops  # noqa: F401
from models import rows, vector
from representations import check_same, functionalized
from torch import Tensor, nn

from irfuse.torch_backend.graph_pass import analyse_graph, with_calls

FP8, F32 = torch.float8_e4m3fn, torch.float32
ops: Any = torch.ops
Function = Callable[..., Any]
COLUMNS = 512


class Calls(nn.Module):
    """A module that calls a function with two tensors and a weight."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function, self.weight = function, vector(COLUMNS)

    def forward(self, x: Tensor, z: Tensor) -> Any:
        return self.function(x, z, self.weight)


def inputs() -> tuple[Tensor, Tensor]:
    """Rows of the widths of the weight."""
    return rows(6, COLUMNS), rows(6, COLUMNS, seed=2)


def group(x: Tensor, *, columns: bool = False, aligned: bool = False, ue8m0: bool = False) -> tuple[Tensor, Tensor]:
    """vLLM's quant by groups of 128, its scales as vLLM allocates them."""
    q, (m, n) = torch.empty_like(x, dtype=FP8), (x.shape[0], x.shape[1] // 128)
    if aligned:
        scales = torch.empty_strided((m, n), (1, (m + 3) // 4 * 4), dtype=F32, device=x.device)
    else:
        scales = x.new_empty((n, m), dtype=F32).permute(-1, -2) if columns else x.new_empty((m, n), dtype=F32)
    ops._C.per_token_group_fp8_quant(x, q, scales, 128, 1e-10, -448.0, 448.0, ue8m0, columns, aligned)
    return q, scales


def token(x: Tensor) -> tuple[Tensor, Tensor]:
    q, scales = torch.empty_like(x, dtype=FP8), x.new_empty((x.shape[0], 1), dtype=F32)
    ops._C.dynamic_per_token_scaled_fp8_quant(q, x, scales, None)
    return q, scales


def int8(x: Tensor) -> tuple[Tensor, Tensor]:
    q, scales = torch.empty_like(x, dtype=torch.int8), x.new_empty((x.shape[0], 1), dtype=F32)
    ops._C.dynamic_scaled_int8_quant(q, x, scales, None)
    return q, scales


def static(x: Tensor) -> Tensor:
    q = torch.empty_like(x, dtype=FP8)
    ops._C.static_scaled_fp8_quant(q, x, x.new_full((1,), 0.02, dtype=F32))
    return q


def static_int8(x: Tensor) -> Tensor:
    q = torch.empty_like(x, dtype=torch.int8)
    ops._C.static_scaled_int8_quant(q, x, x.new_full((1,), 0.02, dtype=F32), None)
    return q


def norm(x: Tensor, _z: Tensor, w: Tensor) -> Tensor:
    return ops.vllm_ir.rms_norm(x, w, 1e-6)


def cuda_norm(x: Tensor, _z: Tensor, w: Tensor) -> Tensor:
    result = torch.empty_like(x)
    ops._C.rms_norm(result, x, w, 1e-6)
    return result


def add_norm(x: Tensor, z: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    return ops.vllm_ir.fused_add_rms_norm(x, z, w, 1e-6)


def cuda_add_norm(x: Tensor, z: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Into tensors of two axes, which are views of those of three that hold them."""
    x, z = (t.unflatten(0, (2, -1)).clone() for t in (x, z))
    ops._C.fused_add_rms_norm(x.flatten(0, 1), z.flatten(0, 1), w, 1e-6)
    return x.flatten(0, 1), z


def gated(x: Tensor, z: Tensor, w: Tensor) -> Tensor:
    heads = [t.view(-1, 128) for t in (x, z)]
    return ops.vllm.fla_rms_norm_gated(*heads, w[:128], 1e-6, None, True, "silu").view(x.shape)


def gated_before(x: Tensor, z: Tensor, w: Tensor) -> Tensor:
    return ops.vllm.fla_rms_norm_gated(x, z, w, 1e-6, 256, False, "sigmoid")


def product(x: Tensor, z: Tensor, _w: Tensor) -> Tensor:
    out = torch.empty_like(x)
    ops._C.silu_and_mul(out, torch.cat([x, z], -1))
    return out


def then(first: Function, quant: Function) -> Function:
    """A function whose first result is quantised; the others leave with it."""

    def run(x: Tensor, z: Tensor, w: Tensor) -> Any:
        made = first(x, z, w)
        y, *others = made if isinstance(made, tuple) else (made,)
        return quant(y), others

    return run


BY_COLUMNS: Function = lambda x: group(x, columns=True)  # noqa: E731
ALIGNED: Function = lambda x: group(x, aligned=True, ue8m0=True)  # noqa: E731
AITER: Function = lambda x: ops.vllm.rocm_aiter_group_fp8_quant(x, 128, True)  # noqa: E731
FBGEMM: Function = lambda x: ops.fbgemm.quantize_fp8_per_row(x)  # noqa: E731
QUANTO: Function = lambda x: ops.quanto.quantize_symmetric(x, torch.int8, None, x.new_full((), 0.03))  # noqa: E731
CHAINS: list[tuple[str, Function, Function, str]] = [
    ("norm", norm, group, "norm_quant.group"),
    ("cuda_norm", cuda_norm, group, "norm_quant.group"),
    ("add_norm", add_norm, group, "add_norm_quant.group"),
    ("cuda_add_norm", cuda_add_norm, token, "add_norm_quant.token"),
    ("gated", gated, group, "gated_norm_quant.group"),
    ("gated_before", gated_before, token, "gated_norm_quant.token"),
    ("product", product, group, "act_mul_quant.group"),
    ("by_columns", norm, BY_COLUMNS, "norm_quant.group"),
    ("aligned", norm, ALIGNED, "norm_quant.group"),
    ("int8", gated, int8, "gated_norm_quant.token"),
    ("static", norm, static, "norm_quant.tensor"),
    ("static_int8", product, static_int8, "act_mul_quant.tensor"),
    ("aiter", gated, AITER, "gated_norm_quant.group"),
    ("fbgemm", norm, FBGEMM, "norm_quant.token"),
    ("quanto", norm, QUANTO, "norm_quant.tensor"),
]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("first", "quant", "chain"), [c[1:] for c in CHAINS], ids=[c[0] for c in CHAINS])
def test_chain(first: Function, quant: Function, chain: str, version: int) -> None:
    """Where one tensor gives all sizes, these are dynamic as well: ops of others say nothing of equal sizes."""
    dynamic = (0,) if version == 2 and chain.startswith("norm") else ()
    one = functionalized(version)(Calls(then(first, quant)), inputs(), dynamic)
    assert check_same(one) == [chain]


def cut(x: Tensor, z: Tensor, w: Tensor) -> Any:
    """A norm and a product between which nothing is fused, as no quant reads them."""
    return cuda_norm(x, z, w).relu(), product(x, z, w)


@pytest.mark.parametrize("version", [1, 2])
def test_what_is_not_fused_runs_as_it_was(version: int) -> None:
    """The nodes of the graph stay: small ops are for looking at."""
    one = functionalized(version)(Calls(cut), inputs(), ())
    assert check_same(one) == []
    analysis = analyse_graph(one.graph)
    assert "irfuse.rms_norm" in str(analysis.module)
    kept = [str(node.args[0]) for node in with_calls(analysis, one.graph).graph.nodes if "auto_" in str(node.target)]
    assert kept == ["_C.rms_norm.default", "_C.silu_and_mul.default"]


def part(x: Tensor, _z: Tensor, _w: Tensor) -> Tensor:
    """Written into some columns of a tensor."""
    q = x.new_zeros((x.shape[0], 2 * x.shape[1]), dtype=FP8)
    ops._C.static_scaled_fp8_quant(q[:, : x.shape[1]], x, x.new_full((1,), 0.02, dtype=F32))
    return q


def read_afterwards(x: Tensor, z: Tensor, w: Tensor) -> Any:
    """What an op that may write anywhere leaves there."""
    x, z = x.clone(), z.clone()
    return *ops.vllm_ir.fused_add_rms_norm.maybe_inplace(x, z, w, 1e-6), x


def written_twice(x: Tensor, _z: Tensor, w: Tensor) -> Tensor:
    x = x.clone()
    ops._C.fused_add_rms_norm(x, x, w, 1e-6)
    return x


def small_groups(x: Tensor, _z: Tensor, _w: Tensor) -> Any:
    return ops.vllm.rocm_aiter_group_fp8_quant(x, 64)


def bound(x: Tensor, _z: Tensor, _w: Tensor) -> Any:
    q = torch.empty_like(x, dtype=torch.int8)
    scales, zero = x.new_empty((x.shape[0], 1), dtype=F32), x.new_empty((x.shape[0], 1), dtype=torch.int32)
    ops._C.dynamic_scaled_int8_quant(q, x, scales, zero)
    return q, scales


def by_columns_of_tokens(x: Tensor, _z: Tensor, w: Tensor) -> Any:
    """Scales of which every second place is written."""
    scales = x.new_zeros((x.shape[0], 8), dtype=F32)
    return ops._C.per_token_group_fp8_quant(
        x, q := torch.empty_like(x, dtype=FP8), scales[:, ::2], 128, 1e-10, -448.0, 448.0, False, False, False
    ) or (q, scales)


@pytest.mark.parametrize(
    ("function", "op", "reason"),
    [
        (part, "_C.static_scaled_fp8_quant.default", "result is a part of another tensor"),
        (by_columns_of_tokens, "_C.per_token_group_fp8_quant.default", "output_s is a part of another tensor"),
        (
            read_afterwards,
            "vllm_ir.fused_add_rms_norm.maybe_inplace",
            "a tensor is read of which it only says that it is overwritten",
        ),
        (written_twice, "_C.fused_add_rms_norm.default", "two of its arguments are one tensor"),
        (
            small_groups,
            "vllm.rocm_aiter_group_fp8_quant.default",
            "the numbers that it computes here are those of no reading that irfuse has of it",
        ),
        (bound, "_C.dynamic_scaled_int8_quant.default", "azp is given, a zero point"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_stays_opaque(function: Function, op: str, reason: str) -> None:
    """The report names the op inside of the call, and why."""
    one = functionalized(2)(Calls(function), inputs(), ())
    assert check_same(one) == []
    found = {(site.op, site.reason) for site in analyse_graph(one.graph).report.missed}
    assert (op, reason) in found
