// What two chains share: a constant is in each, and a norm that the source computes twice may be computed again.
// RUN: irfuse-opt --fuse-gated-norm-quant %s | filecheck %s

!x = tensor<4x128xbf16>
!q = tensor<4x128xf8E4M3FN>
!s = tensor<4x1xf32>

// The first norm is read before the gate is there. It stays, and the chain has its own.
// CHECK-LABEL: func.func @twice(
func.func @twice(%x: !x, %h: !x) -> (!q, !s, !x) {
  // CHECK-NEXT: %n = irfuse.rms_norm %x
  // CHECK-NEXT: %m = irfuse.opaque "mm"
  // CHECK-NEXT: %z = irfuse.opaque "mm"
  // CHECK-NEXT: %q, %s = irfuse.fused {{.*}}%x{{.*}}%z
  // CHECK-NEXT: irfuse.rms_norm
  // CHECK: func.return %q, %s, %m
  %n = irfuse.rms_norm %x {eps = 1.0e-6 : f64, node = ["n", "n_1"]} : !x -> !x
  %m = irfuse.opaque "mm" node "m" (%n) : (!x) -> !x
  %z = irfuse.opaque "mm" node "z" (%h) : (!x) -> !x
  %a = irfuse.silu %z {node = ["a"]} : !x
  %y = irfuse.mul %n, %a {node = ["y"]} : !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64, node = [["q"], ["s"]]} : !x -> !q, !s
  return %q, %s, %m : !q, !s, !x
}

// A norm that the source computes once is computed once.
// CHECK-LABEL: func.func @once(
func.func @once(%x: !x, %h: !x) -> (!q, !s, !x) {
  // CHECK: irfuse.group_quant %y {{.*}}missed = "an operand of the chain is computed after one of its results is used"
  %n = irfuse.rms_norm %x {eps = 1.0e-6 : f64, node = ["n"]} : !x -> !x
  %m = irfuse.opaque "mm" node "m" (%n) : (!x) -> !x
  %z = irfuse.opaque "mm" node "z" (%h) : (!x) -> !x
  %a = irfuse.silu %z {node = ["a"]} : !x
  %y = irfuse.mul %n, %a {node = ["y"]} : !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64, node = [["q"], ["s"]]} : !x -> !q, !s
  return %q, %s, %m : !q, !s, !x
}
