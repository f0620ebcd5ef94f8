"""Vector instructions on floats: what each computes.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture", "RDNA3 Instruction Set Architecture" and "RDNA4
Instruction Set Architecture", sections "VOP1 Instructions", "VOP2 Instructions" and "VOP3 Instructions".
"""

from __future__ import annotations

import numpy as np

from irfuse.emulate import arithmetic as a
from irfuse.emulate import conversions as c
from irfuse.emulate.division import div_fixup, div_fmas, div_scale
from irfuse.emulate.tables import Meaning, meaning, renamed

f32, u32 = np.float32, np.uint32

TRANSCENDENTAL: dict[str, Meaning] = {
    "v_exp_f32": meaning("f32 = f32", a.exp2, can_clamp=True),
    "v_log_f32": meaning("f32 = f32", a.log2, can_clamp=True),
    "v_rcp_f32": meaning("f32 = f32", a.reciprocal, can_clamp=True),
    "v_rcp_iflag_f32": meaning("f32 = f32", a.reciprocal, can_clamp=True),
    "v_rsq_f32": meaning("f32 = f32", a.reciprocal_root, can_clamp=True),
    "v_sqrt_f32": meaning("f32 = f32", a.root, can_clamp=True),
}
"""Instructions whose last bit differs between GPUs; here the result is correctly rounded."""

ARITHMETIC: dict[str, Meaning] = {
    "v_add_f32": meaning("f32 = f32 f32", np.add, can_clamp=True),
    "v_sub_f32": meaning("f32 = f32 f32", np.subtract, can_clamp=True),
    "v_subrev_f32": meaning("f32 = f32 f32", lambda x, y: y - x, can_clamp=True),
    "v_mul_f32": meaning("f32 = f32 f32", np.multiply, can_clamp=True),
    "v_fma_f32": meaning("f32 = f32 f32 f32", a.fma, can_clamp=True),
    "v_fmac_f32": meaning("f32 = f32 f32 =f32", a.fma, can_clamp=True),
    "v_fmamk_f32": meaning("f32 = f32 f32 f32", a.fma),
    "v_fmaak_f32": meaning("f32 = f32 f32 f32", a.fma),
    "v_max_f32": meaning("f32 = f32 f32", a.maximum_ieee, can_clamp=True),
    "v_min_f32": meaning("f32 = f32 f32", a.minimum_ieee, can_clamp=True),
    "v_max3_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.maximum_ieee(a.maximum_ieee(x, y), z), can_clamp=True),
    "v_min3_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.minimum_ieee(a.minimum_ieee(x, y), z), can_clamp=True),
    "v_maxmin_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.minimum_ieee(a.maximum_ieee(x, y), z)),
    "v_minmax_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.maximum_ieee(a.minimum_ieee(x, y), z)),
    "v_med3_f32": meaning("f32 = f32 f32 f32", a.median, can_clamp=True),
    "v_max_num_f32": meaning("f32 = f32 f32", a.maximum_number, can_clamp=True),
    "v_min_num_f32": meaning("f32 = f32 f32", a.minimum_number, can_clamp=True),
    "v_max3_num_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.maximum_number(a.maximum_number(x, y), z)),
    "v_min3_num_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.minimum_number(a.minimum_number(x, y), z)),
    "v_maxmin_num_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.minimum_number(a.maximum_number(x, y), z)),
    "v_minmax_num_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.maximum_number(a.minimum_number(x, y), z)),
    "v_med3_num_f32": meaning("f32 = f32 f32 f32", a.median),
    "v_maximum_f32": meaning("f32 = f32 f32", a.maximum),
    "v_minimum_f32": meaning("f32 = f32 f32", a.minimum),
    "v_maximum3_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.maximum(a.maximum(x, y), z)),
    "v_minimum3_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.minimum(a.minimum(x, y), z)),
    "v_floor_f32": meaning("f32 = f32", np.floor, can_clamp=True),
    "v_ceil_f32": meaning("f32 = f32", np.ceil, can_clamp=True),
    "v_trunc_f32": meaning("f32 = f32", np.trunc, can_clamp=True),
    "v_rndne_f32": meaning("f32 = f32", np.rint, can_clamp=True),
    "v_ldexp_f32": meaning("f32 = f32 i32", a.scaled, can_clamp=True),
    "v_div_scale_f32": meaning("f32 mask = f32 f32 f32", div_scale),
    "v_div_fmas_f32": meaning("f32 = f32 f32 f32 vcc", div_fmas),
    "v_div_fixup_f32": meaning("f32 = f32 f32 f32", div_fixup),
    "v_add_f16": meaning("f16 = f16 f16", np.add),
    "v_sub_f16": meaning("f16 = f16 f16", np.subtract),
    "v_mul_f16": meaning("f16 = f16 f16", np.multiply),
    "v_fma_f16": meaning("f16 = f16 f16 f16", a.fma_f16),
    "v_max_f16": meaning("f16 = f16 f16", a.maximum_ieee),
    "v_min_f16": meaning("f16 = f16 f16", a.minimum_ieee),
    "v_max_num_f16": meaning("f16 = f16 f16", a.maximum_number),
    "v_min_num_f16": meaning("f16 = f16 f16", a.minimum_number),
}

