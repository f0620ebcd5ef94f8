"""`irfuse.explain`: what is fused in a model and what is not, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import fx

from irfuse.report import Report
from irfuse.torch_backend.backend import compile_eagerly
from irfuse.torch_backend.breaks import breaks_of


def explain(module: Callable[..., Any], *args: Any, **kwargs: Any) -> Report:
    """Compile a module or function with irfuse, run it once on these arguments, and report on every quant and norm.

    The run is the compiled one, with all that is not fused in eager torch; graphs behind a graph break are included,
    and so is where it is.
    Under autograd nothing is fused, and the report says so.
    """
    report = Report()

    def backend(gm: fx.GraphModule, example_inputs: Sequence[Any]) -> Callable[..., Any]:
        report.breaks = list(dict.fromkeys((*report.breaks, *breaks_of(gm))))
        return compile_eagerly(gm, example_inputs, report, texts=True)

    torch.compile(module, backend=backend)(*args, **kwargs)
    return report
