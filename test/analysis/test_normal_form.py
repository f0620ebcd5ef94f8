"""Equality of bodies: exact respellings are equal, and every single-step change of the meaning is refused.

Each pair is run too: respellings give the same bits, and a refused change shows in them, so the refusal is needed.
"""

from __future__ import annotations

import re

import pytest
import torch
from bodies import body

from irfuse.analysis.normal_form import equal
from irfuse.runtime.reference import run_block

BASE = """(%x: bf16[s0,8,8], %z: bf16[s0,8,8], %w: bf16[8]) {
  %x32 = irfuse.cast %x : bf16[s0,8,8] -> f32[s0,8,8]
  %square = irfuse.mul %x32, %x32 : f32[s0,8,8]
  %mean = irfuse.row_mean %square : f32[s0,8,8] -> f32[s0,8,1]
  %plus = irfuse.add %mean scalar 1.0e-06 : f32[s0,8,1]
  %rstd = irfuse.rsqrt %plus : f32[s0,8,1]
  %rstds = irfuse.broadcast %rstd : f32[s0,8,1] -> f32[s0,8,8]
  %normed = irfuse.mul %x32, %rstds : f32[s0,8,8]
  %w32 = irfuse.cast %w : bf16[8] -> f32[8]
  %ws = irfuse.broadcast %w32 : f32[8] -> f32[s0,8,8]
  %y = irfuse.mul %normed, %ws : f32[s0,8,8]
  %z32 = irfuse.cast %z : bf16[s0,8,8] -> f32[s0,8,8]
  %gate = irfuse.silu %z32 : f32[s0,8,8]
  %gated = irfuse.mul %y, %gate : f32[s0,8,8]
  %out = irfuse.cast %gated : f32[s0,8,8] -> bf16[s0,8,8]
  %runs = irfuse.reshape %out : bf16[s0,8,8] -> bf16[s0,2,32]
  %abs = irfuse.abs %runs : bf16[s0,2,32]
  %amax = irfuse.row_amax %abs : bf16[s0,2,32] -> bf16[s0,2,1]
  %amax32 = irfuse.cast %amax : bf16[s0,2,1] -> f32[s0,2,1]
  %scale = irfuse.div %amax32 scalar 448.0 : f32[s0,2,1]
  %scales = irfuse.broadcast %scale : f32[s0,2,1] -> f32[s0,2,32]
  %runs32 = irfuse.cast %runs : bf16[s0,2,32] -> f32[s0,2,32]
  %ratio = irfuse.div %runs32, %scales : f32[s0,2,32]
  %held = irfuse.clamp %ratio min -448.0 max 448.0 : f32[s0,2,32]
  %q = irfuse.cast %held : f32[s0,2,32] -> f8[s0,2,32]
  return %q, %scale : f8[s0,2,32], f32[s0,2,1]
}"""
NAMED = """(%x: bf16[s0,8,8], %z: bf16[s0,8,8], %w: bf16[8]) {
  %y = irfuse.rms_norm_gated %x, %z weight %w : bf16[8] {eps = 1.0e-06 : f64}
      : bf16[s0,8,8], bf16[s0,8,8] -> bf16[s0,8,8]
  %rows = irfuse.reshape %y : bf16[s0,8,8] -> bf16[s0,64]
  %q, %s = irfuse.group_quant %rows {group_size = 32 : i64, quant_max = 448.0 : f64}
      : bf16[s0,64] -> f8[s0,64], f32[s0,2]
  %q3 = irfuse.reshape %q : f8[s0,64] -> f8[s0,2,32]
  %s3 = irfuse.reshape %s : f32[s0,2] -> f32[s0,2,1]
  return %q3, %s3 : f8[s0,2,32], f32[s0,2,1]
}"""


def changed(name: str, lines: str, base: str = BASE) -> str:
    """The base with the line that defines ``%name`` replaced by these lines, which define it too."""
    found = re.findall(rf"^  %{name} = .*$", base, re.MULTILINE)
    assert len(found) == 1 and f"%{name} =" in lines, name
    return base.replace(found[0], lines)


