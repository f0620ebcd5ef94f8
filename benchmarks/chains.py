"""The chains that the benchmarks run: torch functions of bf16 tensors whose first axis counts tokens."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F

Tensors = tuple[torch.Tensor, ...]


def _use(fp8: torch.dtype) -> None:
    global FP8, FP8_MAX, LEAST_SCALE
    FP8, FP8_MAX = fp8, torch.finfo(fp8).max
    LEAST_SCALE = 1.0 / (FP8_MAX * 512.0)


def _fp8_of(arch: str) -> torch.dtype:
    """The fp8 type that an architecture computes with: gfx940 to gfx942 have one of their own."""
    return torch.float8_e4m3fnuz if arch.startswith("gfx94") else torch.float8_e4m3fn


@contextmanager
def fp8_of(arch: str) -> Iterator[None]:
    """Let chains quantise to the fp8 type of an architecture, in place of that of the GPU at hand."""
    before = FP8
    _use(_fp8_of(arch))
    try:
        yield
    finally:
        _use(before)


_HIP = torch.version.hip and torch.cuda.is_available()
_use(_fp8_of(torch.cuda.get_device_properties().gcnArchName if _HIP else ""))


def quant(y: torch.Tensor, group: int) -> Tensors:
    """vLLM's native quantisation of ``y [n, k]`` in groups; by one scale a token where the group is the row."""
    groups = y.view(y.shape[0], -1, group)
    scales = (groups.abs().amax(-1, keepdim=True).float() / FP8_MAX).clamp(min=LEAST_SCALE)
    q = (groups / scales).clamp(-FP8_MAX, FP8_MAX).to(FP8)
    return q.view(y.shape), scales.squeeze(-1)


