#!/bin/sh
# A product that the kernel rounds to bf16 is added without having been rounded.
#
# Expected: contraction takes a product and a sum next to it; between (x * y).to(tl.bfloat16) and an addition stands
#           a conversion, which keeps them apart.
# Happens:  everything is computed in f32 and rounded twice, so LLVM does both steps in bf16, where the rounding is part
#           of the product, and then contracts them: one fma.rn.bf16, and the first rounding is gone.
# Versions: triton 3.7.1 for sm_90, by default (enable_fp_fusion); 3.6.0 and 3.9.0 likewise. Python 3.11; no GPU is
#           needed. In 3.9.0 a warning says that the default will be the other one in 3.10.
# Seen:
#     triton 3.7.1, by default:             fma.rn.bf16
#     triton 3.7.1, enable_fp_fusion=False: add.rn.bf16 mul.rn.bf16
#     for x = y = 1.0078125 and z = -1.015625 the first gives 6.103515625e-05 and the second 0.0
# Matters:  the cast is how a fused kernel keeps the rounding of the op that it replaces. It is kept in every test that
#           looks at the source or at Triton's IR, and dropped or not by a setting that callers choose differently.
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
def product_and_sum(x, y, z, out):
    i = tl.arange(0, 256)
    product = (tl.load(x + i).to(tl.float32) * tl.load(y + i).to(tl.float32)).to(tl.bfloat16)
    tl.store(out + i, (product.to(tl.float32) + tl.load(z + i).to(tl.float32)).to(tl.bfloat16))


def instructions(**options):
    source = triton.compiler.ASTSource(product_and_sum, dict.fromkeys(("x", "y", "z", "out"), "*bf16"), {})
    text = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options).asm["ptx"]
    return sorted(set(re.findall(r"\b(?:fma|mul|add)(?:\.rn)?\.bf16", text)))


by_default, without = instructions(), instructions(enable_fp_fusion=False)
print(f"triton {triton.__version__}, by default:            ", *by_default)
print(f"triton {triton.__version__}, enable_fp_fusion=False:", *without)
x, z = 1.0078125, -1.015625
rounded = round(x * x * 2**7) / 2**7  # bf16 has 7 bits behind the point between 1 and 2
print(f"for x = y = {x} and z = {z} the first gives {x * x + z} and the second {rounded + z}")
kept = by_default != ["fma.rn.bf16"] or without != ["add.rn.bf16", "mul.rn.bf16"]
sys.exit("the instructions have changed" if kept else 0)
PYTHON
TRITON_CACHE_DIR="$dir/cache" "$dir/venv/bin/python" "$dir/kernel.py"