RESPELT = {
    "the same": BASE,
    "named ops": NAMED,
    "factors exchanged": changed("y", "%y = irfuse.mul %ws, %normed : f32[s0,8,8]"),
    "weight broadcast in two steps": changed("ws", """%w2 = irfuse.broadcast %w32 : f32[8] -> f32[8,8]
        %ws = irfuse.broadcast %w2 : f32[8,8] -> f32[s0,8,8]"""),
    "weight reshaped": changed("ws", """%w2 = irfuse.reshape %w32 : f32[8] -> f32[1,1,8]
        %ws = irfuse.broadcast %w2 : f32[1,1,8] -> f32[s0,8,8]"""),
    "weight widened later": changed("ws", """%w2 = irfuse.broadcast %w : bf16[8] -> bf16[s0,8,8]
        %ws = irfuse.cast %w2 : bf16[s0,8,8] -> f32[s0,8,8]"""),
    "mean under another shape": changed("mean", """%s4 = irfuse.reshape %square : f32[s0,8,8] -> f32[s0,2,4,8]
        %m4 = irfuse.row_mean %s4 : f32[s0,2,4,8] -> f32[s0,2,4,1]
        %mean = irfuse.reshape %m4 : f32[s0,2,4,1] -> f32[s0,8,1]"""),
    "maximum after widening": changed("amax32", """%a32 = irfuse.cast %abs : bf16[s0,2,32] -> f32[s0,2,32]
        %amax32 = irfuse.row_amax %a32 : f32[s0,2,32] -> f32[s0,2,1]"""),
    "absolute value after widening": changed("amax32", """%r32 = irfuse.cast %runs : bf16[s0,2,32] -> f32[s0,2,32]
        %a32 = irfuse.abs %r32 : f32[s0,2,32]
        %amax32 = irfuse.row_amax %a32 : f32[s0,2,32] -> f32[s0,2,1]"""),
    "rounded twice": changed("out", """%once = irfuse.cast %gated : f32[s0,8,8] -> bf16[s0,8,8]
        %wide = irfuse.cast %once : bf16[s0,8,8] -> f32[s0,8,8]
        %out = irfuse.cast %wide : f32[s0,8,8] -> bf16[s0,8,8]"""),
    "a relayout": changed("z32", """%zz = irfuse.relayout %z : bf16[s0,8,8] -> bf16[s0,8,8]
        %z32 = irfuse.cast %zz : bf16[s0,8,8] -> f32[s0,8,8]"""),
    "something unused": changed("gate", """%gate = irfuse.silu %z32 : f32[s0,8,8]
        %unused = irfuse.exp %z32 : f32[s0,8,8]"""),
}  # fmt: skip
CHANGED = {
    "other operand": changed("gate", "%gate = irfuse.silu %x32 : f32[s0,8,8]"),
    "other eps": changed("plus", "%plus = irfuse.add %mean scalar 1.0e-05 : f32[s0,8,1]"),
    "sum for mean": changed("mean", "%mean = irfuse.row_sum %square : f32[s0,8,8] -> f32[s0,8,1]"),
    "sigmoid for silu": changed("gate", "%gate = irfuse.sigmoid %z32 : f32[s0,8,8]"),
    "no gate": changed("gated", "%gated = irfuse.mul %y, %y : f32[s0,8,8]"),
    "a sum for a product": changed("gated", "%gated = irfuse.add %y, %gate : f32[s0,8,8]"),
    "a rounding before the gate": changed("gated", """%narrow = irfuse.cast %y : f32[s0,8,8] -> bf16[s0,8,8]
        %wide = irfuse.cast %narrow : bf16[s0,8,8] -> f32[s0,8,8]
        %gated = irfuse.mul %wide, %gate : f32[s0,8,8]"""),
    "no rounding before the quant": changed("runs32", "%runs32 = irfuse.reshape %gated : f32[s0,8,8] -> f32[s0,2,32]"),
    "a rounding to f16 on the way": changed("out", """%half = irfuse.cast %gated : f32[s0,8,8] -> f16[s0,8,8]
        %wide = irfuse.cast %half : f16[s0,8,8] -> f32[s0,8,8]
        %out = irfuse.cast %wide : f32[s0,8,8] -> bf16[s0,8,8]"""),
    "mean over another run": changed("rstds", """%s4 = irfuse.reshape %square : f32[s0,8,8] -> f32[s0,4,16]
        %m4 = irfuse.row_mean %s4 : f32[s0,4,16] -> f32[s0,4,1]
        %p4 = irfuse.add %m4 scalar 1.0e-06 : f32[s0,4,1]
        %r4 = irfuse.rsqrt %p4 : f32[s0,4,1]
        %b4 = irfuse.broadcast %r4 : f32[s0,4,1] -> f32[s0,4,16]
        %rstds = irfuse.reshape %b4 : f32[s0,4,16] -> f32[s0,8,8]"""),
    "weight along the other axis": changed("ws", """%w2 = irfuse.reshape %w32 : f32[8] -> f32[8,1]
        %ws = irfuse.broadcast %w2 : f32[8,1] -> f32[s0,8,8]"""),
    "scale from another tensor": changed("abs", """%zr = irfuse.reshape %z : bf16[s0,8,8] -> bf16[s0,2,32]
        %abs = irfuse.abs %zr : bf16[s0,2,32]"""),
    "largest of signed values": changed("amax", "%amax = irfuse.row_amax %runs : bf16[s0,2,32] -> bf16[s0,2,1]"),
    "scale divided in bf16": changed("scale", """%narrow = irfuse.div %amax scalar 448.0 : bf16[s0,2,1]
        %scale = irfuse.cast %narrow : bf16[s0,2,1] -> f32[s0,2,1]"""),
    "other bound of the scale": changed("scale", "%scale = irfuse.div %amax32 scalar 240.0 : f32[s0,2,1]"),
    "other clamp": changed("held", "%held = irfuse.clamp %ratio max 240.0 : f32[s0,2,32]"),
    "quotient turned over": changed("ratio", "%ratio = irfuse.div %scales, %runs32 : f32[s0,2,32]"),
    "product with the reciprocal": changed("ratio", """%inverse = irfuse.reciprocal %scales : f32[s0,2,32]
        %ratio = irfuse.mul %runs32, %inverse : f32[s0,2,32]"""),
    "scale of other groups": changed("scales", """%r4 = irfuse.reshape %out : bf16[s0,8,8] -> bf16[s0,1,64]
        %a4 = irfuse.abs %r4 : bf16[s0,1,64]
        %m4 = irfuse.row_amax %a4 : bf16[s0,1,64] -> bf16[s0,1,1]
        %w4 = irfuse.cast %m4 : bf16[s0,1,1] -> f32[s0,1,1]
        %d4 = irfuse.div %w4 scalar 448.0 : f32[s0,1,1]
        %scales = irfuse.broadcast %d4 : f32[s0,1,1] -> f32[s0,2,32]"""),
    "named, with an offset": NAMED.replace("{eps", "{weight_offset = 1.0 : f64, eps"),
    "named, gate first": NAMED.replace("{eps", "{norm_before_gate = false, eps"),
    "named, weight behind the rounding": NAMED.replace("{eps", "{weight_round = #irfuse<weight_round before>, eps"),
    "named, without weight": NAMED.replace(" weight %w : bf16[8]", ""),
}  # fmt: skip
CAUTIOUS = {
    "silu spelt out": changed("gate", """%sigmoid = irfuse.sigmoid %z32 : f32[s0,8,8]
        %gate = irfuse.mul %z32, %sigmoid : f32[s0,8,8]"""),
    "exchanged rows": changed("z32", """%zp = irfuse.permute %z [0, 2, 1] : bf16[s0,8,8] -> bf16[s0,8,8]
        %z32 = irfuse.cast %zp : bf16[s0,8,8] -> f32[s0,8,8]"""),
    "another root": changed("rstd", """%root = irfuse.sqrt %plus : f32[s0,8,1]
        %rstd = irfuse.reciprocal %root : f32[s0,8,1]"""),
}  # fmt: skip


