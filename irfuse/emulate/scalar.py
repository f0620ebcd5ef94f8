"""Scalar ALU instructions: one number for each wave, and the condition code SCC.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture", "RDNA3 Instruction Set Architecture" and "RDNA4
Instruction Set Architecture", sections "SOP1", "SOP2", "SOPC" and "SOPK Instructions".
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from irfuse.emulate import arithmetic as a
from irfuse.emulate import integers as n
from irfuse.emulate.conversions import to_integer
from irfuse.emulate.state import Array
from irfuse.emulate.tables import Meaning, meaning, renamed
from irfuse.emulate.vector_compare import FLOATS

f32, u32, u64, i32, i64 = np.float32, np.uint32, np.uint64, np.int32, np.int64


def _tested(compute: Callable[..., Array]) -> Callable[..., tuple[Array, Array]]:
    """A result, and in SCC whether it is not 0."""

    def with_scc(*values: Array) -> tuple[Array, Array]:
        result = compute(*values)
        return result, result != 0

    return with_scc


def _and_defined(x: Array, y: Array, xd: Array, yd: Array) -> Array:
    return (xd & yd) | (xd & ~x) | (yd & ~y)


def _or_defined(x: Array, y: Array, xd: Array, yd: Array) -> Array:
    return (xd & yd) | (xd & x) | (yd & y)


BITWISE: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "and": (lambda x, y: x & y, _and_defined),
    "or": (lambda x, y: x | y, _or_defined),
    "xor": (lambda x, y: x ^ y, lambda x, y, xd, yd: xd & yd),
    "andn2": (lambda x, y: x & ~y, lambda x, y, xd, yd: _and_defined(x, ~y, xd, yd)),
    "orn2": (lambda x, y: x | ~y, lambda x, y, xd, yd: _or_defined(x, ~y, xd, yd)),
    "nand": (lambda x, y: ~(x & y), _and_defined),
    "nor": (lambda x, y: ~(x | y), _or_defined),
    "xnor": (lambda x, y: ~(x ^ y), lambda x, y, xd, yd: xd & yd),
}
"""Functions of bits; of the result a bit is defined if no other value of the undefined bits would change it."""
SHORT = {"and_not1": "andn2", "or_not1": "orn2"}
"""Names of GFX11 and later."""


def _bits() -> dict[str, Meaning]:
    table: dict[str, Meaning] = {}
    for name in (*BITWISE, *SHORT):
        compute, defined = BITWISE[SHORT.get(name, name)]
        for width in (32, 64):
            kind = f"u{width}"
            table[f"s_{name}_b{width}"] = meaning(f"{kind} scc = {kind} {kind}", _tested(compute), defined)
            table[f"s_{name}_saveexec_b{width}"] = meaning(f"saved{width} scc = {kind}", _tested(compute), defined)
    for width in (32, 64):
        kind = f"u{width}"
        table |= {
            f"s_mov_b{width}": meaning(f"{kind} = {kind}", lambda x: x, lambda x, xd: xd),
            f"s_not_b{width}": meaning(f"{kind} scc = {kind}", _tested(np.invert), lambda x, xd: xd),
            f"s_cselect_b{width}": meaning(
                f"{kind} = {kind} {kind} scc",
                lambda x, y, scc: np.where(scc, x, y),
                lambda x, y, scc, xd, yd, sd: np.where(sd, np.where(scc, xd, yd), 0),
            ),
            f"s_lshl_b{width}": meaning(f"{kind} scc = {kind} u32", _tested(n.shift_left)),
            f"s_lshr_b{width}": meaning(f"{kind} scc = {kind} u32", _tested(n.shift_right)),
            f"s_ashr_i{width}": meaning(f"i{width} scc = i{width} u32", _tested(n.shift_right)),
        }
    return table


def _lower_half(x: Array) -> Array:
    return x.astype(np.uint16).view(np.float16).astype(f32)


def _product(x: Array, y: Array) -> Array:
    return x * y


ARITHMETIC: dict[str, Meaning] = {
    "s_add_u32": meaning("u32 scc = u32 u32", n.sum_with_carry),
    "s_addc_u32": meaning("u32 scc = u32 u32 scc", n.sum_with_carry),
    "s_sub_u32": meaning("u32 scc = u32 u32", n.difference_with_borrow),
    "s_subb_u32": meaning("u32 scc = u32 u32 scc", n.difference_with_borrow),
    "s_add_i32": meaning("i32 scc = i32 i32", lambda x, y: n.signed_result(x.astype(i64) + y)),
    "s_sub_i32": meaning("i32 scc = i32 i32", lambda x, y: n.signed_result(x.astype(i64) - y)),
    "s_addk_i32": meaning("i32 scc = =i32 k16", lambda x, y: n.signed_result(x.astype(i64) + y)),
    "s_mulk_i32": meaning("i32 = =i32 k16", _product),
    "s_movk_i32": meaning("i32 = k16", lambda x: x),
    "s_mul_i32": meaning("u32 = u32 u32", _product),
    "s_mul_hi_u32": meaning("u32 = u32 u32", n.high_half),
    "s_mul_hi_i32": meaning("i32 = i32 i32", n.high_half),
    "s_mul_u64": meaning("u64 = u64 u64", _product, low_alone=True),
    "s_add_nc_u64": meaning("u64 = u64 u64", lambda x, y: x + y, low_alone=True),
    "s_sub_nc_u64": meaning("u64 = u64 u64", lambda x, y: x - y, low_alone=True),
    **{
        f"s_lshl{by}_add_u32": meaning(
            "u32 scc = u32 u32", lambda x, y, by=by: n.sum_with_carry(x.astype(u64) << u64(by), y)
        )
        for by in (1, 2, 3, 4)
    },
    "s_min_i32": meaning("i32 scc = i32 i32", lambda x, y: (np.minimum(x, y), x < y)),
    "s_min_u32": meaning("u32 scc = u32 u32", lambda x, y: (np.minimum(x, y), x < y)),
    "s_max_i32": meaning("i32 scc = i32 i32", lambda x, y: (np.maximum(x, y), x >= y)),
    "s_max_u32": meaning("u32 scc = u32 u32", lambda x, y: (np.maximum(x, y), x >= y)),
    "s_abs_i32": meaning("i32 scc = i32", _tested(np.abs)),
    "s_sext_i32_i8": meaning("i32 = u32", lambda x: x.astype(np.int8).astype(i32)),
    "s_sext_i32_i16": meaning("i32 = u32", lambda x: x.astype(np.int16).astype(i32)),
    "s_brev_b32": meaning("u32 = u32", n.reversed_bits),
    "s_bcnt1_i32_b32": meaning("u32 scc = u32", _tested(n.bit_count)),
    "s_bcnt1_i32_b64": meaning("u32 scc = u64", _tested(n.bit_count)),
    **{
        f"s_{name}_{kind}": meaning(f"u32 = {source}", count)
        for name, kind, source, count in (
            ("flbit", "i32_b32", "u32", n.leading_zeros),
            ("flbit", "i32_b64", "u64", n.leading_zeros),
            ("flbit", "i32", "i32", n.leading_signs),
            ("flbit", "i32_i64", "i64", n.leading_signs),
            ("ff1", "i32_b32", "u32", n.trailing_zeros),
            ("ff1", "i32_b64", "u64", n.trailing_zeros),
        )
    },
    **{f"s_bfe_{kind}": meaning(f"{kind} scc = {kind} u32", _tested(n.field64)) for kind in ("u64", "i64")},
    "s_bitset0_b32": meaning("u32 = =u32 u32", lambda old, at: old & ~n.shift_left(u32(1) + 0 * at, at)),
    "s_bitset1_b32": meaning("u32 = =u32 u32", lambda old, at: old | n.shift_left(u32(1) + 0 * at, at)),
    "s_bfe_u32": meaning("u32 scc = u32 u32", _tested(lambda x, y: n.field(x, y, y >> u32(16) & u32(127)))),
    "s_bfe_i32": meaning("i32 scc = i32 u32", _tested(lambda x, y: n.field(x, y, y >> u32(16) & u32(127)))),
    "s_bfm_b32": meaning("u32 = u32 u32", lambda x, y: n.shift_left(n.shift_left(u32(1) + 0 * x, x) - u32(1), y)),
    "s_bitcmp0_b32": meaning("scc = u32 u32", lambda x, y: n.shift_right(x, y) & u32(1) == 0),
    "s_bitcmp1_b32": meaning("scc = u32 u32", lambda x, y: n.shift_right(x, y) & u32(1) == 1),
    "s_pack_ll_b32_b16": meaning("u32 = u32 u32", lambda x, y: (x & u32(0xFFFF)) | (y << u32(16))),
    "s_pack_lh_b32_b16": meaning("u32 = u32 u32", lambda x, y: (x & u32(0xFFFF)) | (y & u32(0xFFFF0000))),
    "s_pack_hl_b32_b16": meaning("u32 = u32 u32", lambda x, y: (x >> u32(16)) | (y << u32(16))),
    "s_pack_hh_b32_b16": meaning("u32 = u32 u32", lambda x, y: (x >> u32(16)) | (y & u32(0xFFFF0000))),
}

RELATIONS = {
    "eq": np.equal,
    "lg": np.not_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "lt": np.less,
    "le": np.less_equal,
}
COMPARISONS: dict[str, Meaning] = {
    **{f"s_cmp_{name}_{k}": meaning(f"scc = {k} {k}", r) for name, r in RELATIONS.items() for k in ("i32", "u32")},
    **{f"s_cmpk_{name}_i32": meaning("scc = i32 k16", r) for name, r in RELATIONS.items()},
    **{f"s_cmpk_{name}_u32": meaning("scc = u32 ku16", r) for name, r in RELATIONS.items()},
    **{f"s_cmp_{name}_u64": meaning("scc = u64 u64", RELATIONS[name]) for name in ("eq", "lg")},
    **{f"s_cmp_{name}_f32": meaning("scc = f32 f32", r) for name, r in FLOATS.items()},
}

FLOAT: dict[str, Meaning] = {
    "s_add_f32": meaning("f32 = f32 f32", np.add),
    "s_sub_f32": meaning("f32 = f32 f32", np.subtract),
    "s_mul_f32": meaning("f32 = f32 f32", np.multiply),
    "s_fmac_f32": meaning("f32 = f32 f32 =f32", a.fma),
    "s_fmaak_f32": meaning("f32 = f32 f32 f32", a.fma),
    "s_fmamk_f32": meaning("f32 = f32 f32 f32", a.fma),
    "s_max_f32": meaning("f32 = f32 f32", a.maximum_ieee),
    "s_min_f32": meaning("f32 = f32 f32", a.minimum_ieee),
    "s_max_num_f32": meaning("f32 = f32 f32", a.maximum_number),
    "s_min_num_f32": meaning("f32 = f32 f32", a.minimum_number),
    "s_maximum_f32": meaning("f32 = f32 f32", a.maximum),
    "s_minimum_f32": meaning("f32 = f32 f32", a.minimum),
    "s_floor_f32": meaning("f32 = f32", np.floor),
    "s_ceil_f32": meaning("f32 = f32", np.ceil),
    "s_trunc_f32": meaning("f32 = f32", np.trunc),
    "s_rndne_f32": meaning("f32 = f32", np.rint),
    "s_cvt_f32_i32": meaning("f32 = i32", lambda x: x.astype(f32)),
    "s_cvt_f32_u32": meaning("f32 = u32", lambda x: x.astype(f32)),
    "s_cvt_i32_f32": meaning("i32 = f32", to_integer(i32)),
    "s_cvt_u32_f32": meaning("u32 = f32", to_integer(u32)),
    "s_cvt_f32_f16": meaning("f32 = u32", _lower_half),
    "s_cvt_hi_f32_f16": meaning("f32 = u32", lambda x: _lower_half(x >> u32(16))),
    "v_s_exp_f32": meaning("f32 = f32", a.exp2),
    "v_s_log_f32": meaning("f32 = f32", a.log2),
    "v_s_rcp_f32": meaning("f32 = f32", a.reciprocal),
    "v_s_rsq_f32": meaning("f32 = f32", a.reciprocal_root),
    "v_s_sqrt_f32": meaning("f32 = f32", a.root),
}

RENAMED = renamed(
    ARITHMETIC,
    s_add_co_u32="s_add_u32",
    s_add_co_ci_u32="s_addc_u32",
    s_sub_co_u32="s_sub_u32",
    s_sub_co_ci_u32="s_subb_u32",
    s_add_co_i32="s_add_i32",
    s_sub_co_i32="s_sub_i32",
    s_addk_co_i32="s_addk_i32",
    s_add_u64="s_add_nc_u64",
    s_sub_u64="s_sub_nc_u64",
    s_clz_i32_u32="s_flbit_i32_b32",
    s_clz_i32_u64="s_flbit_i32_b64",
    s_cls_i32="s_flbit_i32",
    s_cls_i32_i64="s_flbit_i32_i64",
    s_ctz_i32_b32="s_ff1_i32_b32",
    s_ctz_i32_b64="s_ff1_i32_b64",
)
SCALAR: dict[str, Meaning] = {**_bits(), **ARITHMETIC, **COMPARISONS, **FLOAT, **RENAMED}
"""Every scalar instruction that computes. ``saved32`` and ``saved64`` of results is EXEC, which is also a source; the
operand gets what it was before."""
