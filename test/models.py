"""Small modules that end in an fp8 quant: one for each family of chains and each granularity, and those to refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils._pytree import tree_leaves

FP8 = torch.float8_e4m3fn
LARGEST = torch.finfo(FP8).max
FLOOR = 1 / (LARGEST * 512)
GROUP = 64
HEADS, HEAD_DIM = 4, 64


def bits(tree: Any) -> list[Any]:
    """The leaves of nested results, with tensors as their layout and their bytes: equal where no bit differs."""
    return [_bits(leaf) if isinstance(leaf, torch.Tensor) else leaf for leaf in tree_leaves(tree)]


def _bits(tensor: torch.Tensor) -> tuple[Any, ...]:
    raw = tensor.detach().resolve_conj().contiguous().reshape(-1).view(torch.uint8)
    return tensor.dtype, tensor.shape, tensor.stride(), raw.numpy().tobytes()


def check_same(function: Any, model: Any, inputs: Any = None) -> None:
    """Asserts that a compiled function returns the very bits of the model."""
    given = model.inputs() if inputs is None else inputs
    with torch.no_grad():
        assert bits(function(*given)) == bits(model(*given))


def vector(length: int) -> nn.Parameter:
    """A weight near one, so that a product that is dropped or misplaced shows."""
    return nn.Parameter((1 + 0.1 * torch.randn(length)).to(torch.bfloat16))


def rows(*shape: int, seed: int = 1) -> torch.Tensor:
    """Normal random numbers in bf16."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(torch.bfloat16)


