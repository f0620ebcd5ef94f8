"""Why a site is not fused, in words: which op is in the way, where it stands, and what would help."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence

from xdsl.dialects.builtin import BFloat16Type, Float16Type, StringAttr, TensorType, f32, f64
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.layouts import is_scattered
from irfuse.analysis.quants import comes_from_quant, lost_quant
from irfuse.dialect.attrs import ObjectType
from irfuse.dialect.norm import NormOp
from irfuse.dialect.types import FP8_TYPES, WIDE_TYPES, dims_of, strides_of, tensor_type
from irfuse.report.locations import location_text
from irfuse.report.remarks import MISSED, UNQUANTISED, Declined

REDUCTIONS = ("amax", "amin", "max", "min", "mean", "sum", "var", "var_mean", "linalg_vector_norm")
FOREIGN_TYPES = ("f64", "complex<f32>", "complex<f64>", "i1", "i64")
"""Element types that are worth naming where an op is not modelled."""

HIGHER_ORDER = "torch.ops.higher_order."
OWN_OPS = ("aten.", "prims.")
_FOREIGN = (d.OpaqueOp, d.FusedOp)
MOST_VISITED = 128
"""How many ops behind a site are looked at, so that what explanations take grows with the graph and no faster."""
CONTIGUOUS = "make it contiguous along its last axis"
MIXED_GEMM = (
    "it takes rows that are not quantised and fp8 weights: where it quantises the rows, irfuse does not look into it",
    "quantise the rows in torch's own ops and hand it codes and scales",
)


def describe(op: Operation) -> str:
    """An op as the user knows it: its name, what is special about the call, and its line."""
    if isinstance(op, d.FusedOp):
        kind = "chain" if op.kind is None else op.kind.data
        return f"the fused {kind} at {location_text(op.location)}"
    if not isinstance(op, d.OpaqueOp):
        return f"{op.name} ({location_text(op.location)})"
    return f"{callee(op)}{_axes(op)}{_foreign_type(op)} ({location_text(op.location)})"


def callee(op: d.OpaqueOp) -> str:
    """What a node calls: the op inside, where it calls one that calls another for a functional graph."""
    outer, _, inner = op.target.data.partition(":")
    return inner if inner and outer.startswith(HIGHER_ORDER) else op.target.data


def _axes(op: d.OpaqueOp) -> str:
    """Over which axes a reduction goes; nothing for other ops."""
    base = op.target.data.split(".")[1] if op.target.data.startswith("aten.") else ""
    if base not in REDUCTIONS or op.call is None:
        return ""
    place = 2 if base == "linalg_vector_norm" else 1  # before it stands the norm's order
    named = [value for key, value in op.call.data.kwargs if key == "dim"]
    at = [*op.call.data.args[place : place + 1], *named]
    given = [a for a in at if isinstance(a, (int, tuple)) and not isinstance(a, bool)]
    axes = list(given[0]) if given and isinstance(given[0], tuple) else given
    return f" over axes {axes}" if axes else " over the whole tensor"


def _foreign_type(op: d.OpaqueOp) -> str:
    types = [v.type.element_type for v in (*op.ins, *op.outs) if isinstance(v.type, TensorType)]
    foreign = next((str(t) for t in types if str(t) in FOREIGN_TYPES), "")
    return f" with {foreign} tensors" if foreign else ""


def number_as_argument(leaves: Sequence[SSAValue]) -> Declined | None:
    """The remark on a chain that is cut where a number, such as eps, is an argument of the graph; None for others."""
    for leaf in leaves:
        if isinstance(leaf.owner, d.OpaqueOp) and _takes_a_number(leaf.owner):
            return Declined(
                f"{leaf.owner.target.data} takes a number that is an argument of the graph, as dynamic=True makes it",
                "leave dynamic unset, or mark the sizes that change with torch._dynamo.mark_dynamic",
            )
    return None


def _takes_a_number(op: d.OpaqueOp) -> bool:
    """Whether a node that combines a tensor with numbers has one of them as an operand."""
    tensors = sum(isinstance(v.type, TensorType) for v in op.ins)
    objects = sum(isinstance(v.type, ObjectType) for v in op.ins)
    return tensors == 1 and objects > 0


def comes_back(leaves: Iterable[SSAValue], chosen: Collection[Operation]) -> Declined:
    """The remark on a chain of which a result goes through another op and comes back as an operand.

    Where all ops on that way are irfuse's own, none of them is in the way: what is read was left outside.
    """
    ends = {v.owner for v in leaves}
    queue = deque((user, user) for op in chosen for user in _users(op) if user not in chosen)
    seen = {op for op, _ in queue}
    while queue and len(seen) < MOST_VISITED:
        op, through = queue.popleft()
        through = op if isinstance(op, _FOREIGN) and not isinstance(through, _FOREIGN) else through
        if op in ends and not isinstance(through, _FOREIGN):
            return Declined(f"it reads {describe(op)}, computed from a result of the chain and no part of it")
        if op in ends:
            whole = " over the whole tensor" in describe(through)
            cure = "use a static scale, or one of an earlier step" if whole else ""
            return Declined(f"a result of the chain goes through {describe(through)} and comes back", cure)
        fresh = [user for user in _users(op) if user not in seen and user not in chosen]
        seen.update(fresh)
        queue += [(user, through) for user in fresh]
    return Declined("an operand of the chain is computed after one of its results is used")


def scattered(value: SSAValue) -> Declined:
    """The remark on a chain that would read a tensor whose rows lie scattered in memory."""
    source = value.owner
    strides = strides_of(tensor_type(value))
    where = f", strides {list(strides)}" if strides is not None else ""
    name = describe(source) if isinstance(source, Operation) else "an argument of the graph"
    return Declined(f"an operand does not lie in memory row by row: {name}{where}", CONTIGUOUS)


def inside_a_node(values: Iterable[SSAValue]) -> Declined:
    """The remark on a chain that is cut inside of what one node of the graph computes."""
    for value in values:
        for op in (value.owner, *(use.operation for use in value.uses)):
            if isinstance(op, (d.PermuteOp, d.RelayoutOp)) and is_scattered(op.x):
                return scattered(op.x)
    return Declined("the chain begins or ends inside of what one node of the graph computes")


def why_alone(op: Operation) -> tuple[str, str] | None:
    """Reason and cure for a quant of which no chain says why; None for any other op."""
    if (through := lost_quant(op)) is not None:
        return _why_lost(op, through)
    if not isinstance(op, d.OpaqueOp) or _runs_a_graph(op):
        return None
    if op.quantises is not None:
        return _why_opaque(op)
    return MIXED_GEMM if _multiplies_by_codes(op) else None


def _why_lost(op: Operation, through: Operation) -> tuple[str, str]:
    """On codes that go through an op which irfuse does not model, such as the cast of any float to an integer."""
    if through is not op:
        return f"its codes go through {describe(through)}, which irfuse does not look into", ""
    cure = "clamp before that cast, or cast to int8 or uint8 at once"
    return "it rounds to wide integers on the way to codes, and what lies beyond their range differs by device", cure


def _why_opaque(op: d.OpaqueOp) -> tuple[str, str]:
    """On a node that quantises by itself."""
    if not op.target.data.startswith(OWN_OPS):
        return "it quantises, and irfuse does not look into it", "write the quant in torch's own ops"
    if any(isinstance(v.type, TensorType) and v.type.element_type == f64 for v in op.ins):
        return "it quantises f64 values, in which no kernel computes", "cast to float32 before it"
    if op.mutates is not None:
        return "it quantises as it writes to memory", "use the functional form of that op"
    cure = "write it as a division, a rounding, a clamp and a cast" if "quant" in op.target.data else ""
    return "it quantises in one op, which irfuse has no rule for", cure


def _multiplies_by_codes(op: d.OpaqueOp) -> bool:
    """Whether an op of nobody's takes rows of floats, fp8 weights and scales, and gives rows of floats."""
    if op.target.data.startswith(OWN_OPS) or op.mutates is not None:
        return False
    ins, outs = ([v.type for v in values if isinstance(v.type, TensorType)] for values in (op.ins, op.outs))
    planes = [t.element_type for t in ins if len(dims_of(t)) > 1]
    rows = any(isinstance(e, (BFloat16Type, Float16Type)) for e in planes)
    codes = [v for v in op.ins if isinstance(v.type, TensorType) and isinstance(v.type.element_type, FP8_TYPES)]
    weights = [len(dims_of(tensor_type(v))) for v in codes] == [2] and not comes_from_quant(codes[0])
    scaled = any(t.element_type == f32 for t in ins)
    floats = bool(outs) and all(isinstance(t.element_type, WIDE_TYPES) for t in outs)
    return rows and scaled and floats and weights


