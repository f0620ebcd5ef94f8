"""The way from FX to IR and back: nothing is lost, whatever a graph holds, and every value keeps its type and place."""

from __future__ import annotations

import inspect
import operator
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch
from bodies import parsed
from graphs import CASES, Captured, capture, captured, copied, inference_graph
from models import GatedNormQuant, bits
from torch import fx
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._pytree import tree_leaves
from xdsl.context import Context
from xdsl.dialects.builtin import FileLineColLoc, ModuleOp

from irfuse.dialect.attrs import SymIntType
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.sizes import Size
from irfuse.errors import NoMetadataError
from irfuse.import_fx import load_pt2, to_fx, to_ir
from irfuse.passes import PASSES

every_graph = pytest.mark.parametrize("name", CASES)
static_and_dynamic = pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
in_two_kinds = pytest.mark.parametrize(
    ("name", "dynamic", "grad"),
    [(name, i % 2 == grad, grad) for i, name in enumerate(CASES) for grad in (False, True)],
)
"""Each graph for inference and for training, the one static and the other dynamic."""


def no_emit(*_args: Any) -> Any:
    """What `to_fx` may not call where nothing is fused."""
    raise AssertionError("nothing is fused")


def raised(module: ModuleOp) -> ModuleOp:
    """The module after the passes that come before fusion."""
    for name in ("raise-aten", "irfuse-cse", "raise-named", "fold-reshapes"):
        PASSES[name]()().apply(Context(), module)
    module.verify()
    return module


def ops_of(module: ModuleOp) -> list[OpaqueOp]:
    """The imported nodes, in order."""
    function = next(iter(module.ops))
    return [op for op in function.body.block.ops if isinstance(op, OpaqueOp)]


def described(gm: fx.GraphModule) -> list[tuple[Any, ...]]:
    """All that a graph says: its nodes in order with targets, arguments and what is known of their values."""
    return [(n.op, n.name, n.target, str(n.args), str(n.kwargs), _meta(n)) for n in gm.graph.nodes]


def _meta(node: fx.Node) -> list[str]:
    values = tree_leaves(node.meta.get("val"))
    return [str((v.dtype, v.shape, v.stride(), v.device)) if isinstance(v, torch.Tensor) else str(v) for v in values]


def run(gm: fx.GraphModule, inputs: Any) -> list[Any]:
    """The results of a graph and its inputs after the run; random numbers are the same in every run."""
    torch.manual_seed(7)
    arguments = copied(inputs)
    with torch.no_grad():
        return bits((gm(*arguments), arguments))


def check_same(module: ModuleOp, one: Captured) -> None:
    """A module goes back to the very graph that it was imported from."""
    back = to_fx(module, one.graph, no_emit)
    assert described(back) == described(one.graph)
    assert run(back, one.inputs) == run(one.graph, one.inputs)


def check_text(module: ModuleOp) -> None:
    """A module is what its text says; NaN is never equal to itself, so graphs that hold it compare as text alone."""
    module.verify()
    again = parsed(text := str(module))
    again.verify()
    assert str(again) == text
    assert "nan" in text or again.is_structurally_equivalent(module)


@in_two_kinds
def test_round_trip(name: str, dynamic: bool, grad: bool) -> None:
    found = captured(name, dynamic, grad)
    assert [one.kind for one in found] in ([["inference"]] if not grad else [["inference"], ["forward", "backward"]])
    for one in found:
        module = to_ir(one.graph)
        check_text(module)
        check_same(module, one)


@in_two_kinds
def test_raising_keeps_the_graph(name: str, dynamic: bool, grad: bool) -> None:
    for one in captured(name, dynamic, grad):
        module = raised(to_ir(one.graph))
        check_text(module)
        check_same(module, one)


@every_graph
def test_one_op_per_node_in_order(name: str) -> None:
    (one,) = captured(name, True, False)
    calls = [n for n in one.graph.graph.nodes if n.op not in ("placeholder", "output") and not _is_element(n)]
    ops = ops_of(to_ir(one.graph))
    assert [op.node_name.data.partition("#")[0] for op in ops] == [n.name for n in calls]
    values = [n.meta.get("val") for n in calls]
    assert [len(op.outs) for op in ops] == [len(v) if isinstance(v, (tuple, list)) else 1 for v in values]
    overloads = [(op, n) for op, n in zip(ops, calls, strict=True) if isinstance(n.target, torch._ops.OpOverload)]
    assert all(op.target.data == str(n.target) for op, n in overloads)


def _is_element(node: fx.Node) -> bool:
    return node.target is operator.getitem and isinstance(node.args[0].meta["val"], (tuple, list))


def test_tuple_of_one_keeps_its_element() -> None:
    op = ops_of(to_ir(captured("cond", False, False)[0].graph))[-1]
    assert (op.target.data, op.node_name.data) == ("torch.ops.higher_order.cond", "cond#0")


def test_only_writing_nodes_are_marked() -> None:
    ops = ops_of(to_ir(make_fx(lambda x: x.add(1).add_(x), tracing_mode="fake")(torch.randn(3))))
    marks = [(op.target.data, op.mutates is not None) for op in ops]
    assert marks == [("aten.add.Tensor", False), ("aten.add_.Tensor", True)]


def test_location_is_the_innermost_line_of_the_user() -> None:
    def inner(x: torch.Tensor) -> torch.Tensor:
        return x.cos()

    def located(x: torch.Tensor) -> torch.Tensor:
        return inner(x.sin())

    places = [op.location for op in ops_of(to_ir(inference_graph(located, torch.randn(3))))]
    assert {(type(p), Path(p.filename.data).resolve()) for p in places} == {(FileLineColLoc, Path(__file__).resolve())}
    assert [place.line.data for place in places] == [inspect.getsourcelines(f)[1] + 1 for f in (located, inner)]


