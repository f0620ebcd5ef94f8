"""Fused ops side by side: the same numbers as apart, by the reference, by the interpreter, as machine code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from bodies import parsed, same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interpreted import run_cases
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block

import irfuse
from irfuse.dialect.fused import kernels_in
from irfuse.import_fx import to_ir
from irfuse.passes.fuse_horizontal import MOST_PARTS
from irfuse.pipeline import run_pipeline
from irfuse.report import report_of
from irfuse.runtime.launch import FusedCall
from irfuse.runtime.reference import run_module

FP8 = torch.float8_e4m3fn
Tensor = torch.Tensor


def normed(x: Tensor, weight: Tensor | None = None) -> Tensor:
    y = (x.float() * torch.rsqrt(x.float().square().mean(-1, keepdim=True) + 1e-6)).to(x.dtype)
    return y if weight is None else weight * y


def quantised(x: Tensor, group: int) -> tuple[Tensor, Tensor]:
    groups = x.float().unflatten(-1, (-1, group))
    scale = groups.abs().amax(-1, keepdim=True) / 448.0
    return (groups / scale).clamp(-448.0, 448.0).to(FP8).flatten(-2), scale.squeeze(-1)


def latents(x: Tensor, wq: Tensor, wk: Tensor, angles: Tensor) -> tuple[Tensor, ...]:
    """The latents of MLA from one projection: that of queries quantised, that of keys normed, and its tail rotated."""
    q, k, tail = x.split([256, 128, 64], -1)
    low, high = tail.chunk(2, -1)
    cos, sin = angles.chunk(2, -1)
    tail = torch.cat((low * cos - high * sin, high * cos + low * sin), -1)
    return *quantised(normed(q, wq), 128), torch.cat((normed(k, wk), tail), -1)


def operands(rows: int, seed: int = 0) -> list[Tensor]:
    noise = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=noise).bfloat16() for shape in ((rows, 448), (256,), (128,), (rows, 64))]


def compiled(f: Any, *args: Any, dynamic: bool = False, **options: Any) -> tuple[Any, Any]:
    """What a function gives under the backend, and its report."""
    torch._dynamo.reset()
    with torch.no_grad():
        found = torch.compile(f, backend="irfuse", dynamic=dynamic, options={"irfuse.rest": "eager", **options})(*args)
        return found, irfuse.reports()[-1]


def analysed(f: Any, *args: Any) -> ModuleOp:
    """The module of a function behind the pipeline."""
    from torch.fx.experimental.proxy_tensor import make_fx

    with torch.no_grad():
        module = to_ir(make_fx(f, tracing_mode="fake")(*args))
    run_pipeline(module)
    return module


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("rows", [2, 7, 300])
def test_the_latents_of_mla_are_one_kernel(rows: int, dynamic: bool) -> None:
    given = operands(rows)
    found, report = compiled(latents, *given, dynamic=dynamic)
    same(found, latents(*given))
    assert report.counts() == {"norm_quant": {"group": 1}, "norm": {"none": 1}} and not report.missed
    (op,) = kernels_in(analysed(latents, *given))
    assert len(op.parts) == 2 and len(FusedCall(op).sources()) == 1


def test_each_part_keeps_its_own_place_in_the_source() -> None:
    report = report_of(analysed(latents, *operands(5)))
    assert len(report.fused) == 2 and report.fused[0].kind != report.fused[1].kind


def body_of(module: ModuleOp) -> Block:
    """The body of the one kernel of a module."""
    (op,) = kernels_in(module)
    assert len(op.parts) == 2
    return op.body.detach_block(0)


def symbolic() -> Block:
    """Two parts of a tensor with a symbolic stride, for some number of rows, the second with an offset."""
    module = parsed(SYMBOLIC)
    run_pipeline(module)
    return body_of(module)


SYMBOLIC = """
!x = tensor<?x160xbf16, #irfuse.dims<"s0", strides = ["s1", 1]>>
!w = tensor<?x128xbf16, #irfuse.dims<"s0">>
!n = tensor<?x32xbf16, #irfuse.dims<"s0">>
func.func @f(%x: !x) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>,
    tensor<?x32xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  %a = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !x -> !w
  %b = irfuse.slice %x {axis = 1 : i64, start = 128 : i64, step = 1 : i64} : !x -> !n
  %y = irfuse.rms_norm %a {eps = 1.0e-6 : f64} : !w -> !w
  %z = irfuse.rms_norm %b {eps = 1.0e-6 : f64} : !n -> !n
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !w
    -> tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  %r, %t = irfuse.group_quant %z {group_size = 32 : i64, quant_max = 448.0 : f64} : !n
    -> tensor<?x32xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
  return %q, %s, %r, %t : tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>,
    tensor<?x32xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}
"""
CASES = {
    **{f"{n} rows": lambda n=n: body_of(analysed(latents, *operands(n))) for n in (1, 70)},
    "symbolic": symbolic,
}
"""Bodies that `interpreted.run_cases` launches, and looks at what is written and where."""


def test_the_kernel_writes_what_its_parts_give_and_nothing_else(tmp_path: Path) -> None:
    assert run_cases(__file__, tmp_path) == dict.fromkeys(CASES, "")


def test_it_runs_as_machine_code_of_amd() -> None:
    given = operands(9)
    found, report = compiled(latents, *given, **{"irfuse.target": "emulate:gfx942"})
    assert len(report.fused) == 2
    for a, b in zip(found, latents(*given), strict=True):
        torch.testing.assert_close(a.float(), b.float(), rtol=1e-2, atol=1e-2)


def test_inductor_runs_it_too() -> None:
    given = operands(6)
    torch._dynamo.reset()
    with torch.no_grad():
        found = torch.compile(latents, backend="irfuse")(*given)
    same(found, latents(*given))


@settings(deadline=None, derandomize=True, max_examples=12, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.sampled_from((32, 64, 96, 128)), st.booleans()), min_size=1, max_size=5), st.integers(1, 5)
)
def test_random_parts_of_one_tensor_give_what_they_gave_apart(parts: list[tuple[int, bool]], rows: int) -> None:
    def f(x: Tensor) -> list[Tensor]:
        pieces = x.split([width for width, _ in parts], -1)
        rows = [normed(piece) for piece in pieces]
        return [
            t for y, (_, grouped) in zip(rows, parts, strict=True) for t in quantised(y, 32 if grouped else y.shape[-1])
        ]

    x = torch.randn(rows, sum(width for width, _ in parts), generator=torch.Generator().manual_seed(rows)).bfloat16()
    module = analysed(f, x)
    ops = kernels_in(module)
    assert sum(len(op.parts) for op in ops) == len(parts)
    assert len(ops) == -(-len(parts) // MOST_PARTS)
    same(run_module(module, [x]), f(x))
