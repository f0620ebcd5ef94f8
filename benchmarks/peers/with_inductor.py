"""torch.compile as it comes."""

from __future__ import annotations

from pathlib import Path

from chains import Chain

from peers import Find, Implementation, compiled


def load(_path: Path | None) -> Find:
    """Always there."""
    return _find


def _find(chain: Chain) -> list[Implementation]:
    return [
        Implementation("inductor, static", compiled.for_each_size(chain.run)),
        Implementation("inductor, dynamic", compiled.by_tokens(chain, "inductor")),
    ]
