// fuse-act-mul-quant on other activations, and with several quants on one product.
// RUN: irfuse-opt --fuse-act-mul-quant %s | filecheck %s

!x = tensor<?x256xbf16, #irfuse.dims<"t">>
!q = tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x2xf32, #irfuse.dims<"t">>
!token = tensor<?x1xf32, #irfuse.dims<"t">>

// Two quants of one product are one kernel.
// CHECK-LABEL: func.func @two_quants(
func.func @two_quants(%a: !x, %b: !x) -> (!q, !s, tensor<?x256xi8, #irfuse.dims<"t">>, !token) {
  // CHECK-NEXT: %q, %s, %i, %t = irfuse.fused "act_mul_group_quant" chains ["act_mul_quant.group", "act_mul_quant.token"] (%a_1 = %a : tensor<?x256xbf16, #irfuse.dims<"t">>, %b_1 = %b : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>, tensor<?x256xi8, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %p = irfuse.act_mul %a_1, %b_1 :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: %i_1, %t_1 = irfuse.group_quant %p {group_size = 256 : i64, quant_max = 1.270000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %i_1, %t_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s, %i, %t :
  %p = irfuse.act_mul %a, %b : !x, !x -> !x
  %q, %s = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %i, %t = irfuse.group_quant %p {group_size = 256 : i64, quant_max = 127.0 : f64} : !x -> tensor<?x256xi8, #irfuse.dims<"t">>, !token
  return %q, %s, %i, %t : !q, !s, tensor<?x256xi8, #irfuse.dims<"t">>, !token
}

// gelu(a) * b, in small ops.
// CHECK-LABEL: func.func @gelu(
func.func @gelu(%a: !x, %b: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "act_mul_quant" chains ["act_mul_quant.group"] (%a_1 = %a : tensor<?x256xbf16, #irfuse.dims<"t">>, %b_1 = %b : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %g = irfuse.gelu_tanh %a_1 :
  // CHECK-NEXT: %p = irfuse.mul %g, %b_1 :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %g = irfuse.gelu_tanh %a : !x
  %p = irfuse.mul %g, %b : !x
  %q, %s = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// relu(a) squared: an activation times itself.
// CHECK-LABEL: func.func @relu_squared(
func.func @relu_squared(%a: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "act_mul_quant" chains ["act_mul_quant.group"] (%a_1 = %a : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %r = irfuse.relu %a_1 :
  // CHECK-NEXT: %p = irfuse.mul %r, %r :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %r = irfuse.relu %a : !x
  %p = irfuse.mul %r, %r : !x
  %q, %s = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}
