"""Every form of group_quant against a formula of its own, in numpy, and through Triton's compilers.

What is encoded is a formula of rows and scales in f32; the codes are those of test/float_formats.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from bodies import parsed
from float_formats import E2M1, E4M3, E4M3_FNUZ, E5M2, E5M2_FNUZ, Array, Format, e8m0, exponent_of, power_above

from irfuse import dialect as d
from irfuse.kernel.architectures import Arch
from irfuse.lower_triton import lower
from irfuse.runtime import kernel_cache
from irfuse.runtime.compile_kernel import compile_kernel
from irfuse.runtime.reference import run_module

COLUMNS = 256
FLOOR = 1.0 / (448.0 * 512.0)
TINY = 2.0**-126
F32, GLOBAL = np.float32, np.float32(0.01)


def quotient(x: Array, s: Array, amax: Array) -> Array:
    """``x / s``."""
    return x / s


def reciprocal(x: Array, s: Array, amax: Array) -> Array:
    """``x * (1 / s)``."""
    return x * (F32(1) / s)


def inverse(x: Array, s: Array, amax: Array) -> Array:
    """``x * (448 / amax)``, the quotient as a product, with DeepGEMM's floor."""
    return x * (F32(1) / np.maximum(amax, F32(1e-4)) * F32(448))


@dataclass(frozen=True)
class Form:
    """A form: its text, the scale that amax gives, and what is encoded, of rows, scales and amax. None is int8."""

    format: Format | None
    element: str
    group: int
    quant_max: float
    settings: str
    scale: Callable[[Array], Array]
    scaled: Callable[[Array, Array, Array], Array] = quotient
    scales: str = "f32"

    def text(self) -> str:
        """A module with the fused op that is this form, on rows of bf16; 4-bit codes two to a byte."""
        dims = '#irfuse.dims<"t">'
        x, q = (f"tensor<?x{COLUMNS}x{e}, {dims}>" for e in ("bf16", self.element))
        s = f"tensor<?x{COLUMNS // self.group}x{self.scales}, {dims}>"
        pairs, row, byte = (f"tensor<?x{n}, {dims}>" for n in ("128x2xf4E2M1FN", "128x1xui8", "128xui8"))
        out, result = (byte, "%p") if self.format is E2M1 else (q, "%q")
        pack = f"""
          %pairs = irfuse.reshape %q : {q} -> {pairs}
          %bytes = irfuse.pack %pairs {{bits = 4 : i64}} : {pairs} -> {row}
          %p = irfuse.reshape %bytes : {row} -> {byte}"""
        given = "global %h : tensor<1xf32>" if self.scales == "f8E4M3FN" else ""
        settings = f"group_size = {self.group} : i64, quant_max = {self.quant_max} : f64, {self.settings}"
        return f"""func.func @f(%x: {x}, %g: tensor<1xf32>) -> ({out}, {s}) {{
          %r, %t = irfuse.fused (%a = %x : {x}, %h = %g : tensor<1xf32>) -> ({out}, {s}) {{
          %q, %s = irfuse.group_quant %a {given} {{{settings}}} : {x} -> {q}, {s}
          {pack if self.format is E2M1 else ""}
          irfuse.yield {result}, %s : {out}, {s}
          }}
          return %r, %t : {out}, {s}
        }}"""

    def numbers(self) -> Array:
        """Numbers that the form has codes for, and the middles between them, up to quant_max."""
        table = np.arange(128.0) if self.format is None else self.format.table()
        both = np.concatenate([table, (table[:-1] + table[1:]) / 2])
        return both[both <= self.quant_max]

    def codes(self, scaled: Array) -> Array:
        """The codes, one byte each, of what is held to quant_max."""
        low = -128.0 if self.format is None else -self.quant_max
        held = np.clip(scaled, low, self.quant_max)
        return np.rint(held).astype(np.int8).view(np.uint8) if self.format is None else self.format.encode(held)