CONVERSIONS: dict[str, Meaning] = {
    "v_cvt_f32_u32": meaning("f32 = u32", lambda x: x.astype(f32)),
    "v_cvt_f32_i32": meaning("f32 = i32", lambda x: x.astype(f32)),
    "v_cvt_u32_f32": meaning("u32 = f32", c.to_integer(np.uint32)),
    "v_cvt_i32_f32": meaning("i32 = f32", c.to_integer(np.int32)),
    "v_cvt_u16_f16": meaning("u16 = f16", c.to_integer(np.uint16)),
    "v_cvt_i16_f16": meaning("i16 = f16", c.to_integer(np.int16)),
    "v_cvt_f16_u16": meaning("f16 = u16", lambda x: x.astype(np.float16)),
    "v_cvt_f16_i16": meaning("f16 = i16", lambda x: x.astype(np.float16)),
    "v_cvt_f32_f16": meaning("f32 = f16", lambda x: x.astype(f32)),
    "v_cvt_f16_f32": meaning("f16 = f32", lambda x: x.astype(np.float16)),
    "v_pack_b32_f16": meaning("u32 = f16 f16", lambda x, y: c.packed(c.half_bits(x), c.half_bits(y))),
    "v_cvt_pk_f16_f32": meaning("u32 = f32 f32", lambda x, y: c.packed(c.half_bits(x), c.half_bits(y))),
    "v_cvt_pkrtz_f16_f32": meaning(
        "u32 = f32 f32", lambda x, y: c.packed(c.half_bits_towards_zero(x), c.half_bits_towards_zero(y))
    ),
    "v_cvt_pk_bf16_f32": meaning("u32 = f32 f32", lambda x, y: c.packed(c.to_bf16(x), c.to_bf16(y))),
    **{
        f"v_cvt_f32_ubyte{n}": meaning("f32 = u32", lambda x, n=n: ((x >> u32(8 * n)) & u32(255)).astype(f32))
        for n in range(4)
    },
}

RENAMED = renamed(CONVERSIONS, v_cvt_pk_rtz_f16_f32="v_cvt_pkrtz_f16_f32")


def fp8_conversions(e4m3: c.Fp8, e5m2: c.Fp8) -> dict[str, Meaning]:
    """The fp8 instructions of an architecture with these formats; beyond the range MODE.FP16_OVFL decides."""
    table: dict[str, Meaning] = {}
    for name, kind in (("fp8", e4m3), ("bf8", e5m2)):

        def pair(x: a.Array, y: a.Array, saturate: a.Array, kind: c.Fp8 = kind) -> a.Array:
            codes = [
                np.where(saturate, c.to_fp8(v, kind, saturate=True), c.to_fp8(v, kind, saturate=False)) for v in (x, y)
            ]
            return codes[0] | (codes[1] << u32(8))

        def of_words(x: a.Array, scale: a.Array, saturate: a.Array, pair: object = pair, half: bool = False) -> a.Array:
            assert callable(pair)
            low, high = (x & u32(0xFFFF)).astype(np.uint16), (x >> u32(16)).astype(np.uint16)
            wide = [v.view(np.float16).astype(f32) if half else c.from_bf16(v) for v in (low, high)]
            return pair(*wide, saturate)

        table |= {
            f"v_cvt_pk_{name}_f32": meaning("half = f32 f32 fp16_ovfl", pair),
            f"v_cvt_scalef32_pk_{name}_f32": meaning(
                "half = f32 f32 one fp16_ovfl", lambda x, y, _, saturate, pair=pair: pair(x, y, saturate)
            ),
            f"v_cvt_scalef32_pk_{name}_bf16": meaning("half = u32 one fp16_ovfl", of_words),
            f"v_cvt_scalef32_pk_{name}_f16": meaning(
                "half = u32 one fp16_ovfl", lambda x, one, s, of_words=of_words: of_words(x, one, s, half=True)
            ),
            f"v_cvt_f32_{name}": meaning("f32 = u32", lambda x, kind=kind: c.from_fp8(x, kind)),
        }
    return table
