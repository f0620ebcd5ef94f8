"""What tests register or load from outside is gone behind them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from irfuse.aten import RULES
from irfuse.extend import plugins
from irfuse.extend.ops import REGISTERED
from irfuse.probe import choice
from irfuse.vendor import TABLE


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(choice, "_ANSWERS", {})
    monkeypatch.setattr(plugins, "_LOADED", [])
    monkeypatch.setattr(plugins, "_DONE", set())
    rules = dict(RULES)
    yield
    for name in REGISTERED:
        del TABLE[name]
    REGISTERED.clear()
    RULES.clear()
    RULES.update(rules)
    plugins.files_of.cache_clear()
