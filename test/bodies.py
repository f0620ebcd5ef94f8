"""Bodies and modules for tests: read from text, built op by op, drawn at random; and equality of what they give."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor
from xdsl.context import Context
from xdsl.dialects.builtin import BFloat16Type, Builtin, Float8E4M3FNType, Float16Type, ModuleOp, f32
from xdsl.dialects.func import Func, FuncOp
from xdsl.ir import Block, SSAValue
from xdsl.parser import Parser

from irfuse import dialect as d
from irfuse.analysis.outline import outline
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import dims_of, make_tensor, tensor_type

ELEMENTS = {"f32": f32, "bf16": BFloat16Type(), "f16": Float16Type(), "f8": Float8E4M3FNType()}


def loaded() -> Context:
    """A context that knows what a function in text may hold."""
    context = Context()
    for dialect in (Builtin, Func, d.Irfuse):
        context.load_dialect(dialect)
    return context


def parsed(text: str) -> ModuleOp:
    """The module of a text."""
    module = Parser(loaded(), text).parse_module()
    module.verify()
    return module


def body(text: str) -> Block:
    """The body ``(%x: f32[s0,128]) { ops; return %y : f32[s0,128] }``."""
    text = re.sub(r"\b(f32|bf16|f16|f8)\[(.*?)\]", lambda match: _tensor(*match.groups()), text)
    function = next(
        op for op in Parser(loaded(), f"func.func @f{text}").parse_module().walk() if isinstance(op, FuncOp)
    )
    *ops, last = function.body.block.ops
    for op in ops:
        op.verify()
    return outline(ops, function.body.block.args, last.operands)


def _tensor(element: str, dims: str) -> str:
    return str(make_tensor(ELEMENTS[element], [int(n) if n.isdigit() else n for n in dims.split(",") if n]))


def built(types: Sequence[Any], build: Callable[..., Sequence[SSAValue]]) -> Block:
    """The body that ``build`` emits on arguments of these types, or f32 tensors of these shapes."""
    block, b = Block(arg_types=[make_tensor(f32, t) if isinstance(t, list) else t for t in types]), SmallBuilder()
    results = build(b, *block.args)
    block.add_ops(b.ops)
    block.add_op(d.YieldOp(*results))
    return block


def same(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> None:
    """Assert equal types, shapes and bits; any NaN is as good as another."""
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        nans = a.float().isnan() & b.float().isnan()
        bits = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[a.element_size()]
        assert bool((nans | (a.contiguous().view(bits) == b.contiguous().view(bits))).all())


class Draft:
    """A random row-wise body: its shapes merge neighbours of one list of factors, one of which may be ``s0``."""

    def __init__(self, data: st.DataObject, symbolic: int | None, *, rearranged: bool = False) -> None:
        self.steps = ["reshape", "operand", "reduce", *(["permute", "rotate", "flip"] if rearranged else [])]
        self.draw, self.block, self.b, self.small = data.draw, Block(), SmallBuilder(), []
        self.factors: list[Dim] = self.draw(st.lists(st.sampled_from([2, 3, 4]), min_size=3, max_size=4))
        if symbolic is not None:
            self.factors[symbolic] = "s0"

    def shape(self) -> list[Dim]:
        """Some neighbours merged."""
        cuts = [0, *(i for i in range(1, len(self.factors)) if self.draw(st.booleans())), len(self.factors)]
        return [Size.product(self.factors[i:j]).dim() for i, j in itertools.pairwise(cuts)]

    def operand(self, dims: list[Dim]) -> SSAValue:
        """A new argument whose axes lie in memory in any order, with gaps."""
        strides, inside = list(dims), Size(1)
        for axis in self.draw(st.permutations(range(len(dims)))):
            strides[axis] = inside.dim()
            inside = inside * Size.of(dims[axis]) * Size(self.draw(st.sampled_from([1, 1, 2])))
        return self.b.contiguous(self.block.insert_arg(make_tensor(f32, dims, strides), len(self.block.args)))

    def grow(self, value: SSAValue) -> SSAValue:
        """One more step; where axes are rearranged the shape stays, or is that of the factors again."""
        kind = self.draw(st.sampled_from(self.steps))
        if kind == "reshape":
            return self.b.reshape(value, self.shape())
        if kind in ("permute", "rotate", "flip"):
            return self.rearranged(kind, value)
        if kind == "reduce":
            self.small.append(self.b.reduce(d.RowMeanOp, value))
            return self.b.binary(d.MulOp, value, self.small[-1])
        dims = [1 if self.draw(st.booleans()) else dim for dim in dims_of(tensor_type(value))]
        return self.b.binary(d.AddOp, value, self.operand(dims[1:] if dims[0] == 1 else dims))

    def rearranged(self, kind: str, value: SSAValue) -> SSAValue:
        """The same entries in another order: axes exchanged and counted as one, pieces exchanged, an axis reversed."""
        dims = dims_of(tensor_type(value))
        axis = self.draw(st.sampled_from(range(len(dims))))
        length = dims[axis]
        if kind == "permute":
            order = self.draw(st.permutations(range(len(dims))))
            return self.b.reshape(self.b.permute(value, order), dims)
        if not isinstance(length, int) or length < 2:
            return value
        if kind == "flip":
            return self.b.emit(d.SliceOp(value, axis, length - 1, -1, length))
        cut = self.draw(st.sampled_from([length // 2, 1, length - 1]))
        parts = [(cut, length - cut), (0, cut)]
        return self.b.emit(d.ConcatOp([self.b.emit(d.SliceOp(value, axis, at, 1, n)) for at, n in parts], axis))

    def finish(self) -> Block:
        """The whole body."""
        value = self.operand(self.shape())
        for _ in range(self.draw(st.integers(1, 4))):
            value = self.grow(value)
        results = [self.b.reshape(value, self.shape()), *self.small[:1]]
        self.block.add_ops(self.b.ops)
        self.block.add_op(d.YieldOp(*results))
        return self.block


def numbers(dims: Iterable[Dim]) -> list[int]:
    """A shape with ``s0`` bound."""
    return [Size.of(dim).value({"s0": 3}) for dim in dims]
