"""irfuse fuses norm -> (gate) -> quant chains of torch FX graphs into one Triton kernel each, keeping the numbers.

``torch.compile(model, backend="irfuse")`` compiles with it, `explain` says what it does to a model, `reports` what it
did in this process, `register_op` takes what an op of your own computes, `emulate` runs Triton kernels as AMD's machine
code on the CPU, and the command ``irfuse-opt`` runs the passes on text. Importing irfuse does not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from irfuse import emulate
    from irfuse.api import explain
    from irfuse.extend.ops import register_op
    from irfuse.report import Report
    from irfuse.torch_backend.ledger import reports

__all__ = ["Report", "emulate", "explain", "register_op", "reports"]
_HOMES = {
    "emulate": "irfuse.emulate",
    "explain": "irfuse.api",
    "Report": "irfuse.report",
    "register_op": "irfuse.extend.ops",
    "reports": "irfuse.torch_backend.ledger",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'irfuse' has no attribute '{name}'")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value
