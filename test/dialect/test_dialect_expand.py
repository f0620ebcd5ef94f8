"""The meaning of named ops: each expansion against a formula in plain torch, written here again, bit for bit.

Every input has rows with NaN, infinities, zeros of both signs, the largest finite numbers and denormals beside random
ones, so whatever torch makes of those is what the expansion makes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from bodies import same
from xdsl.dialects.builtin import f32
from xdsl.ir import Block, Operation, SSAValue

from irfuse import dialect as d
from irfuse.dialect.enums import Activation, ScaleFormat, ScaleRule, WeightRound
from irfuse.dialect.fused import YieldOp
from irfuse.dialect.scales import ScaleForm
from irfuse.dialect.types import make_tensor, with_element
from irfuse.dtypes import element_of
from irfuse.runtime.reference import run_block

Tensor = torch.Tensor
DTYPES = [torch.bfloat16, torch.float16, torch.float32]
FP8 = {
    torch.float8_e4m3fn: 448.0,
    torch.float8_e4m3fnuz: 224.0,
    torch.float8_e5m2: 57344.0,
    torch.float8_e5m2fnuz: 57344.0,
}
FLOOR = 1.0 / (448.0 * 512.0)
ROWS, COLUMNS = 24, 96


def rows(dtype: torch.dtype, seed: int, special: bool = True) -> Tensor:
    """A tensor of rows of many magnitudes; the first ones are special."""
    noise = torch.Generator().manual_seed(seed)
    x = (torch.randn(ROWS, COLUMNS, generator=noise) * torch.logspace(-4, 3, ROWS)[:, None]).to(dtype)
    if special:
        info = torch.finfo(dtype)
        x[0, 5], x[1, 7], x[2, 9], x[3], x[4] = float("nan"), float("inf"), -float("inf"), 0.0, -0.0
        x[5], x[6, ::2], x[7] = info.max, -info.max, info.smallest_normal / 4
    return x


def vector(dtype: torch.dtype, length: int, seed: int) -> Tensor:
    """A weight or a bias."""
    return torch.randn(length, generator=torch.Generator().manual_seed(seed)).to(dtype)


def run(build: Callable[..., Operation], *tensors: Tensor) -> tuple[Tensor, ...]:
    """What an op, alone in a body with a symbolic number of rows, computes by its expansion."""
    types = [make_tensor(element_of(t.dtype), ["s0", *t.shape[1:]] if t.dim() > 1 else t.shape) for t in tensors]
    block = Block(arg_types=types)
    op = build(*block.args)
    op.verify()
    block.add_ops([op, YieldOp(*op.results)])
    return run_block(block, tensors)


def result_of(x: SSAValue, dtype: torch.dtype) -> Any:
    """The type of ``x`` with other elements."""
    return with_element(x.type, element_of(dtype))


def unit(x: Tensor, eps: float, run_length: int) -> Tensor:
    """Runs of a row divided by their root mean square, in f32."""
    runs = x.float().unflatten(-1, (-1, run_length))
    return (runs * torch.rsqrt((runs * runs).mean(-1, keepdim=True) + eps)).flatten(-2)


def per_column(y: Tensor, vector: Tensor) -> Tensor:
    """A vector for one run or for the row, as long as the row."""
    return vector.repeat(y.shape[-1] // vector.shape[0])


def weighted(y: Tensor, vectors: dict[str, Tensor], attributes: dict[str, Any], out: torch.dtype) -> Tensor:
    """The normed row with weight and bias: in f32, or in ``out`` where it is rounded before the weight."""
    if "w" not in vectors:
        return y
    if attributes.get("weight_round") is WeightRound.before:
        return y.to(out) * per_column(y, vectors["w"])
    offset = attributes.get("weight_offset", 0.0)
    y = y * per_column(y, vectors["w"].float() + offset if offset else vectors["w"].float())
    return y + per_column(y, vectors["bias"].float()) if "bias" in vectors else y


GATES: dict[Activation, Callable[[Tensor], Tensor]] = {
    Activation.silu: F.silu,
    Activation.silu_mul: lambda z: z * torch.sigmoid(z),
    Activation.silu_exp: lambda z: z / (1.0 + torch.exp(-z)),
    Activation.sigmoid: torch.sigmoid,
}
FORMS: list[dict[str, Any]] = [
    {},
    {"w": COLUMNS},
    {"w": COLUMNS, "bias": COLUMNS},
    {"w": COLUMNS, "weight_offset": 1.0},
    {"w": COLUMNS, "weight_round": WeightRound.before},
    {"norm_group": 32},
    {"w": 32, "norm_group": 32},
    {"w": COLUMNS, "norm_group": 32, "bias": 32},
    {"w": 32, "norm_group": 32, "weight_round": WeightRound.before},
]  # fmt: skip


@pytest.fixture(params=FORMS, ids=lambda form: " ".join(f"{k}={v}" for k, v in form.items()) or "plain")
def form(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A form of a norm: the lengths of its vectors, and its attributes."""
    return dict(request.param)


