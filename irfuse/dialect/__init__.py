"""The irfuse dialect: small ops that carry the meaning, named ops that carry the name."""

from xdsl.ir import Dialect

from irfuse.dialect.act import ActMulOp
from irfuse.dialect.attrs import (
    ActivationAttr,
    CallAttr,
    DimsAttr,
    ObjectType,
    ScaleFormatAttr,
    ScaleRuleAttr,
    SymIntType,
    WeightRoundAttr,
)
from irfuse.dialect.elementwise import (
    AbsOp,
    AddOp,
    CastOp,
    CeilOp,
    ClampOp,
    DivOp,
    Exp2Op,
    ExpOp,
    Log2Op,
    MaximumOp,
    MulOp,
    NegOp,
    PowOp,
    ReciprocalOp,
    RoundOp,
    RsqrtOp,
    SigmoidOp,
    SiluOp,
    SqrtOp,
    SubOp,
)
from irfuse.dialect.fused import FusedOp, YieldOp
from irfuse.dialect.norm import AddRmsNormOp, RmsNormGatedOp, RmsNormOp
from irfuse.dialect.opaque import OpaqueOp
from irfuse.dialect.quant import GroupQuantOp, StaticQuantOp
from irfuse.dialect.reduce import RowAmaxOp, RowMeanOp, RowSumOp
from irfuse.dialect.shape import BroadcastOp, PermuteOp, RelayoutOp, ReshapeOp

Irfuse = Dialect(
    "irfuse",
    [
        AbsOp,
        AddOp,
        CastOp,
        CeilOp,
        ClampOp,
        DivOp,
        Exp2Op,
        ExpOp,
        Log2Op,
        MaximumOp,
        MulOp,
        NegOp,
        PowOp,
        ReciprocalOp,
        RoundOp,
        RsqrtOp,
        SigmoidOp,
        SiluOp,
        SqrtOp,
        SubOp,
        RowAmaxOp,
        RowMeanOp,
        RowSumOp,
        BroadcastOp,
        PermuteOp,
        RelayoutOp,
        ReshapeOp,
        ActMulOp,
        AddRmsNormOp,
        RmsNormGatedOp,
        RmsNormOp,
        GroupQuantOp,
        StaticQuantOp,
        OpaqueOp,
        FusedOp,
        YieldOp,
    ],
    [
        ActivationAttr,
        CallAttr,
        DimsAttr,
        ObjectType,
        ScaleFormatAttr,
        ScaleRuleAttr,
        SymIntType,
        WeightRoundAttr,
    ],
)
