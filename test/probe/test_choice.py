"""Which reading of an op is taken: that whose bits the op at hand has, asked once; else none, with the reason."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import vendor_ops as vendor
from representations import functionalized
from torch import Tensor, fx, nn

from irfuse import dialect as d
from irfuse.import_fx import load_pt2, to_ir
from irfuse.probe import choice
from irfuse.probe.choice import _is_implemented, _share_of_others
from irfuse.torch_backend.graph_pass import analyse_graph
from irfuse.vendor import TABLE
from irfuse.vendor.calls import NOT_ASKED

NORM, QUANT = "_C.rms_norm.default", "vllm.rocm_aiter_per_token_quant.default"
ops: Any = torch.ops
X = torch.randn(4, 128, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16)


class Norm(nn.Module):
    """A norm of vLLM's library and a quant of AITER."""

    def forward(self, x: Tensor) -> Any:
        result = torch.empty_like(x)
        ops._C.rms_norm(result, x, x[0].clone(), 1e-6)
        return ops.vllm.rocm_aiter_per_token_quant(result, torch.float8_e4m3fn)


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "_ANSWERS", {})


def run_as(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]) -> list[int]:
    """Let the norm run by some code; returns a list that grows by 1 with each run."""
    runs: list[int] = []

    def counted(*given: Any) -> Any:
        runs.append(1)
        return run(*given)

    monkeypatch.setitem(vendor.KERNELS, NORM, [counted])
    monkeypatch.setitem(vendor.RUNNING, NORM, 0)
    return runs


@cache
def graph(tokens: int = 4, columns: int = 128, dtype: torch.dtype = torch.bfloat16) -> fx.GraphModule:
    """The graph of both ops, which are run where it is captured."""
    x = torch.randn(tokens, columns, generator=torch.Generator().manual_seed(0)).to(dtype)
    return functionalized(2)(Norm(), (x,), ()).graph


def readings(gm: fx.GraphModule) -> dict[str, int | None]:
    """What the import says of each op of the table."""
    found = {}
    for op in to_ir(gm).walk():
        if isinstance(op, d.OpaqueOp) and (name := op.target.data.rpartition(":")[2]) in TABLE:
            found[name] = None if op.reading is None else op.reading.value.data
    return found


def missed(gm: fx.GraphModule) -> dict[str, str]:
    """The reason of each site that is missed."""
    return {site.op: site.reason for site in analyse_graph(gm).report.missed}


@pytest.mark.parametrize("number", [0, 1])
def test_what_is_measured(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    gm = graph()
    monkeypatch.setitem(vendor.RUNNING, NORM, number)
    assert readings(gm) == {NORM: number, QUANT: 0}


def test_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many calls, graphs and tokens; again for another type or other columns."""
    graphs = [graph(), graph(), graph(tokens=6), graph(dtype=torch.float16), graph(columns=64)]
    runs = run_as(monkeypatch, vendor.KERNELS[NORM][0])
    for gm, count in zip(graphs, (1, 1, 1, 2, 3), strict=True):
        readings(gm)
        assert len(runs) == count


def test_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other numbers in one entry of a million are others."""

    gm, known = graph(), vendor.KERNELS[NORM][0]

    def other(result: Tensor, x: Tensor, weight: Tensor, eps: float) -> None:
        known(result, x, weight, eps)
        result.view(-1)[12345] += 1.0

    run_as(monkeypatch, other)
    assert missed(gm)[NORM] == "the numbers that it computes here are those of no reading that irfuse has of it"


def test_one_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_given: Any) -> None:
        raise NotImplementedError("no such rows\nand more")

    gm = graph()
    run_as(monkeypatch, refuses)
    assert missed(gm)[NORM] == "tried on rows, it raises NotImplementedError: no such rows"


def test_one_that_writes_to_what_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    def behind_its_schema(result: Tensor, x: Tensor, weight: Tensor, eps: float) -> None:
        norm(result, x, weight, eps)
        x[-1] = 0.0

    gm, norm = graph(), vendor.KERNELS[NORM][0]
    run_as(monkeypatch, behind_its_schema)
    assert missed(gm)[NORM] == "it writes to its argument input, of which its schema does not say so"


def test_no_reading_of_such_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is that of the first."""
    gm = graph()
    monkeypatch.setitem(vendor.KERNELS, QUANT, [lambda x, *_: (x, x)])
    assert missed(gm)[QUANT] == "its codes are bf16"


def test_no_implementation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first reading; none for an op that must be asked."""
    monkeypatch.setattr(choice, "_is_implemented", lambda *_given: False)
    assert readings(graph()) == {NORM: None, QUANT: None}
    assert missed(graph())[QUANT] == NOT_ASKED


def test_what_is_an_implementation() -> None:
    """Of a device, or of all; fake ones alone are none, and what is on a GPU is left alone where there is none."""
    library = torch.library.Library("implemented", "FRAGMENT")
    for name, key in (("here", "CPU"), ("anywhere", "CompositeExplicitAutograd"), ("nowhere", "")):
        library.define(f"{name}.way(Tensor x) -> Tensor")
        torch.library.register_fake(f"implemented::{name}.way", lambda x: x, lib=library)
        if key:
            library.impl(f"{name}.way", lambda x: x.clone(), key)
    found = [_is_implemented(getattr(ops.implemented, name).way, X.device) for name in ("here", "anywhere", "nowhere")]
    assert found == [True, True, False]
    assert not _is_implemented(ops.implemented.anywhere.way, torch.device("meta"))
    if not torch.cuda.is_available():
        assert not _is_implemented(ops.implemented.anywhere.way, torch.device("cuda"))


def test_in_another_thread_and_under_another_default_device() -> None:
    gm, found = graph(), list[Any]()

    def work() -> None:
        with torch.device("meta"):
            found.append(readings(gm))

    thread = threading.Thread(target=work)
    thread.start(), thread.join()
    assert found == [{NORM: 0, QUANT: 0}]


def test_in_a_compilation() -> None:
    """Inside of torch.compile's backend, with autocast and gradients on."""
    before = torch.get_rng_state()
    with torch.no_grad(), torch.autocast("cpu"):
        wanted = Norm()(X)
        found = torch.compile(Norm(), backend="irfuse", options={"irfuse.rest": "eager"})(X)
    assert all(torch.equal(a.float(), b.float()) for a, b in zip(wanted, found, strict=True))
    assert torch.equal(before, torch.get_rng_state())


def test_a_saved_program(tmp_path: Path) -> None:
    """What is loaded is asked in this process."""
    program = torch.export.export(Norm(), (X,)).run_decompositions({})
    torch.export.save(program, tmp_path / "norm.pt2")
    with (tmp_path / "norm.pt2").open("rb") as file:
        text = str(load_pt2(file))
    assert f'"{QUANT}" node "rocm_aiter_per_token_quant" quantises reading 0' in text


def test_shares_of_others() -> None:
    """NaN is NaN, 0.0 is not -0.0; some last bits of f32 where they are no part of a meaning."""
    a, b = torch.tensor([0.0, torch.nan, 1.0, 2.0]), torch.tensor([-0.0, torch.nan, 1.0 + 2**-22, 2.0])
    assert _share_of_others(a, b, 0.0) == 0.5 and _share_of_others(a, b, 2.0**-20) == 0.0
    assert _share_of_others(a, b.half(), 0.0) == _share_of_others(a, b[:2], 0.0) == 1.0
