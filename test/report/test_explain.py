"""What `irfuse.explain` says: every chain with its name and place, every refusal with its reason, and the kernels."""

from __future__ import annotations

import ast
import inspect
import os
import traceback
from typing import Any

import models
import pytest
import torch
from bodies import parsed, same
from explained import explained, line_of, lines_in
from models import FAMILIES, GatedNorm, GatedNormQuant, NormQuant, broken_in_two, check_same, rows
from torch._dynamo.output_graph import GraphCompileReason
from torch.fx.experimental.proxy_tensor import make_fx

import irfuse
from irfuse.dialect.fused import FusedOp
from irfuse.report import Break, Fused, Missed, Report
from irfuse.torch_backend.breaks import breaks_of
from irfuse.torch_backend.graph_pass import analyse_graph


@pytest.fixture(autouse=True)
def clean() -> None:
    """Dynamo forgets the test before."""
    torch._dynamo.reset()


@pytest.mark.parametrize("granularity", ["group", "token", "tensor"])
@pytest.mark.parametrize("chain", FAMILIES)
def test_every_chain(chain: str, granularity: str) -> None:
    model = FAMILIES[chain](granularity)
    report = explained(model)
    (site,) = report.fused
    assert (site.chain, site.granularity) == (chain, granularity)
    assert report.counts() == {chain: {granularity: 1}} and report.missed == []
    quant, first = inspect.getsourcelines(getattr(models, f"{granularity}_quant"))
    assert lines_in(site.location) & set(range(first, first + len(quant)))
    assert site.kind and list(report.kernels) and all(name.startswith(site.kind) for name in report.kernels)


@pytest.mark.parametrize("chain", FAMILIES)
def test_numbers_are_those_of_eager(chain: str) -> None:
    for granularity in ("group", "token", "tensor"):
        model = FAMILIES[chain](granularity)
        check_same(torch.compile(model, backend="irfuse", options={"irfuse.rest": "eager"}), model)
        assert irfuse.reports()[-1].counts() == {chain: {granularity: 1}}


def test_kinds_are_the_names_of_the_ops() -> None:
    kinds = {chain: explained(make("group")).fused[0].kind for chain, make in FAMILIES.items()}
    assert kinds["gated_norm_quant"] == "rms_norm_gated_group_quant" and kinds["norm_quant"] == "rms_norm_group_quant"


def test_location_covers_norm_and_quant() -> None:
    (site,) = explained(GatedNormQuant()).fused
    norm, quant = line_of(GatedNorm.forward, "F.silu"), line_of(models.group_quant, "scales = ")
    assert {norm, quant} <= lines_in(site.location)


def test_texts_of_a_report() -> None:
    report = explained(GatedNormQuant())
    before, after = parsed(report.ir_before), parsed(report.ir_after)
    before.verify()
    after.verify()
    assert {op.name for op in before.walk()} == {"builtin.module", "func.func", "func.return", "irfuse.opaque"}
    (fused,) = [op for op in after.walk() if isinstance(op, FusedOp)]
    assert {"irfuse.rms_norm_gated", "irfuse.group_quant"} <= {op.name for op in fused.walk()}
    ((name, source),) = report.kernels.items()
    compile(source, f"{name}.py", "exec")
    assert name in {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}


def test_report_as_text() -> None:
    report = explained(GatedNormQuant())
    (site,), (kernel,) = report.fused, report.kernels
    assert str(report).splitlines() == [
        "irfuse: 1 fused, 0 missed",
        f"  fused   gated_norm_quant.group  {site.location}",
        f"  kernel  {kernel}",
    ]


def test_missed_as_text() -> None:
    site = Missed("irfuse.group_quant", "model.py:7", "rows are odd", "make them even")
    report = Report(
        [Fused("norm_quant", "token", "kind", "model.py:1-3")], [site, Missed("irfuse.rms_norm", "a:1", "why")]
    )
    assert str(report).splitlines()[2:] == [
        "  missed  irfuse.group_quant  model.py:7",
        "          rows are odd; cure: make them even",
        "  missed  irfuse.rms_norm   a:1",
        "          why",
    ]


