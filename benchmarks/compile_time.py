"""What irfuse itself takes of a compilation: a share of torch.compile, microseconds per node of large graphs, startup.

    python benchmarks/compile_time.py [--nodes 1000 10000 100000] [--runs 3] [--skip-model]

irfuse's own time is that of its pass over one FX graph: import, passes, lowering and export. It is measured in a
torch.compile of a tiny 2-layer Qwen3-Next (tiny_models.py) with nothing cached, and on graphs that repeat a block: a
decoder layer with norms, gates, quants and matmuls, ops that irfuse does not know, norms between matmuls, and norms on
a residual stream. Times of graphs are CPU time, the least of the runs; *growth* compares the time per node with that of
the smallest graph.
"""

from __future__ import annotations

import argparse
import gc
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import fx
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv, StatelessSymbolicContext

from irfuse.torch_backend import backend
from irfuse.torch_backend.graph_pass import analyse_graph, inline

FP8, FP8_MAX, GROUP, WIDTH = torch.float8_e4m3fn, 448.0, 128, 256
Block = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""A function of rows ``[n, 256]``, a vector and a square matrix, all bf16, that returns such rows."""
TEN_OPS = """func.func @f(%x0: tensor<4x128xf32>) -> tensor<4x128xf32> {
LINES  return %x9 : tensor<4x128xf32>
}
""".replace("LINES", "".join(f"  %x{i + 1} = irfuse.exp %x{i} : tensor<4x128xf32>\n" for i in range(9)))


def quantised_matmul(y: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
    """Rows in fp8 with a scale for each group, times a matrix."""
    groups = y.view(y.shape[0], -1, GROUP)
    scales = (groups.abs().amax(-1, keepdim=True).float() / FP8_MAX).clamp(min=1e-10)
    q = (groups / scales).clamp(-FP8_MAX, FP8_MAX).to(FP8)
    back = torch.ops.aten.view_as_complex.default((q.view(y.shape).float() @ m.float()).view(y.shape[0], -1, 2))
    return torch.ops.aten.view_as_real.default(back).view(y.shape).to(y.dtype)


def normed(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """RMSNorm in the order of Llama."""
    h = x.float()
    return w * (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-6)).to(x.dtype)


def decoder(x: torch.Tensor, w: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
    """A layer: norm and quant, gated norm and quant, residual norm and quant, product with an activation and quant."""
    a = quantised_matmul(normed(x, w), m)
    heads = a.view(-1, GROUP)
    gated = normed(heads, w[:GROUP]) * F.silu(x.reshape(-1, GROUP).float())
    x = x + quantised_matmul(gated.to(x.dtype).view(x.shape), m)
    h = quantised_matmul(normed(x, w), m)
    return x + quantised_matmul(F.silu(h) * (h @ m), m)


def opaque(x: torch.Tensor, w: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
    """Ops that irfuse carries and does not know, several of which return tuples."""
    values, order = torch.sort(x @ m, dim=-1)
    y = torch.gather(x.cumsum(-1), 1, order) + torch.topk(values, WIDTH, dim=-1)[0]
    left, right = (y.roll(1, 0).flip(-1) @ m).split(WIDTH // 2, dim=-1)
    return torch.cat([right.tril(), left.cumprod(0)], -1).masked_fill(y.isnan(), 0.0).softmax(-1).to(x.dtype) * w


def norms(x: torch.Tensor, w: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
    """Norms that no quant follows, between matmuls."""
    return normed(normed(x, w) @ m, w) @ m


def stream(x: torch.Tensor, w: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
    """A residual stream on which no op stands that irfuse does not know."""
    return x + F.silu(normed(x, w))


BLOCKS: dict[str, Block] = {"decoder": decoder, "opaque": opaque, "norms": norms, "stream": stream}


def repeated(block: Block, nodes: int, *, dynamic: bool = False) -> fx.GraphModule:
    """A graph of about this many nodes: a block on what the block before it gave."""
    inputs = [torch.zeros(shape, dtype=torch.bfloat16) for shape in ((16, WIDTH), (WIDTH,), (WIDTH, WIDTH))]
    mode = FakeTensorMode(shape_env=ShapeEnv())
    rows_only = [DimDynamic.DYNAMIC if dynamic else DimDynamic.STATIC, DimDynamic.STATIC]
    contexts = (StatelessSymbolicContext(dynamic_sizes=rows_only), None, None)
    fakes = [
        mode.from_tensor(t, static_shapes=c is None, symbolic_context=c) for t, c in zip(inputs, contexts, strict=True)
    ]
    with mode:
        traced = make_fx(block)(*fakes).graph
    body = [n for n in traced.nodes if n.op not in ("placeholder", "output")]
    (end,) = traced.output_node().all_input_nodes
    graph = fx.Graph()
    rows, *weights = traced.find_nodes(op="placeholder")
    placed = {n: graph.node_copy(n) for n in (rows, *weights)}
    for _ in range(max(1, nodes // len(body))):
        for node in body:
            placed[node] = graph.node_copy(node, placed.__getitem__)
        placed[rows] = placed[end]
    graph.output((placed[end],))
    return fx.GraphModule(torch.nn.Module(), graph)


def seconds_of_graph(gm: fx.GraphModule) -> float:
    """The CPU time of irfuse's pass over a graph, which it changes."""
    gc.collect()
    start = time.process_time()
    inline(analyse_graph(gm), gm.graph)
    return time.process_time() - start


