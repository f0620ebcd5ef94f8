"""irfuse on transformers' Qwen3-Next: what is fused, before and after, the kernel, and whether the numbers hold.

The model has a tiny random configuration, one layer with a gated delta net and one with attention, and its linears
quantise what they read to fp8 in groups of 128 as vLLM does. It runs on the CPU and needs no compiler: what irfuse
does not fuse is run by eager torch ("irfuse.rest": "eager"), so its output must equal eager's bit for bit. At the end
the fused kernels run as machine code of AMD's MI300X and MI355X on an emulator, which needs no GPU either.
"""

from __future__ import annotations

import copy
import os
import shutil
import sys
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
import transformers
from torch import nn

import irfuse
from irfuse.runtime.gpu_rules import GpuRules

FP8 = torch.float8_e4m3fn
FP8_MAX = torch.finfo(FP8).max
LEAST_SCALE = 1.0 / (FP8_MAX * 512.0)
GROUP = 128
GPUS = {"gfx942": "MI300X", "gfx950": "MI355X"}
CONFIG: dict[str, Any] = {
    "vocab_size": 128,
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 2,
    "layer_types": ["linear_attention", "full_attention"],
    "mlp_only_layers": [0, 1],
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
}


@torch.library.custom_op("irfuse_example::fp8_mm", mutates_args=())
def fp8_mm(q: torch.Tensor, scales: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Stands for a serving stack's block-scaled GEMM: ``q [n, k]``, ``scales [n, k / 128]``, ``weight [m, k]``."""
    x = q.float() * scales.repeat_interleave(GROUP, dim=-1)
    return (x @ weight.float().t()).to(torch.bfloat16)


@fp8_mm.register_fake
def _(q: torch.Tensor, scales: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return q.new_empty(q.shape[0], weight.shape[0], dtype=torch.bfloat16)


class Fp8Linear(nn.Module):
    """A linear layer that quantises its input to fp8, with one scale for each 128 columns."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = nn.Parameter(linear.weight.detach().to(torch.bfloat16), requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``[..., k] -> [..., m]``, bf16."""
        groups = x.reshape(-1, x.shape[-1] // GROUP, GROUP)
        amax = groups.abs().max(dim=-1, keepdim=True)[0].float()
        scales = (amax / FP8_MAX).clamp(min=LEAST_SCALE)
        q = (groups / scales).clamp(-FP8_MAX, FP8_MAX).to(FP8)
        y = fp8_mm(q.view(-1, x.shape[-1]), scales.squeeze(-1), self.weight)
        return y.view(*x.shape[:-1], -1)


def quantise_linears(module: nn.Module) -> None:
    """Replace the linears whose input is a whole number of groups, but for the head and the routers."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear) and child.in_features % GROUP == 0 and name not in ("lm_head", "gate"):
            setattr(module, name, Fp8Linear(child))
        else:
            quantise_linears(child)


def build() -> nn.Module:
    """The model, in bf16, with norm weights that are not all one."""
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(transformers.Qwen3NextConfig(**CONFIG))
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.data += 0.1 * torch.randn_like(parameter)
    quantise_linears(model)
    return model.to(torch.bfloat16).eval()


def before_excerpt(ir: str) -> list[str]:
    """The lines of the gated norm and its quant in the graph as imported: from the square to the fp8 cast."""
    lines = ir.splitlines()
    gate = next(i for i, line in enumerate(lines) if '"aten.silu.default"' in line and "x128xf32" in line)
    start = max(i for i in range(gate) if '"aten.pow.Tensor_Scalar"' in lines[i]) - 1
    end = next(i for i in range(gate, len(lines)) if "f8E4M3FN" in lines[i])
    return lines[start : end + 1]


def after_excerpt(ir: str) -> list[str]:
    """The lines of the op that those have become."""
    lines = ir.splitlines()
    start = next(i for i, line in enumerate(lines) if 'irfuse.fused "rms_norm_gated' in line)
    end = next(i for i in range(start, len(lines)) if lines[i].strip() == "}")
    return lines[start : end + 1]


def kernel_excerpt(kernels: dict[str, str]) -> list[str]:
    """The kernel of the gated norm, without the helpers before it."""
    source = next(text for name, text in kernels.items() if name.startswith("rms_norm_gated"))
    return source[source.rindex("@triton.jit") :].splitlines()[:16]


def show(title: str, lines: list[str]) -> None:
    """Print some lines under a title, cut to the width of the terminal."""
    width = shutil.get_terminal_size((160, 40)).columns
    print(f"\n== {title}")
    for line in lines:
        print(line if len(line) <= width else line[: width - 1] + "…")


def compiled(model: nn.Module, **options: str) -> Any:
    """The model with irfuse, what is not fused in eager torch."""
    torch._dynamo.reset()
    return torch.compile(model, backend="irfuse", options={"irfuse.rest": "eager", **options})


def run_emulated(model: nn.Module, ids: torch.Tensor) -> bool:
    """Run the model with its kernels as AMD machine code, and print whether its output is that of eager torch.

    Eager torch divides by numbers as it does on GPUs: by a product with the reciprocal.
    """
    with GpuRules():
        want = model(ids, use_cache=False).logits
    lines, equal = [], True
    for arch, name in GPUS.items():
        got = compiled(model, **{"irfuse.target": f"emulate:{arch}"})(ids, use_cache=False).logits
        fused = len(irfuse.reports()[-1].fused)
        equal &= torch.equal(got, want)
        lines.append(f"{arch} ({name}): {fused} fused ops, logits {said(torch.equal(got, want))}")
    show("The kernels as AMD machine code, executed on an emulator, not on hardware", lines)
    return equal


def said(equal: bool) -> str:
    """The word for a comparison."""
    return "equal to eager torch, byte for byte" if equal else "DIFFERENT from eager torch"


def main() -> int:
    """Print the report and the excerpts; 0 if the compiled model equals the eager one."""
    transformers.logging.set_verbosity_error()
    ids = torch.randint(0, CONFIG["vocab_size"], (2, 24), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        model = build()
        want = model(ids, use_cache=False).logits
        report = irfuse.explain(copy.deepcopy(model), ids, use_cache=False)
        got = compiled(model)(ids, use_cache=False).logits
    show("What irfuse does to Qwen3-Next", str(report).splitlines())
    before = before_excerpt(report.ir_before)
    show(f"Before: the gated norm and the quant behind it, {len(before)} nodes", before)
    show("After: one op", after_excerpt(report.ir_after))
    show("Its kernel (Triton, generated)", kernel_excerpt(report.kernels))
    equal = torch.equal(got, want)
    show("On the CPU", [f"logits {tuple(got.shape)}: {said(equal)}"])
    with torch.no_grad():
        equal &= run_emulated(model, ids)
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
