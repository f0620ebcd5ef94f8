"""What the tables of several benchmarks share: tables of Markdown, and whether outputs are equal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch


def same(got: torch.Tensor, want: torch.Tensor) -> bool:
    """Whether two tensors agree in type, layout and every bit."""
    alike = got.dtype == want.dtype and got.shape == want.shape and got.stride() == want.stride()
    return alike and torch.equal(got.contiguous().view(torch.uint8), want.contiguous().view(torch.uint8))


def markdown_table(headers: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(line) + " |" for line in (headers, ["---"] * len(headers), *lines))