def bounded(quant_max: float, floor: float = 0.0, ceiling: float = math.inf) -> Callable[[Array], Array]:
    """``amax / quant_max`` in f32, between two bounds; NaN stays."""
    return lambda amax: np.minimum(np.maximum(amax / F32(quant_max), F32(floor)), F32(ceiling))


def of_floored(amax: Array) -> Array:
    """DeepGEMM's scale."""
    return np.maximum(amax, F32(1e-4)) / F32(448)


def in_bf16(amax: Array) -> Array:
    """``amax / 448`` with a floor under amax, all in bf16 (torchao)."""
    floored = np.maximum(amax, torch.tensor(1e-12).bfloat16().float().numpy())
    return torch.from_numpy(floored / F32(448)).bfloat16().float().numpy()


def above(amax: Array) -> Array:
    """The power of two at or above ``amax / 448``."""
    return np.vectorize(power_above, otypes=[F32])(bounded(448.0, FLOOR)(amax))


def power(largest: float) -> Callable[[Array], Array]:
    """OCP MX: the largest power of two in amax over ``largest``, and no less than the smallest normal f32."""
    return np.vectorize(lambda amax: max(exponent_of(amax) / largest, TINY), otypes=[F32])


def block_scale(amax: Array) -> Array:
    """NVFP4: a block's scale under that of the tensor, as the f8E4M3FN that it is stored in."""
    codes = E4M3.encode(np.clip(amax / F32(6) / GLOBAL, F32(2.0**-6), F32(448)))
    return np.append(E4M3.table(), np.nan)[codes].astype(F32)


def rule(name: str) -> str:
    """The property that says how a scale is used."""
    return f"scale_rule = #irfuse<scale_rule {name}>"


def scale_format(name: str, floor: float) -> str:
    """The properties that say what values a scale may take."""
    return f"scale_format = #irfuse<scale_format {name}>, scale_floor = {floor!r} : f64"


FNUZ = f"scale_floor = {FLOOR!r} : f64, {rule('reciprocal')}"
INT8 = "quant_min = -128.0 : f64, scale_floor = 0.01 : f64"
AO = f"amax_floor = 1.0e-12 : f64, scale_rounded = true, {rule('reciprocal')}"
DEEP = f"amax_floor = 1.0e-4 : f64, saturate = false, {rule('inverse')}"
CEILING = "scale_floor = 0.01 : f64, scale_ceiling = 1.0 : f64"
MX, NV = scale_format("ue8m0_floor", TINY), scale_format("e4m3", 2.0**-6)
FP8, E8M0 = "f8E4M3FN", "f8E8M0FNU"
FORMS = {
    "vLLM": Form(E4M3, FP8, 128, 448.0, f"scale_floor = {FLOOR!r} : f64", bounded(448.0, FLOOR)),
    "per token": Form(E4M3, FP8, 256, 448.0, f"scale_floor = {FLOOR!r} : f64", bounded(448.0, FLOOR)),
    "bounded": Form(E4M3, FP8, 256, 448.0, CEILING, bounded(448.0, 0.01, 1.0)),
    "torchao": Form(E4M3, FP8, 256, 448.0, AO, in_bf16, reciprocal),
    "DeepGEMM": Form(E4M3, FP8, 128, 448.0, DEEP, of_floored, inverse),
    "ue8m0": Form(E4M3, FP8, 128, 448.0, scale_format("ue8m0", FLOOR), above),
    "ue8m0 in a byte": Form(E4M3, FP8, 128, 448.0, scale_format("ue8m0", FLOOR), above, scales=E8M0),
    "int8": Form(None, "i8", 256, 127.0, INT8, bounded(127.0, 0.01)),
    "e5m2": Form(E5M2, "f8E5M2", 128, 57344.0, "scale_floor = 1.0e-10 : f64", bounded(57344.0, 1e-10)),
    "e4m3fnuz": Form(E4M3_FNUZ, "f8E4M3FNUZ", 128, 224.0, FNUZ, bounded(224.0, FLOOR), reciprocal),
    "e5m2fnuz": Form(E5M2_FNUZ, "f8E5M2FNUZ", 128, 57344.0, FNUZ, bounded(57344.0, FLOOR), reciprocal),
    "MXFP8": Form(E4M3, FP8, 32, 448.0, MX, power(256.0), scales=E8M0),
    "MXFP8 e5m2": Form(E5M2, "f8E5M2", 32, 57344.0, MX, power(32768.0), scales=E8M0),
    "MXFP4": Form(E2M1, "f4E2M1FN", 32, 6.0, MX, power(4.0), scales=E8M0),
    "NVFP4": Form(E2M1, "f4E2M1FN", 16, 6.0, NV, block_scale, lambda x, s, amax: x / (GLOBAL * s), scales=FP8),
}


