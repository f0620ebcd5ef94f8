"""Torch's divisions as on GPUs, under the name that scripts which compare emulated models with eager torch import."""

from irfuse.runtime.gpu_rules import GpuRules, compute_as_on_gpu

__all__ = ["GpuRules", "compute_as_on_gpu"]