def bits(text: str) -> list[torch.Tensor]:
    """What a body computes on inputs whose rows are far from alike, as bytes."""
    noise = torch.Generator().manual_seed(7)
    x, z = (torch.randn(64, 8, 8, generator=noise) * torch.logspace(-3, 1, 64).view(64, 1, 1) for _ in range(2))
    w = torch.randn(8, generator=noise)
    return [t.view(torch.uint8) for t in run_block(body(text), [v.bfloat16() for v in (x, z, w)])]


def same_bits(text: str) -> bool:
    """Whether a body computes what the base computes."""
    return all(torch.equal(a, b) for a, b in zip(bits(text), bits(BASE), strict=True))


@pytest.mark.parametrize("spelling", RESPELT)
def test_a_respelling_is_equal(spelling: str) -> None:
    assert equal(body(BASE), body(RESPELT[spelling])) and equal(body(RESPELT[spelling]), body(BASE))
    assert same_bits(RESPELT[spelling])


@pytest.mark.parametrize("change", CHANGED)
def test_a_change_of_one_step_is_refused(change: str) -> None:
    assert not equal(body(BASE), body(CHANGED[change])) and not equal(body(CHANGED[change]), body(BASE))
    assert not same_bits(CHANGED[change])


@pytest.mark.parametrize("change", CAUTIOUS)
def test_what_is_not_known_to_be_exact_is_refused(change: str) -> None:
    """These are equal on paper, or by luck; no identity that irfuse relies on says that they have the same bits."""
    assert not equal(body(BASE), body(CAUTIOUS[change]))
    assert equal(body(BASE), body(BASE))


