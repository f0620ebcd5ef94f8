"""Generated kernels on CPU tensors, by Triton's interpreter: each case of a test file, compared with its reference.

Operands lie among NaNs and results among bytes that must stay. Numbers agree up to one step of a narrow type and 1e-6
of a scale and not to the bit: kernel and reference differ by design in the order of sums, in exp and rsqrt, which are
numpy's here, and in division by a number, a product on a GPU. The interpreter's own float conversions are wrong;
torch's casts stand for them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import torch
from xdsl.ir import Block, Region

from irfuse import dialect as d
from irfuse.dialect.sizes import Size
from irfuse.dialect.types import dims_of, strides_of
from irfuse.dtypes import dtype_of
from irfuse.runtime import kernel_cache
from irfuse.runtime.launch import FusedCall

SIZES, MARGIN = {"s0": 5, "s1": 300, "s0 + 3": 7}, 64


def place(fill: int, shape: Any, strides: Any, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A tensor in the middle of a buffer full of one byte, the words of that buffer, and which are the tensor's."""
    places = torch.arange(1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True)))
    words = torch.full((len(places) + 2 * MARGIN, dtype.itemsize), fill, dtype=torch.uint8)
    inside = torch.zeros(len(words), dtype=torch.bool)
    inside[places.as_strided(shape, strides).unique() + MARGIN] = True
    return words.view(dtype).as_strided(shape, strides, MARGIN), words, inside


def operand(kind: Any, noise: torch.Generator) -> torch.Tensor:
    """A random tensor of a type, among NaNs."""
    dims, strides = ([Size.of(n).value(SIZES) for n in v or ()] for v in (dims_of(kind), strides_of(kind)))
    made, words, inside = place(0xFF, dims, strides or torch.empty(dims).stride(), dtype_of(kind.element_type))
    words[inside] = torch.randn(int(inside.sum()), 1, generator=noise).to(made.dtype).view(torch.uint8)
    return made


class GuardedCall(FusedCall):
    """A fused op whose results lie among guard bytes."""

    def _fresh_results(self, *about: Any) -> tuple[torch.Tensor, ...]:
        fresh = super()._fresh_results(*about)
        self.placed = [place(0xA5, r.shape, r.stride(), r.dtype) for r in fresh]
        for (made, words, inside), result, about in zip(self.placed, fresh, self.kernel.results, strict=True):
            if about.buffer is not None:
                made.view(torch.int8).copy_(result.view(torch.int8))
            if about.padded:
                words[inside] = 0
        return tuple(made for made, _, _ in self.placed)


class InPlaceCall(FusedCall):
    """A fused op that writes to its operands themselves, as under Inductor, and not to copies of them."""

    def _fresh_results(self, sizes: Any, rows: Any, operands: Any) -> tuple[torch.Tensor, ...]:
        fresh = super()._fresh_results(sizes, rows, operands)
        pairs = zip(self.kernel.results, fresh, strict=True)
        return tuple(result if about.buffer is None else operands[about.buffer] for about, result in pairs)


def run_case(block: Block) -> None:
    """Launch a body's kernel as irfuse launches it, and compare with its reference."""
    outer, noise = Block(arg_types=[a.type for a in block.args]), torch.Generator().manual_seed(3)
    op = d.FusedOp(outer.args, [v.type for v in block.last_op.operands], Region(block))
    call = GuardedCall(op)
    operands = [operand(arg.type, noise) for arg in block.args]
    kernel = kernel_cache.load_kernel(call.kernel.name, call.kernel.source)
    call.launch(kernel, *operands)
    references = call.run_body(*operands)
    for (found, words, inside), wanted in zip(call.placed, references, strict=True):
        assert bool((words[~inside] == 0xA5).all()), "bytes outside of a result were written"
        compare(found, wanted)
    if any(result.buffer is not None for result in call.kernel.results):
        again = InPlaceCall(op)
        for found, wanted in zip(again.launch(kernel, *operands), references, strict=True):
            compare(found, wanted)


