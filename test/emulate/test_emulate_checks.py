"""What the emulator reports that hardware does not, and that it refuses all it does not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import emulated_kernels as k
import pytest
import torch

import irfuse.emulate
from irfuse.emulate import errors
from irfuse.emulate.launch import Checks, Code, run_code
from irfuse.errors import IrfuseError

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


def test_a_barrier_of_gfx12_is_signalled_first() -> None:
    lines = "k:\n\t{}s_barrier_wait -1\n\ts_endpgm\n"
    head = HEAD[: HEAD.index("k:")].format(modes="")
    for signal in ("s_barrier_signal -1\n\t", ""):
        code = Code(head + lines.format(signal), "k", 2, 0)
        if signal:
            run_code(code, ["*i32"], [None], (1,), "gfx1201")
        else:
            with pytest.raises(
                errors.BarrierSignalError, match="a wave waits at a barrier without having signalled it"
            ):
                run_code(code, ["*i32"], [None], (1,), "gfx1201")


def test_calls_that_lead_nowhere() -> None:
    with pytest.raises(errors.RanPastEndError):
        run("s_mov_b32 s8, 64; s_mov_b32 s9, 0; s_setpc_b64 s[8:9]; s_endpgm")
    with pytest.raises(errors.UndefinedUseError, match="a branch"):
        run("s_setpc_b64 s[8:9]; s_endpgm")


def test_descriptors_with_strides_and_accesses_across_their_end_are_refused() -> None:
    setup = "s_mov_b32 s6, 0x100; s_mov_b32 s7, 0x27000; "
    with pytest.raises(errors.UnknownModeError, match="the stride of a buffer"):
        run(setup + "s_or_b32 s5, s5, 0x10000000; buffer_load_dword v2, v1, s[4:7], 0 offen; s_endpgm")
    with pytest.raises(errors.UnknownModeError, match="the last word of a buffer descriptor = 0x27001"):
        run("s_mov_b32 s6, 0x100; s_mov_b32 s7, 0x27001; buffer_load_dword v2, v1, s[4:7], 0 offen; s_endpgm")
    with pytest.raises(errors.OutOfBoundsError, match=r"a negative offset into a buffer, argument 0-8, which has 1024"):
        run(setup + "v_mov_b32_e32 v1, -8; buffer_load_dword v2, v1, s[4:7], 0 offen; s_endpgm")
    with pytest.raises(errors.UnknownModeError, match="an access across the end of a buffer descriptor"):
        run(setup + "buffer_load_dwordx2 v[2:3], v1, s[4:7], 0 offen; s_endpgm")


@pytest.mark.parametrize("mode", ["float_denorm_mode_32 0", "ieee_mode 0", "user_sgpr_dispatch_ptr 1"])
def test_modes_that_are_not_modelled(mode: str) -> None:
    name, value = mode.split()
    with pytest.raises(errors.UnknownModeError, match=f"mode {name} = {value} is not modelled; the emulator has"):
        run(STORE, modes=f".amdhsa_{mode}")


def test_errors_are_irfuses() -> None:
    assert issubclass(errors.EmulatorError, IrfuseError)
    own = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.EmulatorError)]
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert all(f"errors.{e.__name__}" in tests for e in own)


def test_noise_moves_transcendentals_only() -> None:
    x, plain, noisy = torch.rand(64) + 1, torch.zeros(64), torch.zeros(64)
    body = "global_load_dword v2, v1, s[4:5]; {0} v2, v2; global_store_dword v1, v2, s[4:5]; s_endpgm"
    for opcode in ("v_rcp_f32", "v_floor_f32"):
        for out, steps in ((plain, 0), (noisy, 2)):
            run(body.format(opcode), out=out.copy_(x), checks=Checks(noise_steps=steps))
        apart = (plain.view(torch.int32) - noisy.view(torch.int32)).abs()
        assert apart.max() == (2 if opcode == "v_rcp_f32" else 0)
