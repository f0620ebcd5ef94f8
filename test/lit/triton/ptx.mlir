// NVIDIA's assembly: vector loads and stores, one conversion for two fp8 values, 8 of them for the 16 elements of a lane,
// and no local memory, which is where registers spill to. The default is sm_90.
// RUN: irfuse-opt --fuse-gated-norm-quant -t ptx %s > %t.sm_90.ptx
// RUN: filecheck %s --input-file %t.sm_90.ptx --check-prefix=SM90
// RUN: filecheck %s --input-file %t.sm_90.ptx --check-prefix=ORDER
// RUN: irfuse-opt --fuse-gated-norm-quant -t 'ptx{arch=sm_100}' %s > %t.sm_100.ptx
// RUN: filecheck %s --input-file %t.sm_100.ptx --check-prefix=SM100
// RUN: filecheck %s --input-file %t.sm_100.ptx --check-prefix=ORDER

// SM90: .target sm_90a
// SM90-NOT: .local

// SM100: .target sm_100a
// SM100-NOT: .local

// ORDER: .visible .entry rms_norm_gated_group_quant_{{[0-9a-f]+}}(
// ORDER: ld.global.v4.b32
// ORDER-COUNT-8: cvt.rn.satfinite.e4m3x2.f32
// ORDER-NOT: cvt.rn.satfinite.e4m3x2.f32
// ORDER: st.global.v4.b32

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