def compare(found: torch.Tensor, wanted: torch.Tensor) -> None:
    """Assert equal shapes and strides, and numbers within 1e-6 or one step, nearly all of them equal."""
    assert (found.shape, found.stride(), found.dtype) == (wanted.shape, wanted.stride(), wanted.dtype)
    if found.dtype == torch.float32:
        return torch.testing.assert_close(found, wanted, rtol=1e-6, atol=0)
    bits = torch.int16 if found.dtype.itemsize == 2 else torch.int8
    codes = (t.contiguous().view(bits).int() for t in (found, wanted))
    steps = torch.sub(*(torch.where(c < 0, -(c & torch.iinfo(bits).max), c) for c in codes)).abs()
    assert steps.max() <= 1 and (steps == 0).float().mean() > 0.98 and not wanted.float().isnan().any()


def elementwise(f: Any) -> Any:
    """A function of numpy as one of tiles and numbers."""
    from triton import language as tl
    from triton.runtime.interpreter import TensorHandle

    def apply(*x: Any) -> Any:
        data = f(*(t.handle.data if isinstance(t, tl.tensor) else np.float32(t) for t in x))
        return tl.tensor(TensorHandle(data, x[-1].handle.dtype), x[-1].type)

    return apply


def mend_interpreter() -> None:
    """Give the interpreter exact conversions, the functions of libdevice, and our reductions at the speed of numpy."""
    from triton import language as tl
    from triton.language.extra import libdevice
    from triton.runtime import interpreter

    types, largest = {tl.float8e4nv: torch.float8_e4m3fn}, {tl.float8e4nv: 448.0}
    types |= {getattr(tl, name): getattr(torch, name) for name in ("float32", "bfloat16", "float16")}
    named = {name: getattr(np, name) for name in ("exp2", "expm1", "log", "log1p", "log2")}
    for name, f in {"nearbyint": np.rint, "fast_dividef": np.divide, **named}.items():
        setattr(libdevice, name, elementwise(f))

    def convert(data: Any, source: Any, target: Any, _rounding: Any) -> Any:
        wide = torch.from_numpy(np.ascontiguousarray(data).view(np.uint8).copy()).view(types[source])
        if target in largest:  # Triton's casts to 8-bit floats saturate, whatever torch's do
            wide = wide.float().clamp(-largest[target], largest[target])
        return wide.to(types[target]).view(torch.uint8).numpy().view(f"u{types[target].itemsize}").reshape(data.shape)

    def reduce(self: Any, values: Any) -> Any:
        known = {"nan_max": np.maximum, "abs_max": np.maximum, "nan_min": np.minimum, "bit_or": np.bitwise_or}
        data = known[self.combine_fn.fn.__name__].reduce(values[0].handle.data, axis=self.axis, keepdims=self.keep_dims)
        return [self.to_tensor(data, values[0].dtype)]

    interpreter._convert_float, interpreter.ReduceOps.generic_reduce = convert, reduce


def run_cases(file: str, cache: Path) -> dict[str, str]:
    """For each name in ``CASES`` of a test file the traceback of its run, in a process with the interpreter on."""
    here = os.environ | {"TRITON_INTERPRET": "1", "IRFUSE_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, __file__, file], env=here, capture_output=True, check=True)
    return json.loads(done.stdout)


def main(file: str) -> None:
    """Run all cases of a file and print, as JSON, the traceback of each that fails."""
    spec = importlib.util.spec_from_file_location("cases", file)
    assert spec is not None and spec.loader is not None
    spec.loader.exec_module(module := importlib.util.module_from_spec(spec))
    mend_interpreter()
    report = dict.fromkeys(module.CASES, "")
    for name, case in module.CASES.items():
        try:
            run_case(case())
        except Exception:
            report[name] = traceback.format_exc()
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
