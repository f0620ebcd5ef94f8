"""The text of kernels on gfx942 and gfx950: the same bytes as that of any GPU, executed on the emulator.

What the activations of kernels are is measured here too, on every bf16 gate and on random f32 ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from bodies import built
from test_lower_triton import BF16, CASES, FP8, tensor
from xdsl.dialects.builtin import Float8E4M3FNUZType, f32
from xdsl.ir import Attribute, Block, Region

from irfuse import dialect as d
from irfuse.amd.evidence import EmulatedLaunch
from irfuse.dialect.build import SmallBuilder
from irfuse.emulate import Checks
from irfuse.kernel.configs import Config, config_for
from irfuse.kernel.variants import PACKED_F32, variant_for
from irfuse.runtime import compile_kernel as compiling
from irfuse.runtime.launch import FusedCall
from irfuse.runtime.samples import operands_of

FP8_OF = {"gfx942": Float8E4M3FNUZType(), "gfx950": FP8}
Build = Callable[[SmallBuilder, Any], Any]


def fused(block: Block) -> d.FusedOp:
    """A body as a fused op."""
    outer = Block(arg_types=[a.type for a in block.args])
    return d.FusedOp(outer.args, [v.type for v in block.last_op.operands], Region(block))


def call_of(block: Block, arch: str) -> FusedCall:
    """A body as a fused op for the emulator."""
    return FusedCall(fused(block), arch)


def compiled(call: FusedCall, arch: str, config: Config) -> Any:
    return compiling.compile_kernel(call.kernel, compiling.Arch.of(arch), config, within_2gb=True)


def run(call: FusedCall, arch: str, config: Config, *operands: torch.Tensor, checks: Checks | None = None) -> Any:
    """The results of a kernel, executed on the emulator."""
    call.config = config
    return call.launch(EmulatedLaunch(compiled(call, arch, config), arch, checks), *operands)


def gated(b: SmallBuilder, x: Any, z: Any, fp8: Attribute, rounded: bool) -> list[Any]:
    """A gated norm of rows and their codes, in small ops; rounded to bf16 once, or three times."""
    wide = b.cast(x, f32)
    mean = b.reduce(d.RowMeanOp, b.binary(d.MulOp, wide, wide))
    unit = b.binary(d.MulOp, wide, b.unary(d.RsqrtOp, b.binary(d.AddOp, mean, 1e-6)))
    if rounded:
        unit = b.cast(b.cast(unit, BF16), f32)
        unit = b.cast(b.cast(b.binary(d.MulOp, unit, wide), BF16), f32)
    y = b.cast(b.binary(d.MulOp, unit, b.unary(d.SiluOp, b.cast(z, f32))), BF16)
    amax = b.cast(b.reduce(d.RowAmaxOp, b.unary(d.AbsOp, y)), f32)
    scale = b.clamp(b.binary(d.MulOp, amax, 1 / 240), 1e-10, None)
    return [b.cast(b.clamp(b.binary(d.DivOp, b.cast(y, f32), scale), -240.0, 240.0), fp8), scale]


def gated_call(arch: str, columns: int, element: Attribute = BF16, rounded: bool = False) -> FusedCall:
    rows = [tensor("s0", columns, element=element)] * 2
    return call_of(built(rows, lambda b, x, z, *_: gated(b, x, z, FP8_OF[arch], rounded)), arch)


def gates(rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random rows and gates; some rows have a NaN, an infinity, zeros or tiny numbers."""
    noise = torch.Generator().manual_seed(5)
    x, z = (torch.randn(rows, columns, generator=noise).mul(2).bfloat16() for _ in range(2))
    x[1, 3], x[2, 5], x[3], x[4] = torch.nan, torch.inf, 0.0, 1e-30
    z[5, 7], z[6, 9], z[7] = torch.nan, -torch.inf, -200.0
    x[8, 2] = torch.tensor(-1, dtype=torch.int16).view(torch.bfloat16)  # a NaN of ones alone
    return x, z


