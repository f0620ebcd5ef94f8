"""How many of all f32 numbers a function in irfuse's kernels maps to other bits than eager torch on the GPU at hand.

    python benchmarks/functions.py

NaN is NaN, whatever its bits. *tiny* are numbers that are subnormal or mapped to a subnormal one; *steps* is how far
the others are apart at most, in units in the last place. docs/fidelity.md holds the table.
"""

from __future__ import annotations

import platform
from collections.abc import Callable

import torch
import triton
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin
from xdsl.dialects.func import Func
from xdsl.parser import Parser

from irfuse.dialect import Irfuse
from irfuse.dialect.fused import kernels_in
from irfuse.runtime.launch import FusedCall

COLUMNS, AT_ONCE = 1024, 1 << 28
LEAST_NORMAL = 2.0**-126
FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    name: getattr(torch, name)
    for name in ("exp", "exp2", "expm1", "log", "log1p", "log2", "rsqrt", "tanh", "erf", "sigmoid")
} | {"silu": torch.nn.functional.silu, "gelu": torch.nn.functional.gelu}


def kernel(name: str) -> FusedCall:
    """A kernel that is this function alone, of rows of f32."""
    rows = f'tensor<?x{COLUMNS}xf32, #irfuse.dims<"n">>'
    text = f"""func.func @main(%x: {rows}) {{
      %y = irfuse.fused (%a = %x : {rows}) -> ({rows}) {{
        %r = irfuse.{name} %a : {rows}
        irfuse.yield %r : {rows}
      }}
      return
    }}"""
    context = Context()
    for dialect in (Builtin, Func, Irfuse):
        context.load_dialect(dialect)
    (op,) = kernels_in(Parser(context, text).parse_module())
    return FusedCall(op)


def compared(name: str) -> str:
    """A row of the table."""
    call, function = kernel(name), FUNCTIONS[name]
    tiny, others, steps = 0, 0, 0
    for start in range(0, 1 << 32, AT_ONCE):
        bits = torch.arange(start, start + AT_ONCE, device="cuda", dtype=torch.int64).to(torch.int32)
        x = bits.view(torch.float32).view(-1, COLUMNS)
        found, wanted = call(x)[0], function(x)
        differ = (found.view(torch.int32) != wanted.view(torch.int32)) & ~(found.isnan() & wanted.isnan())
        small = differ & ((x.abs() < LEAST_NORMAL) | (wanted.abs() < LEAST_NORMAL))
        apart = found.view(torch.int32)[differ & ~small].long() - wanted.view(torch.int32)[differ & ~small]
        tiny, others = tiny + int(small.sum()), others + apart.numel()
        steps = max(steps, int(apart.abs().max())) if apart.numel() else steps
    return f"| {name} | {tiny} | {others} | {steps} |"


def main() -> None:
    """Print the table."""
    versions = f"torch {torch.__version__}, triton {triton.__version__}, Python {platform.python_version()}"
    print(f"{torch.cuda.get_device_name()}, {versions}: python benchmarks/functions.py")
    print("| function | tiny that differ | others that differ | steps |\n|---|---|---|---|")
    for name in FUNCTIONS:
        print(compared(name), flush=True)


if __name__ == "__main__":
    main()
