"""Generated kernels: where they read and write, what Triton's compilers make of them, and what is refused."""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import triton
from bodies import built
from interpreted import run_cases
from xdsl.dialects.builtin import BFloat16Type, Float8E4M3FNType, Float8E4M3FNUZType, Float16Type, f32, f64
from xdsl.ir import Attribute, Block, Region

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.enums import ScaleFormat
from irfuse.dialect.scales import ScaleForm
from irfuse.dialect.sizes import Dim
from irfuse.dialect.types import dims_of, make_tensor
from irfuse.errors import NotLowerableError
from irfuse.kernel.architectures import Arch
from irfuse.lower_triton import lower, lower_block
from irfuse.runtime import kernel_cache
from irfuse.runtime.compile_kernel import compile_kernel

BF16, F16, FP8, FNUZ = BFloat16Type(), Float16Type(), Float8E4M3FNType(), Float8E4M3FNUZType()


def tensor(*dims: Dim, element: Attribute = BF16, strides: list[Dim] | None = None) -> Any:
    """A tensor type, bf16 if nothing else is said."""
    return make_tensor(element, dims, strides)


def quant(b: SmallBuilder, rows: Any, group: int, fp8: Attribute = FP8, **form: Any) -> list[Any]:
    """Rows quantised in groups: codes and scales."""
    b.emit(op := d.GroupQuantOp(rows, fp8, ScaleForm(448.0, scale_floor=1e-5, **form), group_size=group))
    return [op.q, op.scales]


def gated(*dims: Dim, group: int, fp8: Attribute = FP8, element: Attribute = BF16, run: int | None = None,
          strides: list[Dim] | None = None, **settings: Any) -> Block:  # fmt: skip
    """Norm, gate, reshape to flat rows and quant."""

    def build(b: SmallBuilder, x: Any, z: Any, w: Any) -> list[Any]:
        y = b.emit(d.RmsNormGatedOp(b.contiguous(x), b.contiguous(z), w, None, out, eps=1e-6, norm_group=run))
        return quant(b, b.reshape(y, [dims[0], math.prod(dims[1:])]), group, fp8, **settings)

    full, out = make_tensor(element, dims, strides), make_tensor(element, dims)
    return built([full, full, make_tensor(element, [dims[-1]])], build)


