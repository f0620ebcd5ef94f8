#!/bin/sh
# A cast from f64 to f16 or bf16 rounds twice, to f32 on the way.
#
# Expected: one rounding to nearest, as for f32 -> bf16, and as numpy does it.
# Happens:  a number just above the middle between two f16 or bf16 numbers is first rounded to the middle, which is an
#           f32, and then to the even neighbour below. So too for the Python number of torch.full.
# Versions: torch 2.13.0, and 2.11.0 likewise, with numpy 2.4.6; Python 3.11, on the CPU.
# Seen:
#     torch 2.13.0: 1.0004882812509 in an f64 tensor is 1.0 as f16 and 1.0009765625 by numpy
#     torch 2.13.0: 1.0039062500009 in an f64 tensor is 1.0 as bf16, in torch.full too; nearer is 1.0078125
# Matters:  a compiler that folds constants in double precision, or writes the nearest bf16 number of an eps, a scale or
#           1 / n into a kernel, is nearer to the truth than eager torch and differs from it.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cat > "$dir/casts.py" <<'PYTHON'
import sys
import numpy as np
import torch

half, brain = 1 + 2**-11 + 2**-40, 1 + 2**-8 + 2**-40
to_half, by_numpy = torch.tensor(half, dtype=torch.float64).half().item(), float(np.float64(half).astype(np.float16))
to_brain = torch.tensor(brain, dtype=torch.float64).bfloat16().item()
filled = torch.full([], brain, dtype=torch.bfloat16).item()
version = f"torch {torch.__version__.split('+')[0]}"
print(f"{version}: {half:.13f} in an f64 tensor is {to_half} as f16 and {by_numpy} by numpy")
print(f"{version}: {brain:.13f} in an f64 tensor is {to_brain} as bf16, in torch.full too; nearer is {1 + 2**-7}")
sys.exit(0 if (to_half, by_numpy, to_brain, filled) == (1.0, 1 + 2**-10, 1.0, 1.0) else "the casts have changed")
PYTHON
"$dir/venv/bin/python" -W ignore "$dir/casts.py"