def same(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Where entries are equal, NaNs among them."""
    a, b = a.float(), b.float()
    return (a == b) | (a.isnan() & b.isnan())


@pytest.mark.parametrize("arch", PACKED_F32)
@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize(
    ("columns", "config"), [(128, Config(8, 1)), (192, Config(8, 1)), (64, Config(4, 2)), (4096, Config(1, 4))]
)
def test_the_bytes_are_those_of_any_other_gpu(
    arch: str, rounded: bool, columns: int, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where rows hold NaNs and infinities, where scales reach their floor, and beyond the last row."""
    operands, call = gates(37, columns), gated_call(arch, columns, rounded=rounded)
    assert variant_for(call.kernel, arch) is not call.kernel
    found = run(call, arch, config, *operands)
    monkeypatch.setattr(compiling, "variant_for", lambda kernel, arch: kernel)
    wanted = run(call, arch, config, *operands)
    assert all(bool(same(a, b).all()) for a, b in zip(found, wanted, strict=True))
    rows_of_nan = found[1].flatten().isnan()
    assert rows_of_nan.nonzero().flatten().tolist() == [1, 2, 5, 6, 8]
    assert bool(found[0].float()[rows_of_nan].isnan().all())


@pytest.mark.parametrize("arch", PACKED_F32)
def test_the_bytes_of_all_kinds_of_kernels(arch: str) -> None:
    """Those of test_lower_triton.py, where the text is another: scalars, padding, chunks, several groups in a row.

    They are the reference's, as those of the text of any GPU are in emulated_cases.py.
    """
    seen = 0
    for name, case in CASES.items():
        op = fused(case())
        call, operands = FusedCall(op, arch), operands_of(op, 0)
        if variant_for(call.kernel, arch) is not call.kernel:
            found = run(call, arch, config_for(call.kernel.only.work, arch, 64), *operands)
            assert all(bool(same(a, b).all()) for a, b in zip(found, call.run_body(*operands), strict=True)), name
            seen += 1
    assert seen > 15


@pytest.mark.parametrize("arch", PACKED_F32)
def test_a_number_for_the_whole_tensor_is_no_tile(arch: str) -> None:
    """Three roundings, and a scale of one entry that a static quant multiplies with."""
    noise = torch.Generator().manual_seed(2)
    x = torch.randn(9, 128, generator=noise).bfloat16()

    def build(b: SmallBuilder, x: Any, scale: Any, *_: Any) -> list[Any]:
        y = b.cast(x, f32)
        for factor in (0.7, 0.9, 1.1):
            y = b.cast(b.cast(b.binary(d.MulOp, y, factor), BF16), f32)
        return [b.cast(b.binary(d.MulOp, y, b.reshape(scale, [1, 1])), BF16)]

    call = call_of(built([tensor("s0", 128), tensor(1, element=f32)], build), arch)
    found = run(call, arch, Config(8, 1), x, torch.tensor([0.3]))
    assert bool(same(found[0], call.run_body(x, torch.tensor([0.3]))[0]).all())


@pytest.mark.parametrize("arch", PACKED_F32)
def test_what_may_follow_a_slow_instruction_waits(arch: str) -> None:
    """What exp, rcp or rsq has written may be read from the second instruction on; LLVM waits but in its own code."""
    source = variant_for(gated_call(arch, 128, rounded=True).kernel, arch).source
    texts = dict(re.findall(r'^def (\w+)\(.*\):\n(?:    .*\n)*?    [^"\n]*(?:\n +)?"""([^"]*)"""', source, re.M))
    assert len(texts) == source.count("inline_asm") == {"gfx942": 3, "gfx950": 7}[arch]
    assert [name for name, text in texts.items() if not text.startswith("s_nop 0\n")] == ["pair_sum"]
    assert "\\" not in source


def test_which_kernels_have_another_text() -> None:
    call = gated_call("gfx942", 128)
    assert all(variant_for(call.kernel, arch) is call.kernel for arch in ("sm_90", "gfx90a", "gfx1201"))
    for arch in PACKED_F32:
        found = variant_for(call.kernel, arch)
        assert found.name != call.kernel.name and f"def {found.name}(" in found.source
        assert call.kernel.name not in found.source and variant_for(call.kernel, arch) is found
    plain = call_of(built([tensor("s0", 64, element=f32)], lambda b, x, *_: [b.unary(d.NegOp, x)]), "gfx942")
    assert all(variant_for(plain.kernel, arch) is plain.kernel for arch in PACKED_F32)


def test_who_tests_for_nan() -> None:
    """A NaN of a f32 tensor may have any bits, of which a rounding without a test makes a zero."""
    assert "to_bf16" in variant_for(gated_call("gfx942", 128).kernel, "gfx942").source
    for arch, element in (("gfx942", f32), ("gfx950", BF16)):
        assert ".to(tl.bfloat16)" in variant_for(gated_call(arch, 128, element).kernel, arch).source


def activation(arch: str, kind: type, element: Attribute) -> FusedCall:
    """An activation of 256 columns in f32, rounded to bf16."""
    row = [tensor("s0", 256, element=element)]
    return call_of(built(row, lambda b, x, *_: [b.cast(b.unary(kind, b.cast(x, f32)), BF16)]), arch)


ACTIVATIONS = {"silu": (d.SiluOp, torch.nn.functional.silu), "sigmoid": (d.SigmoidOp, torch.sigmoid)}
EVERY_BF16 = torch.arange(-(1 << 15), 1 << 15).short().view(torch.bfloat16).view(-1, 256)


@pytest.mark.parametrize("arch", PACKED_F32)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_of_every_bf16_gate_are_those_of_torch(arch: str, name: str) -> None:
    """All 65536, with correctly rounded exp and rcp; a step more or less of those changes one in a thousand."""
    kind, exact = ACTIVATIONS[name]
    call, wanted = activation(arch, kind, BF16), exact(EVERY_BF16.float()).bfloat16()
    assert bool(same(run(call, arch, Config(4, 1), EVERY_BF16)[0], wanted).all())
    off = run(call, arch, Config(4, 1), EVERY_BF16, checks=Checks(noise_steps=1))[0]
    assert (~same(off, wanted)).float().mean() < 1e-3


@pytest.mark.parametrize("arch", PACKED_F32)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_of_f32_gates_rarely_differ_where_they_are_rounded(arch: str, name: str) -> None:
    """One in 1e5 of 2^20 is the next bf16 number, where the f32 result is within its last bits of a middle."""
    kind, exact = ACTIVATIONS[name]
    x = torch.randn(1 << 12, 256, generator=torch.Generator().manual_seed(0)) * 4
    found, wanted = run(activation(arch, kind, f32), arch, Config(4, 1), x)[0], exact(x).bfloat16()
    assert (found != wanted).float().mean() < 2e-5
    assert (found.view(torch.int16).int() - wanted.view(torch.int16).int()).abs().max() <= 1
