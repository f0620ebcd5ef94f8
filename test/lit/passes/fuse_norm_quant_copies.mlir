// A copy of what a kernel computes is a result of that kernel, and computed with nowhere.
// RUN: irfuse-opt --fuse-norm-quant %s | filecheck %s
// RUN: irfuse-opt --fuse-norm-quant -t triton %s | filecheck %s --check-prefix=KERNEL

!x = tensor<4x128xbf16>
!q = tensor<4x128xf8E4M3FN>
!s = tensor<4x1xf32>

// CHECK-LABEL: func.func @copied(
// KERNEL-COUNT-4: tl.store(
// KERNEL-NOT: tl.store(
func.func @copied(%x: !x, %w: tensor<128xbf16>) -> (!q, !s, !s, !q) {
  // CHECK-NEXT: %q, %s, %t, %r = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.token"]
  // CHECK: irfuse.copy
  // CHECK: irfuse.copy
  // CHECK: func.return %q, %s, %t, %r :
  %y = irfuse.rms_norm %x weight %w : tensor<128xbf16> {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %t = irfuse.copy %s : !s
  %r = irfuse.copy %q : !q
  return %q, %s, %t, %r : !q, !s, !s, !q
}
