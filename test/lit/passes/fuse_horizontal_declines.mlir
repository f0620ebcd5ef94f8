// What stays apart: chains of other numbers of tokens, or of which one waits for the other.
// RUN: irfuse-opt --fuse-norm-quant --fuse-tail --fuse-horizontal %s | filecheck %s

!x = tensor<?x128xbf16, #irfuse.dims<"t">>
!q = tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>
!y = tensor<8x128xbf16>
!p = tensor<8x128xf8E4M3FN>
!o = tensor<8x1xf32>
!c = tensor<?x128xbf16, #irfuse.dims<"c">>
!i = tensor<?xi64, #irfuse.dims<"t">>

// Of other tokens; a weight in common is no tensor in common.
// CHECK-LABEL: func.func @other_tokens(
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_group_quant" chains
// CHECK: irfuse.fused "rms_norm_group_quant" chains
func.func @other_tokens(%x: !x, %y: !y, %w: tensor<128xbf16>) -> (!q, !s, !p, !o) {
  %a = irfuse.rms_norm %x weight %w : tensor<128xbf16> {eps = 1.0e-6 : f64} : !x -> !x
  %b = irfuse.rms_norm %y weight %w : tensor<128xbf16> {eps = 1.0e-6 : f64} : !y -> !y
  %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %r, %t = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 448.0 : f64} : !y -> !p, !o
  return %q, %s, %r, %t : !q, !s, !p, !o
}

// Of as many tokens, but the rest computes something between them.
// CHECK-LABEL: func.func @matmul_between(
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_group_quant" chains
// CHECK: irfuse.opaque "vendor.gemm.default"
// CHECK-NEXT: %b = irfuse.rms_norm %y
func.func @matmul_between(%x: !x, %y: !x) -> (!q, !s, !x) {
  %a = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %g = irfuse.opaque "vendor.gemm.default" (%q, %s) : (!q, !s) -> !x
  %b = irfuse.rms_norm %y {eps = 1.0e-6 : f64} : !x -> !x
  return %q, %s, %b : !q, !s, !x
}

// A norm with no quant behind it that nothing fused stands beside.
// CHECK-LABEL: func.func @alone(
// CHECK-NEXT: %b = irfuse.rms_norm %x
// CHECK-NEXT: func.return %b
func.func @alone(%x: !x) -> !x {
  %b = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  return %b : !x
}

// CHECK-LABEL: func.func @one_waits(
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_group_quant" chains
// CHECK: irfuse.opaque "vendor.gemm.default"
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_group_quant" chains ["add_norm_quant.token"]
func.func @one_waits(%x: !x) -> (!q, !s) {
  %a = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %g = irfuse.opaque "vendor.gemm.default" (%q, %s) : (!q, !s) -> !x
  %h = irfuse.add %g, %x : !x
  %b = irfuse.rms_norm %h {eps = 1.0e-6 : f64} : !x -> !x
  %r, %t = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %r, %t : !q, !s
}

// Both read what is there, but the first is read before the second's other operand is.
// CHECK-LABEL: func.func @read_too_early(
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_group_quant" chains
// CHECK: irfuse.opaque "vendor.scale.default"
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_static_quant" chains
func.func @read_too_early(%x: !x) -> (!q, !s, !q) {
  %a = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %n = irfuse.opaque "vendor.scale.default" (%s) : (!s) -> tensor<f32>
  %b = irfuse.rms_norm %x {eps = 1.0e-5 : f64} : !x -> !x
  %r = irfuse.static_quant %b, %n {quant_max = 448.0 : f64} : !x, tensor<f32> -> !q
  return %q, %s, %r : !q, !s, !q
}

// What writes in between may write to what they read.
// CHECK-LABEL: func.func @write_between(
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_group_quant" chains
// CHECK: irfuse.opaque "aten.fill_.Scalar" mutates
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_group_quant" chains
func.func @write_between(%x: !x, %y: !x) -> (!q, !s, !q, !s) {
  %a = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %w = irfuse.opaque "aten.fill_.Scalar" mutates (%y) call<x0, 0.0> : (!x) -> !x
  %b = irfuse.rms_norm %x {eps = 1.0e-5 : f64} : !x -> !x
  %r, %t = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s, %r, %t : !q, !s, !q, !s
}

// One writes to the tensor that both read.
// CHECK-LABEL: func.func @written_beside(
// CHECK: irfuse.fused "rms_norm_group_quant" chains
// CHECK: irfuse.fused "norm" chains ["norm.none"]
func.func @written_beside(%c: !c, %x: !x, %i: !i) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"c">>, tensor<?x1xf32, #irfuse.dims<"c">>) {
  %b = irfuse.rms_norm %c {eps = 1.0e-6 : f64} : !c -> !c
  %q, %s = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 448.0 : f64} : !c -> tensor<?x128xf8E4M3FN, #irfuse.dims<"c">>, tensor<?x1xf32, #irfuse.dims<"c">>
  %a = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %p = irfuse.scatter %a into %c[%i] {axes = array<i64: 0>} : !x, !c, !i -> !c
  %w = irfuse.opaque "aten.copy_.default" mutates (%c, %p) call<x0, x1> : (!c, !c) -> !c
  return %q, %s : tensor<?x128xf8E4M3FN, #irfuse.dims<"c">>, tensor<?x1xf32, #irfuse.dims<"c">>
}

// Five chains are four parts of a kernel, and one.
// CHECK-LABEL: func.func @many(
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_group_quant" (
// CHECK-COUNT-4: irfuse.fused "rms_norm_group_quant" chains
// CHECK: irfuse.yield
// CHECK-NEXT: }
// CHECK-NEXT: irfuse.yield
// CHECK-NEXT: }
// CHECK-NEXT: {{%.*}} = irfuse.fused "rms_norm_group_quant" chains
func.func @many(%x: !x) -> (!s, !s, !s, !s, !s) {
  %a = irfuse.rms_norm %x {eps = 1.0e-1 : f64} : !x -> !x
  %b = irfuse.rms_norm %x {eps = 1.0e-2 : f64} : !x -> !x
  %c = irfuse.rms_norm %x {eps = 1.0e-3 : f64} : !x -> !x
  %d = irfuse.rms_norm %x {eps = 1.0e-4 : f64} : !x -> !x
  %e = irfuse.rms_norm %x {eps = 1.0e-5 : f64} : !x -> !x
  %0, %1 = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %2, %3 = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %4, %5 = irfuse.group_quant %c {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %6, %7 = irfuse.group_quant %d {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %8, %9 = irfuse.group_quant %e {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %1, %3, %5, %7, %9 : !s, !s, !s, !s, !s
}
