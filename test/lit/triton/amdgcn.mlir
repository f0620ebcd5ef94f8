// AMD assembly: 16-byte loads and stores, the fp8 conversion of the hardware where it has one for the type, 8 of them
// for the 16 elements of a lane, and nothing spilled. The default is gfx942.
// RUN: sed 's/f8E4M3FN/f8E4M3FNUZ/' %s > %t.fnuz.mlir
// RUN: irfuse-opt --fuse-gated-norm-quant -t amdgcn %t.fnuz.mlir > %t.gfx942.s
// RUN: filecheck %s --input-file %t.gfx942.s --check-prefix=GFX942
// RUN: filecheck %s --input-file %t.gfx942.s --check-prefix=CDNA3
// RUN: irfuse-opt --fuse-gated-norm-quant -t 'amdgcn{arch=gfx950}' %s > %t.gfx950.s
// RUN: filecheck %s --input-file %t.gfx950.s --check-prefix=GFX950
// RUN: filecheck %s --input-file %t.gfx950.s --check-prefix=CDNA4
// RUN: irfuse-opt --fuse-gated-norm-quant -t 'amdgcn{arch=gfx1201}' %s | filecheck %s --check-prefix=GFX1201

// GFX942: .amdgcn_target "{{.*}}-gfx942"
// GFX942: rms_norm_gated_group_quant_{{[0-9a-f]+}}:
// GFX942: global_load_dwordx4
// GFX942-COUNT-8: v_cvt_pk_fp8_f32
// GFX942-NOT: v_cvt_pk_fp8_f32
// GFX942: global_store_dwordx4
// GFX942: .amdhsa_private_segment_fixed_size 0
// GFX942: ; ScratchSize: 0
// GFX942: .sgpr_spill_count: 0
// GFX942: .vgpr_spill_count: 0
// GFX942-NOT: amdgpu_kernel

// CDNA3-NOT: {{scratch_(load|store)}}
// CDNA3-NOT: {{global_load_(ubyte|ushort)}}

// GFX950: .amdgcn_target "{{.*}}-gfx950"
// GFX950: global_load_dwordx4
// GFX950-COUNT-8: v_cvt_scalef32_pk_fp8_f32
// GFX950-NOT: v_cvt_scalef32_pk_fp8_f32
// GFX950: global_store_dwordx4
// GFX950: .amdhsa_private_segment_fixed_size 0
// GFX950: ; ScratchSize: 0
// GFX950: .sgpr_spill_count: 0
// GFX950: .vgpr_spill_count: 0

// CDNA4-NOT: {{scratch_(load|store)}}
// CDNA4-NOT: {{global_load_(ubyte|ushort)}}

// GFX1201: .amdgcn_target "{{.*}}-gfx1201"
// GFX1201: global_load_b128
// GFX1201: global_store_b128
// GFX1201: .amdhsa_private_segment_fixed_size 0
// GFX1201: ; ScratchSize: 0
// GFX1201: .sgpr_spill_count: 0
// GFX1201: .vgpr_spill_count: 0

!x = tensor<?x32x128xbf16, #irfuse.dims<"t">>
!w = tensor<?x4096xbf16, #irfuse.dims<"t">>
!q = tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x32xf32, #irfuse.dims<"t">>
func.func @chain(%x: !x, %z: !x, %w: tensor<128xbf16>) -> (!q, !s) {
  %y = irfuse.rms_norm_gated %x, %z weight %w : tensor<128xbf16> {eps = 1.0e-6 : f64} : !x, !x -> !x
  %r = irfuse.reshape %y : !x -> !w
  %q, %s = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 240.0 : f64, scale_floor = 1.0e-10 : f64} : !w -> !q, !s
  return %q, %s : !q, !s
}
