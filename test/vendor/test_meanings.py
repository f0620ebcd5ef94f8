"""Each entry of the table against its op, whose CPU code follows the kernel: every bit, special numbers too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
import vendor_ops as vendor
from bodies import same
from graphs import capture
from torch import Tensor
from torch._inductor import config as inductor

from irfuse import dialect as d
from irfuse.import_fx import to_ir
from irfuse.passes.raise_aten import RaiseAtenPass
from irfuse.probe import choice
from irfuse.runtime.reference import run_module
from irfuse.vendor import TABLE

BF16, F16, F32, FP8, I8 = torch.bfloat16, torch.float16, torch.float32, torch.float8_e4m3fn, torch.int8
ops: Any = torch.ops
"""The ops by namespace; mypy knows none of them."""
EMPTY = ("aten.empty", "aten.new_empty")
"""How the ops begin that make what is written into."""


def rows(dtype: torch.dtype, count: int = 9, columns: int = 256, seed: int = 0) -> Tensor:
    """Random rows; among them zeros, tiny and large numbers, NaN, infinity and zeros of both signs."""
    x = torch.randn(count, columns, generator=torch.Generator().manual_seed(seed)) * 3
    x[1], x[2], x[3] = 0.0, x[2] * 1e-30, x[3] * 1e4
    x[4, 5], x[5, 6], x[6, 7] = torch.nan, torch.inf, -torch.inf
    x[7, ::3], x[7, 1::3] = -0.0, 0.0
    return x.to(dtype)


def weight(dtype: torch.dtype, columns: int = 256) -> Tensor:
    """Numbers near one."""
    return (1 + 0.1 * torch.randn(columns, generator=torch.Generator().manual_seed(9))).to(dtype)


@dataclass(frozen=True)
class Form:
    """A call of one op, as a function of tensors."""

    op: str
    name: str
    run: Callable[..., Any]
    inputs: tuple[Tensor, ...]

    def __str__(self) -> str:
        return f"{self.op}-{self.name}"


FORMS: list[Form] = []


def form(op: str, name: str, *inputs: Tensor) -> Callable[[Any], Any]:
    """Register a function that calls an op."""

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        FORMS.append(Form(op, name, run, inputs))
        return run

    return register


def _norms() -> None:
    for x_type, w_type in ((BF16, BF16), (F16, F16), (BF16, F32), (F32, BF16), (F32, F32)):
        x, w, both = rows(x_type), weight(w_type), f"{x_type}, {w_type}".replace("torch.", "")
        r = rows(x_type, seed=3)
        form("vllm_ir.rms_norm.default", both, x, w)(lambda x, w: ops.vllm_ir.rms_norm(x, w, 1e-6))
        form("vllm_ir.fused_add_rms_norm.default", both, x, r, w)(
            lambda x, r, w: ops.vllm_ir.fused_add_rms_norm(x, r, w, 1e-6)
        )
        form("vllm.fla_rms_norm_gated.default", both, x, r, w)(
            lambda x, z, w: ops.vllm.fla_rms_norm_gated(x, z, w, 1e-6, None, True, "silu")
        )
        if x_type == w_type:
            form("_C.rms_norm.default", both, x, w)(_into_like(lambda q, x, w: ops._C.rms_norm(q, x, w, 1e-6)))
            form("_C.fused_add_rms_norm.default", both, x, r, w)(_add_norm)
    x, z, w = rows(BF16), rows(BF16, seed=4), weight(BF16)
    form("vllm_ir.rms_norm.default", "no weight", x)(lambda x: ops.vllm_ir.rms_norm(x, None, 1e-5))
    form("_C.rms_norm.default", "no weight", x)(_into_like(lambda q, x: ops._C.rms_norm(q, x, None, 1e-5)))
    form("_C.rms_norm.default", "heads", x.view(9, 4, 64), weight(BF16, 64))(
        _into_like(lambda q, x, w: ops._C.rms_norm(q, x, w, 1e-6))
    )
    form("vllm_ir.fused_add_rms_norm.maybe_inplace", "", x, z, w)(
        lambda x, r, w: ops.vllm_ir.fused_add_rms_norm.maybe_inplace(x.clone(), r.clone(), w, 1e-6)
    )
    for activation in ("swish", "sigmoid"):
        for group, before in ((64, True), (None, False), (256, False)):
            form("vllm.fla_rms_norm_gated.default", f"{activation}, {group}, {before}", x, z, w)(
                lambda x, z, w, g=group, b=before, a=activation: ops.vllm.fla_rms_norm_gated(x, z, w, 1e-6, g, b, a)
            )
    form("vllm.fla_rms_norm_gated.default", "no gate", x, w)(
        lambda x, w: ops.vllm.fla_rms_norm_gated(x, None, w, 1e-6, 128, True, "none")
    )


def _into_like(run: Callable[..., Any]) -> Callable[..., Tensor]:
    """A function of what an op writes into a tensor like its first."""

    def call(x: Tensor, *others: Tensor) -> Tensor:
        result = torch.empty_like(x)
        run(result, x, *others)
        return result

    return call


def _add_norm(x: Tensor, r: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    x, r = x.clone(), r.clone()
    ops._C.fused_add_rms_norm(x, r, w, 1e-6)
    return x, r


def _products() -> None:
    for dtype in (BF16, F16, F32):
        for name in ("silu_and_mul", "mul_and_silu", "gelu_and_mul", "gelu_tanh_and_mul"):
            form(f"_C.{name}.default", str(dtype), rows(dtype))(lambda x, n=name: _product(getattr(ops._C, n), x))


def _product(op: Any, x: Tensor) -> Tensor:
    out = x.new_empty(x.shape[0], x.shape[1] // 2)
    op(out, x)
    return out


def group_quant(x: Tensor, size: int, ue8m0: bool, scales: Tensor, low: float = -448.0) -> tuple[Tensor, Tensor]:
    """vLLM's quant by groups, into scales that lie anyhow."""
    q = torch.empty_like(x, dtype=FP8)
    ops._C.per_token_group_fp8_quant(x, q, scales, size, 1e-10, low, 448.0, ue8m0, True, False)
    return q, scales


