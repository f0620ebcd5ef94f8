"""The runner of the cases on a real GPU, as far as that can be tried without one: with another CPU copy for the GPU."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import emulated_kernels as k
import pytest
import torch
from on_hardware import OnHardware

import irfuse.emulate


def test_memory_goes_there_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tensors of one memory, of which one is a slice; the rest of that memory stays."""
    monkeypatch.setattr(OnHardware, "device", "cpu")
    memory = torch.arange(1200.0)
    x, out = memory[:512], memory[600:1112]
    before = memory.clone()
    with irfuse.emulate("gfx942") as emulation, OnHardware("gfx942"):
        k.add[(1,)](x, x, out, 512, BLOCK=512)
    assert len(emulation.reports) == 1
    assert torch.equal(out, 2 * before[:512])
    assert torch.equal(memory[:600], before[:600]) and torch.equal(memory[1112:], before[1112:])


@pytest.mark.skipif(torch.version.hip is not None, reason="this machine may have the GPU that the runner needs")
def test_without_a_gpu_it_says_so() -> None:
    runner = Path(__file__).with_name("on_hardware.py")
    done = subprocess.run([sys.executable, runner], capture_output=True, text=True)
    assert done.returncode == 1 and not done.stdout
    assert done.stderr == ("on_hardware.py: error: it needs an AMD GPU and PyTorch for ROCm, and torch sees none\n")
