"""Reports of what the backend compiled in this process, and beside Inductor's cache for the processes after it."""

from __future__ import annotations

import hashlib
import logging
import re
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import fx

from irfuse.report import Report
from irfuse.runtime.kernel_cache import cache_dir, write_atomically
from irfuse.torch_backend.breaks import breaks_of

log = logging.getLogger("irfuse")
MOST_KEPT = 256
_SYMBOL = re.compile(r"\b[su]\d+\b")
_reports: deque[Report] = deque(maxlen=MOST_KEPT)


def reports() -> list[Report]:
    """The reports of the graphs that the backend compiled in this process, oldest first, the last 256."""
    return list(_reports)


def publish(report: Report, gm: fx.GraphModule) -> None:
    """Keep the report of a graph for `reports` and log it: logger ``irfuse``, level INFO."""
    report.breaks += breaks_of(gm)
    _reports.append(report)
    log.info("%s", report)


def key_of(gm: fx.GraphModule, example_inputs: Sequence[Any], identity: Any) -> str:
    """What decides a report: the graph's code, the metadata of its inputs, and the identity of the passes.

    Sizes are those of the graph's own fake inputs, where a size that may be any is a symbol: the examples have numbers
    there, and a compiled graph comes from the cache for all of them. Symbols are numbered as they appear, for those of
    sizes from data have other names in every compilation.
    """
    places = gm.graph.find_nodes(op="placeholder")
    values = [node.meta.get("example_value", x) for node, x in zip(places, example_inputs, strict=True)]
    inputs = [(x.dtype, x.shape, x.stride(), x.device) if isinstance(x, torch.Tensor) else x for x in values]
    numbers: dict[str, str] = {}
    text = _SYMBOL.sub(lambda found: numbers.setdefault(found[0], f"size{len(numbers)}"), repr((gm.code, inputs)))
    return hashlib.sha256(repr((text, identity)).encode()).hexdigest()


def save(key: str, report: Report) -> None:
    """Keep the sites of a report for the process that finds the compiled graph in Inductor's cache.

    Where the cache cannot be written any more, that process will know nothing of the sites.
    """
    with suppress(OSError):
        write_atomically(_path(key), report.to_json())


def recall(key: str) -> Report | None:
    """The sites that `save` kept, or None where there are none that can be read."""
    try:
        return Report.from_json(_path(key).read_text())
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path(key: str) -> Path:
    return cache_dir() / "reports" / f"{key}.json"
