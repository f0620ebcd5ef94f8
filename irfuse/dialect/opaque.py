"""The ops beside the tensors: for everything that irfuse does not model, and for sizes that follow from others."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import StringAttr, TensorType, UnitAttr
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    AnyAttr,
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    result_def,
    var_operand_def,
    var_result_def,
)
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.attrs import Call, CallAttr, Operand, SymIntType
from irfuse.dialect.elementwise import I64
from irfuse.dialect.enums import Overflow, OverflowAttr
from irfuse.dialect.sizes import Dim, Size, symbols_of
from irfuse.dialect.types import dims_of

_MARK = UnitAttr()


@irdl_op_definition
class OpaqueOp(IRDLOperation):
    """One FX node, carried and never looked into: not removed, not merged, copied from its graph on the way out.

    ``call`` says how the node was called, for raise-aten; ``mutates`` marks a node that writes to its operands,
    ``pointwise`` one that computes each entry by itself, so that a compiler computes it together with its users,
    ``quantises`` one that makes codes of floats;
    ``reading`` is which of its readings an op of another package was measured to compute (irfuse.probe);
    ``overflow`` says what casts to 8-bit floats in it do beyond the range, which depends on torch and the device.
    """

    name = "irfuse.opaque"
    target = prop_def(StringAttr)
    node_name = opt_prop_def(StringAttr, prop_name="node")
    call = opt_prop_def(CallAttr)
    mutates = opt_prop_def(UnitAttr)
    pointwise = opt_prop_def(UnitAttr)
    quantises = opt_prop_def(UnitAttr)
    reading = opt_prop_def(I64)
    overflow = opt_prop_def(OverflowAttr)
    ins = var_operand_def(AnyAttr())
    outs = var_result_def(AnyAttr())
    assembly_format = (
        "$target (`node` $node^)? (`mutates` $mutates^)? (`pointwise` $pointwise^)? (`quantises` $quantises^)? "
        "(`reading` $reading^)? (`overflow` $overflow^)? ` ` `(` $ins `)` (`call` $call^)? attr-dict `:` "
        "functional-type($ins, $outs)"
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
        quantises: bool = False,
        overflow: Overflow | None = None,
    ):
        properties: dict[str, Attribute] = {"target": target if isinstance(target, StringAttr) else StringAttr(target)}
        if node is not None:
            properties["node"] = StringAttr(node)
        if call is not None:
            properties["call"] = CallAttr(call)
        properties |= {"mutates": _MARK} if mutates else {}
        properties |= {"pointwise": _MARK} if pointwise else {}
        properties |= {"quantises": _MARK} if quantises else {}
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


@irdl_op_definition
class SizeOp(IRDLOperation):
    """A size that is computed from others: the type says how, and each operand brings a symbol, as itself or an axis.

    ``%groups = irfuse.size (%n) : (!irfuse.symint<"s27">) -> !irfuse.symint<"s27//64">``
    """

    name = "irfuse.size"
    ins = var_operand_def(AnyAttr())
    result = result_def(SymIntType)
    assembly_format = "` ` `(` $ins `)` attr-dict `:` functional-type($ins, $result)"

    def __init__(self, expr: str, ins: Sequence[SSAValue]):
        Operation.__init__(self, operands=ins, result_types=[SymIntType(StringAttr(expr))])

    @property
    def expr(self) -> str:
        """How the size is computed, as torch prints it."""
        assert isinstance(self.result.type, SymIntType)
        return self.result.type.expr.data

    def verify_(self) -> None:
        given = {symbol for v in self.ins for symbol in symbols_in(v.type)}
        missing = next((symbol for symbol in symbols_of(self.expr) if symbol not in given), None)
        if missing is not None:
            raise VerifyException(f"irfuse.size: no operand brings {missing}, of which {self.expr} is made")


def symbols_in(kind: Attribute) -> list[str]:
    """The symbols that a value of this type brings: those that make up an axis, or itself, but for a known factor."""
    if isinstance(kind, SymIntType):
        dims: Sequence[Dim] = (kind.expr.data,)
    else:
        dims = dims_of(kind) if isinstance(kind, TensorType) else ()
    found = (Size.of(dim).atoms for dim in dims if not isinstance(dim, int))
    return [atoms[0] for atoms in found if len(atoms) == 1 and atoms[0].isidentifier()]
