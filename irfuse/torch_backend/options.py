"""The options of the backend: its own, which begin with ``irfuse.``, and those that it hands on to Inductor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from irfuse.errors import BadOptionError, UnknownOptionError

REST = "irfuse.rest"
REST_VALUES = ("inductor", "eager")
TARGET = "irfuse.target"
EMULATE = "emulate:"
"""A target that begins so runs kernels as the machine code of the AMD architecture that follows, on CPU tensors."""
EAGER_NUMERICS = {"emulate_precision_casts": True}
"""Patches that keep Inductor's roundings those of eager torch: what irfuse leaves alone keeps its numbers too."""


@dataclass(frozen=True)
class Options:
    """``rest`` says who runs what irfuse does not fuse; ``inductor`` are configuration patches for Inductor.

    ``emulated`` is the AMD architecture as whose machine code fused ops run on CPU tensors, if one is asked for.
    """

    rest: str = "inductor"
    emulated: str | None = None
    inductor: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, mode: str | None, options: Mapping[str, Any] | None) -> Options:
        """Read the arguments of torch.compile. Raises UnknownOptionError or BadOptionError before anything compiles."""
        given = dict(options or {})
        rest = given.pop(REST, "inductor")
        if rest not in REST_VALUES:
            raise BadOptionError(option=REST, value=rest, allowed=" or ".join(REST_VALUES))
        emulated = _emulated(given.pop(TARGET, None))
        unknown = [key for key in given if key.startswith("irfuse.")]
        if unknown:
            raise UnknownOptionError(option=unknown[0], known=f"{REST} and {TARGET}")
        return cls(rest, emulated, {**EAGER_NUMERICS, **_patches_of(mode), **_checked(given)})


def _emulated(target: Any) -> str | None:
    """The architecture of a target ``emulate:gfx942``."""
    if target is None:
        return None
    from irfuse.emulate import GPUS

    arch = str(target).removeprefix(EMULATE)
    if not str(target).startswith(EMULATE) or arch not in GPUS:
        raise BadOptionError(option=TARGET, value=target, allowed=" or ".join(EMULATE + gpu for gpu in GPUS))
    return arch


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
            own = f"{REST}, {TARGET}"
            raise UnknownOptionError(option=key, known=f"{own} and Inductor's own (torch._inductor.list_options())")
    return patches
