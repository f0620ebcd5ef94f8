"""What the emulator reports that hardware does not, and that it refuses all it does not know."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import emulated_kernels as k
import numpy as np
import pytest
import torch
from one_instruction import Bench

import irfuse.emulate
from irfuse.emulate import errors
from irfuse.emulate.launch import Checks, Code, run_code
from irfuse.errors import CompileFailedError, IrfuseError

HEAD = """
	.amdhsa_kernel k
		.amdhsa_kernarg_size 24
		.amdhsa_user_sgpr_count 2
		{modes}
	.end_amdhsa_kernel
k:
	s_load_dwordx2 s[4:5], s[0:1], 0x0
	v_lshlrev_b32_e32 v1, 2, v0
{body}
"""


def run(
    body: str, *, warps: int = 1, out: Any = None, modes: str = "", checks: Checks | None = None, groups: int = 1
) -> Any:
    """Run a kernel whose out is in s[4:5], lanes times 4 in v1, on gfx942; its report."""
    code = Code(HEAD.format(body="\n".join(f"\t{line}" for line in body.split("; ")), modes=modes), "k", warps, 1024)
    out = torch.zeros(256, dtype=torch.int32) if out is None else out
    return run_code(code, ["*i32"], [out], (groups,), "gfx942", checks)


STORE = "global_store_dword v1, v0, s[4:5]; s_endpgm"
EXCHANGE = (
    "ds_write_b32 v1, v0; {0}v_xor_b32_e32 v2, 0x100, v1; ds_read_b32 v3, v2; "
    "global_store_dword v1, v3, s[4:5]; s_endpgm"
)


def test_what_is_written_is_reported() -> None:
    out = torch.full((256,), -1, dtype=torch.int32)
    report = run(STORE, out=out)
    assert out[:64].tolist() == list(range(64)) and report.unwritten == {"argument 0": 768}
    assert report.executed["global_store_dword"] == report.waves == 1 and report.instructions_per_wave == 4


def test_a_missing_mask_is_out_of_bounds() -> None:
    x = torch.zeros(250)
    with (
        irfuse.emulate("gfx942"),
        pytest.raises(errors.OutOfBoundsError, match=r"read of 16 bytes at x\+992, which has 1000"),
    ):
        k.add_unmasked[(1,)](x, x.clone(), x.clone(), 250, BLOCK=256, num_warps=1)


def test_an_access_before_a_buffer_and_to_lds_out_of_range() -> None:
    with pytest.raises(errors.OutOfBoundsError, match=r"write of 4 bytes at argument 0-16, .* \(workgroup 0, lane 0\)"):
        run("global_store_dword v1, v0, s[4:5] offset:-16; s_endpgm")
    with pytest.raises(errors.OutOfBoundsError, match=r"read of 4 bytes at LDS\+1024, which has 1024 .* lane 1\)"):
        run("ds_read_b32 v2, v1 offset:1020; s_endpgm")
    with pytest.raises(errors.OutOfBoundsError, match="the kernel's arguments, which cannot be written"):
        run("v_mov_b32_e32 v1, 0; global_store_dword v1, v0, s[0:1]; s_endpgm")
    with pytest.raises(errors.OutOfBoundsError, match="read of 64 bytes at the kernel's arguments"):
        run("s_load_dwordx16 s[8:23], s[0:1], 0x0; s_endpgm")


def test_workgroups_are_numbered_within_the_launch() -> None:
    body = "s_lshl_b32 s2, s2, 8; v_add_u32_e32 v1, s2, v1; " + STORE
    with pytest.raises(errors.OutOfBoundsError, match=r"\+524288, .* \(workgroup 2048, lane 0\)"):
        run(body, groups=2100, out=torch.zeros(131072, dtype=torch.int32))


@pytest.mark.parametrize("use, body", {
    "what is stored": "global_store_dword v1, v9, s[4:5]; s_endpgm",
    "an address": "global_store_dword v9, v1, s[4:5]; s_endpgm",
    "an LDS address": "ds_read_b32 v2, v9; s_endpgm",
    "a branch": "s_cmp_eq_u32 s9, 0; s_cbranch_scc0 .L1; .L1:; s_endpgm",
    "the EXEC mask": "s_and_saveexec_b64 s[8:9], s[10:11]; s_endpgm",
    "a buffer descriptor": "buffer_load_dword v2, v1, s[12:15], 0 offen; s_endpgm",
    "the lane to read": "v_readlane_b32 s2, v1, s9; s_endpgm",
}.items())  # fmt: skip
def test_uses_of_what_was_never_written(use: str, body: str) -> None:
    with pytest.raises(errors.UndefinedUseError, match=f"line \\d+: {use} comes from a register or LDS that was never"):
        run(body)
    if use not in ("an address", "a buffer descriptor", "an LDS address", "the lane to read"):
        run(body, checks=Checks(definedness=False))


def test_unwritten_lds_is_reported_where_it_matters() -> None:
    with pytest.raises(errors.UndefinedUseError, match="what is stored"):
        run("ds_read_b32 v2, v1; v_add_u32_e32 v2, 1, v2; global_store_dword v1, v2, s[4:5]; s_endpgm")
    run("ds_read_b32 v2, v1; v_add_u32_e32 v2, 1, v2; v_cmp_eq_u32_e32 vcc, 5, v2; s_endpgm")


@pytest.mark.parametrize("seed", [None, 0, 1, 2])
def test_a_missing_barrier_is_a_race_in_any_order(seed: int | None) -> None:
    checks = Checks(order_seed=seed, definedness=False)
    out = torch.zeros(256, dtype=torch.int32)
    run(EXCHANGE.format("s_barrier; "), warps=2, out=out, checks=checks)
    assert out[:128].tolist() == [*range(64, 128), *range(64)]
    with pytest.raises(
        errors.DataRaceError, match=r"LDS byte \d+ by wave \d races with a (read|write) by another wave, in `ds_"
    ):
        run(EXCHANGE.format(""), warps=2, checks=checks)


def test_waves_that_write_different_values_race_and_equal_ones_do_not() -> None:
    run("v_mov_b32_e32 v2, 0; ds_write_b32 v2, v2; s_endpgm", warps=2)
    with pytest.raises(errors.DataRaceError, match="write of LDS byte 0 by wave"):
        run(
            "v_mov_b32_e32 v2, 0; v_readfirstlane_b32 s2, v0; v_mov_b32_e32 v3, s2; ds_write_b32 v2, v3; s_endpgm",
            warps=2,
        )


def test_a_deleted_barrier_of_a_compiled_kernel_is_noticed() -> None:
    x, out = torch.randn(2, 1024), torch.zeros(2, 1024)
    with irfuse.emulate("gfx942"):
        compiled = k.softmax[(2,)](x, out, 1024, BLOCK=1024, num_warps=4)
    code = Code.of(compiled)
    first = code.assembly.index("s_barrier")
    broken = Code(code.assembly[:first] + "s_nop 0" + code.assembly[first + 9 :], code.name, 4, code.shared)
    kinds = [v for v in compiled.src.signature.values() if v != "constexpr"]
    with pytest.raises(errors.DataRaceError):
        run_code(broken, kinds, [x, out, 1024], (2,), "gfx942")


def test_barriers_ends_and_loops() -> None:
    with pytest.raises(errors.BarrierError, match="workgroup 0: 1 of its 2 waves wait at a barrier"):
        run("v_readfirstlane_b32 s2, v0; s_cmp_eq_u32 s2, 0; s_cbranch_scc1 .L1; s_barrier; .L1:; s_endpgm", warps=2)
    with pytest.raises(errors.EndlessLoopError, match="kernel k has not ended after 100 steps"):
        run(".L1:; s_branch .L1", checks=Checks(most_steps=100))
    with pytest.raises(errors.RanPastEndError, match="kernel k runs past its last instruction"):
        run("s_nop 0")


REFUSED = {
    "v_frobnicate_f32 v0, v1": (errors.UnknownInstructionError, "line 0: unknown instruction v_frobnicate_f32 in `v_"),
    "s_frobnicate_b32 s0, s1": (errors.UnknownInstructionError, "s_frobnicate_b32"),
    "global_atomic_fmin v0, v1, s[0:1]": (errors.UnknownInstructionError, "global_atomic_fmin"),
    "global_atomic_add v0, v1, v[2:3], off": (errors.UnknownOperandError, "v1"),
    "global_atomic_add v0, v1, s[0:1] th:TH_ATOMIC_NT": (errors.UnknownModifierError, "th:TH_ATOMIC_NT"),
    "ds_min_f32 v0, v1": (errors.UnknownInstructionError, "ds_min_f32"),
    "ds_add_u32 v0, v[2:3]": (errors.UnknownOperandError, r"operand v\[2:3\]"),
    "ds_write2_b96 v0, v[1:3], v[4:6]": (errors.UnknownInstructionError, "ds_write2_b96"),
    "s_load_dwordx5 s[0:4], s[0:1], 0": (errors.UnknownInstructionError, "s_load_dwordx5"),
    "v_mfma_f32_4x4x1f32 v0, v1, v2, v3": (errors.UnknownInstructionError, "v_mfma"),
    "v_add_f32_e64 v0, v1, v2 mul:2": (errors.UnknownModifierError, "line 0: v_add_f32 with mul:2 is not modelled"),
    "v_add_u32_e64 v0, v1, v2 op_sel:[1,0,0]": (errors.UnknownModifierError, "op_sel"),
    "v_mov_b32_dpp v0, v1 dpp8:[0,1,2,3,4,5,6,7]": (errors.UnknownModifierError, "dpp8"),
    "v_mov_b32_dpp v0, v1 row_bcast:7": (errors.UnknownModifierError, "row_bcast:7"),
    "v_mov_b32_dpp v0, v1 row_mask:0xf": (errors.UnknownModifierError, "DPP"),
    "v_cmp_eq_u32_dpp vcc, v0, v1 row_shr:1": (errors.UnknownModifierError, "DPP"),
    "v_or_b32_sdwa v0, v1, v2 dst_sel:BYTE_0 dst_unused:UNUSED_SEXT": (errors.UnknownModifierError, "UNUSED_SEXT"),
    "v_or_b32_sdwa v0, v1, v2 src0_sel:WORD_9": (errors.UnknownModifierError, "src0_sel:WORD_9"),
    "ds_swizzle_b32 v0, v1 offset:swizzle(QUAD_PERM,0,1,2,3)": (errors.UnknownModifierError, "QUAD_PERM"),
    "buffer_load_dword v0, v1, s[4:7], 0 idxen": (errors.UnknownModifierError, "idxen"),
    "global_load_dword v0, v[2:3], off lds": (errors.UnknownModifierError, "lds"),
    "v_add_u32_e64 v0, -v1, v2": (errors.UnknownOperandError, "line 0: operand -v1 is not modelled"),
    "v_add_f32 v0, v1, src_shared_base": (errors.UnknownOperandError, "src_shared_base"),
    "v_add_f32 v0, v1": (errors.UnknownOperandError, "number 2"),
    "v_add_u16 v0, 1.0, v1": (errors.UnknownOperandError, "1.0"),
    "v_lshlrev_b64 v[0:1], 1, 1.0": (errors.UnknownOperandError, "1.0"),
    "v_ashrrev_i64 v[0:1], 1, 0x80000000": (errors.UnknownOperandError, "0x80000000"),
    "v_mov_b64 v0, v[2:3]": (errors.UnknownOperandError, "v0"),
    "v_cvt_scalef32_pk_fp8_f32 v0, v1, v2, 2.0": (errors.UnknownOperandError, "2.0"),
    "v_pk_add_f32 v[0:1], v[2:3], 1.0": (errors.UnknownOperandError, "1.0"),
    "v_cndmask_b32 v0, v1, v2, s4": (errors.UnknownOperandError, "s4"),
    "s_movk_i32 s0, 0x12345": (errors.UnknownOperandError, "0x12345"),
    "s_add_u32 s0, s1": (errors.UnknownOperandError, "s1"),
    "s_mov_b64 s0, s[2:3]": (errors.UnknownOperandError, "s0"),
    "scratch_load_ubyte v0, off, off": (errors.UnknownOperandError, "off"),
    "scratch_load_dword v0, off, off offset:64": (errors.UnknownModeError, "mode the place in scratch memory = 64"),
    "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 4), 0": (errors.UnknownModeError, r"HW_REG_MODE, 4, 4\) = 0 is not mod"),
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_unknown_is_refused(text: str) -> None:
    kind, message = REFUSED[text]
    with pytest.raises(kind, match=message):
        Bench("gfx942", waves=1).run(text)


def test_descriptors_with_strides_and_accesses_across_their_end_are_refused() -> None:
    setup = "s_mov_b32 s6, 0x100; s_mov_b32 s7, 0x27000; "
    with pytest.raises(errors.UnknownModeError, match="the stride of a buffer"):
        run(setup + "s_or_b32 s5, s5, 0x10000000; buffer_load_dword v2, v1, s[4:7], 0 offen; s_endpgm")
    with pytest.raises(errors.UnknownModeError, match="an access across the end of a buffer descriptor"):
        run(setup + "buffer_load_dwordx2 v[2:3], v1, s[4:7], 0 offen; s_endpgm")


@pytest.mark.parametrize("mode", ["float_denorm_mode_32 0", "ieee_mode 0", "user_sgpr_dispatch_ptr 1"])
def test_modes_that_are_not_modelled(mode: str) -> None:
    name, value = mode.split()
    with pytest.raises(errors.UnknownModeError, match=f"mode {name} = {value} is not modelled; the emulator has"):
        run(STORE, modes=f".amdhsa_{mode}")


def test_narrow_floats_that_would_saturate_are_refused() -> None:
    bench = Bench("gfx942", waves=1)
    bench.put(1, np.full(64, 65535.0, np.float32).view(np.uint32))
    bench.run("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 23, 1), 1")
    with pytest.raises(errors.UnknownModeError, match="FP16_OVFL"):
        bench.run("v_cvt_f16_f32 v0, v1")


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


def test_errors_are_irfuses() -> None:
    assert issubclass(errors.EmulatorError, IrfuseError)
    own = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.EmulatorError)]
    here = Path(__file__).read_text()
    assert all(f"errors.{e.__name__}" in here for e in own)


def test_noise_moves_transcendentals_only() -> None:
    x, plain, noisy = torch.rand(64) + 1, torch.zeros(64), torch.zeros(64)
    body = "global_load_dword v2, v1, s[4:5]; {0} v2, v2; global_store_dword v1, v2, s[4:5]; s_endpgm"
    for opcode in ("v_rcp_f32", "v_floor_f32"):
        for out, steps in ((plain, 0), (noisy, 2)):
            run(body.format(opcode), out=out.copy_(x), checks=Checks(noise_steps=steps))
        apart = (plain.view(torch.int32) - noisy.view(torch.int32)).abs()
        assert apart.max() == (2 if opcode == "v_rcp_f32" else 0)


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
