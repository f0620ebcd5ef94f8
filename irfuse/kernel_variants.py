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

from irfuse.kernel_text import HELPERS, helper
from irfuse.lower_triton import Kernel

PACKED_F32 = ("gfx942", "gfx950")
"""The architectures of these texts."""

_WORDS = """@triton.jit
def word(low, high):
    low = low.to(tl.uint32, bitcast=True).to(tl.uint64)
    return low | (high.to(tl.uint32, bitcast=True).to(tl.uint64) << 32)


@triton.jit
def halves(x):
    return tl.split(tl.reshape(x, x.shape[:-1] + (x.shape[-1] // 2, 2)))


@triton.jit
def pairs(x):
    low, high = halves(x)
    return word(low, high)


@triton.jit
def low_of(x):
    return x.to(tl.uint32).to(tl.float32, bitcast=True)


@triton.jit
def entries(x):
    return tl.reshape(tl.join(low_of(x), low_of(x >> 32)), x.shape[:-1] + (x.shape[-1] * 2,))


@triton.jit
def everywhere(x, number: tl.constexpr):
    narrow = tl.full((1,) * len(x.shape), number, tl.float32)
    return word(narrow, narrow)
"""
"""Two neighbours of a tile as a word, and back. In a lane's registers all of it is nothing."""


def _instructions(name: str, arguments: str, constraints: str, *lines: str) -> str:
    """A helper that runs instructions on words."""
    text = "\\n\\t".join(lines)
    return f'''@triton.jit
def {name}({arguments}):
    return tl.inline_asm_elementwise(
        "{text}", "{constraints}", [{arguments}], dtype=tl.uint64, is_pure=True, pack=1
    )
'''


_INSTRUCTIONS = (
    _instructions("pair_product", "x, y", "=v,v,s", "s_nop 0", "v_pk_mul_f32 $0, $1, $2"),
    _instructions("pair_quarter", "x, y", "=v,v,s", "s_nop 0", "v_pk_fma_f32 $0, $1, $2, $2"),
    _instructions(
        "pair_products",
        "x, terms",
        "=&v,v,v",
        "s_nop 0",
        "v_pk_mul_f32 $0, $1, $2 op_sel:[0,1]",
        "v_pk_fma_f32 $0, $1, $2, $0 op_sel_hi:[1,0,1]",
    ),
    _instructions(
        "pair_squares", "x, y", "=&v,v,v", "s_nop 0", "v_pk_mul_f32 $0, $1, $1", "v_pk_fma_f32 $0, $2, $2, $0"
    ),
    _instructions("pair_sum", "x, y", "=v,v,v", "v_pk_add_f32 $0, $1, $2"),
)

_QUOTIENT = HELPERS["quotient"].replace(
    "    return tl.fma(x, tl.where(infinite, 0.0, below), x * tl.where(infinite, 0.0, rest))",
    """    below = tl.where(infinite, 0.0, below)
    rest = tl.where(infinite, 0.0, rest)
    if x.shape[-1] % 2 == 0 and d.shape[-1] == 1:
        return entries(pair_products(pairs(x), word(below, rest)))
    return tl.fma(x, below, x * rest)""",
)
_QUARTER = """(x):
    if x.shape[-1] % 2 == 0:
        power = tl.exp2(entries(pair_product(pairs(x), everywhere(x, -1.4426950408889634))))
        return entries(pair_quarter(pairs(power), everywhere(x, 0.25)))
    return tl.fma(tl.exp2(x * -1.4426950408889634), 0.25, 0.25)"""

_SQUARE_SUM = """@triton.jit
def square_sum(x, axis: tl.constexpr):
    if axis + 1 == len(x.shape) and x.shape[axis] % 16 == 0:
        one, other = halves(pairs(x))
        squares = pair_squares(one, other)
        for _ in tl.static_range(2):
            one, other = halves(squares)
            squares = pair_sum(one, other)
        return tl.sum(low_of(squares) + low_of(squares >> 32), axis, keep_dims=True)
    return tl.sum(x * x, axis, keep_dims=True)
"""
"""The sum of squares of 16 neighbours, which a lane has, and then that of a row."""

_ABS_MAX = """(a, b):
    a = a.to(tl.int32, bitcast=True)
    return tl.maximum(a, b.to(tl.int32, bitcast=True)).to(tl.float32, bitcast=True)"""

_TO_BF16 = """@triton.jit
def to_bf16(x):
    bits = x.to(tl.uint32, bitcast=True)
    return ((bits + ((bits >> 16) & 1) + 32767) & 4294901760).to(tl.float32, bitcast=True)
"""

_ROUNDING = re.compile(r"^(    \w+ = )\((.*)\)\.to\(tl\.bfloat16\)\.to\(tl\.float32\)$", re.M)
_SQUARE = re.compile(r"^    (\w+) = (\w+) \* \2$", re.M)


@cache
def variant_for(kernel: Kernel, arch: str) -> Kernel:
    """The kernel as an architecture runs it, by another name where its text is another."""
    if arch not in PACKED_F32:
        return kernel
    changed = {"quotient": _QUOTIENT, "quarter": _QUARTER} | ({"abs_max": _ABS_MAX} if arch == "gfx942" else {})
    source = kernel.source
    for name, text in changed.items():
        source = source.replace(helper(name, HELPERS[name]), helper(name, text))
    source = _with_square_sums(source)
    added = [_WORDS, *_INSTRUCTIONS, _SQUARE_SUM] if source != kernel.source else []
    if arch == "gfx942" and not _reads_f32(kernel):
        source, rounded = _ROUNDING.subn(r"\1to_bf16(\2)", source)
        added += [_TO_BF16] if rounded else []
    if source == kernel.source:
        return kernel
    imports, body = source.split("\n\n\n", 1)
    source = "\n\n\n".join([imports, *(text.rstrip("\n") for text in added), body])
    name = f"{kernel.name.rpartition('_')[0]}_{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    return replace(kernel, name=name, source=source.replace(kernel.name, name))


def _with_square_sums(source: str) -> str:
    """The text with ``square_sum`` where a sum is one of squares."""
    for square, x in _SQUARE.findall(source):
        source = re.sub(rf"tl\.sum\({square}, (\d+), keep_dims=True\)", rf"square_sum({x}, \1)", source)
    return source


def _reads_f32(kernel: Kernel) -> bool:
    """Whether an operand holds f32 numbers, whose NaNs may have any bits."""
    return any(isinstance(t, TensorType) and isinstance(t.element_type, Float32Type) for t in kernel.operand_types)
