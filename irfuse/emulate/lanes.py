"""Data parallel primitives: which lane each lane of a DPP instruction reads its first source from.

Source: AMD, "AMD Instinct MI300 Instruction Set Architecture", section "Data Parallel Primitives (DPP)"; "RDNA3
Instruction Set Architecture", section "Data Parallel Processing: DPP".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from irfuse.emulate.assembly import Instruction
from irfuse.emulate.context import unknown_modifier
from irfuse.emulate.state import Array

MASKS = ("row_mask", "bank_mask", "bound_ctrl", "fi")
"""Modifiers that every DPP instruction may have."""
Control = Callable[[Array, int], Array]

CONTROLS: dict[str, Control] = {
    "row_shl": lambda lane, n: np.where(lane % 16 + n < 16, lane + n, -1),
    "row_shr": lambda lane, n: np.where(lane % 16 >= n, lane - n, -1),
    "row_ror": lambda lane, n: lane // 16 * 16 + (lane - n) % 16,
    "row_mirror": lambda lane, _: lane // 16 * 16 + 15 - lane % 16,
    "row_half_mirror": lambda lane, _: lane // 8 * 8 + 7 - lane % 8,
    "row_share": lambda lane, n: lane // 16 * 16 + n,
    "row_newbcast": lambda lane, n: lane // 16 * 16 + n,
    "row_xmask": lambda lane, n: lane ^ n,
    "row_bcast": lambda lane, n: np.where(lane > n, lane // (n + 1) * (n + 1) - 1, -1),
    "wave_shl": lambda lane, n: np.where(lane + n < len(lane), lane + n, -1),
    "wave_shr": lambda lane, n: lane - n,
    "wave_rol": lambda lane, n: (lane + n) % len(lane),
    "wave_ror": lambda lane, n: (lane - n) % len(lane),
}
"""The lane that each lane reads; -1 where that is outside of the row or wave."""
MODIFIERS = (*MASKS, *CONTROLS, "quad_perm")
"""All modifiers of DPP instructions that are known."""


@dataclass(frozen=True)
class Movement:
    """``source`` int [L]: the lane to read; ``valid`` bool [W, L]: where it can be; ``written`` bool [W, L]."""

    source: Array
    valid: Array
    written: Array

    def moved(self, value: Array) -> Array:
        """What each lane reads of a value [W, L]; 0 where it can read none."""
        value = np.broadcast_to(value, self.valid.shape)
        return np.where(self.valid, value[:, self.source], value.dtype.type(0))

    def moved_defined(self, defined: Array) -> Array:
        """What of that is defined: a 0 is."""
        return ~self.valid | np.broadcast_to(defined, self.valid.shape)[:, self.source]


def movement(ins: Instruction, active: Array) -> Movement:
    """How lanes move in a DPP instruction while ``active``, bool [W, L], run. Raises UnknownModifierError."""
    lane = np.arange(active.shape[1])
    source = _sources(ins, lane)
    inside = source >= 0
    source = np.where(inside, source, 0)
    reads_inactive = ins.number("fi") == 1
    valid = inside & (active[:, source] | reads_inactive)
    row, bank = ins.number("row_mask", 15) >> (lane // 16), ins.number("bank_mask", 15) >> (lane % 16 // 4)
    enabled = (row & bank & 1).astype(bool)
    written = active & enabled & (valid | ("bound_ctrl" in ins.modifiers))
    return Movement(source, valid, written)


def _sources(ins: Instruction, lane: Array) -> Array:
    controls = [name for name in ins.modifiers if name in CONTROLS or name in ("quad_perm", "dpp8")]
    if len(controls) != 1:
        raise unknown_modifier(ins, "DPP", " ".join(ins.modifiers))
    name = controls[0]
    if name == "quad_perm":
        return lane // 4 * 4 + np.array(ins.numbers(name, ()))[lane % 4]
    if name == "dpp8" or (name == "row_bcast" and ins.number(name) not in (15, 31)):
        raise unknown_modifier(ins, name, ins.modifiers[name])
    return CONTROLS[name](lane, ins.number(name))
