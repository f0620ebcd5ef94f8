// Where fuse-act-mul-quant leaves a chain as it is; the quant says why in `missed`, and in `cure` what would help.
// RUN: irfuse-opt --fuse-act-mul-quant %s | filecheck %s

!x = tensor<?x192xbf16, #irfuse.dims<"t">>
!q = tensor<?x192xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>

// A row of a symbolic number of columns.
// CHECK-LABEL: func.func @symbolic_row(
func.func @symbolic_row(%a: tensor<2x?xbf16, #irfuse.dims<"n">>, %scale: tensor<f32>) -> tensor<2x?xf8E4M3FN, #irfuse.dims<"n">> {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q = irfuse.static_quant %p, %scale {missed = "the last axis has n columns, a number that is not known"
  // CHECK-NEXT: func.return
  %p = irfuse.act_mul %a, %a : tensor<2x?xbf16, #irfuse.dims<"n">>, tensor<2x?xbf16, #irfuse.dims<"n">> -> tensor<2x?xbf16, #irfuse.dims<"n">>
  %q = irfuse.static_quant %p, %scale {quant_max = 448.0 : f64} : tensor<2x?xbf16, #irfuse.dims<"n">>, tensor<f32> -> tensor<2x?xf8E4M3FN, #irfuse.dims<"n">>
  return %q : tensor<2x?xf8E4M3FN, #irfuse.dims<"n">>
}

// Something is written between product and quant.
// CHECK-LABEL: func.func @mutation(
func.func @mutation(%a: !x, %b: !x) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %p {missed = "aten.zero_.default{{( \(.*\))?}} writes to memory in the middle of the chain", cure = "use the functional form of that op"
  // CHECK-NEXT: func.return
  %p = irfuse.act_mul %a, %b : !x, !x -> !x
  irfuse.opaque "aten.zero_.default" mutates (%b) : (!x) -> ()
  %q, %s = irfuse.group_quant %p {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// One factor lies in memory column by column.
// CHECK-LABEL: func.func @scattered(
func.func @scattered(%a: !x, %b: tensor<?x192xbf16, #irfuse.dims<"t", strides = [1, "t"]>>) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %p {missed = "an operand does not lie in memory row by row: an argument of the graph, strides [1, 't']", cure = "make it contiguous along its last axis"
  // CHECK-NEXT: func.return
  %c = irfuse.relayout %b : tensor<?x192xbf16, #irfuse.dims<"t", strides = [1, "t"]>> -> !x
  %p = irfuse.act_mul %a, %c : !x, !x -> !x
  %q, %s = irfuse.group_quant %p {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// The scale is computed from the product, outside.
// CHECK-LABEL: func.func @scale_depends_on_product(
func.func @scale_depends_on_product(%a: !x, %b: !x) -> !q {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q = irfuse.static_quant %p, %scale {missed = "
  // CHECK-NEXT: func.return
  %p = irfuse.act_mul %a, %b : !x, !x -> !x
  %scale = irfuse.opaque "calibrate" (%p) : (!x) -> tensor<1xf32>
  %q = irfuse.static_quant %p, %scale {quant_max = 448.0 : f64} : !x, tensor<1xf32> -> !q
  return %q : !q
}

// An activation alone is no product: its quant is left to fuse-quant, without a word.
// CHECK-LABEL: func.func @no_product(
func.func @no_product(%a: !x) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %p {group_size
  // CHECK-NEXT: func.return
  %p = irfuse.silu %a : !x
  %q, %s = irfuse.group_quant %p {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// So is that of a product without an activation.
// CHECK-LABEL: func.func @no_activation(
func.func @no_activation(%a: !x, %b: !x) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %p {group_size
  // CHECK-NEXT: func.return
  %p = irfuse.mul %a, %b : !x
  %q, %s = irfuse.group_quant %p {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// Chains of other families are left to their own passes, without a word.
// CHECK-LABEL: func.func @other_families(
func.func @other_families(%x: !x, %z: !x) -> (!q, !s, !q, !s) {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x, %z
  // CHECK-NEXT: %q, %s = irfuse.group_quant %y {group_size
  // CHECK-NEXT: %n = irfuse.rms_norm %x
  // CHECK-NEXT: %r, %t = irfuse.group_quant %n {group_size
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !x, !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %n = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %r, %t = irfuse.group_quant %n {group_size = 192 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s, %r, %t : !q, !s, !q, !s
}
