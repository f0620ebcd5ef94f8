"""The fused op: exactly its body, computed by one kernel, or by the parts of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from xdsl.dialects.builtin import ArrayAttr, StringAttr, TensorType
from xdsl.ir import Attribute, Operation, Region, SSAValue
from xdsl.irdl import (
    AnyAttr,
    IRDLOperation,
    irdl_op_definition,
    lazy_traits_def,
    opt_prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent, IsolatedFromAbove, IsTerminator, Pure
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.attrs import SymIntType
from irfuse.dialect.bits import BitcastOp, CompareOp, SelectOp
from irfuse.dialect.elementwise import BinaryOp, CastOp, ClampOp, UnaryOp
from irfuse.dialect.layer_norm import FmaOp
from irfuse.dialect.named import NamedOp
from irfuse.dialect.parts import ConcatOp, GatherOp, SliceOp
from irfuse.dialect.reduce import RowReduction
from irfuse.dialect.scatter import InsertOp, ScatterOp
from irfuse.dialect.shape import BroadcastOp, CopyOp, FullOp, IotaOp, PadOp, PermuteOp, RelayoutOp, ReshapeOp

SMALL_OPS = (
    *(UnaryOp, BinaryOp, FmaOp, ClampOp, CastOp, BitcastOp, CompareOp, SelectOp, RowReduction),
    *(ReshapeOp, BroadcastOp, ConcatOp, CopyOp, FullOp, GatherOp, IotaOp, PadOp, SliceOp, PermuteOp, RelayoutOp),
    *(InsertOp, ScatterOp),
)
"""The base classes of the small ops: pure, and each with one meaning in torch."""


def is_pure_tensor_op(op: Operation) -> bool:
    """Whether an op is a small or a named op, so that a fused body may hold it."""
    return _is_pure(type(op))


@cache
def _is_pure(kind: type[Operation]) -> bool:
    return issubclass(kind, (*SMALL_OPS, NamedOp))


@irdl_op_definition
class YieldOp(IRDLOperation):
    """Ends the body of a fused op with its results."""

    name = "irfuse.yield"
    values = var_operand_def(AnyAttr())
    traits = lazy_traits_def(lambda: (IsTerminator(), HasParent(FusedOp)))
    assembly_format = "attr-dict ($values^ `:` type($values))?"

    def __init__(self, *values: SSAValue):
        Operation.__init__(self, operands=values)


@irdl_op_definition
class FusedOp(IRDLOperation):
    """``irfuse.fused`` computes its body, small and named ops, by one kernel; every rounding in it stays.

    ``kind`` names the chain for people and for FileCheck, ``chains`` says the family and granularity of each quant in
    it, as ``"gated_norm_quant.group"``; nothing depends on either.

    A body may be fused ops instead: programs of one kernel that have rows of their own, the programs of the first
    before those of the next. None of them reads what another computes; but a tensor that one has written to may be one
    that the next writes to, at other places.
    """

    name = "irfuse.fused"
    kind = opt_prop_def(StringAttr)
    chains = opt_prop_def(ArrayAttr[StringAttr])
    ins = var_operand_def(AnyAttr())
    outs = var_result_def(AnyAttr())
    body = region_def("single_block")
    traits = traits_def(IsolatedFromAbove(), Pure())

    def __init__(
        self,
        ins: Sequence[SSAValue],
        result_types: Sequence[Attribute],
        body: Region,
        kind: str | None = None,
        chains: Sequence[str] = (),
    ):
        super().__init__(
            operands=[list(ins)],
            result_types=[list(result_types)],
            regions=[body],
            properties={
                "kind": None if kind is None else StringAttr(kind),
                "chains": ArrayAttr([StringAttr(c) for c in chains]) if chains else None,
            },
        )

    @property
    def yielded(self) -> YieldOp:
        """The terminator of the body."""
        last = self.body.block.last_op
        assert isinstance(last, YieldOp)
        return last

    @property
    def parts(self) -> list[FusedOp]:
        """The fused ops that the body is made of; this op alone where it is made of small and named ops."""
        return [op for op in self.body.block.ops if isinstance(op, FusedOp)] or [self]

    def verify_(self) -> None:
        block = self.body.block
        given, taken = [v.type for v in self.ins], [a.type for a in block.args]
        if given != taken:
            raise VerifyException(
                f"irfuse.fused: operands {_types(given)} do not match the body's arguments {_types(taken)}"
            )
        for operand in given:
            if not isinstance(operand, (TensorType, SymIntType)):
                raise VerifyException(f"irfuse.fused: operands are tensors and symbolic sizes, not {operand}")
        if not isinstance(block.last_op, YieldOp):
            raise VerifyException("irfuse.fused: the body must end with irfuse.yield")
        wanted, yielded = [v.type for v in self.outs], [v.type for v in block.last_op.values]
        if wanted != yielded:
            raise VerifyException(
                f"irfuse.fused: results {_types(wanted)} do not match what the body yields, {_types(yielded)}"
            )
        self._verify_body()

    def _verify_body(self) -> None:
        inner = [op for op in self.body.block.ops if not isinstance(op, YieldOp)]
        parts = [op for op in inner if isinstance(op, FusedOp)]
        for op in inner:
            if not parts and not is_pure_tensor_op(op):
                raise VerifyException(f"irfuse.fused: {op.name} may not stand in a body; small and named ops may")
            if parts and op not in parts:
                raise VerifyException(f"irfuse.fused: {op.name} may not stand beside irfuse.fused in a body")
            if parts and op.parts != [op]:
                raise VerifyException("irfuse.fused: a fused op in a body is no body of others")
        taken = {v for part in parts for v in part.operands}
        if parts and [v for part in parts for v in part.outs if v not in taken] != list(self.yielded.values):
            raise VerifyException(
                "irfuse.fused: a body of fused ops yields all their results that none of them takes, in order"
            )

    def print(self, printer: Printer) -> None:
        if self.kind is not None:
            printer.print_string(" ")
            printer.print_string_literal(self.kind.data)
        if self.chains is not None:
            printer.print_string(" chains ")
            printer.print_attribute(self.chains)
        printer.print_string(" (")
        pairs = list(zip(self.body.block.args, self.ins, strict=True))
        printer.print_list(pairs, lambda pair: _print_binding(printer, *pair))
        printer.print_string(") -> (")
        printer.print_list(self.result_types, printer.print_attribute)
        printer.print_string(")")
        printer.print_op_attributes(self.attributes, print_keyword=True)
        printer.print_string(" ")
        printer.print_region(self.body, print_entry_block_args=False)

    @classmethod
    def parse(cls, parser: Parser) -> FusedOp:
        kind = parser.parse_optional_str_literal()
        chains: list[str] = []
        if parser.parse_optional_keyword("chains") is not None:
            chains = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_str_literal)
        arguments: list[Parser.Argument] = []
        ins: list[SSAValue] = []

        def binding() -> None:
            name = parser.parse_argument(expect_type=False)
            parser.parse_punctuation("=")
            operand = parser.parse_unresolved_operand()
            parser.parse_punctuation(":")
            tensor = parser.parse_type()
            ins.append(parser.resolve_operand(operand, tensor))
            arguments.append(name.resolve(tensor))

        parser.parse_comma_separated_list(parser.Delimiter.PAREN, binding)
        parser.parse_punctuation("->")
        results = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
        attributes = parser.parse_optional_attr_dict_with_keyword()
        body = parser.parse_region(arguments)
        op = cls(ins, results, body, kind, chains)
        if attributes is not None:
            op.attributes |= attributes.data
        return op


def kernels_in(module: Operation) -> list[FusedOp]:
    """The fused ops of a module that are a kernel each, and not a part of one."""
    return [op for op in ops_within(module) if type(op) is FusedOp and not isinstance(op.parent_op(), FusedOp)]


def ops_within(op: Operation) -> Iterator[Operation]:
    """All ops inside of an op, in order: as its ``walk``, which has an iterator for each of them."""
    for region in op.regions:
        for block in region.blocks:
            for inner in block.ops:
                yield inner
                if inner.regions:
                    yield from ops_within(inner)


def _print_binding(printer: Printer, argument: SSAValue, operand: SSAValue) -> None:
    printer.print_ssa_value(argument)
    printer.print_string(" = ")
    printer.print_ssa_value(operand)
    printer.print_string(" : ")
    printer.print_attribute(operand.type)


def _types(types: Sequence[Attribute]) -> str:
    return "(" + ", ".join(str(t) for t in types) + ")"
