#!/bin/sh
# A denormal constant turns an f32 kernel into an f64 one.
#
# Expected: beside an f32 tensor a Python number is an f32, as 1e-30 is; at worst 1e-40 is flushed to zero.
# Happens:  below 2**-126 the number is an f64 and takes the tensor along: tl.maximum(x, 1e-40) widens
#           x, compares in f64 and rounds. x + 1e-40 and tl.where(c, x, 1e-40) do not, but tl.where(c, 1.0, 1e-40) does.
# Versions: triton 3.7.1, 3.6.0 and 3.8.0 likewise; 3.9.0 has f32 for tl.maximum and still f64 for the tl.where of two
#           numbers. Python 3.11; no GPU is needed.
# Seen:
#     triton 3.7.1: max(x, 1e-30)   arith.maxnumf tensor<8xf32>
#     triton 3.7.1: max(x, 1e-40)   arith.maxnumf tensor<8xf64>
#     triton 3.7.1: x * where(...)  arith.mulf tensor<8xf64>
# Matters:  an eps, a floor under a scale or a number that a graph folded may be denormal. The kernel then multiplies at
#           the rate of f64, and its products are rounded from f64, which is not what the f32 op of the graph does.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet triton==3.7.1
cat > "$dir/kernels.py" <<'PYTHON'
import re
import sys
import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget


@triton.jit
def normal(x, y):
    i = tl.arange(0, 8)
    tl.store(y + i, tl.maximum(tl.load(x + i), 1e-30))


@triton.jit
def denormal(x, y):
    i = tl.arange(0, 8)
    tl.store(y + i, tl.maximum(tl.load(x + i), 1e-40))


@triton.jit
def chosen(x, y):
    i = tl.arange(0, 8)
    v = tl.load(x + i)
    tl.store(y + i, v * tl.where(v > 1.0, 1.0, 1e-40))


found = []
for label, kernel in {"max(x, 1e-30)": normal, "max(x, 1e-40)": denormal, "x * where(...)": chosen}.items():
    source = triton.compiler.ASTSource(kernel, {"x": "*fp32", "y": "*fp32"}, {})
    text = triton.compile(source, target=GPUTarget("cuda", 90, 32)).asm["ttir"]
    found += [" ".join(match) for match in re.findall(r"(arith\.(?:maxnumf|mulf)) .* : (\S+)", text)]
    print(f"triton {triton.__version__}: {label:15} {found[-1]}")
wide = ["arith.maxnumf tensor<8xf32>", "arith.maxnumf tensor<8xf64>", "arith.mulf tensor<8xf64>"]
sys.exit(0 if found == wide else "the types have changed")
PYTHON
TRITON_CACHE_DIR="$dir/cache" "$dir/venv/bin/python" "$dir/kernels.py"
