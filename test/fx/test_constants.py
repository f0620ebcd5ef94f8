"""Numbers that a graph keeps in tensors: behind what moves and casts them, and on another device. No GPU is needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, fx
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from xdsl.context import Context

from irfuse import dialect as d
from irfuse.fx.constants import constants_of
from irfuse.import_fx import to_ir
from irfuse.passes.raise_aten import RaiseAtenPass

HALF = torch.tensor(0.5)
BITS = torch.tensor(0x3F000000, dtype=torch.int32)
FORMS: dict[str, tuple[Tensor, Callable[[Tensor, torch.device], Tensor]]] = {
    "as it is": (HALF, lambda n, device: n),
    "bits": (BITS, lambda n, device: n.view(torch.float32)),
    "f64": (HALF.double(), lambda n, device: n),
    "cast": (HALF.double(), lambda n, device: n.float()),
    "copied": (HALF, lambda n, device: n.clone().detach()),
    "moved": (HALF, lambda n, device: n.to(device)),
    "moved and cast": (HALF.double(), lambda n, device: n.to(device, torch.float32)),
    "shaped and moved": (HALF, lambda n, device: n.reshape(1).unsqueeze(0).to(device)),
    "moved and expanded": (HALF, lambda n, device: n.to(device).expand(4, 1)),
}


def traced(f: Callable[[Tensor, Tensor], Tensor], number: Tensor, device: str) -> fx.GraphModule:
    """The graph of a function of rows on a fake device and of a number on the CPU, which the module keeps."""
    with FakeTensorMode() as mode:
        graph = make_fx(f)(torch.empty(4, 8, device=device), mode.from_tensor(number))
    given = graph.graph.find_nodes(op="placeholder")[1]
    graph.register_buffer("number", number)
    with graph.graph.inserting_before(given):
        kept = graph.graph.get_attr("number")
    kept.meta = dict(given.meta)
    given.replace_all_uses_with(kept)
    graph.graph.erase_node(given)
    return graph


def last_of(f: Callable[[Tensor, Tensor], Tensor], number: Tensor, device: str) -> str:
    """What raise-aten makes of the last node that computes."""
    module = to_ir(traced(f, number, device))
    RaiseAtenPass().apply(Context(), module)
    module.verify()
    return [str(op) for op in module.walk() if isinstance(op, (d.AddOp, d.DivOp, d.OpaqueOp))][-1]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("form", FORMS)
def test_a_number_is_a_number(form: str, device: str) -> None:
    number, through = FORMS[form]
    last = last_of(lambda x, n: x + through(n, x.device), number, device)
    assert "irfuse.add" in last and "scalar 5.0" in last


def test_a_divisor_on_the_cpu_is_a_number_on_a_gpu() -> None:
    """There torch multiplies by its reciprocal; by a divisor on the GPU itself, and on CPUs, it divides."""
    three = torch.tensor(3.0)
    last = last_of(lambda x, n: x / n, three, "cuda")
    assert "irfuse.div" in last and "scalar 3.0" in last
    for last in (last_of(lambda x, n: x / n, three, "cpu"), last_of(lambda x, n: x / n.to(x.device), three, "cuda")):
        assert "irfuse.div" in last and "scalar" not in last


@pytest.mark.parametrize("number", [2**24 + 1, 2**53 + 1])
def test_integers_keep_all_their_bits(number: int) -> None:
    graph = traced(lambda x, n: x + n, torch.tensor(number), "cuda")
    assert [c.item() for c in constants_of(graph).values()] == [number]
    exact = number < 2**53
    assert ("irfuse.add" in last_of(lambda x, n: x + n, torch.tensor(number), "cuda")) is exact


def test_a_number_that_is_written_to_is_none() -> None:
    assert constants_of(traced(lambda x, n: x + n.clone().add_(1.0), HALF, "cpu")) == {}
