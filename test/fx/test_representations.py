"""One chain in every representation that torch makes of it: recognised in each, and the way back changes no bit."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from graphs import Captured
from models import ActMulQuant, GatedNormQuant, NormQuant, Quantised, group_quant, rows
from representations import WAYS, check_same, outcome
from torch import fx
from torch.fx.experimental.proxy_tensor import make_fx

from irfuse.errors import UnknownSizeError
from irfuse.torch_backend.graph_pass import analyse_graph, inline


class GemmaNorm(Quantised):
    """All in f32, times one plus the weight, and back by type_as."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        x = x.flatten(1)
        h = x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + 1e-6)
        return (h * (1.0 + self.norm.weight.float())).type_as(x)


class VllmGatedNorm(GatedNormQuant):
    """vLLM's native gated norm: heads of their own axis, weight and gate in f32, one rounding at the end."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        h = x.float()
        h = h * torch.rsqrt(h.pow(2).mean(dim=-1, keepdim=True) + 1e-6) * self.norm.weight.float()
        return (h * F.silu(z.float())).to(x.dtype).flatten(-2)


class AddNorm(Quantised):
    """vLLM's fused add: the norm reads the sum in f32, the residual is that sum rounded."""

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> Any:
        x, z = x.flatten(1), z.flatten(1)
        h = x.to(torch.float32) + z.to(torch.float32)
        residual = h.to(x.dtype)
        h = h * torch.rsqrt(h.pow(2).mean(dim=-1, keepdim=True) + 1e-6)
        return group_quant(h.to(x.dtype) * self.norm.weight), residual


class SiluAndMul(Quantised):
    """The two halves of one projection."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        both = torch.cat((x, z), 1).flatten(1)
        half = both.shape[-1] // 2
        return F.silu(both[..., :half]) * both[..., half:]


class TorchNorm(Quantised):
    """F.rms_norm."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        x = x.flatten(1)
        return F.rms_norm(x, (x.shape[-1],), self.norm.weight, 1e-6)


class Mamba2Norm(Quantised):
    """The gate first, then a norm of each of several groups, then a weight of the whole width."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        x, z = x.flatten(1), z.flatten(1)
        h = (x.to(torch.float32) * F.silu(z.to(torch.float32))).view(*x.shape[:-1], self.heads, self.dim)
        h = h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-5)
        return self.norm.weight * h.view(x.shape).to(x.dtype)


CHAINS: dict[str, tuple[Callable[[], Quantised], str]] = {
    "llama": (NormQuant, "norm_quant.group"),
    "gemma": (partial(GemmaNorm, "token"), "norm_quant.token"),
    "qwen3_next": (GatedNormQuant, "gated_norm_quant.group"),
    "vllm_gated": (VllmGatedNorm, "gated_norm_quant.group"),
    "add_f32": (AddNorm, "add_norm_quant.group"),
    "silu_mul": (SiluAndMul, "act_mul_quant.group"),
    "silu_mul_token": (partial(ActMulQuant, "token"), "act_mul_quant.token"),
    "torch_norm": (partial(TorchNorm, "token"), "norm_quant.token"),
    "mamba2": (Mamba2Norm, "gated_norm_quant.group"),
}


every_way = pytest.mark.parametrize("way", WAYS)
static_and_dynamic = pytest.mark.parametrize("axes", [(), (0,)], ids=["static", "dynamic"])


def is_dynamic(name: str, way: str) -> bool:
    """Of each chain half of the ways, and of each way half of the chains, as on a chessboard."""
    return (list(CHAINS).index(name) + list(WAYS).index(way)) % 2 == 0


@every_way
@pytest.mark.parametrize("name", CHAINS)
def test_every_representation(name: str, way: str) -> None:
    """Every chain in every way; static or dynamic, which `test_fused_in_place` tries of every way."""
    make, chain = CHAINS[name]
    model = make()
    one = WAYS[way](model, model.inputs(), (0,) if is_dynamic(name, way) else ())
    assert check_same(one) == [chain], analyse_graph(one.graph).report


@static_and_dynamic
@every_way
def test_fused_in_place(way: str, axes: tuple[int, ...]) -> None:
    model = GatedNormQuant()
    one = WAYS[way](model, model.inputs(), axes)
    graph = fx.GraphModule(one.graph, copy.deepcopy(one.graph.graph))
    inline(analyse_graph(graph), graph.graph)
    graph.recompile()
    assert outcome(graph, one.inputs) == outcome(one.graph, one.inputs)


@pytest.mark.parametrize("way", ["aot", "aot_inductor", "export_core"])
def test_quant_has_its_name(way: str) -> None:
    model = NormQuant()
    (op,) = analyse_graph(WAYS[way](model, model.inputs(), (0,)).graph).fused
    assert op.kind.data == "rms_norm_group_quant"


@pytest.mark.parametrize("name", CHAINS)
def test_all_sizes_symbolic(name: str) -> None:
    model = CHAINS[name][0]()
    with torch.no_grad():
        graph = make_fx(model, tracing_mode="symbolic", _allow_non_fake_inputs=True)(*model.inputs())
    one = Captured("make_fx", graph, model.inputs())
    try:
        assert check_same(one) or analyse_graph(graph).report.missed
    except UnknownSizeError as error:
        assert "fewer dynamic dimensions" in str(error)


class TwoSizes(Quantised):
    """Batch and sequence are dynamic, and the result has a product of one of them with a number as an axis."""

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> Any:
        q, scales = group_quant(self.norm(x.flatten(2)).view(-1, self.heads * self.dim))
        return q.view(x.shape[0], x.shape[1] * 2, -1), scales.view(x.shape[0], -1)


@pytest.mark.parametrize("way", ["aot", "aot_inductor", "post_grad", "export"])
def test_product_of_a_size_and_a_number(way: str) -> None:
    model, inputs = TwoSizes(), (rows(5, 3, 4, 64), rows(5, 3, 4, 64, seed=2))
    assert check_same(WAYS[way](model, inputs, (0, 1))) == ["norm_quant.group"]