def norm_above(values: Iterable[SSAValue]) -> Operation | None:
    """The nearest norm that values are computed from, without the ops that irfuse does not compute."""
    queue = deque(v.owner for v in values if isinstance(v.owner, Operation))
    seen = set(queue)
    while queue and len(seen) < MOST_VISITED:
        op = queue.popleft()
        if is_norm(op):
            return op
        if not isinstance(op, (d.OpaqueOp, d.FusedOp)):
            above = [v.owner for v in op.operands if isinstance(v.owner, Operation) and v.owner not in seen]
            seen.update(above)
            queue.extend(above)
    return None


def is_norm(op: Operation) -> bool:
    """Whether an op is a norm, or what one is recognised by."""
    unknown = isinstance(op, (d.RsqrtOp, d.PowOp)) and _unknown_mean(op) is not None
    return isinstance(op, (NormOp, d.LayerNormOp)) or _is_nameless_norm(op) or unknown


def _is_nameless_norm(op: Operation) -> bool:
    """Whether an op is the mean of squares of a norm that raise-named found no name for."""
    square = op.x.owner if isinstance(op, d.RowMeanOp) else None
    return isinstance(square, d.MulOp) and square.lhs is square.rhs


def _unknown_mean(op: d.RsqrtOp | d.PowOp) -> d.OpaqueOp | None:
    """The reduction behind a reciprocal root that is not one of the last axis."""
    value = op.operands[0]
    while isinstance(value.owner, (d.AddOp, d.ReshapeOp, d.CastOp, d.ClampOp)):
        value = value.owner.operands[0]
    mean = value.owner
    return mean if isinstance(mean, d.OpaqueOp) and _axes(mean) else None


