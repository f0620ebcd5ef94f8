"""Generated kernels: where they read and write, what Triton's compilers make of them, and what is refused.

Run as a script, under TRITON_INTERPRET=1, this file runs every case's kernel on CPU tensors, which the tests do in
another process. It checks indexing, masks, shapes and strides: operands lie among NaNs, and results among bytes that
must stay. Numbers agree up to one step of a narrow type and 1e-6 of a scale and not to the bit, because kernel and
reference differ there by design: order of sums, exp and rsqrt of numpy, and division by a number, which is a product
on a GPU. The interpreter's own float conversions are wrong, so they are replaced by torch's casts.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from xdsl.dialects.builtin import BFloat16Type, Float8E4M3FNType, Float8E4M3FNUZType, Float16Type, f32, f64
from xdsl.ir import Attribute, Block, Region

from irfuse import dialect as d
from irfuse import kernel_cache
from irfuse.compile_kernel import Arch, compile_kernel
from irfuse.dialect.attrs import ScaleFormat, WeightRound
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.types import dims_of, make_tensor, strides_of
from irfuse.dtypes import dtype_of
from irfuse.errors import NotLowerableError
from irfuse.launch import FusedCall
from irfuse.lower_triton import lower_block
from irfuse.sizes import Dim, Size

BF16, F16, FP8 = BFloat16Type(), Float16Type(), Float8E4M3FNType()
SIZES = {"s0": 5, "s1": 300, "s0 + 3": 7}
MARGIN = 64


def built(types: list[Any], build: Callable[..., Any]) -> Block:
    """The body that ``build`` emits on arguments of these types."""
    block, b = Block(arg_types=types), SmallBuilder()
    results = build(b, *block.args)
    block.add_ops(b.ops)
    block.add_op(d.YieldOp(*results))
    return block


def quant(b: SmallBuilder, rows: Any, group: int, fp8: Attribute = FP8, **settings: Any) -> list[Any]:
    """Rows quantised in groups: codes and scales."""
    b.emit(op := d.GroupQuantOp(rows, fp8, group_size=group, quant_max=448.0, scale_floor=1e-5, **settings))
    return [op.q, op.scales]


def gated(dims: list[Dim], group: int, fp8: Attribute = FP8, element: Attribute = BF16, weight: int | None = None,
          strides: list[Dim] | None = None, norm: dict[str, Any] | None = None, **settings: Any) -> Block:  # fmt: skip
    """Norm, gate, reshape to flat rows and quant."""

    def build(b: SmallBuilder, x: Any, z: Any, w: Any) -> list[Any]:
        x, z = b.contiguous(x), b.contiguous(z)
        y = b.emit(d.RmsNormGatedOp(x, z, w, None, make_tensor(element, dims), eps=1e-6, **norm or {}))
        return quant(b, b.reshape(y, [dims[0], math.prod(dims[1:])]), group, fp8, **settings)

    full = make_tensor(element, dims, strides)
    return built([full, full, make_tensor(element, [weight or dims[-1]])], build)


def column_major(b: SmallBuilder, x: Any) -> list[Any]:
    q, scales = quant(b, x, 64)
    return [q, b.emit(d.RelayoutOp(scales, make_tensor(f32, ["s0", 3], [1, "s0"])))]


def added(b: SmallBuilder, x: Any, r: Any, w: Any) -> list[Any]:
    b.emit(op := d.AddRmsNormOp(x, r, w, None, (x.type, x.type), eps=1e-6, weight_round=WeightRound.before))
    return [*quant(b, op.results[0], 128), op.results[1]]


def per_head(b: SmallBuilder, x: Any, gate: Any) -> list[Any]:
    y = b.emit(d.RmsNormOp(x, None, None, x.type, eps=1e-6))
    y = b.binary(d.MulOp, y, b.unary(d.SigmoidOp, gate))
    return quant(b, b.reshape(y, ["s0", 192]), 192)


def over_mean(b: SmallBuilder, x: Any, y: Any) -> list[Any]:
    return [b.binary(d.MulOp, b.contiguous(y), b.reduce(d.RowMeanOp, b.broadcast(b.contiguous(x), dims_of(y.type))))]


def tensor(*dims: Dim, element: Attribute = BF16, strides: list[Dim] | None = None) -> Any:
    """A tensor type, bf16 if nothing else is said."""
    return make_tensor(element, dims, strides)


CASES: dict[str, Callable[[], Block]] = {
    "group of a head": lambda: gated(["s0", 4, 128], 128),
    "padded heads": lambda: gated(["s0", 2, 192], 96, scale_format=ScaleFormat.ue8m0),
    "group of two heads": lambda: gated(["s0", 4, 64], 128),
    "per token": lambda: gated(["s0", 3, 64], 192),
    "half a head, f16": lambda: gated(["s0", 3, 128], 64, element=F16),
    "known rows": lambda: gated([7, 3, 64], 64),
    "one row": lambda: gated([1, 3, 64], 64),
    "full weight": lambda: gated(["s0", 192], 64, weight=192, norm={"norm_group": 64}),
    "full weight, known rows": lambda: gated([5, 192], 64, weight=192, norm={"norm_group": 64}),
    "slices of a batch": lambda: gated(["s0", 4, 64], 64, strides=["s1", 64, 1]),
    "slices of heads": lambda: gated(["s0", 3, 64], 64, strides=["s1", 96, 1]),
    "heads outside": lambda: gated(["s0", 3, 64], 192, strides=[64, "64*s0", 1]),
    "scattered columns": lambda: gated(["s0", 3, 64], 64, strides=[192, 1, 3]),
    "column-major scales": lambda: built([tensor("s0", 192)], column_major),
    "residual": lambda: built([tensor("s0", 384), tensor("s0", 384), tensor(384)], added),
    "act_mul": lambda: built([tensor("s0", 96)] * 2, lambda b, x, y: quant(b, b.emit(d.ActMulOp(x, y)), 32)),
    "static scale": lambda: built([tensor("s0", 100), tensor(element=f32)], lambda b, x, s: [
        b.emit(d.StaticQuantOp(x, s, FP8, quant_max=448.0))]),
    "gate per head": lambda: built([tensor("s0", 3, 64), tensor("s0", 3, 1)], per_head),
    "added rows": lambda: built([tensor("s0 + 3", 3, 64)], lambda b, x: quant(b, b.reshape(x, ["s0 + 3", 192]), 192)),
    "repeated rows": lambda: built([tensor(3, "s0", 64), tensor(1, "s0", 64)], lambda b, x, r: [b.binary(d.AddOp, x, r)]),
    "repeated in memory": lambda: built([tensor("s0", 96), tensor("s0", 96, strides=[0, 1])], lambda b, x, r: [
        b.binary(d.AddOp, x, b.contiguous(r))]),
    "mean of a repeated column": lambda: built([tensor("s0", 1), tensor("s0", 128)], over_mean),
    "mean of a column repeated in memory": lambda: built([tensor("s0", 128, strides=[1, 0]), tensor("s0", 128)], over_mean),
}  # fmt: skip


def numbers(dims: Any) -> list[int]:
    """Sizes with their names bound."""
    return [Size.of(dim).value(SIZES) for dim in dims]


def among(fill: int, shape: Any, strides: Any, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """A tensor in the middle of a buffer full of one byte, and that buffer."""
    size = MARGIN * 2 + 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    buffer = torch.full((size * dtype.itemsize,), fill, dtype=torch.uint8)
    return buffer.view(dtype).as_strided(shape, strides, MARGIN), buffer


class Guarding:
    """A kernel that writes to results among guard bytes, which are checked, and then to those of the call."""

    def __init__(self, kernel: Any, operands: int) -> None:
        self.kernel, self.operands = kernel, operands

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        def launch(*args: Any, **options: Any) -> None:
            results = [a for a in args[self.operands :] if isinstance(a, torch.Tensor)]
            guarded = [among(0xA5, r.shape, r.stride(), r.dtype) for r in results]
            rest = args[self.operands + len(results) :]
            self.kernel[grid](*args[: self.operands], *(tensor for tensor, _ in guarded), *rest, **options)
            for result, (tensor, buffer) in zip(results, guarded, strict=True):
                result.copy_(tensor)
                tensor.view(torch.uint8 if tensor.dtype.itemsize == 1 else tensor.dtype).fill_(0)
                untouched = among(0xA5, tensor.shape, tensor.stride(), tensor.dtype)
                untouched[0].view(torch.uint8 if tensor.dtype.itemsize == 1 else tensor.dtype).fill_(0)
                assert torch.equal(buffer, untouched[1]), "bytes outside of a result were written"

        return launch


def close(found: torch.Tensor, wanted: torch.Tensor) -> None:
    """Assert equal shapes and strides, and numbers within 1e-6 or one step, nearly all of them equal."""
    assert (found.shape, found.stride(), found.dtype) == (wanted.shape, wanted.stride(), wanted.dtype)
    if found.dtype == torch.float32:
        torch.testing.assert_close(found, wanted, rtol=1e-6, atol=0)
        return
    bits = {1: torch.int8, 2: torch.int16}[found.dtype.itemsize]
    codes = [t.contiguous().view(bits).int() for t in (found, wanted)]
    steps = (torch.where(codes[0] < 0, -(codes[0] & 0x7F), codes[0]) - torch.where(codes[1] < 0, -(codes[1] & 0x7F), codes[1])).abs()
    assert not wanted.float().isnan().any() and steps.max() <= 1 and (steps == 0).float().mean() > 0.98


def run_case(block: Block) -> None:
    """Launch a body's kernel as irfuse launches it, and compare with its reference."""
    outer = Block(arg_types=[a.type for a in block.args])
    call = FusedCall(d.FusedOp(outer.args, [v.type for v in block.last_op.operands], Region(block)))
    noise, operands = torch.Generator().manual_seed(3), []
    for arg in block.args:
        dims = numbers(dims_of(arg.type))
        strides = strides_of(arg.type)
        strides = torch.empty(dims).stride() if strides is None else numbers(strides)
        operands.append(among(0xFF, dims, strides, dtype_of(arg.type.element_type))[0])
        for index in np.ndindex(*dims):
            operands[-1][index] = 0.25 + torch.rand((), generator=noise)
    kernel = kernel_cache.load_kernel(call.kernel.name, call.kernel.source)
    kernel.fn.__globals__["libdevice"] = SimpleNamespace(rint=_by(np.rint), exp2=_by(np.exp2), log2=_by(np.log2))
    found = call.launch(Guarding(kernel, len(operands)), *operands)
    for a, b in zip(found, call.run_body(*operands), strict=True):
        close(a, b)


