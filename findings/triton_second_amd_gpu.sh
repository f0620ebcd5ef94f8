#!/bin/sh
# The second AMD GPU that a process compiles for gets code that was meant for the first.
#
# Expected: triton.compile takes the target as an argument, so what comes out depends on it and on the source.
# Happens:  something is kept of the first AMD architecture. After gfx942 a cast to fp8 for gfx950 has no conversion of
#           the hardware in it, but some thirty integer instructions for an entry; after gfx950 the link of a kernel for
#           gfx942 fails. Nothing is said in the first case.
# Versions: triton 3.6.0; in 3.7.1 all three lines are right. Python 3.11; no GPU is needed.
# Seen:
#     triton 3.6.0, gfx950: 52 vector instructions, 8 of them convert to fp8
#     triton 3.6.0, gfx942 then gfx950: 514 vector instructions, 0 of them convert to fp8
#     triton 3.6.0, gfx950 then gfx942: RuntimeError: LLD failed to link
# Matters:  whoever looks at kernels for several GPUs on a machine without any, to choose launch configurations or in a
#           test, compares the wrong code and finds it slow; each architecture needs a process of its own.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet triton==3.6.0
cat > "$dir/kernel.py" <<'PYTHON'
import sys
import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget


@triton.jit
def to_fp8(x, out):
    i = tl.arange(0, 1024)
    tl.store(out + i, tl.load(x + i).to(tl.float32).to(tl.float8e4nv))


said = ""
for gpu in sys.argv[1:]:
    source = triton.compiler.ASTSource(to_fp8, {"x": "*bf16", "out": "*fp8e4nv"}, {})
    try:
        text = triton.compile(source, target=GPUTarget("hip", gpu, 64), options={"num_warps": 1}).asm["amdgcn"]
    except RuntimeError as error:
        said = f"RuntimeError: {' '.join(str(error).split()[:4])}"
        continue
    names = [line.split()[0] for line in text.splitlines() if line.startswith("\tv_")]
    said = f"{len(names)} vector instructions, {sum('pk_fp8' in name for name in names)} of them convert to fp8"
print(f"triton {triton.__version__}, {' then '.join(sys.argv[1:])}: {said}")
PYTHON
compile() {
    TRITON_CACHE_DIR=$(mktemp -d "$dir/cache.XXXX") "$dir/venv/bin/python" "$dir/kernel.py" "$@" 2> "$dir/errors"
}
compile gfx950 | tee "$dir/alone"
compile gfx942 gfx950 | tee "$dir/second"
compile gfx950 gfx942 | tee "$dir/other"
grep -q " 8 of them convert" "$dir/alone"
grep -q " 0 of them convert" "$dir/second"
grep -q "LLD failed to link" "$dir/other"
