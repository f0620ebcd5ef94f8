"""The text of an AMDGCN kernel as a program: instructions with their operands and modifiers, labels and directives.

Source: LLVM, "User Guide for AMDGPU Backend" (directives of .amdhsa_kernel) and "Syntax of AMDGPU Instructions".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from irfuse.emulate.errors import NoSuchKernelError
from irfuse.emulate.operands import Operand, read_operand

Modifier: TypeAlias = str | tuple[int, ...]
_ENCODING = re.compile(r"_(e32|e64|sdwa|dpp|e64_dpp)$")
_MODIFIER = re.compile(
    r"(op_sel|op_sel_hi|neg_lo|neg_hi|quad_perm|bitop3|offset|offset0|offset1|row_\w+|wave_\w+|bank_mask|bound_ctrl"
    r"|dst_sel|dst_unused|src[01]_sel|clamp|mul|div|offen|idxen|glc|slc|dlc|sc0|sc1|nt|th|scope|gds|fi|byte_sel|dpp8"
    r"|lds|tfe|scale_offset)(?::(\[[^\]]*\]|\S+\([^)]*\)|\S+))?"
)
_CALLED = re.compile(r"(.+)@rel32@(lo|hi)\+\d+")
CODE_ADDRESS, CODE_STEP = 0x6000_0000_0000, 4
"""Where a program's instructions lie for S_GETPC_B64 and S_SWAPPC_B64, all of one size."""
_COMMA = re.compile(r",(?![^\[(]*[\])])")


@dataclass(frozen=True)
class Instruction:
    """One operation; of a dual one, a half. ``opcode`` is without its ``encoding``: e32, sdwa, dual, ..."""

    opcode: str
    encoding: str
    operands: tuple[Operand, ...]
    modifiers: Mapping[str, Modifier]
    text: str
    line: int

    def number(self, modifier: str, default: int = 0) -> int:
        """The value of an integer modifier such as ``offset:16``."""
        value = self.modifiers.get(modifier)
        return int(str(value), 0) if value else default

    def numbers(self, modifier: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """The values of a modifier such as ``op_sel:[0,1]``, as many as there are in the default."""
        value = self.modifiers.get(modifier, default)
        assert not isinstance(value, str)
        return (*value, *default[len(value) :])


@dataclass(frozen=True)
class Program:
    """A kernel: its instructions, two where they are issued as a pair; where labels point; what directives say.

    ``hidden``: the offset and size of arguments beside the kernel's own, such as ``block_count_x``.
    """

    name: str
    bundles: tuple[tuple[Instruction, ...], ...]
    labels: Mapping[str, int]
    directives: Mapping[str, int] = field(default_factory=dict)
    hidden: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def directive(self, name: str, default: int = 0) -> int:
        """The value of ``.amdhsa_<name>``."""
        return self.directives.get(name, default)


def read_program(assembly: str, name: str) -> Program:
    """Parse the kernel ``name`` of an assembly, and the functions that it calls. Raises NoSuchKernelError."""
    bundles: list[tuple[Instruction, ...]] = []
    labels: dict[str, int] = {}
    wanted = [name]
    for function in wanted:
        bundles += _read_function(assembly, function, labels, len(bundles))
        called = {match[1] for b in bundles for ins in b for o in ins.operands if (match := _CALLED.fullmatch(o.text))}
        wanted += sorted(called - set(wanted))
    linked = tuple(tuple(_linked(bundles, labels, at, ins) for ins in b) for at, b in enumerate(bundles))
    return Program(name, linked, labels, _directives(assembly, name), _hidden(assembly, name))


def _read_function(assembly: str, name: str, labels: dict[str, int], start: int) -> list[tuple[Instruction, ...]]:
    bundles: list[tuple[Instruction, ...]] = []
    inside = found = False
    for number, whole in enumerate(assembly.splitlines(), 1):
        line = re.split(r";|//", whole)[0].strip()
        if line == f"{name}:":
            inside = found = True
            labels[name] = start
        elif line.startswith((".Lfunc_end", ".section")):
            inside = False
        elif inside and line.endswith(":"):
            labels[line[:-1]] = start + len(bundles)
        elif inside and line and not line.startswith("."):
            bundles.append(tuple(read_instruction(half.strip(), number) for half in line.split(" :: ")))
    if not found:
        raise NoSuchKernelError(name=name)
    return bundles


def _linked(
    bundles: Sequence[tuple[Instruction, ...]], labels: dict[str, int], at: int, ins: Instruction
) -> Instruction:
    """An instruction with the distance to a function in place of its name: from what the last S_GETPC_B64 gave."""
    operands = list(ins.operands)
    for i, operand in enumerate(operands):
        if found := _CALLED.fullmatch(operand.text):
            here = next(n for n in range(at, -1, -1) if bundles[n][0].opcode == "s_getpc_b64") + 1
            distance = (labels[found[1]] - here) * CODE_STEP
            word = distance >> (32 if found[2] == "hi" else 0) & 0xFFFFFFFF
            operands[i] = Operand("integer", number=word, text=operand.text)
    return replace(ins, operands=tuple(operands))


def _hidden(assembly: str, name: str) -> dict[str, tuple[int, int]]:
    """The offset and size of each argument that the compiler adds to a kernel's own, by the metadata's name."""
    for block in re.split(r"\n  - (?=\.)", assembly):
        if re.search(rf"^ *\.name: +{re.escape(name)}$", block, re.MULTILINE):
            found = re.findall(r"\.offset: +(\d+)\s+\.size: +(\d+)\s+\.value_kind: +hidden_(\w+)", block)
            return {kind: (int(offset), int(size)) for offset, size, kind in found}
    return {}


def _directives(assembly: str, name: str) -> dict[str, int]:
    block = re.search(rf"\.amdhsa_kernel {re.escape(name)}\n(.*?)\.end_amdhsa_kernel", assembly, re.DOTALL)
    lines = re.findall(r"\.amdhsa_(\w+)\s+(\d+)\s*$", block[1], re.MULTILINE) if block else []
    return {key: int(value) for key, value in lines}


def read_instruction(text: str, line: int = 0) -> Instruction:
    """Parse an instruction such as ``v_add_f32_e64 v0, |v1|, 2.0 clamp``."""
    name, _, rest = text.partition(" ")
    suffix = _ENCODING.search(name)
    opcode = name[: suffix.start()] if suffix else name
    encoding = "dual" if opcode.startswith("v_dual_") else suffix[1] if suffix else ""
    opcode = opcode.replace("v_dual_", "v_")
    parts = [part.strip() for part in _COMMA.split(rest) if part.strip()]
    modifiers: dict[str, Modifier] = {}
    if not name.startswith("s_") and parts:
        parts[-1:] = _split_modifiers(parts[-1], modifiers)
    operands = tuple(read_operand(part) for part in parts)
    return Instruction(opcode, encoding, operands, modifiers, text, line)


def _split_modifiers(last: str, modifiers: dict[str, Modifier]) -> list[str]:
    """Take the modifiers, which follow the last operand without a comma, off it."""
    words = re.findall(r"\S*\[[^\]]*\]\S*|\S+\([^)]*\)|\S+", last)
    while words and (found := _MODIFIER.fullmatch(words[-1])):
        value = found[2] or ""
        is_list = value.startswith("[")
        modifiers[found[1]] = tuple(int(n, 0) for n in value[1:-1].split(",")) if is_list else value
        words.pop()
    return [" ".join(words)] if words else []
