"""Functions under torch.compile: once for all numbers of tokens, or anew for each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch
from chains import Chain, Tensors
from torch._dynamo import config as dynamo_config
from torch._dynamo import lookup_backend
from torch._inductor import config as inductor_config

Backend = str | Callable[..., Any]
only_compile = False
"""Whether compiled functions stop before they run: processes that fill Inductor's caches set it."""


def configure() -> None:
    """One thread to compile in, as processes share the work, and room for a graph of each size."""
    inductor_config.compile_threads = 1
    dynamo_config.recompile_limit = 64


class StoppedError(Exception):
    """A compiled function would run now."""


def by_tokens(chain: Chain, backend: Backend, device: str = "cuda") -> Callable[..., Tensors]:
    """The chain compiled for any number of tokens; later calls may compile nothing more.

    PyTorch makes a graph of its own for a size of one.
    """
    function = torch.compile(chain.run, backend=_backend(backend))
    for tokens in (64, 1):
        inputs = chain.inputs(tokens, device=device)
        for tensor in inputs[: len(chain.shapes)] if tokens > 1 else ():
            torch._dynamo.mark_dynamic(tensor, 0)
        with suppress(StoppedError):
            function(*inputs)

    def run(*inputs: torch.Tensor) -> Tensors:
        with torch.compiler.set_stance("fail_on_recompile"):
            return function(*inputs)

    return run


def for_each_size(function: Callable[..., Tensors]) -> Callable[..., Tensors]:
    """A function compiled by Inductor for each size that it meets."""
    return torch.compile(function, backend=_backend("inductor"), dynamic=False)


def _backend(backend: Backend) -> Backend:
    """The same backend, or one that compiles with it and stops."""
    if not only_compile:
        return backend

    def compile_alone(graph: torch.fx.GraphModule, inputs: list[Any]) -> Callable[..., Any]:
        lookup_backend(backend)(graph, inputs)
        return _stop

    return compile_alone


def _stop(*_: Any) -> None:
    raise StoppedError
