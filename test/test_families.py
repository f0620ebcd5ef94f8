"""The tables of benchmarks/models.py, of rows that need no model."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def families(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """benchmarks/models.py, whose name a module of the tests has too, without transformers, which takes seconds."""
    none = SimpleNamespace(BASE={}, FAMILIES={}, build=lambda family, scheme: {}[family])
    monkeypatch.setitem(sys.modules, "tiny_models", none)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "fp8_linears", SimpleNamespace(Fp8Linear=torch.nn.Linear))  # type: ignore[arg-type]
    monkeypatch.syspath_prepend(BENCHMARKS)
    spec = importlib.util.spec_from_file_location("families_of_transformers", BENCHMARKS / "models.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_both_tables_have_a_cell_for_each_header(families: ModuleType) -> None:
    chains = {name: n for n, name in enumerate(families.CHAINS, start=1)}
    missed = ["a reason (file.py:7-9, of.py:2)", "a reason", families.UNREPORTED]
    row = families.Row("llama", "group", "static", 18, chains, missed, ["unread at file.py:3"], 4, "equal", 2.4)
    head, line = families.text_table([row])
    cells = ["llama", "group", "static", "18", "1", "2", "3", "4", "5", "3", "4", "equal", "2"]
    starts = [head.index(header) for header in ("family", "scheme", "sizes", "quants", "missed", "outputs")]
    assert line.split() == cells and all(line[at - 1 : at] in ("", " ") and line[at] != " " for at in starts)
    page = families.document([row], "a command").splitlines()
    assert "| " + " | ".join(cells) + " |" in page and len(families.HEADERS) == len(cells)
    assert "| a reason | llama 2 |" in page and "| unread | llama 1 |" in page
    assert any(
        "1 families, 1 models run of 1; 18 quants, 15 fused, 3 missed; outputs equal in 1 of 1." in p for p in page
    )


def test_a_model_that_is_not_there_is_a_row_that_says_so(families: ModuleType) -> None:
    row = families.run("nobody", "group", False)
    assert row.outputs.startswith("not run: KeyError") and len(row.cells()) == len(families.HEADERS)
