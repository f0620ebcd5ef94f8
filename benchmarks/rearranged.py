"""Quants behind rearranged rows, and by the scale of a whole tensor; irfuse against Inductor.

    python benchmarks/rearranged.py [--tokens 16 1024 16384 65536] [--forms "masked experts" ...]

Each form is a torch function. It is timed in CUDA graphs over buffers larger than the L2 cache (timing.py): as irfuse
compiles it, and as plain torch.compile does with static and with dynamic sizes. *limit* is the memory traffic over the
measured bandwidth. Results are compared with eager torch before they are timed: *changed* is the part of the codes that
irfuse changes. docs/kernels.md holds the table.
"""

from __future__ import annotations

import argparse
import platform
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType
from typing import TypeAlias

import torch
import torch.nn.functional as F
import triton
from chains import FP8, FP8_MAX, Tensors, differing, quant, unit
from timing import bandwidth as measured_bandwidth
from timing import microseconds, sets_for

from irfuse.torch_backend.backend import irfuse_backend

HEADS, WIDTH, EXPERTS, INNER = 32, 128, 8, 2048
TOKENS = (16, 1024, 16384, 65536)


Run: TypeAlias = Callable[..., Tensors]


@dataclass(frozen=True)
class Form:
    """A function of tensors, what makes its operands for a number of tokens, and the axis of each that counts them."""

    name: str
    run: Run
    operands: Callable[[int], list[torch.Tensor]]
    tokens_at: tuple[int | None, ...]
    passes: int = 1
    """How many times its rows must be read."""

    def inputs(self, tokens: int, seed: int = 0) -> list[torch.Tensor]:
        """Its operands, the same for a seed."""
        torch.manual_seed(seed)
        return self.operands(tokens)

    def bytes(self, inputs: Sequence[torch.Tensor], results: Sequence[torch.Tensor]) -> int:
        """What it must move: its rows, and its results."""
        return sum(t.numel() * t.element_size() for t in (*[inputs[0]] * self.passes, *results))


def noise(*shape: int) -> torch.Tensor:
    """Normal bf16 numbers on the GPU."""
    return torch.randn(shape, device="cuda", dtype=torch.bfloat16)


def attention(x: torch.Tensor) -> Tensors:
    """The group quant of an attention output ``[heads, tokens, width]``."""
    return quant(x.transpose(0, 1).reshape(x.shape[1], -1), 128)


def attention_tokens(x: torch.Tensor) -> Tensors:
    """The quant by one scale a token of an attention output ``[heads, tokens, width]``."""
    return quant(x.transpose(0, 1).reshape(x.shape[1], -1), HEADS * WIDTH)


def turned(x: torch.Tensor) -> torch.Tensor:
    """The rows with their halves exchanged and the first of them negated."""
    a, b = x.chunk(2, -1)
    return torch.cat((-b, a), -1)


def rotary(x: torch.Tensor, weight: torch.Tensor, table: torch.Tensor, positions: torch.Tensor) -> Tensors:
    """Norm of each head and rotary embedding by position."""
    y = (unit(x.float()) * weight).to(x.dtype)
    cos, sin = (torch.cat((half, half), -1)[:, None] for half in table[positions].chunk(2, -1))
    return (y * cos + turned(y) * sin,)


def rotary_static(*given: torch.Tensor) -> Tensors:
    """The same by one scale for all."""
    return ((rotary(*given)[0].float() * 2.0).clamp(-FP8_MAX, FP8_MAX).to(FP8),)


def heads(n: int) -> list[torch.Tensor]:
    """Queries ``[tokens, heads, width]``, a weight, angles by position, and the position of each token."""
    return [noise(n, HEADS, WIDTH), noise(WIDTH), noise(8192, WIDTH), torch.randint(8192, (n,), device="cuda")]


def experts(x: torch.Tensor, counts: torch.Tensor) -> Tensors:
    """Silu product and group quant of ``[experts, tokens, 2 * inner]``, zeros behind each expert's count of tokens."""
    gate, up = x.chunk(2, -1)
    there = torch.arange(x.shape[1], device=x.device)[None, :, None] < counts[:, None, None]
    y = torch.where(there, F.silu(gate) * up, 0.0)
    return quant(y.view(-1, y.shape[-1]), 128)


def some_counts(n: int) -> torch.Tensor:
    """How many of ``n`` tokens each expert has: from an eighth of them to all."""
    return torch.arange(1, EXPERTS + 1, device="cuda") * n // EXPERTS