def rows(form: Form) -> torch.Tensor:
    """Rows of many magnitudes, some with zeros, NaN, infinities, the largest and the smallest numbers, and ties."""
    noise = torch.Generator().manual_seed(5)
    x = torch.randn(40, COLUMNS, generator=noise) * torch.logspace(-6, 4, 40)[:, None]
    x[0], x[1], x[2], x[3, ::2] = 0.0, -0.0, torch.finfo(torch.bfloat16).max, 2.0**-133
    x[4, 3], x[5, 7], x[6, 9] = float("nan"), float("inf"), -float("inf")
    numbers = torch.from_numpy(form.numbers())
    for row, factor in ((7, 1.0), (8, 4.0), (9, -0.25)):
        x[row] = factor * numbers[torch.randint(0, len(numbers), (COLUMNS,), generator=noise)]
        x[row, :: form.group] = factor * form.quant_max
    return x.bfloat16()


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_its_formula(name: str) -> None:
    form = FORMS[name]
    x = rows(form)
    found, scales = run_module(parsed(form.text()), [x, torch.tensor([GLOBAL])])
    groups = x.float().numpy().reshape(len(x), -1, form.group)
    with np.errstate(all="ignore"):
        amax = np.abs(groups).max(-1)
        s = form.scale(amax)
        scaled = form.scaled(groups, s[..., None], amax[..., None]).reshape(len(x), COLUMNS)
        wanted = form.codes(scaled)
    known = ~np.isnan(scaled)
    codes = codes_of(form, found)
    assert np.array_equal(codes[known], wanted[known])
    if form.format is not None and form.format.nan is not None:
        assert np.array_equal(codes[~known] | 0x80, wanted[~known] | 0x80)  # NaN, of either sign
    stored = {"f32": lambda: s.view(np.uint32), E8M0: lambda: e8m0(s), FP8: lambda: E4M3.encode(s)}[form.scales]()
    kept = scales.view(torch.uint32 if form.scales == "f32" else torch.uint8).numpy()
    assert np.array_equal(kept[~np.isnan(s)], stored[~np.isnan(s)])
    assert np.array_equal(np.isnan(s), scales.float().isnan().numpy()) or form.scales == E8M0


def codes_of(form: Form, found: torch.Tensor) -> Array:
    """The codes that were computed, one a byte."""
    bits = found.view(torch.uint8).numpy()
    return np.stack([bits & 15, bits >> 4], axis=-1).reshape(len(bits), -1) if form.format is E2M1 else bits


def homes(form: Form) -> tuple[str, ...]:
    """The GPUs that have a form's element type: fnuz is gfx942's, the others are elsewhere."""
    return ("gfx942",) if form.element.endswith("FNUZ") else ("sm_90", "gfx950")


@pytest.mark.parametrize(("name", "arch"), [(name, arch) for name, form in FORMS.items() for arch in homes(form)])
def test_a_form_compiles(name: str, arch: str, tmp_path: Any, monkeypatch: Any) -> None:
    """For every GPU that has its element type."""
    form = FORMS[name]
    monkeypatch.setattr(kernel_cache, "cache_dir", lambda: tmp_path)
    fused = next(op for op in parsed(form.text()).walk() if isinstance(op, d.FusedOp))
    assert compile_kernel(lower(fused), Arch.of(arch)).asm
