"""The tensors that a call by ``auto_functionalized_v2`` writes to: an argument is one of the bases, or a view of it.

Views that hold all entries of their base are known: its axes in another order, as scales column by column are, and
other shapes of a contiguous one. ``_NAME_size``, ``_NAME_stride`` and ``_NAME_storage_offset`` say which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import TensorType

from irfuse import dialect as d
from irfuse.dialect.attrs import Operand, SymIntType
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import Tensor, dims_of, make_tensor, strides_of
from irfuse.vendor.schema import Signature
from irfuse.vendor.table import require

ALL_BASES = "_all_bases"
_WORDS = ("base_index", "alias", "size", "stride", "storage_offset", "slice_dim", "slice_start", "slice_end")


@dataclass(frozen=True)
class View:
    """A view that holds all entries of its base: axes in an order, or another shape where there is none."""

    dims: tuple[Dim, ...]
    strides: tuple[Dim, ...]
    order: tuple[int, ...] | None

    def of(self, b: SmallBuilder, base: Value) -> Value:
        """The view of a base."""
        if self.order is None:
            return b.reshape(base, self.dims)
        seen = b.permute(b.contiguous(base), self.order)
        return b.emit(d.RelayoutOp(seen, make_tensor(base.type.element_type, self.dims, self.strides)))

    def undone(self, b: SmallBuilder, value: Value, base: Tensor) -> Value:
        """The base of which a value is the view."""
        shaped = b.reshape(value, self.dims)
        if self.order is None:
            return b.reshape(shaped, dims_of(base))
        return b.permute(shaped, [self.order.index(i) for i in range(len(self.order))])


@dataclass(frozen=True)
class Written:
    """One argument that an op writes to: the number of its base, and its view of that, None for all of it."""

    base: int
    view: View | None


def written_in(signature: Signature, named: dict[str, Any], op: OpaqueOp) -> dict[str, Written]:
    """What a call writes to, by the names of the arguments; takes all that says so out of ``named``.

    Raises Unsupported.
    """
    bases, found = named.pop(ALL_BASES), dict[str, Written]()
    require(isinstance(bases, tuple), "the tensors that it writes to are not known")
    for argument in signature.written:
        keys = {word: f"_{argument.name}_{word}" for word in _WORDS}
        words = {word: named.pop(key) for word, key in keys.items() if key in named}
        number = words.pop("base_index", None)
        known = number is None or (isinstance(number, int) and 0 <= number < len(bases))
        require(known, f"{argument.name} is none of the tensors that it writes to")
        named[argument.name] = None if number is None else bases[number]
        if number is not None:
            view = None if not words or "alias" in words else _view(argument.name, words, bases[number], op)
            found[argument.name] = Written(number, view)
    numbers = {written.base for written in found.values()}
    require(len(numbers) == len(found), "two of its arguments are one tensor")
    require(len(numbers) == len(bases), "it writes to a tensor that is none of its arguments")
    return found


def _view(name: str, words: dict[str, Any], base: Any, op: OpaqueOp) -> View:
    """The view of a base that an argument is."""
    kind = op.ins[base.index].type if isinstance(base, Operand) else None
    dims, strides = _sizes(words.get("size"), op), _sizes(words.get("stride"), op)
    whole = isinstance(kind, TensorType) and words.get("storage_offset") == 0 and dims and strides
    require(bool(whole), f"{name} is a part of another tensor")
    assert dims is not None and strides is not None and isinstance(kind, TensorType)
    behind = _steps(kind)
    if strides_of(kind) is None and strides == _contiguous(dims) and Size.product(dims) == Size.product(dims_of(kind)):
        return View(dims, strides, None)
    order = _order(list(zip(dims, strides, strict=True)), behind)
    require(order is not None, f"{name} is a part of another tensor")
    return View(dims, strides, order)


def _order(seen: Sequence[tuple[Dim, Dim]], behind: Sequence[tuple[Dim, Dim]]) -> tuple[int, ...] | None:
    """Which axis of a base each axis of a view is, all of them once; None where a view is another one."""
    order: list[int] = []
    for axis in seen:
        same = [i for i, other in enumerate(behind) if other == axis and i not in order]
        order += same[:1]
    return tuple(order) if len(order) == len(seen) == len(behind) else None


def _steps(tensor: Tensor) -> list[tuple[Dim, Dim]]:
    """Length and stride of each axis."""
    dims = dims_of(tensor)
    return list(zip(dims, strides_of(tensor) or _contiguous(dims), strict=True))


def _contiguous(dims: Sequence[Dim]) -> tuple[Dim, ...]:
    """The strides of a contiguous tensor."""
    return tuple([Size.product(dims[i + 1 :]).dim() for i in range(len(dims))])


def _sizes(values: Any, op: OpaqueOp) -> tuple[Dim, ...] | None:
    """Sizes of a call, those that the graph computes by their names; None where one is not known."""
    if not isinstance(values, tuple):
        return None
    kinds = [op.ins[v.index].type if isinstance(v, Operand) else v for v in values]
    dims = [kind.expr.data if isinstance(kind, SymIntType) else kind for kind in kinds]
    known = tuple([dim for dim in dims if isinstance(dim, (int, str))])
    return known if len(known) == len(dims) else None
