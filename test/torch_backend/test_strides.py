"""Symbolic strides inside torch.compile: Triton must know whether they are aligned, and token counts stay free."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch._dynamo.backends.common import aot_autograd
from torch._inductor.utils import tensor_is_aligned
from torch.fx.experimental.symbolic_shapes import statically_known_true

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
