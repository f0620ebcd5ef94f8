"""Norms of vLLM: its own ops, which a provider computes, those of its CUDA library and of its copy of FLA."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute

from irfuse import dialect as d
from irfuse.aten.registry import all_wide
from irfuse.dialect.build import SmallBuilder, Value
from irfuse.dialect.enums import Activation
from irfuse.dialect.named import expanded
from irfuse.dialect.types import dims_of, with_element
from irfuse.vendor.table import require, vendor_op

VLLM = "vLLM 0.33.0"
_NATIVE = "vllm/ir/ops/layernorm.py"
_CUDA = "csrc/libtorch_stable/layernorm_kernels.cu"
_ACTIVATIONS = {
    "silu": Activation.silu_mul,
    "swish": Activation.silu_mul,
    "sigmoid": Activation.sigmoid,
}


@vendor_op(
    "vllm_ir::rms_norm(Tensor x, Tensor? weight, float epsilon, SymInt? variance_size=None) -> Tensor",
    package=VLLM,
    source=_NATIVE,
    says="the norm rounded to the type of weight, times weight, rounded to that of x; a provider may round otherwise",
)
def _rms_norm(
    b: SmallBuilder,
    outs: Sequence[Attribute],
    x: Value,
    weight: Value | None,
    epsilon: float,
    variance_size: int | None,
) -> tuple[Value, ...]:
    _require_rows(x, weight)
    require(variance_size is None, "the variance is that of some columns alone")
    unit = expanded(b, d.RmsNormOp(x, None, None, with_element(x.type, f32), eps=epsilon))[0]
    return (_weighted(b, unit, weight, x.type.element_type),)


@vendor_op(
    "vllm_ir::fused_add_rms_norm(Tensor x, Tensor x_residual, Tensor? weight, float epsilon, "
    "SymInt? variance_size=None) -> (Tensor, Tensor)",
    package=VLLM,
    source=_NATIVE,
    says="as vllm_ir.rms_norm, of the f32 sum of x and x_residual before that is rounded to the type of x",
)
def _fused_add_rms_norm(
    b: SmallBuilder,
    outs: Sequence[Attribute],
    x: Value,
    x_residual: Value,
    weight: Value | None,
    epsilon: float,
    variance_size: int | None,
) -> tuple[Value, ...]:
    _require_rows(x, weight)
    _require_like(x, x_residual)
    require(variance_size is None, "the variance is that of some columns alone")
    types = with_element(x.type, f32), with_element(x.type, x.type.element_type)
    unit, total = expanded(b, d.AddRmsNormOp(x, x_residual, None, None, types, eps=epsilon))
    return _weighted(b, unit, weight, x.type.element_type), total


@vendor_op(
    "vllm_ir::fused_add_rms_norm.maybe_inplace(Tensor! x, Tensor! x_residual, Tensor? weight, float epsilon, "
    "SymInt? variance_size=None) -> (Tensor, Tensor)",
    package=VLLM,
    source="vllm/ir/op.py",
    says="as vllm_ir.fused_add_rms_norm; what is in x and x_residual afterwards is not said",
)
def _fused_add_rms_norm_in_place(
    b: SmallBuilder,
    outs: Sequence[Attribute],
    x: Value,
    x_residual: Value,
    weight: Value | None,
    epsilon: float,
    variance_size: int | None,
) -> tuple[Value | None, ...]:
    terms = b.contiguous(x), b.contiguous(x_residual)
    return *_fused_add_rms_norm(b, outs, *terms, weight, epsilon, variance_size), None, None


@vendor_op(
    "vllm::fla_rms_norm_gated(Tensor x, Tensor? z, Tensor weight, float eps, SymInt? group_size, "
    "bool norm_before_gate, str activation) -> Tensor",
    package=VLLM,
    source="vllm/third_party/flash_linear_attention/ops/layernorm_guard.py",
    says="all in f32, rounded once; silu is z * sigmoid(z); any activation but silu, swish and sigmoid is none there",
)
def _fla_rms_norm_gated(
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
    _require_rows(x, weight)
    columns = dims_of(x.type)[-1]
    whole = group_size is None or (isinstance(columns, int) and group_size > 0 and columns % group_size == 0)
    require(whole, f"rows of {columns} columns are no whole groups of {group_size}")
    group = None if group_size == columns else group_size
    if z is None:
        return (expanded(b, d.RmsNormOp(x, weight, None, x.type, eps=eps, norm_group=group))[0],)
    _require_like(x, z)
    require(activation in _ACTIVATIONS, f'its activation "{activation}" is none of {", ".join(_ACTIVATIONS)}')
    norm = d.RmsNormGatedOp(
        *(x, z, weight, None, x.type),
        eps=eps,
        activation=_ACTIVATIONS[activation],
        norm_before_gate=norm_before_gate,
        norm_group=group,
    )
    return (expanded(b, norm)[0],)


@vendor_op(
    "_C::rms_norm(Tensor! result, Tensor input, Tensor? weight, float epsilon) -> ()",
    package=VLLM,
    source=_CUDA,
    says="all in f32, (x * rsqrt) * weight, rounded once",
)
def _c_rms_norm(
    b: SmallBuilder, outs: Sequence[Attribute], result: Value, input: Value, weight: Value | None, epsilon: float
) -> tuple[Value, ...]:
    _require_rows(input, weight)
    _require_one_type(input, result, weight)
    return (expanded(b, d.RmsNormOp(input, weight, None, input.type, eps=epsilon))[0],)


@vendor_op(
    "_C::fused_add_rms_norm(Tensor! input, Tensor! residual, Tensor? weight, float epsilon) -> ()",
    package=VLLM,
    source=_CUDA,
    says="the norm of the sum rounded to the type of input, all of it in f32 and rounded once",
)
def _c_fused_add_rms_norm(
    b: SmallBuilder, outs: Sequence[Attribute], input: Value, residual: Value, weight: Value | None, epsilon: float
) -> tuple[Value, ...]:
    x, other = b.contiguous(input), b.contiguous(residual)
    _require_rows(x, weight)
    _require_like(x, other)
    _require_one_type(x, other, weight)
    norm = d.AddRmsNormOp(x, other, weight, None, (x.type, x.type), eps=epsilon, norm_rounded=True)
    return tuple(expanded(b, norm))


def _weighted(b: SmallBuilder, unit: Value, weight: Value | None, element: Attribute) -> Value:
    """f32 rows in the type of a weight, times it, in a type."""
    if weight is None:
        return b.cast(unit, element)
    return b.cast(b.binary(d.MulOp, b.cast(unit, weight.type.element_type), weight), element)


def _require_rows(x: Value, weight: Value | None) -> None:
    """Raise Unsupported unless these are rows, and a weight for each of their columns."""
    require(all_wide(x) and bool(dims_of(x.type)), f"it norms {x.type}, and no rows of bf16, f16 or f32")
    fits = weight is None or (all_wide(weight) and dims_of(weight.type) == dims_of(x.type)[-1:])
    require(fits, "its weight has not one entry for each column")


def _require_like(x: Value, other: Value) -> None:
    """Raise Unsupported unless these are rows of the shape of others."""
    require(all_wide(other) and dims_of(other.type) == dims_of(x.type), "its operands have two shapes")


def _require_one_type(x: Value, *others: Value | None) -> None:
    """Raise Unsupported unless all of these have the elements of the first, as the kernel has one type for all."""
    same = all(v is None or v.type.element_type == x.type.element_type for v in others)
    require(same, "its tensors have different element types")
