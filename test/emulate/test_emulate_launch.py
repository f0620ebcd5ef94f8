"""Launches: arguments, buffers, the driver and the package."""

from __future__ import annotations

import re
import subprocess
import sys

import emulated_kernels as k
import numpy as np
import pytest
import torch
import wide_kernels as w
from test_emulate_checks import HEAD

import irfuse.emulate
from irfuse.emulate import errors
from irfuse.emulate.launch import Checks, Code, run_code
from irfuse.errors import CompileFailedError


def test_arguments_that_do_not_fit() -> None:
    code = Code(HEAD.format(body="\ts_endpgm", modes=""), "k", 1, 0)
    with pytest.raises(errors.ArgumentError, match="kernel k takes 24 bytes of arguments, but was given 32"):
        run_code(code, ["*i32", "*i32"], [None, None], (1,), "gfx942")
    with pytest.raises(errors.UnknownArgumentError, match="an argument of type str on no device cannot be passed"):
        run_code(code, ["*i32"], ["x"], (1,), "gfx942")
    with pytest.raises(errors.UnknownArgumentError, match="type tensordesc"):
        run_code(code, ["tensordesc"], [1], (1,), "gfx942")
    with pytest.raises(errors.NoSuchKernelError, match="the assembly has no kernel other"):
        run_code(Code(code.assembly, "other", 1, 0), [], [], (1,), "gfx942")
    with pytest.raises(errors.UnknownGpuError, match="does not have gfx1; it has gfx90a, gfx942"):
        irfuse.emulate("gfx1")
    run_code(code, ["*i32"], [np.zeros(4, np.int32)], (1,), "gfx942")


def test_the_driver_is_put_back_and_architectures_are_kept_apart() -> None:
    from triton.runtime import driver

    before, x = driver._active, torch.ones(64)
    for arch in ("gfx942", "gfx1100"):
        with irfuse.emulate(arch) as emulation:
            k.add[(1,)](x, x, x, 64, BLOCK=64, num_warps=1)
        assert emulation.reports[0].arch == arch and emulation.reports[0].kernel == "add"
    assert driver._active is before and (x == 4).all()


def test_an_error_that_the_compiler_prints_is_a_failure() -> None:
    import os

    x = torch.zeros(64)
    with irfuse.emulate("gfx942"):
        os.write(2, b"kernel.py:3: error: a pass failed\n")
        with pytest.raises(
            CompileFailedError, match=r"Triton cannot compile add for gfx942: kernel\.py:3: error: a pass failed"
        ):
            k.add[(1,)](x, x, x, 64, BLOCK=64, num_warps=1)


def test_the_package_is_lazy_and_can_be_called() -> None:
    check = "import irfuse.emulate as e, sys; assert 'numpy' not in sys.modules and callable(e); assert e.emulate is e"
    subprocess.run([sys.executable, "-c", check], check=True)
    assert "gfx950" in irfuse.emulate.GPUS
    with pytest.raises(AttributeError, match=re.escape("module 'irfuse.emulate' has no attribute 'nothing'")):
        _ = irfuse.emulate.nothing


FAULTS = {
    "read beyond": (1000, 1, 0, r"read of \d+ bytes at x\+4000, which has 4000"),
    "read before": (1000, -1, 0, r"x-4, which has 4000"),
    "write beyond": (1000, 0, 2, r"write of \d+ bytes at out\+4000, which has 4000"),
    "write before": (1000, 0, -2, r"out-8, which has 4000"),
}


@pytest.mark.parametrize("arch", ["gfx942", "gfx1201"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_tensor_ends_where_its_slice_does(arch: str, fault: str) -> None:
    n, read, write, message = FAULTS[fault]
    x, out = torch.zeros(3 * n)[n : 2 * n], torch.zeros(3 * n)[n : 2 * n]
    with irfuse.emulate(arch), pytest.raises(errors.OutOfBoundsError, match=message):
        w.shifted[(4,)](x, out, n, read, write, BLOCK=256)
    if "beyond" in fault:
        with irfuse.emulate(arch, Checks(by_tensor=False)):
            w.shifted[(4,)](x, out, n, read, write, BLOCK=256)


def test_views_of_one_storage_are_one_memory() -> None:
    x = torch.arange(300, dtype=torch.float32)
    with irfuse.emulate("gfx942") as emulation:
        w.shifted[(2,)](x[100:200], x[200:], 100, 0, 0, BLOCK=64)
    assert torch.equal(x[200:], x[100:200])
    assert emulation.reports[0].traffic["out"] == (0, 400) and emulation.reports[0].unwritten == {"out": 0}


def test_addresses_carry_within_a_buffer() -> None:
    from irfuse.emulate.memory import LINE, Memory

    memory = Memory()
    for size in (0, 4, 16, 20, 4096, 1 << 20):
        address = memory.add("x", np.zeros(size, np.uint8))
        assert address % LINE == 0 and (size <= LINE or address >> 32 != (address + size - 1) >> 32)


def test_hidden_arguments_that_are_not_known() -> None:
    from irfuse.emulate.arguments import LaunchSizes

    sizes = LaunchSizes((5, 3), 256)
    found = [sizes.hidden(f"{name}_y") for name in ("block_count", "group_size", "remainder", "global_offset")]
    assert found == [3, 1, 0, 0] and sizes.hidden("block_count_z") == 1 and sizes.hidden("group_size_x") == 256
    with pytest.raises(errors.UnknownArgumentError, match="hidden_hostcall_buffer"):
        sizes.hidden("hostcall_buffer")
