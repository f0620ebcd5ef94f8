"""Every error that a user can see: a class with its message, which says what, where and how to mend it."""

from __future__ import annotations

from typing import Any, ClassVar


class IrfuseError(Exception):
    """The base of all of them; the message is the class's template filled in."""

    template: ClassVar[str]

    def __init__(self, **values: Any) -> None:
        self.values = values
        super().__init__(self.template.format(**values))


class UnboundSizeError(IrfuseError):
    """A shape has more than one size that the operands do not give."""

    template = "the shape [{dims}] has several sizes that no operand gives; name them with #irfuse.dims"


class NotEvaluableError(IrfuseError):
    """The reference met an op without a meaning in torch."""

    template = "{op} cannot be evaluated: only small, named and fused ops have a meaning in irfuse.reference"


class NoMetadataError(IrfuseError):
    """An FX graph was imported without fake values."""

    template = 'node {node} has no meta["val"]; import a graph that AOTAutograd, torch.export or make_fx has traced'
