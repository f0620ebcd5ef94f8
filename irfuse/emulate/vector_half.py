"""Vector instructions on f16 and bf16: what each computes.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture", "RDNA3 Instruction Set Architecture" and "RDNA4
Instruction Set Architecture", sections "VOP1 Instructions", "VOP2 Instructions" and "VOP3 Instructions".
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from irfuse.emulate import arithmetic as a
from irfuse.emulate import conversions as c
from irfuse.emulate.state import Array
from irfuse.emulate.tables import Meaning, meaning

f16, f64, u32 = np.float16, np.float64, np.uint32


def _rounded(compute: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """A function of f64 on f16, correctly rounded but for a second rounding of f64."""
    return lambda x: compute(x.astype(f64)).astype(f16)


TRANSCENDENTAL: dict[str, Meaning] = {
    "v_exp_f16": meaning("f16 = f16", _rounded(np.exp2)),
    "v_log_f16": meaning("f16 = f16", _rounded(np.log2)),
    "v_rcp_f16": meaning("f16 = f16", _rounded(lambda x: 1.0 / x)),
    "v_rsq_f16": meaning("f16 = f16", _rounded(lambda x: 1.0 / np.sqrt(x))),
    "v_sqrt_f16": meaning("f16 = f16", _rounded(np.sqrt)),
}
"""Instructions whose last bit differs between GPUs; here the result is correctly rounded, and no noise moves it."""


def _fixed(quotient: Array, denominator: Array, numerator: Array) -> Array:
    """V_DIV_FIXUP_F16: a quotient with its sign, and the right value where a number is 0, infinite or NaN."""
    special = numerator.astype(f64) / denominator.astype(f64)
    is_plain = np.isfinite(special) & np.isfinite(denominator) & (numerator != 0)
    sign = np.where(np.signbit(denominator) ^ np.signbit(numerator), f16(-1), f16(1))
    return np.where(is_plain, np.copysign(quotient, sign), special.astype(f16))


ARITHMETIC: dict[str, Meaning] = {
    "v_add_f16": meaning("f16 = f16 f16", np.add, can_clamp=True),
    "v_sub_f16": meaning("f16 = f16 f16", np.subtract, can_clamp=True),
    "v_subrev_f16": meaning("f16 = f16 f16", lambda x, y: y - x, can_clamp=True),
    "v_mul_f16": meaning("f16 = f16 f16", np.multiply, can_clamp=True),
    "v_fma_f16": meaning("f16 = f16 f16 f16", a.fma_f16, can_clamp=True),
    "v_fmac_f16": meaning("f16 = f16 f16 =f16", a.fma_f16),
    "v_fmamk_f16": meaning("f16 = f16 f16 f16", a.fma_f16),
    "v_fmaak_f16": meaning("f16 = f16 f16 f16", a.fma_f16),
    "v_max_f16": meaning("f16 = f16 f16", a.maximum_ieee, can_clamp=True),
    "v_min_f16": meaning("f16 = f16 f16", a.minimum_ieee, can_clamp=True),
    "v_max_num_f16": meaning("f16 = f16 f16", a.maximum_number, can_clamp=True),
    "v_min_num_f16": meaning("f16 = f16 f16", a.minimum_number, can_clamp=True),
    "v_max3_f16": meaning("f16 = f16 f16 f16", lambda x, y, z: a.maximum_ieee(a.maximum_ieee(x, y), z)),
    "v_min3_f16": meaning("f16 = f16 f16 f16", lambda x, y, z: a.minimum_ieee(a.minimum_ieee(x, y), z)),
    "v_max3_num_f16": meaning("f16 = f16 f16 f16", lambda x, y, z: a.maximum_number(a.maximum_number(x, y), z)),
    "v_min3_num_f16": meaning("f16 = f16 f16 f16", lambda x, y, z: a.minimum_number(a.minimum_number(x, y), z)),
    "v_med3_f16": meaning("f16 = f16 f16 f16", a.median),
    "v_med3_num_f16": meaning("f16 = f16 f16 f16", a.median),
    "v_maximum_f16": meaning("f16 = f16 f16", a.maximum),
    "v_minimum_f16": meaning("f16 = f16 f16", a.minimum),
    "v_maximum3_f16": meaning("f16 = f16 f16 f16", lambda x, y, z: a.maximum(a.maximum(x, y), z)),
    "v_minimum3_f16": meaning("f16 = f16 f16 f16", lambda x, y, z: a.minimum(a.minimum(x, y), z)),
    "v_maximumminimum_f16": meaning("f16 = f16 f16 f16", lambda x, y, z: a.minimum(a.maximum(x, y), z)),
    "v_minimummaximum_f16": meaning("f16 = f16 f16 f16", lambda x, y, z: a.maximum(a.minimum(x, y), z)),
    "v_floor_f16": meaning("f16 = f16", np.floor),
    "v_ceil_f16": meaning("f16 = f16", np.ceil),
    "v_trunc_f16": meaning("f16 = f16", np.trunc),
    "v_rndne_f16": meaning("f16 = f16", np.rint),
    "v_fract_f16": meaning("f16 = f16", a.fraction),
    "v_ldexp_f16": meaning("f16 = f16 i16", a.scaled),
    "v_frexp_mant_f16": meaning("f16 = f16", a.mantissa),
    "v_frexp_exp_i16_f16": meaning("i16 = f16", a.exponent),
    "v_div_fixup_f16": meaning("f16 = f16 f16 f16", _fixed),
}


def _dot(x: Array, y: Array, z: Array) -> Array:
    """V_DOT2_BF16_BF16: the sum of the products of both halves, and ``z``, rounded to f32 and then to bf16."""
    (low, high), (other_low, other_high) = (
        [c.from_bf16(v >> u32(shift) & u32(0xFFFF)).astype(f64) for shift in (0, 16)] for v in (x, y)
    )
    total = low * other_low + high * other_high + c.from_bf16(z)
    return c.to_bf16(total.astype(np.float32))


DOTS: dict[str, Meaning] = {"v_dot2_bf16_bf16": meaning("half = u32 u32 u16", _dot)}
"""Triton multiplies bf16 numbers with it, the other half 0. Subnormal numbers are not flushed here."""
