"""vLLM's CUDA kernels, a norm or product and its quantisation apart and fused; its gated norm is a Triton kernel."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import chains
import torch
from chains import Chain, Tensors

from peers import EPS, GATED_FORMS, Find, Implementation
from peers.packages import bare_packages, module, put, put_if_absent

TRITON = "vllm.model_executor.layers.fla.ops"
LEAST_LARGEST = 1e-10
"""The least of a group's largest entries, as vLLM passes it."""


def load(path: Path | None) -> Find:
    """An installed vLLM, or the libraries of an unpacked wheel of it, for the same CUDA and PyTorch."""
    if path is None:
        module("vllm._custom_ops")
    else:
        _load_unpacked(path)
    gated_norm = module(f"{TRITON}.layernorm_guard").rmsnorm_fn

    def find(chain: Chain) -> list[Implementation]:
        if chain.form in GATED_FORMS:
            return [_gated(gated_norm, chain)]
        return _products(chain) if chain.form == "silu_mul" else _norms(chain)

    return find


def _load_unpacked(path: Path) -> None:
    libraries = sorted((path / "vllm").glob("_C*.so"))
    if not libraries:
        raise FileNotFoundError(f"there is no vllm/_C*.so in {path}")
    for library in libraries:
        torch.ops.load_library(library)
    import triton
    import triton.language

    bare_packages(path, "vllm", "vllm.model_executor", "vllm.model_executor.layers", "vllm.model_executor.layers.fla")
    bare_packages(path, TRITON)
    count = torch.cuda.get_device_properties().multi_processor_count
    put("vllm.platforms", current_platform=SimpleNamespace())
    put("vllm.triton_utils", triton=triton, tl=triton.language)
    put("vllm.utils")
    put("vllm.utils.math_utils", cdiv=triton.cdiv, next_power_of_2=triton.next_power_of_2)
    put("vllm.utils.platform_utils", num_compute_units=lambda _index: count)
    put(f"{TRITON}.utils", input_guard=lambda function: function)
    put_if_absent("einops", rearrange=None)


def _quantised(y: torch.Tensor, group: int) -> Tensors:
    q = torch.empty_like(y, dtype=chains.FP8)
    scales = y.new_empty(y.shape[0], y.shape[1] // group, dtype=torch.float32)
    if group == y.shape[1]:
        torch.ops._C.dynamic_per_token_scaled_fp8_quant(q, y, scales, None)
    else:
        bounds = (-chains.FP8_MAX, chains.FP8_MAX)
        torch.ops._C.per_token_group_fp8_quant(y, q, scales, group, LEAST_LARGEST, *bounds, False, False, False)
    return q, scales


def _gated(gated_norm: Any, chain: Chain) -> Implementation:
    activation, norm_before_gate = GATED_FORMS[chain.form]

    def run(x: torch.Tensor, z: torch.Tensor, w: torch.Tensor) -> Tensors:
        y = gated_norm(x, w, None, z, EPS, norm_before_gate=norm_before_gate, activation=activation)
        return _quantised(y.flatten(1), chain.group)

    return Implementation("vLLM, two", run)


def _norms(chain: Chain) -> list[Implementation]:
    """Its norms of a sum write the sum over the residual."""
    width = math.prod(chain.shapes[0])

    def two(x: torch.Tensor, *rest: torch.Tensor) -> Tensors:
        *residual, w = rest
        if residual:
            torch.ops._C.fused_add_rms_norm(x, residual[0], w, EPS)
            return (*_quantised(x, chain.group), residual[0])
        y = torch.empty_like(x)
        torch.ops._C.rms_norm(y, x, w, EPS)
        return _quantised(y, chain.group)

    def fused(x: torch.Tensor, *rest: torch.Tensor) -> Tensors:
        *residual, w = rest
        total = residual[0] if residual else None
        q = torch.empty_like(x, dtype=chains.FP8)
        scales = x.new_empty(x.shape[0], width // chain.group, dtype=torch.float32)
        if chain.group == width:
            torch.ops._C.rms_norm_dynamic_per_token_quant(q, x, w, scales, EPS, None, total)
        else:
            torch.ops._C.rms_norm_per_block_quant(q, x, w, scales, EPS, None, total, chain.group, False)
        return (q, scales, *residual)

    writes = len(chain.shapes) > 1
    return [Implementation("vLLM, two", two, False, writes), Implementation("vLLM, fused", fused, False, writes)]


def _products(chain: Chain) -> list[Implementation]:
    width = chain.shapes[0][0] // 2

    def two(x: torch.Tensor) -> Tensors:
        y = x.new_empty(x.shape[0], width)
        torch.ops._C.silu_and_mul(y, x)
        return _quantised(y, chain.group)

    def fused(x: torch.Tensor) -> Tensors:
        q = x.new_empty(x.shape[0], width, dtype=chains.FP8)
        scales = x.new_empty(x.shape[0], width // chain.group, dtype=torch.float32)
        torch.ops._C.silu_and_mul_per_block_quant(q, x, scales, chain.group, None, False)
        return q, scales

    pair = Implementation("vLLM, two", two)
    return [pair] if chain.group == width else [pair, Implementation("vLLM, fused", fused)]