@pytest.mark.parametrize(
    ("tensor", "kind"),
    [
        (torch.randn(4, 8), "tensor<4x8xf32>"),
        (torch.randn(8, 4).t(), "tensor<4x8xf32, #irfuse.dims<strides = [1, 4]>>"),
        (torch.randn(4, 16)[:, :8], "tensor<4x8xf32, #irfuse.dims<strides = [16, 1]>>"),
        (torch.randn(8).expand(4, 8), "tensor<4x8xf32, #irfuse.dims<strides = [0, 1]>>"),
        (torch.randn(4, 16)[:, None, :8], "tensor<4x1x8xf32, #irfuse.dims<strides = [16, 16, 1]>>"),
        (torch.empty_strided((4, 1, 8), (8, 3, 1)).zero_(), "tensor<4x1x8xf32>"),
        (torch.empty_strided((1, 8), (99, 1)).zero_(), "tensor<1x8xf32>"),
        (torch.tensor(2.0, dtype=torch.float64), "tensor<f64>"),
        (torch.zeros(3, dtype=torch.float8_e4m3fnuz), "tensor<3xf8E4M3FNUZ>"),
        (torch.zeros(3, dtype=torch.uint8), "tensor<3xui8>"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tensor_types(tensor: torch.Tensor, kind: str) -> None:
    graph = fx.Graph()
    graph.placeholder("x").meta["val"] = FakeTensorMode().from_tensor(tensor, static_shapes=True)
    graph.output(())
    (function,) = to_ir(fx.GraphModule(torch.nn.Module(), graph)).ops
    assert [str(t) for t in function.function_type.inputs] == [kind]


def test_symbolic_sizes_have_names() -> None:
    x = torch.randn(5, 12)
    torch._dynamo.mark_dynamic(x, 0)
    module = to_ir(inference_graph(lambda x: x[:, :4].view(-1, 2, 2).clone().view(-1, 2), x, dynamic=None))
    size, tensor = (str(kind) for kind in module.body.block.first_op.function_type.inputs)
    name = size.removeprefix('!irfuse.symint<"').removesuffix('">')
    assert name.isidentifier() and tensor == f'tensor<?x12xf32, #irfuse.dims<"{name}">>'
    kinds = [str(op.outs[0].type) for op in ops_of(module) if op.target.data != "aten.slice.Tensor"]
    assert kinds[0] == f'tensor<?x2x2xf32, #irfuse.dims<"{name}", strides = [12, 2, 1]>>'
    assert kinds[-1] == f'tensor<?x2xf32, #irfuse.dims<"2*{name}">>'


def test_symbolic_integers_have_their_own_type() -> None:
    (one,) = captured("sizes", True, False)
    kinds = [op.outs[0].type for op in ops_of(to_ir(one.graph)) if isinstance(op.outs[0].type, SymIntType)]
    sizes = [n.meta["val"] for n in one.graph.graph.nodes if isinstance(n.meta.get("val"), torch.SymInt)]
    spelled = [str(Size.of(str(v.node.expr)).dim()) for v in sizes[4:]]
    assert [kind.expr.data for kind in kinds] == spelled and len(kinds) == 4


def test_graph_without_metadata_is_refused() -> None:
    message = 'node x has no meta["val"]; import a graph that AOTAutograd, torch.export or make_fx has traced'
    with pytest.raises(NoMetadataError, match=f"^{re.escape(message)}$"):
        to_ir(fx.symbolic_trace(lambda x: x.sin()))


@static_and_dynamic
def test_llama(dynamic: bool) -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = transformers.LlamaConfig(vocab_size=64, num_hidden_layers=2, **sizes)
    model, ids = transformers.LlamaForCausalLM(config).eval(), torch.tensor([[1, 2, 3, 4, 5]])
    if dynamic:
        torch._dynamo.mark_dynamic(ids, 1)
    (one,) = capture(lambda ids: model(ids, use_cache=False).logits, (ids,), dynamic=None if dynamic else False)
    module = to_ir(one.graph)
    check_text(module)
    check_same(module, one)
    check_same(raised(module), one)
    assert sum(op.name in ("irfuse.rms_norm", "irfuse.add_rms_norm") for op in module.walk()) == 5


def exported(tokens: int = 5) -> tuple[torch.export.ExportedProgram, tuple[torch.Tensor, ...]]:
    """A program with a dynamic number of tokens, and the inputs of its graph."""
    model = GatedNormQuant()
    inputs = model.inputs(tokens)
    size = torch.export.Dim("tokens")
    program = torch.export.export(model, inputs, dynamic_shapes=({0: size}, {0: size}))
    return program, (*(p.detach() for p in program.state_dict.values()), *inputs)


def test_exported_program() -> None:
    program, inputs = exported()
    for graph in (program.graph_module, program.run_decompositions().graph_module):
        check_text(to_ir(graph))
        check_same(to_ir(graph), Captured("inference", graph, inputs))


def test_saved_program(tmp_path: Path) -> None:
    program, inputs = exported()
    torch.export.save(program, tmp_path / "model.pt2")
    graph = torch.export.load(tmp_path / "model.pt2").graph_module
    module = load_pt2(BytesIO((tmp_path / "model.pt2").read_bytes()))
    assert str(module) == str(to_ir(graph))
    check_same(module, Captured("inference", graph, inputs))
    back = to_fx(raised(module), graph, no_emit)  # without assertions that the types prove, and what only they use
    used = [n.op != "call_function" or bool(n.users) for n in graph.graph.nodes]
    assert described(back) == [line for line, is_used in zip(described(graph), used, strict=True) if is_used]
    assert run(back, inputs) == run(graph, inputs)
