"""The schemes of quantisation packages by which linears quantise what they read, as each package puts them on a model.

A scheme changes the block that it is given in place. The packages are imported only where a scheme is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MethodType
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

FP8, FP4 = torch.float8_e4m3fn, torch.float4_e2m1fn_x2
TOKENS, BATCHED = (24,), (2, 12)
"""Shapes of the input without its columns."""


@dataclass(frozen=True)
class Scheme:
    """A scheme of a package: ``apply`` puts it on a block's linear; ``sizes`` are the axes of the input before columns.

    ``stands_in`` says that a product of dequantised numbers stands for the GEMM, which is not there for CPUs.
    """

    package: str
    name: str
    apply: Callable[[nn.Module], None]
    sizes: tuple[int, ...] = BATCHED
    stands_in: bool = False


def _with_torchao(config: Callable[[], Any], block: nn.Module) -> None:
    from torchao.quantization import quantize_

    quantize_(block, config())


def _int8(mapping: str) -> Any:
    from torchao.quantization import Int8DynamicActivationInt8WeightConfig, MappingType

    return Int8DynamicActivationInt8WeightConfig(act_mapping_type=MappingType[mapping], set_inductor_config=False)


def _mx(element: torch.dtype) -> Any:
    from torchao.prototype.mx_formats.inference_workflow import MXDynamicActivationMXWeightConfig
    from torchao.quantization.quantize_.common import KernelPreference

    return MXDynamicActivationMXWeightConfig(
        activation_dtype=element, weight_dtype=element, kernel_preference=KernelPreference.EMULATED
    )


def _float8(granularity: str, block: nn.Module) -> None:
    """What Float8DynamicActivationFloat8WeightConfig makes of a weight; the config itself asks for a GPU."""
    from torchao import quantization as ao
    from torchao.float8.inference import Float8MMConfig
    from torchao.quantization.quantize_.workflows import QuantizeTensorToFloat8Kwargs

    by = getattr(ao, granularity)()
    weight = ao.Float8Tensor.from_hp(
        block.linear.weight,
        granularity=by,
        mm_config=Float8MMConfig(),
        act_quant_kwargs=QuantizeTensorToFloat8Kwargs(granularity=by),
    )
    block.linear.weight = nn.Parameter(weight, requires_grad=False)


def _dequantised(quantised: Callable[[torch.Tensor], Any], block: nn.Module) -> None:
    """A linear that quantises what it reads by a function of a package, and multiplies what that stands for."""
    weight = block.linear.weight

    def forward(_linear: nn.Linear, x: torch.Tensor) -> torch.Tensor:
        return F.linear(quantised(x).dequantize(), weight)

    block.linear.forward = MethodType(forward, block.linear)


def _by_blocks(x: torch.Tensor) -> Any:
    from torchao.quantization import Float8Tensor, PerBlock

    return Float8Tensor.from_hp(x, granularity=PerBlock((*(1 for _ in x.shape[:-1]), 128)))


def _nvfp4(dynamic: bool, x: torch.Tensor) -> Any:
    from torchao.prototype.mx_formats.nvfp4_tensor import NVFP4Tensor, per_tensor_amax_to_scale

    scale = per_tensor_amax_to_scale(torch.max(torch.abs(x))) if dynamic else None
    return NVFP4Tensor.to_nvfp4(x, per_tensor_scale=scale, is_swizzled_scales=True)


def _calibrated(preset: str, block: nn.Module) -> None:
    """A preset of compressed-tensors with its weights quantised and made-up results of a calibration."""
    from compressed_tensors.quantization import QuantizationConfig, QuantizationStatus, apply_quantization_config

    apply_quantization_config(
        block, QuantizationConfig(config_groups={preset: ["Linear"]}, quantization_status="initialized")
    )
    for name, parameter in block.linear.named_parameters():
        if name.endswith("zero_point"):
            parameter.data.zero_()
        elif name.endswith("global_scale"):
            parameter.data.fill_(3.0)
        elif name.endswith("scale"):
            parameter.data.fill_(0.02)
    block.linear.quantization_status = QuantizationStatus.COMPRESSED


def _called(preset: str, block: nn.Module) -> None:
    """The same, but the linear calls forward_quantize of compressed-tensors itself in place of the wrapped forward."""
    from compressed_tensors.quantization.lifecycle.forward import forward_quantize

    _calibrated(preset, block)
    given = block.linear.quantization_scheme.input_activations

    def forward(linear: nn.Linear, x: torch.Tensor) -> torch.Tensor:
        return F.linear(forward_quantize(linear, x, "input", given), linear.weight)

    block.linear.forward = MethodType(forward, block.linear)


def _quanto(activations: str, block: nn.Module) -> None:
    from optimum import quanto

    quanto.quantize(block, weights=quanto.qint8, activations=getattr(quanto, activations))
    block.linear.input_scale.fill_(0.02)
    block.linear.output_scale.fill_(0.5)
    quanto.freeze(block)


def _bitsandbytes(block: nn.Module) -> None:
    """LLM.int8() as on a GPU: on a CPU the package multiplies by dequantised weights, and quantises no rows."""
    from bitsandbytes import MatmulLtState, functional
    from bitsandbytes.autograd._functions import MatMul8bitLt

    state = MatmulLtState()
    state.is_training, state.has_fp16_weights = False, False
    state.CB, state.SCB, _ = functional.int8_vectorwise_quant(block.linear.weight.half())

    def forward(_linear: nn.Linear, x: torch.Tensor) -> torch.Tensor:
        return MatMul8bitLt.apply(x, state.CB, None, None, state)

    block.linear.forward = MethodType(forward, block.linear)


def _finegrained(block: nn.Module) -> None:
    from transformers.integrations.finegrained_fp8 import FP8Linear, load_finegrained_fp8_kernel

    load_finegrained_fp8_kernel()
    block.linear = FP8Linear(*block.linear.weight.shape[::-1], block_size=(128, 128))


def _fbgemm(block: nn.Module) -> None:
    from transformers.integrations.fbgemm_fp8 import FbgemmFp8Linear

    block.linear = FbgemmFp8Linear(*block.linear.weight.shape[::-1], bias=False)


PRESETS = ("FP8_DYNAMIC", "FP8", "FP8_BLOCK", "MXFP8", "W8A8", "NVFP4", "MXFP4")
SCHEMES = (
    Scheme("torchao", "float8 PerRow", partial(_float8, "PerRow")),
    Scheme("torchao", "float8 PerTensor", partial(_float8, "PerTensor")),
    Scheme("torchao", "float8 PerBlock", partial(_dequantised, _by_blocks), stands_in=True),
    Scheme("torchao", "int8", partial(_with_torchao, partial(_int8, "SYMMETRIC"))),
    Scheme("torchao", "int8 asymmetric", partial(_with_torchao, partial(_int8, "ASYMMETRIC"))),
    Scheme("torchao", "MXFP8", partial(_with_torchao, partial(_mx, FP8))),
    Scheme("torchao", "MXFP4", partial(_with_torchao, partial(_mx, FP4))),
    Scheme("torchao", "NVFP4", partial(_dequantised, partial(_nvfp4, True)), TOKENS, stands_in=True),
    Scheme("torchao", "NVFP4, one level", partial(_dequantised, partial(_nvfp4, False)), TOKENS, stands_in=True),
    *(Scheme("compressed-tensors", preset, partial(_calibrated, preset)) for preset in PRESETS),
    *(Scheme("compressed-tensors", f"{preset}, called", partial(_called, preset)) for preset in PRESETS),
    Scheme("compressed-tensors", "FP8_DYNAMIC, called, no batch", partial(_called, "FP8_DYNAMIC"), TOKENS),
    Scheme("transformers", "FineGrainedFP8", _finegrained),
    Scheme("transformers", "FbgemmFp8", _fbgemm),
    Scheme("optimum-quanto", "qfloat8", partial(_quanto, "qfloat8")),
    Scheme("optimum-quanto", "qint8", partial(_quanto, "qint8")),
    Scheme("bitsandbytes", "int8", _bitsandbytes),
)
