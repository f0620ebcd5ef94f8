#!/bin/sh
# With cpp_wrapper=True a custom op gets another string than the graph holds.
#
# Expected: a string argument reaches the op as it is, whichever language the wrapper is generated in.
# Happens:  the characters are put between two quotes of a C++ program, whose compiler reads backslashes: \n becomes a
#           new line, \d becomes d. The op runs, and nothing is said.
# Versions: torch 2.13.0, Python 3.11, on the CPU, with g++.
# Seen:
#     torch 2.13.0: eager got 'rows\\n, \\d+', Python wrapper 'rows\\n, \\d+', C++ wrapper 'rows\n, d+'
# Matters:  a fused op may carry its body, a format or a pattern as text. Text that is printed code has backslashes as
#           soon as a string is in it; encoding it in letters and digits is the way around.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet torch==2.13.0
cat > "$dir/strings.py" <<'PYTHON'
import sys
import torch

got = []


@torch.library.custom_op("probe::labelled", mutates_args=())
def labelled(label: str, x: torch.Tensor) -> torch.Tensor:
    got.append(label)
    return x + 1


labelled.register_fake(lambda label, x: torch.empty_like(x))


def model(x):
    return labelled(r"rows\n, \d+", x * 2) * 3


for run in (model, torch.compile(model), torch.compile(model, options={"cpp_wrapper": True})):
    torch._dynamo.reset()
    run(torch.ones(3))
eager, python, cpp = got
version = torch.__version__.split("+")[0]
print(f"torch {version}: eager got {eager!r}, Python wrapper {python!r}, C++ wrapper {cpp!r}")
sys.exit(0 if eager == python and cpp == "rows\n, d+" else "the strings arrive otherwise now")
PYTHON
TORCHINDUCTOR_CACHE_DIR="$dir/cache" "$dir/venv/bin/python" -W ignore "$dir/strings.py"
