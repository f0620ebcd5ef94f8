"""What chains have in common: constants belong to each, and an earlier norm of one tensor is in no chain's way."""

import re

import pytest
import torch
import torch.nn.functional as F
from test_memory_of_results import FP8, bits_of, fresh, int8, norm, quant

import irfuse

X, H = torch.randn(6, 128).bfloat16(), torch.randn(6, 128).bfloat16()
W1, W2 = torch.randn(128).bfloat16(), torch.randn(128).bfloat16()
A, B = (torch.randn(128, 128) / 12).bfloat16(), (torch.randn(128, 128) / 12).bfloat16()


def plain(x, w):
    h = x.float()
    return (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-6)).to(x.dtype) * w


def scaled(y, one, top=448.0):
    s = y.abs().amax(-1, keepdim=True).float() / top
    s = torch.where(s == 0, one, s)
    return (y.float() / s).clamp(-448.0, 448.0).to(FP8), s


def with_constant(make):
    def two(x, h):
        q, s = scaled(norm(x), make())
        y = (q.float() * s).to(A.dtype) @ A
        return q, s, *scaled(norm(y) * F.silu(y * 2), make())

    return two


def returned_constant(x, h):
    one = torch.ones((), dtype=torch.float32)
    q, s = scaled(norm(x), one)
    return q, s, one, *scaled(norm((q.float() * s).to(A.dtype) @ A), one)


def gate_after(x, h):
    other = plain(x, W1) @ A
    return *quant(plain(x, W2) * F.silu(h @ B)), other


def gate_from_the_first(x, h):
    other = plain(x, W1) @ A
    return *quant(plain(x, W2) * F.silu(other @ B)), other


def three_norms(x, h):
    a, b = plain(x, W1) @ A, plain(x, W1 + 1) @ B
    return *quant(plain(x, W2) * F.silu(h @ B)), a, b


def sum_and_norm(x, h):
    r = x + h
    other = plain(r, W1) @ A
    return *quant(plain(r, W2) * F.silu(h @ B)), other, r


def gated_in_int8(x, h):
    other = plain(x, W1) @ A
    return *int8(plain(x, W2) * F.silu(h @ B)), other


CONSTANTS = {
    "number": lambda: 1.0,
    "scalar": lambda: torch.tensor(1.0),
    "one element": lambda: torch.full((1,), 1.0),
    "rank 2": lambda: torch.ones(1, 1),
    "narrow": lambda: torch.full((), 1.0).to(torch.bfloat16).float(),
    "integer": lambda: torch.full((), 1, dtype=torch.int32).float(),
    "computed": lambda: torch.full((1, 1), 3.0) * 2 - 5.0,
}
CASES = {
    **{name: (with_constant(make), 2) for name, make in CONSTANTS.items()},
    "returned": (returned_constant, 2),
    **{f.__name__: (f, 1) for f in (gate_after, gate_from_the_first, three_norms, sum_and_norm, gated_in_int8)},
}


@pytest.mark.parametrize("name", CASES)
def test_every_chain_is_fused(name):
    case, count = CASES[name]
    torch._dynamo.reset()
    with torch.no_grad():
        report = irfuse.explain(case, X, H)
    assert len(report.fused) == count
    assert not [
        head
        for head in re.findall(r"irfuse.fused .*? -> .*", report.ir_after)
        if re.search(r"tensor<(1x|1x1x)?f32>", head)
    ]
    torch._dynamo.reset()
    got = fresh(torch.compile(case, backend="irfuse", options={"irfuse.rest": "eager"}), X, H)
    assert all(torch.equal(bits_of(a), bits_of(b)) for a, b in zip(got, fresh(case, X, H), strict=True))
