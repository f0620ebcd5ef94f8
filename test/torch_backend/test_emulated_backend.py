"""`irfuse.target=emulate:...`: fused ops of a compiled model as AMD machine code, with the numbers of eager torch."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import models
import pytest
import torch
import torch.nn.functional as F
from graphs import inference_graph
from models import FAMILIES, bits
from torch._inductor.utils import fresh_cache
from unfused import unfused
from xdsl.context import Context

import irfuse
from irfuse import errors
from irfuse.runtime import kernel_cache, launch
from irfuse.runtime.gpu_rules import GpuRules, compute_as_on_gpu
from irfuse.runtime.launch import FusedCall
from irfuse.runtime.samples import operands_of
from irfuse.tool.emulate_target import EmulateTarget
from irfuse.torch_backend.graph_pass import Analysis, analyse_graph

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="Inductor needs g++ to compile for the CPU")
both_rests = pytest.mark.parametrize("rest", ["eager", pytest.param("inductor", marks=needs_compiler)])


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Caches of their own for every test, and no gradients."""
    monkeypatch.setenv(kernel_cache.ENVIRONMENT, str(tmp_path))
    kernel_cache.cache_dir.cache_clear()
    torch._dynamo.reset()
    with fresh_cache(), torch.no_grad():
        yield
    kernel_cache.cache_dir.cache_clear()


def emulated(model: Any, arch: str = "gfx942", rest: str = "eager") -> Any:
    """A model compiled for an emulated GPU."""
    return torch.compile(model, backend="irfuse", options={"irfuse.rest": rest, "irfuse.target": f"emulate:{arch}"})


def on_gpu(model: Any, *inputs: torch.Tensor) -> Any:
    """The bits of eager torch, dividing by numbers as on a GPU."""
    with GpuRules():
        return bits(model(*inputs))


def analysis_of(model: Any) -> Analysis:
    """The IR of a model behind the passes."""
    return analyse_graph(inference_graph(model, *model.inputs()))


CHAINS = [(family, granularity) for family in FAMILIES for granularity in ("group", "token", "tensor")]


@pytest.mark.parametrize(
    ("family", "granularity", "arch"), [(*chain, ("gfx942", "gfx950")[i % 2]) for i, chain in enumerate(CHAINS)]
)
def test_the_bytes_of_eager_torch(family: str, granularity: str, arch: str) -> None:
    """Every chain on one architecture; every family and every granularity on both, as on a chessboard of 4 by 3."""
    model = FAMILIES[family](granularity)
    assert bits(emulated(model, arch)(*model.inputs())) == on_gpu(model, *model.inputs())
    assert irfuse.reports()[-1].counts() == {family: {granularity: 1}}


def test_another_arch() -> None:
    model = models.GatedNormQuant()
    assert bits(emulated(model, "gfx1201")(*model.inputs())) == on_gpu(model, *model.inputs())


