"""`irfuse.explain`."""
from __future__ import annotations
import torch
from irfuse.backend import eager
from irfuse.report import Report


def explain(module, *args, **kwargs) -> Report:
    report = Report()
    compiled = torch.compile(module, backend=lambda gm, inputs: eager(gm, inputs, report, texts=True))
    compiled(*args, **kwargs)
    return report
