"""What stock xdsl-opt loads: the dialect, the passes and the targets, each only when it is used."""

from __future__ import annotations

from xdsl.ir import Dialect
from xdsl.universe import Universe

from irfuse.passes import PASSES
from irfuse.targets import TARGETS


def _dialect() -> Dialect:
    from irfuse.dialect import Irfuse

    return Irfuse


UNIVERSE = Universe(all_dialects={"irfuse": _dialect}, all_passes=dict(PASSES), all_targets=dict(TARGETS))
