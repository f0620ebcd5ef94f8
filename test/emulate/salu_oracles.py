"""Oracles of scalar instructions, as `instruction_oracles` has of vector instructions."""

from __future__ import annotations

import scalar_oracles as o
from instruction_oracles import CONVERSIONS, FLOATS, SHARED, TRANSCENDENTAL, VECTOR, Oracle
from scalar_oracles import M32, signed


def tested(f: Oracle, width: int) -> Oracle:
    """A result, and in SCC whether its bits are not 0."""
    return lambda *xs: (f(*xs), f(*xs) & ((1 << width) - 1) != 0)


def overflowing(f: Oracle) -> Oracle:
    """A result, and in SCC whether it is none of i32."""
    return lambda *xs: (f(*xs), not -(2**31) <= f(*xs) < 2**31)


LOGIC: dict[str, Oracle] = {
    "and": lambda x, y: x & y,
    "or": lambda x, y: x | y,
    "xor": lambda x, y: x ^ y,
    **dict.fromkeys(("andn2", "and_not1"), lambda x, y: x & ~y),
    **dict.fromkeys(("orn2", "or_not1"), lambda x, y: x | ~y),
    "nand": lambda x, y: ~(x & y),
    "nor": lambda x, y: ~(x | y),
    "xnor": lambda x, y: ~(x ^ y),
}
SCALAR: dict[str, Oracle] = {
    **{f"s_{n}_b{w}": tested(f, w) for n, f in LOGIC.items() for w in (32, 64)},
    **{f"s_{n}_saveexec_b{w}": tested(f, w) for n, f in LOGIC.items() for w in (32, 64)},
    **{f"s_mov_b{w}": lambda x: x for w in (32, 64)},
    **{f"s_not_b{w}": tested(lambda x: ~x, w) for w in (32, 64)},
    **{f"s_cselect_b{w}": lambda x, y, c: x if c else y for w in (32, 64)},
    **{f"s_lshl_b{w}": tested(lambda x, by, w=w: x << by % w, w) for w in (32, 64)},
    **{f"s_lshr_b{w}": tested(lambda x, by, w=w: x >> by % w, w) for w in (32, 64)},
    **{f"s_ashr_i{w}": tested(lambda x, by, w=w: x >> by % w, w) for w in (32, 64)},
    **dict.fromkeys(("s_add_u32", "s_add_co_u32"), lambda x, y: (x + y, x + y > M32)),
    **dict.fromkeys(("s_addc_u32", "s_add_co_ci_u32"), lambda x, y, c: (x + y + c, x + y + c > M32)),
    **dict.fromkeys(("s_sub_u32", "s_sub_co_u32"), lambda x, y: (x - y, x < y)),
    **dict.fromkeys(("s_subb_u32", "s_sub_co_ci_u32"), lambda x, y, c: (x - y - c, x < y + c)),
    **dict.fromkeys(("s_add_i32", "s_add_co_i32", "s_addk_i32", "s_addk_co_i32"), overflowing(lambda x, y: x + y)),
    **dict.fromkeys(("s_sub_i32", "s_sub_co_i32"), overflowing(lambda x, y: x - y)),
    **dict.fromkeys(("s_mulk_i32", "s_mul_i32", "s_mul_u64"), lambda x, y: x * y),
    "s_movk_i32": lambda x: x,
    **dict.fromkeys(("s_add_nc_u64", "s_add_u64"), lambda x, y: x + y),
    **dict.fromkeys(("s_sub_nc_u64", "s_sub_u64"), lambda x, y: x - y),
    **{f"s_lshl{n}_add_u32": (lambda x, y, n=n: ((x << n) + y, (x << n) + y > M32)) for n in (1, 2, 3, 4)},
    **{f"s_min_{k}": lambda x, y: (min(x, y), x < y) for k in ("i32", "u32")},
    **{f"s_max_{k}": lambda x, y: (max(x, y), x >= y) for k in ("i32", "u32")},
    "s_abs_i32": tested(abs, 32),
    "s_sext_i32_i8": lambda x: signed(x, 8),
    "s_sext_i32_i16": lambda x: signed(x, 16),
    "s_brev_b32": o.reversed_bits,
    **dict.fromkeys(("s_bcnt1_i32_b32", "s_bcnt1_i32_b64"), tested(lambda x: x.bit_count(), 32)),
    **dict.fromkeys(("s_flbit_i32_b32", "s_clz_i32_u32"), o.leading_zeros),
    **dict.fromkeys(("s_flbit_i32_b64", "s_clz_i32_u64"), lambda x: o.leading_zeros(x, 64)),
    **dict.fromkeys(("s_flbit_i32", "s_cls_i32"), o.leading_signs),
    **dict.fromkeys(("s_flbit_i32_i64", "s_cls_i32_i64"), lambda x: o.leading_signs(x, 64)),
    **dict.fromkeys(("s_ff1_i32_b32", "s_ctz_i32_b32", "s_ff1_i32_b64", "s_ctz_i32_b64"), o.trailing_zeros),
    "s_bitset0_b32": lambda old, at: old & ~(1 << at % 32),
    "s_bitset1_b32": lambda old, at: old | 1 << at % 32,
    "s_bfe_u64": tested(lambda x, y: o.field64(x, y), 64),
    "s_bfe_i64": tested(lambda x, y: o.field64(x, y, is_signed=True), 64),
    "s_bfe_u32": tested(lambda x, y: o.field(x, y, y >> 16 & 127), 32),
    "s_bfe_i32": tested(lambda x, y: o_signed_field(x, y), 32),
    "s_bfm_b32": lambda x, y: ((1 << x % 32) - 1) << y % 32,
    "s_bitcmp0_b32": lambda x, y: not x >> y % 32 & 1,
    "s_bitcmp1_b32": lambda x, y: bool(x >> y % 32 & 1),
    "s_pack_ll_b32_b16": lambda x, y: (x & 0xFFFF) | y << 16,
    "s_pack_lh_b32_b16": lambda x, y: (x & 0xFFFF) | (y >> 16) << 16,
    "s_pack_hl_b32_b16": lambda x, y: x >> 16 | (y & 0xFFFF) << 16,
    "s_pack_hh_b32_b16": lambda x, y: x >> 16 | (y >> 16) << 16,
    **{f"s_{n}": f for n, f in SHARED.items()},
    **{f"s_cmp{p}_{n}_{k}": o.RELATIONS["ne" if n == "lg" else n] for p in ("", "k") for k in ("i32", "u32")
       for n in ("eq", "lg", "gt", "ge", "lt", "le")},
    **{f"s_cmp_{n}_u64": o.RELATIONS["ne" if n == "lg" else n] for n in ("eq", "lg")},
    **{n.replace("v_cmp", "s_cmp"): f for n, f in VECTOR.items() if n.startswith("v_cmp_") and n.endswith("_f32")},
    **{f"s_{n}": FLOATS[n] for n in ("add_f32", "sub_f32", "mul_f32", "fmac_f32", "fmaak_f32", "fmamk_f32",
       "max_f32", "min_f32", "max_num_f32", "min_num_f32", "maximum_f32",
       "minimum_f32", "floor_f32", "ceil_f32", "trunc_f32", "rndne_f32")},
    **{f"s_{n}": CONVERSIONS[n] for n in ("cvt_f32_i32", "cvt_f32_u32", "cvt_i32_f32", "cvt_u32_f32")},
    "s_cvt_f32_f16": o.half_of,
    "s_cvt_hi_f32_f16": lambda x: o.half_of(x >> 16),
    **{f"v_s_{n}": TRANSCENDENTAL[n] for n in ("exp_f32", "log_f32", "rcp_f32", "rsq_f32", "sqrt_f32")},
}  # fmt: skip


def o_signed_field(x: int, y: int) -> int:
    """A sign-extended field of a word."""
    width = min(y >> 16 & 127, 32)
    return signed(o.field(x, y, width), width) if width else 0
