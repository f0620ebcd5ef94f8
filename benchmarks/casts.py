"""What torch at hand makes of numbers beyond the range of an 8-bit float: rows of the table in docs/casts.md.

    python benchmarks/casts.py [--mx]

For each device that is there, eager torch and a function compiled by Inductor: a finite number beyond the range, and
infinity. That is what irfuse has to follow. ``--mx`` adds how many MXFP8 codes behind a norm are NaN where the cast has
no clamp, as torchao leaves it out of compiled graphs, on the GPU: by eager torch, by Inductor, by irfuse.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial

import torch

FORMATS = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")


def cast(dtype: torch.dtype, x: torch.Tensor) -> torch.Tensor:
    """A cast behind a product, so that Inductor makes a kernel of it."""
    return (x * 1.0).to(dtype)


def rule(run: Callable[[torch.Tensor], torch.Tensor], dtype: torch.dtype, device: str) -> str:
    """What becomes of a number beyond the range, and of infinity."""
    largest = torch.finfo(dtype).max
    x = torch.tensor([largest * 4, torch.inf] * 8, device=device)
    try:
        found = run(x).to("cpu").float()[:2]
    except Exception as reason:
        return f"{type(reason).__name__}"
    words = ["largest" if v == largest else "infinity" if v == torch.inf else "NaN" for v in found.tolist()]
    return words[0] if words[0] == words[1] else ", infinity: ".join(words)


def rows() -> Iterator[str]:
    """A row for each device and each way to run."""
    for device in ("cpu", *(["cuda"] if torch.cuda.is_available() else [])):
        name = "CPU" if device == "cpu" else torch.cuda.get_device_name()
        for way in ("eager", "compiled"):
            cells = []
            for kind in FORMATS:
                dtype = getattr(torch, kind)
                run = partial(cast, dtype)
                torch._dynamo.reset()
                cells.append(rule(torch.compile(run) if way == "compiled" else run, dtype, device))
            yield f"| {torch.__version__.partition('+')[0]} | {name}, {way} | {' | '.join(cells)} |"


def norm_mx(x: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """RMSNorm and MXFP8 codes with the exponent of the largest magnitude of 32 as scale, without a clamp."""
    h = x.float()
    y = w * (h * torch.rsqrt(h.square().mean(-1, keepdim=True) + 1e-6)).to(x.dtype)
    v = y.view(y.shape[0], -1, 32).float()
    e = (((v.abs().amax(-1, keepdim=True).view(torch.int32) >> 23) & 255) - 8).clamp(0, 254)
    s = (e << 23).view(torch.float32).clamp(min=2.0**-126)
    return (v / s).to(torch.float8_e4m3fn).view(y.shape), e.to(torch.uint8).view(torch.float8_e8m0fnu).squeeze(-1)


@torch.no_grad()
def mx_rows() -> Iterator[str]:
    """The share of NaN codes by each way to run."""
    from irfuse.torch_backend.backend import irfuse_backend
    from irfuse.torch_backend.ledger import reports

    torch.manual_seed(0)
    x, w = torch.randn(4096, 4096, device="cuda").bfloat16(), torch.ones(4096, device="cuda").bfloat16()
    ways = {"eager": norm_mx, "inductor": torch.compile(norm_mx)}
    ways["irfuse"] = torch.compile(norm_mx, backend=irfuse_backend)
    ways["irfuse, rest=eager"] = torch.compile(norm_mx, backend=irfuse_backend, options={"irfuse.rest": "eager"})
    for name, run in ways.items():
        torch._dynamo.reset()
        codes = run(x, w)[0]
        fused = f", {len(reports()[-1].fused)} fused" if name.startswith("irfuse") else ""
        yield f"{name}: {int(codes.float().isnan().sum())} of {codes.numel()} codes are NaN{fused}"


if __name__ == "__main__":
    print("\n".join(rows()))
    if "--mx" in sys.argv[1:]:
        print("\n".join(mx_rows()))
