"""How many fp8 bytes and scales a fused chain changes against eager torch on a GPU.

    python benchmarks/fidelity.py [--tokens 16384] [--seed 0]

For each form of the chain it runs the module in eager torch and under torch.compile(backend="irfuse"), and prints a
Markdown table with the number of fp8 bytes and f32 scales that differ. docs/fidelity.md holds its output.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
import triton

FP8 = torch.float8_e4m3fn
FP8_MAX = 448.0
LEAST_SCALE = 1.0 / (FP8_MAX * 512.0)
Result = tuple[torch.Tensor, torch.Tensor]


def quant(y: torch.Tensor, group: int) -> Result:
    """vLLM's native quantisation of ``y [n, k]`` in groups; by one scale a token where the group is the row."""
    groups = y.view(y.shape[0], -1, group)
    scales = (groups.abs().amax(-1, keepdim=True).float() / FP8_MAX).clamp(min=LEAST_SCALE)
    q = (groups / scales).clamp(-FP8_MAX, FP8_MAX).to(FP8)
    return q.view(y.shape), scales.squeeze(-1)


def unit(x: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """``x`` over its root mean square, f32."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


@dataclass(frozen=True)
class Form:
    """A chain on ``x, z [n, heads, width]`` and ``w [width]``, all bf16."""

    name: str
    heads: int
    width: int
    run: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], Result]


def vllm(group: int, gate: Callable[[torch.Tensor], torch.Tensor] = F.silu) -> Callable[..., Result]:
    """All in f32, one rounding: vLLM's RMSNormGated."""
    return lambda x, z, w: quant((unit(x.float()) * w.float() * gate(z.float())).to(x.dtype).flatten(1), group)


def transformers(group: int) -> Callable[..., Result]:
    """The weight after a rounding to bf16: Qwen3-Next in transformers."""
    return lambda x, z, w: quant(((w * unit(x.float()).to(x.dtype)) * F.silu(z.float())).to(x.dtype).flatten(1), group)


def gate_first(group: int) -> Callable[..., Result]:
    """The gate before the norm: Mamba 2."""
    return lambda x, z, w: quant((w * unit(x * F.silu(z.float())).to(x.dtype)).flatten(1), group)


FORMS = (
    Form("vLLM, silu, D=G=128", 32, 128, vllm(128)),
    Form("vLLM, sigmoid, D=G=128", 32, 128, vllm(128, torch.sigmoid)),
    Form("transformers, D=G=128", 32, 128, transformers(128)),
    Form("transformers, D=192, G=64", 16, 192, transformers(64)),
    Form("transformers, D=64, G=128", 32, 64, transformers(128)),
    Form("transformers, D=256, per token", 16, 256, transformers(4096)),
    Form("gate first, D=1024, G=128", 8, 1024, gate_first(128)),
)


def differences(form: Form, tokens: int, seed: int) -> Iterator[int]:
    """Fp8 bytes that differ, fp8 bytes, scales that differ, scales."""
    generator = torch.Generator("cuda").manual_seed(seed)
    x, z = (torch.randn(tokens, form.heads, form.width, device="cuda", generator=generator).bfloat16() for _ in "xz")
    w = (1 + 0.1 * torch.randn(form.width, device="cuda", generator=generator)).bfloat16()
    torch._dynamo.reset()
    with torch.no_grad():
        want = form.run(x, z, w)
        got = torch.compile(form.run, backend="irfuse")(x, z, w)
    for a, b in zip(got, want, strict=True):
        a, b = (t.view(torch.uint8) if t.dtype == FP8 else t for t in (a, b))
        yield int((a != b).sum())
        yield a.numel()


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tokens", type=int, default=16384)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("fidelity.py: error: it compares on a GPU, and torch sees none", file=sys.stderr)
        return 1
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, triton {triton.__version__}")
    print(f"python benchmarks/fidelity.py --tokens {options.tokens} --seed {options.seed}\n")
    print("| chain | fp8 bytes that differ | of | scales that differ | of |\n|---|---|---|---|---|")
    total = [0, 0]
    for form in FORMS:
        q, qs, s, ss = differences(form, options.tokens, options.seed)
        total = [total[0] + q, total[1] + qs]
        print(f"| {form.name} | {q} | {qs} | {s} | {ss} |", flush=True)
    print(f"\nfp8 bytes that differ: {total[0] / total[1]:.1e} of {total[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
