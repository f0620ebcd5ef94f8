"""Quants behind rearranged rows, and by the scale of a whole tensor; irfuse against Inductor.

    python benchmarks/rearranged.py [--tokens 16 1024 16384 65536] [--forms "masked experts" ...]

Each form is a torch function. It is timed in CUDA graphs over buffers larger than the L2 cache (timing.py): as irfuse
and Inductor compile it, for any number of tokens and for one; ratios are to irfuse's for any. *limit* is the memory
traffic over the measured bandwidth. Results are compared with eager torch before they are timed: *changed* is the part
of the codes that irfuse changes. docs/kernels.md holds the table.
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
from torch._inductor import config as inductor_config

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


WAYS = (("irfuse", True), ("irfuse static", False), ("inductor static", False), ("inductor dynamic", True))
"""The compilers, and whether any number of tokens is compiled for, with the one that is measured as an example."""


def compiled(form: Form, way: str, dynamic: bool) -> Run:
    """A form as a compiler makes it, from nothing: of other numbers of tokens Inductor keeps kernels that fit these."""
    torch._dynamo.reset()
    backend = irfuse_backend if way.startswith("irfuse") else "inductor"
    return torch.compile(form.run, backend=backend, dynamic=None if dynamic else False)


def marked(form: Form, operands: Sequence[torch.Tensor], dynamic: bool) -> list[torch.Tensor]:
    """Tensors in the same memory, of which the axes that count tokens are marked dynamic, or none is."""
    fresh = [t.detach() for t in operands]
    for tensor, axis in zip(fresh, form.tokens_at, strict=True):
        if dynamic and axis is not None:
            torch._dynamo.mark_dynamic(tensor, axis)
    return fresh


def measured(form: Form, run: Run, tokens: int, dynamic: bool) -> tuple[float, int]:
    """The microseconds of one way, and how many entries of its first result differ from eager torch's."""
    size = sum(t.numel() * t.element_size() for t in form.operands(tokens))
    sets = [marked(form, form.operands(tokens), dynamic) for _ in range(sets_for(size))]
    found, wanted = (f(*marked(form, [x.clone() for x in sets[0]], dynamic))[0] for f in (run, form.run))
    return microseconds([partial(run, *s) for s in sets]), differing(found, wanted)


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
        ("form", "tokens", "limit us", "irfuse us", "of the limit", *(way for way, _ in WAYS[1:]), *peers)
    )
    return f"| {names} | changed |\n|{'---|' * (6 + len(WAYS[1:]) + len(peers))}"


def lines(form: Form, tokens: Sequence[int], peers: Mapping[str, Run | None] = MappingProxyType({})) -> Iterator[str]:
    """The rows of the table."""
    with torch.no_grad():
        for n in tokens:
            found = [measured(form, compiled(form, way, dynamic), n, dynamic) for way, dynamic in WAYS]
            yield _line(form, n, [*found, *(peer and measured(form, peer, n, False) for peer in peers.values())])


def _line(form: Form, tokens: int, row: Sequence[tuple[float, int] | None]) -> str:
    inputs, (first, *others) = form.operands(tokens), row
    results = form.run(*inputs)
    limit = form.bytes(inputs, results) / bandwidth() * 1e6
    assert first is not None
    ours, wrong = first
    beside = " | ".join("" if other is None else f"{other[0]:.1f} ({other[0] / ours:.2f}x)" for other in others)
    numbers = f"{limit:.2f} | {ours:.2f} | {limit / ours:.2f} | {beside} | {wrong / results[0].numel():.1e}"
    return f"| {form.name} | {tokens} | {numbers} |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, nargs="+", default=TOKENS)
    names = [form.name for form in FORMS]
    parser.add_argument("--forms", nargs="+", choices=names, default=names, metavar="FORM", help=", ".join(names))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    inductor_config.force_disable_caches = True
    print(about())
    print(heading())
    for form in [form for form in FORMS if form.name in options.forms]:
        for row in lines(form, options.tokens):
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
