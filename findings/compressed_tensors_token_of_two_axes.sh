#!/bin/sh
# compressed-tensors' strategy "token" gives rows without a batch one scale for the whole tensor.
#
# Expected: a scale for each token, whether the rows come as [tokens, columns] or as [1, tokens, columns].
# Happens:  of three axes the last is reduced; of two, none is left to reduce, and the extremes are those of all tokens, so
#           one large token takes the others' bits.
# Versions: compressed-tensors 0.20.1, torch 2.13.0, Python 3.11, on the CPU.
# Seen:
#     compressed-tensors 0.20.1 scales: [1, 4, 1] of [1, 4, 8], [1] of [4, 8]
# Matters:  layers that flatten tokens, as those of experts do, have other numbers than layers that do not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet compressed-tensors==0.20.1 torch==2.13.0 numpy
cat >"$folder/run.py" <<'PYTHON'
from importlib.metadata import version

import torch
from compressed_tensors.quantization import preset_name_to_scheme
from compressed_tensors.quantization.utils import compute_dynamic_scales_and_zp

args = preset_name_to_scheme("FP8_DYNAMIC", ["Linear"]).input_activations
rows = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
with_batch, without = (compute_dynamic_scales_and_zp(x, args, None)[0] for x in (rows[None], rows))
shapes = list(with_batch.shape), list(without.shape)
print(f"compressed-tensors {version('compressed-tensors')} scales: {shapes[0]} of [1, 4, 8], {shapes[1]} of [4, 8]")
assert shapes == ([1, 4, 1], [1])
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/run.py"
