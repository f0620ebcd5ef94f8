"""A driver for Triton that compiles for an AMD GPU and runs the machine code on CPU tensors."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

import torch

from irfuse.emulate.launch import Checks, Code, Report, run_code
from irfuse.emulate.printed import Watch
from irfuse.emulate.targets import gpu_named
from irfuse.kernel.architectures import Arch, claim

MOST_THREADS = 1024


class Emulation:
    """``with irfuse.emulate("gfx942"): kernel[grid](cpu_tensors)`` runs Triton kernels on the emulator.

    ``reports`` has a `Report` for each launch. Kernels of another architecture are compiled anew. With Triton 3.6 only
    one AMD architecture works in a process: its compiler keeps state of the first. Raises UnknownGpuError, and
    OneArchError when a second is entered there.
    """

    def __init__(self, arch: str, checks: Checks | None = None) -> None:
        self.gpu, self.checks = gpu_named(arch), checks
        self.reports: list[Report] = []
        self._watch = Watch(arch)
        self._before: list[Any] = []

    def __enter__(self) -> Emulation:
        from triton.runtime import driver

        claim(Arch.of(self.gpu.name))
        self._before.append(driver._active)
        self._watch.start()
        driver.set_active(_Driver(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        from triton.runtime import driver

        driver._active = self._before.pop()
        self._watch.stop()

    def launch(self, code: Code, kinds: dict[str, str], arguments: list[Any], grid: tuple[int, ...]) -> None:
        """Run a kernel and keep its report. Raises EmulatorError, and CompileFailedError if Triton printed errors."""
        self._watch.require_no_errors(code.name)
        report = run_code(code, list(kinds.values()), arguments, grid, self.gpu.name, self.checks, list(kinds))
        self.reports.append(report)


class _Driver:
    """What Triton asks of a driver."""

    def __init__(self, emulation: Emulation) -> None:
        self.emulation = emulation
        self.launcher_cls = _Launcher
        self.utils = SimpleNamespace(
            get_device_properties=lambda device: {
                "max_shared_mem": emulation.gpu.lds_bytes,
                "multiprocessor_count": 1,
                "warpSize": emulation.gpu.wave,
            },
            load_binary=lambda name, binary, shared, device: (name, name, 0, 0, MOST_THREADS),
            unload_module=lambda module: None,
        )

    def get_current_target(self) -> Any:
        """The architecture to compile for."""
        return Arch.of(self.emulation.gpu.name).target()

    def get_current_device(self) -> str:
        """A name by which Triton keeps the kernels of each architecture apart."""
        return f"emulated {self.emulation.gpu.name}"

    def get_current_stream(self, device: str) -> int:
        """There are no streams."""
        return 0

    def get_active_torch_device(self) -> torch.device:
        """Where the tensors are."""
        return torch.device("cpu")

    def get_device_interface(self) -> Any:
        """Torch's functions of the device."""
        return torch.cpu


class _Launcher:
    """What Triton calls to launch a compiled kernel."""

    def __init__(self, source: Any, metadata: Any) -> None:
        from triton.runtime.cache import get_cache_manager

        self.kinds = dict(source.signature)
        file = get_cache_manager(metadata.hash).get_file(f"{metadata.name}.amdgcn")
        self.code = Code(Path(file).read_text(), metadata.name, metadata.num_warps, metadata.shared)

    def __call__(self, x: int, y: int, z: int, *rest: Any) -> None:
        """Launch: after the grid come six things about the launch that a GPU needs, then the arguments."""
        from triton.runtime import driver

        values = dict(zip(self.kinds, rest[6:], strict=True))
        kinds = {name: kind for name, kind in self.kinds.items() if kind != "constexpr"}
        arguments = [values[name] for name in kinds]
        driver.active.emulation.launch(self.code, kinds, arguments, (x, y, z))
