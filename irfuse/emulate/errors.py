"""The emulator's errors: what it does not know, and what a kernel did that hardware would not have reported."""

from __future__ import annotations

from irfuse.errors import IrfuseError


class EmulatorError(IrfuseError):
    """The base of the emulator's errors."""


class UnknownGpuError(EmulatorError):
    """An architecture that the emulator does not have."""

    template = "the emulator does not have {arch}; it has {known}"


class NoSuchKernelError(EmulatorError):
    """The assembly has no function of the name."""

    template = "the assembly has no kernel {name}"


class UnknownInstructionError(EmulatorError):
    """An instruction without a meaning in the emulator's tables."""

    template = "line {line}: unknown instruction {opcode} in `{text}`"


class UnknownModifierError(EmulatorError):
    """An instruction has a modifier, or a value of one, that the emulator does not model."""

    template = "line {line}: {opcode} with {modifier} is not modelled, in `{text}`"


class UnknownOperandError(EmulatorError):
    """An operand that cannot be read, or not by this instruction."""

    template = "line {line}: operand {operand} is not modelled, in `{text}`"


class UnknownModeError(EmulatorError):
    """The kernel asks for a state of the machine that the emulator does not model."""

    template = "mode {mode} = {value} is not modelled; the emulator has {known}"


class ArgumentError(EmulatorError):
    """The arguments do not fit the kernel."""

    template = "kernel {name} takes {wanted}, but was given {given}"


class UnknownArgumentError(EmulatorError):
    """An argument's type has no layout in a kernel's arguments."""

    template = "an argument of type {kind} cannot be passed to a kernel"


class OutOfBoundsError(EmulatorError):
    """An access outside of every buffer, or outside of the one it began in."""

    template = "line {line}: {access} of {size} bytes at {place}, in `{text}` (workgroup {workgroup}, lane {lane})"


class UndefinedUseError(EmulatorError):
    """A value that nothing wrote decides where to jump, which lanes run, what to address, or is stored."""

    template = "line {line}: {use} comes from a register or LDS that was never written, in `{text}`"


class DataRaceError(EmulatorError):
    """Two waves of a workgroup use a byte of LDS with no barrier between, and one of them writes it."""

    template = (
        "line {line}: {access} of LDS byte {byte} by wave {wave} races with a {other} by another wave, in `{text}`; "
        "no barrier lies between them (workgroup {workgroup})"
    )


class BarrierError(EmulatorError):
    """Waves of a workgroup wait at a barrier that others ended without reaching; hardware lets them go on."""

    template = "workgroup {workgroup}: {waiting} of its {waves} waves wait at a barrier that the others never reached"


class BarrierSignalError(EmulatorError):
    """A wave waits at a barrier that it has not signalled; hardware would wait forever."""

    template = "line {line}: a wave waits at a barrier without having signalled it (workgroup {workgroup})"


class EndlessLoopError(EmulatorError):
    """A launch took more steps than it was allowed."""

    template = "kernel {name} has not ended after {steps} steps"


class RanPastEndError(EmulatorError):
    """A wave went past the last instruction of its kernel."""

    template = "kernel {name} runs past its last instruction; s_endpgm is missing"
