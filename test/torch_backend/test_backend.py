"""The backend of torch.compile: found by name, right numbers with either rest, its options, its caches and faults."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from graphs import inference_graph
from models import GatedNormQuant, NormQuant, bits, broken_in_two, check_same
from torch._inductor.custom_graph_pass import CustomGraphPass
from torch._inductor.utils import fresh_cache
from torch._subclasses.fake_tensor import FakeTensorMode
from unfused import check_unfused, reports_since

import irfuse
from irfuse import errors
from irfuse.dialect.fused import FusedOp
from irfuse.kernel.architectures import Arch
from irfuse.runtime import kernel_cache, launch
from irfuse.runtime.launch import FusedCall
from irfuse.torch_backend import backend
from irfuse.torch_backend.body_op import argument_of
from irfuse.torch_backend.graph_pass import analyse_graph
from irfuse.torch_backend.options import Options

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="Inductor needs g++ to compile for the CPU")
both_rests = pytest.mark.parametrize("rest", ["eager", pytest.param("inductor", marks=needs_compiler)])
FUSED = {"gated_norm_quant": {"group": 1}}


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Caches of their own for every test, and no memory of the test before."""
    monkeypatch.setenv(kernel_cache.ENVIRONMENT, str(tmp_path / "kernels"))
    kernel_cache.cache_dir.cache_clear()
    torch._dynamo.reset()
    with fresh_cache():
        yield
    kernel_cache.cache_dir.cache_clear()


def compiled(model: Any, rest: str = "eager", options: Any = None, **how: Any) -> Any:
    """A model compiled with irfuse."""
    return torch.compile(model, backend="irfuse", options={"irfuse.rest": rest, **(options or {})}, **how)


def fused_op() -> tuple[FusedOp, list[torch.Tensor]]:
    """The fused op of a model, and operands for it."""
    model = GatedNormQuant()
    (op,) = analyse_graph(inference_graph(model, *model.inputs())).fused
    (x, z), weight = model.inputs(), model.norm.weight.detach()
    known = {x.shape: [x, z], (20, 64): [x.view(20, 64), z.view(20, 64)], (64,): [weight]}
    return op, [known[v.type.get_shape()].pop(0) for v in op.ins]


def run_script(script: str, cache: Path) -> Any:
    """What a script prints last, as JSON, from a process of its own that shares only this cache."""
    caches = {"TORCHINDUCTOR_CACHE_DIR": str(cache / "inductor"), kernel_cache.ENVIRONMENT: str(cache / "kernels")}
    environment = {**os.environ, **caches, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, cwd=cache)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


BY_NAME = """
import json, sys, torch, models
model, early = models.GatedNormQuant(), "irfuse" in sys.modules
with torch.no_grad():
    compiled = torch.compile(model, backend="irfuse", options={options})
    same = models.bits(compiled(*model.inputs())) == models.bits(model(*model.inputs()))
import irfuse
(report,) = irfuse.reports()
print(json.dumps([early, same, report.counts(), report.from_cache, report.known, str(report), report.to_json()]))
"""


def test_found_by_name_without_an_import(tmp_path: Path) -> None:
    early, same, counts, from_cache, *_ = run_script(BY_NAME.replace("{options}", '{"irfuse.rest": "eager"}'), tmp_path)
    assert (early, same, counts, from_cache) == (False, True, FUSED, False)


@needs_compiler
def test_second_process_reports_from_the_cache(tmp_path: Path) -> None:
    script = BY_NAME.replace("{options}", "None")
    *first, text, sites = run_script(script, tmp_path)
    assert first == [False, True, FUSED, False, True] and "1 fused, 0 missed" in text
    *second, text, cached_sites = run_script(script, tmp_path)
    assert second == [False, True, FUSED, True, True] and "1 fused, 0 missed (from cache)" in text
    assert cached_sites == sites
    shutil.rmtree(tmp_path / "kernels")
    _, same, counts, _, known, text, _ = run_script(script, tmp_path)
    assert same and (counts == FUSED or not known) and "0 fused" not in text


@both_rests
@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
def test_same_bits_as_eager(rest: str, dynamic: bool) -> None:
    model = GatedNormQuant()
    inputs = model.inputs(6)
    for tensor in inputs if dynamic else ():
        torch._dynamo.mark_dynamic(tensor, 0)
    function, before = compiled(model, rest, fullgraph=True), irfuse.reports()
    check_same(function, model, inputs)
    with torch._dynamo.config.patch(error_on_recompile=True):
        for tokens in (9, 2) if dynamic else (6,):
            check_same(function, model, model.inputs(tokens))
    assert [report.counts() for report in reports_since(before)] == [FUSED]


@both_rests
def test_dynamic_by_argument(rest: str) -> None:
    """All sizes are symbolic, those that views of results are asked for among them."""
    model = GatedNormQuant()
    with torch.no_grad():
        found = bits(compiled(model, rest, dynamic=True)(*model.inputs()))
        assert found == bits(model(*model.inputs()))
    assert irfuse.reports()[-1].counts() == FUSED


