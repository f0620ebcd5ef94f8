#!/bin/sh
# A kernel that says -0.0 gets +0.0.
#
# Expected: the constant -0.0 is -0.0, the one number that changes no other when it is added.
# Happens:  the compiler's own text of the kernel holds +0.0 for it, both in tl.full and beside a tensor.
# Versions: triton 3.7.1, 3.6.0 and 3.8.0 likewise; 3.9.0 keeps the sign. Python 3.11; no GPU is needed.
# Seen:
#     triton 3.7.1: tl.full([8], -0.0) and x + -0.0 are made of: dense<0.000000e+00>
# Matters:  x + -0.0 and fma(a, b, -0.0) are exact for zeros of both signs, x + 0.0 makes +0.0 of -0.0. Whoever fuses by
#           adding a neutral element, or pads a sum with it, gets another bit than the ops that were replaced.
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


@triton.jit
def zeros(x, sums, filled):
    i = tl.arange(0, 8)
    tl.store(sums + i, tl.load(x + i) + -0.0)
    tl.store(filled + i, tl.full([8], -0.0, tl.float32))


source = triton.compiler.ASTSource(zeros, dict.fromkeys(("x", "sums", "filled"), "*fp32"), {})
text = triton.compile(source, target=GPUTarget("cuda", 90, 32)).asm["ttir"]
found = sorted(set(re.findall(r"dense<-?0\.0\S*>", text)))
print(f"triton {triton.__version__}: tl.full([8], -0.0) and x + -0.0 are made of:", *found)
sys.exit(0 if found == ["dense<0.000000e+00>"] else "the sign is kept now")
PYTHON
TRITON_CACHE_DIR="$dir/cache" "$dir/venv/bin/python" "$dir/kernel.py"
