"""Small ops: each has one meaning and one kernel text; ops on bits against torch, 4-bit codes against a search."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from bodies import built, parsed
from xdsl.context import Context
from xdsl.dialects.builtin import Float4E2M1FNType

from irfuse import dialect as d
from irfuse.dialect.bits import BitwiseOp
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.enums import Predicate
from irfuse.dialect.fused import SMALL_OPS
from irfuse.dialect.types import TORCH_NAMES, Tensor, make_tensor, with_element
from irfuse.dtypes import element_of
from irfuse.errors import NotEvaluableError
from irfuse.kernel.numbers import rounded
from irfuse.kernel.text import EXPRESSIONS
from irfuse.passes.raise_aten import RaiseAtenPass
from irfuse.runtime import reference
from irfuse.runtime.reference import MEANING, run_block, run_module

BY_LINES = {d.BitcastOp, d.CastOp, d.ClampOp, d.CompareOp, d.ConcatOp, d.FullOp, d.PadOp}
REDUCTIONS = {d.PackOp, d.PartSumOp, d.RowAmaxOp, d.RowAminOp, d.RowMeanOp, d.RowSumOp, d.RowVarOp}
NO_LINE = {d.BroadcastOp, d.CopyOp, d.GatherOp, d.PermuteOp, d.RelayoutOp, d.ReshapeOp, d.SliceOp}
NO_LINE |= {d.InsertOp, d.IotaOp, d.ScatterOp}
E2M1 = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]
INTEGERS = ["int8", "uint8", "int16", "int32"]
SHIFTS = {d.ShlOp: torch.bitwise_left_shift, d.ShrOp: torch.bitwise_right_shift}
BITWISE = {d.AndOp: torch.bitwise_and, d.OrOp: torch.bitwise_or, d.XorOp: torch.bitwise_xor}


def run(build: Any, *tensors: torch.Tensor) -> torch.Tensor:
    """What one op, alone in a body, computes."""
    types = [make_tensor(element_of(t.dtype), t.shape) for t in tensors]
    return run_block(built(types, lambda b, *args: [build(b, *args)]), tensors)[0]


def integers(name: str) -> torch.Tensor:
    """Integers of a type: both ends of its range, what lies around 0, and some between."""
    dtype = getattr(torch, name)
    low, high = torch.iinfo(dtype).min, torch.iinfo(dtype).max
    some = torch.linspace(low / 2, high / 2, 23).long().tolist()
    return torch.tensor([[low, low + 1, high, high - 1, 0, 1, 2, max(low, -1), max(low, -2), *some]]).to(dtype)


@pytest.mark.parametrize(("dtype", "bits"), [(torch.bfloat16, 8), (torch.float16, 11)])
def test_a_double_is_rounded_by_way_of_f32_as_torch_does(dtype: torch.dtype, bits: int) -> None:
    """Just above the middle of two narrow numbers, where one rounding would go up."""
    value = 1 + 2.0**-bits + 2.0**-40
    assert rounded(value, element_of(dtype)) == torch.full((), value, dtype=dtype).item() == 1.0
    found = run(lambda b, x: b.cast(x, element_of(dtype)), torch.tensor(value, dtype=torch.float64))
    assert found.dtype == dtype and found.item() == 1.0


def test_every_small_op_has_one_meaning() -> None:
    assert set(MEANING) - {d.LayerNormOp} == {op for op in d.Irfuse.operations if issubclass(op, SMALL_OPS)}


def test_every_small_op_has_a_kernel_text() -> None:
    """An expression, lines of its own, or none, as only addresses change; no op is in two of these."""
    kinds = [set(EXPRESSIONS), BY_LINES, REDUCTIONS, NO_LINE]
    assert set().union(*kinds) == set(MEANING) - {d.LayerNormOp}
    assert sum(map(len, kinds)) == len(MEANING) - 1


@pytest.mark.parametrize("name", [*INTEGERS, "bool"])
@pytest.mark.parametrize("op", BITWISE)
def test_bitwise(op: type[BitwiseOp], name: str) -> None:
    x = torch.tensor([[True, True, False, False]]) if name == "bool" else integers(name)
    y = x.flip(1)
    assert torch.equal(run(lambda b, x, y: b.binary(op, x, y), x, y), BITWISE[op](x, y))
    assert torch.equal(run(lambda b, x: b.binary(op, x, 1), x), BITWISE[op](x, torch.ones_like(x)))


@pytest.mark.parametrize("mask", [0x80000000, 0x7F800000, 0xFFFFFFFF, -1])
@pytest.mark.parametrize("op", BITWISE)
def test_a_mask_of_32_bits_wraps(op: type[BitwiseOp], mask: int) -> None:
    """0x80000000 is the sign bit of an int32, as a number it is negative."""
    x = integers("int32")
    wrapped = torch.tensor(mask, dtype=torch.int64).to(torch.int32)
    assert torch.equal(run(lambda b, x: b.binary(op, x, mask), x), BITWISE[op](x, wrapped))


@pytest.mark.parametrize("by", [0, 1, 4, 7])
@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("op", SHIFTS)
def test_shifts(op: type[BitwiseOp], name: str, by: int) -> None:
    """Left shifts drop what leaves the type; right shifts of negative numbers shift the sign in."""
    x, bits = integers(name), torch.iinfo(getattr(torch, name)).bits
    found = run(lambda b, x: b.binary(op, x, by), x)
    exact = [(v << by if op is d.ShlOp else v >> by) & ((1 << bits) - 1) for v in x.flatten().tolist()]
    assert [v & ((1 << bits) - 1) for v in found.flatten().tolist()] == exact
    assert found.dtype == x.dtype and torch.equal(found, SHIFTS[op](x, torch.full_like(x, by)))


@pytest.mark.parametrize("by", [1, 3, 16, 127])
@pytest.mark.parametrize("name", INTEGERS)
def test_quotients_are_rounded_down(name: str, by: int) -> None:
    """So that a remainder is never below 0: index -1 is in the last place of the block before the first."""
    x = integers(name)
    for op, exact in ((d.FloorDivOp, int.__floordiv__), (d.RemainderOp, int.__mod__)):
        found = run(lambda b, x, op=op: b.binary(op, x, by), x)
        assert found.dtype == x.dtype and found.flatten().tolist() == [exact(v, by) for v in x.flatten().tolist()]


@pytest.mark.parametrize("predicate", Predicate)
def test_comparisons_with_nan(predicate: Predicate) -> None:
    x = torch.tensor([[1.0, -0.0, float("nan"), float("inf"), float("nan")]])
    y = torch.tensor([[1.0, 0.0, 1.0, float("inf"), float("nan")]])
    wanted = getattr(torch, str(predicate))(x, y)
    assert torch.equal(run(lambda b, x, y: b.emit(d.CompareOp(predicate, x, y)), x, y), wanted)
    alone = run(lambda b, x: b.emit(d.CompareOp(predicate, x, 1.0)), x)
    assert torch.equal(alone, getattr(torch, str(predicate))(x, 1.0))


@pytest.mark.parametrize("pair", [("float32", "int32"), ("bfloat16", "int16"), ("float8_e4m3fn", "uint8")])
def test_bitcasts_go_back(pair: tuple[str, str]) -> None:
    floats, ints = (getattr(torch, name) for name in pair)
    x = torch.tensor([[1.0, -2.0, 0.0, -0.0, 448.0]]).to(floats)

    def there(b: SmallBuilder, x: Any) -> Any:
        return b.emit(d.BitcastOp(x, with_element(x.type, TORCH_NAMES[pair[1]])))

    bits = run(there, x)
    assert bits.dtype == ints and torch.equal(bits, x.view(ints))
    back = run(lambda b, y: b.emit(d.BitcastOp(y, with_element(y.type, TORCH_NAMES[pair[0]]))), bits)
    assert torch.equal(back.view(ints), bits)


def nearest_code(value: float) -> int:
    """The 4-bit code of a number by search: the nearest magnitude, of two equally near ones the even code."""
    return min(range(8), key=lambda code: (abs(E2M1[code] - min(abs(value), 6.0)), code % 2))


def every_bf16() -> torch.Tensor:
    """All bf16 numbers, without NaNs."""
    x = torch.arange(-(1 << 15), 1 << 15, dtype=torch.int32).to(torch.int16).view(torch.bfloat16)
    return x[~x.isnan()]


def test_e2m1_codes_are_the_nearest() -> None:
    """All of bf16 holds every border between two codes, its neighbours, subnormals, and both infinities."""
    x = every_bf16()
    codes = reference.e2m1_codes(x)
    wanted = torch.tensor([nearest_code(v) for v in x.abs().tolist()], dtype=torch.uint8)
    assert torch.equal(codes & 7, wanted)
    assert torch.equal(codes >> 3, (x.view(torch.int16) < 0).to(torch.uint8))


def test_e2m1_codes_of_f32_beside_a_border() -> None:
    """One step of f32 from a tie is no tie."""
    for low, high in pairwise(E2M1):
        middle = torch.tensor((low + high) / 2)
        below, above = (torch.nextafter(middle, torch.tensor(to)) for to in (0.0, 8.0))
        assert E2M1[int(reference.e2m1_codes(below))] == low
        assert E2M1[int(reference.e2m1_codes(above))] == high
        assert int(reference.e2m1_codes(middle)) % 2 == 0


def test_a_cast_to_e2m1_is_its_code() -> None:
    x = torch.tensor([[0.25, 0.75, -1.25, 6.1, -0.0, float("inf")]])
    codes = run(lambda b, x: b.cast(x, Float4E2M1FNType()), x)
    assert codes.tolist() == [[0, 2, 8 + 2, 7, 8, 7]]


@pytest.mark.parametrize(("bits", "row", "name"), [(4, 2, "uint8"), (8, 2, "int16"), (8, 4, "int32"), (1, 8, "uint8")])
def test_pack(bits: int, row: int, name: str) -> None:
    """The first entry is in the lowest bits."""
    codes = torch.randint(0, 1 << bits, (50, row), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    packed = run(lambda b, x: b.emit(d.PackOp(x, bits, TORCH_NAMES[name])), codes)
    total = [sum(code << (i * bits) for i, code in enumerate(entries)) for entries in codes.tolist()]
    assert packed.dtype == getattr(torch, name)
    assert [v & ((1 << bits * row) - 1) for v in packed.flatten().tolist()] == total


def test_packed_bytes_are_a_view_of_them() -> None:
    """Also where the highest bits are set, which a sign would smear over those beside them."""
    x = torch.tensor([[-1, -1, 5, -3], [127, -128, 0, 1]], dtype=torch.int8).view(torch.uint8)
    packed = run(lambda b, x: b.emit(d.PackOp(x, 8, TORCH_NAMES["int32"])), x)
    assert torch.equal(packed, x.view(torch.int32))


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16", "int32", "uint8", "bool"])
def test_a_constant_has_its_type(name: str) -> None:
    kind: Tensor = make_tensor(TORCH_NAMES[name], (2, 3))
    made = run(lambda b, x: b.emit(d.FullOp(1.0, kind)), torch.zeros(2, 3))
    assert torch.equal(made, torch.ones(2, 3, dtype=getattr(torch, name)))


def raised(call: str, x: torch.Tensor, result: str, out: tuple[int, ...]) -> torch.Tensor:
    """What raise-aten makes of one call of a node on ``x``, computed; the module stays valid."""
    source, target = (make_tensor(TORCH_NAMES[n], s) for n, s in ((str(x.dtype)[6:], x.shape), (result, out)))
    module = parsed(
        f"func.func @f(%x: {source}) -> {target} {{\n  %y = irfuse.opaque {call} : ({source}) -> {target}\n"
        f"  return %y : {target}\n}}"
    )
    RaiseAtenPass().apply(Context(), module)
    module.verify()
    return run_module(module, [x])[0]


@pytest.mark.parametrize(
    ("source", "result"),
    [("uint8", "int16"), ("uint8", "int32")],
)
def test_a_view_of_narrow_integers_as_wider_elements(source: str, result: str) -> None:
    """The bits of neighbours side by side."""
    x = integers(source).repeat(1, 2)
    wanted = x.view(getattr(torch, result))
    found = raised(f'"aten.view.dtype" (%x) call<x0, "{result}">', x, result, wanted.shape)
    assert found.dtype == wanted.dtype and torch.equal(found.view(torch.uint8), wanted.view(torch.uint8))


@pytest.mark.parametrize(("source", "result"), [("int8", "int32"), ("int16", "int32"), ("uint8", "bfloat16")])
def test_other_views_stay_what_they_are(source: str, result: str) -> None:
    """Signed entries and bits of floats: the node is not looked into."""
    x = integers(source).repeat(1, 2)
    with pytest.raises(NotEvaluableError):
        raised(f'"aten.view.dtype" (%x) call<x0, "{result}">', x, result, x.view(getattr(torch, result)).shape)


def test_a_view_of_truth_values_as_bytes() -> None:
    """A truth value is a byte in memory; where a view of it is not modelled, the node stays, and the module valid."""
    x = torch.tensor([[True, False, True, True] * 2])
    try:
        found = raised('"aten.view.dtype" (%x) call<x0, "uint8">', x, "uint8", (1, 8))
    except NotEvaluableError:
        return
    assert torch.equal(found, x.view(torch.uint8))


def test_halves_of_bytes_that_are_no_codes() -> None:
    """``x[..., ::2] | x[..., 1::2] << 4`` is a pack of 4-bit codes only where the bytes are below 16."""
    x = torch.tensor([[0x1F, 0x01, 0xF0, 0x0F]], dtype=torch.uint8)
    text = """func.func @f(%x: tensor<1x4xui8>) -> tensor<1x2xui8> {
      %low = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 2 : i64} : tensor<1x4xui8> -> tensor<1x2xui8>
      %odd = irfuse.slice %x {axis = 1 : i64, start = 1 : i64, step = 2 : i64} : tensor<1x4xui8> -> tensor<1x2xui8>
      %high = irfuse.shl %odd scalar 4.0 : tensor<1x2xui8>
      %y = irfuse.opaque "aten.bitwise_or.Tensor" (%low, %high) call<x0, x1>
          : (tensor<1x2xui8>, tensor<1x2xui8>) -> tensor<1x2xui8>
      return %y : tensor<1x2xui8>
    }"""
    RaiseAtenPass().apply(Context(), module := parsed(text))
    assert torch.equal(run_module(module, [x])[0], x[..., ::2] | x[..., 1::2] << 4)
