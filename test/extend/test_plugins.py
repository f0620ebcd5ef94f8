"""Packages that bring ops by an entry point: the example, and one that cannot be loaded."""

from __future__ import annotations

import sys
import tomllib
import warnings
from pathlib import Path

import pytest
import torch
from models import rows
from representations import check_same, functionalized
from torch import Tensor, nn

from irfuse.errors import PluginWarning
from irfuse.extend.identity import identity
from irfuse.extend.plugins import GROUP, files_of, load_plugins
from irfuse.tool.opt import main

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_op"
ROWS, MADE = "tensor<6x256xbf16>", "tensor<6x256xi8>, tensor<6x1xf32>"
TEXT = f"""func.func @f(%x: {ROWS}) -> ({MADE}) {{
  %q, %s = irfuse.opaque "own_op.quant.default" (%x) call<x0> : ({ROWS}) -> ({MADE})
  return %q, %s : {MADE}
}}"""


def install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, points: dict[str, str], version: str = "1"
) -> None:
    """What pip writes of a package beside its modules."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *(f"{n} = {v}" for n, v in points.items())]))
    monkeypatch.syspath_prepend(str(folder))


@pytest.fixture
def _example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    install(tmp_path, monkeypatch, project["name"], project["entry-points"][GROUP])
    monkeypatch.syspath_prepend(str(EXAMPLE))


class Model(nn.Module):
    """A norm before the example's quant."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.ops.own_op.quant(torch.rms_norm(x, (256,), None, 1e-6))


@pytest.mark.usefixtures("_example")
def test_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its op is fused in a graph and in a text, and its lines are few."""
    load_plugins()
    one = functionalized(2)(Model(), (rows(6, 256),), (0,))
    assert check_same(one) == ["norm_quant.token"]
    text = tmp_path / "text.mlir"
    text.write_text(TEXT)
    main([str(text), "--raise-aten", "--raise-named", "--fuse-quant"])
    assert "irfuse.fused " in capsys.readouterr().out
    assert sum(len(path.read_text().splitlines()) for path in EXAMPLE.glob("*.*")) < 60


def test_one_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One warning names it, once; the next is loaded all the same, and that it failed is in the keys of caches."""
    before = identity()
    monkeypatch.setattr("irfuse.extend.plugins._DONE", set())
    (tmp_path / "broken_plugin.py").write_text("raise RuntimeError('no such GPU')")
    (tmp_path / "good_plugin.py").write_text("RUNS = []\ndef register():\n    RUNS.append(1)\n")
    points = {"a": "broken_plugin", "b": "good_plugin:register", "c": "absent_plugin", "d": "good_plugin"}
    install(tmp_path, monkeypatch, "plugins", points)
    with pytest.warns(PluginWarning) as caught:
        load_plugins()
    assert [str(w.message) for w in caught] == [
        'irfuse: the plug-in "a", broken_plugin, is left out: RuntimeError: no such GPU',
        "irfuse: the plug-in \"c\", absent_plugin, is left out: ModuleNotFoundError: No module named 'absent_plugin'",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_plugins()
    assert sys.modules["good_plugin"].RUNS == [1] and identity() not in (None, before)


@pytest.mark.parametrize("change", ["version", "source"])
def test_other_version(change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of a package, or another source, is another identity."""
    found = []
    for number in "12":
        folder = tmp_path / number
        folder.mkdir()
        monkeypatch.setattr("irfuse.extend.plugins._DONE", set())
        monkeypatch.setattr("irfuse.extend.plugins._LOADED", [])
        (folder / f"plugin_{change}.py").write_text(f"X = {number if change == 'source' else 0}")
        install(folder, monkeypatch, "other", {"a": f"plugin_{change}"}, number if change == "version" else "1")
        monkeypatch.delitem(sys.modules, f"plugin_{change}", raising=False)
        files_of.cache_clear()
        found.append(identity())
    assert None not in found and found[0] != found[1]
