"""Running a fused op on tensors: by its kernel on a GPU, by its body in torch everywhere else."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import torch
from xdsl.dialects.builtin import TensorType

from irfuse.dialect.fused import FusedOp
from irfuse.dialect.types import dims_of, strides_of
from irfuse.dtypes import dtype_of
from irfuse.errors import FallbackWarning, IrfuseError, NotLowerableError, OneArchError, UnwrittenError
from irfuse.kernel.architectures import Arch
from irfuse.kernel.configs import Config, configs_for
from irfuse.kernel.kernel import Kernel
from irfuse.kernel.variants import variant_for
from irfuse.lower_triton import lower_block
from irfuse.runtime import reference
from irfuse.runtime.compile_kernel import FP_FUSION, compile_kernel
from irfuse.runtime.gpu_rules import GpuRules
from irfuse.runtime.kernel_cache import load_kernel

if TYPE_CHECKING:
    from irfuse.emulate import Report


class FusedCall:
    """A fused op as a function of tensors: ``call(*operands) -> (result, ...)``; results as the op's types say.

    On CPU tensors, and where no kernel can be built (a warning says why, once), it runs the body in torch. With
    ``emulated``, an AMD architecture, the kernel runs on CPU tensors, as that architecture's machine code.
    """

    def __init__(self, op: FusedOp, emulated: str | None = None) -> None:
        self.body = op.body.clone()
        self.emulated = emulated
        self.kind = op.kind.data if op.kind is not None else "fused"
        self.__name__ = self.__qualname__ = "irfuse_fused"
        self.fits: dict[str, bool] = {}
        self.report: Report | None = None
        """What the last run on the emulator did."""
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
        if not self.has_kernel_for(operands):
            return self.run_body(*operands)
        launch = self._launch_emulated if self.emulated else self.launch
        laid_out = self._laid_out(operands)
        return launch(self.function_on(device_of(operands)), *laid_out)

    def _laid_out(self, operands: Sequence[Any]) -> list[Any]:
        """The operands in the strides of their types, by which the kernel finds their entries.

        Inductor gives an op other strides than were traced, and so does an op whose fake is not true to it.
        """
        arguments = self.body.block.args
        sizes = reference.Sizes(arguments, operands)
        pairs = zip(arguments, operands, strict=True)
        return [sizes.laid_out(a, x) if isinstance(x, torch.Tensor) else x for a, x in pairs]

    def run_body(self, *operands: Any) -> tuple[torch.Tensor, ...]:
        """The results by the reference, op by op."""
        with GpuRules() if self.emulated else nullcontext():
            return reference.run_block(self.body.block, operands)

    def has_kernel_for(self, operands: Sequence[Any]) -> bool:
        """Whether a kernel runs on these operands; where it cannot be built, warns once and says no.

        Raises OneArchError for an emulated architecture that this process cannot compile for any more.
        """
        devices = {t.device for t in operands if isinstance(t, torch.Tensor)}
        arch = None if len(devices) > 1 else self._arch_on(devices.pop())
        if arch is None:
            return False
        if arch.name not in self.fits:
            self.fits[arch.name] = self._compiles_for(arch)
        return self.fits[arch.name]

    def _arch_on(self, device: torch.device) -> Arch | None:
        """The architecture as which a device runs kernels; None if it runs none."""
        if self.emulated is not None:
            return Arch.of(self.emulated) if device.type == "cpu" else None
        return arch_of(device) if device.type == "cuda" else None

    def function_on(self, device: torch.device) -> Any:
        """The ``triton.jit`` function of the kernel for a device that runs it."""
        arch = self._arch_on(device)
        assert arch is not None
        kernel = variant_for(self.kernel, arch.name)
        return load_kernel(kernel.name, kernel.source)

    def require_kernel(self) -> None:
        """Raise what stands in the way of a kernel for the emulated architecture."""
        assert self.emulated is not None
        compile_kernel(self.kernel, Arch.of(self.emulated))

    def _compiles_for(self, arch: Arch) -> bool:
        try:
            compile_kernel(self.kernel, arch)
        except OneArchError:
            raise
        except (IrfuseError, OSError) as reason:
            warnings.warn(FallbackWarning(self.kind, arch.name, reason), stacklevel=2)
            return False
        return True

    def launch(self, kernel: Any, *operands: Any) -> tuple[torch.Tensor, ...]:
        """Allocate the results and launch ``kernel``, this op's kernel or a wrapper of it, on GPU or fake tensors."""
        about = self.kernel
        sizes = reference.Sizes(self.body.block.args, operands)
        rows = [operands[p.counted.operand].numel() * p.counted.times // p.counted.columns for p in about.parts]
        fresh = self._fresh_results(sizes, rows, operands)
        if all(isinstance(n, int) and n == 0 for n in rows):
            return fresh
        results = [_as_bytes(t) for t in fresh]
        own = None if self.config is None else (self.config,)
        configs = own or configs_of(self._arch_on(device_of(operands)), about, rows)
        programs = [(n + config.rows - 1) // config.rows for n, config in zip(rows, configs, strict=True)]
        extra = [size.value(sizes.bound) for size in about.sizes]
        tensors = [_as_bytes(t) for t in operands if isinstance(t, torch.Tensor)]
        options = {name: config.rows for name, config in zip(about.tiles, configs, strict=True)}
        options |= {"num_warps": configs[0].num_warps, "enable_fp_fusion": FP_FUSION}
        kernel[(sum(programs),)](*tensors, *results, *rows, *extra, **options)
        return tuple(t if t.dtype == like.dtype else t.view(like.dtype) for t, like in zip(results, fresh, strict=True))

    def _launch_emulated(self, kernel: Any, *operands: Any) -> tuple[torch.Tensor, ...]:
        """`launch` on the emulator. Raises EmulatorError, and UnwrittenError where an entry of a result stays empty."""
        from irfuse.emulate import Emulation

        assert self.emulated is not None
        with Emulation(self.emulated) as emulation:
            results = self.launch(kernel, *operands)
        for self.report in emulation.reports:
            for i, result in enumerate(results):
                if self.kernel.results[i].buffer is not None:
                    continue
                gaps = result.untyped_storage().nbytes() - result.numel() * result.element_size()
                if self.report.unwritten.get(f"y{i}_ptr", 0) > gaps:
                    raise UnwrittenError(kernel=self.report.kernel, result=i, arch=self.emulated)
        return results

    def _fresh_results(
        self, sizes: reference.Sizes, rows: Sequence[Any], operands: Sequence[Any]
    ) -> tuple[torch.Tensor, ...]:
        """Memory for each result: empty, or a copy of the operand that it is, which is written to."""
        results: list[torch.Tensor] = []
        for about in self.kernel.results:
            kind = about.kind
            assert isinstance(kind, TensorType)
            if about.buffer is not None:
                results.append(_copy_of(operands[about.buffer]))
                continue
            shape = sizes.shape(dims_of(kind))
            if -1 in shape:
                entries = rows[about.part] * about.kept
                shape[shape.index(-1)] = entries // math.prod(s for s in shape if s != -1)
            dtype, strides = dtype_of(kind.element_type), strides_of(kind)
            options = {"dtype": dtype, "device": device_of(operands)}
            result = (
                torch.empty(shape, **options)
                if strides is None
                else torch.empty_strided(shape, sizes.shape(strides), **options)
            )
            results.append(result.zero_() if about.padded else result)
        return tuple(results)


def _copy_of(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor's entries in memory of their own, with its strides, by which a kernel finds them."""
    copy = tensor.clone()
    if copy.stride() == tensor.stride():
        return copy
    apart = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device)
    return apart.copy_(tensor)


def _as_bytes(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor as a kernel takes it: Triton has no pointers to f8E8M0FNU."""
    return tensor.view(torch.uint8) if tensor.dtype == torch.float8_e8m0fnu else tensor


def device_of(operands: Sequence[Any]) -> torch.device:
    """The device of the operands that are tensors."""
    return next(t.device for t in operands if isinstance(t, torch.Tensor))


@cache
def arch_of(device: torch.device) -> Arch:
    """The architecture of a GPU."""
    if torch.version.hip:
        return Arch.of(torch.cuda.get_device_properties(device).gcnArchName.partition(":")[0])
    major, minor = torch.cuda.get_device_capability(device)
    return Arch.of(f"sm_{major}{minor}")


def configs_of(arch: Arch | None, kernel: Kernel, rows: Sequence[int | torch.SymInt]) -> tuple[Config, ...]:
    """The launch configuration of each part of a kernel for an architecture; without one, for tracing, that of any."""
    works = [part.work for part in kernel.parts]
    if arch is None:
        return configs_for(works)
    return configs_for(works, arch.name, arch.wave, [n if isinstance(n, int) else None for n in rows])