def split(form: dict[str, Any], dtype: torch.dtype) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The vectors of a form, and its attributes with their defaults."""
    vectors = {key: vector(dtype, form[key], seed) for seed, key in enumerate(("w", "bias")) if key in form}
    return vectors, {"eps": 1e-5, **{k: v for k, v in form.items() if k not in ("w", "bias")}}


@pytest.mark.parametrize("weight_dtype", [None, torch.float32], ids=["weight alike", "weight f32"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_rms_norm(form: dict[str, Any], dtype: torch.dtype, weight_dtype: torch.dtype | None) -> None:
    x = rows(dtype, 1)
    vectors, attributes = split(form, weight_dtype or dtype)
    operands = list(vectors)

    def build(x: SSAValue, *values: SSAValue) -> Operation:
        named = dict(zip(operands, values, strict=True))
        return d.RmsNormOp(x, named.get("w"), named.get("bias"), result_of(x, dtype), **attributes)

    y = unit(x, 1e-5, attributes.get("norm_group", COLUMNS))
    same(run(build, x, *vectors.values()), [weighted(y, vectors, attributes, dtype).to(dtype)])


@pytest.mark.parametrize("before", [True, False], ids=["norm first", "gate first"])
@pytest.mark.parametrize("activation", GATES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_rms_norm_gated(form: dict[str, Any], dtype: torch.dtype, activation: Activation, before: bool) -> None:
    x, z = rows(dtype, 1), rows(dtype, 2, special=False)
    z[8, 3], z[9, 4], z[10, 5] = float("nan"), float("inf"), -float("inf")
    vectors, attributes = split(form, dtype)
    operands = list(vectors)

    def build(x: SSAValue, z: SSAValue, *values: SSAValue) -> Operation:
        named = dict(zip(operands, values, strict=True))
        gate = {"activation": activation, "norm_before_gate": before}
        return d.RmsNormGatedOp(x, z, named.get("w"), named.get("bias"), result_of(x, dtype), **gate, **attributes)

    gate, run_length = GATES[activation](z.float()), attributes.get("norm_group", COLUMNS)
    if before:
        wanted = weighted(unit(x, 1e-5, run_length), vectors, attributes, dtype).float() * gate
    else:
        wanted = weighted(unit(x.float() * gate, 1e-5, run_length), vectors, attributes, dtype)
    same(run(build, x, z, *vectors.values()), [wanted.to(dtype)])


@pytest.mark.parametrize("rounded", [False, True], ids=["exact sum", "rounded sum"])
@pytest.mark.parametrize(("dtype", "out"), [*zip(DTYPES, DTYPES, strict=True), (torch.bfloat16, torch.float32)])
def test_add_rms_norm(form: dict[str, Any], dtype: torch.dtype, out: torch.dtype, rounded: bool) -> None:
    x, residual = rows(dtype, 1), rows(dtype, 2, special=False)
    vectors, attributes = split(form, dtype)
    operands = list(vectors)

    def build(x: SSAValue, r: SSAValue, *values: SSAValue) -> Operation:
        named = dict(zip(operands, values, strict=True))
        types = result_of(x, out), result_of(x, dtype)
        return d.AddRmsNormOp(x, r, named.get("w"), named.get("bias"), types, norm_rounded=rounded, **attributes)

    total = x.float() + residual.float()
    y = unit(total.to(dtype) if rounded else total, 1e-5, attributes.get("norm_group", COLUMNS))
    wanted = weighted(y, vectors, attributes, out).to(out), total.to(dtype)
    same(run(build, x, residual, *vectors.values()), wanted)


@pytest.mark.parametrize("scale_format", [ScaleFormat.f32, ScaleFormat.ue8m0])
@pytest.mark.parametrize("floor", [None, FLOOR, 1e-2])
@pytest.mark.parametrize("rule", ScaleRule)
@pytest.mark.parametrize("group", [1, 32, COLUMNS])
@pytest.mark.parametrize("dtype", DTYPES)
def test_group_quant(
    dtype: torch.dtype, group: int, rule: ScaleRule, floor: float | None, scale_format: ScaleFormat
) -> None:
    x = rows(dtype, 3)
    for fp8, bound in FP8.items():
        form = ScaleForm(bound, scale_floor=floor, format=scale_format)
        build = partial(d.GroupQuantOp, element=element_of(fp8), form=form, group_size=group, scale_rule=rule)
        amax = (runs := x.unflatten(-1, (-1, group)).float()).abs().amax(-1, keepdim=True)
        scale = amax / bound if floor is None else (amax / bound).clamp(min=floor)
        scale = torch.exp2(torch.ceil(torch.log2(scale))) if scale_format is ScaleFormat.ue8m0 else scale
        inverse = 1.0 / amax * bound if rule is ScaleRule.inverse else 1.0 / scale
        ratio = runs / scale if rule is ScaleRule.divide else runs * inverse
        same(run(build, x), [ratio.clamp(-bound, bound).to(fp8).flatten(-2), scale.squeeze(-1)])


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (1, 1, 1)])
@pytest.mark.parametrize("value", [0.37, 0.0, float("inf"), float("nan"), -2.5])
@pytest.mark.parametrize("rule", [ScaleRule.divide, ScaleRule.reciprocal])
@pytest.mark.parametrize("dtype", DTYPES)
def test_static_quant(dtype: torch.dtype, rule: ScaleRule, value: float, shape: tuple[int, ...]) -> None:
    x, scale, fp8 = rows(dtype, 4), torch.full((), value), torch.float8_e4m3fn
    block = Block(arg_types=[make_tensor(element_of(dtype), x.shape), make_tensor(f32, shape)])
    op = d.StaticQuantOp(*block.args, element_of(fp8), quant_max=448.0, scale_rule=rule)
    block.add_ops([op, YieldOp(op.q)])
    ratio = x.float() / scale if rule is ScaleRule.divide else x.float() * (1.0 / scale)
    same(run_block(block, [x, scale.reshape(shape)]), [ratio.clamp(-448.0, 448.0).to(fp8)])


@pytest.mark.parametrize("activation", GATES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_act_mul(dtype: torch.dtype, activation: Activation) -> None:
    """In eager torch ``silu(a) * b`` rounds after silu by itself; the expansion says so with a cast."""
    a, b = rows(dtype, 5), rows(dtype, 6, special=False)
    found = run(lambda a, b: d.ActMulOp(a, b, activation), a, b)
    same(found, [GATES[activation](a.float()).to(dtype) * b])
    if activation is Activation.silu:
        same(found, [F.silu(a) * b])


def test_running_a_body_leaves_it_as_it_was() -> None:
    """A body is run at every call of a compiled model; what its expansion needs must not stay behind."""
    x = torch.ones(2, 8)
    block = Block(arg_types=[make_tensor(f32, x.shape)])
    op = d.RmsNormOp(block.args[0], None, None, block.args[0].type, eps=1e-5)
    block.add_ops([op, YieldOp(op.result)])
    for _ in range(2):
        run_block(block, [x])
        assert len(list(block.args[0].uses)) == 1


BINARY = {d.AddOp: torch.add, d.SubOp: torch.sub, d.MulOp: torch.mul, d.DivOp: torch.div, d.MaximumOp: torch.maximum}


@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize("dtype", DTYPES)
def test_binary_ops_take_a_tensor_or_a_number(op: Any, dtype: torch.dtype) -> None:
    x, y = rows(dtype, 7), rows(dtype, 8)
    same(run(op, x, y), [BINARY[op](x, y)])
    same(run(lambda x: op(x, 1.5), x), [BINARY[op](x, torch.tensor(1.5, dtype=dtype))])
