// What can be said of the speed of a kernel on an AMD GPU without one.
// RUN: irfuse-opt %s --fuse-gated-norm-quant -t 'amd-report{arch=gfx950}' | filecheck %s --check-prefix=GFX950
// RUN: sed 's/f8E4M3FN/f8E4M3FNUZ/' %s > %t.fnuz.mlir
// RUN: irfuse-opt %t.fnuz.mlir --fuse-gated-norm-quant -t 'amd-report{seed=1}' | filecheck %s --check-prefix=GFX942
// RUN: %fails irfuse-opt %s -t amd-report | filecheck %s --check-prefix=UNFUSED
// RUN: %fails irfuse-opt %s --fuse-gated-norm-quant -t 'amd-report{arch=gfx1201}' | filecheck %s --check-prefix=UNKNOWN
// RUN: %fails irfuse-opt %s --fuse-gated-norm-quant -t 'amd-report{arch=sm_90}' | filecheck %s --check-prefix=NVIDIA

// GFX950: rms_norm_gated_group_quant_{{[0-9a-f]+}} on gfx950, compiled and executed on an emulator, not on hardware{{$}}
// GFX950-NEXT:   launch: 8 rows x 1 waves{{$}}
// GFX950-NEXT:   registers: {{[0-9]+}} VGPRs, {{[0-9]+}} SGPRs, 0 spills, 0 B of scratch{{$}}
// GFX950-NEXT:   occupancy: {{[4-8]}} waves per SIMD, 0 B of LDS, 0 barriers{{$}}
// GFX950-NEXT:   bytes of a lane: loads 16, 16, 16; stores 16, 4{{$}}
// GFX950-NEXT:   fp8 converts by hardware: 8 of two entries each{{$}}
// GFX950-NEXT:   executed per row: {{[0-9.]+}} instructions, {{[0-9.]+}} VALU cycles{{$}}
// GFX950-NEXT:   most cycles: v_{{.*}}%{{$}}
// GFX950-NEXT:   moved per row: 644 B{{$}}
// GFX950-NEXT:   roofline of MI355X: memory binds; arithmetic takes 0.{{[0-9]+}} of the time of memory, so at most 100% of the memory limit{{$}}

// GFX942: rms_norm_gated_group_quant_{{[0-9a-f]+}} on gfx942, compiled and executed on an emulator, not on hardware{{$}}
// GFX942:   fp8 converts by hardware: 8 of two entries each{{$}}
// GFX942:   roofline of MI300X: memory binds; arithmetic takes 0.{{[0-9]+}} of the time of memory, so at most 100% of the memory limit{{$}}

// UNFUSED: there is no irfuse.fused op to generate a kernel from; run --fuse-gated-norm-quant first{{$}}
// UNKNOWN: the peak rates of gfx1201 are not known; give arch=gfx942 or arch=gfx950{{$}}
// NVIDIA: the peak rates of sm_90 are not known; give arch=gfx942 or arch=gfx950{{$}}

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