REFUSED = {
    "GateDependsOnNorm": (
        "act_mul_quant",
        "irfuse.rms_norm",
        "a result of the chain goes through aten.mm.default (",
        "",
    ),
    "DynamicTensorScale": (
        "quant",
        "irfuse.rms_norm",
        "a result of the chain goes through aten.mean.default over the whole tensor (",
        "use a static scale",
    ),
    "MixedTokens": (None, "irfuse.group_quant", "runs of 256 and of 320 columns do not nest", ""),
    "StridedRows": (None, "irfuse.cast", "an operand does not lie in memory row by row", "make it contiguous along"),
    "ColumnScales": (None, "irfuse.cast", "an operand does not lie in memory row by row: ", "make it contiguous"),
    "SpreadScales": (None, "irfuse.cast", "the result of a reduction over 64 columns is spread along another axis", ""),
}
"""What is refused: the chain that is fused instead, the op that the remark stands on, its reason and its cure."""


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    model = getattr(models, name)()
    chain, op, reason, cure = REFUSED[name]
    report = explained(model)
    assert [site.chain for site in report.fused] == ([chain] if chain else [])
    assert len(report.kernels) == len(report.fused)
    (site,) = [site for site in report.missed if site.op == op]
    assert site.reason.startswith(reason) and site.cure.startswith(cure) and bool(site.cure) == bool(cure)
    assert lines_in(site.location) and site.reason in str(report)
    check_same(torch.compile(model, backend="irfuse", options={"irfuse.rest": "eager"}), model)


NO_REFUSALS = {
    "TransposedRows": {"gated_norm_quant": {"group": 1}},
    "MatmulQuant": {"quant": {"group": 1}},
    "WrittenBetween": {"norm_quant": {"group": 1}},
}
"""Chains whose rows are rearranged or written over in part, and quants with no norm before them."""


@pytest.mark.parametrize("name", NO_REFUSALS)
def test_no_refusals(name: str) -> None:
    model = getattr(models, name)()
    report = explained(model)
    assert report.counts() == NO_REFUSALS[name] and report.missed == [] and len(report.kernels) == 1
    check_same(torch.compile(model, backend="irfuse", options={"irfuse.rest": "eager"}), model)


def test_the_quant_of_a_sum_of_quotients_by_a_scale() -> None:
    """The scale is a result of the kernel, and what is quantised is computed with it."""
    norm = models.Norm(256)

    def summed(x: torch.Tensor) -> Any:
        y = norm(x).float()
        scales = y.abs().amax(-1, keepdim=True) / 448.0
        return (y / scales).sum(-1).to(torch.float8_e4m3fn), scales

    report = explained(summed, rows(6, 256))
    assert len(report.fused) == 1 and not report.missed
    with torch.no_grad():
        found = torch.compile(summed, backend="irfuse", options={"irfuse.rest": "eager"})(rows(6, 256))
        same(found, summed(rows(6, 256)))


def test_quant_of_an_argument() -> None:
    report = explained(models.token_quant, rows(5, 64))
    assert report.counts() == {"quant": {"token": 1}} and report.missed == report.norms == []
    compiled = torch.compile(models.token_quant, backend="irfuse", options={"irfuse.rest": "eager"})
    check_same(compiled, models.token_quant, [rows(5, 64)])


def test_write_in_the_middle_of_a_chain() -> None:
    norm = models.Norm(256)

    def written(x: torch.Tensor, weight: torch.Tensor) -> Any:
        y = torch.func.functional_call(norm, {"weight": weight}, x)
        x.add_(1)
        return models.token_quant(y)

    graph = make_fx(written, tracing_mode="fake")(rows(5, 256), norm.weight.detach())
    report = analyse_graph(graph).report
    assert report.counts() == {"quant": {"token": 1}}
    assert [(site.op, site.reason, site.cure) for site in report.missed] == [
        (
            "irfuse.rms_norm",
            "aten.add_.Tensor (add_) writes to memory in the middle of the chain",
            "use the functional form of that op",
        )
    ]


def test_write_in_the_middle_of_a_quant() -> None:
    def written(x: torch.Tensor) -> Any:
        top = x.abs().amax(dim=-1, keepdim=True)
        x.add_(1)
        return (x.float() / top.float()).to(models.FP8)

    report = analyse_graph(make_fx(written, tracing_mode="fake")(rows(5, 256))).report
    (site,) = report.missed
    assert not report.fused and site.op == "irfuse.cast"
    assert site.reason == "aten.add_.Tensor (add_) writes to memory in the middle of the chain"


def test_cure_helps() -> None:
    model = models.StridedRows()
    assert [site.cure for site in explained(model).missed][-1] == "make it contiguous along its last axis"
    model.cured = True
    assert explained(model).counts() == {"norm_quant": {"group": 1}}


