"""Which of its readings an op computes here: that with its bits on `irfuse.probe.operands`, measured once a process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.utils._python_dispatch import _disable_current_modes
from torch.utils._pytree import tree_leaves
from xdsl.dialects.builtin import IntegerAttr, TensorType, i64
from xdsl.ir import Block, SSAValue

from irfuse.dialect.build import SmallBuilder
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.types import TORCH_NAMES
from irfuse.fx.import_types import type_of
from irfuse.probe.operands import few_rows, operand
from irfuse.report.remarks import Declined, remark
from irfuse.runtime.reference import Sizes, evaluate
from irfuse.vendor import TABLE, Entry, Reading, Unsupported, arguments_of
from irfuse.vendor.schema import Argument

Found: TypeAlias = tuple[list[Tensor], list[Tensor | None]]
"""What an op returned, and what it was given to write to."""
_ANSWERS: dict[Any, int | Declined] = {}
"""What was measured, by the op, the types and options of its call, and the device."""
_IN_TORCH = "write it in torch's own ops"
MOST_ROUNDED_OTHERWISE = 1 / 256
"""On GPUs, the largest share of entries that a sum in another order, or another last bit of exp, rounds otherwise.

About one bf16 number in 2^15 is, and one f16 number in 2^12; where readings round at other places every fourth is.
"""
LAST_BITS = 2.0**-20
"""There, a relative difference of f32 numbers that comes from the same."""
_OTHER = "the numbers that it computes here are those of no reading that irfuse has of it"
_ANOTHER = "write it in torch's own ops, or add a reading of it: docs/vendor_ops.md"


def ask(op: OpaqueOp, target: torch._ops.OpOverload, device: torch.device | None) -> None:
    """Say on a node of a known op which reading of it holds on a device; where none does, that it stays opaque.

    Nothing is said where no implementation is registered there.
    """
    entry = TABLE[str(target)]
    if op.call is None or device is None or not _is_implemented(target, device):
        return
    kinds = _kinds_of(entry, op)
    if kinds is None:
        return
    key = (str(target), entry, str(device), tuple(few_rows(kinds).items()))
    if key not in _ANSWERS:
        _ANSWERS[key] = _measured(entry, target, device, few_rows(kinds))
    answer = _ANSWERS[key]
    if isinstance(answer, Declined):
        del op.properties["call"]
        remark(op, answer)
    else:
        op.properties["reading"] = IntegerAttr(answer, i64)


def _is_implemented(target: torch._ops.OpOverload, device: torch.device) -> bool:
    """Whether an op can be run on a device, which is at hand."""
    if device.type not in ("cpu", "cuda") or (device.type == "cuda" and not torch.cuda.is_available()):
        return False
    name = target._schema.name + (f".{target._schema.overload_name}" if target._schema.overload_name else "")
    return bool(torch._C._dispatch_has_computed_kernel_for_dispatch_key(name, device.type.upper()))


def _kinds_of(entry: Entry, op: OpaqueOp) -> dict[str, Any] | None:
    """The arguments of a call by name, tensors by their types; None where raise-aten says what is the matter."""
    b = SmallBuilder()
    try:
        arguments, _ = arguments_of(entry, b, op)
        return {name: v.type if isinstance(v, SSAValue) else v for name, v in arguments.items()}
    except Unsupported:
        return None
    finally:
        for small in reversed(b.ops):
            small.erase()


@contextmanager
def _eagerly() -> Iterator[None]:
    """As outside of any tracing, gradients and autocast."""
    with _disable_current_modes(), torch._C.DisableTorchFunction(), torch._C._DisableAutocast(), torch.no_grad():
        yield


def _measured(
    entry: Entry, target: torch._ops.OpOverload, device: torch.device, kinds: Mapping[str, Any]
) -> int | Declined:
    """The number of the reading that is nearest to an op, and near enough; why there is none."""
    try:
        with _eagerly():
            given = _operands(entry, kinds, device)
            found = _run(entry, target, given)
            if changed := _changed(entry, given, _operands(entry, kinds, device)):
                return Declined(f"it writes to its argument {changed}, of which its schema does not say so", _IN_TORCH)
            shares = [_share(entry, reading, kinds, found, device) for reading in entry.readings]
    except Exception as reason:
        text = str(reason).partition("\n")[0]
        return Declined(f"tried on rows, it raises {type(reason).__name__}: {text}", _IN_TORCH)
    known = {number: share for number, share in enumerate(shares) if isinstance(share, float)}
    if not known:
        return Declined(str(shares[0]), _IN_TORCH)
    nearest = min(known, key=lambda number: known[number])
    return nearest if known[nearest] <= _most_others(entry.readings[nearest], device) else Declined(_OTHER, _ANOTHER)


def _most_others(reading: Reading, device: torch.device) -> float:
    """The share of entries that may be others: none, but where the order of a sum or the last bit of exp shows."""
    return MOST_ROUNDED_OTHERWISE if reading.inexact and device.type != "cpu" else 0.0


def _operands(entry: Entry, kinds: Mapping[str, Any], device: torch.device) -> dict[str, Any]:
    """The arguments of a call by name, with tensors of their types."""
    given = {a.name: kinds[a.name] for a in entry.signature.arguments}
    dtypes = {a.name: getattr(torch, given[a.name]) for a in entry.signature.arguments if _is_dtype(a, given[a.name])}
    tensors = {n: operand(k, i, device) for i, (n, k) in enumerate(given.items()) if isinstance(k, TensorType)}
    return given | dtypes | tensors


def _is_dtype(argument: Argument, value: Any) -> bool:
    return argument.kind == "ScalarType" and value in TORCH_NAMES


def _run(entry: Entry, target: torch._ops.OpOverload, given: Mapping[str, Any]) -> Found:
    """What an op returns, and what is in the tensors that it writes to."""
    returned = [v for v in tree_leaves(target(**given)) if isinstance(v, Tensor)]
    return returned, [given[a.name] for a in entry.signature.written]


def _changed(entry: Entry, given: Mapping[str, Any], fresh: Mapping[str, Any]) -> str:
    """The name of a tensor that an op has written to, though its schema has it as one that is read; empty if none."""
    read = {name for name, v in given.items() if isinstance(v, Tensor)} - {a.name for a in entry.signature.written}
    return next((name for name in sorted(read) if _share_of_others(fresh[name], given[name], 0.0)), "")


def _share(
    entry: Entry,
    reading: Reading,
    kinds: Mapping[str, Any],
    found: Found,
    device: torch.device,
) -> float | Unsupported:
    """The share of entries that are others by a reading than what an op computed; why it says nothing of the call."""
    names = [name for name, kind in kinds.items() if isinstance(kind, TensorType)]
    block, b = Block(arg_types=[kinds[name] for name in names]), SmallBuilder()
    arguments = {**kinds, **dict(zip(names, block.args, strict=True))}
    try:
        values = reading.meaning(b, [type_of(t) for t in found[0]], **arguments)
        given = _operands(entry, kinds, device)
        env: dict[SSAValue, Any] = {value: given[name] for name, value in zip(names, block.args, strict=True)}
        evaluate(b.ops, env, Sizes(block.args, [given[name] for name in names]))
    except Unsupported as reason:
        return reason
    finally:
        for small in reversed(b.ops):
            small.erase()
    pairs = zip(values, [*found[0], *found[1]], strict=True)
    last_bits = LAST_BITS if reading.inexact and device.type != "cpu" else 0.0
    return max(_share_of_others(env[v], t, last_bits) for v, t in pairs if v is not None and t is not None)


def _share_of_others(wanted: Tensor, found: Tensor, last_bits: float) -> float:
    """The share of entries with other bits, by more than some last bits of f32; all NaN are one."""
    if wanted.dtype != found.dtype or wanted.numel() != found.numel():
        return 1.0
    a, b = wanted.reshape(found.shape).double(), found.double()
    same = (a.view(torch.int64) == b.view(torch.int64)) | (a.isnan() & b.isnan())
    near = (a - b).abs() <= last_bits * b.abs() if last_bits else same
    return 1.0 - (same | near).double().mean().item()