@both_rests
def test_it_is_the_kernel_that_runs(rest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    launched = FusedCall._launch_emulated

    def spied(call: FusedCall, *about: Any, **options: Any) -> Any:
        results = launched(call, *about, **options)
        assert call.report is not None and call.report.arch == call.emulated and call.report.waves > 0
        ran.append(call.report.kernel)
        return results

    monkeypatch.setattr(FusedCall, "_launch_emulated", spied)
    model = models.GatedNormQuant()
    function = emulated(model, "gfx950", rest)
    for _ in range(2):
        assert bits(function(*model.inputs())) == on_gpu(model, *model.inputs())
    assert len(ran) == 2 and ran[0] == ran[1] and ran[0].startswith("rms_norm_gated_group_quant")


@both_rests
def test_one_graph_for_all_numbers_of_tokens(rest: str) -> None:
    model = models.GatedNormQuant()
    inputs = model.inputs(6)
    for tensor in inputs:
        torch._dynamo.mark_dynamic(tensor, 0)
    function = emulated(model, rest=rest)
    with torch._dynamo.config.patch(error_on_recompile=True):
        for given in (inputs, model.inputs(9), model.inputs(2)):
            assert bits(function(*given)) == on_gpu(model, *given)


@both_rests
def test_what_is_not_fused_divides_as_on_a_gpu(rest: str) -> None:
    model = models.MixedTokens()
    want = unfused(model, model.inputs(), rest, gpu=True)
    assert bits(emulated(model, rest=rest)(*model.inputs())) == want
    assert irfuse.reports()[-1].counts() == {}
    assert want != unfused(model, model.inputs(), rest)


def test_gradients_leave_the_graph_unfused() -> None:
    model = models.GatedNormQuant()
    with torch.enable_grad():
        got = emulated(model)(*model.inputs())
    assert bits(got) == on_gpu(model, *model.inputs())
    assert irfuse.reports()[-1].counts() == {}


def test_a_kernel_that_cannot_be_built_leaves_the_body(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise errors.CompileFailedError(name="k", arch="gfx942", reason="no")

    monkeypatch.setattr(launch, "compile_kernel", refuse)
    model = models.GatedNormQuant()
    with pytest.warns(errors.FallbackWarning, match="runs unfused in torch on gfx942: Triton cannot compile k"):
        got = emulated(model)(*model.inputs())
    assert bits(got) == on_gpu(model, *model.inputs())


def changed(call: FusedCall, old: str, new: str) -> FusedCall:
    """A fused op whose kernel has another line."""
    from dataclasses import replace

    kernel = call.kernel
    assert old in kernel.source
    name = f"{kernel.name}_changed"
    source = kernel.source.replace(old, new).replace(kernel.name, name)
    call.__dict__["kernel"] = replace(kernel, name=name, source=source)
    return call


def test_a_result_that_is_not_written() -> None:
    (op,) = analysis_of(models.NormQuant()).fused
    call = changed(FusedCall(op, "gfx942"), "y1_ptr + row * 4", "y1_ptr + row * 0")
    with pytest.raises(errors.UnwrittenError, match=r"quant.* on gfx942 did not write all of result 1; please report"):
        call(*operands_of(op, 0))


def test_a_result_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = analysis_of(models.NormQuant())
    right = FusedCall.run_body

    def doubled(call: FusedCall, *operands: Any) -> list[torch.Tensor]:
        return [r if r.itemsize == 1 else 2 * r for r in right(call, *operands)]

    EmulateTarget().emit(Context(), analysis.module, text := io.StringIO())
    assert "0 of 1280 entries differ" in text.getvalue() and "result 1, float32 (5, 4)" in text.getvalue()
    monkeypatch.setattr(FusedCall, "run_body", doubled)
    with pytest.raises(errors.EmulationDiffersError, match="on gfx942: result 1 is wrong: 20 of 20 entries differ"):
        EmulateTarget().emit(Context(), analysis.module, io.StringIO())


@pytest.mark.parametrize("target", ["gfx942", "emulate:sm_90", "emulate:", "cuda", 7])
def test_targets_that_there_are_not(target: Any) -> None:
    with pytest.raises(Exception, match=f'"irfuse.target" cannot be {target!r}; it takes emulate:gfx90a or emulate:'):
        torch.compile(models.NormQuant(), backend="irfuse", options={"irfuse.target": target})(
            *models.NormQuant().inputs()
        )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64, torch.int32])
@pytest.mark.parametrize("divisor", [448.0, 3, 1e-30, 0.0])
def test_division_by_a_number(dtype: torch.dtype, divisor: float) -> None:
    """A product with the reciprocal in f32, rounded once more to what a quotient of the type is."""
    x = (100 * torch.randn(4096, generator=torch.Generator().manual_seed(0))).to(dtype)
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    want = (x.to(wide) * (torch.ones((), dtype=wide) / divisor)).to((x / divisor).dtype)
    graph = inference_graph(lambda a: a / divisor, x)
    compute_as_on_gpu(graph)
    with GpuRules():
        assert bits(x / divisor) == bits(torch.div(x, divisor)) == bits(want)
        if dtype.is_floating_point:
            assert bits(x.clone().div_(divisor)) == bits(want)
    assert bits(graph(x)) == bits(want)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_casts_to_i32(dtype: torch.dtype) -> None:
    """The nearest i32, towards 0 in its range; 0 of NaN."""
    x = torch.tensor([2.0**31, -(2.0**31), 3e9, -3e9, torch.inf, -torch.inf, torch.nan, 2.9, -2.9, -0.0]).to(dtype)
    want = torch.tensor([0 if v != v else int(min(max(v, -(2.0**31)), 2.0**31 - 1)) for v in x.tolist()])
    graph = inference_graph(lambda a: a.to(torch.int32), x)
    compute_as_on_gpu(graph)
    with GpuRules():
        assert bits(x.to(torch.int32)) == bits(want.int())
    assert bits(graph(x)) == bits(want.int())