def test_training_graph() -> None:
    model = NormQuant()
    report = irfuse.explain(model, *model.inputs())
    assert (report.fused, [site.op for site in report.missed]) == ([], ["quant"])
    assert "gradients" in report.missed[0].reason and "torch.no_grad()" in report.missed[0].cure


def test_model_runs_exactly_once() -> None:
    runs = torch.zeros(())

    def counted(x: torch.Tensor, z: torch.Tensor, *, model: Any) -> Any:
        runs.add_(1)
        return model(x, z)

    model = GatedNormQuant()
    with torch.no_grad():
        report = irfuse.explain(counted, *model.inputs(), model=model)
    assert runs.item() == 1 and len(report.fused) == 1


def test_both_sides_of_a_graph_break() -> None:
    first, second = GatedNormQuant(), NormQuant("token")
    report = explained(broken_in_two, *first.inputs(), first, second)
    assert report.counts() == {"gated_norm_quant": {"group": 1}, "norm_quant": {"token": 1}}
    assert len(report.kernels) == 2 and report.ir_before.count("func.func") == 2
    (broken,) = report.breaks
    assert lines_in(broken.location) == {line_of(broken_in_two, "graph_break()")}
    assert broken.reason.startswith("Dynamo ended the graph: ") and "User-inserted graph break" in broken.reason
    assert f"  break   {broken.location}\n          {broken.reason}\n" in str(report)
    assert str(report).startswith("irfuse: 2 fused, 0 missed, 1 graph breaks\n")


def test_a_graph_that_ends_inside_of_a_call() -> None:
    """Dynamo ends the graphs of the caller and of the callee at one line, which is said once."""

    def within(x: torch.Tensor) -> torch.Tensor:
        y = x * 2.0
        torch._dynamo.graph_break()
        return y + 1.0

    def around(x: torch.Tensor) -> Any:
        return models.token_quant(within(x + 1.0))

    report = explained(around, rows(5, 256))
    (broken,) = report.breaks
    line = inspect.getsourcelines(within)[1] + 2
    assert broken.location == f"{inspect.getsourcefile(within)}:{line}".removeprefix(f"{os.getcwd()}/")
    assert report.counts() == {"quant": {"token": 1}} and explained(lambda x: x + 1.0, rows(5, 256)).breaks == []


def test_reasons_of_breaks() -> None:
    """What Dynamo says is one line, with its explanation; where it stands in a callee, the caller says so."""
    stack = [traceback.FrameSummary("/usr/lib/site-packages/package/file.py", 7, "f", line="")]
    for said, reason in {
        "a\n  Explanation: b.\n  Hint: c": "Dynamo ended the graph: a: b",
        "step_unsupported": "Dynamo ended the graph inside of what is called here",
    }.items():
        gm = torch.fx.GraphModule({}, torch.fx.Graph())
        gm.compile_subgraph_reason = GraphCompileReason(said, stack)
        assert list(breaks_of(gm)) == [Break("package/file.py:7", reason)]
    gm.compile_subgraph_reason = GraphCompileReason("return_value", stack, graph_break=False)
    assert list(breaks_of(gm)) == []


def test_two_quants_of_one_norm() -> None:
    norm = models.Norm(256)

    def both(x: torch.Tensor) -> Any:
        y = norm(x)
        return models.group_quant(y), models.token_quant(y), y

    report = explained(both, rows(5, 256))
    assert report.counts() == {"norm_quant": {"group": 1, "token": 1}} and len(report.kernels) == 1


def test_again_without_a_reset() -> None:
    model = NormQuant()
    with torch.no_grad():
        texts = [str(irfuse.explain(model, *model.inputs())) for _ in range(2)]
    assert texts[0] == texts[1] and "1 fused" in texts[0]


def test_sites_as_json() -> None:
    for model in (models.MatmulQuant(), models.WrittenBetween(), models.DynamicTensorScale(), models.StridedRows()):
        report = explained(model)
        again = Report.from_json(report.to_json())
        assert (again.fused, again.missed, again.norms) == (report.fused, report.missed, report.norms)
        assert again.from_cache and str(again).splitlines()[0] == f"{str(report).splitlines()[0]} (from cache)"


def test_json_of_before_there_were_norms() -> None:
    with pytest.raises(KeyError):
        Report.from_json('{"fused": [], "missed": []}')
