#!/bin/sh
# fma(a, b, -0.0) does not keep a product apart from the sum behind it; fma(a, b, 0.0) does, and loses the sign of zero.
#
# Expected: an fma is one operation with one rounding. Written with -0.0, which changes no product, it should be the way
#           to say "this product, rounded" where the compiler may contract products and sums.
# Happens:  LLVM knows that fma(a, b, -0.0) is a * b, makes the product of it, and contracts that with the addition: one
#           fma where the source has an fma and a sum. With +0.0, which makes +0.0 of a product -0.0, both stay.
# Versions: triton 3.7.1 for gfx950 and sm_90, by default; 3.6.0 and 3.9.0 likewise. Python 3.11; no GPU is needed.
# Seen:
#     triton 3.7.1, fma(a, b, -0.0) + c: gfx950 v_fmac_f32_e32             sm_90 fma.rn.f32
#     triton 3.7.1, fma(a, b, +0.0) + c: gfx950 v_add_f32_e32 v_fma_f32    sm_90 add.f32 fma.rn.f32
# Matters:  a kernel that must round between two ops, as eager torch does, needs a zero that the compiler does not know,
#           such as one that is read off an argument.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet triton==3.7.1
cat > "$dir/kernel.py" <<'PYTHON'
import re
import sys
import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget

GPUS = {"gfx950": GPUTarget("hip", "gfx950", 64), "sm_90": GPUTarget("cuda", 90, 32)}


@triton.jit
def rounded_product(a, b, c, out, ZERO: tl.constexpr):
    i = tl.arange(0, 256)
    zero = tl.full([256], ZERO, tl.int32).to(tl.float32, bitcast=True)
    tl.store(out + i, tl.fma(tl.load(a + i), tl.load(b + i), zero) + tl.load(c + i))


def instructions(zero, gpu):
    signature = dict.fromkeys(("a", "b", "c", "out"), "*fp32") | {"ZERO": "constexpr"}
    source = triton.compiler.ASTSource(rounded_product, signature, {"ZERO": zero})
    text = triton.compile(source, target=GPUS[gpu])
    text = text.asm["amdgcn" if gpu == "gfx950" else "ptx"]
    return " ".join(sorted(set(re.findall(r"\b(?:v_)?(?:fma|fmac|mul|add)[._](?:rn\.)?f32\w*", text))))


found = []
for sign, zero in {"-": -(2**31), "+": 0}.items():
    found.append([instructions(zero, gpu) for gpu in GPUS])
    print(f"triton {triton.__version__}, fma(a, b, {sign}0.0) + c: gfx950 {found[-1][0]:26} sm_90 {found[-1][1]}")
seen = [["v_fmac_f32_e32", "fma.rn.f32"], ["v_add_f32_e32 v_fma_f32", "add.f32 fma.rn.f32"]]
sys.exit(0 if found == seen else "the instructions have changed")
PYTHON
TRITON_CACHE_DIR="$dir/cache" "$dir/venv/bin/python" "$dir/kernel.py"
