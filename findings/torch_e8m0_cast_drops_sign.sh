#!/bin/sh
# A cast to float8_e8m0fnu drops the sign, and makes NaN of what float8_e4m3fn would saturate.
#
# Expected: the format holds powers of two from 2**-127 to 2**127 and NaN. -2 is none of them and should be NaN, or the
#           smallest; 3.4e38 should be the largest, as for the other format of this release without an infinity.
# Happens:  -2 becomes 2 and 0 becomes 2**-127. 3.4e38 and infinity become NaN. The number is rounded to the nearest
#           power, from 1.5 on upwards: 1.49 becomes 1 and 1.5 becomes 2.
# Versions: torch 2.13.0, and 2.11.0 but for the last line likewise; Python 3.11, on the CPU.
# Seen:
#     torch 2.13.0
#     -2 -> 2,  0 -> 5.87747e-39,  1.49 -> 1,  1.5 -> 2,  3.4e+38 -> nan,  inf -> nan
#     3.4e+38 to float8_e4m3fn -> 448
# Matters:  a scale that some error made negative passes as a good one. A kernel that takes the bits of the exponent has
#           other scales than this cast, wherever the mantissa is 1.5 or more, and no NaN at the end of f32.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet torch==2.13.0
cat > "$dir/casts.py" <<'PYTHON'
import math
import sys
import torch

numbers = torch.tensor([-2.0, 0.0, 1.49, 1.5, 3.4e38, math.inf])
scales = numbers.to(torch.float8_e8m0fnu).float()
print("torch", torch.__version__.split("+")[0])
print(*(f"{x:g} -> {scale:g}" for x, scale in zip(numbers.tolist(), scales.tolist())), sep=",  ")
print(f"3.4e+38 to float8_e4m3fn -> {numbers[4].to(torch.float8_e4m3fn).item():g}")
same = scales[:4].tolist() == [2.0, 2.0**-127, 1.0, 2.0] and bool(scales[4:].isnan().all())
sys.exit(0 if same else "the cast has changed")
PYTHON
"$dir/venv/bin/python" -W ignore "$dir/casts.py"
