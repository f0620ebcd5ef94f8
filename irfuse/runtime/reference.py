"""What every small op means, in eager torch: the one source of truth.

`evaluate` computes the ops of a block on tensors: a function, a fused body, or an expansion. A named op runs by its
expansion and a fused op by its body, so nothing has a second definition. It also runs on fake tensors, which is how
a body is traced back into an FX graph.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from xdsl.dialects.builtin import Float4E2M1FNType, IntegerType, ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, SSAValue

from irfuse import dialect as d
from irfuse.dialect.attrs import SymIntType
from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.enums import Overflow
from irfuse.dialect.fp8 import FP8
from irfuse.dialect.named import NamedOp
from irfuse.dialect.sizes import Dim, Size, bind
from irfuse.dialect.types import dims_of, strides_of, tensor_type
from irfuse.dtypes import dtype_of, eager_overflow
from irfuse.errors import NotEvaluableError, UnboundSizeError

Tensor: TypeAlias = torch.Tensor


class Sizes:
    """What the operands of a block say of the symbolic sizes in its types."""

    def __init__(self, values: Sequence[SSAValue], tensors: Sequence[Any]) -> None:
        self.bound: dict[str, Any] = {}
        self.device = next((t.device for t in tensors if isinstance(t, torch.Tensor)), None)
        for value, tensor in zip(values, tensors, strict=True):
            if isinstance(value.type, SymIntType):
                bind((value.type.expr.data,), (tensor,), self.bound)
            elif isinstance(tensor, torch.Tensor):
                bind(dims_of(tensor_type(value)), tensor.shape, self.bound)
                bind(
                    strides_of(tensor_type(value)) or (),
                    tensor.stride() if strides_of(tensor_type(value)) else (),
                    self.bound,
                )

    def shape(self, dims: Iterable[Dim]) -> list[Any]:
        """Sizes for torch; -1 for the one that is not bound. Raises UnboundSizeError where several are not."""
        sizes = [self._size(dim) for dim in dims]
        if sum(size is None for size in sizes) > 1:
            raise UnboundSizeError(dims=", ".join(str(d) for d in dims))
        return [-1 if size is None else size for size in sizes]

    def _size(self, dim: Dim) -> Any:
        try:
            return Size.of(dim).value(self.bound)
        except KeyError:
            return None

    def laid_out(self, value: SSAValue, tensor: Tensor) -> Tensor:
        """The tensor in the strides that the type of ``value`` asks for: its own, contiguous, or those given."""
        strides = strides_of(tensor_type(value))
        if strides is None:
            return tensor.contiguous()
        wanted = self.shape(strides)
        if all(_equal(have, want) for have, want in zip(tensor.stride(), wanted, strict=True)):
            return tensor
        return torch.empty_strided(tensor.shape, wanted, dtype=tensor.dtype, device=tensor.device).copy_(tensor)


def _equal(a: Any, b: Any) -> bool:
    """Whether two numbers are equal; of sizes from data only if that is known, as nothing may guard on them."""
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    from torch.fx.experimental.symbolic_shapes import guard_or_false

    return bool(guard_or_false(a == b))


def _shape_of(sizes: Sizes, op: Operation) -> list[Any]:
    return sizes.shape(dims_of(tensor_type(op.results[0])))


def _scalar(op: Any, args: Sequence[Tensor]) -> Any:
    """The second operand of an op of two."""
    return args[0] if args else _number(op, op.scalar)


def _number(op: Any, attr: Any) -> Any:
    """A number as an operand of its op; beside integers it is one, in the range of their type, as torch wraps it."""
    element = tensor_type(op.operands[0]).element_type
    if attr is None or not isinstance(element, IntegerType):
        return None if attr is None else attr.value.data
    if element.bitwidth == 1:
        return bool(attr.value.data)
    number, wrap = int(attr.value.data), 1 << element.bitwidth
    return number - wrap if dtype_of(element).is_signed and 2 * number >= wrap else number


def _bound(op: d.ClampOp, x: torch.Tensor, bound: Any) -> Any:
    """A bound as torch is given it, by which it depends what becomes of the bits of NaN."""
    value = _number(op, bound)
    return value if value is None or op.tensors is None else torch.tensor(value, dtype=x.dtype, device=x.device)


def _dtype(op: Operation) -> torch.dtype:
    return dtype_of(tensor_type(op.results[0]).element_type)


def _weight_and_bias(op: d.LayerNormOp, vectors: Sequence[Tensor]) -> tuple[Tensor | None, Tensor | None]:
    rest = list(vectors)
    weight = None if op.weight is None else rest.pop(0)
    return weight, None if op.bias is None else rest.pop(0)


def e2m1_codes(x: Tensor) -> Tensor:
    """The codes of 4-bit floats (sign, 2 bits of exponent, 1 of mantissa) nearest to ``x``, ties to even, saturated.

    OCP Microscaling Formats 1.0, 5.3.3; the borders are the middles between 0, 0.5, 1, 1.5, 2, 3, 4 and 6, each of
    which a tie leaves for the even code.
    """
    a = x.float().abs()
    above = [a > 0.25, a >= 0.75, a > 1.25, a >= 1.75, a > 2.5, a >= 3.5, a > 5.0]
    code = torch.stack(above).sum(0).to(torch.uint8)
    return code | (torch.signbit(x).to(torch.uint8) << 3)


def pack(x: Tensor, bits: int, dtype: torch.dtype) -> Tensor:
    """The entries of the last axis shifted each to its place in one integer, the first to the lowest bits."""
    wide = x.to(torch.int64)
    places = [wide[..., i : i + 1] << (i * bits) for i in range(x.shape[-1])]
    return reduce(torch.bitwise_or, places).to(dtype)


def _padded(sizes: Sizes, op: d.PadOp, x: Tensor) -> Tensor:
    """A tensor with zeros behind its axes. Raises UnboundSizeError where nothing says how many."""
    small, large = dims_of(tensor_type(op.x)), dims_of(tensor_type(op.result))
    lengths = [have if a == b else sizes.shape([b])[0] for have, a, b in zip(x.shape, small, large, strict=True)]
    if any(isinstance(length, int) and length < 0 for length in lengths):
        raise UnboundSizeError(dims=", ".join(str(dim) for dim in large))
    whole = x.new_zeros(lengths)
    whole[tuple(slice(0, length) for length in x.shape)] = x
    return whole


def _sliced(sizes: Sizes, op: d.SliceOp, x: Tensor) -> Tensor:
    """The entries of a slice; torch slices forwards only, and takes a step backwards by index."""
    axis, start, step = (prop.value.data for prop in (op.axis, op.start, op.step))
    length = _shape_of(sizes, op)[axis]
    length = x.shape[axis] - start if length == -1 else length
    if step > 0:
        return x[(slice(None),) * axis + (slice(start, start + step * (length - 1) + 1, step),)]
    return x.index_select(axis, torch.arange(start, start + step * length, step, device=x.device))


def _scattered(op: d.ScatterOp, values: Tensor, into: Tensor, indices: Sequence[Tensor]) -> Tensor:
    """A copy of a tensor that is written to at indices."""
    result = into.clone()
    result.permute(*op.indexed, *op.others).index_put_([index.long() for index in indices], values)
    return result


def _inserted(op: d.InsertOp, values: Tensor, into: Tensor) -> Tensor:
    axis, start, step = op.place
    return into.slice_scatter(values, axis, start, start + step * (values.shape[axis] - 1) + 1, step)


def cast(op: d.CastOp, x: Tensor) -> Tensor:
    """The entries in the type of the result; beyond the range of an 8-bit float as the op says, whatever torch does."""
    dtype, fp8 = _dtype(op), FP8.get(type(tensor_type(op.result).element_type))
    if isinstance(tensor_type(op.result).element_type, Float4E2M1FNType):
        return e2m1_codes(x)
    if fp8 is None or not x.is_floating_point() or op.beyond is eager_overflow(dtype, x.device):
        return x.to(dtype)
    wide = x.float()
    if op.beyond is Overflow.saturate:
        return wide.clamp(-fp8.largest, fp8.largest).to(dtype)
    instead = torch.inf if op.beyond is Overflow.infinity else torch.nan
    inside = wide.clamp(-fp8.largest, fp8.largest)
    return torch.where(wide.abs() > fp8.last, wide.sign() * instead, inside).to(dtype)


MEANING: dict[type[Operation], Callable[..., Tensor]] = {
    d.AbsOp: lambda s, op, x: x.abs(),
    d.CeilOp: lambda s, op, x: x.ceil(),
    d.ErfOp: lambda s, op, x: x.erf(),
    d.Exp2Op: lambda s, op, x: x.exp2(),
    d.ExpOp: lambda s, op, x: x.exp(),
    d.Expm1Op: lambda s, op, x: x.expm1(),
    d.FloorOp: lambda s, op, x: x.floor(),
    d.GeluOp: lambda s, op, x: F.gelu(x),
    d.GeluTanhOp: lambda s, op, x: F.gelu(x, approximate="tanh"),
    d.Log1pOp: lambda s, op, x: x.log1p(),
    d.LogOp: lambda s, op, x: x.log(),
    d.Log2Op: lambda s, op, x: x.log2(),
    d.NegOp: lambda s, op, x: x.neg(),
    d.ReciprocalOp: lambda s, op, x: x.reciprocal(),
    d.ReluOp: lambda s, op, x: x.relu(),
    d.RoundOp: lambda s, op, x: x.round(),
    d.RsqrtOp: lambda s, op, x: x.rsqrt(),
    d.SignOp: lambda s, op, x: x.sign(),
    d.SigmoidOp: lambda s, op, x: x.sigmoid(),
    d.SiluOp: lambda s, op, x: F.silu(x),
    d.SqrtOp: lambda s, op, x: x.sqrt(),
    d.TanhOp: lambda s, op, x: x.tanh(),
    d.AddOp: lambda s, op, x, *y: x + _scalar(op, y),
    d.DivOp: lambda s, op, x, *y: x / _scalar(op, y),
    d.MaximumOp: lambda s, op, x, *y: torch.maximum(x, *y) if y else x.clamp(min=_number(op, op.scalar)),
    d.MinimumOp: lambda s, op, x, *y: torch.minimum(x, *y) if y else x.clamp(max=_number(op, op.scalar)),
    d.MulOp: lambda s, op, x, *y: x * _scalar(op, y),
    d.PowOp: lambda s, op, x: x.pow(op.scalar.value.data),
    d.SubOp: lambda s, op, x, *y: x - _scalar(op, y),
    d.AndOp: lambda s, op, x, *y: x & _scalar(op, y),
    d.OrOp: lambda s, op, x, *y: x | _scalar(op, y),
    d.XorOp: lambda s, op, x, *y: x ^ _scalar(op, y),
    d.ShlOp: lambda s, op, x, *y: x << _scalar(op, y),
    d.ShrOp: lambda s, op, x, *y: x >> _scalar(op, y),
    d.FmaOp: lambda s, op, x, y, z: (x.double() * y.double() + z.double()).float(),
    d.FloorDivOp: lambda s, op, x: torch.floor_divide(x, _number(op, op.scalar)),
    d.RemainderOp: lambda s, op, x: torch.remainder(x, _number(op, op.scalar)),
    d.BitcastOp: lambda s, op, x: x.view(_dtype(op)),
    d.CompareOp: lambda s, op, x, *y: getattr(operator, op.predicate.data)(x, _scalar(op, y)),
    d.SelectOp: lambda s, op, c, x, y: torch.where(c, x, y),
    d.ClampOp: lambda s, op, x: x.clamp(*(_bound(op, x, bound) for bound in (op.min, op.max))),
    d.CastOp: lambda s, op, x: cast(op, x),
    d.LayerNormOp: lambda s, op, x, *v: F.layer_norm(x, x.shape[-1:], *_weight_and_bias(op, v), op.eps.value.data),
    d.PackOp: lambda s, op, x: pack(x, op.bits.value.data, _dtype(op)),
    d.PartSumOp: lambda s, op, x: x.sum(-1, keepdim=True),
    d.RowAmaxOp: lambda s, op, x: x.amax(-1, keepdim=True),
    d.RowAminOp: lambda s, op, x: x.amin(-1, keepdim=True),
    d.RowMeanOp: lambda s, op, x: x.mean(-1, keepdim=True),
    d.RowSumOp: lambda s, op, x: x.sum(-1, keepdim=True),
    d.RowVarOp: lambda s, op, x: x.var(-1, correction=0, keepdim=True),
    d.ReshapeOp: lambda s, op, x: x.reshape(_shape_of(s, op)),
    d.BroadcastOp: lambda s, op, x: x.expand(_shape_of(s, op)),
    d.CopyOp: lambda s, op, x: x.clone(),
    d.IotaOp: lambda s, op: torch.arange(_shape_of(s, op)[0], dtype=_dtype(op), device=s.device),
    d.FullOp: lambda s, op: torch.full(_shape_of(s, op), op.value.value.data, dtype=_dtype(op), device=s.device),
    d.PadOp: lambda s, op, x: _padded(s, op, x),
    d.PermuteOp: lambda s, op, x: x.permute(op.axes),
    d.RelayoutOp: lambda s, op, x: s.laid_out(op.result, x) if strides_of(tensor_type(op.result)) else x,
    d.SliceOp: lambda s, op, x: _sliced(s, op, x),
    d.GatherOp: lambda s, op, x, index: x[index.long()],
    d.InsertOp: lambda s, op, x, into: _inserted(op, x, into),
    d.ScatterOp: lambda s, op, x, into, *indices: _scattered(op, x, into, indices),
    d.ConcatOp: lambda s, op, *pieces: torch.cat(pieces, op.axis.value.data),
}
"""One line of torch for every small op: ``(sizes, op, *operands) -> result``."""


def evaluate(ops: Iterable[Operation], env: dict[SSAValue, Any], sizes: Sizes) -> None:
    """Compute small, named and fused ops in order, reading and filling ``env``. Raises NotEvaluableError for others."""
    for op in ops:
        args = [env[v] for v in op.operands]
        if type(op) in MEANING:
            env[op.results[0]] = MEANING[type(op)](sizes, op, *args)
        elif isinstance(op, NamedOp):
            b = SmallBuilder()
            results = op.expand(b)
            evaluate(b.ops, env, sizes)
            env.update({old: env[new] for old, new in zip(op.results, results, strict=True)})
            for small in reversed(b.ops):
                small.erase()
        elif isinstance(op, d.FusedOp):
            env.update(zip(op.results, run_block(op.body.block, args), strict=True))
        else:
            raise NotEvaluableError(op=op.name)


def run_block(block: Block, tensors: Sequence[Any]) -> tuple[Tensor, ...]:
    """The results of a block on these tensors, one for each of its arguments; results in the strides of their types.

    A block that runs inside of an autocast region has the casts of that region in it, and is given no others. Raises
    NotEvaluableError for an op that has no meaning here, UnboundSizeError for a size that nothing says.
    """
    last = block.last_op
    assert isinstance(last, (d.YieldOp, ReturnOp))
    sizes = Sizes(block.args, tensors)
    env: dict[SSAValue, Any] = dict(zip(block.args, tensors, strict=True))
    with torch._C._DisableAutocast():
        evaluate([op for op in block.ops if op is not last], env, sizes)
    return tuple(sizes.laid_out(v, env[v]) for v in last.operands)


def run_module(module: ModuleOp, tensors: Sequence[Any]) -> tuple[Tensor, ...]:
    """The results of the first function of a module on these tensors."""
    function = next(op for op in module.ops if isinstance(op, FuncOp))
    return run_block(function.body.block, tensors)