def tensor_scale(x: torch.Tensor) -> Tensors:
    """The quant of rows ``[tokens, 4096]`` by their largest magnitude of all."""
    scale = (x.abs().amax().float() / FP8_MAX).clamp(min=1e-12)
    return (x.float() / scale).clamp(-FP8_MAX, FP8_MAX).to(FP8), scale


def normed_tensor_scale(x: torch.Tensor, weight: torch.Tensor) -> Tensors:
    """The same behind a norm."""
    return tensor_scale((unit(x.float()) * weight).to(x.dtype))


FORMS = (
    Form("attention, groups", attention, lambda n: [noise(HEADS, n, WIDTH)], (1,)),
    Form("attention, tokens", attention_tokens, lambda n: [noise(HEADS, n, WIDTH)], (1,)),
    Form("q norm, rotary", rotary, heads, (0, None, None, 0)),
    Form("q norm, rotary, static", rotary_static, heads, (0, None, None, 0)),
    Form(
        "masked experts",
        experts,
        lambda n: [noise(EXPERTS, max(1, n // EXPERTS), 2 * INNER), some_counts(max(1, n // EXPERTS))],
        (1, None),
    ),
    Form("tensor scale", tensor_scale, lambda n: [noise(n, HEADS * WIDTH)], (0,), passes=2),
    Form(
        "norm, tensor scale",
        normed_tensor_scale,
        lambda n: [noise(n, HEADS * WIDTH), noise(HEADS * WIDTH)],
        (0, None),
        passes=2,
    ),
)


def compiled(form: Form, ways: str, operands: Sequence[torch.Tensor]) -> Run:
    """A form as irfuse compiles it for any number of tokens, or as Inductor does."""
    torch._dynamo.reset()
    if ways == "inductor dynamic" or ways == "irfuse":
        for tensor, axis in zip(operands, form.tokens_at, strict=True):
            if axis is not None:
                torch._dynamo.mark_dynamic(tensor, axis)
    return torch.compile(form.run, backend=irfuse_backend if ways == "irfuse" else "inductor")


def times(form: Form, tokens: int, peers: Mapping[str, Run]) -> Iterator[tuple[str, float, int]]:
    """For each way its microseconds, and how many entries of the first result differ from eager torch's."""
    size = sum(t.numel() * t.element_size() for t in form.operands(tokens))
    sets = [form.operands(tokens) for _ in range(sets_for(size))]
    for way in ("irfuse", "inductor static", "inductor dynamic", *peers):
        run = peers[way] if way in peers else compiled(form, way, sets[0])
        with torch.no_grad():
            found, wanted = (f(*[x.clone() for x in sets[0]])[0] for f in (run, form.run))
            yield way, microseconds([partial(run, *s) for s in sets]), differing(found, wanted)


@cache
def bandwidth() -> float:
    """The bandwidth of the stream kernel, measured once."""
    return measured_bandwidth()


def about() -> str:
    """The machine, its versions and the command."""
    versions = f"torch {torch.__version__}, triton {triton.__version__}, Python {platform.python_version()}"
    speed = f"{bandwidth() / 1e12:.2f} TB/s"
    return f"{torch.cuda.get_device_name()}, {versions}, {speed}: python benchmarks/{' '.join(sys.argv)}"


def heading(peers: Sequence[str] = ()) -> str:
    """The head of the table."""
    names = " | ".join(
        ("form", "tokens", "limit us", "irfuse us", "of the limit", "inductor static", "dynamic", *peers)
    )
    return f"| {names} | changed |\n|{'---|' * (8 + len(peers))}"


def line(form: Form, tokens: int, peers: Mapping[str, Run] = MappingProxyType({})) -> str:
    """A row of the table."""
    with torch.no_grad():
        inputs = form.operands(tokens)
        limit = form.bytes(inputs, form.run(*inputs)) / bandwidth() * 1e6
        found = {way: (t, wrong) for way, t, wrong in times(form, tokens, peers)}
        entries = form.run(*form.operands(tokens))[0].numel()
    ours, wrong = found.pop("irfuse")
    others = " | ".join(f"{t:.1f} ({t / ours:.2f}x)" for t, _ in found.values())
    measured = f"{limit:.2f} | {ours:.2f} | {limit / ours:.2f} | {others} | {wrong / entries:.1e}"
    return f"| {form.name} | {tokens} | {measured} |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, nargs="+", default=TOKENS)
    names = [form.name for form in FORMS]
    parser.add_argument("--forms", nargs="+", choices=names, default=names, metavar="FORM", help=", ".join(names))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(about())
    print(heading())
    for form in [form for form in FORMS if form.name in options.forms]:
        for tokens in options.tokens:
            print(line(form, tokens), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
