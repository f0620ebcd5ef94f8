"""What a generated kernel is: its source, and what its launch needs to know."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Attribute

from irfuse.analysis.rows import Counted
from irfuse.dialect.sizes import Size
from irfuse.kernel.configs import Work

PROGRAM = "tl.program_id(0)"
"""Where a kernel's text asks which program it is."""


@dataclass(frozen=True)
class Part:
    """The programs of a kernel that have rows in common; a kernel has one such part, or several one behind the other.

    ``counted`` says by which operand of the kernel the rows are told, ``row`` is how many columns one has, ``work``
    what the launch is configured by.
    """

    counted: Counted
    row: int
    work: Work


@dataclass(frozen=True)
class Result:
    """A result of a kernel.

    ``part`` is the number of the part that computes it, ``kept`` how many entries it has for each row of that;
    ``padded`` says whether it has entries that no row writes, which are zeros before the launch; ``buffer`` is the
    operand that it is, written to, and None for a tensor of its own.
    """

    kind: Attribute
    part: int
    kept: int
    padded: bool
    buffer: int | None


@dataclass(frozen=True)
class Kernel:
    """A generated kernel.

    It is called as ``kernel[grid](*operands, *results, *rows, *sizes, **tiles)`` with a number of rows for each part
    and, by `tiles`, how many of them a program computes. ``sizes`` are the values of the symbolic sizes and strides
    that the addresses need.
    """

    name: str
    source: str
    operand_types: tuple[Attribute, ...]
    results: tuple[Result, ...]
    parts: tuple[Part, ...]
    sizes: tuple[Size, ...]

    @property
    def tiles(self) -> tuple[str, ...]:
        """For each part the name of the constant that says how many rows a program computes."""
        return ("ROWS",) if len(self.parts) == 1 else tuple(f"ROWS{i}" for i in range(len(self.parts)))

    @property
    def function(self) -> str:
        """Its definition, without the imports and helpers before it."""
        return self.source[self.source.index(f"@triton.jit\ndef {self.name}(") :]

    @property
    def only(self) -> Part:
        """Its one part. Raises ValueError where it has several."""
        (part,) = self.parts
        return part