def group_quant(x: torch.Tensor, group: int = GROUP) -> tuple[torch.Tensor, torch.Tensor]:
    """Dynamic fp8 by groups of the last axis, in the steps of vLLM's native path: ``(q, scales)``."""
    groups = x.reshape(-1, x.shape[-1]).view(-1, x.shape[-1] // group, group)
    top = groups.abs().max(dim=-1, keepdim=True)[0].float()
    scales = (top / LARGEST).clamp(min=FLOOR)
    q = (groups / scales).clamp(-LARGEST, LARGEST).to(FP8)
    return q.view(x.shape), scales.squeeze(-1)


def token_quant(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Dynamic fp8 with one scale per row, by its reciprocal: ``(q, scales)``."""
    top = x.abs().amax(dim=-1).unsqueeze(-1).float()
    scales = (top / LARGEST).clamp(min=FLOOR)
    return (x.float() * scales.reciprocal()).clamp(-LARGEST, LARGEST).to(FP8), scales


def tensor_quant(x: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Fp8 with one scale for all."""
    return (x.float() * scale.reciprocal()).clamp(-LARGEST, LARGEST).to(FP8)


class Norm(nn.Module):
    """RMSNorm in the order of Llama: rounded to bf16, then times the weight."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight, self.eps = vector(width), 1e-6

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = x.float()
        return self.weight * (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + self.eps)).to(x.dtype)


class GatedNorm(Norm):
    """The gated RMSNorm of Qwen3-Next: a norm of each head, then a gate of silu in f32."""

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        y = super().forward(x)
        y = y * F.silu(z.to(torch.float32))
        return y.to(x.dtype)


class Quantised(nn.Module):
    """What all chains share: ``forward(x, z)`` on tokens of several heads quantises the chain's rows."""

    def __init__(self, granularity: str = "group", heads: int = HEADS, dim: int = HEAD_DIM) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.granularity, self.heads, self.dim = granularity, heads, dim
        self.scale = nn.Parameter(torch.tensor(0.03))
        self.norm = self.make_norm()

    def make_norm(self) -> nn.Module:
        """The norm of a chain: over a whole token, where it does not say otherwise."""
        return Norm(self.heads * self.dim)

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """The rows to quantise, one per token."""
        raise NotImplementedError

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> Any:
        y = self.chain(x, z)
        if self.granularity == "tensor":
            return tensor_quant(y, self.scale)
        return group_quant(y) if self.granularity == "group" else token_quant(y)

    def inputs(self, tokens: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs of ``forward``: the rows, and the gate or residual."""
        shape = (tokens, self.heads, self.dim)
        return rows(*shape, seed=1), rows(*shape, seed=2)


class GatedNormQuant(Quantised):
    """A norm of each head, views back to tokens, and the quant."""

    def make_norm(self) -> nn.Module:
        return GatedNorm(self.dim)

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        y = self.norm(x.reshape(-1, self.dim), z.reshape(-1, self.dim))
        return y.reshape(x.shape).reshape(x.shape[0], -1)


class NormQuant(Quantised):
    """A norm of each token and the quant; the second input is not used."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return self.norm(x.flatten(1))


class AddNormQuant(Quantised):
    """The norm of a sum."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return self.norm((x + z).flatten(1))


class ActMulQuant(Quantised):
    """An activation times its partner, without a norm."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return (F.silu(x) * z).flatten(1)


FAMILIES: dict[str, type[Quantised]] = {
    "gated_norm_quant": GatedNormQuant,
    "norm_quant": NormQuant,
    "add_norm_quant": AddNormQuant,
    "act_mul_quant": ActMulQuant,
}


class GateDependsOnNorm(Quantised):
    """The gate is a linear map of the normed rows, so no kernel can read it."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        y = self.norm(x.flatten(1))
        gate = y @ z.reshape(-1)[: y.shape[1]].repeat(y.shape[1], 1)
        return y * torch.sigmoid(gate)


class TransposedRows(GatedNormQuant):
    """Heads and tokens change places between norm and quant: a row of the quant mixes several tokens."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        y = self.norm(x, z)
        return y.transpose(0, 1).reshape(x.shape[0], -1)


class StridedRows(Quantised):
    """The rows of the norm lie scattered in memory; ``cured`` makes them contiguous first."""

    cured = False

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return self.norm(x.contiguous() if self.cured else x)

    def inputs(self, tokens: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
        x, z = super().inputs(tokens)
        return x.reshape(-1, tokens).t(), z


class MixedTokens(TransposedRows):
    """Rows of the quant are made of heads of several tokens, and do not end where those of the transposed tensor do."""

    def __init__(self) -> None:
        super().__init__("token")


class ColumnScales(Quantised):
    """The transposed rows are quantised: what is read lies scattered in memory, and so does what is written."""

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> Any:
        q, scales = token_quant(x.flatten(1).t())
        return q.t(), scales


class SpreadScales(Quantised):
    """A scale for each row that is spread along the columns, as where a keepdim is forgotten."""

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> Any:
        scales = (x.abs().amax(dim=-1).float() / LARGEST).clamp(min=FLOOR)
        return (x / scales).clamp(-LARGEST, LARGEST).to(FP8), scales

    def inputs(self, tokens: int = GROUP) -> tuple[torch.Tensor, torch.Tensor]:
        """As many rows as columns."""
        return rows(tokens, tokens), rows(tokens, tokens, seed=2)


class WrittenOutGate(GatedNormQuant):
    """A gated norm in a form that has no name: eps is a tensor, and silu is spelled out."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        h, gate = x.reshape(-1, self.dim).float(), z.reshape(-1, self.dim).float()
        y = h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + self.scale) * (gate / (1 + torch.exp(-gate)))
        return y.to(x.dtype).reshape(x.shape[0], -1)


class MatmulQuant(Quantised):
    """A quant of what a matmul gives."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        x, z = x.flatten(1), z.flatten(1)
        return x @ z.t() @ z


class WrittenBetween(Quantised):
    """The normed rows are written to before they are quantised."""

    def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        y = self.norm(x.flatten(1))
        y[:, :32] = 0
        return y


class DynamicTensorScale(Quantised):
    """One scale for all, from the mean of all."""

    def forward(self, x: torch.Tensor, z: torch.Tensor) -> Any:
        y = self.norm(x.flatten(1))
        scale = y.abs().mean().float() / 64.0
        return tensor_quant(y, scale), scale


def broken_in_two(x: torch.Tensor, z: torch.Tensor, first: Callable[..., Any], second: Callable[..., Any]) -> Any:
    """Two chains with a graph break between them."""
    results = first(x, z)
    torch._dynamo.graph_break()
    return results, second(x, z)
