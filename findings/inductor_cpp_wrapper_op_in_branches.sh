#!/bin/sh
# With cpp_wrapper=True an op that returns a list of tensors cannot be called in both branches of torch.cond.
#
# Expected: what Inductor compiles with its wrapper in Python it compiles with the one in C++ too.
# Happens:  such an op is called through Python by way of an object that the wrapper declares where it is first needed,
#           once. That is inside the block of the first branch, and the second one names it out of its scope: the C++
#           compiler stops. In one branch alone, and outside of branches, the op runs.
# Versions: torch 2.13.0, Python 3.11, on the CPU, with g++.
# Seen:
#     torch 2.13.0, alone: eager's result in Python, eager's result in C++
#     torch 2.13.0, in_one_branch: eager's result in Python, eager's result in C++
#     torch 2.13.0, in_both_branches: eager's result in Python, error: 'custom_op_wrapper' was not declared in this scope in C++
# Matters:  a compiler that puts ops of its own into graphs must know which graph is a branch of which, as Inductor shows
#           a graph pass each of them by itself.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet torch==2.13.0 numpy
cat > "$dir/branches.py" <<'PYTHON'
import torch


@torch.library.custom_op("probe::parts", mutates_args=())
def parts(x: torch.Tensor) -> list[torch.Tensor]:
    return [x[:2] * 2, x[2:] * 3]


@parts.register_fake
def _(x):
    return [torch.empty_like(x[:2]), torch.empty_like(x[2:])]


def alone(x):
    first, second = parts(x)
    return first + second


def in_one_branch(x):
    return torch.cond(x.sum() > 0, alone, lambda x: x[:2] - x[2:], (x,))


def in_both_branches(x):
    return torch.cond(x.sum() > 0, alone, lambda x: alone(-x), (x,))


def told(function, in_cpp):
    torch._dynamo.reset()
    x = torch.ones(4)
    try:
        found = torch.compile(function, options={"cpp_wrapper": in_cpp})(x)
    except Exception as error:
        lines = [line for line in str(error).splitlines() if "error: " in line]
        plain = (lines or [str(error)])[0].partition("error: ")[2]
        return "error: " + plain.replace("\N{LEFT SINGLE QUOTATION MARK}", "'").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return "eager's result" if torch.equal(found, function(x)) else "another result"


found = []
with torch.no_grad():
    for function in (alone, in_one_branch, in_both_branches):
        found.append((told(function, False), told(function, True)))
        python, cpp = found[-1]
        version = torch.__version__.partition("+")[0]
        print(f"torch {version}, {function.__name__}: {python} in Python, {cpp} in C++")
right = ("eager's result", "eager's result")
assert found[:2] == [right, right], "an op outside of branches or in one of them is called otherwise now"
assert found[2][0] == right[0] and "'custom_op_wrapper' was not declared" in found[2][1], "both branches compile now"
PYTHON
TORCHINDUCTOR_CACHE_DIR="$dir/cache" "$dir/venv/bin/python" -W ignore "$dir/branches.py"
