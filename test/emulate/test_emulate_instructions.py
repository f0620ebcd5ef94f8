"""Each instruction of the tables on corner cases and random numbers, against Python's numbers lane by lane."""

from __future__ import annotations

import math
import re
from typing import Any

import instruction_oracles as oracles
import numpy as np
import pytest
import salu_oracles
from one_instruction import Bench, words

from irfuse.emulate.execute import vector_table
from irfuse.emulate.operands import EXEC
from irfuse.emulate.scalar import SCALAR
from irfuse.emulate.values import DTYPES, width_of

VECTOR = vector_table(True)
ELSEWHERE = re.compile(
    r"v_div_(scale|fmas|fixup)_f\d+|v_cmpx?_class_f\d+|v_cvt\w*_pk_[fb][fp]8_\w+|v_cvt_scalef32_\w+|v_dot2\w+|v_trig\w+"
)
"""Instructions that have tests of their own, as have conversions to fp8."""
ROUGH = {f"v_{n}" for n in oracles.TRANSCENDENTAL} | {f"v_s_{n}" for n in oracles.TRANSCENDENTAL}


def typed(numbers: Any, kind: str) -> list[Any]:
    """Unsigned numbers as Python's numbers of a type."""
    return numbers.view(DTYPES[kind]).tolist()


def quieted(numbers: Any, kind: str) -> Any:
    """Unsigned numbers in which, as floats, no NaN is signalling."""
    if kind[0] != "f":
        return numbers
    floats = numbers.view(DTYPES[kind])
    quiet = numbers.dtype.type(1 << np.finfo(floats.dtype).nmant - 1)
    return np.where(np.isnan(floats), numbers | quiet, numbers)


def agree(found: list[Any], wanted: list[Any], kind: str, rough: bool) -> list[int]:
    """The lanes where a result differs from its oracle's: NaNs are equal, integers as far as they are written."""
    different = []
    for lane, (x, y) in enumerate(zip(found, wanted, strict=True)):
        if kind[0] == "f" and isinstance(y, float):
            same = (x == y and math.copysign(1, x) == math.copysign(1, y)) or (x != x and y != y)
            near = rough and (math.isclose(x, y, rel_tol=2.0**-22) or abs(y) < 2.0**-126)
        else:
            same, near = (int(x) - int(y)) % (1 << width_of(kind)) == 0, False
        if not (same or near):
            different.append(lane)
    return different


def is_comparable(opcode: str, lane: tuple[Any, ...]) -> bool:
    """Whether an oracle says what these operands give: not of a NaN's bits, nor of exp and log of subnormal numbers."""
    floats = [x for x in lane if isinstance(x, float)]
    is_nan, is_small = any(math.isnan(x) for x in floats), any(0 < abs(x) < 2.0**-126 for x in floats)
    return not (is_nan and "_pk" in opcode.replace("pack", "pk")) and not (is_small and opcode in ROUGH)


def test_every_instruction_has_an_oracle() -> None:
    assert {name for name in VECTOR if not ELSEWHERE.fullmatch(name)} == set(oracles.VECTOR)
    assert set(SCALAR) == set(salu_oracles.SCALAR)


@pytest.mark.parametrize("opcode", oracles.VECTOR)
def test_a_vector_instruction(opcode: str) -> None:
    about, bench = VECTOR[opcode], Bench()
    inputs: list[list[Any]] = []
    texts = []
    for place, kind in enumerate(about.sources):
        register = 0 if kind.startswith("=") else 4 + 2 * place
        if kind == "lane":
            inputs.append(list(range(64)) * bench.waves)
            continue
        if kind == "mask":
            mask = words(bench.count, 32, place) % 2 == 1
            bench.put_mask(30, mask)
            inputs.append(mask.tolist())
            texts.append("s[30:31]")
            continue
        kind = kind.removeprefix("=")
        numbers = quieted(words(bench.count, width_of(kind), place + 7), kind)
        bench.put(register, numbers)
        inputs.append(typed(numbers, kind))
        if register:
            texts.append(f"v[{register}:{register + 1}]" if width_of(kind) == 64 else f"v{register}")
    results = {"mask": "s[20:21]", **dict.fromkeys(("u64", "i64", "f64"), "v[0:1]")}
    written = [results.get(kind, "v0") for kind in about.results if kind != "exec"]
    bench.run(f"{opcode} {', '.join([*written, *texts])}")
    wanted = [oracles.VECTOR[opcode](*lane) for lane in zip(*inputs, strict=True)]
    for number, kind in enumerate(about.results):
        part = [w[number] if isinstance(w, tuple) else w for w in wanted]
        if kind in ("mask", "exec"):
            assert bench.get_mask(EXEC if kind == "exec" else 20).tolist() == part
        else:
            found = bench.get(0, DTYPES[kind]).tolist()
            lanes = list(zip(*inputs, strict=True))
            different = [i for i in agree(found, part, kind, opcode in ROUGH) if is_comparable(opcode, lanes[i])]
            shown = [(found[i], part[i], [v[i] for v in inputs]) for i in different[:5]]
            assert not different, f"{len(different)} lanes differ: {shown}"


@pytest.mark.parametrize("opcode", salu_oracles.SCALAR)
def test_a_scalar_instruction(opcode: str) -> None:
    about, bench = SCALAR[opcode], Bench("gfx942", waves=512)
    is_saving, has_constant = "saveexec" in opcode, any("k" in kind for kind in about.sources)
    inputs: list[list[Any]] = []
    texts = []
    for place, kind in enumerate(about.sources):
        register = 0 if kind.startswith("=") else 2 + 2 * place
        if kind == "scc":
            bench.state.scc = words(bench.waves, 32, 5) % 2 == 1
            bench.state.scc_defined[:] = True
            inputs.append(bench.state.scc.tolist())
        elif has_constant and "k" in kind:
            texts.append("0xfffb")
            inputs.append([-5 if kind == "k16" else 0xFFFB] * bench.waves)
        else:
            kind = kind.removeprefix("=")
            numbers = words(bench.waves, width_of(kind), place + 7)
            bench.put_scalar(register, numbers)
            inputs.append(typed(numbers, kind))
            if not about.sources[place].startswith("="):
                texts.append(f"s[{register}:{register + 1}]" if width_of(kind) == 64 else f"s{register}")
    width = int(opcode[-2:]) if is_saving else 32
    if is_saving:
        old = words(bench.waves, width, 99)
        bench.put_scalar(EXEC, old)
        inputs.append(old.tolist())
    target = about.results[0].replace("saved", "u")
    written = [] if target == "scc" else ["s[0:1]" if width_of(target) == 64 else "s0"]
    bench.run(f"{opcode} {', '.join([*written, *texts])}")
    wanted = [salu_oracles.SCALAR[opcode](*wave) for wave in zip(*inputs, strict=True)]
    results = [w if isinstance(w, tuple) else (w,) for w in wanted]
    if target != "scc":
        at = EXEC if is_saving else 0
        found = bench.get_scalar(at, DTYPES[target]).tolist()
        waves = list(zip(*inputs, strict=True))
        different = agree(found, [r[0] for r in results], target, opcode in ROUGH)
        different = [i for i in different if is_comparable(opcode, waves[i])]
        assert not different, [(found[i], results[i], [v[i] for v in inputs]) for i in different[:5]]
    if is_saving:
        assert bench.get_scalar(0, DTYPES[target]).tolist() == old.tolist()
    if about.results[-1] == "scc":
        assert bench.state.scc.tolist() == [bool(r[-1]) for r in results]
        assert np.all(bench.state.scc_defined)
