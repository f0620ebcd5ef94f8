"""GPU architectures by name: who compiles for them, how wide their waves are, and what Triton allows in one process."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from irfuse.errors import OneArchError, UnknownArchError

COMPUTE_CAPABILITIES = (75, 80, 86, 87, 88, 89, 90, 100, 101, 103, 110, 120, 121)
"""The GPUs that the ptxas of Triton's wheels compiles for; a number that is none may end the process."""

_claimed: dict[str, str] = {}


@dataclass(frozen=True)
class Arch:
    """A GPU architecture: ``sm_90`` or ``gfx942``."""

    name: str
    backend: str
    wave: int

    @classmethod
    def of(cls, name: str) -> Arch:
        """Read an architecture's name. Raises UnknownArchError."""
        if re.fullmatch(r"sm_\d{2,3}a?", name) and int(re.sub(r"\D", "", name)) in COMPUTE_CAPABILITIES:
            return cls(name, "cuda", 32)
        if re.fullmatch(r"gfx\d{2,3}[0-9a-f]", name):
            return cls(name, "hip", 64 if name.startswith("gfx9") else 32)
        raise UnknownArchError(arch=name)

    def target(self) -> Any:
        """Triton's description of the architecture."""
        from triton.backends.compiler import GPUTarget

        arch = int(re.sub(r"\D", "", self.name)) if self.backend == "cuda" else self.name
        return GPUTarget(self.backend, arch, self.wave)


def keeps_first_arch() -> bool:
    """Whether Triton keeps state of the first AMD architecture that a process compiles for, as it did before 3.7."""
    import triton

    return tuple(map(int, triton.__version__.split(".")[:2])) < (3, 7)


def claim(arch: Arch) -> None:
    """Say that Triton will compile for an architecture in this process.

    Raises OneArchError for a second one of AMD's where Triton would make wrong code for it without a word.
    """
    import triton

    if arch.backend != "hip" or not keeps_first_arch():
        return
    first = _claimed.setdefault(arch.backend, arch.name)
    if first != arch.name:
        raise OneArchError(version=triton.__version__, first=first, arch=arch.name)
