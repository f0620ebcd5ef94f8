"""What an instruction can reach while it runs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from irfuse.emulate.assembly import Instruction
from irfuse.emulate.errors import UndefinedUseError, UnknownModifierError
from irfuse.emulate.lds import Lds
from irfuse.emulate.memory import Memory
from irfuse.emulate.state import Array, Waves
from irfuse.emulate.targets import Gpu

FP16_OVFL = 23
"""The bit of MODE that makes conversions to narrow floats saturate."""
Write: TypeAlias = Callable[[], None]
"""A change of registers: the halves of a dual instruction are both computed before either writes."""


@dataclass
class Context:
    """The machine as a group of waves sees it.

    ``first_group``: the workgroup of the launch that the waves' numbers of groups count from. ``noise`` draws whole
    numbers that move results of exp, log, rcp, rsq and sqrt by so many steps of f32, or is None.
    """

    gpu: Gpu
    waves: Waves
    memory: Memory
    lds: Lds
    first_group: int = 0
    noise: Callable[[tuple[int, ...]], Array] | None = None
    checks_definedness: bool = True

    def fp16_overflow(self) -> Array:
        """Whether MODE.FP16_OVFL is set, so that narrow floats saturate, bool [W, 1]."""
        return (self.waves.mode >> np.uint32(FP16_OVFL) & np.uint32(1)).astype(bool)[:, None]

    def group_of(self, wave: int) -> int:
        """The number of a wave's workgroup within the launch."""
        return self.first_group + int(self.waves.workgroup[wave])

    def require_defined(self, ins: Instruction, defined: Array, use: str) -> None:
        """Raise UndefinedUseError unless all of a condition, mask or address is defined."""
        if self.checks_definedness and not np.all(defined):
            raise UndefinedUseError(line=ins.line, use=use, text=ins.text)


def allow_modifiers(ins: Instruction, known: Collection[str]) -> None:
    """Raise UnknownModifierError for a modifier that is not among those an instruction is known to take."""
    for name, value in ins.modifiers.items():
        if name not in known:
            raise unknown_modifier(ins, name, value)


def unknown_modifier(ins: Instruction, name: str, value: object = "") -> UnknownModifierError:
    """The error for a modifier, or a value of one."""
    shown = f"{name}:{value}" if value != "" else name
    return UnknownModifierError(line=ins.line, opcode=ins.opcode, modifier=shown, text=ins.text)
