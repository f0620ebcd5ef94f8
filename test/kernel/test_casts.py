"""Casts to and from 8-bit floats, in and beyond their range: by definition, in the reference, in kernels, in graphs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from bodies import built
from float_formats import E4M3, E4M3_FNUZ, E5M2, E5M2_FNUZ, Format
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from xdsl.context import Context
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float8E4M3FNType,
    Float8E4M3FNUZType,
    Float8E5M2FNUZType,
    Float8E5M2Type,
    Float8E8M0FNUType,
    f32,
    i32,
)
from xdsl.ir import Attribute, Block, Region

from irfuse import dialect as d
from irfuse.analysis.normal_form import equal
from irfuse.analysis.outline import expand_named
from irfuse.dialect.enums import Overflow, OverflowAttr
from irfuse.dialect.fp8 import FP8
from irfuse.dialect.scales import ScaleForm
from irfuse.dialect.types import make_tensor
from irfuse.dtypes import dtype_of, eager_overflow, element_of, overflow_of
from irfuse.import_fx import to_ir
from irfuse.passes import PASSES
from irfuse.runtime import reference
from irfuse.runtime.launch import FusedCall

FORMATS: dict[type[Attribute], Format] = {
    Float8E4M3FNType: E4M3,
    Float8E5M2Type: E5M2,
    Float8E4M3FNUZType: E4M3_FNUZ,
    Float8E5M2FNUZType: E5M2_FNUZ,
}
CPU, CUDA = torch.device("cpu"), torch.device("cuda")
RULES = [
    (kind, rule)
    for kind, rule in itertools.product(FORMATS, Overflow)
    if rule is not Overflow.infinity or FP8[kind].infinity is not None
]
IDS = [f"{FP8[kind].name}-{rule}" for kind, rule in RULES]
EAGER = {rule: [k for k in FORMATS if eager_overflow(dtype_of(k()), CPU) is rule] for rule in Overflow}


def numbers(kind: type[Attribute]) -> torch.Tensor:
    """Every number of a format, the middles and what lies just beside them, what lies beyond the range, NaN, zeros."""
    table = torch.from_numpy(FORMATS[kind].table()).float()
    middles = (table[1:] + table[:-1]) / 2
    last = torch.tensor(FP8[kind].last)
    beyond = [last, torch.nextafter(last, torch.tensor(torch.inf)), last * 1.1, last * 4, torch.tensor(3e38)]
    near = [torch.nextafter(middles, torch.tensor(end)) for end in (0.0, torch.inf)]
    found = torch.cat([table, middles, *near, torch.stack([*beyond, torch.tensor(torch.inf)]), torch.tensor([1e-30])])
    return torch.cat([found, -found, torch.tensor([torch.nan])])


def codes(kind: type[Attribute], rule: Overflow, x: torch.Tensor) -> np.ndarray[Any, Any]:
    """The codes by definition: nearest even in the range, and what the rule says beyond it."""
    fp8, values = FP8[kind], x.double().numpy()
    step = 2.0 ** (np.floor(np.log2(fp8.largest)) - fp8.mantissa)
    steps = np.abs(values) / step
    rounded = np.where(np.isfinite(steps), np.rint(np.where(np.isfinite(steps), steps, 0.0)), np.inf) * step
    beyond = (np.abs(values) > fp8.largest) & (rounded > fp8.largest)
    inside = FORMATS[kind].encode(np.clip(values, -fp8.largest, fp8.largest))
    code = fp8.code(rule)
    if code is None:
        return inside
    return np.where(beyond, code | (0 if fp8.is_fnuz else np.signbit(values) * 128), inside).astype(np.uint8)


def as_defined(kind: type[Attribute], rule: Overflow, x: torch.Tensor, found: torch.Tensor) -> None:
    """Assert that codes are those of the definition; any NaN is as good as another."""
    wanted = torch.from_numpy(codes(kind, rule, x)).view(found.dtype)
    nan = found.float().isnan() & wanted.float().isnan()
    wrong = ~nan & (found.view(torch.uint8) != wanted.view(torch.uint8))
    assert not wrong.any(), (x[wrong][:4], found[wrong][:4].float(), wanted[wrong][:4].float())


def cast_of(kind: type[Attribute], rule: Overflow, rows: int) -> Block:
    """A body that casts rows of 64."""
    return built([[rows, 64]], lambda b, x: [b.emit(d.CastOp(x, kind(), rule))])


def padded(x: torch.Tensor) -> torch.Tensor:
    """Numbers as rows of 64."""
    return torch.cat([x, torch.zeros(-len(x) % 64)]).view(-1, 64)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_last_number_in_range(kind: type[Attribute]) -> None:
    """By torch: it rounds to the largest one, and the next f32 number to something else, unless torch saturates."""
    last, fp8 = torch.tensor(FP8[kind].last), FP8[kind]
    edge = torch.stack([last, torch.nextafter(last, torch.tensor(torch.inf))]).to(dtype_of(kind())).float()
    assert edge[0] == fp8.largest == torch.finfo(dtype_of(kind())).max
    assert (edge[1] == fp8.largest) == (eager_overflow(dtype_of(kind()), CPU) is Overflow.saturate)


@pytest.mark.parametrize(("kind", "rule"), RULES, ids=IDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_the_reference(kind: type[Attribute], rule: Overflow, dtype: torch.dtype) -> None:
    """All formats by all rules, whatever rule torch at hand has."""
    x = padded(numbers(kind)).to(dtype)
    element = make_tensor(element_of(dtype), list(x.shape))
    (found,) = reference.run_block(built([element], lambda b, v: [b.emit(d.CastOp(v, kind(), rule))]), [x])
    as_defined(kind, rule, x.float(), found)


@pytest.mark.parametrize("arch", ["gfx942", "gfx950"])
def test_kernels(arch: str) -> None:
    """All formats by all rules, those of the GPU and those that its compiler converts in software; on the emulator."""
    for kind, rule in RULES:
        x = padded(numbers(kind))
        block = cast_of(kind, rule, len(x))
        op = d.FusedOp(Block(arg_types=[block.args[0].type]).args, [block.last_op.operands[0].type], Region(block))
        (found,) = FusedCall(op, arch)(x)
        as_defined(kind, rule, x, found)


@pytest.mark.parametrize("arch", ["gfx942", "gfx950"])
def test_kernels_read_every_code(arch: str) -> None:
    """fp8 and e8m0 as f32; the NaN of fnuz formats is no zero."""
    for kind in (*FORMATS, Float8E8M0FNUType):
        tensor = make_tensor(kind(), [4, 64])
        block = built([tensor], lambda b, x: [b.f32(x)])
        op = d.FusedOp(Block(arg_types=[tensor]).args, [make_tensor(f32, [4, 64])], Region(block))
        x = torch.arange(256, dtype=torch.int32).to(torch.uint8).view(4, 64).view(dtype_of(kind()))
        (found,) = FusedCall(op, arch)(x)
        torch.testing.assert_close(found, x.float(), rtol=0, atol=0, equal_nan=True)


def test_scales_are_cast_without_their_sign() -> None:
    """To e8m0 as torch does, around the middle of every two powers, with both signs; NaN at the end of f32."""
    powers = torch.arange(1, 255, dtype=torch.int32) << 23
    bits = torch.cat([powers | low for low in (0, 0x3FFFFF, 0x400000, 0x400001, 0x7FFFFF)])
    denormal = torch.tensor([0, 1, 0x3FFFFF, 0x400000, 0x400001, 0x7FFFFF, 0x7F800000, 0x7FC00000], dtype=torch.int32)
    x = torch.cat([bits, denormal]).view(torch.float32)
    x = padded(torch.cat([x, -x]))
    block = built([list(x.shape)], lambda b, v: [b.emit(d.CastOp(v, Float8E8M0FNUType()))])
    op = d.FusedOp(Block(arg_types=[block.args[0].type]).args, [block.last_op.operands[0].type], Region(block))
    (found,) = FusedCall(op, "gfx942")(x)
    assert torch.equal(found.view(torch.uint8), x.to(torch.float8_e8m0fnu).view(torch.uint8))


@pytest.mark.parametrize("arch", ["gfx942", "gfx950"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_kernels_cast_to_i32_as_gpus_do(arch: str, dtype: torch.dtype) -> None:
    """Around both ends of the range, infinities and NaN; also where a sum reads the integer as a float again."""
    ends = torch.tensor([2.0**31 - 128, 2.0**31, 2.0**31 + 256, 3e38, torch.inf, torch.nan, 0.0, 0.5, 0.999, 1.5, 8e6])
    x = padded(torch.cat([ends, -ends])).to(dtype)
    tensor = make_tensor(element_of(dtype), list(x.shape))

    def build(b: Any, v: Any) -> list[Any]:
        whole = b.cast(v, i32)
        return [whole, b.binary(d.AddOp, b.f32(whole), 1.0)]

    block = built([tensor], build)
    results = [v.type for v in block.last_op.operands]
    found = FusedCall(d.FusedOp(Block(arg_types=[tensor]).args, results, Region(block)), arch)(x)
    numbers = [0 if n != n else int(min(max(n, -(2.0**31)), 2.0**31 - 1)) for n in x.flatten().tolist()]
    wanted = torch.tensor(numbers).view(x.shape).int()
    assert torch.equal(found[0], wanted) and torch.equal(found[1], wanted.float() + 1.0)


def raised(x: torch.Tensor, dtype: torch.dtype, device: torch.device, *, compiled: bool) -> str:
    """The IR of a cast without a clamp, after raise-aten."""
    with FakeTensorMode():
        graph = make_fx(lambda v: v.to(dtype))(torch.empty(x.shape, device=device))
    module = to_ir(graph, compiled=compiled)
    PASSES["raise-aten"]()().apply(Context(), module)
    return str(module)


@pytest.mark.parametrize("kind", FORMATS)
def test_graphs_say_what_torch_does(kind: type[Attribute]) -> None:
    """The rule of eager torch, and of Triton where Inductor compiles for a GPU, stands in the IR."""
    dtype, x = dtype_of(kind()), torch.zeros(4, 64)
    eager = eager_overflow(dtype, CPU)
    assert f"irfuse.cast %v overflow {eager}" in raised(x, dtype, CPU, compiled=False)
    assert f"overflow {eager}" in raised(x, dtype, CPU, compiled=True)
    assert overflow_of(dtype, CUDA, compiled=True) is Overflow.saturate
    if not torch.cuda.is_available():
        assert overflow_of(dtype, CUDA) is eager
    assert "overflow saturate" in raised(x, dtype, CUDA, compiled=True)


@pytest.mark.parametrize("kind", FORMATS)
def test_eager_torch_is_asked(kind: type[Attribute], monkeypatch: pytest.MonkeyPatch) -> None:
    """A torch that casts by none of the rules is not modelled: its casts stay opaque."""
    monkeypatch.setattr("irfuse.import_fx.overflow_of", lambda *_, **__: None)
    assert "irfuse.cast" not in raised(torch.zeros(4, 64), dtype_of(kind()), CPU, compiled=False)


def test_bodies_that_overflow_otherwise_differ() -> None:
    """In normal form a cast says what it does beyond the range; saturating is the same said or not."""
    nan, infinity, largest, unsaid = (
        built([[4, 64]], lambda b, x, rule=rule: [b.emit(d.CastOp(x, Float8E5M2Type(), rule))])
        for rule in (Overflow.nan, Overflow.infinity, Overflow.saturate, None)
    )
    assert equal(largest, unsaid) and not equal(nan, infinity) and not equal(nan, largest)


@pytest.mark.parametrize("rule", [rule for rule in Overflow if rule is not Overflow.infinity])
def test_named_quants_keep_the_rule(rule: Overflow) -> None:
    """A quant without a clamp expands to casts of its own rule, a clamped one to casts that need none."""
    for saturate in (False, True):
        q = make_quant(rule, saturate)
        casts = [op for op in q.ops if isinstance(op, d.CastOp) and op.result.type.element_type == Float8E4M3FNType()]
        assert [op.overflow is None for op in casts] == [saturate]
        assert saturate or casts[0].beyond is rule


def make_quant(rule: Overflow, saturate: bool) -> Block:
    """A group quant of bf16 rows, expanded."""

    def build(b: Any, x: Any) -> list[Any]:
        form, settings = ScaleForm(448.0), {"saturate": saturate, "overflow": OverflowAttr(rule)}
        b.emit(op := d.GroupQuantOp(x, Float8E4M3FNType(), form, group_size=64, **settings))
        return [op.q, op.scales]

    block = built([make_tensor(BFloat16Type(), [4, 64])], build)
    expand_named(block)
    return block


def test_eager_rules_are_known() -> None:
    """Each format has one of the rules in the torch at hand, e5m2 infinity and fnuz formats NaN."""
    assert sum(map(len, EAGER.values())) == len(FORMATS)
    assert EAGER[Overflow.infinity] == [Float8E5M2Type]
    assert {Float8E4M3FNUZType, Float8E5M2FNUZType} <= set(EAGER[Overflow.nan])
