"""Operands of AMDGCN assembly as LLVM writes them, read once, when a program is parsed.

Source: LLVM, "Syntax of AMDGPU Instruction Operands" and "Syntax of AMDGPU Instruction Modifiers"; AMD, "AMD Instinct
MI300 Instruction Set Architecture", section "VGPRs" for accumulation registers, which are the upper half of one file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

VCC, M0, EXEC, TTMP, SGPRS = 106, 124, 126, 108, 128
"""Places in the scalar registers: the names that have one are not numbers that an encoding uses."""
ACCUMULATORS = 256
"""Place of the accumulation registers a0, a1, ... in the vector registers."""
_NAMED = {
    "vcc": ("s", VCC, 2),
    "vcc_lo": ("s", VCC, 1),
    "vcc_hi": ("s", VCC + 1, 1),
    "m0": ("s", M0, 1),
    "exec": ("s", EXEC, 2),
    "exec_lo": ("s", EXEC, 1),
    "exec_hi": ("s", EXEC + 1, 1),
    "null": ("null", 0, 1),
    "off": ("off", 0, 1),
}
_REGISTER = re.compile(r"(v|a|s|ttmp)(?:(\d+)|\[(\d+):(\d+)\])(?:\.(l|h))?")
_FLOAT = re.compile(r"-?\d+\.\d*(?:e[+-]?\d+)?|-?\d+e[+-]?\d+")
_INTEGER = re.compile(r"-?(?:0x[0-9a-f]+|\d+)")


@dataclass(frozen=True)
class Operand:
    """A register or range of them, a constant, or a text that only some instructions know.

    ``kind`` is v, s, integer, float, null, off or text. ``half``: l or h for 16 bits of a vector register.
    """

    kind: str
    index: int = 0
    count: int = 1
    half: str = ""
    number: int | float = 0
    negated: bool = False
    absolute: bool = False
    signed: bool = False
    text: str = ""

    @property
    def is_register(self) -> bool:
        """Whether it is a vector or scalar register."""
        return self.kind in ("v", "s")


def read_operand(text: str) -> Operand:
    """Parse an operand: ``v[2:3]``, ``-|v4|``, ``neg(1.0)``, ``sext(v1)``, ``0x7fff``, ``vcc``; others stay text."""
    if wrapped := re.fullmatch(r"(neg|abs|sext)\((.*)\)", text):
        inner, how = read_operand(wrapped[2]), wrapped[1]
        negated, absolute = inner.negated or how == "neg", inner.absolute or how == "abs"
        return replace(inner, text=text, negated=negated, absolute=absolute, signed=how == "sext")
    if text.startswith("-") and not re.match(r"-\d", text):
        return replace(read_operand(text[1:]), negated=True, text=text)
    if len(text) > 2 and text[0] == text[-1] == "|":
        return replace(read_operand(text[1:-1]), absolute=True, text=text)
    if text in _NAMED:
        kind, index, count = _NAMED[text]
        return Operand(kind, index, count, text=text)
    if register := _REGISTER.fullmatch(text):
        return _register(register, text)
    if _FLOAT.fullmatch(text):
        return Operand("float", number=float(text), text=text)
    if _INTEGER.fullmatch(text):
        return Operand("integer", number=int(text, 0), text=text)
    return Operand("text", text=text)


def _register(found: re.Match[str], text: str) -> Operand:
    file, single, first, last, half = found.groups()
    start, end = (int(single), int(single)) if single else (int(first), int(last))
    shift = {"ttmp": TTMP, "a": ACCUMULATORS}.get(file, 0)
    return Operand("v" if file in "va" else "s", start + shift, end - start + 1, half or "", text=text)
