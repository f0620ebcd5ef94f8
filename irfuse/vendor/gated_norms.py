"""Norms with a gate: vLLM's copy of FLA, and its own in torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.ir import Attribute

from irfuse import dialect as d
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.enums import Activation
from irfuse.dialect.named import expanded
from irfuse.dialect.types import dims_of
from irfuse.vendor.norms import VLLM, require_like, require_rows
from irfuse.vendor.table import Meaning, require, vendor_op

_FLA_NORM = (
    "vllm::fla_rms_norm_gated(Tensor x, Tensor? z, Tensor weight, float eps, SymInt? group_size, "
    "bool norm_before_gate, str activation) -> Tensor"
)


def _fla_rms_norm_gated(activations: Mapping[str, Activation]) -> Meaning:
    """The gates that there are by name; any other is none in FLA, and an error in vLLM's own."""

    def meaning(
        b: SmallBuilder,
        outs: Sequence[Attribute],
        x: Value,
        z: Value | None,
        weight: Value,
        eps: float,
        group_size: int | None,
        norm_before_gate: bool,
        activation: str,
    ) -> tuple[Value, ...]:
        require_rows(x, weight)
        columns = dims_of(x.type)[-1]
        whole = group_size is None or (isinstance(columns, int) and group_size > 0 and columns % group_size == 0)
        require(whole, f"rows of {columns} columns are no whole groups of {group_size}")
        group = None if group_size == columns else group_size
        if z is None:
            return (expanded(b, d.RmsNormOp(x, weight, None, x.type, eps=eps, norm_group=group))[0],)
        require_like(x, z)
        require(activation in activations, f'its activation "{activation}" is none of {", ".join(activations)}')
        norm = d.RmsNormGatedOp(
            *(x, z, weight, None, x.type),
            eps=eps,
            activation=activations[activation],
            norm_before_gate=norm_before_gate,
            norm_group=group,
        )
        return (expanded(b, norm)[0],)

    return meaning


def _gates(silu: Activation) -> dict[str, Activation]:
    return {"silu": silu, "swish": silu, "sigmoid": Activation.sigmoid}


_GATED = "all in f32, rounded once; {} any activation but silu, swish and sigmoid stays opaque"
vendor_op(
    _FLA_NORM,
    package=VLLM,
    source="vllm/third_party/flash_linear_attention/ops/layernorm_guard.py",
    says=_GATED.format("silu is z * sigmoid(z);"),
    inexact=True,
)(_fla_rms_norm_gated(_gates(Activation.silu_mul)))
vendor_op(
    _FLA_NORM,
    package=VLLM,
    source="vllm/model_executor/layers/layernorm.py",
    says=_GATED.format("silu is torch's, z / (1 + exp(-z));"),
    inexact=True,
)(_fla_rms_norm_gated(_gates(Activation.silu)))
