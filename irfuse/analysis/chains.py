"""What a chain is called: its family, the granularity of its scales, and the kind that names its kernel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue

from irfuse import dialect as d
from irfuse.analysis.quants import is_quant
from irfuse.dialect.elementwise import BinaryOp
from irfuse.dialect.norm import NormOp
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import dims_of, tensor_type

GATED_NORM_QUANT = "gated_norm_quant"
NORM_QUANT = "norm_quant"
ADD_NORM_QUANT = "add_norm_quant"
ACT_MUL_QUANT = "act_mul_quant"
QUANT = "quant"
FAMILIES = (GATED_NORM_QUANT, ADD_NORM_QUANT, NORM_QUANT, ACT_MUL_QUANT, QUANT)
"""In an order in which fewer of the ops above its quant never make a chain one of an earlier family."""

ACTIVATIONS = (d.SiluOp, d.SigmoidOp, d.ExpOp, d.GeluOp, d.GeluTanhOp, d.ReluOp, d.TanhOp, d.ErfOp)
SHAPE_OPS = (d.ReshapeOp, d.BroadcastOp, d.RelayoutOp, d.PermuteOp, d.SliceOp, d.CopyOp, d.CastOp)


def chain_of(ops: Sequence[Operation]) -> str:
    """The family of a chain of small and named ops that ends in a quant: ``quant`` for one with no norm or product."""
    if not _has_norm(ops):
        active = any(isinstance(op, (d.ActMulOp, *ACTIVATIONS)) for op in ops)
        return ACT_MUL_QUANT if active and any(_multiplies(op) for op in ops) else QUANT
    if any(isinstance(op, (d.RmsNormGatedOp, d.ActMulOp)) for op in ops) or _has_gate(ops):
        return GATED_NORM_QUANT
    return ADD_NORM_QUANT if any(_norms_a_sum(op) for op in ops) else NORM_QUANT


def _has_norm(ops: Iterable[Operation]) -> bool:
    return any(isinstance(op, (NormOp, d.LayerNormOp, d.RowMeanOp, d.RowSumOp)) for op in ops)


def _has_gate(ops: Sequence[Operation]) -> bool:
    """Whether two full tensors are multiplied of which one is an activation, or a cast or a product of one."""
    active: set[SSAValue] = set()
    for op in ops:
        through = isinstance(op, (*SHAPE_OPS, BinaryOp)) and any(v in active for v in op.operands)
        if isinstance(op, ACTIVATIONS) or through:
            active |= set(op.results)
        if _is_full_product(op) and op.results[0] in active:
            return True
    return False


def _is_full_product(op: Operation) -> bool:
    """Whether an op multiplies two tensors of one shape, neither of them repeated to it."""
    if not isinstance(op, d.MulOp) or op.rhs is None or op.lhs is op.rhs:
        return False
    return not any(isinstance(v.owner, d.BroadcastOp) for v in (op.lhs, op.rhs))


def _multiplies(op: Operation) -> bool:
    """Whether an op multiplies two tensors, or is named for it."""
    return isinstance(op, d.ActMulOp) or (isinstance(op, d.MulOp) and op.rhs is not None)


def _norms_a_sum(op: Operation) -> bool:
    """Whether an op norms the sum of two tensors of one shape."""
    if isinstance(op, d.AddRmsNormOp):
        return True
    if isinstance(op, (NormOp, d.LayerNormOp)):
        return is_full_add(_source(op.x).owner)
    source = _source(op.x).owner if isinstance(op, (d.RowMeanOp, d.RowSumOp, d.RowVarOp)) else None
    return is_full_add(_source(source.lhs).owner if isinstance(source, d.MulOp) else source)


def is_full_add(op: object) -> bool:
    """Whether an op adds two tensors of one shape, neither of them repeated to it."""
    if not isinstance(op, d.AddOp) or op.rhs is None:
        return False
    return not any(isinstance(v.owner, d.BroadcastOp) for v in (op.lhs, op.rhs))


def _source(value: SSAValue) -> SSAValue:
    """The value behind casts and shape changes."""
    while isinstance(value.owner, SHAPE_OPS):
        value = value.owner.x
    return value


def label_of(chain: str, end: Operation) -> str:
    """What a chain that ends in an op is called, as ``norm_quant.group``; ``norm.none`` where that is no quant."""
    if is_quant(end):
        return f"{chain}.{granularity_of(end)}"
    return "row.none" if chain == QUANT else f"{chain.removesuffix(f'_{QUANT}')}.none"


def granularity_of(quant: Operation) -> str:
    """``tensor`` for a static scale, ``token`` for one scale per row of the widest shape around, else ``group``."""
    if isinstance(quant, d.PackOp):
        quant = _codes_behind(quant)
    if isinstance(quant, d.StaticQuantOp):
        return "tensor"
    amax = None if isinstance(quant, d.GroupQuantOp) else _amax_before(quant)
    source = quant if isinstance(quant, d.GroupQuantOp) else amax
    if source is None:
        return "tensor"
    run: Dim = source.run if isinstance(source, d.GroupQuantOp) else dims_of(tensor_type(source.x))[-1]
    x: SSAValue = source.x
    q: SSAValue = quant.results[0]
    widest = max((Size.of(w) for w in _widths(x, q)), key=lambda size: (len(size.atoms), size.factor))
    return "token" if widest == Size.of(run) else "group"


def _codes_behind(pack: d.PackOp) -> Operation:
    """The quant whose codes are packed, where it is one op; the pack itself for codes that are computed bit by bit."""
    value = pack.x
    while isinstance(value.owner, d.ReshapeOp):
        value = value.owner.x
    return value.owner if isinstance(value.owner, (d.GroupQuantOp, d.CastOp)) else pack


def _amax_before(quant: Operation) -> d.RowAmaxOp | None:
    """The maximum that the scale of an unnamed quant comes from: the first one found above it."""
    stack, seen = list(quant.operands), set[SSAValue]()
    while stack:
        value = stack.pop()
        owner = value.owner
        if isinstance(owner, d.RowAmaxOp):
            return owner
        ends = isinstance(owner, NormOp) or (isinstance(owner, d.OpaqueOp) and _is_one_number(value))
        if value not in seen and isinstance(owner, Operation) and not ends:
            seen.add(value)
            stack.extend(owner.operands)
    return None


def _is_one_number(value: SSAValue) -> bool:
    return isinstance(value.type, TensorType) and all(n == 1 for n in dims_of(value.type))


def _widths(x: SSAValue, q: SSAValue) -> Iterable[Dim]:
    """The last axes of the shapes that a quant's rows come from and go to."""
    yield dims_of(tensor_type(q))[-1] if dims_of(tensor_type(q)) else 1
    while isinstance(x.owner, (*SHAPE_OPS, d.AbsOp)):
        x = x.owner.x
        yield dims_of(tensor_type(x))[-1] if dims_of(tensor_type(x)) else 1
    stack = [q]
    while stack:
        for use in stack.pop().uses:
            if isinstance(use.operation, d.ReshapeOp) and len(dims_of(tensor_type(use.operation.result))) > 1:
                stack.append(use.operation.result)
                yield dims_of(tensor_type(use.operation.result))[-1]


def kind_of(ops: Sequence[Operation]) -> str:
    """The names of the named ops of a chain, in order, else its family or ``row``. Safe in a kernel's name."""
    named = [
        op.name.removeprefix("irfuse.")
        for op in ops
        if isinstance(op, (NormOp, d.LayerNormOp, d.ActMulOp, d.GroupQuantOp, d.StaticQuantOp))
    ]
    family = chain_of(ops) if any(is_quant(op) for op in ops) else chain_of(ops).removesuffix(f"_{QUANT}")
    alone = family == QUANT and len(named) < 2
    return "_".join(dict.fromkeys(named)) or "row" if alone or len(named) > 1 else family
