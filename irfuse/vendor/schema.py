"""Schemas of torch ops as text, taken apart: what an op takes, what it writes to, how much it returns."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

_SCHEMA = re.compile(r"(?P<namespace>\w+)::(?P<name>[\w.]+)\((?P<arguments>.*)\) -> \(?(?P<returns>.*?)\)?")
_ARGUMENT = re.compile(r"(?P<kind>[\w\[\]]+)(?P<write>!?)(?P<optional>\??) (?P<name>\w+)(=(?P<default>.+))?")


@dataclass(frozen=True)
class Argument:
    """One argument: its type without what is written, whether it may be None, whether the op writes to it.

    ``by_keyword`` says that a keyword alone may name it.
    """

    name: str
    kind: str
    optional: bool = False
    written: bool = False
    required: bool = True
    default: Any = None
    by_keyword: bool = False

    def __str__(self) -> str:
        kind = f"{self.kind}{'!' if self.written else ''}{'?' if self.optional else ''}"
        name = f"*{self.name}" if self.by_keyword else self.name
        return f"{kind} {name}" if self.required else f"{kind} {name}={self.default}"


@dataclass(frozen=True)
class Signature:
    """What a call of an op must match: equal signatures are equal schemas, however these spell what is written."""

    arguments: tuple[Argument, ...]
    returns: tuple[str, ...]

    @property
    def written(self) -> tuple[Argument, ...]:
        """The arguments that the op writes to, in order."""
        return tuple([a for a in self.arguments if a.written])

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.arguments))}) -> ({', '.join(self.returns)})"


def name_in(schema: str) -> str:
    """What an op of this schema is called in a graph: ``namespace.name.overload``."""
    namespace, _, rest = schema.partition("::")
    name = rest.partition("(")[0]
    return f"{namespace}.{name}" if "." in name else f"{namespace}.{name}.default"


@cache
def signature(schema: str) -> Signature:
    """A schema as torch.library takes it, of tensors, numbers and flags. Raises ValueError for any other text."""
    found = _SCHEMA.fullmatch(schema)
    if found is None:
        raise ValueError(f"{schema} is no schema of an op")
    arguments = [_argument(text) for text in found["arguments"].split(", ") if text]
    return Signature(tuple(arguments), tuple([text for text in found["returns"].split(", ") if text]))


def _argument(text: str) -> Argument:
    found = _ARGUMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is no argument of a schema")
    default = found["default"]
    value = None if default is None else ast.literal_eval(default)
    kind = found["kind"].replace("SymInt", "int")
    return Argument(found["name"], kind, bool(found["optional"]), bool(found["write"]), default is None, value)