NARROW = pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
NUMBERS = (0.1, 1, -3.3e-5, 300.7)


def sums_with(x: torch.Tensor, number: float) -> list[torch.Tensor]:
    """Rows and a number, added in every way."""
    return [x + number, number + x, x - number, number - x, torch.add(x, number, alpha=2)]


@NARROW
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_added_in_f32(dtype: torch.dtype, number: float) -> None:
    """To bf16 and f16 rows; eager torch and the rest of a graph do the same."""
    x = torch.randn(8, 128, generator=torch.Generator().manual_seed(0)).to(dtype)
    want = [v.to(dtype) for v in sums_with(x.float(), number)]
    graph = inference_graph(lambda x: sums_with(x, number), x)
    compute_as_on_gpu(graph)
    with GpuRules():
        assert bits(sums_with(x, number)) == bits(want)
        assert bits([x.clone().add_(number), x.clone().sub_(number)]) == bits([want[0], want[2]])
        assert bits(x.sum() + 1.0) == bits((x.sum().float() + 1.0).to(dtype))
    assert bits(list(graph(x))) == bits(want)


@NARROW
def test_a_number_is_added_in_f32_by_a_kernel(dtype: torch.dtype) -> None:
    """Each number in another way."""
    x = torch.randn(8, 128, generator=torch.Generator().manual_seed(0)).to(dtype)

    def chain(x: torch.Tensor, g: torch.Tensor) -> Any:
        y = F.relu(g) * x  # the product is exact
        rows = [sums_with(y, number)[way] for way, number in enumerate(NUMBERS)]
        return *rows, *((r.float() * 1.0).clamp(-448, 448).to(torch.float8_e5m2) for r in rows)

    ones = torch.ones_like(x)
    assert bits(emulated(chain)(x, ones)[:4]) == on_gpu(lambda: chain(x, ones)[:4])
    assert irfuse.reports()[-1].fused


def test_other_divisions_stay() -> None:
    x, y = torch.randn(64), torch.randn(64)
    with GpuRules():
        assert bits([x / y, 3 / x, torch.div(x, 3, rounding_mode="floor")]) == bits(
            [torch.true_divide(x, y), torch.reciprocal(x) * 3, torch.floor_divide(x, 3)]
        )


def test_a_triton_that_keeps_state(monkeypatch: pytest.MonkeyPatch) -> None:
    import triton

    from irfuse.kernel.architectures import Arch, _claimed, claim

    monkeypatch.setattr(triton, "__version__", "3.6.0")
    monkeypatch.setitem(_claimed, "hip", "gfx942")
    for name in ("gfx942", "sm_90"):
        claim(Arch.of(name))
    with pytest.raises(errors.OneArchError, match=r"Triton 3\.6\.0 keeps state of gfx942, .*use another for gfx950"):
        claim(Arch.of("gfx950"))


@both_rests
def test_operands_in_other_strides_than_were_traced(rest: str) -> None:
    """A cast makes a transposed tensor contiguous in the traced graph, which Inductor need not do."""

    class Transposed(models.NormQuant):
        def chain(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
            core = torch.cumsum(x.transpose(0, 1).float(), 0).transpose(0, 1)
            return self.norm(core.contiguous().to(torch.bfloat16).flatten(1))

    model = Transposed()
    assert bits(emulated(model, rest=rest)(*model.inputs())) == on_gpu(model, *model.inputs())


def test_an_operand_that_is_laid_out_otherwise() -> None:
    (op,) = analysis_of(models.NormQuant()).fused
    call = FusedCall(op, "gfx942")
    x, *rest = operands_of(op, 0)
    moved = x.transpose(0, 1).contiguous().transpose(0, 1)
    assert moved.stride() != x.stride() and bits(call(moved, *rest)) == bits(call(x, *rest))
