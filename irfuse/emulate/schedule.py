"""Running the waves of a launch: branches, barriers, the end, and which waves go next.

In lockstep the waves that are furthest behind go together; in random order one wave of each workgroup runs until it
waits, which shows a barrier that is missing as a wrong result. Source: AMD, "RDNA3 Instruction Set Architecture",
chapter "Program Flow Control".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from irfuse.emulate.assembly import CODE_ADDRESS, CODE_STEP, Instruction, Program
from irfuse.emulate.context import Context
from irfuse.emulate.errors import (
    BarrierError,
    BarrierSignalError,
    EndlessLoopError,
    RanPastEndError,
    UnknownInstructionError,
    UnknownOperandError,
)
from irfuse.emulate.execute import execute
from irfuse.emulate.scalar_unit import read_scalar, write_scalar
from irfuse.emulate.state import Array, Waves

BARRIERS = ("s_barrier", "s_barrier_wait")
SIGNAL = "s_barrier_signal"
END = ("s_endpgm",)
CALLS = ("s_getpc_b64", "s_swappc_b64", "s_setpc_b64")
PATIENCE = 64
"""After so many choices of waves to run, the one that has waited longest goes on: it may hold what others wait for."""


@dataclass
class Schedule:
    """Where each wave is: ``at`` int [W], ``done`` and ``waits`` bool [W]; and how often each instruction ran."""

    program: Program
    context: Context
    waves: Waves
    waves_of_group: int
    order: np.random.Generator | None
    most_steps: int
    executed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.at = np.zeros(self.waves.count, np.int64)
        self.done, self.waits = np.zeros(self.waves.count, bool), np.zeros(self.waves.count, bool)
        self.signalled = np.zeros(self.waves.count, bool)
        self.steps = self.choices = 0
        self.ran = np.zeros(self.waves.count, np.int64)

    def run(self) -> None:
        """Run all waves to their ends. Raises BarrierError, EndlessLoopError and RanPastEndError."""
        while not self.done.all():
            ready = ~self.done & ~self.waits
            if ready.any():
                self._advance(self._next(ready))
            else:
                self._release()

    def _next(self, ready: Array) -> Array:
        """The numbers of waves at one place to run together."""
        if self.order is not None:
            ready = ready & (self.waves.place == self.order.choice(np.unique(self.waves.place[ready])))
        self.choices += 1
        at = self.at[ready].min()
        if self.choices % PATIENCE == 0:
            at = self.at[np.flatnonzero(ready)[self.ran[ready].argmin()]]
        chosen = np.flatnonzero(ready & (self.at == at))
        self.ran[chosen] = self.choices
        return chosen

    def _release(self) -> None:
        """Let the waves go on that wait, when none is left that does not: all waves of their workgroups wait."""
        waiting = self.waits.reshape(-1, self.waves_of_group)
        ended = self.done.reshape(-1, self.waves_of_group)
        stuck = waiting.any(1) & ended.any(1)
        if stuck.any():
            group = int(np.flatnonzero(stuck)[0])
            raise BarrierError(
                workgroup=self.context.first_group + group, waiting=int(waiting[group].sum()), waves=self.waves_of_group
            )
        groups = np.flatnonzero(waiting.any(1))
        self.waits[:] = False
        self.context.lds.pass_barrier(groups)

    def _advance(self, chosen: Array) -> None:
        """Run some waves, all at one place, until they part, wait or end, or until they reach others that are ahead."""
        is_all = len(chosen) == self.waves.count
        part = self.context.waves = self.waves if is_all else self.waves.select(chosen)
        start = int(self.at[chosen[0]])
        others = self.at[~self.done & ~self.waits & (self.at > start)]
        limit = int(others.min()) if len(others) and self.order is None else len(self.program.bundles) + 1
        place: int | None = start
        while place is not None:
            place = self._step(chosen, place)
            if place is not None and place >= limit:
                self.at[chosen] = place
                break
        if not is_all:
            self.waves.put_back(chosen, part)

    def _step(self, chosen: Array, place: int) -> int | None:
        """Run the instruction at a place; the next place, or None where waves part, wait or have ended."""
        if place >= len(self.program.bundles):
            raise RanPastEndError(name=self.program.name)
        bundle = self.program.bundles[place]
        self.steps += 1
        if self.steps > self.most_steps:
            raise EndlessLoopError(name=self.program.name, steps=self.most_steps)
        for ins in bundle:
            self.executed[ins.opcode] += len(chosen)
        control = self._control(bundle[0])
        if control is not None:
            return control(bundle[0], chosen, place)
        execute(self.context, bundle)
        return place + 1

    def _control(self, ins: Instruction) -> Callable[[Instruction, Array, int], int | None] | None:
        """What runs an instruction that is not only arithmetic or an access; None of others."""
        if ins.opcode.startswith(("s_branch", "s_cbranch_")):
            return self._branch
        if ins.opcode == "s_sendmsg" and ins.operands[0].text == "sendmsg(MSG_DEALLOC_VGPRS)":
            return lambda ins, chosen, place: place + 1
        named = dict.fromkeys(END, self._end) | dict.fromkeys(BARRIERS, self._wait) | dict.fromkeys(CALLS, self._call)
        return (named | {SIGNAL: self._signal}).get(ins.opcode)

    def _end(self, ins: Instruction, chosen: Array, place: int) -> int | None:
        self.done[chosen] = True
        return None

    def _signal(self, ins: Instruction, chosen: Array, place: int) -> int | None:
        if ins.operands[0].text != "-1":
            raise UnknownOperandError(line=ins.line, operand=ins.operands[0].text, text=ins.text)
        self.signalled[chosen] = True
        return place + 1

    def _wait(self, ins: Instruction, chosen: Array, place: int) -> int | None:
        """Wait at a barrier, which on GFX12 has been signalled before."""
        if ins.opcode == "s_barrier_wait" and not self.signalled[chosen].all():
            wave = int(chosen[~self.signalled[chosen]][0])
            group = self.context.first_group + int(self.waves.workgroup[wave])
            raise BarrierSignalError(line=ins.line, workgroup=group)
        self.waits[chosen], self.at[chosen], self.signalled[chosen] = True, place + 1, False
        return None

    def _call(self, ins: Instruction, chosen: Array, place: int) -> int | None:
        """S_GETPC_B64, S_SWAPPC_B64 and S_SETPC_B64: read and set the address of the next instruction."""
        writes, jumps = ins.opcode != "s_setpc_b64", ins.opcode != "s_getpc_b64"
        if jumps:
            address, defined = read_scalar(self.context, ins, ins.operands[-1], "u64")
            self.context.require_defined(ins, defined == ~np.uint64(0), "a branch")
        if writes:
            here = np.array([CODE_ADDRESS + (place + 1) * CODE_STEP], np.uint64)
            write_scalar(self.context, ins, ins.operands[0], "u64", here, ~np.zeros(1, np.uint64))
        if not jumps:
            return place + 1
        targets = np.broadcast_to((address.astype(np.int64) - CODE_ADDRESS) // CODE_STEP, chosen.shape)
        if ((targets < 0) | (targets >= len(self.program.bundles))).any():
            raise RanPastEndError(name=self.program.name)
        self.at[chosen] = targets
        return int(targets[0]) if (targets == targets[0]).all() else None

    def _branch(self, ins: Instruction, chosen: Array, place: int) -> int | None:
        taken, defined = self._condition(ins)
        self.context.require_defined(ins, defined, "a branch")
        target = self.program.labels[ins.operands[0].text]
        if np.all(taken) or not np.any(taken):
            return target if np.all(taken) else place + 1
        self.at[chosen] = np.where(taken, target, place + 1)
        return None

    def _condition(self, ins: Instruction) -> tuple[Array, Array]:
        waves, known = self.context.waves, np.ones(1, bool)
        kind = ins.opcode.removeprefix("s_cbranch_")
        if kind in ("scc0", "scc1"):
            return waves.scc == (kind == "scc1"), waves.scc_defined
        if kind in ("execz", "execnz"):
            return waves.active.any(1) == (kind == "execnz"), known
        if kind in ("vccz", "vccnz"):
            is_zero, defined = waves.vcc_is_zero()
            return is_zero == (kind == "vccz"), defined
        if ins.opcode == "s_branch":
            return known, known
        raise UnknownInstructionError(line=ins.line, opcode=ins.opcode, text=ins.text)
