"""Rules for casts, copies, constants and changes of shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xdsl.dialects.builtin import Float8E8M0FNUType, IntegerType, i1, i8, i32, i64

from irfuse import dialect as d
from irfuse.aten.promotion import exact_number
from irfuse.aten.registry import Given, all_integers, all_wide, axis_of, is_modelled, is_zero, rule
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.exact import holds
from irfuse.dialect.named import as_tensor
from irfuse.dialect.types import (
    COMPUTED_INTEGERS,
    FP8_TYPES,
    TORCH_NAMES,
    Tensor,
    bit_width,
    dims_of,
    is_determined,
    tensor_type,
    with_element,
)
from irfuse.dialect.whole import is_held_in

CASTS = (
    "aten._to_copy.default",
    "aten.to.dtype",
    "aten.to.dtype_layout",
    "aten.type_as.default",
    "prims.convert_element_type.default",
)
_UNSIGNED = (TORCH_NAMES["uint16"], TORCH_NAMES["uint32"])
COPIES = (*CASTS, "aten.clone.default", "aten.contiguous.default", "aten.lift_fresh_copy.default")
"""Ops whose result has the operand's values, but is another tensor."""
_FULLS = (
    "aten.full.default",
    "aten.fill.Scalar",
    "aten.full_like.default",
    "aten.scalar_tensor.default",
    "aten.new_full.default",
)
_ZEROS = ("aten.zeros.default", "aten.zeros_like.default", "aten.new_zeros.default")
_RANGES = ("aten.arange.default", "aten.arange.start", "aten.arange.start_step")
_IOTA = "prims.iota.default"
_ONES = ("aten.ones.default", "aten.ones_like.default", "aten.new_ones.default")
NEW_TENSORS = (*COPIES, *_FULLS, *_ZEROS, *_ONES, *_RANGES, _IOTA, "aten.cat.default", "aten.concat.default")
"""Ops whose result is a tensor of its own, also where nothing is computed: it matters where memory is written to."""


@rule(*CASTS)
def _cast(b: SmallBuilder, out: Tensor, x: Value, *_args: Any, device: None = None, **_kwargs: Any) -> Given:
    x = _as_signed(x, out)
    known = x.type.element_type == out.element_type or _converts(x, out)
    return b.cast(x, out.element_type) if known and device is None else None


def _as_signed(x: Value, out: Tensor) -> Value:
    """Bits that were read as an unsigned type, on which torch computes little: their lower ones are those of before."""
    bits, target = x.owner, out.element_type
    if not isinstance(bits, d.BitcastOp) or x.type.element_type not in _UNSIGNED or target not in COMPUTED_INTEGERS:
        return x
    whole = tensor_type(bits.x).element_type in COMPUTED_INTEGERS
    return as_tensor(bits.x) if whole and bit_width(target) <= bit_width(x.type.element_type) else x


def _converts(x: Value, out: Tensor) -> bool:
    """Whether a cast is modelled. Floats become integers of 8 bits, where quants and exponents stay in range, i32, and
    other ones where a clamp holds them in theirs: beyond it GPUs differ. Unsigned ones of 16 and 32 bits, on which
    torch computes little, are there for their bits.
    """
    target = out.element_type
    if all_wide(x):
        wide = target in COMPUTED_INTEGERS and target not in (i8, TORCH_NAMES["uint8"], i32)
        known = is_modelled(target) and (not wide or is_held_in(x, target))
        return isinstance(target, Float8E8M0FNUType) or known
    if isinstance(x.type.element_type, (*FP8_TYPES, Float8E8M0FNUType)):
        return is_modelled(target)
    if x.type.element_type in _UNSIGNED or target in _UNSIGNED:
        return {x.type.element_type, target} <= {*_UNSIGNED, *COMPUTED_INTEGERS} - {i1}
    return all_integers(x) and is_modelled(target) and not isinstance(target, FP8_TYPES)


@rule(
    "aten.clone.default",
    "aten.alias.default",
    "aten.detach.default",
    "aten.contiguous.default",
    "aten.lift_fresh_copy.default",
)
def _same(b: SmallBuilder, out: Tensor, x: Value, *, memory_format: Any = None) -> Given:
    return x


@rule("aten.copy.default", "aten.fill.Tensor")
def _copy(b: SmallBuilder, out: Tensor, _target: Value, x: Value, non_blocking: bool = False) -> Given:
    """The functional copy_ and fill_: the values of the source in the type, shape and strides of the target."""
    known = x.type.element_type == out.element_type or _converts(x, out)
    return b.broadcast(b.cast(x, out.element_type), dims_of(out)) if known else None


