#!/bin/sh
# bf16 rows times a number in a tensor: the result depends on which of the two stands first.
#
# Expected: a product does not care. By torch's promotion a tensor without axes does not widen the rows, so its number
#           is rounded to bf16 like any operand, or is taken as it is, like a Python number; but one of them.
# Happens:  as the second operand of mul and div it is taken as it is, as the first it is rounded to bf16. As either
#           operand of add, sub and maximum it is rounded. This is the CPU; it holds for numbers in f16, f32 and f64.
# Versions: torch 2.13.0, and 2.11.0 likewise; Python 3.11, on the CPU.
# Seen:
#     torch 2.13.0, bf16 rows of 1000 and 0.3333 in an f32 tensor; results that differ from those of a rounded 0.3333:
#     rows mul number 325, number mul rows 0
#     rows div number 496, number div rows 0
#     rows add number 0, number add rows 0
#     rows sub number 0, number sub rows 0
#     rows maximum number 0, number maximum rows 0
# Matters:  static scales are such tensors. A graph pass that exchanges factors, or a kernel that loads the scale as a
#           bf16 or as an f32 for both orders, is wrong in a third of the entries for one of them.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet torch==2.13.0
cat > "$dir/operands.py" <<'PYTHON'
import sys
import torch

rows = torch.randn(1000, generator=torch.Generator().manual_seed(0)).bfloat16()
found = {}
print(f"torch {torch.__version__.split('+')[0]}, bf16 rows of 1000 and 0.3333 in an f32 tensor; ", end="")
print("results that differ from those of a rounded 0.3333:")
for op in (torch.mul, torch.div, torch.add, torch.sub, torch.maximum):
    for dtype in (torch.float16, torch.float64, torch.float32):
        number = torch.tensor(0.3333, dtype=dtype)
        second = int((op(rows, number) != op(rows, number.bfloat16())).sum())
        first = int((op(number, rows) != op(number.bfloat16(), rows)).sum())
        found.setdefault(op.__name__, set()).add((second > 0, first > 0))
    print(f"rows {op.__name__} number {second}, number {op.__name__} rows {first}")
unrounded = dict.fromkeys(("mul", "div"), {(True, False)})
rounded = dict.fromkeys(("add", "sub", "maximum"), {(False, False)})
sys.exit(0 if found == unrounded | rounded else "the operands are converted otherwise now")
PYTHON
"$dir/venv/bin/python" -W ignore "$dir/operands.py"
