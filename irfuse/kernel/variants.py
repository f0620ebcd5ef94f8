"""What a kernel's text is on AMD's gfx942 and gfx950: the same numbers in fewer vector instructions.

Both GPUs multiply and add two f32 numbers in one instruction, which LLVM uses only where a vector is made of the
results. In the helpers ``quotient``, ``quarter`` and ``square_sum`` neighbours travel as one 64-bit word, and an
instruction written by hand works on both. LLVM does not look into such text: where a vector instruction reads what
exp, rcp or rsq has written, a wait must stand between them (``TransForwardingHazard`` in GCNHazardRecognizer.cpp), so
``s_nop`` is at the head of those that may follow one.

gfx942 has neither a rounding to bf16 nor a maximum that propagates NaN. There the largest magnitude is that of the bits
as integers, among which NaN is largest, and a rounding leaves out LLVM's test for NaN. Without it a NaN stays one if
its low 16 bits are zeros: so are those of a widened bf16 or f16 NaN, and of the one that arithmetic makes. Kernels that
read f32 tensors keep the test.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from functools import cache

from xdsl.dialects.builtin import Float32Type, TensorType

from irfuse.kernel.kernel import Kernel
from irfuse.kernel.text import HELPERS, helper, used_helpers

PACKED_F32 = ("gfx942", "gfx950")
"""The architectures of these texts."""
MANY_ROUNDINGS, LITTLE_TRAFFIC = 3, 5
"""Where gfx950 rounds to bf16 in place: from so many roundings on, in kernels without chunks, up to so many bytes that
move for a column. It takes registers; other kernels have too few of them, or memory as their limit without it.
"""


def _text(*lines: str) -> str:
    """Instructions as a string of a kernel's file; without backslashes, which Inductor's copy of a kernel may lose."""
    return '"""' + "\n\t".join(lines) + '"""'


def _instructions(arguments: str, constraints: str, *lines: str) -> str:
    """What follows the name of a helper that runs instructions on words."""
    run = f'{_text(*lines)}, "{constraints}", [{arguments}], dtype=tl.uint64, is_pure=True, pack=1'
    return f"({arguments}):\n    return tl.inline_asm_elementwise(\n        {run}\n    )"


_ADDED = {
    "low_of": "(x):\n    return x.to(tl.uint32).to(tl.float32, bitcast=True)",
    "word": """(low, high):
    low = low.to(tl.uint32, bitcast=True).to(tl.uint64)
    return low | (high.to(tl.uint32, bitcast=True).to(tl.uint64) << 32)""",
    "halves": "(x):\n    return tl.split(tl.reshape(x, x.shape[:-1] + (x.shape[-1] // 2, 2)))",
    "pairs": "(x):\n    low, high = halves(x)\n    return word(low, high)",
    "entries": "(x):\n    return tl.reshape(tl.join(low_of(x), low_of(x >> 32)), x.shape[:-1] + (x.shape[-1] * 2,))",
    "everywhere": """(x, number: tl.constexpr):
    narrow = tl.full((1,) * len(x.shape), number, tl.float32)
    return word(narrow, narrow)""",
    "pair_product": _instructions("x, y", "=v,v,s", "s_nop 0", "v_pk_mul_f32 $0, $1, $2"),
    "pair_quarter": _instructions("x, y", "=v,v,s", "s_nop 0", "v_pk_fma_f32 $0, $1, $2, $2"),
    "pair_products": _instructions(
        "x, terms",
        "=&v,v,v",
        "s_nop 0",
        "v_pk_mul_f32 $0, $1, $2 op_sel:[0,1]",
        "v_pk_fma_f32 $0, $1, $2, $0 op_sel_hi:[1,0,1]",
    ),
    "pair_squares": _instructions(
        "x, y", "=&v,v,v", "s_nop 0", "v_pk_mul_f32 $0, $1, $1", "v_pk_fma_f32 $0, $2, $2, $0"
    ),
    "pair_sum": _instructions("x, y", "=v,v,v", "v_pk_add_f32 $0, $1, $2"),
    "pair_times": _instructions("x, y", "=v,v,v", "s_nop 0", "v_pk_mul_f32 $0, $1, $2"),
    "times": """(a, b):
    if a.dtype == tl.float32 and b.dtype == tl.float32 and len(a.shape) > 0:
        if len(b.shape) == 0:
            if a.shape[-1] % 2 == 0:
                return entries(pair_times(pairs(a), word(b, b)))
        elif a.shape[-1] % 2 == 0 and b.shape[-1] == a.shape[-1]:
            return entries(pair_times(pairs(a), pairs(b)))
        elif a.shape[-1] % 2 == 0 and b.shape[-1] == 1:
            return entries(pair_times(pairs(a), word(b, b)))
    return a * b""",
    "in_place": f"""(x):
    if len(x.shape) == 0:
        return x.to(tl.bfloat16).to(tl.float32)
    text: tl.constexpr = {_text("s_nop 0", "v_cvt_pk_bf16_f32 $0, 0, $2", "v_cvt_pk_bf16_f32 $1, 0, $3")}
    return tl.inline_asm_elementwise(text, "=&v,=v,v,v", [x], dtype=tl.float32, is_pure=True, pack=2)""",
    "square_sum": """(x, axis: tl.constexpr):
    if x.dtype == tl.float32 and axis + 1 == len(x.shape) and x.shape[axis] % 16 == 0:
        one, other = halves(pairs(x))
        squares = pair_squares(one, other)
        for _ in tl.static_range(2):
            one, other = halves(squares)
            squares = pair_sum(one, other)
        return tl.sum(low_of(squares) + low_of(squares >> 32), axis, keep_dims=True)
    return tl.sum(x * x, axis, keep_dims=True)""",
    "to_bf16": """(x):
    bits = x.to(tl.uint32, bitcast=True)
    return ((bits + ((bits >> 16) & 1) + 32767) & 4294901760).to(tl.float32, bitcast=True)""",
}
"""More helpers: two neighbours of a tile as a word, and back, which is nothing in a lane's registers; instructions on
words; a rounding to the upper half of a register, the lower being zeros, which is the f32 number; the sum of squares,
of 16 neighbours, which a lane has, before that of the row; the rounding without a test.
"""

_QUOTIENT = HELPERS["quotient"].replace(
    "    return tl.fma(x, tl.where(infinite, 0.0, below), x * tl.where(infinite, 0.0, rest))",
    """    below = tl.where(infinite, 0.0, below)
    rest = tl.where(infinite, 0.0, rest)
    if len(x.shape) > 0 and len(d.shape) > 0:
        if x.shape[-1] % 2 == 0 and d.shape[-1] == 1:
            return entries(pair_products(pairs(x), word(below, rest)))
    return tl.fma(x, below, x * rest)""",
)
_QUARTER = """(x):
    if len(x.shape) > 0:
        if x.shape[-1] % 2 == 0:
            power = tl.exp2(entries(pair_product(pairs(x), everywhere(x, -1.4426950408889634))))
            return entries(pair_quarter(pairs(power), everywhere(x, 0.25)))
    return tl.fma(tl.exp2(x * -1.4426950408889634), 0.25, 0.25)"""

_ABS_MAX = """(a, b):
    a = a.to(tl.int32, bitcast=True)
    return tl.maximum(a, b.to(tl.int32, bitcast=True)).to(tl.float32, bitcast=True)"""

_SILU = """(x):
    part = x * 0.25
    if len(x.shape) > 0:
        part = times(x, tl.full((1,) * len(x.shape), 0.25, tl.float32))
    return times(part, libdevice.fast_dividef(1.0, quarter(x)))"""

_TEXTS = {
    "gfx942": {"quotient": _QUOTIENT, "abs_max": _ABS_MAX},
    "gfx950": {"quotient": _QUOTIENT, "quarter": _QUARTER},
}
"""The helpers that are others there. Packed exponents take registers, and memory binds on gfx942 without them."""

_ROUNDING = re.compile(r"^(    \w+ = )\((.*)\)\.to\(tl\.bfloat16\)\.to\(tl\.float32\)$", re.M)
_TIMES = r"times(\1, \2)"
_PRODUCT = re.compile(r"^([a-z]\w*) \* ([a-z]\w*)$")
_PRODUCT_LINE = re.compile(r"^(    \w+ = )([a-z]\w*) \* ([a-z]\w*)$", re.M)
_SQUARE = re.compile(r"^    (\w+) = (\w+) \* \2$", re.M)


@cache
def variant_for(kernel: Kernel, arch: str) -> Kernel:
    """The kernel as an architecture runs it, by another name where its text is another."""
    if arch not in PACKED_F32:
        return kernel
    source = kernel.source
    for name, text in _TEXTS[arch].items():
        source = source.replace(helper(name, HELPERS[name]), helper(name, text))
    source = _with_square_sums(source)
    if arch == "gfx950" and _rounds_often(kernel):
        source = _rounded_in_place(source)
    if arch == "gfx942" and not _reads_f32(kernel):
        source = _ROUNDING.sub(r"\1to_bf16(\2)", source)
    if source == kernel.source:
        return kernel
    imports, body = source.split("\n\n\n", 1)
    source = "\n\n\n".join([imports, *used_helpers(_ADDED, body), body])
    name = f"{kernel.name.rpartition('_')[0]}_{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    return replace(kernel, name=name, source=source.replace(kernel.name, name))


def _with_square_sums(source: str) -> str:
    """The text with ``square_sum`` where a sum is one of squares."""
    for square, x in _SQUARE.findall(source):
        source = re.sub(rf"tl\.sum\({square}, (\d+), keep_dims=True\)", rf"square_sum({x}, \1)", source)
    return source


def _rounded_in_place(source: str) -> str:
    """The text with roundings that need no unpacking, and with products in words, which LLVM then packs no more."""
    source = source.replace(helper("silu", HELPERS["silu"]), helper("silu", _SILU))
    source = _ROUNDING.sub(lambda line: f"{line[1]}in_place({_PRODUCT.sub(_TIMES, line[2])})", source)
    return _PRODUCT_LINE.sub(r"\1times(\2, \3)", source)


def _rounds_often(kernel: Kernel) -> bool:
    """Whether it is worth its registers to round in place; the name of a chunk ends in two numbers."""
    of_all = [start for start, _ in _ROUNDING.findall(kernel.source) if not re.search(r"_\d+_\d+ = $", start)]
    return len(of_all) >= MANY_ROUNDINGS and max(p.work.traffic for p in kernel.parts) <= LITTLE_TRAFFIC


def _reads_f32(kernel: Kernel) -> bool:
    """Whether an operand holds f32 numbers, whose NaNs may have any bits."""
    return any(isinstance(t, TensorType) and isinstance(t.element_type, Float32Type) for t in kernel.operand_types)