@rule(
    "aten.view.default",
    "aten._unsafe_view.default",
    "aten.reshape.default",
    "aten.flatten.using_ints",
    "aten.unflatten.int",
    "aten.squeeze.default",
    "aten.squeeze.dim",
    "aten.squeeze.dims",
    "aten.unsqueeze.default",
    "aten.view_as.default",
    "aten.reshape_as.default",
)
def _reshape(b: SmallBuilder, out: Tensor, x: Value, *_args: Any) -> Given:
    return b.reshape(x, dims_of(out))


@rule("aten.expand.default", "aten.expand_as.default")
def _expand(b: SmallBuilder, out: Tensor, x: Value, _sizes: Any, *, implicit: bool = False) -> Given:
    return b.broadcast(x, dims_of(out))


@rule("aten.permute.default")
def _permute(b: SmallBuilder, out: Tensor, x: Value, order: Sequence[int]) -> Given:
    axes = [axis_of(x, i) for i in order]
    return None if None in axes else b.permute(x, [i for i in axes if i is not None])


@rule("aten.transpose.int", "aten.t.default")
def _transpose(b: SmallBuilder, out: Tensor, x: Value, first: int = 0, second: int = -1) -> Given:
    i, j, order = axis_of(x, first), axis_of(x, second), list(range(len(dims_of(x.type))))
    if i is None or j is None:
        return x
    order[i], order[j] = order[j], order[i]
    return b.permute(x, order)


@rule("aten.constant_pad_nd.default", "aten.pad.default")
def _pad(b: SmallBuilder, out: Tensor, x: Value, widths: Any, *args: Any, **kwargs: Any) -> Given:
    """Zeros behind the last entries of some axes."""
    value = [v for v in (*args, *kwargs.values()) if v not in (None, "constant")]
    behind = len(widths) % 2 == 0 and all(front == 0 for front in widths[::2])
    known = behind and all(isinstance(n, int) and n >= 0 for n in widths[1::2]) and all(is_zero(v) for v in value[:1])
    return padded(b, out, x) if known and len(value) < 2 else None


def padded(b: SmallBuilder, out: Tensor, x: Value) -> Given:
    """A tensor with zeros behind its axes, up to a shape; itself where it has it already."""
    small, large = dims_of(x.type), dims_of(out)
    known = len(small) == len(large) and is_determined(x.type) and is_determined(out)
    fits = known and all(m <= n for m, n in zip(small, large, strict=True) if isinstance(m, int) and isinstance(n, int))
    if not fits or x.type.element_type != out.element_type:
        return None
    return x if small == large else b.emit(d.PadOp(x, large))


@rule(*_FULLS)
def _full(b: SmallBuilder, out: Tensor, *args: Any, **kwargs: Any) -> Given:
    """A constant; the number is the last argument."""
    number = kwargs.get("fill_value", args[-1] if args else None)
    if is_zero(number):
        return _zeros(b, out)
    return _constant(b, out, number) if isinstance(number, (int, float)) else None


@rule(*_ZEROS)
def _zeros(b: SmallBuilder, out: Tensor, *_args: Any, **_kwargs: Any) -> Given:
    """Entries of which no bit is set, which in f8E8M0FNU is no zero."""
    if isinstance(out.element_type, Float8E8M0FNUType):
        return b.emit(d.BitcastOp(b.emit(d.FullOp(0, with_element(out, TORCH_NAMES["uint8"]))), out))
    return _constant(b, out, 0)


@rule(*_ONES)
def _ones(b: SmallBuilder, out: Tensor, *_args: Any, **_kwargs: Any) -> Given:
    return _constant(b, out, 1)


@rule(*_RANGES)
def _range(b: SmallBuilder, out: Tensor, *bounds: Any, **_kwargs: Any) -> Given:
    """Whole numbers from a start on, in steps; the one bound alone is the end."""
    start, step = (bounds[0] if len(bounds) > 1 else 0), (bounds[2] if len(bounds) > 2 else 1)
    return _iota(b, out, None, start=start, step=step)


@rule(_IOTA)
def _iota(b: SmallBuilder, out: Tensor, _length: Any, *, start: Any, step: Any, **_kwargs: Any) -> Given:
    """What Inductor makes of `_range`; how many numbers there are is said by the result."""
    known = all(type(n) is int and abs(n) < 1 << 31 for n in (start, step))
    if out.element_type not in (i32, i64) or not known:
        return None
    numbers = b.emit(d.IotaOp(out))
    numbers = numbers if step == 1 else b.binary(d.MulOp, numbers, step)
    return b.binary(d.AddOp, numbers, start) if start else numbers


def _constant(b: SmallBuilder, out: Tensor, number: float) -> Given:
    """A number in a type that it can be kept in; an integer type does not round, and a truth value is whether not 0."""
    element = out.element_type
    kept = exact_number(bool(number) if element == i1 else number)
    known = is_modelled(element) and kept is not None and (not isinstance(element, IntegerType) or holds(element, kept))
    return b.emit(d.FullOp(kept, out)) if known and kept is not None else None
