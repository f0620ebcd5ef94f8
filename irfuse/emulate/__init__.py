"""Runs the AMD machine code of Triton kernels on any machine: an interpreter of AMDGCN assembly in numpy.

``with irfuse.emulate("gfx942"): kernel[grid](cpu_tensors)`` runs kernels as Triton compiles them for that GPU, with
checks that hardware does not make; see docs/emulate.md. Nothing else of irfuse needs this package.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from irfuse.emulate.driver import Emulation
    from irfuse.emulate.launch import Checks, Code, Report, run_code, run_kernel
    from irfuse.emulate.targets import GPUS

__all__ = ["GPUS", "Checks", "Code", "Emulation", "Report", "run_code", "run_kernel"]
_HOMES = {"Emulation": "driver", "GPUS": "targets"} | dict.fromkeys(
    ("Checks", "Code", "Report", "run_code", "run_kernel"), "launch"
)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'irfuse.emulate' has no attribute '{name}'")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"irfuse.emulate.{_HOMES[name]}"), name)
    return value


class _Package(ModuleType):
    """This package as a module that can be called: ``irfuse.emulate(arch)``."""

    def __call__(self, arch: str, checks: Checks | None = None) -> Emulation:
        """An `Emulation` of a GPU such as ``gfx942``, to be used in a ``with``. Raises UnknownGpuError."""
        from irfuse.emulate.driver import Emulation

        return Emulation(arch, checks)


emulate = sys.modules[__name__]
emulate.__class__ = _Package