def rotary(b: SmallBuilder, x: Any, cos: Any, sin: Any) -> list[Any]:
    """Rotary embedding by halves, and the quant of its heads as one row."""
    tokens, heads, dim = dims_of(x.type)
    low, high = (b.emit(d.SliceOp(x, 2, at, 1, dim // 2)) for at in (0, dim // 2))
    turned = b.emit(d.ConcatOp([b.unary(d.NegOp, high), low], 2))
    y = b.binary(d.AddOp, b.binary(d.MulOp, x, cos), b.binary(d.MulOp, turned, sin))
    return quant(b, b.reshape(y, [tokens, heads * dim]), heads * dim)


def interleaved(b: SmallBuilder, x: Any) -> list[Any]:
    """Each pair of neighbours exchanged, one of them negated."""
    even, odd = (b.emit(d.SliceOp(x, 1, at, 2, 32)) for at in (0, 1))
    thin = [b.reshape(part, ["s0", 32, 1]) for part in (b.unary(d.NegOp, odd), even)]
    return quant(b, b.reshape(b.emit(d.ConcatOp(thin, 2)), ["s0", 64]), 32)


def over_mean(b: SmallBuilder, x: Any, y: Any) -> list[Any]:
    return [b.binary(d.MulOp, b.contiguous(y), b.reduce(d.RowMeanOp, b.broadcast(b.contiguous(x), dims_of(y.type))))]


CASES: dict[str, Callable[[], Block]] = {
    "group of a head": lambda: gated("s0", 3, 128, group=128),
    "padded heads": lambda: gated("s0", 2, 192, group=96, format=ScaleFormat.ue8m0),
    "group of two heads": lambda: gated("s0", 4, 64, group=128),
    "per token": lambda: gated("s0", 3, 64, group=192),
    "half a head, f16": lambda: gated("s0", 3, 128, group=64, element=F16),
    "one row": lambda: gated(1, 3, 64, group=64),
    "full weight": lambda: gated("s0", 192, group=64, run=64),
    "full weight, known rows": lambda: gated(5, 192, group=64, run=64),
    "slices of a batch": lambda: gated("s0", 4, 64, group=64, strides=["s1", 64, 1]),
    "slices of heads": lambda: gated("s0", 3, 64, group=64, strides=["s1", 96, 1]),
    "heads outside": lambda: gated("s0", 3, 64, group=192, strides=[64, "64*s0", 1]),
    "scattered columns": lambda: gated("s0", 3, 64, group=64, strides=[192, 1, 3]),
    "added rows": lambda: gated("s0 + 3", 3, 64, group=64),
    "column-major scales": lambda: built([tensor("s0", 192)], lambda b, x: [
        (out := quant(b, x, 64))[0], b.emit(d.RelayoutOp(out[1], make_tensor(f32, ["s0", 3], [1, "s0"])))]),
    "residual": lambda: built([tensor("s0", 384), tensor("s0", 384), tensor(384)], lambda b, x, r, w: [
        *quant(b, b.emit(op := d.AddRmsNormOp(x, r, w, None, (x.type, x.type), eps=1e-6)), 128), op.results[1]]),
    "act_mul": lambda: built([tensor("s0", 96)] * 2, lambda b, x, y: quant(b, b.emit(d.ActMulOp(x, y)), 32)),
    "static scale": lambda: built([tensor("s0", 100), tensor(element=f32)], lambda b, x, s: [
        b.emit(d.StaticQuantOp(x, s, FP8, quant_max=448.0))]),
    "gate per head": lambda: built([tensor("s0", 3, 64), tensor("s0", 3, 1)], lambda b, x, gate: quant(b, b.reshape(
        b.binary(d.MulOp, b.emit(d.RmsNormOp(x, None, None, x.type, eps=1e-6)), gate), ["s0", 192]), 192)),
    "vector of columns": lambda: built([tensor(3, "s0", 64), tensor(64)], lambda b, x, w: [b.binary(d.AddOp, x, w)]),
    "repeated in memory": lambda: built([tensor("s0", 96), tensor("s0", 96, strides=[0, 1])], lambda b, x, r: [
        b.binary(d.AddOp, x, b.contiguous(r))]),
    "a number for each row, repeated": lambda: built([tensor("s0", 1)], lambda b, x: [b.broadcast(x, ["s0", 64])]),
    "heads before tokens": lambda: built([tensor(3, "s0", 64)], lambda b, x: quant(
        b, b.reshape(b.permute(x, [1, 0, 2]), ["s0", 192]), 192)),
    "tokens and heads exchanged": lambda: built([tensor(5, 3, 64)], lambda b, x: quant(b, b.permute(
        b.emit(d.RmsNormOp(x, None, None, x.type, eps=1e-6)), [1, 0, 2]), 64)),
    "columns of a matrix": lambda: built([tensor(64, "s0")], lambda b, x: quant(b, b.permute(x, [1, 0]), 64)),
    "rotary": lambda: built([tensor("s0", 3, 64), tensor("s0", 1, 64), tensor("s0", 1, 64)], rotary),
    "interleaved": lambda: built([tensor("s0", 64)], interleaved),
    "backwards": lambda: built([tensor("s0", 96)], lambda b, x: quant(b, b.emit(d.SliceOp(x, 1, 95, -1, 96)), 32)),
    "heads backwards": lambda: built([tensor("s0", 3, 64)], lambda b, x: quant(
        b, b.emit(d.SliceOp(x, 1, 2, -1, 3)), 64)),
    "two heads of five": lambda: built([tensor("s0", 320)], lambda b, x: quant(
        b, b.emit(d.SliceOp(x, 1, 128, 1, 128)), 64)),
    "every second token": lambda: built([tensor(95, 64)], lambda b, x: quant(
        b, b.emit(d.SliceOp(x, 0, 1, 2, 47)), 64)),
    "the second of three matrices": lambda: built([tensor(3, "s0", 64), tensor("s0", 64)], lambda b, x, y: quant(
        b, b.binary(d.AddOp, b.reshape(b.emit(d.SliceOp(x, 0, 1, 1, 1)), ["s0", 64]), y), 64)),
    "a vector along rows and columns": lambda: built([tensor(64, 64), tensor(64)], lambda b, x, w: quant(b, b.binary(
        d.AddOp, b.binary(d.MulOp, x, w), b.reshape(w, [64, 1])), 64)),
    "parts of several operands": lambda: built([tensor("s0", 96), tensor("s0", 32)], lambda b, x, y: quant(
        b, b.emit(d.ConcatOp([x, y], 1)), 128)),
    "rows repeated": lambda: built([tensor("s0", 64)], lambda b, x: quant(b, b.broadcast(
        b.emit(d.RmsNormOp(x, None, None, x.type, eps=1e-6)), [3, "s0", 64]), 64)),
    "columns repeated": lambda: built([tensor("s0", 64)], lambda b, x: quant(b, b.reshape(
        b.broadcast(b.reshape(x, ["s0", 1, 64]), ["s0", 3, 64]), ["s0", 192]), 192)),
    "mean of a repeated column": lambda: built([tensor("s0", 1), tensor("s0", 128)], over_mean),
    "mean of a repetition in memory": lambda: built([tensor("s0", 128, strides=[1, 0]), tensor("s0", 128)], over_mean),
}  # fmt: skip


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The traceback of each case that fails."""
    return run_cases(__file__, tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("name", CASES)
def test_a_kernel_reads_and_writes_where_it_should(interpreted: dict[str, str], name: str) -> None:
    assert interpreted[name] == ""


CONVERTS = {"gfx942": "v_cvt_pk_fp8_f32", "gfx950": "v_cvt_scalef32_pk_fp8_f32", "gfx1201": ""}
CONVERTS |= dict.fromkeys(["sm_90", "sm_100"], "cvt.rn.satfinite.e4m3x2.f32")
WIDE = r"(?:global|buffer)_load_(?:dwordx4|b128)|ld\.global(?:\.\w+)*\.v4\.b32"


@pytest.mark.parametrize("group", [64, 128, 512])
@pytest.mark.parametrize("name", CONVERTS)
def test_what_the_compilers_make_of_a_kernel(name: str, group: int, tmp_path: Any, monkeypatch: Any) -> None:
    """Wide loads, fp8 conversions by the hardware where Triton has them, and no register kept in memory."""
    monkeypatch.setattr(kernel_cache, "cache_dir", lambda: tmp_path)
    kernel = lower_block(gated("s0", 4, 128, group=group, fp8=FNUZ if name == "gfx942" else FP8))
    asm = compile_kernel(kernel, Arch.of(name)).asm
    text = usage = asm.get("amdgcn") or asm["ptx"]
    if "cubin" in asm:
        (tmp_path / "cubin").write_bytes(asm["cubin"])
        tool = [triton.knobs.nvidia.cuobjdump.path, "-res-usage", tmp_path / "cubin"]
        usage = subprocess.run(tool, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"(?:spill_count: *|private_segment_fixed_size: *|STACK:|LOCAL:)(\d+)", usage)) == {"0"}
    assert len(re.findall(WIDE, text)) >= 2 and CONVERTS[name] in text


X = tensor("s0", 64, element=f32)
REFUSED: dict[str, tuple[Any, Callable[..., Any]]] = {
    "elements of f64": (tensor("s0", 64, element=f64), lambda b, x: b.unary(d.AbsOp, x)),
    "a size that has no name": (tensor("s0", 4, 64, strides=["?", 64, 1]), lambda b, x: b.contiguous(x)),
    "no operand is a full tensor": (tensor(64), lambda b, x: b.broadcast(x, [4, 64])),
    "runs of 256 and of 320 columns do not nest": (tensor(5, 4, 64), lambda b, x: b.emit(d.RmsNormOp(b.reshape(
        b.permute(x, [1, 0, 2]), [5, 256]), None, None, tensor(5, 256), eps=1e-6))),
    "rows begin 2 times 64*s0 entries into a tensor": (tensor(3, "s0", 64), lambda b, x: b.emit(
        d.SliceOp(x, 0, 2, -1, 3))),
    "rows begin 1 times s0 entries into an axis": (tensor("3*s0", 64, strides=[128, 1]), lambda b, x: b.emit(
        d.SliceOp(b.reshape(b.contiguous(x), [3, "s0", 64]), 0, 1, 1, 2))),
}  # fmt: skip


@pytest.mark.parametrize("reason", REFUSED)
def test_what_has_no_kernel(reason: str) -> None:
    with pytest.raises(NotLowerableError, match=re.escape(reason)):
        lower_block(built([REFUSED[reason][0]], lambda b, x: [REFUSED[reason][1](b, x)]))


def test_nothing_of_the_users_text_reaches_the_source() -> None:
    evil = 's0"""\n    import os\n    os.abort()  # '
    block = gated(evil, 4, 64, group=64, strides=[f"{evil}1", 64, 1])
    for arg in block.args:
        arg._name = evil
    fused = d.FusedOp(block.args, [v.type for v in block.last_op.operands], Region(block), evil, [evil])
    assert lower(fused).source == lower_block(CASES["slices of a batch"]()).source


def test_equal_bodies_have_one_kernel_and_others_another() -> None:
    others = [{}, {"group": 128}, {"fp8": FNUZ}, {"element": F16}, {"run": 32}, {"strides": ["s1", 128, 1]}]
    once, again = ([lower_block(gated("s0", 3, 128, **{"group": 64} | s)) for s in others] for _ in range(2))
    assert once == again and len({kernel.name for kernel in once}) == len(others)
