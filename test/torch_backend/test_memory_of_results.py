"""Results share memory exactly where they do in eager: a write to one is seen in the same others."""

import re

import pytest
import torch

import irfuse

FP8 = torch.float8_e4m3fn
X, W, P = torch.randn(6, 128).bfloat16(), torch.randn(128).bfloat16(), (torch.randn(128, 128) / 12).bfloat16()


def norm(x, w=W):
    h = x.float()
    return (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-6) * w.float()).to(x.dtype)


def quant(y, group=64):
    runs = y.unflatten(-1, (-1, group))
    s = runs.abs().amax(-1, keepdim=True).float() / 448.0
    return (runs.float() / s).clamp(-448.0, 448.0).to(FP8).flatten(-2), s.squeeze(-1)


def int8(y):
    s = y.abs().amax(-1, keepdim=True).float() / 127.0
    return (y.float() / s).round().clamp(-128, 127).to(torch.int8), s


def two_quants(x):
    return *quant(norm(x)), *quant(norm(x))


def of_one_norm(x):
    y = norm(x)
    return *quant(y), *quant(y)


def three(x):
    return *quant(norm(x)), *quant(norm(x)), *quant(norm(x))


def norms_and_quants(x):
    a, b = norm(x), norm(x)
    return a, b, *quant(a), *quant(b)


def only_norms(x):
    a, b = norm(x), norm(x)
    return a, b, quant(a)[0]


def views(x):
    (q, s), (r, t) = quant(norm(x)), quant(norm(x))
    return q, q.view(-1), s, s.t(), r.view(3, -1), t


def only_views(x):
    (q, s), (r, t) = quant(norm(x)), quant(norm(x))
    return q.view(-1), r.view(-1), s[:, :1], t[:, 1:]


def two_views_of_one(x):
    q, s = quant(norm(x))
    return q.view(-1), q.view(3, -1), s.view(-1), s.t()


def view_of_the_second(x):
    a, b = norm(x), norm(x)
    return a, b.view(-1), *quant(b)


def view_that_is_read(x):
    a, b = norm(x), norm(x)
    v = b.view(2, 3, 128)
    return a, v, *quant(v), v @ P


def unknown_views(x):
    a, b = norm(x), norm(x)
    return a.unfold(1, 2, 2), b.unfold(1, 2, 2), quant(a)[0], b.diagonal()


def clones(x):
    y = norm(x)
    c = y.clone()
    return y, c, c.view(-1), *quant(c), y.clone()


def a_clone_alone(x):
    y = norm(x)
    c = y.clone()
    return c, c.view(-1), *quant(y)


def view_of_a_clone(x):
    y = norm(x)
    return y, y.clone().view(-1), *quant(y)


def itself(x):
    y = norm(x)
    q, s = quant(y)
    return y, y.to(y.dtype), y.contiguous(), y.detach(), y * 1, q, q, s


def casts(x):
    y = norm(x)
    return y.float(), y.float(), *quant(y)


def laid_out(x):
    (q, s), (_, t) = quant(norm(x)), quant(norm(x))
    return q, s.t().contiguous(), s.t().contiguous(), t.t().contiguous().t(), s


def there_and_back(x):
    q, s = quant(norm(x))
    return q, s, s.t().contiguous().t(), s.t().t()


def other_layouts(x):
    y = norm(x).view(1, 2, 3, 128)
    c = y.clone(memory_format=torch.channels_last)
    return y, c, c.contiguous(), c.contiguous(), *quant(y)


def layouts_between(x):
    y = norm(x).view(1, 2, 3, 128)
    return y, y.clone(memory_format=torch.channels_last).contiguous(), y.mT.contiguous().mT.contiguous(), *quant(y)


def inputs(x):
    y = x.clone()
    return x.view(-1), y, x * 1, x.to(x.dtype), *quant(norm(x)), *quant(norm(y))


def projections(x):
    outs = [torch.mm(q.to(x.dtype), P) * s[:, :1] for q, s in (quant(norm(x)) for _ in range(3))]
    return outs[0], outs[1], outs[2]


