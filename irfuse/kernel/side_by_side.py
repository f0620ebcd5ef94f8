"""Several kernels as one: the programs of the first, then those of the next, each on rows of its own.

So what one launch computes need have no rows in common: queries and keys of different numbers of heads, the two latents
of MLA. A program belongs to one of them, and computes what it would as a program of that kernel.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, OpResult, SSAValue

from irfuse.analysis.disjoint import are_apart
from irfuse.analysis.in_place import touched
from irfuse.dialect.fused import FusedOp, YieldOp
from irfuse.errors import NotLowerableError
from irfuse.kernel.kernel import PROGRAM, Kernel, Part, Result
from irfuse.kernel.text import header


def side_by_side(body: Block, kernels: Sequence[Kernel]) -> Kernel:
    """The kernel of a body of fused ops, from the kernel of each of them."""
    return _SideBySide(body, kernels).kernel()


class _SideBySide:
    """The fused ops of a body with their kernels, and for each which operands and results of the whole it has."""

    def __init__(self, body: Block, kernels: Sequence[Kernel]) -> None:
        last = body.last_op
        assert isinstance(last, YieldOp)
        self.body, self.kernels, self.values = body, kernels, list(last.values)
        self.ops = [op for op in body.ops if isinstance(op, FusedOp)]
        self.operands = [[body.args.index(self._first(v)) for v in op.ins] for op in self.ops]
        self.results = [[self.values.index(self._last(v)) for v in op.outs] for op in self.ops]
        self._check_apart()

    def _first(self, value: SSAValue) -> SSAValue:
        """The operand of the whole that a part is given: a tensor that another part has written to is that tensor."""
        while isinstance(value, OpResult):
            i = next(i for i, op in enumerate(self.ops) if value.op is op)
            buffer = self.kernels[i].results[value.index].buffer
            if buffer is None:
                raise NotLowerableError(reason="a part computes what another reads")
            value = self.ops[i].ins[buffer]
        return value

    def _last(self, value: SSAValue) -> SSAValue:
        """The result of the whole that a part writes to: that tensor behind all that other parts write to it."""
        while value not in self.values:
            behind = [
                after
                for op, kernel in zip(self.ops, self.kernels, strict=True)
                for result, after in zip(kernel.results, op.outs, strict=True)
                if result.buffer is not None and op.ins[result.buffer] is value
            ]
            if len(behind) != 1 or len(list(value.uses)) != 1:
                raise NotLowerableError(reason="what a part has written to is not written to by one other alone")
            value = behind[0]
        return value

    def _check_apart(self) -> None:
        """Raise NotLowerableError unless no part reads or writes what another writes, as their programs run at once."""
        results = [(i, r.buffer) for i, kernel in enumerate(self.kernels) for r in kernel.results]
        for number in {self.operands[i][buffer] for i, buffer in results if buffer is not None}:
            parts = [(op, own.index(number)) for op, own in zip(self.ops, self.operands, strict=True) if number in own]
            maps = [touched(*part) for part in parts] if len(parts) > 1 else []
            twice = any(own.count(number) > 1 for own in self.operands)
            for (_, writes), (reads, others) in itertools.permutations(maps, 2):
                if twice or not are_apart(writes, [*reads, *others]):
                    raise NotLowerableError(reason="a part may read or write what another writes")

    def kernel(self) -> Kernel:
        functions = [_function(i, kernel) for i, kernel in enumerate(self.kernels)]
        main = "\n".join(["@triton.jit", *self._main(), ""])
        source = "\n".join([header(functions), "", *(f"{text}\n" for text in functions), main])
        digest = hashlib.sha256(source.encode()).hexdigest()[:8]
        name = "_and_".join(dict.fromkeys(kernel.name.rpartition("_")[0] for kernel in self.kernels)) + f"_{digest}"
        types, sizes = tuple(a.type for a in self.body.args), tuple(s for k in self.kernels for s in k.sizes)
        results, parts = tuple(map(self._result, self.values)), tuple(map(self._part, range(len(self.ops))))
        return Kernel(name, source.replace("KERNEL", name), types, results, parts, sizes)

    def _part(self, i: int) -> Part:
        """A part, with the operand that tells its rows by the number that it has in the whole."""
        part = self.kernels[i].only
        return replace(part, counted=replace(part.counted, operand=self.operands[i][part.counted.operand]))

    def _result(self, value: SSAValue) -> Result:
        assert isinstance(value, OpResult)
        i = next(i for i, op in enumerate(self.ops) if value.op is op)
        result = self.kernels[i].results[value.index]
        return replace(result, part=i, buffer=None if result.buffer is None else self.operands[i][result.buffer])

    def _main(self) -> Iterator[str]:
        """The lines of the kernel: which part a program belongs to."""
        parts, types = range(len(self.ops)), [a.type for a in self.body.args]
        pointers = [f"x{i}_ptr" for i, kind in enumerate(types) if isinstance(kind, TensorType)]
        pointers += [f"y{i}_ptr" for i in range(len(self.values))]
        numbers = [*(f"rows{i}" for i in parts), *(f"size{i}" for i in range(self._sizes_before(len(self.ops))))]
        yield f"def KERNEL({', '.join([*pointers, *numbers, *(f'ROWS{i}: tl.constexpr' for i in parts)])}):"
        yield f"    program = {PROGRAM}"
        for i in parts[:-1]:
            yield f"    end{i} = {f'end{i - 1} + ' if i else ''}tl.cdiv(rows{i}, ROWS{i})"
        for i in parts:
            yield "    else:" if i == parts[-1] else f"    {'elif' if i else 'if'} program < end{i}:"
            yield f"        part{i}({', '.join([f'program - end{i - 1}' if i else 'program', *self._arguments(i)])})"

    def _arguments(self, i: int) -> list[str]:
        """What a part is given behind the number of its program."""
        first = self._sizes_before(i)
        reads = [n for n in self.operands[i] if isinstance(self.body.args[n].type, TensorType)]
        sizes = range(first, first + len(self.kernels[i].sizes))
        named = (f"{name}_ptr" for name in (*(f"x{n}" for n in reads), *(f"y{n}" for n in self.results[i])))
        return [*named, f"rows{i}", *(f"size{n}" for n in sizes), f"ROWS{i}"]

    def _sizes_before(self, i: int) -> int:
        return sum(len(kernel.sizes) for kernel in self.kernels[:i])


def _function(part: int, kernel: Kernel) -> str:
    """The definition of a part: that of its kernel, which is told what program it is."""
    text = kernel.function.replace(f"def {kernel.name}(", f"def part{part}(program, ")
    return text.replace(PROGRAM, "program")
