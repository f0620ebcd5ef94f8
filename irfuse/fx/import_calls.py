"""What a call of an FX graph says: its target, its arguments, what it writes to, the line that it comes from."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import fx
from torch._subclasses.fake_tensor import FakeTensor
from xdsl.dialects.builtin import FileLineColLoc, IntAttr, LocationAttr, StringAttr

from irfuse.dialect.attrs import Operand, Unknown
from irfuse.dtypes import FP8_DTYPES

_FRAME = re.compile(r'File "([^"]*)", line (\d+)')
_FRAME_START = 'File "'
UNKNOWN = Unknown()


def target_name(node: fx.Node) -> str:
    """What a node calls, as the IR names it; ``outer:inner`` where that is an op that calls another one."""
    if node.op != "call_function":
        return f"{node.op}:{node.target}"
    target: Any = node.target
    if isinstance(target, torch._ops.OpOverload):
        return str(target)
    module = getattr(target, "__module__", "") or ""
    name = f"{module}.{getattr(target, '__name__', type(target).__name__)}"
    inner = inner_name(node)
    return f"{name}:{inner}" if inner else name


def inner_name(node: fx.Node) -> str:
    """The op or the Triton kernel that a node calls for a functional graph; an empty text for any other node."""
    if not isinstance(node.target, torch._ops.HigherOrderOperator):
        return ""
    inner = node.args[0] if node.args else None
    if isinstance(inner, torch._ops.OpOverload):
        return str(inner)
    return _kernel_name(node.kwargs["kernel_idx"]) if "kernel_idx" in node.kwargs else ""


def _kernel_name(index: Any) -> str:
    from torch._higher_order_ops.triton_kernel_wrap import kernel_side_table

    kernel: Any = kernel_side_table.get_kernel(index)
    while not hasattr(kernel, "__name__") and hasattr(kernel, "fn"):
        kernel = kernel.fn
    return getattr(kernel, "__name__", "")


def mutates(node: fx.Node) -> bool:
    """Whether a node writes to its operands, as its schema says, or its name for higher-order ops without one."""
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return "mutation" in target_name(node)
    return bool(schema.is_mutable)


def argument(value: Any, node: fx.Node, numbers: dict[fx.Node, Operand | Unknown | float]) -> Any:
    """An argument as `CallAttr` holds it."""
    if isinstance(value, fx.Node):
        return numbers[value]
    if isinstance(value, (tuple, list)):
        return tuple([argument(v, node, numbers) for v in value])
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (torch.dtype, torch.layout, torch.memory_format)):
        return str(value).removeprefix("torch.")
    return None if isinstance(value, torch.device) and _stays_on(node, value) else UNKNOWN


def _stays_on(node: fx.Node, device: torch.device) -> bool:
    """Whether all tensor operands of a node are already on the device that it names."""
    tensors = [n.meta["val"] for n in node.all_input_nodes if isinstance(n.meta.get("val"), FakeTensor)]
    return bool(tensors) and all(
        t.device.type == device.type and device.index in (None, t.device.index) for t in tensors
    )


def casts_to_fp8(node: fx.Node) -> bool:
    """Whether a node of torch's own makes 8-bit floats of other floats."""
    made, target = node.meta.get("val"), node.target
    own = isinstance(target, torch._ops.OpOverload) and target.namespace in ("aten", "prims")
    if not own or not isinstance(made, torch.Tensor) or made.dtype not in FP8_DTYPES:
        return False
    read = [n.meta.get("val") for n in node.all_input_nodes]
    return any(isinstance(v, torch.Tensor) and v.is_floating_point() and v.dtype != made.dtype for v in read)


def innermost_line(trace: str) -> LocationAttr | None:
    """The last frame of a stack trace, looked for from its end, as traces are long."""
    start = trace.rfind(_FRAME_START)
    while start >= 0:
        if (frame := _FRAME.match(trace, start)) is not None:
            return FileLineColLoc(StringAttr(frame[1]), IntAttr(int(frame[2])), IntAttr(0))
        start = trace.rfind(_FRAME_START, 0, start)
    return None
