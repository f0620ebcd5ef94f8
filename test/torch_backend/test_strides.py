"""Symbolic strides inside torch.compile: Triton must know whether they are aligned, and token counts stay free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from models import check_same, group_quant, rows
from torch._dynamo.backends.common import aot_autograd
from torch._inductor.utils import tensor_is_aligned
from torch.fx.experimental.symbolic_shapes import statically_known_true

import irfuse
from irfuse.torch_backend.graph_pass import ALIGNMENT, guard_alignment


def compiled_with_guards(known: list[bool]) -> Any:
    """A function compiled with guarded strides; for each graph, whether its input's rows are known to be aligned."""

    def compiler(gm: torch.fx.GraphModule, inputs: list[Any]) -> Any:
        (x,) = (v for v in inputs if isinstance(v, torch.Tensor))
        guard_alignment([x])
        known.append(statically_known_true(x.stride(0) % ALIGNMENT == 0) and tensor_is_aligned(x))
        return gm.forward

    torch._dynamo.reset()
    return torch.compile(lambda x: 2 * x, backend=aot_autograd(fw_compiler=compiler))


def sliced(rows: int, width: int) -> torch.Tensor:
    """32 columns of rows of a width, 16 bytes from their start, for any number of rows."""
    x = torch.randn(rows, width)[:, 4:36]
    torch._dynamo.mark_dynamic(x, 0)
    return x


@pytest.mark.parametrize(
    ("widths", "known"),
    [((64, 96, 4096), [True]), ((72, 40), [False]), ((64, 72, 96, 40), [True, False])],
    ids=["aligned", "not aligned", "both"],
)
def test_a_graph_for_aligned_strides_and_one_for_others(widths: tuple[int, ...], known: list[bool]) -> None:
    found: list[bool] = []
    run = compiled_with_guards(found)
    with torch.no_grad():
        for rows, width in enumerate(widths, start=5):
            x = sliced(rows, width)
            assert torch.equal(run(x), 2 * x)
    assert found == known


def test_strides_that_are_sizes_are_left_alone() -> None:
    found: list[bool] = []
    run = compiled_with_guards(found)
    with torch.no_grad():
        for rows in (16, 17, 32):
            x = torch.randn(64, rows).t()
            torch._dynamo.mark_dynamic(x, 0)
            x = run(x)
    assert found == [False]


JOINED: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "product": lambda x, y: x * y,
    "sum of f32": lambda x, y: x.float() + y,
    "choice": lambda x, y: torch.where(x > 0, x, y),
    "gate": lambda x, y: torch.sigmoid(x) * y.abs(),
}


@pytest.mark.parametrize("transposed_first", [True, False])
@pytest.mark.parametrize("name", JOINED)
def test_what_is_joined_of_two_layouts_is_read_where_it_has_rows(name: str, transposed_first: bool) -> None:
    """torch lays the result out as the first of them, or as the reshape's copy of it does."""

    def function(x: torch.Tensor, y: torch.Tensor) -> Any:
        operands = (x.transpose(1, 2), y) if transposed_first else (y, x.transpose(1, 2))
        return group_quant(JOINED[name](*operands).transpose(1, 2).reshape(-1, 256).to(torch.bfloat16))

    torch._dynamo.reset()
    compiled = torch.compile(function, backend="irfuse", options={"irfuse.rest": "eager"})
    check_same(compiled, function, (rows(2, 24, 256), rows(2, 256, 24, seed=2)))
    report = irfuse.reports()[-1]
    assert len(report.fused) == 1 and not report.missed, str(report)
