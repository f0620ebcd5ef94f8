"""What tests of the report ask: the report of a model, and which lines of the models a place covers."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import models
import torch

import irfuse
from irfuse.report import Report

MODELS = Path(models.__file__).name


def explained(model: Any, *inputs: Any) -> Report:
    """The report of a model in inference."""
    with torch.no_grad():
        return irfuse.explain(model, *(inputs or model.inputs()))


def line_of(function: Any, text: str) -> int:
    """The line of the file on which a function says this."""
    lines, first = inspect.getsourcelines(function)
    (offset,) = [i for i, line in enumerate(lines) if text in line]
    return first + offset


def lines_in(location: str) -> set[int]:
    """The lines of models.py that a location covers."""
    lists = [place.rpartition(":")[2] for place in location.split(", ") if MODELS in place]
    spans = [span.split("-") for text in lists for span in text.split(",")]
    return {line for span in spans for line in range(int(span[0]), int(span[-1]) + 1)}
