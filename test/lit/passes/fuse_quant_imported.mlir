// In an imported graph a kernel reads values of the graph's nodes alone; what a node computes in several ops, and lays out
// by one of them, is read where a node names it again.
// RUN: irfuse-opt --fuse-quant %s | filecheck %s

!x = tensor<2x192x24xbf16>
!t = tensor<2x192x24xbf16, #irfuse.dims<strides = [4608, 1, 192]>>
!y = tensor<2x24x192xbf16>
!q = tensor<2x24x192xf8E4M3FN>
!s = tensor<2x24x1xf32>

// A product of a transposed tensor and of another lies in memory as the first does: transposed back it has rows.
// CHECK-LABEL: func.func @transposed_back(
func.func @transposed_back(%a: !t, %b: !x) -> (!q, !s) {
  // CHECK-NEXT: %c = irfuse.relayout %a
  // CHECK-NEXT: %m = irfuse.mul %c, %b
  // CHECK-NEXT: %y = irfuse.permute %m [0, 2, 1]
  // CHECK-NEXT: %q, %s = irfuse.fused "group_quant" chains ["quant.token"] (%y_1 = %y : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %y_1
  // CHECK-NEXT: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %c = irfuse.relayout %a : !t -> !x
  %m = irfuse.mul %c, %b : !x
  %y = irfuse.permute %m [0, 2, 1] {node = ["y"]} : !x -> !y
  %q, %s = irfuse.group_quant %y {group_size = 192 : i64, quant_max = 448.0 : f64, node = [["q"], ["s"]]} : !y -> !q, !s
  return %q, %s : !q, !s
}

// So it is by way of a function of the transposed product, which the kernel computes.
// CHECK-LABEL: func.func @and_a_function(
func.func @and_a_function(%a: !t, %b: !x) -> (!q, !s) {
  // CHECK: %y = irfuse.permute
  // CHECK-NEXT: %q, %s = irfuse.fused {{.*}} (%y_1 = %y : {{.*}}) -> {{.*}}{{ {$}}
  // CHECK-NEXT: %z = irfuse.neg %y_1
  // CHECK-NEXT: {{.*}} = irfuse.group_quant %z
  // CHECK-NEXT: irfuse.yield
  %c = irfuse.relayout %a : !t -> !x
  %m = irfuse.mul %c, %b : !x
  %y = irfuse.permute %m [0, 2, 1] {node = ["y"]} : !x -> !y
  %z = irfuse.neg %y {node = ["z"]} : !y
  %q, %s = irfuse.group_quant %z {group_size = 192 : i64, quant_max = 448.0 : f64, node = [["q"], ["s"]]} : !y -> !q, !s
  return %q, %s : !q, !s
}

// Where no node names it, nothing is fused.
// CHECK-LABEL: func.func @not_named_again(
func.func @not_named_again(%a: !t, %b: !x) -> (!q, !s) {
  // CHECK-NOT: irfuse.fused
  // CHECK: %q, %s = irfuse.group_quant %y {node = {{.*}}, missed = "an operand does not lie in memory row by row: irfuse.relayout {{.*}}"
  // CHECK-NEXT: func.return
  %c = irfuse.relayout %a : !t -> !x
  %m = irfuse.mul %c, %b : !x
  %y = irfuse.permute %m [0, 2, 1] : !x -> !y
  %q, %s = irfuse.group_quant %y {group_size = 192 : i64, quant_max = 448.0 : f64, node = [["q"], ["s"]]} : !y -> !q, !s
  return %q, %s : !q, !s
}
