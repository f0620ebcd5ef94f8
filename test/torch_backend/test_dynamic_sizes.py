"""One compiled function for many sizes: sums, quotients and products of sizes, sizes from data, a batch of 0 or 1."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from models import FP8, LARGEST, Norm, bits, rows
from torch import nn
from torch._inductor.exc import InductorError
from torch._inductor.utils import fresh_cache
from unfused import reports_since

import irfuse
from irfuse.errors import FallbackWarning

CAPTURE = {"capture_scalar_outputs": True, "capture_dynamic_output_shape_ops": True}
Body = Callable[..., Any]


def quant(x: torch.Tensor, shape: Sequence[int] = ()) -> tuple[torch.Tensor, torch.Tensor]:
    """By groups of 64, made by ``reshape(..., -1, 64)`` where no shape is given."""
    t = x.float().reshape(shape or (*x.shape[:-1], -1, 64))
    scales = t.abs().amax(-1, keepdim=True).clamp(min=1e-10) / LARGEST
    return (t / scales).clamp(-LARGEST, LARGEST).to(FP8).reshape(x.shape), scales.squeeze(-1)


class Chain(nn.Module):
    """A function of a norm of 128 columns, one of 32, and the inputs; weights of a module are not made dynamic."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body, self.whole, self.head = body, Norm(128), Norm(32)

    def forward(self, *inputs: Any) -> Any:
        return self.body(self, *inputs)


