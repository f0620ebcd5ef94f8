"""The irfuse dialect: small ops that carry the meaning, named ops that carry the name."""

from xdsl.ir import Attribute, Dialect, Operation

from irfuse.dialect.act import ActMulOp
from irfuse.dialect.attrs import CallAttr, DimsAttr, ObjectType, SymIntType
from irfuse.dialect.bits import (
    AndOp,
    BitcastOp,
    CompareOp,
    FloorDivOp,
    OrOp,
    RemainderOp,
    SelectOp,
    ShlOp,
    ShrOp,
    XorOp,
)
from irfuse.dialect.bytes import BytesOp
from irfuse.dialect.elementwise import AddOp, CastOp, ClampOp, DivOp, MaximumOp, MinimumOp, MulOp, PowOp, SubOp
from irfuse.dialect.enums import (
    ActivationAttr,
    OverflowAttr,
    PredicateAttr,
    ScaleFormatAttr,
    ScaleRuleAttr,
    WeightRoundAttr,
)
from irfuse.dialect.functions import (
    AbsOp,
    CeilOp,
    ErfOp,
    Exp2Op,
    Expm1Op,
    ExpOp,
    FloorOp,
    GeluOp,
    GeluTanhOp,
    Log1pOp,
    Log2Op,
    LogOp,
    NegOp,
    ReciprocalOp,
    ReluOp,
    RoundOp,
    RsqrtOp,
    SigmoidOp,
    SignOp,
    SiluOp,
    SqrtOp,
    TanhOp,
)
from irfuse.dialect.fused import FusedOp, YieldOp
from irfuse.dialect.layer_norm import FmaOp, LayerNormOp
from irfuse.dialect.norm import AddRmsNormOp, RmsNormGatedOp, RmsNormOp
from irfuse.dialect.opaque import OpaqueOp, SizeOp
from irfuse.dialect.parts import ConcatOp, GatherOp, SliceOp
from irfuse.dialect.quant import GroupQuantOp, StaticQuantOp
from irfuse.dialect.reduce import PackOp, PartSumOp, RowAmaxOp, RowAminOp, RowMeanOp, RowSumOp, RowVarOp
from irfuse.dialect.scatter import InsertOp, ScatterOp
from irfuse.dialect.shape import BroadcastOp, CopyOp, FullOp, IotaOp, PadOp, PermuteOp, RelayoutOp, ReshapeOp

_ELEMENTWISE: list[type[Operation]] = [
    *(AbsOp, AddOp, CastOp, CeilOp, ClampOp, DivOp, Exp2Op, ExpOp, FloorOp, Log2Op, MaximumOp, MinimumOp, MulOp, NegOp),
    *(FmaOp, PowOp, ReciprocalOp, RoundOp, RsqrtOp, SignOp, SqrtOp, SubOp),
    *(ErfOp, Expm1Op, GeluOp, GeluTanhOp, Log1pOp, LogOp, ReluOp, SigmoidOp, SiluOp, TanhOp),
    *(AndOp, BitcastOp, CompareOp, FloorDivOp, OrOp, RemainderOp, SelectOp, ShlOp, ShrOp, XorOp),
]
_ROWS_AND_SHAPES: list[type[Operation]] = [
    *(PackOp, PartSumOp, RowAmaxOp, RowAminOp, RowMeanOp, RowSumOp, RowVarOp),
    *(BroadcastOp, ConcatOp, CopyOp, FullOp, GatherOp, IotaOp, PadOp, PermuteOp, RelayoutOp, ReshapeOp, SliceOp),
    *(InsertOp, ScatterOp),
]
_NAMED: list[type[Operation]] = [
    *(ActMulOp, AddRmsNormOp, BytesOp, GroupQuantOp, LayerNormOp, RmsNormGatedOp, RmsNormOp, StaticQuantOp),
]
_ENUMS: list[type[Attribute]] = [
    ActivationAttr,
    OverflowAttr,
    PredicateAttr,
    ScaleFormatAttr,
    ScaleRuleAttr,
    WeightRoundAttr,
]

Irfuse = Dialect(
    "irfuse",
    [*_ELEMENTWISE, *_ROWS_AND_SHAPES, *_NAMED, OpaqueOp, SizeOp, FusedOp, YieldOp],
    [CallAttr, DimsAttr, ObjectType, SymIntType, *_ENUMS],
)