def _runs_a_graph(op: d.OpaqueOp) -> bool:
    """Whether a node runs a graph, of which the sites are those of a function of its own."""
    sources = [v.owner for v in op.ins if isinstance(v.type, ObjectType)]
    return any(isinstance(s, d.OpaqueOp) and s.target.data.startswith("get_attr:") for s in sources)


def why_norm_alone(norm: Operation) -> tuple[str, bool]:
    """What becomes of a norm's result, and whether a quant reads it which is not fused with it."""
    if isinstance(reason := norm.attributes.get(UNQUANTISED), StringAttr):
        return reason.data, False
    if isinstance(norm, (d.RsqrtOp, d.PowOp)) and (mean := _unknown_mean(norm)) is not None:
        return f"a norm by {describe(mean)}, where irfuse knows norms of the last axis", False
    name = "" if isinstance(norm, (NormOp, d.LayerNormOp)) else "a norm in a form that has no name: "
    first: dict[Operation, Operation] = {}
    queue = deque((op, op) for op in _users(norm))
    while queue:
        if len(first) >= MOST_VISITED:
            return f"{name}none of the next {MOST_VISITED} ops quantises its result", False
        op, through = queue.popleft()
        if op in first:
            continue
        first[op] = through
        if MISSED in op.attributes and not is_norm(op):
            return f"{name}the quant of its result, at {location_text(op.location)}, is not fused", True
        if isinstance(op, d.OpaqueOp) and (op.quantises is not None or _multiplies_by_codes(op)):
            where = "which quantises in a graph of its own" if _runs_a_graph(op) else "which irfuse does not look into"
            return f"{name}its result goes to {describe(op)}, {where}", True
        if not isinstance(op, d.OpaqueOp):
            queue += [(user, through) for user in _users(op)]
    return name + _unquantised(list(first)), False


def _unquantised(behind: Sequence[Operation]) -> str:
    """Where the result of a norm goes that no quant reads."""
    taken = [op for op in behind if isinstance(op, (*_FOREIGN, d.InsertOp, d.ScatterOp))]
    if taken:
        return f"its result is not quantised, it goes to {describe(taken[0])}"
    leaves = any(isinstance(op, ReturnOp) for op in behind)
    return "its result is not quantised" + (", it leaves the graph" if leaves else "")


def _users(op: Operation) -> list[Operation]:
    return list(dict.fromkeys(use.operation for v in op.results for use in v.uses))
