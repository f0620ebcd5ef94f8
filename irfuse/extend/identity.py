"""What identifies all that comes from outside, for the keys of caches: its code, the values that it uses, its files.

A function is its byte code, its constants, and whatever it names, down to what is torch's or Python's, which is a name.
A value that nothing tells apart from others in another process has no identity, and neither has all of it together.
"""

from __future__ import annotations

import dis
import hashlib
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import torch

from irfuse.aten import RULES
from irfuse.extend.ops import REGISTERED
from irfuse.extend.plugins import files_of, plugins_identity

_BY_TEXT = (bool, int, float, complex, str, bytes, type(None), type(...), range)
_OF_TORCH = (torch.dtype, torch.device, torch.layout, torch.memory_format)
_OPS = (torch._ops.OpOverload, torch._ops.OpOverloadPacket)
_KNOWN = {"irfuse", "torch", "builtins", *sys.stdlib_module_names} - {"__main__"}
"""What other parts of the keys identify: the versions of torch and of Python, and irfuse's sources."""


class _NoIdentityError(Exception):
    """A value of which nothing says whether it is the same in another process."""


def identity() -> str | None:
    """A text that differs where plug-ins, registered ops or rules from outside do; None where that is not known."""
    plugins = plugins_identity()
    outside = REGISTERED | {name: rule for name, rule in RULES.items() if _home(rule) not in _KNOWN}
    digest = hashlib.sha256(sys.version.encode())
    try:
        for text in _texts([plugins, outside, [_files(function) for function in outside.values()]], {}):
            digest.update(text.encode() + b"\0")
    except _NoIdentityError:
        return None
    return None if None in plugins else digest.hexdigest()


def _home(value: Any) -> str:
    """The outermost package or module that a value comes from; an empty text for one that nobody knows."""
    module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return str(module or "").partition(".")[0]


def _files(value: Any) -> str:
    """The files beside a function, in which the op may be made too. Raises _NoIdentityError."""
    while isinstance(value, partial):
        value = value.func
    found = files_of(_home(value))
    if found is None:
        raise _NoIdentityError
    return found


def _texts(value: Any, seen: dict[int, Any]) -> Iterator[str]:
    """What a value is, piece by piece; ``seen`` has those that are written already. Raises _NoIdentityError."""
    known = isinstance(value, (ModuleType, FunctionType, BuiltinFunctionType, type)) and _home(value) in _KNOWN
    if isinstance(value, (*_BY_TEXT, *_OF_TORCH, *_OPS)):
        yield f"{type(value).__name__} {value!r}"
    elif known:
        yield f"{value.__name__} {getattr(value, '__qualname__', '')}"
    elif id(value) in seen:
        yield f"number {list(seen).index(id(value))}"
    elif isinstance(value, (ModuleType, type)):
        yield f"{value.__name__} {getattr(value, '__qualname__', '')} {_files(value)}"
    else:
        seen[id(value)] = value
        parts = _parts(value)
        yield f"{type(value).__name__} {len(parts)}"
        for part in parts:
            yield from _texts(part, seen)


def _parts(value: Any) -> Sequence[Any]:
    """What a value is made of. Raises _NoIdentityError."""
    match value:
        case FunctionType():
            cells = [cell.cell_contents for cell in value.__closure__ or ()]
            names = [(name, value.__globals__.get(name)) for name in _globals(value.__code__)]
            return [value.__code__, value.__defaults__, value.__kwdefaults__, *cells, *names]
        case CodeType():
            return [value.co_code, value.co_names, value.co_varnames, *value.co_consts]
        case partial():
            return [value.func, value.args, value.keywords]
        case dict():
            return [part for item in value.items() for part in item]
        case list() | tuple():
            return value
        case frozenset():
            return sorted(value, key=repr)
    raise _NoIdentityError


def _globals(code: CodeType) -> Iterator[str]:
    """The names outside of a function that it and the functions in it use."""
    yield from (step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _globals(inner)
