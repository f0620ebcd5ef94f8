#!/bin/sh
# On a GPU without the fnuz formats the NaN of an fp8 tensor is read as -0.0.
#
# Expected: widening fp8e4b8 or fp8e5b16 to f32, which Triton takes on gfx950 too, makes NaN of the code 0x80, the only
#           NaN that these formats have. gfx942, which has the formats, does.
# Happens:  gfx950 converts them by integer instructions, which take the bits apart as those of any other number, so
#           0x80 is a minus sign and a zero. LLVM computes the constant, so the stored number stands in the code.
# Versions: triton 3.7.1 for gfx950, and 3.8.0 likewise; 3.9.0 stores NaN. Python 3.11; no GPU is needed.
# Seen:
#     triton 3.7.1: 0x80 of fp8e4b8 on gfx950 is float -0.000000e+00
#     triton 3.7.1: 0x80 of fp8e5b16 on gfx950 is float -0.000000e+00
#     triton 3.7.1: 0x7f of fp8e4nv on gfx942 is float 0x7FF8000000000000
#           The last one is the other way round, and a NaN: gfx942 lacks fp8e4nv.
# Matters:  a checkpoint quantised for MI300 holds these codes where something overflowed. A fused dequantise-and-norm
#           makes plausible rows of them on MI355, and NaN with torch or on the GPU they were made for.
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
def widen(out, CODE: tl.constexpr, FP8: tl.constexpr):
    codes = tl.full([256], CODE, tl.uint8).to(FP8, bitcast=True)
    tl.store(out + tl.arange(0, 256), codes.to(tl.float32))


found = []
for code, fp8, gpu in (0x80, "fp8e4b8", "gfx950"), (0x80, "fp8e5b16", "gfx950"), (0x7F, "fp8e4nv", "gfx942"):
    constants = {"CODE": code, "FP8": tl.dtype(fp8)}
    source = triton.compiler.ASTSource(widen, {"out": "*fp32", "CODE": "constexpr", "FP8": "constexpr"}, constants)
    text = triton.compile(source, target=GPUTarget("hip", gpu, 64)).asm["llir"]
    found += set(re.findall(r"store\S*\((float \S+),", text))
    print(f"triton {triton.__version__}: {code:#x} of {fp8} on {gpu} is {found[-1]}")
zero, nan = "float -0.000000e+00", "float 0x7FF8000000000000"
sys.exit(0 if found == [zero, zero, nan] else "the numbers have changed")
PYTHON
TRITON_CACHE_DIR="$dir/cache" "$dir/venv/bin/python" "$dir/kernel.py"
