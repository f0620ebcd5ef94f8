#!/bin/sh
# Inductor rounds a Python number to bf16 before it multiplies bf16 rows by it, where it is asked for eager's numbers.
#
# Expected: with emulate_precision_casts, or numerics="strict", compiled code rounds as eager torch does, which multiplies
#           bf16 rows by the number as an f32 and rounds the product.
# Happens:  the number is rounded to bf16 first. Without either option no entry of this product differs.
# Versions: torch 2.15.0, Python 3.11, on the CPU, with g++. 2.13.0 and 2.14.1: none differ.
# Seen:
#     torch 2.15.0, {}: 0 of 4096 entries of x * 1.1 differ from eager
#     torch 2.15.0, {'emulate_precision_casts': True}: 1056 of 4096 entries of x * 1.1 differ from eager
#     torch 2.15.0, {'numerics': 'strict'}: 1056 of 4096 entries of x * 1.1 differ from eager
# Matters:  the options that are to keep eager's roundings add one that eager has not; a test of numbers that turns them
#           on finds a difference that is none of its own.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet torch==2.15.0 numpy
cat > "$dir/number.py" <<'PYTHON'
import torch


def product(x):
    return x * 1.1


x = torch.linspace(-4, 4, 4096).bfloat16()
rounded = x * torch.tensor(1.1).bfloat16()
found = []
with torch.no_grad():
    for options in ({}, {"emulate_precision_casts": True}, {"numerics": "strict"}):
        torch._dynamo.reset()
        compiled = torch.compile(product, options=options)(x)
        found.append((int((compiled != product(x)).sum()), torch.equal(compiled, rounded)))
        version = torch.__version__.partition("+")[0]
        print(f"torch {version}, {options}: {found[-1][0]} of {x.numel()} entries of x * 1.1 differ from eager")
assert found[0] == (0, False), "the product without options differs now"
assert all(count > 0 and same for count, same in found[1:]), "the number is taken as it is now"
PYTHON
TORCHINDUCTOR_CACHE_DIR="$dir/cache" "$dir/venv/bin/python" -W ignore "$dir/number.py"
