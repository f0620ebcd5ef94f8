"""Vector instructions on f64: what each computes.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture", "RDNA3 Instruction Set Architecture" and "RDNA4
Instruction Set Architecture", sections "VOP1 Instructions", "VOP2 Instructions" and "VOP3 Instructions".
"""

from __future__ import annotations

import numpy as np

from irfuse.emulate import arithmetic as a
from irfuse.emulate import conversions as c
from irfuse.emulate import double
from irfuse.emulate.division import div_fixup, div_fmas, div_scale
from irfuse.emulate.tables import Meaning, meaning

f32, f64 = np.float32, np.float64

TRANSCENDENTAL: dict[str, Meaning] = {
    "v_rcp_f64": meaning("f64 = f64", lambda x: 1.0 / x),
    "v_rsq_f64": meaning("f64 = f64", lambda x: 1.0 / np.sqrt(x)),
    "v_sqrt_f64": meaning("f64 = f64", np.sqrt),
}
"""Instructions of which GPUs have only the first half of the bits; here the result is correctly rounded."""

ARITHMETIC: dict[str, Meaning] = {
    "v_add_f64": meaning("f64 = f64 f64", np.add, can_clamp=True),
    "v_mul_f64": meaning("f64 = f64 f64", np.multiply, can_clamp=True),
    "v_fma_f64": meaning("f64 = f64 f64 f64", double.fma, can_clamp=True),
    "v_fmac_f64": meaning("f64 = f64 f64 =f64", double.fma, can_clamp=True),
    "v_max_f64": meaning("f64 = f64 f64", a.maximum_ieee, can_clamp=True),
    "v_min_f64": meaning("f64 = f64 f64", a.minimum_ieee, can_clamp=True),
    "v_max_num_f64": meaning("f64 = f64 f64", a.maximum_number, can_clamp=True),
    "v_min_num_f64": meaning("f64 = f64 f64", a.minimum_number, can_clamp=True),
    "v_maximum_f64": meaning("f64 = f64 f64", a.maximum),
    "v_minimum_f64": meaning("f64 = f64 f64", a.minimum),
    "v_floor_f64": meaning("f64 = f64", np.floor),
    "v_ceil_f64": meaning("f64 = f64", np.ceil),
    "v_trunc_f64": meaning("f64 = f64", np.trunc),
    "v_rndne_f64": meaning("f64 = f64", np.rint),
    "v_fract_f64": meaning("f64 = f64", a.fraction),
    "v_ldexp_f64": meaning("f64 = f64 i32", a.scaled),
    "v_frexp_mant_f64": meaning("f64 = f64", a.mantissa),
    "v_frexp_exp_i32_f64": meaning("i32 = f64", a.exponent),
    "v_trig_preop_f64": meaning("f64 = f64 u32", lambda x, n: double.trig_preop(*np.broadcast_arrays(x, n))),
    "v_div_scale_f64": meaning("f64 mask = f64 f64 f64", div_scale),
    "v_div_fmas_f64": meaning("f64 = f64 f64 f64 vcc", div_fmas),
    "v_div_fixup_f64": meaning("f64 = f64 f64 f64", div_fixup),
}

CONVERSIONS: dict[str, Meaning] = {
    "v_cvt_f32_f64": meaning("f32 = f64", lambda x: x.astype(f32)),
    "v_cvt_f64_f32": meaning("f64 = f32", lambda x: x.astype(f64)),
    "v_cvt_f64_i32": meaning("f64 = i32", lambda x: x.astype(f64)),
    "v_cvt_f64_u32": meaning("f64 = u32", lambda x: x.astype(f64)),
    "v_cvt_i32_f64": meaning("i32 = f64", c.to_integer(np.int32)),
    "v_cvt_u32_f64": meaning("u32 = f64", c.to_integer(np.uint32)),
}
