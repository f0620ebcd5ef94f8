"""irfuse's own time grows with the number of nodes and no faster, and starting loads what is used and no more."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from irfuse.pipeline import uncollected
from irfuse.tool.targets import TARGETS
from irfuse.tool.universe import TARGET_NAMES, UNIVERSE

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from compile_time import BLOCKS, TEN_OPS, per_node, repeated

from irfuse.torch_backend.graph_pass import analyse_graph

MOST_GROWTH = 2.0
"""Far beyond what a busy machine adds, and far below five, which a quadratic step in all nodes would come to."""
MOST_MICROSECONDS = 3000.0
MOST_SECONDS = 5.0


@pytest.fixture(scope="module", autouse=True)
def frozen() -> Iterator[None]:
    """What other files have left in the process is not looked through again before every measurement."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("name", BLOCKS)
def test_a_node_takes_no_longer_in_a_large_graph(name: str, dynamic: bool) -> None:
    """The time per node at 500 and at 2,500 nodes, each the least of three runs."""
    per_node(BLOCKS[name], 500, 1, dynamic=dynamic)
    small, large = (per_node(BLOCKS[name], nodes, 3, dynamic=dynamic)[1] for nodes in (500, 2500))
    assert large < MOST_GROWTH * small
    assert large < MOST_MICROSECONDS


@pytest.mark.parametrize("dynamic", [False, True])
def test_what_is_measured_is_fused(dynamic: bool) -> None:
    """Each layer of the benchmark has its chains, however many layers there are."""
    counts = [
        len(analyse_graph(repeated(BLOCKS["decoder"], nodes, dynamic=dynamic)).report.fused) for nodes in (1, 700)
    ]
    assert counts[0] > 0
    assert counts[1] % counts[0] == 0 and counts[1] > 5 * counts[0]


def test_the_tool_starts_fast() -> None:
    """A text of 10 ops, in a new process."""
    start = time.perf_counter()
    tool = [str(Path(sys.executable).with_name("irfuse-opt"))]
    done = subprocess.run(tool, input=TEN_OPS, capture_output=True, text=True, check=True)
    assert done.stdout.count("irfuse.exp") == 9
    assert time.perf_counter() - start < MOST_SECONDS


def test_kernels_are_not_loaded_to_start() -> None:
    """The generation of kernels is loaded by the targets, and stock tools know all of them."""
    code = "import sys, irfuse.tool.opt; sys.exit('irfuse.lower_triton' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    assert set(TARGET_NAMES) == set(TARGETS) == set(UNIVERSE.all_targets)
    assert all(UNIVERSE.all_targets[name]() is TARGETS[name]() for name in TARGET_NAMES)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_it_was(enabled: bool) -> None:
    """It rests while a function runs, and is what it was before also where that raises."""

    @uncollected
    def fails() -> None:
        assert not gc.isenabled()
        raise KeyError

    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with pytest.raises(KeyError):
            fails()
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
