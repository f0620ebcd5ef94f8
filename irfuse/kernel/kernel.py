"""What a generated kernel is: its source, and what its launch needs to know."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Attribute

from irfuse.analysis.rows import Counted
from irfuse.dialect.sizes import Size
from irfuse.kernel.configs import Work


@dataclass(frozen=True)
class Kernel:
    """A generated kernel.

    It is called as ``kernel[grid](*operands, *results, rows, *sizes, ROWS=rows_per_program)`` with
    ``grid = ceil(rows / ROWS)``. ``counted`` says by which operand ``rows`` is told; ``sizes`` are the values of the
    symbolic sizes and strides that the addresses need.
    """

    name: str
    source: str
    operand_types: tuple[Attribute, ...]
    result_types: tuple[Attribute, ...]
    kept_columns: tuple[int, ...]
    """For each result, how many entries it has for each row."""
    padded: tuple[bool, ...]
    """For each result, whether it has entries that no row writes, which are zeros before the launch."""
    counted: Counted
    row: int
    """The columns of a row."""
    work: Work
    sizes: tuple[Size, ...]
    buffers: tuple[int | None, ...]
    """For each result, which operand it is, written to; None for a tensor of its own."""
