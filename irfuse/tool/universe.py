"""What stock xdsl-opt loads: the dialect, the passes and the targets, each only when it is used."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.ir import Dialect
from xdsl.universe import Universe
from xdsl.utils.target import Target

from irfuse.passes import PASSES

TARGET_NAMES = ("triton", "amdgcn", "hsaco", "ptx", "emulate", "amd-report")
"""The targets of irfuse.tool.targets, which loads the generation of kernels."""


def _dialect() -> Dialect:
    from irfuse.dialect import Irfuse

    return Irfuse


def _target(name: str) -> Callable[[], type[Target]]:
    def load() -> type[Target]:
        from irfuse.tool.targets import TARGETS

        return TARGETS[name]()

    return load


UNIVERSE = Universe(
    all_dialects={"irfuse": _dialect},
    all_passes=dict(PASSES),
    all_targets={name: _target(name) for name in TARGET_NAMES},
)
