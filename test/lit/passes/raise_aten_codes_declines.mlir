// Spellings of codes and scales that raise-aten leaves as they are: nothing is certain of the bits that they give.
// RUN: irfuse-opt %s > %t.before.mlir
// RUN: irfuse-opt --raise-aten %s > %t.after.mlir
// RUN: diff %t.before.mlir %t.after.mlir

!f = tensor<4x8xf32>
!i = tensor<4x8xi32>
!l = tensor<4x8xi64>
!t = tensor<4x8xi1>

// Values that stand where the mask is true, one for each; sums.
func.func @masked_writes(%x: !f, %t: !t, %v: tensor<?xf32, #irfuse.dims<"n">>, %n: tensor<f32>) -> (!f, !f) {
  %0 = irfuse.opaque "aten.index_put.default" (%x, %t, %v) call<x0, [x1], x2> : (!f, !t, tensor<?xf32, #irfuse.dims<"n">>) -> !f
  %1 = irfuse.opaque "aten.index_put.default" (%x, %t, %n) call<x0, [x1], x2, true> : (!f, !t, tensor<f32>) -> !f
  return %0, %1 : !f, !f
}

// Floats as an integer of 64 bits that nothing holds in its range.
func.func @integers(%x: !f) -> !l {
  %0 = irfuse.opaque "aten._to_copy.default" (%x) call<x0, dtype = "int64"> : (!f) -> !l
  return %0 : !l
}

// Borders of another type, or of several axes; more of them than a kernel looks at; "any" of numbers.
func.func @few(%x: !f, %h: tensor<2xbf16>, %b: tensor<4x2xf32>, %m: tensor<17xf32>) -> (!l, !l, !l, tensor<4xi1>) {
  %0 = irfuse.opaque "aten.bucketize.Tensor" (%x, %h) call<x0, x1> : (!f, tensor<2xbf16>) -> !l
  %1 = irfuse.opaque "aten.searchsorted.Tensor" (%b, %x) call<x0, x1> : (tensor<4x2xf32>, !f) -> !l
  %2 = irfuse.opaque "aten.bucketize.Tensor" (%x, %m) call<x0, x1> : (!f, tensor<17xf32>) -> !l
  %3 = irfuse.opaque "aten.any.dim" (%x) call<x0, -1> : (!f) -> tensor<4xi1>
  return %0, %1, %2, %3 : !l, !l, !l, tensor<4xi1>
}

// Floats, truth values and integers of 64 bits without a sign as such of 32; borders that a permutation sorts.
func.func @bits(%t: tensor<4x8xi1>, %w: tensor<4x8xui64>, %x: !f, %b: tensor<2xf32>, %p: tensor<2xi64>) -> (tensor<4x8xui32>, tensor<4x8xui32>, tensor<4x8xui32>, tensor<4x8xf32>, !l) {
  %0 = irfuse.opaque "aten._to_copy.default" (%x) call<x0, dtype = "uint32"> : (!f) -> tensor<4x8xui32>
  %2 = irfuse.opaque "aten._to_copy.default" (%t) call<x0, dtype = "uint32"> : (tensor<4x8xi1>) -> tensor<4x8xui32>
  %3 = irfuse.opaque "aten._to_copy.default" (%w) call<x0, dtype = "uint32"> : (tensor<4x8xui64>) -> tensor<4x8xui32>
  %4 = irfuse.opaque "aten._to_copy.default" (%0) call<x0, dtype = "float32"> : (tensor<4x8xui32>) -> tensor<4x8xf32>
  %1 = irfuse.opaque "aten.searchsorted.Tensor" (%b, %x, %p) call<x0, x1, sorter = x2> : (tensor<2xf32>, !f, tensor<2xi64>) -> !l
  return %0, %2, %3, %4, %1 : tensor<4x8xui32>, tensor<4x8xui32>, tensor<4x8xui32>, tensor<4x8xf32>, !l
}

// An axis that is not whole steps long; two to what may be a fraction.
func.func @others(%x: tensor<?xui8, #irfuse.dims<"t">>, %f: !f) -> (tensor<?xui8, #irfuse.dims<"(t + 1)//2">>, !f) {
  %0 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 0, 0, 9223372036854775807, 2> : (tensor<?xui8, #irfuse.dims<"t">>) -> tensor<?xui8, #irfuse.dims<"(t + 1)//2">>
  %1 = irfuse.opaque "aten.pow.Scalar" (%f) call<2.0, x0> : (!f) -> !f
  return %0, %1 : tensor<?xui8, #irfuse.dims<"(t + 1)//2">>, !f
}
