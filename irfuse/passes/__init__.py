"""The passes of irfuse: flag, pass, file and lit test share one name. ``PASSES`` is the one registry."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from xdsl.passes import ModulePass

NAMES = (
    "raise-aten",
    "irfuse-cse",
    "raise-named",
    "fold-reshapes",
    "fuse-gated-norm-quant",
    "fuse-norm-quant",
    "fuse-act-mul-quant",
    "fuse-quant",
    "fuse-tail",
    "fuse-horizontal",
)
"""In the order of the pipeline. Pass ``raise-aten`` is class ``RaiseAtenPass`` in ``raise_aten.py``, and so on."""


def _loader(name: str) -> Callable[[], type[ModulePass]]:
    """Load a pass when it is used, so that the tool starts fast."""

    def load() -> type[ModulePass]:
        module = import_module(f"{__name__}.{name.replace('-', '_')}")
        return cast(type[ModulePass], getattr(module, name.title().replace("-", "") + "Pass"))

    return load


PASSES: dict[str, Callable[[], type[ModulePass]]] = {name: _loader(name) for name in NAMES}
