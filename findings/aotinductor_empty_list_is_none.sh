#!/bin/sh
# A package of AOTInductor passes None to a custom op that was exported with an empty list.
#
# Expected: int[] is never None. The schema says so, eager torch passes [], and a list with a number in it arrives.
# Happens:  the loaded package calls the Python op with None in place of [], so what loops over the list raises an error
#           in the deployed model alone. SymInt[] is likewise.
# Versions: torch 2.13.0, Python 3.11, on the CPU, with g++.
# Seen:
#     torch 2.13.0: eager got [] and [7], the loaded package got None and [7]
# Matters:  the sizes that a fused op needs beside its tensors are such a list, and it is empty for every static graph.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet torch==2.13.0
cat > "$dir/lists.py" <<'PYTHON'
import sys
import torch

got = []
library = torch.library.Library("probe", "DEF")
library.define("sized(Tensor x, int[] sizes) -> Tensor")


@torch.library.impl(library, "sized", "CompositeExplicitAutograd")
def sized(x, sizes):
    got.append(sizes)
    return x + 1


torch.library.register_fake("probe::sized", lambda x, sizes: torch.empty_like(x), lib=library)


class Model(torch.nn.Module):
    def forward(self, x):
        return torch.ops.probe.sized(torch.ops.probe.sized(x * 2, []), [7]) * 3


x = (torch.ones(3),)
program = torch.export.export(Model(), x)
package = torch._inductor.aoti_load_package(torch._inductor.aoti_compile_and_package(program, package_path=sys.argv[1]))
got.clear()
Model()(*x)
package(*x)
version = torch.__version__.split("+")[0]
print(f"torch {version}: eager got {got[0]} and {got[1]}, the loaded package got {got[2]} and {got[3]}")
sys.exit(0 if got == [[], [7], None, [7]] else "the lists arrive otherwise now")
PYTHON
TORCHINDUCTOR_CACHE_DIR="$dir/cache" "$dir/venv/bin/python" -W ignore "$dir/lists.py" "$dir/model.pt2"