def unit(x: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """``x`` over its root mean square, f32."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


def differing(got: torch.Tensor, want: torch.Tensor) -> int:
    """The number of entries of two tensors of a type that differ in a bit."""
    a, b = (t.contiguous().view(torch.uint8).view(*t.shape, -1) for t in (got, want))
    return int((a != b).any(-1).sum())


def check(name: str, got: Sequence[torch.Tensor], want: Sequence[torch.Tensor]) -> None:
    """Raise RuntimeError if too much differs from eager torch: codes, scales, or what else there is as a result.

    A bf16 number in 1e5 is rounded the other way, where exp or the order of a sum differs in the last bit of f32. Some
    of them are a group's largest: a scale in 1e4 may differ. Of codes under equal scales 2e-6 may, of the rest 2e-5.
    So may entries of a result without scales.
    """
    if len(want) == 1:
        return _at_most(name, f"entries of {want[0].dtype}", differing(got[0], want[0]), want[0].numel(), 2e-5)
    other_scale = got[1].reshape(want[1].shape) != want[1]
    _at_most(name, "scales", int(other_scale.sum()), want[1].numel(), 1e-4)
    for a, b in zip(got[2:], want[2:], strict=True):
        _at_most(name, f"entries of {b.dtype}", differing(a, b), b.numel(), 2e-5)
    tokens = want[0].shape[0]
    groups = [t.view(torch.uint8).reshape(tokens, -1, want[0].numel() // want[1].numel()) for t in (got[0], want[0])]
    changed = (groups[0] != groups[1]).sum(-1).masked_fill_(other_scale.view(tokens, -1), 0)
    _at_most(name, "codes under equal scales", int(changed.sum()), want[0].numel(), 2e-6)


def _at_most(name: str, what: str, differ: int, of: int, share: float) -> None:
    if differ > 8 + share * of:
        raise RuntimeError(f"{name}: {differ} of {of} {what} differ from eager torch")


def check_roughly(name: str, got: Sequence[torch.Tensor], want: Sequence[torch.Tensor]) -> None:
    """Raise RuntimeError if more than an entry in 1e4 is further from eager torch than about two steps of fp8.

    It is for implementations with other roundings; what is compared of a quantised result is code times scale.
    """
    least = 0.25 * torch.finfo(want[0].dtype).smallest_normal * want[1].float()
    pairs = [(_values(*got[:2]), _values(*want[:2]), 0.15, least.unsqueeze(-1))]
    pairs += [
        (a, b.float(), 0.01, torch.full((), 1e-6, device=b.device)) for a, b in zip(got[2:], want[2:], strict=True)
    ]
    for a, b, relative, absolute in pairs:
        far = int(((a.float().view(b.shape) - b).abs() > relative * b.abs() + absolute).sum())
        if far > 1e-4 * b.numel():
            raise RuntimeError(f"{name}: {far} of {b.numel()} entries are far from those of eager torch")


def _values(q: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """The numbers that codes and scales stand for, by token, group and place in the group."""
    scales = scales.view(q.shape[0], -1, 1)
    return q.float().view(q.shape[0], scales.shape[1], -1) * scales


@dataclass(frozen=True)
class Chain:
    """A chain on bf16 tensors.

    ``run(*inputs, *weights)`` with an input ``[tokens, *shape]`` for each of ``shapes`` and a weight for each width of
    ``weights``. An input whose stride from token to token is to be longer has it in ``pitches``, in elements.
    """

    name: str
    run: Callable[..., Tensors]
    shapes: tuple[tuple[int, ...], ...]
    weights: tuple[int, ...] = ()
    pitches: tuple[int | None, ...] = ()

    @property
    def form(self) -> str:
        """The name of the function below that made ``run``: by it, and by the group, a peer knows the chain."""
        return self.run.form

    @property
    def group(self) -> int:
        """How many entries share a scale."""
        return self.run.group

    def inputs(self, tokens: int, seed: int = 0, device: str = "cuda") -> list[torch.Tensor]:
        """Random inputs and weights."""
        noise = torch.Generator(device).manual_seed(seed)
        pitches = self.pitches or (None,) * len(self.shapes)
        made = []
        for shape, pitch in zip(self.shapes, pitches, strict=True):
            size = torch.Size(shape).numel()
            flat = torch.randn(tokens, pitch or size, device=device, generator=noise, dtype=torch.bfloat16)
            made.append(flat[:, :size].unflatten(1, shape))
        weights = [1 + 0.1 * torch.randn(n, device=device, generator=noise) for n in self.weights]
        return [*made, *(w.bfloat16() for w in weights)]

    def bytes(self, inputs: Sequence[torch.Tensor], results: Sequence[torch.Tensor]) -> int:
        """The bytes that must be read and written: each element of inputs and results once."""
        return sum(t.numel() * t.element_size() for t in (*inputs, *results))


def named(make: Callable[..., Callable[..., Tensors]]) -> Callable[..., Callable[..., Tensors]]:
    """``make(group, ...)``, whose results know its name and their group."""

    @functools.wraps(make)
    def made(group: int, *options: object) -> Callable[..., Tensors]:
        run = make(group, *options)
        run.form, run.group = make.__name__, group
        return run

    return made


@named
def vllm_gated(group: int, gate: Callable[[torch.Tensor], torch.Tensor] = F.silu) -> Callable[..., Tensors]:
    """All in f32, one rounding: vLLM's RMSNormGated."""
    return lambda x, z, w: quant((unit(x.float()) * w.float() * gate(z.float())).to(x.dtype).flatten(1), group)


@named
def sigmoid_gated(group: int) -> Callable[..., Tensors]:
    """vLLM's, with a sigmoid for the gate."""
    return vllm_gated(group, torch.sigmoid)


@named
def transformers_gated(group: int) -> Callable[..., Tensors]:
    """The weight after a rounding to bf16: Qwen3-Next in transformers."""
    return lambda x, z, w: quant(((w * unit(x.float()).to(x.dtype)) * F.silu(z.float())).to(x.dtype).flatten(1), group)


@named
def gate_first(group: int) -> Callable[..., Tensors]:
    """The gate before the norm: Mamba 2 in transformers."""
    return lambda x, z, w: quant((w * unit(x * F.silu(z.float())).to(x.dtype)).flatten(1), group)


@named
def norm(group: int) -> Callable[..., Tensors]:
    """vLLM's RMSNorm and a quant."""
    return lambda x, w: quant(unit(x.float()).to(x.dtype) * w, group)


@named
def add_norm(group: int) -> Callable[..., Tensors]:
    """vLLM's RMSNorm of a sum with the residual, which is a result as well."""

    def run(x: torch.Tensor, residual: torch.Tensor, w: torch.Tensor) -> Tensors:
        total = x.float() + residual.float()
        return (*quant(unit(total).to(x.dtype) * w, group), total.to(x.dtype))

    return run


@named
def silu_mul(group: int) -> Callable[..., Tensors]:
    """vLLM's SiluAndMul of the halves of a projection, and a quant."""
    return lambda x: quant(F.silu(x[..., : x.shape[-1] // 2]) * x[..., x.shape[-1] // 2 :], group)


def gated(name: str, run: Callable[..., Tensors], heads: int, width: int, pitch: int | None = None) -> Chain:
    """A gated norm of heads; the gate may be a slice of a wider projection."""
    return Chain(name, run, ((heads, width),) * 2, (width,), (None, pitch))


GATED = (
    gated("gated H=32 D=G=128", vllm_gated(128), 32, 128),
    gated("gated, strided z", vllm_gated(128), 32, 128, 12288),
    *(gated(f"gated H={h} D=G=128", vllm_gated(128), h, 128) for h in (4, 8, 16, 48, 64)),
    gated("gated H=32 D=64 G=128", vllm_gated(128), 32, 64),
    gated("gated H=32 D=64 G=64", vllm_gated(64), 32, 64),
    gated("gated H=32 D=128 G=64", vllm_gated(64), 32, 128),
    gated("gated H=16 D=192 G=64", vllm_gated(64), 16, 192),
    gated("gated H=16 D=256 G=128", vllm_gated(128), 16, 256),
    gated("gated H=16 D=256 G=64", vllm_gated(64), 16, 256),
    gated("gated H=32 D=128 per token", vllm_gated(4096), 32, 128),
    gated("gate first, norm_group=1024 G=128", gate_first(128), 8, 1024),
    gated("transformers, gated H=32 D=G=128", transformers_gated(128), 32, 128),
    gated("sigmoid, gated H=32 D=G=128", sigmoid_gated(128), 32, 128),
)
"""Gated norms."""

WIDTHS = (2048, 4096, 5120, 7168, 8192)
NORMS = tuple(
    Chain(f"{form.__name__} N={n} {label}", form(group), ((n,),) * inputs, (n,))
    for n in WIDTHS
    for label, group in (("G=128", 128), ("per token", n))
    for form, inputs in ((norm, 1), (add_norm, 2))
)
"""Norms of a hidden state, alone and of a sum with the residual."""

PRODUCTS = tuple(
    Chain(f"silu_mul N={n} {label}", silu_mul(group), ((2 * n,),))
    for n in (2048, 4096, 9216, 12288, 18432)
    for label, group in (("G=128", 128), ("per token", n))
)
"""Activations of one half of a projection times the other half."""

CHAINS = (*GATED, *NORMS, *PRODUCTS)
