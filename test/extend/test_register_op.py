"""`irfuse.register_op`: a user's own op is fused as what it means, or stays as it is with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import own_ops as own
import pytest
import torch
from graphs import copied
from models import rows, vector
from own_ops import FP8, define, normed, quantised
from representations import check_same, functionalized
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

import irfuse
from irfuse import errors
from irfuse.torch_backend.graph_pass import analyse_graph, with_calls

COLUMNS, GROUP = 512, 128


class Model(nn.Module):
    """A function of rows and a weight."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function, self.weight = function, vector(COLUMNS)

    def forward(self, x: Tensor) -> Any:
        return self.function(x, self.weight)


def norm(x: Tensor, w: Tensor) -> Tensor:
    return torch.ops.own.norm(x, w)


def norm_quant(x: Tensor, w: Tensor) -> Any:
    return torch.ops.own.quant(torch.ops.own.norm(x, w), group=GROUP)


def norm_quant_into(x: Tensor, w: Tensor) -> Any:
    q, scale = torch.empty_like(x, dtype=FP8), x.new_empty((x.shape[0], COLUMNS // GROUP), dtype=torch.float32)
    torch.ops.own.quant_into(torch.ops.own.norm(x, w), q, scale, GROUP)
    return q, scale


def in_torch(x: Tensor, w: Tensor) -> Any:
    """A chain of which one op alone is a user's."""
    return torch.ops.own.quant(normed(x, w, 1e-6), group=GROUP)


def register_all() -> None:
    irfuse.register_op(torch.ops.own.norm.default, normed)
    irfuse.register_op(torch.ops.own.quant, lambda x, *, group, dtype: quantised(x, group, dtype))
    irfuse.register_op("own::quant_into", lambda x, out, scale, group: quantised(x, group))


def reasons(function: Callable[..., Any]) -> dict[str, str]:
    """The reason of each site that is missed in a graph of a function, of which nothing is fused."""
    one = functionalized(2)(Model(function), (rows(6, COLUMNS),), ())
    assert check_same(one) == []
    report = analyse_graph(one.graph).report
    return {site.op: site.reason for site in (*report.missed, *report.norms)}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("axes", [(), (0,)], ids=["static", "dynamic"])
@pytest.mark.parametrize("function", [norm_quant, norm_quant_into, in_torch])
def test_fused(function: Callable[..., Any], axes: tuple[int, ...], version: int) -> None:
    """One kernel, by each functional form, with the bits of the ops that run where nothing is fused."""
    register_all()
    one = functionalized(version)(Model(function), (rows(6, COLUMNS),), axes)
    assert check_same(one) == ["norm_quant.group"]


@pytest.mark.parametrize("given", [{}, {"parts": [128, 384]}, {"by": 3}])
def test_options(given: dict[str, Any]) -> None:
    """Lists and their defaults, and of numbers two that are equal and not the same."""
    register_all()
    irfuse.register_op("own::sliced", own.sliced)
    for zero in (0.0, -0.0):
        options = {"by": zero, **given}

        def chain(x: Tensor, w: Tensor, options: Any = options) -> Any:
            return torch.ops.own.quant(torch.ops.own.sliced(norm(x, w), **options), group=GROUP)

        assert check_same(functionalized(2)(Model(chain), (rows(6, COLUMNS),), ())) == ["norm_quant.group"]


def cut_by_tokens(x: Tensor, w: Tensor) -> Tensor:
    return torch.ops.own.sliced(norm(x, w), [x.shape[0], COLUMNS - x.shape[0]])


def test_a_size_among_numbers() -> None:
    """Of a size that has a name no meaning knows anything, so the call stays."""
    register_all()
    irfuse.register_op("own::sliced", own.sliced)
    report = analyse_graph(functionalized(2)(Model(cut_by_tokens), (rows(6, COLUMNS),), (0,)).graph).report
    reasons = {site.reason for site in (*report.missed, *report.norms) if site.op == "own.sliced.default"}
    assert reasons == {"its argument parts is no int[] that the graph spells out"}


def written_afterwards(x: Tensor, w: Tensor) -> Any:
    """A copy of what is written to later, which leaves as a tensor of its own."""
    kept = torch.ops.own.copied(x)
    x.add_(1)
    return torch.ops.own.quant(torch.ops.own.norm(kept, w), group=GROUP), kept, torch.ops.own.copied(x)


def test_a_meaning_that_copies() -> None:
    """What a copy leaves with is what was there before the write, and no view of it."""
    register_all()
    irfuse.register_op("own::copied", lambda x: x.clone())
    one = functionalized(2)(Model(written_afterwards), (rows(6, COLUMNS),), ())
    assert check_same(one) == ["norm_quant.group"]
    whole = with_calls(analyse_graph(one.graph), one.graph)
    arguments = copied(one.inputs)
    with torch.no_grad():
        results = [t for t in tree_leaves(whole(*arguments)) if isinstance(t, Tensor)]
    assert len({t.untyped_storage().data_ptr() for t in (*results, *arguments)}) == len(results) + len(arguments)


def test_unknown_without() -> None:
    """The test above can fail."""
    assert set(reasons(norm_quant)) == {"own.quant.default"}


def test_explained() -> None:
    register_all()
    with torch.no_grad():
        report = irfuse.explain(Model(norm_quant), rows(6, COLUMNS))
    assert report.counts() == {"norm_quant": {"group": 1}}


def test_what_is_not_fused_stays() -> None:
    """No quant reads the norm, so its node stays, and it is run as it was."""
    register_all()
    one = functionalized(2)(Model(torch.ops.own.norm), (rows(6, COLUMNS),), ())
    assert check_same(one) == [] and "own.norm" in str(one.graph.code)


def test_a_meaning_of_other_bits() -> None:
    """The op at hand has other numbers than its meaning says, in the last bit of a scale."""
    irfuse.register_op(
        "own.quant",
        lambda x, *, group, dtype: (quantised(x, group)[0], quantised(x, group)[1].nextafter(torch.zeros(()))),
    )
    assert "own.quant.default" in reasons(norm_quant)


def _reading_others(x: Tensor, *, group: int, dtype: torch.dtype) -> Any:
    q, scale = quantised(x, group, dtype)
    return q, scale * 2


@pytest.mark.parametrize(
    ("meaning", "reason"),
    [
        (_reading_others, "the numbers that it computes here are those of no reading that irfuse has of it"),
        (lambda x, *, group, dtype: quantised(x, group)[0], "its meaning gives 1 tensors, and it gives 2"),
        (
            lambda x, *, group, dtype: quantised(x, 64),
            "its meaning gives tensor<2048x8xf32>, where it gives tensor<2048x4xf32>",
        ),
        (
            lambda x, *, group, dtype: (x, quantised(x, group)[1]),
            "its meaning gives tensor<2048x512xbf16>, where it gives tensor<2048x512xf8E4M3FN>",
        ),
        (lambda x, *, group, dtype: (None, x), "its meaning gives (None, "),
        (
            lambda x, *, group, dtype: quantised(x.sort(-1)[0], group),
            "its meaning calls aten.sort.default, which irfuse does not know",
        ),
        (
            lambda x, *, group, dtype: quantised(x.add_(1), group),
            "its meaning writes to its arguments; let it return new values",
        ),
        (
            lambda x, *, group, dtype: quantised(x[1:].add_(1), group),
            "its meaning writes to its arguments; let it return new values",
        ),
        (lambda x, *, group, dtype: 1 // 0, "its meaning raises ZeroDivisionError: "),
        (
            lambda x, *, group, dtype: own.quant(x, group=group, dtype=dtype),
            "its meaning calls own.quant.default, which irfuse does not know",
        ),
        (
            lambda x, *, group, dtype: (quantised(x, group)[0],) * 2,
            "its meaning gives one tensor twice; let it give a clone",
        ),
    ],
)
def test_no_meaning(meaning: Callable[..., Any], reason: str) -> None:
    """Each call of the op stays, and the report says why."""
    irfuse.register_op("own::quant", meaning)
    assert reasons(norm_quant)["own.quant.default"].startswith(reason)


@pytest.mark.parametrize(
    ("meaning", "reason"),
    [
        (
            lambda x, w, eps: normed(x, w, eps) if x.shape[0] > 4 else x,
            "its meaning depends on a size that is not known",
        ),
        (
            lambda x, w, eps: normed(x.view(-1, 2, COLUMNS), w, eps).view(x.shape),
            "its meaning takes for granted what is not known of its sizes",
        ),
    ],
)
def test_sizes_of_which_nothing_is_known(meaning: Callable[..., Any], reason: str) -> None:
    """A meaning that asks for the number of tokens holds for none of them."""
    irfuse.register_op("own::norm", meaning)
    irfuse.register_op("own.quant.default", lambda x, *, group, dtype: quantised(x, group, dtype))
    one = functionalized(2)(Model(norm_quant), (rows(6, COLUMNS),), (0,))
    report = analyse_graph(one.graph).report
    assert {site.op: site.reason for site in (*report.missed, *report.norms)} == {"own.norm.default": reason}


def plus_one(x: Tensor) -> Tensor:
    return x + 1


define("plus_one(Tensor x) -> Tensor", plus_one, torch.empty_like)
define("two.one(Tensor x) -> Tensor", None)
define("two.other(Tensor x, Tensor y) -> Tensor", None)


@pytest.mark.parametrize(
    ("op", "error", "message"),
    [
        (
            plus_one,
            errors.NotAnOpError,
            r"<function plus_one at 0x\w+> is no op; give an overload such as",
        ),
        (torch.ops.own, errors.NotAnOpError, "is no op; give an overload such as torch.ops.mine.norm.default"),
        ("own::minus_one", errors.UnknownOpError, "there is no op 'own::minus_one' in this process; import first what"),
        ("minus one", errors.UnknownOpError, "there is no op 'minus one' in this process; import first what"),
        ("own", errors.NotAnOpError, "'own' is no op; give an overload such as torch.ops.mine.norm.default"),
        (torch.ops.own.two, errors.SeveralOverloadsError, "own.two has the overloads one, other; give one of them"),
        ("aten::neg", errors.SeveralOverloadsError, "aten.neg has the overloads default, out, .*; give one of"),
        (
            "aten::neg.default",
            errors.KnownOpError,
            "aten.neg.default has a meaning already, that of irfuse.aten; an",
        ),
    ],
)
def test_what_is_registered_is_an_op(op: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        irfuse.register_op(op, plus_one)


def test_registered_twice() -> None:
    irfuse.register_op("own::plus_one", plus_one)
    with pytest.raises(
        errors.KnownOpError, match=r"^own.plus_one.default has a meaning already, that of test_register_op"
    ):
        irfuse.register_op(torch.ops.own.plus_one, plus_one)


@pytest.mark.parametrize("meaning", [3, lambda: 0, lambda x, y: x, lambda *, x: x])
def test_what_cannot_be_called(meaning: Any) -> None:
    """The message shows the schema and what Python says."""
    with pytest.raises(
        errors.BadMeaningError, match=r"with the arguments of own.plus_one.default, \(Tensor x\) -> \(Tensor\)"
    ):
        irfuse.register_op("own::plus_one", meaning)


def test_in_inference_mode() -> None:
    register_all()
    with torch.inference_mode():
        report = irfuse.explain(Model(norm_quant), rows(6, COLUMNS))
    assert report.counts() == {"norm_quant": {"group": 1}}
