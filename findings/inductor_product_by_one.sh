#!/bin/sh
# Inductor returns one tensor for two: y, and y * 1.
#
# Expected: a product is a tensor of its own, as in eager torch, also where its factor is 1; a write to one of two results
#           leaves the other alone.
# Happens:  the product is dropped from the graph and y is returned twice, so a write to the first changes the second.
# Versions: torch 2.15.0, Python 3.11, on the CPU, with g++. 2.14.1 likewise; 2.13.0 returns two.
# Seen:
#     2.15.0 eager: two tensors; compiled by Inductor: one tensor
# Matters:  who compares what a compiler returns with eager torch, memory included, finds this without having caused it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.15.0 numpy
cat >"$folder/run.py" <<'PYTHON'
import torch


def twice(x):
    y = torch.sin(x)
    return y, y * 1


def told(run):
    first, second = run(torch.ones(64))
    before = second.clone()
    first.add_(1)
    return "two tensors" if torch.equal(before, second) else "one tensor"


with torch.no_grad():
    eager, compiled = told(twice), told(torch.compile(twice))
print(f"{torch.__version__.partition('+')[0]} eager: {eager}; compiled by Inductor: {compiled}")
assert (eager, compiled) == ("two tensors", "one tensor")
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/run.py"
