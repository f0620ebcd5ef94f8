#!/bin/sh
# Triton's arithmetic keeps subnormal numbers on NVIDIA GPUs; the same kernel's libdevice functions, tl.exp2 and tl.rsqrt do not.
#
# Expected: one treatment of subnormal numbers in a kernel, torch's: tl.exp2(-127.0) and libdevice.exp2(-127.0) are
#           2^-127, libdevice.log1p(1e-40) is 1e-40.
# Happens:  sums and products are compiled without .ftz; libdevice is linked with its flag for flushing on, and exp2 and
#           rsqrt are the flushing approximations. So exp2 of less than -126 is 0, and a quant that divides by a scale of
#           2^-127, as one of zeros may have in MX formats, computes 0 / 0. tl.exp, in contrast, does not flush.
# Versions: triton 3.7.1 for sm_90; Python 3.11; no GPU is needed. On an H200 (triton 3.6.0, torch 2.11.0) exp2 differs
#           from torch.exp2 for 1703935 of all f32 numbers, each with a subnormal power, and for no other.
# Seen:
#     v * v + 1.0        0 instructions with .ftz
#     tl.exp(v)          0 instructions with .ftz
#     tl.exp2(v)         1 instructions with .ftz
#     tl.rsqrt(v)        1 instructions with .ftz
#     libdevice.exp2(v)  1 instructions with .ftz
#     libdevice.expm1(v) 10 instructions with .ftz
#     libdevice.log1p(v) 13 instructions with .ftz
#     libdevice.tanh(v)  9 instructions with .ftz
# Matters:  a kernel that must have torch's bits scales the exponent itself where a power may be subnormal.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet triton==3.7.1
cat > "$dir/kernel.py" <<'PYTHON'
import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.language.extra import libdevice


@triton.jit
def one(x, y):
    v = tl.load(x)
    tl.store(y, EXPRESSION)


source = triton.compiler.ASTSource(one, {"x": "*fp32", "y": "*fp32"})
print(triton.compile(source, target=GPUTarget("cuda", 90, 32)).asm["ptx"].count(".ftz"))
PYTHON
for expression in "v * v + 1.0" "tl.exp(v)" "tl.exp2(v)" "tl.rsqrt(v)" \
    "libdevice.exp2(v)" "libdevice.expm1(v)" "libdevice.log1p(v)" "libdevice.tanh(v)"; do
    sed "s/EXPRESSION/$expression/" "$dir/kernel.py" > "$dir/one.py"
    count=$(TRITON_CACHE_DIR="$dir/cache" "$dir/venv/bin/python" "$dir/one.py")
    printf '%-18s %s instructions with .ftz\n' "$expression" "$count"
    case "$expression" in
    "v *"* | "tl.exp("*) [ "$count" = 0 ] ;;
    *) [ "$count" != 0 ] ;;
    esac || { echo "what flushes has changed"; exit 1; }
done
