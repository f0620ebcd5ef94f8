"""Conversions to and from fp8, with the formats of an architecture; beyond the range MODE.FP16_OVFL decides.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture" and "AMD Instinct CDNA4 Instruction Set Architecture",
sections "VOP1 Instructions" and "VOP3 Instructions" (V_CVT_*FP8*, V_CVT_SCALEF32_*). The scale is known only as 1.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from irfuse.emulate import conversions as c
from irfuse.emulate.state import Array
from irfuse.emulate.tables import Meaning, meaning

f32, u32 = np.float32, np.uint32


def fp8_conversions(e4m3: c.Fp8, e5m2: c.Fp8) -> dict[str, Meaning]:
    """The fp8 instructions of an architecture with these formats."""
    table: dict[str, Meaning] = {}
    for name, kind in (("fp8", e4m3), ("bf8", e5m2)):
        table |= _to_codes(name, kind) | _from_codes(name, kind)
    return table


def _to_codes(name: str, kind: c.Fp8) -> dict[str, Meaning]:
    made = partial(_codes, kind)
    return {
        f"v_cvt_pk_{name}_f32": meaning("half = f32 f32 fp16_ovfl", made),
        f"v_cvt_scalef32_pk_{name}_f32": meaning(
            "half = f32 f32 one fp16_ovfl", lambda x, y, _, saturate: made(x, y, saturate)
        ),
        f"v_cvt_scalef32_pk_{name}_bf16": meaning("half = u32 one fp16_ovfl", partial(_codes_of_halves, kind, False)),
        f"v_cvt_scalef32_pk_{name}_f16": meaning("half = u32 one fp16_ovfl", partial(_codes_of_halves, kind, True)),
    }


def _from_codes(name: str, kind: c.Fp8) -> dict[str, Meaning]:
    read = partial(_numbers, kind)
    return {
        f"v_cvt_f32_{name}": meaning("f32 = u32", lambda x: c.from_fp8(x, kind)),
        f"v_cvt_pk_f32_{name}": meaning("u64 = u16", lambda x: _pair(*read(x))),
        f"v_cvt_scalef32_pk_f32_{name}": meaning("u64 = u16 one", lambda x, _: _pair(*read(x))),
        f"v_cvt_scalef32_pk_f16_{name}": meaning("u32 = u16 one", lambda x, _: c.packed(*map(c.half_bits, read(x)))),
        f"v_cvt_scalef32_pk_bf16_{name}": meaning("u32 = u16 one", lambda x, _: c.packed(*map(c.to_bf16, read(x)))),
    }


def _codes(kind: c.Fp8, x: Array, y: Array, saturate: Array) -> Array:
    """Two f32 numbers as codes, in 16 bits."""
    made = [np.where(saturate, c.to_fp8(v, kind, saturate=True), c.to_fp8(v, kind, saturate=False)) for v in (x, y)]
    return made[0] | (made[1] << u32(8))


def _codes_of_halves(kind: c.Fp8, is_half: bool, x: Array, _: Array, saturate: Array) -> Array:
    """Two f16 or bf16 numbers of a word as codes."""
    parts = [(x >> u32(shift) & u32(0xFFFF)).astype(np.uint16) for shift in (0, 16)]
    low, high = (v.view(np.float16).astype(f32) if is_half else c.from_bf16(v) for v in parts)
    return _codes(kind, low, high, saturate)


def _numbers(kind: c.Fp8, codes: Array) -> tuple[Array, Array]:
    """Two codes of 16 bits as f32 numbers."""
    return c.from_fp8(codes, kind), c.from_fp8(codes >> np.uint16(8), kind)


def _pair(low: Array, high: Array) -> Array:
    """Two f32 numbers in a pair of registers."""
    words = [np.ascontiguousarray(v).view(u32).astype(np.uint64) for v in (low, high)]
    return words[0] | (words[1] << np.uint64(32))
