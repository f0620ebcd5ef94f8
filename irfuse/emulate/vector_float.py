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
    "v_mad_f32": meaning("f32 = f32 f32 f32", a.multiply_add),
    "v_mac_f32": meaning("f32 = f32 f32 =f32", a.multiply_add),
    "v_madmk_f32": meaning("f32 = f32 f32 f32", a.multiply_add),
    "v_madak_f32": meaning("f32 = f32 f32 f32", a.multiply_add),
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
    "v_maximumminimum_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.minimum(a.maximum(x, y), z)),
    "v_minimummaximum_f32": meaning("f32 = f32 f32 f32", lambda x, y, z: a.maximum(a.minimum(x, y), z)),
    "v_floor_f32": meaning("f32 = f32", np.floor, can_clamp=True),
    "v_ceil_f32": meaning("f32 = f32", np.ceil, can_clamp=True),
    "v_trunc_f32": meaning("f32 = f32", np.trunc, can_clamp=True),
    "v_rndne_f32": meaning("f32 = f32", np.rint, can_clamp=True),
    "v_ldexp_f32": meaning("f32 = f32 i32", a.scaled, can_clamp=True),
    "v_fract_f32": meaning("f32 = f32", a.fraction, can_clamp=True),
    "v_frexp_mant_f32": meaning("f32 = f32", a.mantissa),
    "v_frexp_exp_i32_f32": meaning("i32 = f32", a.exponent),
    "v_div_scale_f32": meaning("f32 mask = f32 f32 f32", div_scale),
    "v_div_fmas_f32": meaning("f32 = f32 f32 f32 vcc", div_fmas),
    "v_div_fixup_f32": meaning("f32 = f32 f32 f32", div_fixup),
}


def _narrow(x: a.Array, kind: type) -> a.Array:
    """f32 numbers as integers of 16 bits, in u32."""
    whole: a.Array = c.to_integer(kind)(x)
    return whole.view(np.uint16).astype(u32)


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
    "v_cvt_pk_i16_f32": meaning("u32 = f32 f32", lambda x, y: c.packed(*(_narrow(v, np.int16) for v in (x, y)))),
    "v_cvt_pk_u16_f32": meaning("u32 = f32 f32", lambda x, y: c.packed(*(_narrow(v, np.uint16) for v in (x, y)))),
    "v_cvt_i32_i16": meaning("i32 = i16", lambda x: x.astype(np.int32)),
    "v_cvt_u32_u16": meaning("u32 = u16", lambda x: x.astype(u32)),
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
