"""Running a fused op on tensors: by its kernel on a GPU, by its body in torch everywhere else."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

import torch
from xdsl.dialects.builtin import TensorType

from irfuse import reference
from irfuse.compile_kernel import FP_FUSION, Arch, compile_kernel
from irfuse.configs import Config, config_for
from irfuse.dialect.fused import FusedOp
from irfuse.dialect.types import dims_of, strides_of
from irfuse.dtypes import dtype_of
from irfuse.errors import FallbackWarning, IrfuseError, NotLowerableError
from irfuse.kernel_cache import load_kernel
from irfuse.lower_triton import Kernel, lower_block


class FusedCall:
    """A fused op as a function of tensors: ``call(*operands) -> (result, ...)``; results as the op's types say.

    On CPU tensors, and where no kernel can be built (a warning says why, once), it runs the body in torch.
    """

    def __init__(self, op: FusedOp) -> None:
        self.body = op.body.clone()
        self.kind = op.kind.data if op.kind is not None else "fused"
        self.__name__ = self.__qualname__ = "irfuse_fused"
        self.fits: dict[str, bool] = {}
        self.config: Config | None = None
        """Overrides the table's launch configuration, for who measures."""

    @cached_property
    def kernel(self) -> Kernel:
        """The generated kernel. Raises NotLowerableError."""
        return lower_block(self.body.block)

    def sources(self) -> dict[str, str]:
        """The kernel's source by its name; empty where the op has no kernel."""
        try:
            return {self.kernel.name: self.kernel.source}
        except NotLowerableError:
            return {}

    def __call__(self, *operands: Any) -> tuple[torch.Tensor, ...]:
        if self.has_kernel_for(operands):
            return self.launch(load_kernel(self.kernel.name, self.kernel.source), *operands, enable_fp_fusion=FP_FUSION)
        return self.run_body(*operands)

    def run_body(self, *operands: Any) -> tuple[torch.Tensor, ...]:
        """The results by the reference, op by op."""
        return reference.run_block(self.body.block, operands)

    def has_kernel_for(self, operands: Sequence[Any]) -> bool:
        """Whether a kernel runs on these operands; where it cannot be built, warns once and says no."""
        devices = {t.device for t in operands if isinstance(t, torch.Tensor)}
        device = devices.pop()
        if device.type != "cuda" or devices:
            return False
        arch = arch_of(device)
        if arch.name not in self.fits:
            self.fits[arch.name] = self._compiles_for(arch)
        return self.fits[arch.name]

    def _compiles_for(self, arch: Arch) -> bool:
        try:
            compile_kernel(self.kernel, arch)
        except (IrfuseError, OSError) as reason:
            warnings.warn(FallbackWarning(self.kind, arch.name, reason), stacklevel=2)
            return False
        return True

    def launch(self, kernel: Any, *operands: Any, **options: Any) -> tuple[torch.Tensor, ...]:
        """Allocate the results and launch ``kernel``, this op's kernel or a wrapper of it, on GPU or fake tensors."""
        about = self.kernel
        sizes = reference.Sizes(self.body.block.args, operands)
        rows = operands[about.full].numel() // about.columns
        device = operands[about.full].device
        results = [_as_bytes(t) for t in self._empty_results(sizes, rows, device)]
        if isinstance(rows, int) and rows == 0:
            return self._empty_results(sizes, rows, device)
        config = self.config or config_on(device, about, rows)
        extra = [size.value(sizes.bound) for size in about.sizes]
        grid = ((rows + config.rows - 1) // config.rows,)
        tensors = [_as_bytes(t) for t in operands if isinstance(t, torch.Tensor)]
        kernel[grid](*tensors, *results, rows, *extra, ROWS=config.rows, num_warps=config.num_warps, **options)
        kinds = [dtype_of(t.element_type) for t in about.result_types if isinstance(t, TensorType)]
        return tuple(t if t.dtype == kind else t.view(kind) for t, kind in zip(results, kinds, strict=True))

    def _empty_results(self, sizes: reference.Sizes, rows: Any, device: torch.device) -> tuple[torch.Tensor, ...]:
        results = []
        for kind, kept in zip(self.kernel.result_types, self.kernel.kept_columns, strict=True):
            assert isinstance(kind, TensorType)
            shape = sizes.shape(dims_of(kind))
            if -1 in shape:
                shape[shape.index(-1)] = rows * kept // math.prod(s for s in shape if s != -1)
            dtype, strides = dtype_of(kind.element_type), strides_of(kind)
            options = {"dtype": dtype, "device": device}
            results.append(
                torch.empty(shape, **options)
                if strides is None
                else torch.empty_strided(shape, sizes.shape(strides), **options)
            )
        return tuple(results)


def _as_bytes(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor as a kernel takes it: Triton has no pointers to f8E8M0FNU."""
    return tensor.view(torch.uint8) if tensor.dtype == torch.float8_e8m0fnu else tensor


@cache
def arch_of(device: torch.device) -> Arch:
    """The architecture of a GPU."""
    if torch.version.hip:
        return Arch.of(torch.cuda.get_device_properties(device).gcnArchName.partition(":")[0])
    major, minor = torch.cuda.get_device_capability(device)
    return Arch.of(f"sm_{major}{minor}")


def config_on(device: torch.device, kernel: Kernel, rows: int | torch.SymInt) -> Config:
    """The launch configuration of a kernel on a device; on one that is no GPU, for tracing, that of any."""
    if device.type != "cuda":
        return config_for(kernel.work)
    arch, known = arch_of(device), rows if isinstance(rows, int) else None
    return config_for(kernel.work, arch.name, arch.wave, known)
