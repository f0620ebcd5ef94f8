"""What irfuse is compared with: each peer finds its implementations of a chain.

A peer is a module with ``load(path) -> find`` and ``find(chain) -> [Implementation, ...]``; the list is empty where the
peer has no kernel for the chain. ``load`` raises ImportError or OSError where the peer is absent.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chains import Chain, Tensors

NAMES = ("irfuse", "eager", "inductor", "aiter", "fla", "vllm")
EPS = 1e-6
"""The epsilon of all chains."""
GATED_FORMS = {
    "vllm_gated": ("silu", True),
    "transformers_gated": ("silu", True),
    "sigmoid_gated": ("sigmoid", True),
    "gate_first": ("silu", False),
}
"""The gate of a gated norm, and whether the norm comes before it; peers do not have the roundings in between."""


@dataclass(frozen=True)
class Implementation:
    """A function of a chain's inputs that gives its results; ``strict`` if it must have eager torch's very numbers."""

    name: str
    run: Callable[..., Tensors]
    strict: bool = False
    writes_inputs: bool = False


Find = Callable[[Chain], list[Implementation]]


def load(names: Iterable[str], paths: Mapping[str, Path | None]) -> tuple[dict[str, Find], dict[str, str]]:
    """The peers that are there, by name, and for each absent one why it is."""
    there, absent = {}, {}
    for name in names:
        try:
            there[name] = importlib.import_module(f"peers.with_{name}").load(paths.get(name))
        except Exception as reason:
            absent[name] = said(reason)
    return there, absent


def said(reason: BaseException) -> str:
    """The kind of an error and its first line."""
    lines = str(reason).strip().splitlines()
    return ": ".join([type(reason).__name__, *lines[:1]])[:300]


def found(peers: Mapping[str, Find], chain: Chain) -> tuple[list[Implementation], dict[str, str]]:
    """All implementations of a chain, and why a peer gave none."""
    there, missing = [], {}
    for name, find in peers.items():
        try:
            mine = find(chain)
            there += mine
            if not mine:
                missing[name] = "no kernel for this chain"
        except Exception as reason:
            missing[name] = said(reason)
    return there, missing
