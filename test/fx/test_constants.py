"""Numbers that a graph keeps in tensors: behind what moves and casts them, and on another device. No GPU is needed."""

from __future__ import annotations

from base64 import b64encode
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
from irfuse.torch_backend.body_op import _module

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


NANS = {
    torch.float32: (0x7FC00000, -0x400000, -4141499, 0x7F800001),
    torch.float16: (0x7E00, -0x200, 0x7E04, 0x7C01),
    torch.bfloat16: (0x7FC0, -0x40, -1, 0x7F81),
    torch.float64: (0x7FF8 << 48, -(0x8 << 48), -(0x8 << 48) + 5),
}
"""Bits of NaN: the usual one, with a sign, with a payload, and signalling ones, which a conversion makes quiet."""


@pytest.mark.parametrize("dtype", NANS, ids=str)
def test_a_nan_keeps_its_bits_or_is_no_number(dtype: torch.dtype) -> None:
    """What the IR holds of a NaN in a tensor gives its very bits, also after a round trip through text."""
    kind = {8: torch.int64, 4: torch.int32, 2: torch.int16}[dtype.itemsize]
    for bits in NANS[dtype]:
        number = torch.tensor(bits, dtype=kind).view(dtype)
        module = to_ir(traced(lambda x, n: n.clone(), number, "cpu"))
        full = next((op for op in module.walk() if isinstance(op, d.FullOp)), None)
        assert full is not None or bits != NANS[dtype][0], "no number, though a double has it"
        again = _module(b64encode(str(module).encode()).decode())
        for held in (full, next((op for op in again.walk() if isinstance(op, d.FullOp)), None)):
            made = number if held is None else torch.full((), held.value.value.data, dtype=dtype)
            assert made.view(kind).item() == bits