def test_the_order_of_results_counts() -> None:
    one_way = """(%x: f32[s0,8]) { %a = irfuse.exp %x : f32[s0,8] %b = irfuse.abs %x : f32[s0,8]
        return %a, %b : f32[s0,8], f32[s0,8] }"""
    other_way = one_way.replace("%a, %b", "%b, %a")
    assert equal(body(one_way), body(one_way)) and not equal(body(one_way), body(other_way))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_the_larger_of_two_zeros_is_taken_by_its_place(name: str) -> None:
    """Exchanged operands of maximum and minimum are another body: of zeros of both signs torch gives another one."""
    bodies = [
        body(f"(%x: f32[s0,16], %z: f32[s0,16]) {{\n%y = irfuse.{name} {operands} : f32[s0,16]\n"
             "return %y : f32[s0,16]\n}")
        for operands in ("%x, %z", "%z, %x")
    ]  # fmt: skip
    zeros = torch.zeros(4, 16)
    first, second = (run_block(b, [zeros, -zeros])[0] for b in bodies)
    assert not torch.equal(first.view(torch.int32), second.view(torch.int32))
    assert not equal(*bodies)


@pytest.mark.parametrize(("name", "number", "same"), [("add", 0.1, False), ("sub", 0.1, False), ("add", 0.5, True),
                                                      ("mul", 0.1, True), ("div", 0.1, True)])  # fmt: skip
def test_a_number_beside_narrow_floats(name: str, number: float, same: bool) -> None:
    """CPUs round a number that is added to bf16 to bf16 first, unlike one that multiplies."""
    narrow = body(f"(%x: bf16[s0,64]) {{\n%y = irfuse.{name} %x scalar {number} : bf16[s0,64]\n"
                  "return %y : bf16[s0,64]\n}")  # fmt: skip
    wide = body(f"""(%x: bf16[s0,64]) {{
        %x32 = irfuse.cast %x : bf16[s0,64] -> f32[s0,64]
        %y32 = irfuse.{name} %x32 scalar {number} : f32[s0,64]
        %y = irfuse.cast %y32 : f32[s0,64] -> bf16[s0,64]
        return %y : bf16[s0,64]\n}}""")
    x = torch.randn(64, 64, generator=torch.Generator().manual_seed(0)).bfloat16()
    assert torch.equal(run_block(narrow, [x])[0], run_block(wide, [x])[0]) is same
    assert equal(narrow, wide) is same
