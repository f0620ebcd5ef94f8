"""What is in the keys of caches of things from outside: all that may change what they mean."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import own_ops  # noqa: F401
import pytest
import torch
import torch.nn.functional as F
from models import rows
from own_ops import FP8, define, quantised
from torch import Tensor
from torch._inductor.utils import fresh_cache

import irfuse
from irfuse.aten import RULES, rule
from irfuse.extend.identity import identity
from irfuse.extend.ops import REGISTERED
from irfuse.runtime import kernel_cache
from irfuse.vendor import TABLE

FACTOR = 2.0
define("times(Tensor x) -> Tensor", None, torch.empty_like)
define(
    "scaled(Tensor x) -> (Tensor, Tensor)",
    None,
    lambda x: (torch.empty_like(x, dtype=FP8), x.new_empty((6, 4), dtype=torch.float32)),
)


def identity_of(meaning: Callable[..., Any]) -> str | None:
    """The identity where an op has a meaning, and nothing else is registered."""
    for name in REGISTERED:
        del TABLE[name]
    REGISTERED.clear()
    irfuse.register_op("own::times", meaning)
    return identity()


def times(factor: Any) -> Callable[[Tensor], Tensor]:
    """A function with a number of its own."""
    return lambda x: x * factor


def by_name(x: Tensor) -> Tensor:
    return x * FACTOR


def by_function(x: Tensor) -> Tensor:
    return F.silu(by_name(x)) * math.pi


class Factor:
    """A value that nothing tells apart from another."""


def test_what_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Constants, defaults, what a closure holds, and what is named, also by what is named."""
    found = [identity()]
    found += [
        identity_of(f)
        for f in (times(2.0), times(3.0), times(-0.0), times(0.0), times((2, [torch.int8])), by_name, by_function)
    ]
    found += [
        identity_of(f) for f in (lambda x: x * 2.0, lambda x: x * 3.0, lambda x, f=2.0: x * f, lambda x, f=3.0: x * f)
    ]
    found += [identity_of(partial(lambda x, f: x * f, f=number)) for number in (2.0, 3.0)]
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    found += [identity_of(by_name), identity_of(by_function)]
    assert len(set(found)) == len(found) and None not in found
    assert identity_of(times(2.0)) == found[1]


def test_what_has_none() -> None:
    """An object of some class, and a function of no file; Inductor's caches are off then."""
    assert identity_of(times(Factor())) is None
    made: dict[str, Any] = {"__name__": "nowhere"}
    exec("def made(x):\n    return x", made)
    assert identity_of(made["made"]) is None


def test_of_a_rule() -> None:
    """A rule from outside counts like a meaning, and irfuse's own do not."""
    before, known = identity(), set(RULES)
    rule("own.times.default")(lambda b, out, x: b.square(x))
    first = identity()
    rule("own.times.default")(lambda b, out, x: x)
    assert len({before, first, identity()}) == 3 and set(RULES) - known == {"own.times.default"}


@pytest.mark.skipif(shutil.which("g++") is None, reason="Inductor needs g++ to compile for the CPU")
def test_a_changed_meaning_is_not_served_from_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four compilations of one model the second is from the cache, and the others, of other meanings, are not."""
    monkeypatch.setenv(kernel_cache.ENVIRONMENT, str(tmp_path))
    kernel_cache.cache_dir.cache_clear()
    served, x = [], rows(6, 512)
    with fresh_cache(), torch.no_grad():
        for least in (1.0, 1.0, 2.0):
            for name in list(REGISTERED):
                del TABLE[name], REGISTERED[name]
            irfuse.register_op("own::scaled", lambda x, least=least: quantised(x.clamp(min=least), 128))
            torch._dynamo.reset()
            _, scale = torch.compile(lambda x: torch.ops.own.scaled(x.neg()), backend="irfuse")(x)
            assert torch.equal(scale, quantised(x.neg().clamp(min=least), 128)[1])
            served.append(irfuse.reports()[-1].from_cache)
    kernel_cache.cache_dir.cache_clear()
    assert served == [False, True, False]
