// Of an activation product that two quants read, no remark may say that it is no activation product.
// RUN: irfuse-opt --fuse-act-mul-quant %s | filecheck %s

!x = tensor<?x256xbf16, #irfuse.dims<"t">>
!q = tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x2xf32, #irfuse.dims<"t">>

// CHECK-LABEL: func.func @two_quants(
// CHECK-NOT: irfuse.act_mul, which is not part of a norm or an activation product
// CHECK: func.return
func.func @two_quants(%a: !x, %b: !x, %scale: tensor<f32>) -> (!q, !s, !q) {
  %p = irfuse.act_mul %a, %b : !x, !x -> !x
  %q, %s = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %r = irfuse.static_quant %p, %scale {quant_max = 448.0 : f64} : !x, tensor<f32> -> !q
  return %q, %s, %r : !q, !s, !q
}
