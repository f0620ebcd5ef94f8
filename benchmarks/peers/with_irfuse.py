"""irfuse as it is used: torch.compile with its backend, once for all numbers of tokens."""

from __future__ import annotations

import warnings
from pathlib import Path

from peers import Find, Implementation, compiled


def load(_path: Path | None) -> Find:
    """There if irfuse is installed; what it cannot fuse must not be measured as if it were fused."""
    from irfuse.errors import FallbackWarning, InternalFaultWarning
    from irfuse.torch_backend.backend import irfuse_backend

    for category in (FallbackWarning, InternalFaultWarning):
        warnings.simplefilter("error", category)
    return lambda chain: [Implementation("irfuse", compiled.by_tokens(chain, irfuse_backend), strict=True)]