def group_int8_quant(x: Tensor) -> tuple[Tensor, Tensor]:
    """vLLM's int8 quant by groups."""
    q, scales = torch.empty_like(x, dtype=I8), x.new_empty(x.shape[0], x.shape[1] // 64, dtype=F32)
    ops._C.per_token_group_quant_int8(x, q, scales, 64, 1e-10, -128.0, 127.0)
    return q, scales


def token_quant(x: Tensor, bound: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """vLLM's quant by tokens."""
    q, scales = torch.empty_like(x, dtype=FP8), x.new_empty(x.shape[0], 1, dtype=F32)
    ops._C.dynamic_per_token_scaled_fp8_quant(q, x, scales, bound)
    return q, scales


def int8_quant(x: Tensor) -> tuple[Tensor, Tensor]:
    """vLLM's int8 quant by tokens."""
    q, scales = torch.empty_like(x, dtype=I8), x.new_empty(x.shape[0], 1, dtype=F32)
    ops._C.dynamic_scaled_int8_quant(q, x, scales, None)
    return q, scales


def _quants() -> None:
    group, token = "_C.per_token_group_fp8_quant.default", "_C.dynamic_per_token_scaled_fp8_quant.default"
    for dtype in (BF16, F16, F32):
        x = rows(dtype)
        for ue8m0 in (False, True):
            form(group, f"{dtype}, ue8m0 {ue8m0}", x)(
                lambda x, u=ue8m0: group_quant(x, 64, u, x.new_empty(9, 4, dtype=F32))
            )
        form("_C.per_token_group_quant_int8.default", str(dtype), x)(group_int8_quant)
        form(token, str(dtype), x)(token_quant)
        form("_C.dynamic_scaled_int8_quant.default", str(dtype), x)(int8_quant)
        form("_C.static_scaled_fp8_quant.default", str(dtype), x, torch.tensor(0.013))(
            lambda x, s: _static(ops._C.static_scaled_fp8_quant, FP8, x, s)
        )
        form("_C.static_scaled_int8_quant.default", str(dtype), x, torch.tensor([0.03]))(
            lambda x, s: _static(ops._C.static_scaled_int8_quant, I8, x, s, None)
        )
        for by_columns in (False, True):
            form("vllm.rocm_aiter_group_fp8_quant.default", f"{dtype}, {by_columns}", x)(
                lambda x, c=by_columns: ops.vllm.rocm_aiter_group_fp8_quant(x, 128, c)
            )
        for codes, scale in ((FP8, torch.tensor(0.02)), (I8, torch.rand(9, 1) + 0.01)):
            form("quanto.quantize_symmetric.default", f"{dtype}, {codes}", x.nan_to_num(0.0), scale.to(dtype))(
                lambda x, s, c=codes: ops.quanto.quantize_symmetric(x, c, 0 if s.dim() else None, s)
            )
        for name in ("group_fp8_quant", "per_token_quant"):
            form(f"vllm.rocm_aiter_{name}.default", f"{dtype}, any", x)(
                lambda x, n=name: getattr(ops.vllm, f"rocm_aiter_{n}")(x, 128 if n.startswith("group") else FP8)
            )
    x = rows(BF16)
    form("fbgemm.quantize_fp8_per_row.default", "", x)(lambda x: ops.fbgemm.quantize_fp8_per_row(x))
    form("fbgemm.quantize_fp8_per_row.default", "bound", x, torch.tensor([1.5]))(
        lambda x, bound: ops.fbgemm.quantize_fp8_per_row(x, scale_ub=bound)
    )
    form(group, "by columns", x)(lambda x: group_quant(x, 64, False, x.new_empty(4, 9, dtype=F32).t()))
    form(group, "aligned", x)(lambda x: group_quant(x, 64, True, torch.empty_strided((9, 4), (1, 12), dtype=F32)))
    form(group, "other bounds", x)(lambda x: group_quant(x, 32, False, x.new_empty(9, 8, dtype=F32), -440.0))
    form(token, "upper bound", x, torch.tensor([2.0]))(token_quant)
    form(token, "upper bound NaN", x, torch.tensor([torch.nan]))(token_quant)


def _norm_quants() -> None:
    x, r, w = rows(BF16), rows(BF16, seed=3), weight(BF16)
    for name, option in (("fp8_group_quant", 64), ("fused_dynamic_quant", FP8)):
        form(f"vllm.rocm_aiter_rmsnorm_{name}.default", "", x, w)(
            lambda x, w, n=name, o=option: getattr(ops.vllm, f"rocm_aiter_rmsnorm_{n}")(x, w, 1e-6, o)
        )
    for name, option in (("with_add_fp8_group_quant", 128), ("fused_add_dynamic_quant", FP8)):
        form(f"vllm.rocm_aiter_rmsnorm_{name}.default", "", x, r, w)(
            lambda x, r, w, n=name, o=option: getattr(ops.vllm, f"rocm_aiter_rmsnorm_{n}")(x, r, w, 1e-6, o)
        )


def _static(op: Any, codes: torch.dtype, x: Tensor, scale: Tensor, *others: Any) -> Tensor:
    q = torch.empty_like(x, dtype=codes)
    op(q, x, scale, *others)
    return q


_norms(), _products(), _quants(), _norm_quants()


def test_every_entry_has_a_form() -> None:
    """An entry without a test is one that nobody held to its kernel."""
    assert {f.op for f in FORMS} | {NO_ROWS} == set(TABLE) == set(vendor.KERNELS)
    assert {name: len(kernels) for name, kernels in vendor.KERNELS.items()} == {
        name: len(entry.readings) for name, entry in TABLE.items()
    }


NO_ROWS = "_C.dynamic_scaled_fp8_quant.default"
"""Whose scale is that of the whole tensor."""
OUTSIDE = {
    ("vllm_ir.rms_norm.default", "float32, bfloat16"),
    ("vllm_ir.fused_add_rms_norm.default", "float32, bfloat16"),
    ("_C.per_token_group_fp8_quant.default", "other bounds"),
    ("_C.dynamic_per_token_scaled_fp8_quant.default", "upper bound"),
    ("_C.dynamic_per_token_scaled_fp8_quant.default", "upper bound NaN"),
}
"""What only the first reading has."""
READINGS = [
    (form, number)
    for form in FORMS
    for number in range(1 if (form.op, form.name) in OUTSIDE else len(TABLE[form.op].readings))
]


@pytest.mark.parametrize(("form", "number"), READINGS, ids=str)
def test_meaning(form: Form, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small ops of the graph, which has no other op in it any more, give the bits of the op by each reading."""
    monkeypatch.setitem(vendor.RUNNING, form.op, number)
    monkeypatch.setattr(choice, "_ANSWERS", {})
    with inductor.patch(enable_auto_functionalized_v2=len(form.name) % 2 == 0):
        (found,) = capture(form.run, form.inputs)
    module = to_ir(found.graph)
    assert any(form.op in str(op.target.data) for op in module.walk() if isinstance(op, d.OpaqueOp))
    RaiseAtenPass().apply(None, module)  # type: ignore[arg-type]
    module.verify()
    for op in [op for op in module.walk() if isinstance(op, d.OpaqueOp)]:
        assert op.target.data.startswith(EMPTY) and not op.results[0].first_use
        op.detach()
        op.erase()
    wanted = form.run(*form.inputs)
    same(run_module(module, found.inputs), (wanted,) if isinstance(wanted, Tensor) else wanted)


@pytest.mark.parametrize("dtype", [BF16, F16])
def test_powers_of_two_by_logarithm_and_by_bits(dtype: torch.dtype) -> None:
    """vLLM's kernels round a scale up to a power of two in two ways: of narrow numbers both are the same."""
    amax = torch.arange(1 << 15, dtype=torch.int16).view(dtype).float()
    scale = (amax[amax.isfinite()].clamp(min=1e-10) / torch.tensor(448.0)).clamp(min=1e-10)
    bits = scale.view(torch.int32)
    up = ((bits >> 23) + ((bits & 0x7FFFFF) != 0)) << 23
    assert torch.equal(torch.exp2(torch.ceil(torch.log2(scale))), up.int().view(F32))
