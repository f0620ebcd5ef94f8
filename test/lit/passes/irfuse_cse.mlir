// Equal pure ops on equal operands become one, which keeps the names of the FX nodes that each of them stood for.
// RUN: irfuse-opt --irfuse-cse %s | filecheck %s

!x = tensor<?x128xbf16, #irfuse.dims<"s0">>
!q = tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>
!s = tensor<?x1xf32, #irfuse.dims<"s0">>

// The quant that inference graphs repeat for each linear that reads it.
// CHECK-LABEL: func.func @quants(
func.func @quants(%x: !x) -> (!q, !s, !q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {node = [["div", "div_1"], ["s", "s_1"]], group_size = 128 : i64, quant_max = 4.480000e+02 : f64} : tensor<?x128xbf16, #irfuse.dims<"s0">> -> tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %q, %s, %q, %s :
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64, node = [["div"], ["s"]]} : !x -> !q, !s
  %r, %t = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64, node = [["div_1"], ["s_1"]]} : !x -> !q, !s
  return %q, %s, %r, %t : !q, !s, !q, !s
}

// Operands that were merged make their users equal..
// CHECK-LABEL: func.func @chains(
func.func @chains(%x: !x) -> (!x, !x) {
  // CHECK-NEXT: %a = irfuse.neg %x {node = ["neg", "neg_1"]} :
  // CHECK-NEXT: %c = irfuse.sigmoid %a {node = ["sigmoid", "sigmoid_1", "sigmoid_2"]} :
  // CHECK-NEXT: func.return %c, %c :
  %a = irfuse.neg %x {node = ["neg"]} : !x
  %b = irfuse.neg %x {node = ["neg_1"]} : !x
  %c = irfuse.sigmoid %a {node = ["sigmoid"]} : !x
  %d = irfuse.sigmoid %b {node = ["sigmoid_1", "sigmoid_2"]} : !x
  return %c, %d : !x, !x
}

// Numbers, bounds, orders and result types that are equal, of every kind of op.
// CHECK-LABEL: func.func @properties(
func.func @properties(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<16xf32>, tensor<16xf32>) {
  // CHECK-NEXT: %a = irfuse.clamp %x min -1.000000e+00 max 1.000000e+00 :
  // CHECK-NEXT: %c = irfuse.permute %x [1, 0] : tensor<4x4xf32> -> tensor<4x4xf32>{{$}}
  // CHECK-NEXT: %e = irfuse.reshape %x : tensor<4x4xf32> -> tensor<16xf32>{{$}}
  // CHECK-NEXT: func.return %a, %a, %c, %c, %e, %e :
  %a = irfuse.clamp %x min -1.0 max 1.0 : tensor<4x4xf32>
  %b = irfuse.clamp %x min -1.0 max 1.0 : tensor<4x4xf32>
  %c = irfuse.permute %x [1, 0] : tensor<4x4xf32> -> tensor<4x4xf32>
  %d = irfuse.permute %x [1, 0] : tensor<4x4xf32> -> tensor<4x4xf32>
  %e = irfuse.reshape %x : tensor<4x4xf32> -> tensor<16xf32>
  %f = irfuse.reshape %x : tensor<4x4xf32> -> tensor<16xf32>
  return %a, %b, %c, %d, %e, %f : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<16xf32>, tensor<16xf32>
}

// NaN is not equal to itself, and is the same number.
// CHECK-LABEL: func.func @not_a_number(
// CHECK-NEXT: %[[R:.*]] = irfuse.maximum %x scalar nan
// CHECK-NEXT: return %[[R]], %[[R]]
func.func @not_a_number(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = irfuse.maximum %x scalar nan : tensor<4xf32>
  %1 = irfuse.maximum %x scalar nan : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