def residual(x):
    a, b = x + 1, x + 1
    return a, b, *quant(norm(a)), *quant(norm(b))


def in_int8(x):
    return *int8(norm(x)), *int8(norm(x))


def bits(x):
    q, _ = quant(norm(x))
    r, _ = quant(norm(x))
    return q, q.view(torch.uint8), r.view(torch.uint8)


def written_to(x):
    (q, s), (r, t) = quant(norm(x)), quant(norm(x))
    t.mul_(2)
    return q, s, r, t


def written_view(x):
    a, b = norm(x), norm(x)
    b.view(-1)[:5].zero_()
    return a, b, *quant(a)


def one_is_the_input(x):
    y = norm(x)
    (q, s), (r, t) = quant(y), quant(y)
    x.mul_(2)
    return q, s, r, t, y


def gated(x):
    y, z = norm(x) * torch.nn.functional.silu(x), norm(x) * torch.nn.functional.silu(x)
    return y, z, *quant(y), *quant(z)


def repeated(x):
    _, s = quant(norm(x))
    _, t = quant(norm(x))
    return s, s.expand(2, 6, 2), t.expand(2, 6, 2), t.repeat(2, 1, 1)


HELPERS = (norm, quant, int8)
CASES = [f for f in list(globals().values()) if getattr(f, "__module__", None) == __name__ and f not in HELPERS]
HOW = [
    (case, rest, dynamic)
    for i, case in enumerate(CASES)
    for rest, dynamic in (("eager", i % 2 == 0), ("inductor", i % 2 == 1))
]
"""Each case with both rests and with both kinds of sizes, and either rest with both."""


def fresh(function, *args):
    """What a function returns for its own copies of the arguments."""
    with torch.no_grad():
        return function(*[a.clone() for a in args])


def bits_of(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def seen_by(results):
    """For each result those in which a write to it is seen."""
    seen = []
    for result in results:
        before = [bits_of(r).clone() for r in results]
        flat = result.as_strided((1,), (1,), result.storage_offset())
        flat.view(torch.uint8).bitwise_xor_(1)
        seen.append([i for i, r in enumerate(results) if not torch.equal(before[i], bits_of(r))])
        flat.view(torch.uint8).bitwise_xor_(1)
    return seen


def storages(results):
    kept = [r.untyped_storage().data_ptr() for r in results]
    return [kept.index(p) for p in kept]


@pytest.mark.parametrize(("case", "rest", "dynamic"), HOW, ids=lambda value: getattr(value, "__name__", str(value)))
def test_memory_is_shared_as_in_eager(case, rest, dynamic):
    torch._dynamo.reset()
    compiled = torch.compile(case, backend="irfuse", options={"irfuse.rest": rest}, dynamic=dynamic)
    want, got = fresh(case, X), fresh(compiled, X)
    if rest == "eager":
        assert all(torch.equal(bits_of(a), bits_of(b)) for a, b in zip(got, want, strict=True))
    if rest == "inductor" and storages(got) != storages(want):  # from 2.14 on Inductor returns y in place of y * 1
        want = fresh(torch.compile(case, backend="inductor", dynamic=dynamic), X)
    assert storages(got) == storages(want)
    assert seen_by(got) == seen_by(want)


@pytest.mark.parametrize("case", [two_quants, of_one_norm, three, in_int8, norms_and_quants], ids=lambda f: f.__name__)
def test_equal_results_are_computed_once(case):
    torch._dynamo.reset()
    with torch.no_grad():
        report = irfuse.explain(case, X)
    assert len(report.fused) == 1
    assert not report.missed
    assert len(re.findall(r"= irfuse.fused", report.ir_after)) == 1


def test_equal_results_that_do_not_leave_are_not_copied():
    torch._dynamo.reset()
    with torch.no_grad():
        assert "irfuse.copy" not in irfuse.explain(projections, X).ir_after
