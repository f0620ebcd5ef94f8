"""The benchmark of kernels, as far as it runs without a GPU."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pytest
import torch

from irfuse.runtime.launch import FusedCall
from irfuse.torch_backend.graph_pass import analyse_graph, with_calls

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import chains
import kernels
import peers
import plots
from peers import Implementation, compiled
from peers.warm import Fault
from torch.fx.experimental.proxy_tensor import make_fx


@pytest.fixture
def without_gpu(monkeypatch):
    """Inputs on the CPU, and a clock that counts the calls that are timed."""
    timed = []
    monkeypatch.setattr(chains.Chain.inputs, "__defaults__", (0, "cpu"))
    monkeypatch.setattr(kernels, "microseconds", lambda calls: float(len(timed.append(calls) or timed)))
    monkeypatch.setattr(kernels, "stream_time", lambda size: 1.5)
    monkeypatch.setattr(kernels, "sets_for", lambda size: 2)
    return timed


@pytest.mark.parametrize("chain", chains.CHAINS, ids=lambda chain: chain.name)
def test_every_chain_is_one_fused_op(chain):
    traced = make_fx(chain.run)(*chain.inputs(4, device="cpu"))
    graph = with_calls(analyse_graph(traced), traced)
    assert sum(isinstance(node.target, FusedCall) for node in graph.graph.nodes) == 1


def test_peers_that_are_not_there_are_named_with_the_reason(tmp_path):
    there, absent = peers.load(
        ["eager", "aiter", "fla", "vllm", "nobody"], {"aiter": tmp_path, "fla": tmp_path, "vllm": tmp_path}
    )
    assert list(there) == ["eager"] and list(absent) == ["aiter", "fla", "vllm", "nobody"]
    assert absent["vllm"].startswith("FileNotFoundError: there is no vllm/_C*.so in")
    assert absent["nobody"].startswith("ModuleNotFoundError")


def test_a_wrong_result_is_refused_before_it_is_timed(without_gpu):
    chain = chains.CHAINS[0]
    implementations = [
        Implementation("right", chain.run, strict=True),
        Implementation("wrong", lambda x, z, w: chain.run(x, z, 1.5 * w)),
        Implementation("raises", lambda *inputs: 1 / 0),
    ]
    row = kernels.row_of(chain, 16, implementations, 1e12)
    assert row["results"]["right"] == {"microseconds": 1.0, "differ": 0, "of": 16 * 4096}
    assert "far from those of eager torch" in row["results"]["wrong"]["failed"]
    assert row["results"]["raises"] == {"failed": "ZeroDivisionError: division by zero"}
    assert len(without_gpu) == 1


def test_a_peer_may_round_elsewhere_but_irfuse_may_not():
    norm = chains.Chain("norm", chains.norm(128), ((1024,),), (1024,))
    x, w = norm.inputs(64, device="cpu")
    peer = chains.quant((chains.unit(x.float()) * w.float()).to(x.dtype), 128)
    chains.check_roughly("peer", peer, norm.run(x, w))
    with pytest.raises(RuntimeError, match="differ from eager torch"):
        chains.check("irfuse", peer, norm.run(x, w))


def test_an_implementation_that_writes_its_inputs_gets_copies(without_gpu):
    chain = next(c for c in chains.CHAINS if c.form == "add_norm")

    def in_place(x, residual, w):
        q, scales, total = chain.run(x, residual, w)
        return q, scales, residual.copy_(total)

    sets = [chain.inputs(4, device="cpu")]
    want = chain.run(*sets[0])
    assert "microseconds" in kernels.measured(Implementation("in place", in_place, writes_inputs=True), sets, want)
    assert all(torch.equal(a, b) for a, b in zip(sets[0], chain.inputs(4, device="cpu"), strict=True))


def test_a_chain_compiled_by_tokens_compiles_nothing_more():
    torch._dynamo.reset()
    chain = chains.CHAINS[0]
    with torch.no_grad():
        run = compiled.by_tokens(chain, "aot_eager", "cpu")
        for tokens in (1, 2, 64, 100):
            inputs = chain.inputs(tokens, device="cpu")
            chains.check("aot_eager", run(*inputs), chain.run(*inputs))
        with pytest.raises(RuntimeError, match="recompile"):
            run(*(t.float() for t in inputs))


def test_compiling_alone_runs_nothing(monkeypatch):
    torch._dynamo.reset()
    monkeypatch.setattr(compiled, "only_compile", True)
    with torch.no_grad(), pytest.raises(compiled.StoppedError):
        compiled.by_tokens(chains.CHAINS[0], "aot_eager", "cpu")(*chains.CHAINS[0].inputs(64, device="cpu"))


@pytest.fixture
def data(without_gpu, tmp_path, capsys):
    """What is written of one chain, and its file."""
    made = {
        "about": {"gpu": "a GPU", "torch": "2", "triton": "3", "empty": 2.0, "limit": 1e12},
        "absent": {},
        "rows": [],
    }
    options = argparse.Namespace(only=[chains.CHAINS[0].name], tokens=[1, 16], limit=None, json=tmp_path / "times.json")
    there, _ = peers.load(["eager"], {})
    there["irfuse"] = lambda chain: [Implementation("irfuse", chain.run), Implementation("broken", None)]
    there["other"] = lambda chain: []
    faults = [Fault(chains.CHAINS[0].name, "broken", 16, "illegal access")]
    kernels.measure(options, there, faults, made)
    assert json.loads(options.json.read_text()) == made
    return made, capsys.readouterr().out.splitlines()


def test_the_table_has_a_line_for_each_number_of_tokens(data):
    lines = data[1]
    assert lines[:2] == ["", "### gated H=32 D=G=128"]
    assert lines[3] == "| tokens | MB | limit | stream | eager | irfuse | irfuse / limit | broken |"
    assert lines[5:8] == [
        "| 1 | 0.02 | 0.02 | 1.50 | 1.00 | 2.00 | 95.86 | failed |",
        "| 16 | 0.33 | 0.33 | 1.50 | 3.00 | 4.00 | 12.12 | failed |",
        "| fp8 bytes that differ |  |  |  | 0.0e+00 | 0.0e+00 |  |  |",
    ]
    assert lines[9] == "- broken, 1 tokens: failed: TypeError: 'NoneType' object is not callable"
    assert lines[10] == "- broken, 16 tokens: failed: illegal access"
    assert lines[-1] == "- without other: no kernel for this chain"


def test_it_stops_at_the_limit(without_gpu, capsys):
    options = argparse.Namespace(only=None, tokens=None, limit=1e-9, json=None)
    kernels.measure(options, {}, [], {"about": {"limit": 1e12}, "rows": []})
    assert "stopped after 1e-09 seconds" in capsys.readouterr().out


def test_the_plot_has_what_was_measured(data, tmp_path):
    assert plots.series(data[0]["rows"]) == {"eager": ([1, 16], [1.0, 3.0]), "irfuse": ([1, 16], [2.0, 4.0])}
    pytest.importorskip("matplotlib")
    file = tmp_path / "times.svg"
    assert plots.draw(data[0], file) == f"plot: {file}"
    assert file.read_text().count("irfuse") == 1
    assert plots.draw(data[0], file, only=["none"]) == "no plot: nothing was measured"


def test_without_matplotlib_it_says_what_to_install(data, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert "pip install irfuse[bench]" in plots.draw(data[0], tmp_path / "times.svg")