def _by(function: Callable[..., Any]) -> Callable[..., Any]:
    import triton.language as tl
    from triton.runtime.interpreter import TensorHandle

    return lambda x: tl.tensor(TensorHandle(function(x.handle.data), x.handle.dtype), x.type)


def mend_interpreter() -> None:
    """Give the interpreter exact conversions, and the one reduction of ours at the speed of numpy."""
    import triton.language as tl
    from triton.runtime import interpreter

    types = {tl.float32: torch.float32, tl.bfloat16: torch.bfloat16, tl.float16: torch.float16, tl.float8e4nv: torch.float8_e4m3fn}
    integers = {1: (torch.uint8, np.uint8), 2: (torch.int16, np.int16), 4: (torch.int32, np.int32)}

    def convert(data: Any, source: Any, target: Any, _rounding: Any) -> Any:
        torch_int, numpy_int = integers[types[source].itemsize]
        bits = torch.from_numpy(np.ascontiguousarray(data).view(numpy_int).copy()).view(torch_int)
        return bits.view(types[source]).to(types[target]).view(integers[types[target].itemsize][0]).numpy().reshape(data.shape)

    def reduce(self: Any, input: Any) -> Any:
        assert self.combine_fn.fn.__name__ == "nan_max"
        return [self.to_tensor(np.max(input[0].handle.data, axis=self.axis, keepdims=self.keep_dims), input[0].dtype)]

    interpreter._convert_float, interpreter.ReduceOps.generic_reduce = convert, reduce


def main() -> None:
    """Run all cases and print, as JSON, the traceback of each that fails."""
    mend_interpreter()
    report = {}
    for name, case in CASES.items():
        try:
            run_case(case())
            report[name] = ""
        except Exception:
            report[name] = traceback.format_exc()
    print(json.dumps(report))


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `main` prints, in a process with the interpreter on."""
    settings = {"TRITON_INTERPRET": "1", "IRFUSE_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}
    done = subprocess.run([sys.executable, __file__], env=os.environ | settings, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_a_kernel_reads_and_writes_where_it_should(interpreted: dict[str, str], name: str) -> None:
    assert interpreted[name] == ""


if __name__ == "__main__":
    main()
