"""Sizes that the operands of a chain give, and those that it must be given."""

from __future__ import annotations

import torch

import irfuse


def rotated_heads(
    x: torch.Tensor, m: torch.Tensor, weight: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
) -> torch.Tensor:
    """Heads of a matmul, whose rows are as many as a product of two sizes, normed and turned by one of these."""
    y = (x.reshape(-1, 64) @ m).view(*x.shape[:2], 2, 32)
    y = y.float() * torch.rsqrt(y.float().square().mean(-1, keepdim=True) + 1e-6) * weight.float()
    y = y.to(x.dtype).transpose(1, 2)
    a, b = y[..., :8].chunk(2, -1)
    return torch.cat((y[..., :8] * cos[:, None] + torch.cat((-b, a), -1) * sin[:, None], y[..., 8:]), -1)


def test_a_size_that_a_product_gives_once_another_is_read() -> None:
    noise = torch.Generator().manual_seed(0)
    shapes = ((2, 3, 64), (64, 64), (32,), (1, 3, 8), (1, 3, 8))
    x, m, weight, cos, sin = (torch.randn(shape, generator=noise).bfloat16() for shape in shapes)
    torch._dynamo.reset()
    for tensor, axis in ((x, 0), (x, 1), (cos, 1), (sin, 1)):
        torch._dynamo.mark_dynamic(tensor, axis)
    with torch.no_grad():
        compiled = torch.compile(rotated_heads, backend="irfuse", options={"irfuse.rest": "eager"})
        assert torch.equal(compiled(x, m, weight, cos, sin), rotated_heads(x, m, weight, cos, sin))
    assert irfuse.reports()[-1].counts() == {"norm": {"none": 1}}
