"""AITER's Triton kernels: its fused ones, and a pair where it has no fused one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import chains
import torch
from chains import Chain, Tensors

from peers import EPS, GATED_FORMS, Find, Implementation
from peers.packages import bare_packages, module

MOST_ELEMENTS = 2**31
"""Its fused kernels compute offsets in 32 bits, so nothing larger is given to them."""


def load(path: Path | None) -> Find:
    """Its modules, installed or from a checkout, whose packages need a build for ROCm and are left out."""
    if path is not None:
        inner = ("", ".quant", ".normalization", ".utils", "._triton_kernels", "._triton_kernels.quant")
        bare_packages(path, "aiter", "aiter.ops", *(f"aiter.ops.triton{name}" for name in inner))
        module("aiter").dtypes = SimpleNamespace(fp8=chains.FP8)
    names = ("quant.fused_fp8_quant", "quant.quant", "normalization.rmsnorm", "activation")
    fused, quant, norms, activation = (module(f"aiter.ops.triton.{name}") for name in names)
    if not torch.version.hip:
        activation.fused_silu_mul_kernel = _Portable(activation.fused_silu_mul_kernel)

    def find(chain: Chain) -> list[Implementation]:
        if chain.form in GATED_FORMS:
            return _gated(fused, chain)
        if chain.form == "silu_mul":
            return _products(fused, quant, activation, chain)
        per_token = chain.group == chain.shapes[0][0]
        return [Implementation("AITER", (_norm_by_token(norms) if per_token else _norm(fused, chain.group)))]

    return find


class _Portable:
    """A kernel whose launches leave out an option that Triton has for AMD's GPUs alone."""

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel

    def __getitem__(self, grid: Any) -> Callable[..., Any]:
        launch = self.kernel[grid]
        return wraps(launch)(lambda *args, waves_per_eu=0, **options: launch(*args, **options))


def _gated(fused: ModuleType, chain: Chain) -> list[Implementation]:
    """Its heads are rows, so a group must lie in a head; a strided gate is copied first, as it asks."""
    activation, norm_before_gate = GATED_FORMS[chain.form]
    width = chain.shapes[0][1]
    if chain.group > width:
        return []

    def run(x: torch.Tensor, z: torch.Tensor, w: torch.Tensor) -> Tensors:
        q, scales = fused.fused_rms_gated_fp8_group_quant(
            x.reshape(-1, width),
            w,
            None,
            z.reshape(-1, width),
            EPS,
            norm_before_gate=norm_before_gate,
            activation=activation,
            out_dtype=chains.FP8,
            fp8_min=-chains.FP8_MAX,
            fp8_max=chains.FP8_MAX,
            group_size=None if chain.group == width else chain.group,
        )
        return q.view(x.shape[0], -1), scales.view(x.shape[0], -1)

    return [Implementation("AITER", run)]


def _norm(fused: ModuleType, group: int) -> Callable[..., Tensors]:
    def run(x: torch.Tensor, *rest: torch.Tensor) -> Tensors:
        *residual, w = rest
        options = {"res1": residual[0]} if residual else {}
        (q, scales), _, _, total = fused.fused_rms_fp8_group_quant(
            x, w, EPS, group_size=group, dtype_quant=chains.FP8, **options
        )
        return (q, scales, total) if residual else (q, scales)

    return run


def _norm_by_token(norms: ModuleType) -> Callable[..., Tensors]:
    def run(x: torch.Tensor, *rest: torch.Tensor) -> Tensors:
        *residual, w = rest
        q = torch.empty_like(x, dtype=chains.FP8)
        scales = x.new_empty(x.shape[0], 1, dtype=torch.float32)
        if not residual:
            norms.rmsnorm2d_fwd_with_dynamicquant(q, x, scales, w, EPS)
            return q, scales
        total = torch.empty_like(x)
        norms.rmsnorm2d_fwd_with_add_dynamicquant(q, x, residual[0], total, scales, w, EPS)
        return q, scales, total

    return run


def _products(fused: ModuleType, quant: ModuleType, activation: ModuleType, chain: Chain) -> list[Implementation]:
    def by_row(x: torch.Tensor) -> Tensors:
        _refuse_beyond(x)
        pair, _ = fused.fused_reduce_act_mul_fp8_group_quant(x, "silu", group_size=chain.group, dtype_quant=chains.FP8)
        return pair

    def by_group(x: torch.Tensor) -> Tensors:
        return activation.act_mul_and_fp8_group_quant(x, "silu", chain.group, dtype_quant=chains.FP8)

    def two(x: torch.Tensor) -> Tensors:
        _refuse_beyond(x)
        y = activation.fused_silu_mul(x)
        scales = y.new_empty(y.shape[0], 1, dtype=torch.float32)
        return quant.dynamic_per_token_quant_fp8_i8(torch.empty_like(y, dtype=chains.FP8), y, scales)

    if chain.group == chain.shapes[0][0] // 2:
        return [Implementation("AITER, two", two)]
    return [Implementation("AITER", by_row), Implementation("AITER, by group", by_group)]


def _refuse_beyond(x: torch.Tensor) -> None:
    if x.numel() >= MOST_ELEMENTS:
        raise OverflowError("its 32-bit offsets do not reach all of the input")