REFUSED = [
    ({"irfuse.speed": 1}, 'unknown option "irfuse.speed" for backend "irfuse"; it takes irfuse.rest and irfuse.target'),
    (
        {"epilogue_fusoin": True},
        'unknown option "epilogue_fusoin" for backend "irfuse"; it takes irfuse.rest, irfuse.target and '
        "Inductor's own (torch._inductor.list_options())",
    ),
    ({"irfuse.rest": "fast"}, "\"irfuse.rest\" cannot be 'fast'; it takes inductor or eager"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_bad_options(options: Any, message: str) -> None:
    with pytest.raises((errors.UnknownOptionError, errors.BadOptionError)) as error:
        Options.of(None, options)
    assert str(error.value) == message
    with pytest.raises(Exception, match=re.escape(message)), torch.no_grad():
        torch.compile(NormQuant(), backend="irfuse", options=options)(*NormQuant().inputs())


def test_modes_and_spellings() -> None:
    with pytest.raises(errors.BadOptionError, match=r'^"mode" cannot be \'quick\'; it takes .*max-autotune'):
        Options.of("quick", None)
    settings = Options.of("max-autotune", {"irfuse.rest": "eager", "epilogue-fusion": False})
    assert settings.rest == "eager" and "irfuse.rest" not in settings.inductor
    assert settings.inductor["max_autotune"] is True and settings.inductor["epilogue_fusion"] is False


class Counting(CustomGraphPass):
    """A user's own pass, which counts its runs."""

    runs = 0

    def __call__(self, graph: torch.fx.Graph) -> None:
        type(self).runs += 1

    def uuid(self) -> str:
        return "counting"


@needs_compiler
@pytest.mark.parametrize("slot", ["post_grad_custom_pre_pass", "joint_custom_pre_pass"])
@pytest.mark.parametrize("place", ["options", "config"])
def test_pass_of_the_user_still_runs(slot: str, place: str) -> None:
    model, before, given = GatedNormQuant(), Counting.runs, {slot: Counting()}
    with torch._inductor.config.patch(given if place == "config" else {}):
        check_same(compiled(model, "inductor", given if place == "options" else {}), model)
    assert Counting.runs == before + 1 and irfuse.reports()[-1].counts() == FUSED


@both_rests
def test_training_graph_is_left_alone(rest: str) -> None:
    model, x = NormQuant(), torch.randn(5, 256, requires_grad=True)
    compiled(lambda x: (model.norm(x).float() * 3).sum(), rest)(x).backward()
    assert x.grad is not None and x.grad.abs().sum() > 0
    report = irfuse.reports()[-1]
    assert not report.fused and [site.op for site in report.missed] == ["graph"]
    assert report.missed[0] == backend.NEEDS_GRADIENTS and "torch.no_grad()" in str(report)


@both_rests
def test_graphs_around_a_break_are_both_reported(rest: str) -> None:
    first, second, before = GatedNormQuant(), NormQuant("token"), irfuse.reports()
    check_same(compiled(broken_in_two, rest), broken_in_two, (*first.inputs(), first, second))
    counts = [report.counts() for report in reports_since(before)]
    assert counts == [FUSED, {"norm_quant": {"token": 1}}]


def test_call_without_a_kernel_runs_its_body_and_warns_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kernel: Any, arch: Arch) -> Any:
        raise errors.CompileFailedError(name=kernel.name, arch=arch.name, reason="out of registers")

    monkeypatch.setattr(launch, "arch_of", lambda device: Arch.of("sm_90"))
    monkeypatch.setattr(launch, "compile_kernel", refuse)
    op, operands = fused_op()
    call = FusedCall(op)
    with FakeTensorMode():
        on_gpu = [torch.empty_strided(t.shape, t.stride(), dtype=t.dtype, device="cuda") for t in operands]
        with pytest.warns(errors.FallbackWarning, match="unfused in torch on sm_90: .*out of registers") as caught:
            results = [call(*on_gpu), call(*on_gpu)]
    assert len(caught) == 1 and call.kind in str(caught[0].message)
    real = call.run_body(*operands)
    for result in results:
        assert [(t.shape, t.dtype, t.device.type) for t in result] == [(t.shape, t.dtype, "cuda") for t in real]


@pytest.mark.parametrize(
    ("rest", "function"),
    [
        ("eager", "analyse_graph"),
        ("eager", "with_calls"),
        pytest.param("inductor", "analyse_graph", marks=needs_compiler),
        pytest.param("inductor", "inline", marks=needs_compiler),
    ],
)
def test_fault_leaves_the_graph_unfused(rest: str, function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, function, lambda *_args, **_kwargs: 1 // 0)
    model = GatedNormQuant()
    with pytest.warns(errors.InternalFaultWarning, match="please report it: ZeroDivisionError: "):
        check_unfused(compiled(model, rest), model, rest)
    assert irfuse.reports()[-1].counts() == {}


def test_body_op_is_the_body() -> None:
    op, operands = fused_op()
    arguments = (argument_of(op.body.block), "", operands, [])
    assert bits(torch.ops.irfuse.body.default(*arguments)) == bits(FusedCall(op).run_body(*operands))
    assert bits(FusedCall(op)(*operands)) == bits(FusedCall(op).run_body(*operands))
    torch.library.opcheck(torch.ops.irfuse.body.default, arguments)


@both_rests
def test_cache_that_cannot_be_written(rest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(kernel_cache.ENVIRONMENT, str(tmp_path / "file" / "cache"))
    with pytest.warns(errors.CacheNotWritableWarning, match="file/cache is not writable .* set IRFUSE_CACHE_DIR"):
        kernel_cache.cache_dir()
    check_same(compiled(GatedNormQuant(), rest), GatedNormQuant())
    kernel = FusedCall(fused_op()[0]).kernel
    assert callable(kernel_cache.load_kernel(kernel.name, kernel.source).fn)


@both_rests
def test_cache_that_breaks_later(rest: str) -> None:
    kernel_cache.cache_dir().joinpath("reports").write_text("no folder")
    model = GatedNormQuant()
    check_same(compiled(model, rest), model)
    assert irfuse.reports()[-1].counts() == FUSED
