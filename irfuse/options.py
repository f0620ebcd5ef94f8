"""The options of the backend: its own, which begin with ``irfuse.``, and those that it hands on to Inductor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from irfuse.errors import BadOptionError, UnknownOptionError

REST = "irfuse.rest"
REST_VALUES = ("inductor", "eager")
EAGER_NUMERICS = {"emulate_precision_casts": True}
"""Patches that keep Inductor's roundings those of eager torch: what irfuse leaves alone keeps its numbers too."""


@dataclass(frozen=True)
class Options:
    """``rest`` says who runs what irfuse does not fuse; ``inductor`` are configuration patches for Inductor."""

    rest: str = "inductor"
    inductor: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, mode: str | None, options: Mapping[str, Any] | None) -> Options:
        """Read the arguments of torch.compile. Raises UnknownOptionError or BadOptionError before anything compiles."""
        given = dict(options or {})
        rest = given.pop(REST, "inductor")
        if rest not in REST_VALUES:
            raise BadOptionError(option=REST, value=rest, allowed=" or ".join(REST_VALUES))
        unknown = [key for key in given if key.startswith("irfuse.")]
        if unknown:
            raise UnknownOptionError(option=unknown[0], known=REST)
        return cls(rest, {**EAGER_NUMERICS, **_patches_of(mode), **_checked(given)})


def _patches_of(mode: str | None) -> dict[str, Any]:
    """What a mode of torch.compile means for Inductor."""
    import torch

    if mode in (None, "default"):
        return {}
    modes = torch._inductor.list_mode_options()
    if mode not in modes:
        raise BadOptionError(option="mode", value=mode, allowed=" or ".join(sorted(modes)))
    return dict(modes[mode])


def _checked(options: dict[str, Any]) -> dict[str, Any]:
    """Options that Inductor knows, in its spelling."""
    from torch._inductor import config

    known = config.get_config_copy()
    patches = {key.replace("-", "_"): value for key, value in options.items()}
    for key in patches:
        if key not in known:
            raise UnknownOptionError(option=key, known=f"{REST} and Inductor's own (torch._inductor.list_options())")
    return patches
