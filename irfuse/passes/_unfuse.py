"""Taking a fused op back: where no kernel can be generated for it, its chain is better left to the rest's compiler."""

from __future__ import annotations

from xdsl.ir import Block, Operation, SSAValue

from irfuse.analysis.quants import is_quant
from irfuse.analysis.stores import store_of
from irfuse.dialect.fused import FusedOp, YieldOp
from irfuse.errors import NotLowerableError
from irfuse.fx.provenance import replace_value
from irfuse.lower_triton import lower
from irfuse.report.explanations import is_norm
from irfuse.report.remarks import UNQUANTISED, Declined, remark


def unfuse_without_kernels(block: Block) -> None:
    """Inline every fused op of a block that has no kernel on any GPU, and say so on its quants."""
    for op in list(block.ops):
        if isinstance(op, FusedOp) and op.parts == [op] and (reason := kernel_refusal(op)):
            unfuse(op, reason)


def unfuse(op: FusedOp, reason: str, cure: str = "") -> None:
    """Take a fused op back, and say why on the quants of its chains, else on their norms, and on what it wrote."""
    if op.parts != [op]:
        for part in inline(op):
            assert isinstance(part, FusedOp)
            unfuse(part, reason, cure)
        return
    chains, inner = len(op.chains) if op.chains is not None else 1, list(op.body.block.ops)
    stores = [store for v in op.yielded.values if (store := store_of(v)) is not None]
    written = {inner.index(write) for store in stores for write in store.writes}
    copies = inline(op)
    quants = [copy for copy in copies if is_quant(copy)][-chains:]
    for site in [*quants, *(copies[i] for i in sorted(written))]:
        remark(site, Declined(reason, cure))
    for norm in [copy for copy in copies if is_norm(copy)] if not quants else ():
        remark(norm, Declined(reason, cure), UNQUANTISED)


def kernel_refusal(op: FusedOp) -> str:
    """Why a fused op of one part has no kernel; empty where it has one."""
    try:
        lower(op)
    except NotLowerableError as reason:
        return str(reason)
    return ""


def inline(op: FusedOp) -> list[Operation]:
    """Put the ops of a fused op's body in its place; returns them. Its results keep their FX names."""
    body, block = op.body.block, op.parent
    assert block is not None
    mapper: dict[SSAValue, SSAValue] = dict(zip(body.args, op.ins, strict=True))
    copies = [inner.clone(mapper) for inner in body.ops if not isinstance(inner, YieldOp)]
    for copy, inner in zip(copies, body.ops, strict=False):  # the last op is the yield
        copy.location = inner.location if isinstance(inner, FusedOp) else op.location
    block.insert_ops_before(copies, op)
    for old, new in zip(op.outs, op.yielded.values, strict=True):
        replace_value(old, mapper[new])
    op.detach()
    op.erase()
    return copies
