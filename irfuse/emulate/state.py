"""The registers of many waves at once, each with a shadow that says what was ever written.

Waves go through a program in lockstep where they can, so a register is an array with an axis of waves. The shadow
follows values through arithmetic, as Memcheck's does: an undefined value may be computed with, and is only an error
where it matters. Source of the idea: J. Seward and N. Nethercote, "Using Valgrind to detect undefined value errors
with bit-precision", USENIX 2005.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from irfuse.emulate.operands import EXEC, SGPRS, VCC

Array: TypeAlias = np.ndarray[Any, Any]
ALL = np.uint32(0xFFFFFFFF)
JUNK = 0x5EADBEEF
"""What registers and LDS hold before anything is written: as a float a large number, as an offset far outside."""

FILES = ("vector", "vector_defined", "private", "private_defined", "scalar", "scalar_defined")
ROWS = ("scc", "scc_defined", "active", "mode")
"""What changes while waves run: arrays whose second axis, and whose first, counts waves."""


@dataclass
class Waves:
    """The registers of ``W`` waves of ``L`` lanes.

    ``vector`` u32 [registers, W, L] and ``vector_defined``, bool; ``private`` and ``private_defined``, the same for
    the words of scratch memory; ``scalar`` u32 [128, W] and ``scalar_defined``, u32
    with a bit for each; ``scc`` and ``scc_defined``, bool [W]; ``active``, bool [W, L], the EXEC mask by lane;
    ``workgroup`` and ``place``, the wave's number within it, int [W]; ``mode``, the MODE register, u32 [W].
    """

    vector: Array
    vector_defined: Array
    private: Array
    private_defined: Array
    scalar: Array
    scalar_defined: Array
    scc: Array
    scc_defined: Array
    active: Array
    workgroup: Array
    place: Array
    mode: Array

    @classmethod
    def empty(cls, registers: int, groups: int, waves_of_group: int, lanes: int, private: int = 0) -> Waves:
        """Waves of which nothing is defined but EXEC, all lanes, and the lane numbers in v0; MODE is 0."""
        waves = groups * waves_of_group
        made = cls(
            vector=np.full((registers, waves, lanes), JUNK, np.uint32),
            vector_defined=np.zeros((registers, waves, lanes), bool),
            private=np.full((private, waves, lanes), JUNK, np.uint32),
            private_defined=np.zeros((private, waves, lanes), bool),
            scalar=np.full((SGPRS, waves), JUNK, np.uint32),
            scalar_defined=np.zeros((SGPRS, waves), np.uint32),
            scc=np.zeros(waves, bool),
            scc_defined=np.zeros(waves, bool),
            active=np.ones((waves, lanes), bool),
            workgroup=np.arange(waves) // waves_of_group,
            place=np.arange(waves) % waves_of_group,
            mode=np.zeros(waves, np.uint32),
        )
        made.vector[0] = made.place[:, None] * lanes + np.arange(lanes)
        made.vector_defined[0] = True
        made.write_mask(EXEC, made.active, np.ones_like(made.active))
        return made

    @property
    def count(self) -> int:
        """The number of waves."""
        return len(self.scc)

    @property
    def lanes(self) -> int:
        """The number of lanes of a wave."""
        return self.active.shape[1]

    def select(self, chosen: Array) -> Waves:
        """A copy of some of the waves, given by their numbers."""
        files = {name: getattr(self, name)[:, chosen] for name in FILES}
        rows = {name: getattr(self, name)[chosen] for name in ("workgroup", "place", *ROWS)}
        return Waves(**files, **rows)

    def put_back(self, chosen: Array, part: Waves) -> None:
        """Take over what became of the waves that `select` copied."""
        for name in FILES:
            getattr(self, name)[:, chosen] = getattr(part, name)
        for name in ROWS:
            getattr(self, name)[chosen] = getattr(part, name)

    def write_vector(self, register: int, value: Array, defined: Array, where: Array) -> None:
        """Write a register in some lanes: ``value`` u32, ``defined`` and ``where`` bool, all as [W, L]."""
        np.copyto(self.vector[register], value, where=where)
        np.copyto(self.vector_defined[register], defined, where=where)

    def write_scalar(self, register: int, value: Array, defined: Array) -> None:
        """Write a register; ``value`` and ``defined`` u32 [W]."""
        self.scalar[register], self.scalar_defined[register] = value, defined
        if register in (EXEC, EXEC + 1):
            self.active = self.read_mask(EXEC)[0]

    def read_mask(self, register: int) -> tuple[Array, Array]:
        """A lane mask, one register or two, and what of it is defined, bool [W, L]."""
        value, defined = (self._by_lane(file, register) for file in (self.scalar, self.scalar_defined))
        return value, defined

    def write_mask(self, register: int, value: Array, defined: Array) -> None:
        """Write a lane mask, one register or two; ``value`` and ``defined`` bool [W, L]."""
        for word in range(self.lanes // 32):
            part = np.s_[:, 32 * word : 32 * word + 32]
            self.write_scalar(register + word, _packed(value[part]), _packed(defined[part]))

    def vcc_is_zero(self) -> tuple[Array, Array]:
        """Whether no bit of VCC is set, and whether that is defined, bool [W]."""
        value, defined = self.read_mask(VCC)
        return np.asarray(~value.any(1)), np.asarray(defined.all(1) | (value & defined).any(1))

    def _by_lane(self, file: Array, register: int) -> Array:
        words = file[register : register + self.lanes // 32]
        bits = np.ascontiguousarray(words.T).astype("<u4", copy=False).view(np.uint8)
        return np.unpackbits(bits, axis=1, bitorder="little").view(bool)


def _packed(bits: Array) -> Array:
    return np.packbits(bits, axis=1, bitorder="little").view("<u4")[:, 0]
