"""Vector instructions on integers, bits and masks: what each computes.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture", "RDNA3 Instruction Set Architecture" and "RDNA4
Instruction Set Architecture", sections "VOP1 Instructions", "VOP2 Instructions" and "VOP3 Instructions".
"""

from __future__ import annotations

import numpy as np

from irfuse.emulate import integers as n
from irfuse.emulate.state import Array
from irfuse.emulate.tables import Meaning, meaning, renamed


def _selected(x: Array, y: Array, mask: Array) -> Array:
    return np.where(mask, y, x)


def _selected_defined(x: Array, y: Array, mask_defined: Array, mask: Array) -> Array:
    return mask_defined & np.where(mask, y, x)


ARITHMETIC: dict[str, Meaning] = {
    "v_add_u32": meaning("u32 = u32 u32", np.add, can_clamp=True),
    "v_sub_u32": meaning("u32 = u32 u32", np.subtract, can_clamp=True),
    "v_subrev_u32": meaning("u32 = u32 u32", lambda x, y: y - x, can_clamp=True),
    "v_add_u16": meaning("u16 = u16 u16", np.add, can_clamp=True),
    "v_sub_u16": meaning("u16 = u16 u16", np.subtract, can_clamp=True),
    "v_mul_lo_u16": meaning("u16 = u16 u16", np.multiply),
    "v_mul_lo_u32": meaning("u32 = u32 u32", np.multiply),
    "v_mul_hi_u32": meaning("u32 = u32 u32", n.high_half),
    "v_mul_hi_i32": meaning("i32 = i32 i32", n.high_half),
    "v_mul_u32_u24": meaning("u32 = u32 u32", lambda x, y: n.low24(x) * n.low24(y)),
    "v_mul_i32_i24": meaning("i32 = i32 i32", lambda x, y: n.low24(x) * n.low24(y)),
    "v_mad_u32_u24": meaning("u32 = u32 u32 u32", lambda x, y, z: n.low24(x) * n.low24(y) + z),
    "v_mad_i32_i24": meaning("i32 = i32 i32 i32", lambda x, y, z: n.low24(x) * n.low24(y) + z),
    "v_mad_u64_u32": meaning("u64 mask = u32 u32 u64", n.multiply_add_wide, low_alone=True),
    "v_mad_u16": meaning("u16 = u16 u16 u16", lambda x, y, z: x * y + z),
    "v_mad_legacy_u16": meaning("u16 = u16 u16 u16", lambda x, y, z: x * y + z),
    "v_mad_legacy_i16": meaning("i16 = i16 i16 i16", lambda x, y, z: x * y + z),
    "v_mad_i16": meaning("i16 = i16 i16 i16", lambda x, y, z: x * y + z),
    "v_mad_u32_u16": meaning("u32 = u16 u16 u32", lambda x, y, z: x.astype(n.u32) * y + z),
    "v_mad_i32_i16": meaning("i32 = i16 i16 i32", lambda x, y, z: x.astype(n.i32) * y + z),
    "v_sad_u32": meaning("u32 = u32 u32 u32", lambda x, y, z: np.where(x > y, x - y, y - x) + z),
    "v_add3_u32": meaning("u32 = u32 u32 u32", lambda x, y, z: x + y + z),
    "v_xad_u32": meaning("u32 = u32 u32 u32", lambda x, y, z: (x ^ y) + z),
    "v_lshl_add_u32": meaning("u32 = u32 u32 u32", lambda x, y, z: n.shift_left(x, y) + z),
    "v_add_lshl_u32": meaning("u32 = u32 u32 u32", lambda x, y, z: n.shift_left(x + y, z)),
    "v_lshl_add_u64": meaning(
        "u64 = u64 u32 u64", lambda x, y, z: (x << (y & n.u32(7)).astype(n.u64)) + z, low_alone=True
    ),
    "v_add_co_u32": meaning("u32 mask = u32 u32", n.sum_with_carry),
    "v_sub_co_u32": meaning("u32 mask = u32 u32", n.difference_with_borrow),
    "v_subrev_co_u32": meaning("u32 mask = u32 u32", lambda x, y: n.difference_with_borrow(y, x)),
    "v_addc_co_u32": meaning("u32 mask = u32 u32 mask", n.sum_with_carry),
    "v_subb_co_u32": meaning("u32 mask = u32 u32 mask", n.difference_with_borrow),
    "v_subbrev_co_u32": meaning("u32 mask = u32 u32 mask", lambda x, y, b: n.difference_with_borrow(y, x, b)),
    **{
        f"v_{name}_{kind}": meaning(f"{kind} = {kind} {kind}", compute)
        for name, compute in (("max", np.maximum), ("min", np.minimum))
        for kind in ("u32", "i32", "u16", "i16")
    },
    **{
        f"v_{name}3_{kind}": meaning(
            f"{kind} = {kind} {kind} {kind}", lambda x, y, z, compute=compute: compute(compute(x, y), z)
        )
        for name, compute in (("max", np.maximum), ("min", np.minimum))
        for kind in ("u32", "i32", "u16", "i16")
    },
    **{
        f"v_med3_{kind}": meaning(
            f"{kind} = {kind} {kind} {kind}",
            lambda x, y, z: np.maximum(np.minimum(x, y), np.minimum(np.maximum(x, y), z)),
        )
        for kind in ("u32", "i32", "u16", "i16")
    },
}

