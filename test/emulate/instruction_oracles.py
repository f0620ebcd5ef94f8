"""For each instruction that is a function of numbers, that function on Python's numbers.

Floats come as floats, integers as whole numbers, signed or not as the instruction reads them, masks and SCC as bool. An
instruction with a second result has both in a tuple. Results are taken modulo the width of what is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import float_oracles
import scalar_oracles as o
import torch
from scalar_oracles import M32, M64, f16, f32, signed

Oracle = Callable[..., Any]


def shifted_left(x: int, by: int, width: int = 32) -> int:
    return x << (by % width)


def low24(x: int) -> int:
    return x & 0xFFFFFF


def signed24(x: int) -> int:
    return signed(x, 24)


FLOATS: dict[str, Oracle] = {
    "add_f32": lambda x, y: f32(x + y),
    "sub_f32": lambda x, y: f32(x - y),
    "subrev_f32": lambda x, y: f32(y - x),
    "mul_f32": lambda x, y: f32(x * y),
    **dict.fromkeys(("fma_f32", "fmac_f32", "fmamk_f32", "fmaak_f32"), o.fma),
    **dict.fromkeys(("max_f32", "max_num_f32"), o.larger),
    **dict.fromkeys(("min_f32", "min_num_f32"), o.smaller),
    **dict.fromkeys(("max3_f32", "max3_num_f32"), o.three(o.larger)),
    **dict.fromkeys(("min3_f32", "min3_num_f32"), o.three(o.smaller)),
    **dict.fromkeys(("maxmin_f32", "maxmin_num_f32"), lambda x, y, z: o.smaller(o.larger(x, y), z)),
    **dict.fromkeys(("minmax_f32", "minmax_num_f32"), lambda x, y, z: o.larger(o.smaller(x, y), z)),
    **dict.fromkeys(("med3_f32", "med3_num_f32"), o.median),
    "maximum_f32": o.nan_or(o.larger),
    "minimum_f32": o.nan_or(o.smaller),
    "maximum3_f32": o.nan_or(o.three(o.larger)),
    "minimum3_f32": o.nan_or(o.three(o.smaller)),
    "maximumminimum_f32": o.nan_or(lambda x, y, z: o.smaller(o.larger(x, y), z)),
    "minimummaximum_f32": o.nan_or(lambda x, y, z: o.larger(o.smaller(x, y), z)),
    "floor_f32": o.whole(math.floor),
    "ceil_f32": o.whole(math.ceil),
    "trunc_f32": o.whole(math.trunc),
    "rndne_f32": o.whole(round),
    "ldexp_f32": lambda x, n: f32(math.ldexp(x, max(-500, min(n, 500))) if math.isfinite(x) else x),
    "add_f16": lambda x, y: f16(x + y),
    "sub_f16": lambda x, y: f16(x - y),
    "mul_f16": lambda x, y: f16(x * y),
    "fma_f16": o.fma_f16,
}

CONVERSIONS: dict[str, Oracle] = {
    "cvt_f32_u32": f32,
    "cvt_f32_i32": f32,
    "cvt_u32_f32": o.to_integer(0, M32),
    "cvt_i32_f32": o.to_integer(-(2**31), 2**31 - 1),
    "cvt_u16_f16": o.to_integer(0, 0xFFFF),
    "cvt_i16_f16": o.to_integer(-0x8000, 0x7FFF),
    "cvt_f16_u16": f16,
    "cvt_f16_i16": f16,
    "cvt_f32_f16": lambda x: x,
    "cvt_f16_f32": f16,
    "pack_b32_f16": lambda x, y: o.half_bits(x) | o.half_bits(y) << 16,
    "cvt_pk_f16_f32": lambda x, y: o.half_bits(x) | o.half_bits(y) << 16,
    "cvt_pkrtz_f16_f32": lambda x, y: o.half_bits_down(x) | o.half_bits_down(y) << 16,
    "cvt_pk_rtz_f16_f32": lambda x, y: o.half_bits_down(x) | o.half_bits_down(y) << 16,
    "cvt_pk_bf16_f32": lambda x, y: o.bf16_bits(x) | o.bf16_bits(y) << 16,
    **{f"cvt_f32_ubyte{n}": (lambda x, n=n: float(x >> 8 * n & 255)) for n in range(4)},
    "cvt_f32_fp8": lambda x: torch.tensor(x & 255, dtype=torch.uint8).view(torch.float8_e4m3fnuz).item(),
    "cvt_f32_bf8": lambda x: torch.tensor(x & 255, dtype=torch.uint8).view(torch.float8_e5m2fnuz).item(),
}

TRANSCENDENTAL: dict[str, Oracle] = {
    "exp_f32": lambda x: torch.tensor(x).double().exp2().float().item(),
    "log_f32": lambda x: torch.tensor(x).double().log2().float().item(),
    "rcp_f32": lambda x: torch.tensor(x).double().reciprocal().float().item(),
    "rcp_iflag_f32": lambda x: torch.tensor(x).double().reciprocal().float().item(),
    "rsq_f32": lambda x: torch.tensor(x).double().rsqrt().float().item(),
    "sqrt_f32": lambda x: torch.tensor(x).double().sqrt().float().item(),
}
"""Compared within a step of f32, and not where a number or the result is subnormal."""

SHARED: dict[str, Oracle] = {
    "mul_hi_u32": lambda x, y: x * y >> 32,
    "mul_hi_i32": lambda x, y: x * y >> 32,
}

INTEGERS: dict[str, Oracle] = {
    **SHARED,
    **dict.fromkeys(("add_u32", "add_u16", "add_nc_u32", "add_nc_u16"), lambda x, y: x + y),
    **dict.fromkeys(("sub_u32", "sub_u16", "sub_nc_u32", "sub_nc_u16"), lambda x, y: x - y),
    **dict.fromkeys(("subrev_u32", "subrev_nc_u32"), lambda x, y: y - x),
    **dict.fromkeys(("mul_lo_u16", "mul_lo_u32"), lambda x, y: x * y),
    "mul_u32_u24": lambda x, y: low24(x) * low24(y),
    "mul_i32_i24": lambda x, y: signed24(x) * signed24(y),
    "mad_u32_u24": lambda x, y, z: low24(x) * low24(y) + z,
    "mad_i32_i24": lambda x, y, z: signed24(x) * signed24(y) + z,
    **dict.fromkeys(("mad_u64_u32", "mad_co_u64_u32"), lambda x, y, z: (x * y + z, x * y + z > M64)),
    **dict.fromkeys(
        ("mad_u16", "mad_i16", "mad_legacy_u16", "mad_legacy_i16", "mad_u32_u16", "mad_i32_i16"),
        lambda x, y, z: x * y + z,
    ),
    "sad_u32": lambda x, y, z: abs(x - y) + z,
    "add3_u32": lambda x, y, z: x + y + z,
    "xad_u32": lambda x, y, z: (x ^ y) + z,
    "lshl_add_u32": lambda x, y, z: shifted_left(x, y) + z,
    "add_lshl_u32": lambda x, y, z: shifted_left(x + y, z),
    "lshl_add_u64": lambda x, y, z: (x << (y & 7)) + z,
    "add_co_u32": lambda x, y: (x + y, x + y > M32),
    "sub_co_u32": lambda x, y: (x - y, x < y),
    "subrev_co_u32": lambda x, y: (y - x, y < x),
    **dict.fromkeys(("addc_co_u32", "add_co_ci_u32"), lambda x, y, c: (x + y + c, x + y + c > M32)),
    **dict.fromkeys(("subb_co_u32", "sub_co_ci_u32"), lambda x, y, c: (x - y - c, x < y + c)),
    **dict.fromkeys(("subbrev_co_u32", "subrev_co_ci_u32"), lambda x, y, c: (y - x - c, y < x + c)),
    **{f"{f.__name__}_{k}": f for f in (max, min) for k in ("u32", "i32", "u16", "i16")},
    **{f"{f.__name__}3_{k}": f for f in (max, min) for k in ("u32", "i32", "u16", "i16")},
    **{f"med3_{k}": lambda *xs: sorted(xs)[1] for k in ("u32", "i32", "u16", "i16")},
}

BITS: dict[str, Oracle] = {
    **dict.fromkeys(("mov_b32", "mov_b16"), lambda x: x),
    **{f"accvgpr_{way}_b32": lambda x: x for way in ("read", "write", "mov")},
    **dict.fromkeys(("not_b32", "not_b16"), lambda x: ~x),
    **dict.fromkeys(("ffbh_u32", "clz_i32_u32"), o.leading_zeros),
    **dict.fromkeys(("ffbh_i32", "cls_i32"), o.leading_signs),
    **dict.fromkeys(("ffbl_b32", "ctz_i32_b32"), o.trailing_zeros),
    **dict.fromkeys(("and_b32", "and_b16"), lambda x, y: x & y),
    **dict.fromkeys(("or_b32", "or_b16"), lambda x, y: x | y),
    **dict.fromkeys(("xor_b32", "xor_b16"), lambda x, y: x ^ y),
    "xnor_b32": lambda x, y: ~(x ^ y),
    "or3_b32": lambda x, y, z: x | y | z,
    "xor3_b32": lambda x, y, z: x ^ y ^ z,
    "and_or_b32": lambda x, y, z: x & y | z,
    "lshl_or_b32": lambda x, y, z: shifted_left(x, y) | z,
    **{f"lshlrev_b{w}": (lambda by, x, w=w: shifted_left(x, by, w)) for w in (16, 32, 64)},
    **{f"lshrrev_b{w}": (lambda by, x, w=w: x >> by % w) for w in (16, 32, 64)},
    **{f"ashrrev_i{w}": (lambda by, x, w=w: x >> by % w) for w in (16, 32, 64)},
    "bfrev_b32": o.reversed_bits,
    "bfe_u32": lambda x, y, z: o.field(x, y, z & 31),
    "bfe_i32": lambda x, y, z: signed(o.field(x, y, z & 31), max(z & 31, 1)) if z & 31 else 0,
    "bfi_b32": lambda x, y, z: (x & y) | (~x & z),
    "bfm_b32": lambda x, y: ((1 << x % 32) - 1) << y % 32,
    "alignbit_b32": lambda x, y, z: ((x << 32) | y) >> z % 32,
    "alignbyte_b32": lambda x, y, z: ((x << 32) | y) >> z % 4 * 8,
    "perm_b32": o.permuted,
    "cndmask_b32": lambda x, y, m: y if m else x,
    "cndmask_b16": lambda x, y, m: y if m else x,
    "bcnt_u32_b32": lambda x, y: x.bit_count() + y,
    "mbcnt_lo_u32_b32": lambda x, y, lane: (x & ((1 << min(lane, 32)) - 1)).bit_count() + y,
    "mbcnt_hi_u32_b32": lambda x, y, lane: (x & ((1 << max(lane - 32, 0)) - 1)).bit_count() + y,
}


def compared() -> dict[str, Oracle]:
    """The comparisons, to a mask or to EXEC."""
    kinds = dict.fromkeys(("u16", "i16", "u32", "i32", "u64", "i64"), ("lt", "le", "eq", "ne", "gt", "ge"))
    floats = ("lt", "le", "eq", "gt", "ge", "lg", "o", "u", "nlt", "nle", "neq", "ngt", "nge", "nlg")
    names = [(n, k) for k, ns in (kinds | dict.fromkeys(("f16", "f32", "f64"), floats)).items() for n in ns]
    return {f"{op}_{n}_{k}": o.RELATIONS[n] for op in ("cmp", "cmpx") for n, k in names}


OTHERS = (float_oracles.FLOATS, float_oracles.CONVERSIONS, float_oracles.TRANSCENDENTAL)
TABLES = (FLOATS, CONVERSIONS, INTEGERS, BITS, compared(), TRANSCENDENTAL, *OTHERS)
VECTOR = {f"v_{n}": f for table in TABLES for n, f in table.items()}
