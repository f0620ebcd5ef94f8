"""Every error that a user can see: a class with its message, which says what, where and how to mend it."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar


class IrfuseError(Exception):
    """The base of all of them; the message is the class's template filled in."""

    template: ClassVar[str]

    def __init__(self, **values: Any) -> None:
        self.values = values
        super().__init__(self.template.format(**values))

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), **self.values), ()


class UnboundSizeError(IrfuseError):
    """A shape has more than one size that the operands do not give."""

    template = "the shape [{dims}] has several sizes that no operand gives; name them with #irfuse.dims"


class NotEvaluableError(IrfuseError):
    """The reference met an op without a meaning in torch."""

    template = "{op} cannot be evaluated: only small, named and fused ops have a meaning in irfuse.runtime.reference"


class NoMetadataError(IrfuseError):
    """An FX graph was imported without fake values."""

    template = 'node {node} has no meta["val"]; import a graph that AOTAutograd, torch.export or make_fx has traced'


class UnknownReadingError(IrfuseError):
    """A text gives an op of another package a reading that the table does not have."""

    template = "{op} has no reading {reading}; give one from 0 to {last}, or none"


class NotAnOpError(IrfuseError):
    """A meaning was given to something that is no op of torch's."""

    template = "{op!r} is no op; give an overload such as torch.ops.mine.norm.default, or its name, mine::norm"


class UnknownOpError(IrfuseError):
    """A meaning was given to an op that is not there."""

    template = "there is no op {op!r} in this process; import first what makes it, and write it as mine::norm"


class SeveralOverloadsError(IrfuseError):
    """A meaning was given to an op with several overloads."""

    template = "{op} has the overloads {overloads}; give one of them"


class KnownOpError(IrfuseError):
    """A meaning was given to an op that has one."""

    template = "{op} has a meaning already, that of {source}; an op has one"


class BadMeaningError(IrfuseError):
    """A meaning is no function that can be called as its op is."""

    template = "{meaning!r} cannot be called with the arguments of {op}, {signature}: {reason}"


class PluginWarning(UserWarning):
    """A plug-in cannot be loaded; everything else runs without it."""

    def __init__(self, name: str, value: str, reason: str) -> None:
        super().__init__(f'irfuse: the plug-in "{name}", {value}, is left out: {reason}')


class UnknownSizeError(IrfuseError):
    """The way back to FX needs a size that the graph does not have."""

    template = "no input and no node of the graph gives the size {size}; export it with fewer dynamic dimensions"


class NotLowerableError(IrfuseError):
    """A fused op has no kernel."""

    template = "no kernel can be generated: {reason}"


class UnknownArchError(IrfuseError):
    """A target names an architecture that Triton has not heard of."""

    template = "unknown arch {arch}; give one like arch=sm_90 or arch=gfx942"


class OneArchError(IrfuseError):
    """This Triton compiles wrongly for a second AMD architecture in a process."""

    template = "Triton {version} keeps state of {first}, for which this process compiled; use another for {arch}"


class CompileFailedError(IrfuseError):
    """Triton's compiler refused a generated kernel."""

    template = "Triton cannot compile {name} for {arch}: {reason}"


class CacheNotWritableWarning(UserWarning):
    """The cache folder cannot be written; kernels are kept in a temporary one."""

    def __init__(self, wanted: object, reason: object, used: object) -> None:
        super().__init__(f"irfuse: the cache {wanted} is not writable ({reason}); using {used}; set IRFUSE_CACHE_DIR")


class FallbackWarning(UserWarning):
    """A fused op runs as its body in torch because its kernel cannot be built here."""

    def __init__(self, kind: str, device: object, reason: object) -> None:
        super().__init__(f"irfuse: {kind} runs unfused in torch on {device}: {reason}")


class UnfusedChainWarning(UserWarning):
    """The torch at hand cannot run a chain op by op, as it must where there is no kernel; it is left as it was."""

    def __init__(self, kind: str, reason: object) -> None:
        super().__init__(f"irfuse: {kind} is left unfused, please report it: {reason}")


class UnwrittenError(IrfuseError):
    """A kernel on the emulator left a part of its result as it was."""

    template = "{kernel} on {arch} did not write all of result {result}; please report it"


class EmulationDiffersError(IrfuseError):
    """A kernel computed something else on the emulator than the reference says."""

    template = "{kernel} on {arch}: result {result} is wrong: {said}"


class UnsuitableSizesError(IrfuseError):
    """Numbers for the named sizes of an op were made up, and contradict each other."""

    template = "{kernel} cannot run with {sizes} ({reason}); write numbers in place of the names"


class UnknownOptionError(IrfuseError):
    """torch.compile was given an option that neither irfuse nor Inductor has."""

    template = 'unknown option "{option}" for backend "irfuse"; it takes {known}'


class BadOptionError(IrfuseError):
    """An option has a value that it does not take."""

    template = '"{option}" cannot be {value!r}; it takes {allowed}'


class InternalFaultWarning(UserWarning):
    """irfuse failed on a graph, which then runs unfused."""

    def __init__(self, fault: Exception) -> None:
        what = f"{type(fault).__name__}: {fault}"
        super().__init__(f"irfuse: a graph is left unfused because of a fault in irfuse, please report it: {what}")


class NothingFusedError(IrfuseError):
    """A kernel target was asked of a module without a fused op."""

    template = "there is no irfuse.fused op to generate a kernel from; run --fuse-gated-norm-quant first"


class WrongArchError(IrfuseError):
    """A target was given an architecture of the other vendor."""

    template = "target {target} does not compile for {arch}; give one like arch={example}"


class UnknownChipError(IrfuseError):
    """A report was asked for a GPU whose peak numbers are not known."""

    template = "the peak rates of {arch} are not known; give {known}"


class UnterminatedStringError(IrfuseError):
    """A string literal in the input is not closed on its line."""

    template = '{file}:{line}:{column}: this string is not closed; end it with " on the same line'


class NotAProgramError(IrfuseError):
    """A .pt2 file that torch.export cannot load."""

    template = "this is no torch.export program that this torch can load ({reason}); save it with torch.export.save"
