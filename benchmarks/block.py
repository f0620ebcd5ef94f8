"""One block of Qwen3-Next at its real size, compiled with and without irfuse: the time of a decode and a prefill step.

    python benchmarks/block.py --fla PATH [--decode 1 16 64] [--prefill 1024 4096] [--json FILE]

The block is Qwen3-Next-80B's: hidden 2048, 16 key and 32 value heads of 128, a convolution of 4, and linears in fp8
with group quantisation (benchmarks/fp8_gemm.py). In place of the experts stands a dense MLP as wide as those
that a token uses, 10 x 512 and the shared 512. The gated delta rule is flash-linear-attention's, one opaque op (its
state is read and not kept). Both ways are compiled by torch.compile and
captured in a CUDA graph, so that the times are the GPU's.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
import triton
from chains import FP8, FP8_MAX, quant, unit
from fp8_gemm import GROUP, block_scaled_mm
from timing import microseconds
from torch import nn

HIDDEN, HEAD, KEY_HEADS, VALUE_HEADS, TAPS = 2048, 128, 16, 32, 4
KEYS, VALUES = KEY_HEADS * HEAD, VALUE_HEADS * HEAD
INTERMEDIATE = 10 * 512 + 512
WAYS: dict[str, dict[str, Any]] = {"inductor": {}, "irfuse": {"backend": "irfuse"}}


@torch.library.custom_op("irfuse_benchmark::delta_rule", mutates_args=())
def delta_rule(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, decay: torch.Tensor, beta: torch.Tensor, state: torch.Tensor
) -> torch.Tensor:
    """The gated delta rule: ``q, k [b, n, 32, 128]``, ``v [b, n, 32, 128]``, ``decay, beta [b, n, 32]``."""
    from fla.ops.gated_delta_rule import chunk_gated_delta_rule, fused_recurrent_gated_delta_rule

    run = fused_recurrent_gated_delta_rule if q.shape[1] == 1 else chunk_gated_delta_rule
    return run(q, k, v, g=decay, beta=beta, initial_state=state, use_qk_l2norm_in_kernel=True)[0]


@delta_rule.register_fake
def _(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *_rest: torch.Tensor) -> torch.Tensor:
    return torch.empty_like(v)


class Linear(nn.Module):
    """A linear layer in fp8: groups of 128 of its input, blocks of 128 x 128 of its weight."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        weight = torch.randn(outputs, inputs) / inputs**0.5
        blocks = weight.view(outputs // GROUP, GROUP, inputs // GROUP, GROUP)
        scales = blocks.abs().amax((1, 3)) / FP8_MAX
        self.register_buffer("weight", (blocks / scales[:, None, :, None]).view(outputs, inputs).to(FP8))
        self.register_buffer("scales", scales.float())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``[n, inputs] -> [n, outputs]``, bf16."""
        return block_scaled_mm(*quant(x, GROUP), self.weight, self.scales)


class Block(nn.Module):
    """A decoder layer with linear attention."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ParameterList([torch.randn(HIDDEN) * 0.1 for _ in "ab"])
        self.qkvz, self.ba = Linear(HIDDEN, 2 * KEYS + 2 * VALUES), nn.Linear(HIDDEN, 2 * VALUE_HEADS, bias=False)
        self.conv = nn.Parameter(torch.randn(2 * KEYS + VALUES, 1, TAPS) * 0.5)
        self.rate, self.shift = nn.Parameter(torch.randn(VALUE_HEADS)), nn.Parameter(torch.randn(VALUE_HEADS))
        self.norm = nn.Parameter(1 + torch.randn(HEAD) * 0.1)
        self.out = Linear(VALUES, HIDDEN)
        self.up, self.down = Linear(HIDDEN, 2 * INTERMEDIATE), Linear(INTERMEDIATE, HIDDEN)

    def forward(self, x: torch.Tensor, taps: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """``x [b, n, 2048]``, ``taps [b, 8192, 3]`` before it in the convolution, ``state [b, 32, 128, 128]``."""
        rows = x.flatten(0, 1)
        rows = rows + self.attention(_norm(rows, self.norms[0]), x.shape[:2], taps, state)
        gate, up = self.up(_norm(rows, self.norms[1])).chunk(2, -1)
        return (rows + self.down(F.silu(gate) * up)).view(x.shape)

    def attention(self, rows: torch.Tensor, shape: torch.Size, taps: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """Rows of a normed hidden state through the gated delta rule."""
        mixed, z = self.qkvz(rows).split([2 * KEYS + VALUES, VALUES], -1)
        beta, decay = self.ba(rows).view(*shape, 2, VALUE_HEADS).unbind(2)
        signal = torch.cat([taps, mixed.view(*shape, -1).transpose(1, 2)], -1)
        mixed = F.silu(F.conv1d(signal, self.conv, groups=self.conv.shape[0])).transpose(1, 2)
        q, k, v = (t.unflatten(-1, (-1, HEAD)) for t in mixed.split([KEYS, KEYS, VALUES], -1))
        q, k = (t.repeat_interleave(VALUE_HEADS // KEY_HEADS, 2) for t in (q, k))
        decay = -self.rate.float().exp() * F.softplus(decay.float() + self.shift)
        core = delta_rule(q, k, v.contiguous(), decay, beta.sigmoid(), state).view(-1, HEAD)
        gated = unit(core.float()) * self.norm.float() * F.silu(z.reshape(-1, HEAD).float())
        return self.out(gated.to(rows.dtype).view(rows.shape[0], VALUES))


def _norm(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return (unit(x.float()) * (1.0 + weight.float())).to(x.dtype)


def compare(block: Block, batch: int, tokens: int) -> dict[str, Any]:
    """The time of a step each way, and how far the results are from eager torch."""
    x = torch.randn(batch, tokens, HIDDEN, device="cuda", dtype=torch.bfloat16)
    taps = torch.randn(batch, 2 * KEYS + VALUES, TAPS - 1, device="cuda", dtype=torch.bfloat16)
    state = torch.randn(batch, VALUE_HEADS, HEAD, HEAD, device="cuda") * 0.1
    want = block(x, taps, state).float()
    row: dict[str, Any] = {"batch": batch, "tokens": tokens}
    for way, options in WAYS.items():
        torch._dynamo.reset()
        step = torch.compile(block, dynamic=False, **options)
        row[f"{way} from eager"] = float((step(x, taps, state).float() - want).norm() / want.norm())
        row[way] = microseconds([lambda step=step: step(x, taps, state)])
    return row


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fla", type=Path, help="where flash-linear-attention lies, if it is not installed")
    parser.add_argument("--decode", nargs="*", type=int, default=[1, 16, 64], help="sequences of a decode step")
    parser.add_argument("--prefill", nargs="*", type=int, default=[1024, 4096], help="tokens of a prefill step")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sys.path += [str(options.fla)] if options.fla else []
    if not torch.cuda.is_available():
        print("block.py: error: it times a block on a GPU, and torch sees none", file=sys.stderr)
        return 1
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    block = Block().to("cuda").eval()
    for module in block.modules():
        for name, parameter in module.named_parameters(recurse=False):
            setattr(module, name, nn.Parameter(parameter.to(torch.bfloat16), requires_grad=False))
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, triton {triton.__version__}")
    print("| step | inductor, us | irfuse, us | gain, us | gain | distance from eager: inductor, irfuse |")
    print("|---|---|---|---|---|---|")
    rows = []
    for batch, tokens in [*((n, 1) for n in options.decode), *((1, n) for n in options.prefill)]:
        rows.append(row := compare(block, batch, tokens))
        gain = row["inductor"] - row["irfuse"]
        step = f"decode, {batch} sequences" if tokens == 1 else f"prefill, {tokens} tokens"
        cells = [f"{row['inductor']:.1f}", f"{row['irfuse']:.1f}", f"{gain:.1f}", f"{gain / row['inductor']:.1%}"]
        far = f"{row['inductor from eager']:.1e}, {row['irfuse from eager']:.1e}"
        print(f"| {step} | {' | '.join(cells)} | {far} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
