"""Integer arithmetic on fields of words, for vectors and scalars alike: arrays of any shape, unsigned unless said.

Source: AMD, "RDNA3 Instruction Set Architecture" and "AMD Instinct MI300 Instruction Set Architecture", sections "VOP2
Instructions", "VOP3 Instructions", "SOP1 Instructions" and "SOP2 Instructions".
"""

from __future__ import annotations

import numpy as np

from irfuse.emulate.state import Array

u32, u64, i32, i64 = np.uint32, np.uint64, np.int32, np.int64


def shift_left(x: Array, by: Array) -> Array:
    """``x << by``; of the amount as many bits count as the width needs."""
    return x << (by.astype(x.dtype) & x.dtype.type(x.dtype.itemsize * 8 - 1))


def shift_right(x: Array, by: Array) -> Array:
    """``x >> by``, arithmetic for signed types; of the amount as many bits count as the width needs."""
    return x >> (by.astype(x.dtype) & x.dtype.type(x.dtype.itemsize * 8 - 1))


def high_half(x: Array, y: Array) -> Array:
    """The upper 32 bits of a product, of unsigned or of signed numbers."""
    wide = u64 if x.dtype == u32 else i64
    return ((x.astype(wide) * y.astype(wide)) >> wide(32)).astype(x.dtype)


def low24(x: Array) -> Array:
    """The lower 24 bits: sign-extended of signed numbers, also of those widened to clamp a result."""
    if x.dtype == u32:
        return x & u32(0xFFFFFF)
    return (x << x.dtype.type(x.dtype.itemsize * 8 - 24)) >> x.dtype.type(x.dtype.itemsize * 8 - 24)


def field(x: Array, offset: Array, width: Array) -> Array:
    """``width`` bits from bit ``offset`` on; sign-extended of signed numbers."""
    offset, width = offset.astype(u32) & u32(31), np.minimum(width.astype(u32), u32(32))
    bits = (x.astype(u32) >> offset).astype(u64) & ((u64(1) << width.astype(u64)) - u64(1))
    if x.dtype == u32:
        return bits.astype(u32)
    sign = np.where(width > 0, u64(1) << (np.maximum(width, u32(1)) - u32(1)).astype(u64), u64(0))
    return ((bits ^ sign) - sign).astype(u32).view(i32)


def bit_count(x: Array) -> Array:
    """The number of ones."""
    return np.bitwise_count(x).astype(u32)


def leading_zeros(x: Array) -> Array:
    """V_CLZ, S_FLBIT of u32 or u64: the zeros above the highest one; -1 of 0. As u32."""
    width = x.dtype.itemsize * 8
    for by in (1, 2, 4, 8, 16, 32):
        x = x | (x >> x.dtype.type(by) if by < width else x)
    zeros = width - np.bitwise_count(x).astype(i64)
    return np.where(x == 0, i64(-1), zeros).astype(u32)


def leading_signs(x: Array) -> Array:
    """V_CLS, S_FLBIT of i32 or i64: the bits at the top that equal the sign; -1 of 0 and -1. As u32."""
    return leading_zeros(np.where(x < 0, ~x, x).view(f"u{x.dtype.itemsize}"))


def trailing_zeros(x: Array) -> Array:
    """V_CTZ, S_FF1 of u32 or u64: the zeros below the lowest one; -1 of 0. As u32."""
    zeros = np.bitwise_count(~x & (x - x.dtype.type(1))).astype(i64)
    return np.where(x == 0, i64(-1), zeros).astype(u32)


def field64(x: Array, about: Array) -> Array:
    """S_BFE of u64 or i64: the bits from ``about[5:0]`` on, ``about[22:16]`` of them."""
    offset, width = (about & u32(63)).astype(u64), np.minimum(about >> u32(16) & u32(127), u32(64)).astype(u64)
    left = np.where(width > 0, u64(64) - width, u64(0))
    bits = np.where(width > 0, (x.astype(u64) >> offset) << left, u64(0)).view(x.dtype)
    return bits >> left.astype(x.dtype)


def reversed_bits(x: Array) -> Array:
    """The bits of 32 in opposite order."""
    octets = np.ascontiguousarray(x).view(np.uint8)
    flipped = np.packbits(np.unpackbits(octets), bitorder="little").reshape(octets.shape)
    return flipped.view(u32).byteswap()


def chosen_bytes(high: Array, low: Array, selector: Array) -> Array:
    """V_PERM_B32: by each byte of ``selector`` one of 8; from 8 on the sign of one of 4, by 12 zeros, else ones."""
    both = (high.astype(u64) << u64(32)) | low.astype(u64)
    result = np.zeros(np.broadcast_shapes(both.shape, selector.shape), u32)
    for place in range(4):
        code = ((selector >> u32(8 * place)) & u32(0xFF)).astype(u64)
        plain = (both >> (np.minimum(code, u64(7)) * u64(8))) & u64(0xFF)
        signs = (both >> (np.clip(code, u64(8), u64(11)) * u64(16) - u64(113))) & u64(1)
        byte = np.where(code < 8, plain, np.where(code < 12, signs * u64(255), np.where(code == 12, u64(0), u64(255))))
        result |= byte.astype(u32) << u32(8 * place)
    return result


def aligned(high: Array, low: Array, by: Array) -> Array:
    """V_ALIGNBIT_B32: 32 bits of the two words from bit ``by`` on."""
    return (((high.astype(u64) << u64(32)) | low.astype(u64)) >> (by & u32(31)).astype(u64)).astype(u32)


def sum_with_carry(x: Array, y: Array, carry: Array | int = 0) -> tuple[Array, Array]:
    """``x + y + carry`` of u32, and whether it carries out."""
    total = x.astype(i64) + y.astype(i64) + np.asarray(carry, i64)
    return total.astype(u32), total >> i64(32) != 0


def difference_with_borrow(x: Array, y: Array, borrow: Array | int = 0) -> tuple[Array, Array]:
    """``x - y - borrow`` of u32, and whether it borrows."""
    total = x.astype(i64) - y.astype(i64) - np.asarray(borrow, i64)
    return total.astype(u32), total < 0


def signed_result(total: Array) -> tuple[Array, Array]:
    """A sum of i32 in 64 bits as i32, and whether it overflows."""
    return total.astype(i32), total != total.astype(i32)


def multiply_add_wide(x: Array, y: Array, z: Array) -> tuple[Array, Array]:
    """V_MAD_U64_U32 and V_MAD_I64_I32: ``x * y + z`` in 64 bits, and whether unsigned it carries out of them."""
    product = x.astype(z.dtype) * y.astype(z.dtype)
    total = product + z
    return total, total < product


def ones_below(mask: Array, addend: Array, lane: Array, first: int) -> Array:
    """V_MBCNT: the ones of ``mask``, whose first bit is lane ``first``'s, for lanes below this one, and ``addend``."""
    below = np.clip(lane.astype(i64) - first, 0, 32).astype(u64)
    return bit_count(mask & ((u64(1) << below) - u64(1)).astype(u32)) + addend


def truth_table(x: Array, y: Array, z: Array, table: int) -> Array:
    """V_BITOP3: for each bit the entry of an 8-bit ``table`` that the bits of x, y and z, x the highest, number."""
    result: Array = np.zeros(np.broadcast_shapes(x.shape, y.shape, z.shape), x.dtype)
    for row in range(8):
        if table >> row & 1:
            result |= (x if row & 4 else ~x) & (y if row & 2 else ~y) & (z if row & 1 else ~z)
    return result
