"""Every quant is a site of the report, fused or missed, and once: by its spelling, by the op that makes its codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import models
import pytest
import torch
import torch.ao.quantization.fx._decomposed
import triton
import triton.language as tl
from models import check_same, rows
from torch import fx
from torch._subclasses.functional_tensor import FunctionalTensorMode, dispatch_functionalize
from torch.fx.experimental.proxy_tensor import make_fx
from torch.library import wrap_triton

from irfuse.report import Report
from irfuse.torch_backend.graph_pass import analyse_graph

FP8, BYTES = models.FP8, torch.uint8
Spelling = Callable[[torch.Tensor], Any]
_library = torch.library.Library("marked", "FRAGMENT")


def _define(schema: str, fake: Callable[..., Any]) -> None:
    _library.define(schema)
    torch.library.register_fake(f"marked::{schema.partition('(')[0]}", fake, lib=_library)


for _name, _dtype in {
    "e4m3": FP8,
    "e5m2": torch.float8_e5m2,
    "fnuz": torch.float8_e4m3fnuz,
    "e8m0": torch.float8_e8m0fnu,
    "whole": torch.int8,
    "mask": BYTES,
    "quant_bytes": BYTES,
}.items():
    _define(f"{_name}(Tensor x) -> Tensor", lambda x, dtype=_dtype: torch.empty_like(x, dtype=dtype))
_define("with_scale(Tensor x) -> (Tensor, Tensor)", lambda x: (torch.empty_like(x, dtype=BYTES), x.new_empty(x.shape)))
_define("into(Tensor! q, Tensor! s, Tensor x) -> ()", lambda q, s, x: None)
_define("move(Tensor q, Tensor s) -> Tensor", lambda q, s: torch.empty_like(q))
_define("gemm(Tensor! out, Tensor a, Tensor b, Tensor s) -> ()", lambda out, a, b, s: None)
_define("linear(Tensor x, Tensor w, Tensor s) -> Tensor", lambda x, w, s: x.new_empty(x.shape[0], w.shape[0]))


@triton.jit
def kernel_of_a_user(x, q, block: tl.constexpr):
    at = tl.program_id(0) * block + tl.arange(0, block)
    tl.store(q + at, tl.load(x + at).to(q.dtype.element_ty))


def scaled(x: torch.Tensor) -> torch.Tensor:
    return x.float() / (x.float().abs().amax(-1, keepdim=True).clamp(min=1e-10) / 127)


def codes(x: torch.Tensor) -> torch.Tensor:
    return scaled(x).round().clamp(-128, 127)


def asymmetric(x: torch.Tensor, dtype: torch.dtype) -> Any:
    low, high = x.float().amin(-1, keepdim=True), x.float().amax(-1, keepdim=True)
    scale = ((high - low) / 255).clamp(min=1e-8)
    zero = (-low / scale).round().clamp(0, 127)
    return (x.float() / scale + zero).round().clamp(0, 127).to(dtype), scale, zero.to(dtype)


def bytes_of_scales(x: torch.Tensor) -> Any:
    scale = torch.exp2(torch.ceil(torch.log2(x.float().abs().amax(-1, keepdim=True) / 448)))
    return (x.float() / scale).clamp(-448, 448).to(FP8), (scale.view(torch.int32) >> 23).to(BYTES)


def bits(x: torch.Tensor) -> torch.Tensor:
    b = x.float().view(torch.int32)
    return (((b >> 20) & 0x7F) | ((b >> 24) & 0x80)).to(BYTES).view(FP8)


def packed(x: torch.Tensor) -> torch.Tensor:
    q = (codes(x) + 128).to(BYTES) & 15
    return q[..., ::2] | (q[..., 1::2] << 4)


def packed_in_i32(x: torch.Tensor, count: int) -> torch.Tensor:
    q = codes(x).to(torch.int32) & 15
    found = q[..., 0::count]
    for i in range(1, count):
        found = found | (q[..., i::count] << (4 * i))
    return found


def copied(x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return torch.empty(x.shape, dtype=dtype).copy_(codes(x))


FUSED: dict[str, Spelling] = {
    "through i32": lambda x: codes(x).to(torch.int32).to(torch.int8),
    "i32 without a clamp": lambda x: scaled(x).to(torch.int32).to(torch.int8),
    "i32 clamped later": lambda x: scaled(x).to(torch.int32).clamp(-128, 127).to(torch.int8),
    "through i64": lambda x: codes(x).to(torch.int64).to(torch.int8),
    "through i16": lambda x: codes(x).to(torch.int16).to(torch.int8),
    "i32 to bytes": lambda x: (codes(x).to(torch.int32) + 128).to(BYTES),
    "bytes": lambda x: (codes(x) + 128).to(BYTES),
    "bytes by a number": lambda x: (x * 255).to(BYTES),
    "bits": bits,
    "packed": packed,
    "packed in i32": lambda x: packed_in_i32(x, 4),
    "bytes with a zero point": lambda x: asymmetric(x, BYTES),
    "i8 with a zero point": lambda x: asymmetric(x, torch.int8),
    "bytes of scales": bytes_of_scales,
    "copied to i8": lambda x: copied(x, torch.int8),
    "copied to fp8": lambda x: copied(x, FP8),
}
"""Spellings of one quant of rows."""


def report_of(function: Spelling, *inputs: torch.Tensor) -> Report:
    """The report of a function, as AOTAutograd would trace it."""
    functional = dispatch_functionalize(function, FunctionalTensorMode(export=False))
    return analyse_graph(make_fx(functional, tracing_mode="fake")(*(inputs or (rows(5, 256),)))).report


@pytest.mark.parametrize("before", ["rows", "norm"])
@pytest.mark.parametrize("name", FUSED)
def test_fused_once(name: str, before: str) -> None:
    norm = models.Norm(256)
    quant, weight = FUSED[name], norm.weight.detach()
    if before == "rows":
        report = report_of(quant)
    else:
        report = report_of(lambda x, w: quant(torch.func.functional_call(norm, {"weight": w}, x)), rows(5, 256), weight)
    assert len(report.fused) == 1 and report.missed == [], str(report)


@pytest.mark.parametrize("name", [name for name in FUSED if "bits" not in name])
def test_numbers_of_fused_spellings(name: str) -> None:
    torch._dynamo.reset()
    x = rows(5, 256)
    x[0, :4] = torch.tensor([0.0, -0.0, 1e-30, -3e38])
    x[1] = 0
    check_same(torch.compile(FUSED[name], backend="irfuse", options={"irfuse.rest": "eager"}), FUSED[name], [x])


def by_kernel(x: torch.Tensor) -> torch.Tensor:
    q = torch.empty_like(x, dtype=FP8)
    wrap_triton(kernel_of_a_user)[(5,)](x, q, block=256)
    return q


def into(x: torch.Tensor, dtype: torch.dtype) -> Any:
    q, s = torch.empty_like(x, dtype=dtype), x.new_empty(x.shape[:1], dtype=torch.float32)
    torch.ops.marked.into(q, s, x)
    return q, s


_WIDE = "it rounds to wide integers on the way to codes"
_OTHER, _OWN = "it quantises, and irfuse does not look into it", "it quantises in one op"
_decomposed, _marked = torch.ops.quantized_decomposed, torch.ops.marked
MISSED: dict[str, tuple[Spelling, str, str]] = {
    "i64 clamped later": (
        lambda x: scaled(x).to(torch.int64).clamp(-128, 127).to(torch.int8),
        "aten._to_copy.default",
        _WIDE,
    ),
    "i64 without a clamp": (lambda x: scaled(x).to(torch.int64).to(torch.int8), "aten._to_copy.default", _WIDE),
    "an op on i32": (
        lambda x: torch.gcd(codes(x).to(torch.int32), codes(x).to(torch.int32)).to(torch.int8),
        "irfuse.cast",
        "its codes go through aten.gcd.default (",
    ),
    "8 packed in i32": (
        lambda x: packed_in_i32(x, 8),
        "irfuse.or",
        "the result of a reduction over 256 columns is spread over 32",
    ),
    "f64": (lambda x: x.double().to(torch.int8), "aten._to_copy.default", "it quantises f64 values"),
    "e4m3": (_marked.e4m3, "marked.e4m3.default", _OTHER),
    "e5m2": (_marked.e5m2, "marked.e5m2.default", _OTHER),
    "fnuz": (_marked.fnuz, "marked.fnuz.default", _OTHER),
    "e8m0": (_marked.e8m0, "marked.e8m0.default", _OTHER),
    "i8": (_marked.whole, "marked.whole.default", _OTHER),
    "bytes by name": (_marked.quant_bytes, "marked.quant_bytes.default", _OTHER),
    "bytes and a scale": (_marked.with_scale, "marked.with_scale.default", _OTHER),
    "into fp8": (lambda x: into(x, FP8), "marked.into.default", _OTHER),
    "into i8": (lambda x: into(x, torch.int8), "marked.into.default", _OTHER),
    "into bytes": (lambda x: into(x, BYTES), "marked.into.default", _OTHER),
    "decomposed": (
        lambda x: _decomposed.quantize_per_tensor(x.float(), 0.1, 0, -128, 127, torch.int8),
        "quantized_decomposed.quantize_per_tensor.default",
        _OTHER,
    ),
    "fake": (
        lambda x: torch.ops.aten.fake_quantize_per_tensor_affine_cachemask(x.float(), 0.1, 0, -128, 127)[0],
        "aten.fake_quantize_per_tensor_affine_cachemask.default",
        _OWN,
    ),
    "gemm to fp8": (
        lambda x: torch._scaled_mm(x.to(FP8), x.to(FP8).t(), torch.ones(()), torch.ones(()), out_dtype=FP8),
        "aten._scaled_mm.default",
        _OWN,
    ),
    "gemm by fp8 weights": (
        lambda x: _marked.linear(x, torch.zeros(64, 256, dtype=FP8), torch.ones(1, 2)),
        "marked.linear.default",
        "it takes rows that are not quantised and fp8 weights",
    ),
}
"""Spellings that irfuse does not compute: the op that the remark names, and how its reason begins."""


@pytest.mark.parametrize("name", MISSED)
def test_missed_once(name: str) -> None:
    function, op, reason = MISSED[name]
    report = report_of(function)
    sites = [site for site in report.missed if site.op == op]
    assert len(sites) == 1 and sites[0].reason.startswith(reason), str(report)
    assert name == "gemm to fp8" or (not report.fused and report.missed == sites)


@pytest.mark.parametrize("group", [128, 256])
def test_codes_of_a_quant_of_the_graph_are_no_weights(group: int) -> None:
    def linear(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        q, scales = models.group_quant(x, group)
        return _marked.linear(weight, q, scales)

    report = report_of(linear, rows(5, 256), rows(64, 256))
    assert len(report.fused) == 1 and not report.missed, str(report)


@pytest.mark.filterwarnings("ignore")
def test_kernel_of_a_user() -> None:
    report = report_of(by_kernel)
    assert [(site.op, site.reason) for site in report.missed] == [("kernel_of_a_user", _OTHER)]


def test_norm_before_an_op_that_quantises() -> None:
    norm = models.Norm(256)
    call = torch.func.functional_call
    report = report_of(lambda x, w: into(call(norm, {"weight": w}, x), FP8), rows(5, 256), norm.weight.detach())
    before, op = report.missed
    assert op.op == "marked.into.default" and before.reason.startswith("its result goes to marked.into.default (")


def in_place(x: torch.Tensor) -> torch.Tensor:
    return torch.empty(x.shape, dtype=torch.int8).copy_(x)


def gemm_into(x: torch.Tensor) -> torch.Tensor:
    out = x.new_empty(5, 5)
    _marked.gemm(out, x.to(FP8), x.to(FP8), torch.ones(5))
    return out


@pytest.mark.parametrize(
    ("function", "op", "fused"),
    [(in_place, "aten.copy_.default", 0), (lambda x: into(x, FP8), "marked.into.default", 0), (gemm_into, "", 2)],
)
def test_in_place(function: Spelling, op: str, fused: int) -> None:
    """Graphs that nobody made functional: what is written to counts as a result."""
    report = analyse_graph(make_fx(function, tracing_mode="fake")(rows(5, 256))).report
    assert [site.op for site in report.missed] == ([op] if op else []) and len(report.fused) == fused


def test_quantised_tensors() -> None:
    """A graph by hand, as torch traces none: its quantised tensors have no fake ones."""
    x, graph = torch.ones(4, 64), fx.Graph()
    given = graph.placeholder("x")
    made = graph.call_function(torch.ops.aten.quantize_per_tensor.default, (given, 0.1, 0, torch.qint8))
    back = graph.call_function(torch.ops.aten.dequantize.self, (made,))
    for node in (given, made, back):
        node.meta["val"] = x
    made.meta["val"] = torch.quantize_per_tensor(x, 0.1, 0, torch.qint8)
    graph.output((back,))
    report = analyse_graph(fx.GraphModule({}, graph)).report
    assert [(site.op, site.reason[:22]) for site in report.missed] == [("aten.quantize_per_tensor.default", _OWN)]


NO_QUANTS: dict[str, Spelling] = {
    "mask": lambda x: (x > 0).to(BYTES),
    "truth values": lambda x: x.bool().to(torch.int8),
    "mask of a custom op": _marked.mask,
    "positions": lambda x: x.argmax(-1).to(BYTES),
    "places in an order": lambda x: torch.sort(x, -1)[1].to(BYTES),
    "a table of i8": lambda x: torch.zeros(8, dtype=torch.int8)[(x * 2).clamp(0, 7).to(torch.int64)],
    "empty": lambda x: torch.empty_like(x, dtype=torch.int8),
    "zeros": lambda x: torch.zeros_like(x, dtype=FP8),
    "moved": lambda x: _marked.move(torch.zeros_like(x, dtype=FP8), x.float()),
    "bytes of floats": lambda x: x.view(BYTES),
    "powers of two by bits": lambda x: ((x.float().view(torch.int32) >> 23) << 23).view(torch.float32),
    "floats rounded by bits": lambda x: ((x.float().view(torch.int32) | 1) << 1).view(torch.float32),
    "zero points alone": lambda x: asymmetric(x, torch.int8)[2],
}


@pytest.mark.parametrize("name", NO_QUANTS)
def test_what_is_no_quant(name: str) -> None:
    report = report_of(NO_QUANTS[name])
    assert report.fused == report.missed == [], str(report)