BITS: dict[str, Meaning] = {
    "v_mov_b32": meaning("b32 = b32", lambda x: x),
    "v_mov_b16": meaning("b16 = b16", lambda x: x),
    **{f"v_accvgpr_{way}_b32": meaning("b32 = b32", lambda x: x) for way in ("read", "write", "mov")},
    "v_not_b32": meaning("u32 = u32", np.invert),
    "v_not_b16": meaning("u16 = u16", np.invert),
    "v_and_b32": meaning("u32 = u32 u32", np.bitwise_and),
    "v_or_b32": meaning("u32 = u32 u32", np.bitwise_or),
    "v_xor_b32": meaning("u32 = u32 u32", np.bitwise_xor),
    "v_xnor_b32": meaning("u32 = u32 u32", lambda x, y: ~(x ^ y)),
    "v_and_b16": meaning("u16 = u16 u16", np.bitwise_and),
    "v_or_b16": meaning("u16 = u16 u16", np.bitwise_or),
    "v_xor_b16": meaning("u16 = u16 u16", np.bitwise_xor),
    "v_or3_b32": meaning("u32 = u32 u32 u32", lambda x, y, z: x | y | z),
    "v_xor3_b32": meaning("u32 = u32 u32 u32", lambda x, y, z: x ^ y ^ z),
    "v_and_or_b32": meaning("u32 = u32 u32 u32", lambda x, y, z: (x & y) | z),
    "v_lshl_or_b32": meaning("u32 = u32 u32 u32", lambda x, y, z: n.shift_left(x, y) | z),
    "v_lshlrev_b32": meaning("u32 = u32 u32", lambda by, x: n.shift_left(x, by)),
    "v_lshrrev_b32": meaning("u32 = u32 u32", lambda by, x: n.shift_right(x, by)),
    "v_ashrrev_i32": meaning("i32 = u32 i32", lambda by, x: n.shift_right(x, by)),
    "v_lshlrev_b16": meaning("u16 = u16 u16", lambda by, x: n.shift_left(x, by)),
    "v_lshrrev_b16": meaning("u16 = u16 u16", lambda by, x: n.shift_right(x, by)),
    "v_ashrrev_i16": meaning("i16 = u16 i16", lambda by, x: n.shift_right(x, by)),
    "v_lshlrev_b64": meaning("u64 = u32 u64", lambda by, x: n.shift_left(x, by), low_alone=True),
    "v_lshrrev_b64": meaning("u64 = u32 u64", lambda by, x: n.shift_right(x, by)),
    "v_ashrrev_i64": meaning("i64 = u32 i64", lambda by, x: n.shift_right(x, by)),
    "v_bfrev_b32": meaning("u32 = u32", n.reversed_bits),
    "v_ffbh_u32": meaning("u32 = u32", n.leading_zeros),
    "v_ffbh_i32": meaning("u32 = i32", n.leading_signs),
    "v_ffbl_b32": meaning("u32 = u32", n.trailing_zeros),
    "v_bfe_u32": meaning("u32 = u32 u32 u32", lambda x, y, z: n.field(x, y, z & n.u32(31))),
    "v_bfe_i32": meaning("i32 = i32 u32 u32", lambda x, y, z: n.field(x, y, z & n.u32(31))),
    "v_bfi_b32": meaning("u32 = u32 u32 u32", lambda x, y, z: (x & y) | (~x & z)),
    "v_bfm_b32": meaning("u32 = u32 u32", lambda x, y: n.shift_left(n.shift_left(n.u32(1) + 0 * x, x) - n.u32(1), y)),
    "v_alignbit_b32": meaning("u32 = u32 u32 u32", n.aligned),
    "v_alignbyte_b32": meaning("u32 = u32 u32 u32", lambda x, y, z: n.aligned(x, y, (z & n.u32(3)) * n.u32(8))),
    "v_perm_b32": meaning("u32 = u32 u32 u32", n.chosen_bytes),
    "v_cndmask_b32": meaning("b32 = b32 b32 mask", _selected, _selected_defined),
    "v_cndmask_b16": meaning("b16 = b16 b16 mask", _selected, _selected_defined),
    "v_bcnt_u32_b32": meaning("u32 = u32 u32", lambda x, y: n.bit_count(x) + y),
    "v_mbcnt_lo_u32_b32": meaning("u32 = u32 u32 lane", lambda x, y, lane: n.ones_below(x, y, lane, 0)),
    "v_mbcnt_hi_u32_b32": meaning("u32 = u32 u32 lane", lambda x, y, lane: n.ones_below(x, y, lane, 32)),
}

RENAMED = renamed(
    ARITHMETIC | BITS,
    v_clz_i32_u32="v_ffbh_u32",
    v_cls_i32="v_ffbh_i32",
    v_ctz_i32_b32="v_ffbl_b32",
    v_add_nc_u32="v_add_u32",
    v_sub_nc_u32="v_sub_u32",
    v_subrev_nc_u32="v_subrev_u32",
    v_add_nc_u16="v_add_u16",
    v_sub_nc_u16="v_sub_u16",
    v_add_co_ci_u32="v_addc_co_u32",
    v_sub_co_ci_u32="v_subb_co_u32",
    v_subrev_co_ci_u32="v_subbrev_co_u32",
    v_mad_co_u64_u32="v_mad_u64_u32",
)
