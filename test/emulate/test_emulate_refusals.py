"""The emulator refuses all it does not know."""

from __future__ import annotations

import numpy as np
import pytest
from one_instruction import Bench

from irfuse.emulate import errors

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


def test_narrow_floats_that_would_saturate_are_refused() -> None:
    bench = Bench("gfx942", waves=1)
    bench.put(1, np.full(64, 65535.0, np.float32).view(np.uint32))
    bench.run("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 23, 1), 1")
    with pytest.raises(errors.UnknownModeError, match="FP16_OVFL"):
        bench.run("v_cvt_f16_f32 v0, v1")
