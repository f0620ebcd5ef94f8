"""The bytes of wider elements, as a cache that holds several types in a row of bytes takes them."""

from __future__ import annotations

from xdsl.dialects.builtin import Float32Type, IntegerType, TensorType, i16, i32
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from irfuse.dialect.bits import BitcastOp, ShrOp
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.named import NamedOp, as_tensor
from irfuse.dialect.parts import ConcatOp
from irfuse.dialect.sizes import Dim, Size
from irfuse.dialect.types import TORCH_NAMES, WIDE_TYPES, bit_width, dims_of, make_tensor, with_element

BYTE = 8
UINT8 = TORCH_NAMES["uint8"]
_INTEGERS = tuple(TORCH_NAMES[name] for name in ("int16", "int32", "int64"))


def has_bytes(element: Attribute) -> bool:
    """Whether irfuse.bytes takes elements of a type: of 16 bits or more, f64 apart, with which no kernel computes."""
    return isinstance(element, WIDE_TYPES) or element in _INTEGERS


@irdl_op_definition
class BytesOp(NamedOp):
    """``[..., n] -> [..., n * w]``: the w bytes of each element, the least first, as torch's view(uint8) has them.

    GPUs and all hosts that torch is built for are little-endian. Column c is byte ``c % w`` of column ``c // w``.
    """

    name = "irfuse.bytes"
    x = operand_def(TensorType)
    result = result_def(TensorType)
    traits = traits_def(Pure())
    assembly_format = "$x attr-dict `:` type($x) `->` type($result)"

    def __init__(self, x: Value):
        dims = dims_of(x.type)
        columns = (Size.of(dims[-1]) * Size(width_of(x))).dim()
        super().__init__(operands=[x], result_types=[make_tensor(UINT8, (*dims[:-1], columns))])

    def verify_(self) -> None:
        x, result = as_tensor(self.x), as_tensor(self.result)
        if not dims_of(x.type) or not has_bytes(x.type.element_type):
            raise VerifyException(f"irfuse.bytes takes rows of numbers of 16, 32 or 64 bits, not {x.type}")
        columns = (Size.of(dims_of(x.type)[-1]) * Size(width_of(x))).dim()
        wanted = make_tensor(UINT8, (*dims_of(x.type)[:-1], columns))
        if result.type != wanted:
            raise VerifyException(f"irfuse.bytes of {x.type} is {wanted}, not {result.type}")

    def expand(self, b: SmallBuilder) -> list[Value]:
        x = as_tensor(self.x)
        thin: tuple[Dim, ...] = (*dims_of(x.type), 1)
        bits = _as_integers(b, x)
        shifted = [b.binary(ShrOp, bits, BYTE * i) if i else bits for i in range(width_of(x))]
        pieces = [b.reshape(b.cast(byte, UINT8), thin) for byte in shifted]
        return [b.reshape(b.emit(ConcatOp(pieces, len(thin) - 1)), dims_of(as_tensor(self.result).type))]


def width_of(x: Value) -> int:
    """The bytes of an element."""
    return bit_width(x.type.element_type) // BYTE


def _as_integers(b: SmallBuilder, x: Value) -> Value:
    """The bits of elements as integers of 32 bits or more, by which they are shifted."""
    element = x.type.element_type
    if not isinstance(element, IntegerType):
        x = b.emit(BitcastOp(x, with_element(x.type, i32 if isinstance(element, Float32Type) else i16)))
    return b.cast(x, i32) if x.type.element_type == i16 else x
