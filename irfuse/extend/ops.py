"""`irfuse.register_op`: a user's own op gets an entry in the table of ops of other packages."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch

from irfuse.aten import RULES
from irfuse.errors import BadMeaningError, KnownOpError, NotAnOpError, SeveralOverloadsError, UnknownOpError
from irfuse.extend.traced import meaning_of
from irfuse.fx.vendor_schemas import signature_of
from irfuse.vendor import TABLE, Entry, Reading

REGISTERED: dict[str, Callable[..., Any]] = {}
"""What ops from outside compute in torch's ops, by the names of their overloads."""


def register_op(op: Any, meaning: Callable[..., Any], *, inexact: bool = False) -> None:
    """Say what an op of your own computes, in torch's ops; irfuse then fuses calls of it as if it were written so.

    ``op`` is an overload as ``torch.ops.mine.norm.default``, its packet ``torch.ops.mine.norm`` where that has one
    overload, or a name, ``"mine::norm"``. ``meaning`` takes the op's arguments, all of them, in the order of its
    schema, those that the schema has by keyword alone by keyword. It returns what the op returns: a tensor or a tuple
    of them, in the same shapes and dtypes. Of an op that writes to arguments it writes to none, and returns what the op
    returns and then the new value of each argument that is written to, in the order of the schema.

    Where an implementation of the op can be run, it is tried on rows, and calls of it are fused only if it has the bits
    of the meaning: on CPUs all of them, on GPUs all but the last bits of sums and exponentials where ``inexact`` says
    that there are some. A call of which the meaning is not certain stays as it was, with the reason in the report.

    Raises NotAnOpError, UnknownOpError, SeveralOverloadsError, KnownOpError, or BadMeaningError.
    """
    target = _overload_of(op)
    name = str(target)
    if name in TABLE or name in RULES:
        raise KnownOpError(op=name, source=TABLE[name].readings[0].source if name in TABLE else "irfuse.aten")
    signature = signature_of(target)
    by_place = [a.name for a in signature.arguments if not a.by_keyword]
    by_name = [a.name for a in signature.arguments if a.by_keyword]
    try:
        inspect.signature(meaning).bind(*by_place, **dict.fromkeys(by_name))
    except (TypeError, ValueError) as reason:
        raise BadMeaningError(op=name, meaning=meaning, signature=signature, reason=reason) from None
    module, function = getattr(meaning, "__module__", ""), getattr(meaning, "__qualname__", type(meaning).__name__)
    small = meaning_of(name, signature, meaning)
    reading = Reading(small, str(module), f"{module}.{function}", "what is registered", inexact)
    TABLE[name], REGISTERED[name] = Entry(signature, (reading,), asked=False), meaning


def _overload_of(op: Any) -> torch._ops.OpOverload:
    """The overload that a user means."""
    found = _named(op) if isinstance(op, str) else op
    if isinstance(found, torch._ops.OpOverloadPacket):
        overloads = found.overloads()
        if len(overloads) != 1:
            raise SeveralOverloadsError(op=found, overloads=", ".join(overloads))
        return getattr(found, overloads[0])
    if not isinstance(found, torch._ops.OpOverload):
        raise NotAnOpError(op=op)
    return found


def _named(name: str) -> Any:
    """The op of a name ``namespace::name`` or ``namespace::name.overload``, also with a dot for the colons."""
    home: Any = torch.ops
    for part in name.replace("::", ".", 1).split("."):
        home = getattr(home, part, None) if part.isidentifier() else None
    if home is None:
        raise UnknownOpError(op=name)
    return home
