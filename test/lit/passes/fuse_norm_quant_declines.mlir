// Where fuse-norm-quant leaves a chain as it is; the quant says why in `missed`, and in `cure` what would help.
// RUN: irfuse-opt --fuse-norm-quant %s | filecheck %s

!x = tensor<?x192xbf16, #irfuse.dims<"t">>
!q = tensor<?x192xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>

// The static scale is computed from the normed rows.
// CHECK-LABEL: func.func @scale_depends_on_norm(
func.func @scale_depends_on_norm(%x: !x) -> !q {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q = irfuse.static_quant %y, %scale {missed = "a result of the chain goes through calibrate{{( \(.*\))?}} and comes back"
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %scale = irfuse.opaque "calibrate" (%y) : (!x) -> tensor<1xf32>
  %q = irfuse.static_quant %y, %scale {quant_max = 448.0 : f64} : !x, tensor<1xf32> -> !q
  return %q : !q
}

// Runs of 112 and groups of 128 columns, which nest in 896 alone: too many pieces of 16.
// CHECK-LABEL: func.func @non_nesting(
func.func @non_nesting(%x: tensor<4x896xbf16>) -> (tensor<4x896xf8E4M3FN>, tensor<4x7xf32>) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {missed = "runs of 112 and of 128 columns do not nest"
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64, norm_group = 112 : i64} : tensor<4x896xbf16> -> tensor<4x896xbf16>
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<4x896xbf16> -> tensor<4x896xf8E4M3FN>, tensor<4x7xf32>
  return %q, %s : tensor<4x896xf8E4M3FN>, tensor<4x7xf32>
}

// Something is written between the add and the norm.
// CHECK-LABEL: func.func @mutation(
func.func @mutation(%x: !x, %r: !x) -> (!q, !s, !x) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {missed = "aten.relu_.default{{( \(.*\))?}} writes to memory in the middle of the chain", cure = "use the functional form of that op"
  // CHECK-NEXT: func.return
  %y, %sum = irfuse.add_rms_norm %x, %r {eps = 1.0e-6 : f64} : !x, !x -> !x, !x
  irfuse.opaque "aten.relu_.default" mutates (%r) : (!x) -> ()
  %q, %s = irfuse.group_quant %y {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s, %sum : !q, !s, !x
}

// The residual lies in memory column by column.
// CHECK-LABEL: func.func @scattered(
func.func @scattered(%x: !x, %r: tensor<?x192xbf16, #irfuse.dims<"t", strides = [1, "t"]>>) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {missed = "an operand does not lie in memory row by row: an argument of the graph, strides [1, 't']", cure = "make it contiguous along its last axis"
  // CHECK-NEXT: func.return
  %rows = irfuse.relayout %r : tensor<?x192xbf16, #irfuse.dims<"t", strides = [1, "t"]>> -> !x
  %y, %sum = irfuse.add_rms_norm %x, %rows {eps = 1.0e-6 : f64} : !x, !x -> !x, !x
  %q, %s = irfuse.group_quant %y {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// A matrix product stands between norm and quant, which is left to fuse-quant, without a word.
// CHECK-LABEL: func.func @matmul_between(
func.func @matmul_between(%x: !x, %w: tensor<192x192xbf16>) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %p {group_size
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %p = irfuse.opaque "aten.mm.default" (%y, %w) : (!x, tensor<192x192xbf16>) -> !x
  %q, %s = irfuse.group_quant %p {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// A norm without a quant is no chain: nothing is fused and nothing is said.
// CHECK-LABEL: func.func @no_quant(
func.func @no_quant(%x: !x) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm %x {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: func.return %y :
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  return %y : !x
}

// Chains of other families are left to their own passes, without a word.
// CHECK-LABEL: func.func @other_families(
func.func @other_families(%x: !x, %z: !x) -> (!q, !s, !q, !s) {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x, %z
  // CHECK-NEXT: %q, %s = irfuse.group_quant %y {group_size
  // CHECK-NEXT: %p = irfuse.act_mul %x, %z
  // CHECK-NEXT: %r, %t = irfuse.group_quant %p {group_size
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !x, !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %p = irfuse.act_mul %x, %z : !x, !x -> !x
  %r, %t = irfuse.group_quant %p {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s, %r, %t : !q, !s, !q, !s
}

// Groups of 64 that begin at column 32 of rows which leave too: no digit of a column says which group it is in.
// CHECK-LABEL: func.func @groups_of_a_part(
func.func @groups_of_a_part(%x: !x) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>, !x) {
  // CHECK-NEXT: %y = irfuse.rms_norm
  // CHECK-NOT: irfuse.fused
  // CHECK: irfuse.group_quant {{.*}} {missed = "a result is not part of the row that the others are computed from"
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %part = irfuse.slice %y {axis = 1 : i64, start = 32 : i64, step = 1 : i64} : !x -> tensor<?x128xbf16, #irfuse.dims<"t">>
  %q, %s = irfuse.group_quant %part {group_size = 64 : i64, quant_max = 448.0 : f64} : tensor<?x128xbf16, #irfuse.dims<"t">> -> tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>
  return %q, %s, %y : tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>, !x
}
