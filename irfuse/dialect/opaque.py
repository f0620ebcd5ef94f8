"""The op for everything that irfuse does not model."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import StringAttr, UnitAttr
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    AnyAttr,
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.attrs import Call, CallAttr, Operand
from irfuse.dialect.enums import Overflow, OverflowAttr

_MARK = UnitAttr()


@irdl_op_definition
class OpaqueOp(IRDLOperation):
    """One FX node, carried and never looked into: not removed, not merged, copied from its graph on the way out.

    ``call`` says how the node was called, for raise-aten; ``mutates`` marks a node that writes to its operands,
    ``pointwise`` one that computes each entry by itself, so that a compiler computes it together with its users;
    ``overflow`` says what casts to 8-bit floats in it do beyond the range, which depends on torch and the device.
    """

    name = "irfuse.opaque"
    target = prop_def(StringAttr)
    node_name = opt_prop_def(StringAttr, prop_name="node")
    call = opt_prop_def(CallAttr)
    mutates = opt_prop_def(UnitAttr)
    pointwise = opt_prop_def(UnitAttr)
    overflow = opt_prop_def(OverflowAttr)
    ins = var_operand_def(AnyAttr())
    outs = var_result_def(AnyAttr())
    assembly_format = (
        "$target (`node` $node^)? (`mutates` $mutates^)? (`pointwise` $pointwise^)? (`overflow` $overflow^)? "
        "` ` `(` $ins `)` (`call` $call^)? attr-dict `:` functional-type($ins, $outs)"
    )

    def __init__(
        self,
        target: StringAttr | str,
        ins: Sequence[SSAValue],
        result_types: Sequence[Attribute],
        *,
        node: str | None = None,
        call: Call | None = None,
        mutates: bool = False,
        pointwise: bool = False,
        overflow: Overflow | None = None,
    ):
        properties: dict[str, Attribute] = {"target": target if isinstance(target, StringAttr) else StringAttr(target)}
        if node is not None:
            properties["node"] = StringAttr(node)
        if call is not None:
            properties["call"] = CallAttr(call)
        properties |= {"mutates": _MARK} if mutates else {}
        properties |= {"pointwise": _MARK} if pointwise else {}
        properties |= {} if overflow is None else {"overflow": OverflowAttr(overflow)}
        Operation.__init__(self, operands=ins, result_types=result_types, properties=properties)

    def verify_(self) -> None:
        if self.call is None:
            return
        highest = max(_operand_numbers((self.call.data.args, self.call.data.kwargs)), default=-1)
        if highest >= len(self.ins):
            raise VerifyException(
                f"irfuse.opaque: the call names operand x{highest}, and there are {len(self.ins)} operands"
            )


def _operand_numbers(value: object) -> list[int]:
    if isinstance(value, Operand):
        return [value.index]
    return [n for item in value for n in _operand_numbers(item)] if isinstance(value, tuple) else []