def per_node(block: Block, nodes: int, runs: int, *, dynamic: bool = False) -> tuple[int, float]:
    """The number of nodes of a graph, and the microseconds that one takes: the least of some runs."""
    times: list[float] = []
    for _ in range(runs):
        gm = repeated(block, nodes, dynamic=dynamic)
        count = len(gm.graph.nodes)
        times.append(seconds_of_graph(gm))
    return count, min(times) / count * 1e6


def share_of_compilation() -> tuple[int, float, float]:
    """Nodes of the graphs of a tiny Qwen3-Next, and the seconds that irfuse and all of torch.compile take."""
    from tiny_models import BASE, build

    nodes, own = 0, 0.0
    run = backend.IrfusePass.__call__

    def timed(graph_pass: backend.IrfusePass, graph: fx.Graph) -> None:
        nonlocal nodes, own
        nodes, start = nodes + len(graph.nodes), time.perf_counter()
        run(graph_pass, graph)
        own += time.perf_counter() - start

    model, ids = build("qwen3_next", "group"), torch.randint(3, BASE["vocab_size"], (2, 24))
    torch._dynamo.reset()
    backend.IrfusePass.__call__ = timed
    with torch.no_grad(), torch._inductor.config.patch(force_disable_caches=True):
        start = time.perf_counter()
        torch.compile(model, backend="irfuse")(ids)
    backend.IrfusePass.__call__ = run
    return nodes, own, time.perf_counter() - start


def least_wall_time(command: Sequence[str], text: str = "") -> float:
    """The least of five runs of a process, in seconds."""
    times: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(command, input=text, capture_output=True, text=True, check=True)
        times.append(time.perf_counter() - start)
    return min(times)


def print_startup() -> None:
    """The table of what starts."""
    tool = str(Path(sys.executable).with_name("irfuse-opt"))
    bare, importing = (least_wall_time([sys.executable, "-c", code]) for code in ("pass", "import irfuse"))
    print("\n| startup | ms |\n|---|---|")
    print(f"| irfuse-opt on a text of 10 ops | {least_wall_time([tool], TEN_OPS) * 1e3:.0f} |")
    print(f"| import irfuse | {(importing - bare) * 1e3:.1f} |")


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--nodes", type=int, nargs="+", default=[1000, 10000, 100000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--skip-model", action="store_true", help="leave out Qwen3-Next, which needs a C++ compiler")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "triton", "xdsl"))
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, {versions}\n")
    if not options.skip_model:
        nodes, own, whole = share_of_compilation()
        print("| model | nodes | irfuse, s | torch.compile, s | share | us a node |\n|---|---|---|---|---|---|")
        print(f"| Qwen3-Next | {nodes} | {own:.3f} | {whole:.1f} | {own / whole:.1%} | {own / nodes * 1e6:.0f} |\n")
    print("| graph | sizes | nodes | us a node | growth |\n|---|---|---|---|---|")
    for name, dynamic in [(name, dynamic) for name in BLOCKS for dynamic in (False, True)]:
        first = 0.0
        for nodes in options.nodes:
            count, time_of_one = per_node(BLOCKS[name], nodes, options.runs, dynamic=dynamic)
            first = first or time_of_one
            sizes = "dynamic" if dynamic else "static"
            print(f"| {name} | {sizes} | {count} | {time_of_one:.0f} | {time_of_one / first - 1:+.0%} |", flush=True)
    print_startup()
    return 0


if __name__ == "__main__":
    sys.exit(main())
