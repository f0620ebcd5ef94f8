"""How many fp8 bytes and scales a fused chain changes against eager torch on a GPU.

    python benchmarks/fidelity.py [--tokens 16384] [--seed 0]

For some chains of benchmarks/chains.py it runs the function in eager torch and under torch.compile(backend="irfuse"),
and prints a Markdown table with the number of fp8 bytes and f32 scales that differ. docs/fidelity.md holds its output.
"""

from __future__ import annotations

import argparse
import sys

import torch
import triton
from chains import CHAINS, Chain, differing

NAMES = (
    "gated H=32 D=G=128",
    "sigmoid, gated H=32 D=G=128",
    "transformers, gated H=32 D=G=128",
    "gated H=16 D=192 G=64",
    "gated H=32 D=64 G=128",
    "gated H=32 D=128 per token",
    "gate first, norm_group=1024 G=128",
    "norm N=7168 G=128",
    "add_norm N=5120 G=128",
    "add_norm N=7168 per token",
    "silu_mul N=9216 per token",
)


def differences(chain: Chain, tokens: int, seed: int) -> list[int]:
    """Fp8 bytes that differ, fp8 bytes, scales that differ, scales."""
    torch._dynamo.reset()
    inputs = chain.inputs(tokens, seed)
    with torch.no_grad():
        want = chain.run(*inputs)
        got = torch.compile(chain.run, backend="irfuse")(*inputs)
    pairs = list(zip(got, want, strict=True))[:2]
    return [number for a, b in pairs for number in (differing(a, b), b.numel())]


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
    for chain in (c for c in CHAINS if c.name in NAMES):
        numbers = differences(chain, options.tokens, options.seed)
        total = [total[0] + numbers[0], total[1] + numbers[1]]
        print(f"| {chain.name} | {' | '.join(map(str, numbers))} |", flush=True)
    print(f"\nfp8 bytes that differ: {total[0] / total[1]:.1e} of {total[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