def heads(m: Chain, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """A gated norm of each head; how many there are may be dynamic."""
    return (m.head(x.unflatten(-1, (-1, 32))) * F.silu(z.unflatten(-1, (-1, 32)))).flatten(-2)


def whole(m: Chain, x: torch.Tensor) -> Any:
    """A norm of the whole row, and the quant."""
    return quant(m.whole(x))


def inner(m: Chain, x: torch.Tensor) -> Any:
    """A norm of the whole row, and the quant, where there may be no row."""
    return quant(m.whole(x), (*x.shape[:-1], 2, 64))


@pytest.mark.parametrize("mark", [torch._dynamo.mark_dynamic, torch._dynamo.decorators.mark_unbacked])
def test_a_report_from_the_cache(mark: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled graph comes from Inductor's cache for another number of rows, and its sites from beside it."""
    monkeypatch.setenv("IRFUSE_CACHE_DIR", str(tmp_path))
    found = []
    with torch.no_grad(), fresh_cache():
        for count in (5, 7):
            torch._dynamo.reset()
            x = rows(count, 128)
            mark(x, 0)
            torch.compile(quant, backend="irfuse")(x)
            found.append(irfuse.reports()[-1])
    assert [(report.known, report.from_cache, len(report.fused)) for report in found] == [
        (True, False, 1),
        (True, True, 1),
    ]


def chosen(n: int) -> torch.Tensor:
    """Truth values for 9 rows, of which the first n are chosen."""
    return torch.arange(9) < n


def common(m: Chain, x: torch.Tensor, z: torch.Tensor) -> Any:
    """As many rows as both have."""
    n = min(x.shape[0], z.shape[0])
    return whole(m, x[:n] + z[:n])


def read(m: Chain, x: torch.Tensor, count: torch.Tensor) -> Any:
    """A number of rows that a tensor says, within bounds that are asserted as the graph runs."""
    n = count.item()
    torch._check(n >= 0)
    torch._check(n <= x.shape[0] // 3)
    return quant(m.whole(x[: 3 * n].view(n, 3, 128)), (n, 3, 2, 64))


def by_column(m: Chain, x: torch.Tensor, z: torch.Tensor) -> Any:
    """Scales whose columns are contiguous."""
    q, scales = quant(F.silu(x) * z)
    return q, scales.t().contiguous().t()


@dataclass(frozen=True)
class Case:
    """A body, its inputs for a number, and the numbers that it is called with, in order."""

    body: Body
    inputs: Callable[[int], tuple[Any, ...]]
    numbers: tuple[int, ...]
    mark: Callable[[torch.Tensor], Any] | None = None
    dynamic: bool | None = True
    fused: tuple[int, ...] = (1,)
    """The chains that are fused in each graph, in the order of compilation; the last number holds for the rest."""


def one(n: int) -> tuple[Any, ...]:
    return (rows(n, 128),)


def two(n: int) -> tuple[Any, ...]:
    return rows(n, 128), rows(n, 128, seed=2)


def wide(n: int) -> tuple[Any, ...]:
    return rows(4, 64 * n), rows(4, 64 * n, seed=2)


def masked(n: int) -> tuple[Any, ...]:
    return rows(9, 128), chosen(n)


def marked(*axes: int, **bounds: int) -> Callable[[torch.Tensor], None]:
    """Marks axes of an input as dynamic."""
    return lambda x: [torch._dynamo.mark_dynamic(x, axis, **bounds) for axis in axes] and None


def unbacked(x: torch.Tensor, axis: int = 0) -> None:
    torch._dynamo.decorators.mark_unbacked(x, axis)


def unbacked_inside(x: torch.Tensor) -> None:
    unbacked(x, 1)


QUOTIENTS: dict[str, Case] = {
    "groups of -1": Case(lambda m, x, z: quant(heads(m, x, z)), two, (6, 3, 1)),
    "groups of -1, wide": Case(lambda m, x, z: quant(heads(m, x, z)), wide, (6, 3, 5)),
    "groups of -1 of a product": Case(lambda m, x, z: quant(F.silu(x) * z), wide, (6, 3, 5)),
    "all groups in one axis": Case(lambda m, x, z: quant(F.silu(x) * z, (-1, 64)), wide, (6, 3, 5)),
    "all groups of heads": Case(lambda m, x, z: quant(heads(m, x, z), (-1, 64)), two, (6, 3, 1)),
    "scales by column": Case(by_column, wide, (6, 3, 5)),
}
ROWS: dict[str, Case] = {
    "sum": Case(lambda m, x, z: whole(m, torch.cat([x, z])), lambda n: (rows(n, 128), rows(2 * n + 1, 128)), (5, 2, 1)),
    "difference": Case(lambda m, x: whole(m, x[2:]), one, (5, 3, 7)),
    "product": Case(lambda m, x: whole(m, x.flatten(0, 1)), lambda n: (rows(n, n + 2, 128),), (5, 2, 1)),
    "quotient": Case(lambda m, x: whole(m, x.view(-1, 2, 128)), lambda n: (rows(2 * n, 128),), (5, 2, 7, 1)),
    "half": Case(lambda m, x: whole(m, x[: x.shape[0] // 2]), one, (6, 4, 9, 2)),
    "remainder": Case(lambda m, x: whole(m, x[: x.shape[0] % 4 + 1]), one, (6, 5, 9, 2)),
    "least": Case(common, lambda n: (rows(n, 128), rows(n + 2, 128)), (6, 5, 9)),
    "padded": Case(lambda m, x: whole(m, F.pad(x, (0, 0, 0, -x.shape[0] % 8))), one, (6, 5, 9, 2, 8)),
    "repeated": Case(lambda m, x: whole(m, x.repeat(x.shape[0], 1)), one, (6, 5, 2)),
    "a number": Case(lambda m, x, n: whole(m, x.view(n, -1, 128)), lambda n: (rows(24, 128), n), (6, 4, 3)),
    "two axes": Case(lambda m, x: whole(m, x.view(-1, 128)), lambda n: (rows(n, n + 1, 128),), (6, 4, 3), marked(0, 1)),
    "bounded": Case(lambda m, x, z: quant(heads(m, x, z)), two, (6, 3, 60), marked(0, min=2, max=64), dynamic=None),
    "one first": Case(lambda m, x, z: quant(heads(m, x, z)), two, (1, 3, 17, 1), dynamic=None),
    "none first": Case(lambda m, x, z: quant(heads(m, x, z), (-1, 2, 64)), two, (0, 3, 1, 17), dynamic=None),
    "none last": Case(lambda m, x, z: quant(heads(m, x, z), (x.shape[0], 2, 64)), two, (4, 1, 0)),
}
FROM_DATA: dict[str, Case] = {
    "mask": Case(lambda m, x, k: quant(m.whole(x[k]), (-1, 2, 64)), masked, (6, 1, 9)),
    "mask, no row": Case(lambda m, x, k: m.whole(x[k]).relu().to(FP8), masked, (6, 0, 1, 9)),
    "mask of heads": Case(lambda m, x, k: quant(heads(m, x[k], x[k])), masked, (6, 4, 1, 9)),
    "two masks": Case(lambda m, x, k: (whole(m, x[k]), whole(m, x[~k])), masked, (6, 4), fused=(2,)),
    "masks joined": Case(lambda m, x, k: whole(m, torch.cat([x[k], x, x[~k]])), masked, (6, 4, 0, 9)),
    "half of a mask": Case(lambda m, x, k: whole(m, x[k][: x[k].shape[0] // 2]), masked, (6, 4, 2)),
    "nonzero": Case(lambda m, x, k: whole(m, x[k.nonzero().squeeze(1)]), masked, (6, 1, 9)),
    "nonzero of an inner axis": Case(
        lambda m, x, k: inner(m, x[:, k.nonzero().squeeze(1)]),
        lambda n: (rows(2, 9, 128), chosen(n)),
        (6, 1, 9),
    ),
    "inner axis unbacked": Case(inner, lambda n: (rows(2, n, 128),), (6, 3, 1), unbacked_inside, dynamic=None),
    "item": Case(
        lambda m, x, n: whole(m, x[: n.item()]), lambda n: (rows(9, 128), torch.tensor(n)), (6, 1, 9), fused=(0, 1)
    ),
    "item in bounds": Case(read, lambda n: (rows(29, 128), torch.tensor(n)), (6, 1, 9, 0)),
    "unbacked": Case(lambda m, x, z: quant(heads(m, x, z)), two, (6, 3, 1, 17), unbacked, dynamic=None),
    "two unbacked": Case(lambda m, x, z: whole(m, torch.cat([x, z])), two, (6, 3, 1), unbacked, dynamic=None),
}
INNER = ("nonzero of an inner axis", "inner axis unbacked")
"""Strides of an outer axis depend on a size that nothing may guard on."""
ALL = {**QUOTIENTS, **ROWS, **FROM_DATA}


def same_bits(got: Any, want: Any) -> None:
    assert bits(got) == bits(want)


def close(got: Any, want: Any) -> None:
    """Equal but for the order of sums and the last bits of functions, which may move a code to its neighbour."""
    for one_of, other in zip(got, want, strict=True):
        assert one_of.shape == other.shape and one_of.stride() == other.stride()
        torch.testing.assert_close(one_of.float(), other.float(), rtol=0.13, atol=1e-2)


def marked_inputs(case: Case, number: int) -> tuple[Any, ...]:
    """The inputs of a case for a number, marked as the case wants them."""
    inputs = case.inputs(number)
    for x in inputs:
        if case.mark is not None and isinstance(x, torch.Tensor):
            case.mark(x)
    return inputs


def check(case: Case, options: dict[str, Any], compare: Callable[[Any, Any], None] = same_bits) -> None:
    """Compares all calls with eager and asserts that every graph has the fused chains it should have."""
    torch._dynamo.reset()
    model = Chain(case.body)
    seen = irfuse.reports()
    with torch.no_grad(), torch._dynamo.config.patch(CAPTURE):
        fast = torch.compile(model, backend="irfuse", options=options, dynamic=case.dynamic, fullgraph=True)
        for n in case.numbers:
            inputs = marked_inputs(case, n)
            compare(fast(*inputs), model(*inputs))
    found = reports_since(seen)
    assert found, "nothing is compiled"
    wanted = [*case.fused, *case.fused[-1:] * len(found)][: len(found)]
    assert [len(r.fused) for r in found] == wanted, found


def refused_by_inductor_alone(case: Case) -> list[int]:
    """The numbers for which Inductor fails without irfuse."""
    torch._dynamo.reset()
    refused, model = [], Chain(case.body)
    with torch.no_grad(), torch._dynamo.config.patch(CAPTURE):
        alone = torch.compile(model, dynamic=case.dynamic, fullgraph=True)
        for n in case.numbers:
            try:
                alone(*marked_inputs(case, n))
            except InductorError:
                refused.append(n)
    return refused


@pytest.mark.parametrize("name", ALL)
def test_sizes(name: str) -> None:
    check(ALL[name], {"irfuse.rest": "eager"})


@pytest.mark.parametrize("name", ["all groups of heads", "sum", "mask of heads", "item in bounds", *INNER])
def test_sizes_under_inductor(name: str) -> None:
    """What Inductor compiles without irfuse it compiles with it; torch 2.11's refuses a count of 1 by itself."""
    case = ALL[name]
    try:
        with fresh_cache():
            check(case, {})
    except InductorError:
        refused = refused_by_inductor_alone(case)
        if not refused:
            raise
        check(replace(case, numbers=tuple(n for n in case.numbers if n not in refused)), {})
        pytest.skip(f"without irfuse Inductor does not compile this for {refused} either; the other numbers are right")


@pytest.mark.parametrize("options", [{"irfuse.rest": "eager"}, {}], ids=["eager", "inductor"])
@pytest.mark.parametrize("name", INNER)
def test_an_inner_axis_without_rows(name: str, options: dict[str, Any]) -> None:
    """First and later; the strides of a tensor without entries are those that were traced, as Inductor has them."""

    def same_shapes(got: Any, want: Any) -> None:
        assert [t.shape for t in got] == [t.shape for t in want]
        assert [t.numel() for t in got] == [0, 0] or bits(got) == bits(want)

    with fresh_cache():
        check(replace(ALL[name], numbers=(0, 3, 0)), options, same_shapes)


@pytest.mark.parametrize("name", [*QUOTIENTS, "sum", "mask of heads"])
def test_kernels_for_all_sizes(name: str) -> None:
    """A row of a kernel is as long as the reductions, so that tokens of a symbolic width have one too."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", FallbackWarning)
        check(ALL[name], {"irfuse.rest": "eager", "irfuse.target": "emulate:gfx942"}, close)


def test_rows_of_unknown_width_are_declined() -> None:
    """A weight that is an input has a symbolic width under dynamic=True, and the row of its norm too."""
    torch._dynamo.reset()
    weight = rows(128)

    def normed(x: torch.Tensor, w: torch.Tensor) -> Any:
        h = x.float()
        return quant(w * (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-6)).to(x.dtype), (-1, 2, 64))

    with torch.no_grad():
        torch.compile(normed, backend="irfuse", options={"irfuse.rest": "eager"}, dynamic=True)(rows(4, 128), weight)
    missed = {m.reason: m.cure for m in irfuse.reports()[-1].missed if m.cure}
    assert any("a number that is not known" in reason and "mark_dynamic" in cure for reason, cure in missed.items())
