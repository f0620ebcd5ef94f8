"""What fusing needs to know of a function: its quants, the order of its ops, and what stands above each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property

from xdsl.ir import Block, Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.chains import ACTIVATIONS
from irfuse.analysis.layouts import is_scattered
from irfuse.analysis.quants import is_quant
from irfuse.analysis.writes import writes_in
from irfuse.dialect.attrs import SymIntType
from irfuse.dialect.fused import is_pure_tensor_op
from irfuse.dialect.opaque import symbols_in
from irfuse.dialect.sizes import symbols_of
from irfuse.fx.provenance import has_names
from irfuse.passes._extremes import is_for_whole, read_for_extremes
from irfuse.passes._stores import Sink, sinks_of, ways_into, writes_beside
from irfuse.passes._tails import beside_quants, norm_ends, tail_ends

NORM_ROOTS = (d.RmsNormOp, d.RmsNormGatedOp, d.AddRmsNormOp, d.LayerNormOp, d.RowMeanOp, d.RowSumOp, d.RowVarOp)
"""Where a norm is recognised: a named norm, or the mean or sum that an unnamed one divides by."""
ACTIVATION_ROOTS = (d.ActMulOp, *ACTIVATIONS)
SCALE_ROOTS = (d.RowAmaxOp, d.RowAminOp)
"""Where the scale of an unnamed quant begins, which is what a quant with no norm before it has in common."""
_NONE = frozenset[Operation]()


@dataclass
class Above:
    """The roots nearest above each op: those of one kind behind which no other of that kind stands."""

    kinds: frozenset[type]
    roots: dict[Operation, frozenset[Operation]] = field(default_factory=dict)
    depth: dict[Operation, int] = field(default_factory=dict)
    inherited: dict[Operation, frozenset[Operation]] = field(default_factory=dict)
    """For each root what is nearest above it, which is above a residual sum too that the root hands on."""

    def look_at(self, op: Operation) -> None:
        """Take in the next op of a block."""
        nearest = self._nearest([found for v in op.operands if (found := self._behind(v))])
        self.roots[op] = nearest
        if type(op) in self.kinds:
            deepest = max((self.depth[root] for root in nearest), default=0)
            self.roots[op], self.depth[op], self.inherited[op] = frozenset({op}), deepest + 1, nearest

    def _nearest(self, above: list[frozenset[Operation]]) -> frozenset[Operation]:
        """The deepest roots of several operands; those of one operand are equally deep."""
        if not above or all(roots is above[0] for roots in above):
            return above[0] if above else _NONE
        deepest = max(self.depth[root] for roots in above for root in roots)
        return frozenset(root for roots in above for root in roots if self.depth[root] == deepest)

    def _behind(self, value: SSAValue) -> frozenset[Operation]:
        op = value.owner
        if type(op) is d.AddRmsNormOp and value is op.sum:
            return self.inherited.get(op, _NONE)
        return self.roots.get(op, _NONE) if isinstance(op, Operation) else _NONE


class Sought(Enum):
    """What chains end in: quants behind a norm or an activation, any quants, or what is behind a norm and no quant.

    ``tails`` are rotated or stored, ``norms`` any.
    """

    quants = auto()
    lone_quants = auto()
    tails = auto()
    norms = auto()


@dataclass(frozen=True)
class Surroundings:
    """What growing needs to know of a function.

    ``anchors`` are the ops that chains end in, ``norms`` and ``activations`` what is nearest above each op.
    """

    position: dict[Operation, float]
    anchors: frozenset[Operation]
    norms: Above
    activations: Above
    gathering: set[Operation]
    """Ops that read a tensor whose rows lie scattered in memory: better left outside, where they make it contiguous."""
    sizes: dict[str, SSAValue]
    """Symbolic integers of the function, by their expression; see `size_value`."""
    block: Block
    imported: bool
    """Whether the ops know the FX nodes that they came from, so that a fused op can go back there."""
    writes: list[Operation]
    """The ops that write to memory, in order."""
    constants: set[Operation]
    """The ops that compute what no tensor of the graph decides: every chain has its own."""
    sought: Sought
    """What chains end in; the roots of quants alone are what their scales begin with."""
    sinks: list[Sink]
    """The tensors that the function writes to at its end."""
    ways: dict[SSAValue, list[Operation]]
    """The ops by which values go into tensors that the function writes to."""
    beside: dict[Hashable, list[Operation]]
    """The writes that a chain takes in with one of its own, see `writes_beside`."""
    tails: frozenset[Operation] = _NONE
    """What rotations of a norm end in that chains of quants may compute too, none that a quant is above or below."""

    @classmethod
    def of(cls, block: Block, sought: Sought = Sought.quants) -> Surroundings:
        """Look at every op of a block once."""
        lone = sought is Sought.lone_quants
        position: dict[Operation, float] = {op: i for i, op in enumerate(block.ops)}
        writes: list[Operation] = list(writes_in(block))
        norms = Above(frozenset(SCALE_ROOTS if lone else NORM_ROOTS))
        activations = Above(frozenset(() if lone else ACTIVATION_ROOTS))
        gathering, constants = set[Operation](), set[Operation]()
        pure = [op for op in block.ops if is_pure_tensor_op(op)]
        for op in pure:
            if any(is_scattered(v) for v in op.operands):
                gathering.add(op)
            if isinstance(op, (d.FullOp, d.IotaOp)) or (op.operands and all(v.owner in constants for v in op.operands)):
                constants.add(op)
            norms.look_at(op)
            activations.look_at(op)
        imported = any(has_names(result) for op in block.ops for result in op.results)
        values = [*block.args, *(result for op in block.ops for result in op.results)]
        sizes = {v.type.expr.data: v for v in reversed(values) if type(v.type) is SymIntType}
        sinks, computed = list(sinks_of(block)), [op for op in pure if op not in constants]
        ways = ways_into(sinks)
        behind = sought in (Sought.quants, Sought.tails)
        ends = tail_ends(computed, norms.roots, activations.roots, ways) if behind else _NONE
        if sought is Sought.tails:
            anchors = ends
        elif sought is Sought.norms:
            anchors = norm_ends(computed, norms.roots)
        else:
            anchors = _last_quants(computed, norms)
        return cls(
            *(position, anchors, norms, activations, gathering, sizes, block, imported, writes, constants),
            *(sought, sinks, ways, writes_beside(sinks), beside_quants(ends, anchors, computed)),
        )

    @cached_property
    def symbols(self) -> dict[str, SSAValue]:
        """For each symbol of a size the first value that brings it, of those that no fused op will compute."""
        carried = (op for op in self.block.ops if isinstance(op, d.OpaqueOp))
        values = [*self.block.args, *(result for op in carried for result in op.results)]
        return {symbol: v for v in reversed(values) for symbol in symbols_in(v.type)}

    @cached_property
    def read_for_extremes(self) -> set[Operation]:
        """The ops that are there for the scales of whole tensors alone, see irfuse.passes._extremes."""
        return read_for_extremes(self.block)

    @cached_property
    def above_anchors(self) -> set[Operation]:
        """The quants, and the ops that one of them is computed from, up to what irfuse does not compute."""
        above: set[Operation] = set(self.anchors)
        stack = list(above)
        while stack:
            owners = {v.owner for v in stack.pop().operands}
            found = [op for op in owners if isinstance(op, Operation) and op not in above and is_pure_tensor_op(op)]
            above.update(found)
            stack += found
        return above

    def size_value(self, expr: str, before: float) -> SSAValue | None:
        """The value of the function that is this size, which is computed if need be; None where nothing tells it.

        One that the graph computes behind the place ``before`` is computed again.
        """
        known = self.sizes.get(expr)
        late = known is not None and isinstance(known.owner, Operation) and self.position[known.owner] >= before
        if (known is None or late) and all(symbol in self.symbols for symbol in symbols_of(expr)):
            sources = [self.symbols[symbol] for symbol in symbols_of(expr)]
            op = d.SizeOp(expr, sources)
            self._insert_behind(op, [v.owner for v in sources if isinstance(v.owner, Operation)])
            self.sizes[expr] = op.result
        return self.sizes.get(expr)

    def _insert_behind(self, op: Operation, others: list[Operation]) -> None:
        """Put an op as early as it can stand, but behind these."""
        last = max(others, key=self.position.__getitem__, default=None)
        if last is not None:
            self.block.insert_op_after(op, last)
        elif self.block.first_op is not None:
            self.block.insert_op_before(op, self.block.first_op)
        self.position[op] = -1.0 if last is None else self.position[last] + 0.25

    def is_behind(self, op: Operation, roots: frozenset[Operation]) -> bool:
        """Whether an op is computed from one of these roots, or is one."""
        return not (self.norms.roots[op].isdisjoint(roots) and self.activations.roots[op].isdisjoint(roots))

    def write_between(self, first: float, last: float) -> Operation | None:
        """The first op that writes to memory behind one position and up to another."""
        at = bisect_right(self.writes, first, key=self.position.__getitem__)
        found = self.writes[at] if at < len(self.writes) else None
        return found if found is not None and self.position[found] <= last else None

    def roots(self, op: Operation) -> frozenset[Operation]:
        """What makes an op part of a chain: the norms nearest above it, else the activations."""
        return self.norms.roots[op] or self.activations.roots[op]

    def leaves_out(self, values: Sequence[SSAValue], ops: Sequence[Operation]) -> bool:
        """Whether one of these values goes into a tensor that the function writes to, by ops that are none of these."""
        inside = set(ops)
        return any(way not in inside for v in values for way in self.ways.get(v, ()))

    def tails_beside(self, anchors: Sequence[Operation]) -> list[Operation]:
        """What rotations end in of the norm that anchors are behind, and of no other."""
        roots = {self.norms.roots[op] for op in anchors}
        return self._tails_of.get(roots.pop(), []) if len(roots) == 1 else []

    @cached_property
    def _tails_of(self) -> dict[frozenset[Operation], list[Operation]]:
        found: dict[frozenset[Operation], list[Operation]] = {}
        for op in sorted(self.tails, key=self.position.__getitem__):
            found.setdefault(self.norms.roots[op], []).append(op)
        return found

    def forget_erased(self) -> None:
        """Let no chain take what another has taken: the end of a tail, or the writes of both into one tensor."""
        for ops in (*self.ways.values(), *self.beside.values(), *self._tails_of.values()):
            ops[:] = [op for op in ops if op.parent is not None]

    def groups(self) -> Iterator[list[Operation]]:
        """The anchors of the function: those of one norm or activation together, and the extremes of one tensor."""
        by_root: dict[Hashable, list[Operation]] = {}
        for op in sorted(self.anchors, key=self.position.__getitem__):
            alone = op.operands[0] if is_for_whole(op) else op
            by_root.setdefault(self.roots(op) or alone, []).append(op)
        yield from by_root.values()


def _last_quants(pure: list[Operation], norms: Above) -> frozenset[Operation]:
    """The quants that no other quant behind the same norm is computed from, as a scale in fp8 is part of a quant.

    What is computed from constants, as a zero point is, is none.
    """
    quants = {op for op in pure if is_quant(op)}
    behind: dict[Operation, set[Operation]] = {}
    inner: set[Operation] = set()
    for op in pure if quants else ():
        feeding = {q for v in op.operands if isinstance(v.owner, Operation) for q in behind.get(v.owner, ())}
        feeding = {q for q in feeding if norms.roots[q] == norms.roots[op]}
        if op in quants:
            inner |= feeding
            feeding = {op}
        if feeding:
            behind[op] = feeding
    return frozenset(quants - inner)
