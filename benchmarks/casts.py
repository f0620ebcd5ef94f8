"""What torch at hand makes of numbers beyond the range of an 8-bit float: rows of the table in docs/casts.md.

    python benchmarks/casts.py

For each device that is there, eager torch and a function compiled by Inductor: a finite number beyond the range, and
infinity. irfuse is not imported: this is what it has to follow.
"""

from __future__ import annotations

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


if __name__ == "__main__":
    print("\n".join(rows()))
