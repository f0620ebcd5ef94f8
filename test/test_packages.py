"""The benchmark of quantisation packages, without the packages: schemes in torch's own ops stand for theirs."""

from __future__ import annotations

import sys
from pathlib import Path
from types import MethodType
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import packages
from package_schemes import SCHEMES, Scheme


def by_tokens(x: torch.Tensor) -> torch.Tensor:
    scale = (x.abs().amax(-1, keepdim=True) / 448.0).clamp(min=1e-6)
    return (x / scale).clamp(-448.0, 448.0).to(torch.float8_e4m3fn).to(x.dtype) * scale


def quantises(by: Any) -> Any:
    """A scheme that quantises what a linear reads by a function."""

    def apply(block: nn.Module) -> None:
        def forward(linear: nn.Linear, x: torch.Tensor) -> torch.Tensor:
            return F.linear(by(x), linear.weight)

        block.linear.forward = MethodType(forward, block.linear)

    return apply


def broken(x: torch.Tensor) -> torch.Tensor:
    torch._dynamo.graph_break()
    return by_tokens(x)


def absent(_block: nn.Module) -> None:
    raise ImportError("no such package\nat all")


@pytest.fixture(scope="module")
def rows() -> dict[str, packages.Row]:
    """What becomes of a scheme that is fused, one with a graph break, one that quantises nothing, and one absent."""
    made = {"fused": quantises(by_tokens), "broken": quantises(broken), "none": lambda _block: None, "absent": absent}
    return {name: packages.run(Scheme("torch", name, apply, stands_in=name == "none")) for name, apply in made.items()}


def test_a_scheme_that_is_fused(rows: dict[str, packages.Row]) -> None:
    chains = ["norm_quant", "add_norm_quant", "gated_norm_quant", "act_mul_quant"]
    assert rows["fused"].cells() == ["torch", "fused", *chains, "equal", "0"]
    assert rows["fused"].reasons == {} and rows["fused"].fused() == 4


def test_a_graph_break_is_named_with_its_line(rows: dict[str, packages.Row]) -> None:
    assert rows["broken"].cells()[2:] == ["quant"] * 4 + ["equal", "1"] and rows["broken"].fused() == 0
    ((line, reason, where),) = packages.where_by_break([*rows.values()])
    assert line.endswith(f"test_packages.py:{broken.__code__.co_firstlineno + 1}")
    assert reason.startswith("Dynamo ended the graph") and where == "torch broken"
    assert "irfuse.rms_norm: its result is not quantised, it leaves the graph" in rows["broken"].reasons


def test_what_quantises_nothing_is_not_seen(rows: dict[str, packages.Row]) -> None:
    assert rows["none"].cells()[1:] == ["none*", *["not seen"] * 4, "equal", "0"] and rows["none"].fused() == 0


def test_a_package_that_cannot_be_used_is_a_row_that_says_so(rows: dict[str, packages.Row]) -> None:
    assert rows["absent"].cells() == ["torch", "absent", *["not run"] * 4, "", "0"]
    reasons = dict(packages.where_by_reason([rows["absent"]]))
    assert reasons == {"not run: ImportError: no such package": "torch absent"}


def test_outputs_that_differ_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "same", lambda a, b: False)
    monkeypatch.setattr(packages, "BLOCKS", {"norm": packages.Norm})
    monkeypatch.setattr(packages, "chosen", lambda only: [Scheme("torch", "fused", quantises(by_tokens))])
    monkeypatch.setattr(sys, "argv", ["packages.py"])
    monkeypatch.setattr(sys, "path", [str(Path(packages.__file__).parent), *sys.path])
    assert packages.main() == 1


def test_the_page(rows: dict[str, packages.Row]) -> None:
    page = packages.document([*rows.values()], "a command")
    assert "```\na command\n```" in page and "| torch | fused | norm_quant |" in page
    assert "4 schemes, 12 blocks run of 16; in 4 of 12 the quant is fused" in page
    for part in ("## What is missed", "## Graph breaks", "## What would help"):
        assert part in page
    assert "nobody is not installed" in packages.versions([packages.Row(Scheme("nobody", "", absent))])


def test_schemes_are_chosen_by_their_names() -> None:
    assert packages.chosen([]) == list(SCHEMES)
    assert {s.package for s in packages.chosen(["torchao"])} == {"torchao"}
    assert len({(s.package, s.name) for s in SCHEMES}) == len(SCHEMES)
