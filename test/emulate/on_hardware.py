"""The cases of the emulator's tests on the AMD GPU of this machine: what they say there is about hardware.

``PYTHONPATH=test python test/emulate/on_hardware.py`` prints every case that fails, and exits with 1 if one does. It
needs PyTorch for ROCm.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch

from irfuse.emulate import Checks, Report, driver


class OnHardware:
    """Stands in for an emulation: kernels run on a device, to which the memory of CPU tensors is copied, and back."""

    device = "cuda"

    def __init__(self, arch: str, checks: Checks | None = None) -> None:
        self.reports: list[Report] = []

    def __enter__(self) -> OnHardware:
        from triton.runtime.jit import JITFunction

        self._run = run = JITFunction.run
        JITFunction.run = lambda kernel, *operands, **how: self._moved(run, kernel, operands, how)
        return self

    def __exit__(self, *_: object) -> None:
        from triton.runtime.jit import JITFunction

        JITFunction.run = self._run

    def _moved(self, run: Callable[..., Any], kernel: Any, operands: tuple[Any, ...], how: dict[str, Any]) -> Any:
        """Run a kernel on copies; tensors that share memory share its copy."""
        tensors = [t for t in operands if isinstance(t, torch.Tensor)]
        here = {
            t.untyped_storage().data_ptr(): torch.empty(0, dtype=torch.uint8).set_(t.untyped_storage()) for t in tensors
        }
        there = {place: memory.to(self.device, copy=True) for place, memory in here.items()}

        def copied(t: Any) -> Any:
            if not isinstance(t, torch.Tensor):
                return t
            memory = there[t.untyped_storage().data_ptr()].untyped_storage()
            return torch.empty(0, dtype=t.dtype, device=self.device).set_(
                memory, t.storage_offset(), t.shape, t.stride()
            )

        result = run(kernel, *map(copied, operands), **how)
        for place, memory in here.items():
            memory.copy_(there[place])
        return result


def main() -> int:
    """Run the cases and print what failed."""
    if not torch.version.hip or not torch.cuda.is_available():
        print("on_hardware.py: error: it needs an AMD GPU and PyTorch for ROCm, and torch sees none", file=sys.stderr)
        return 1
    from emulated_cases import failures

    arch = torch.cuda.get_device_properties().gcnArchName.partition(":")[0]
    driver.Emulation = OnHardware
    found = failures(arch)
    failed = {name: text for name, text in found.items() if text}
    for name, text in failed.items():
        print(f"{name}: {text.strip().splitlines()[-1]}")
    print(f"{arch} ({torch.cuda.get_device_name()}): {len(found) - len(failed)} of {len(found)} cases passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
