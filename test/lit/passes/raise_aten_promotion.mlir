// Operands of several types: each is cast to the common type, where all devices convert it alike.
// RUN: irfuse-opt --raise-aten %s | filecheck %s

!f = tensor<4x8xf32>
!x = tensor<4x8xbf16>
!c = tensor<4x8xi8>
!u = tensor<4x8xui8>
!i = tensor<4x8xi32>
!t = tensor<4x8xi1>

// A zero point; the quotient of integers.
// CHECK-LABEL: func.func @integers_beside_floats(
func.func @integers_beside_floats(%f: !f, %c: !c, %i: !i) -> (!f, !f, !f) {
  // CHECK-NEXT: %0 = irfuse.cast %c : tensor<4x8xi8> -> tensor<4x8xf32>
  // CHECK-NEXT: %1 = irfuse.add %f, %0 :
  // CHECK-NEXT: %2 = irfuse.cast %c : tensor<4x8xi8> -> tensor<4x8xf32>
  // CHECK-NEXT: %3 = irfuse.cast %i : tensor<4x8xi32> -> tensor<4x8xf32>
  // CHECK-NEXT: %4 = irfuse.div %2, %3 :
  // CHECK-NEXT: %5 = irfuse.cast %c : tensor<4x8xi8> -> tensor<4x8xf32>
  // CHECK-NEXT: %6 = irfuse.mul %5 scalar 5.000000e-01 :
  %0 = irfuse.opaque "aten.add.Tensor" (%f, %c) call<x0, x1> : (!f, !c) -> !f
  %1 = irfuse.opaque "aten.div.Tensor" (%c, %i) call<x0, x1> : (!c, !i) -> !f
  %2 = irfuse.opaque "aten.mul.Tensor" (%c) call<x0, 0.5> : (!c) -> !f
  return %0, %1, %2 : !f, !f, !f
}

// Tensors without axes are rounded to the type of the rows, but for factors, which are where they have it anyway.
// CHECK-LABEL: func.func @without_axes(
func.func @without_axes(%x: !x, %f: !f, %n: tensor<f32>, %h: tensor<f16>, %b: tensor<i1>, %d: tensor<f64>) -> (!x, !x, !x, !f) {
  // CHECK-NEXT: %0 = irfuse.cast %h : tensor<f16> -> tensor<bf16>
  // CHECK: %{{.*}} = irfuse.add %x, %{{.*}} : tensor<4x8xbf16>
  // CHECK-NEXT: %{{.*}} = irfuse.cast %n : tensor<f32> -> tensor<bf16>
  // CHECK: %{{.*}} = irfuse.minimum %x, %{{.*}} : tensor<4x8xbf16>
  // CHECK-NEXT: %{{.*}} = irfuse.cast %b : tensor<i1> -> tensor<bf16>
  // CHECK: %{{.*}} = irfuse.mul %x, %{{.*}} : tensor<4x8xbf16>
  // CHECK-NEXT: %{{.*}} = irfuse.cast %d : tensor<f64> -> tensor<f32>
  // CHECK: %{{.*}} = irfuse.add %f, %{{.*}} : tensor<4x8xf32>
  %0 = irfuse.opaque "aten.add.Tensor" (%x, %h) call<x0, x1> : (!x, tensor<f16>) -> !x
  %1 = irfuse.opaque "aten.clamp_max.Tensor" (%x, %n) call<x0, x1> : (!x, tensor<f32>) -> !x
  %2 = irfuse.opaque "aten.mul.Tensor" (%x, %b) call<x0, x1> : (!x, tensor<i1>) -> !x
  %3 = irfuse.opaque "aten.add.Tensor" (%f, %d) call<x0, x1> : (!f, tensor<f64>) -> !f
  return %0, %1, %2, %3 : !x, !x, !x, !f
}

// A number that the graph keeps in a tensor is a number, but not as a divisor, nor where the rows' type has it not.
// CHECK-LABEL: func.func @constants(
func.func @constants(%x: !x, %f: !f) -> (!f, !x, !x, !x) {
  // CHECK-NEXT: %eps = irfuse.full
  // CHECK-NEXT: %two = irfuse.full
  // CHECK-NEXT: %third = irfuse.full
  // CHECK-NEXT: %0 = irfuse.add %f scalar 1.000000e-06 :
  // CHECK-NEXT: %1 = irfuse.mul %x scalar 2.000000e+00 :
  // CHECK-NEXT: %2 = irfuse.cast %two : tensor<f32> -> tensor<bf16>
  // CHECK-NEXT: %3 = irfuse.broadcast %2 :
  // CHECK-NEXT: %4 = irfuse.div %x, %3 :
  // CHECK-NEXT: %5 = irfuse.opaque "aten.mul.Tensor"
  %eps = irfuse.full 1.0e-06 : tensor<f64>
  %two = irfuse.full 2.0 : tensor<f32>
  %third = irfuse.full 0.333251953125 : tensor<f16>
  %0 = irfuse.opaque "aten.add.Tensor" (%f, %eps) call<x0, x1> : (!f, tensor<f64>) -> !f
  %1 = irfuse.opaque "aten.mul.Tensor" (%x, %two) call<x0, x1> : (!x, tensor<f32>) -> !x
  %2 = irfuse.opaque "aten.div.Tensor" (%x, %two) call<x0, x1> : (!x, tensor<f32>) -> !x
  %3 = irfuse.opaque "aten.mul.Tensor" (%x, %third) call<x0, x1> : (!x, tensor<f16>) -> !x
  return %0, %1, %2, %3 : !f, !x, !x, !x
}

// Integers of several types, and truth values.
// CHECK-LABEL: func.func @integers(
func.func @integers(%c: !c, %u: !u, %i: !i, %t: !t) -> (tensor<4x8xi16>, !i, !i, !t, !t) {
  // CHECK-NEXT: %0 = irfuse.cast %c : tensor<4x8xi8> -> tensor<4x8xi16>
  // CHECK-NEXT: %1 = irfuse.cast %u : tensor<4x8xui8> -> tensor<4x8xi16>
  // CHECK-NEXT: %2 = irfuse.add %0, %1 :
  // CHECK-NEXT: %3 = irfuse.cast %u : tensor<4x8xui8> -> tensor<4x8xi32>
  // CHECK-NEXT: %4 = irfuse.or %i, %3 :
  // CHECK-NEXT: %5 = irfuse.cast %u : tensor<4x8xui8> -> tensor<4x8xi32>
  // CHECK-NEXT: %6 = irfuse.select %t, %5, %i :
  // CHECK-NEXT: %7 = irfuse.or %t, %t :
  // CHECK-NEXT: %8 = irfuse.cast %c : tensor<4x8xi8> -> tensor<4x8xi16>
  // CHECK-NEXT: %9 = irfuse.cast %u : tensor<4x8xui8> -> tensor<4x8xi16>
  // CHECK-NEXT: %10 = irfuse.compare lt %8, %9 :
  %0 = irfuse.opaque "aten.add.Tensor" (%c, %u) call<x0, x1> : (!c, !u) -> tensor<4x8xi16>
  %1 = irfuse.opaque "aten.bitwise_or.Tensor" (%i, %u) call<x0, x1> : (!i, !u) -> !i
  %2 = irfuse.opaque "aten.where.self" (%t, %u, %i) call<x0, x1, x2> : (!t, !u, !i) -> !i
  %3 = irfuse.opaque "aten.maximum.default" (%t, %t) call<x0, x1> : (!t, !t) -> !t
  %4 = irfuse.opaque "aten.lt.Tensor" (%c, %u) call<x0, x1> : (!c, !u) -> !t
  return %0, %1, %2, %3, %4 : tensor<4x8xi16>, !i, !i, !t, !t
}

// Numbers beyond the range of the integers, shifts by a whole integer and by a tensor, f16 cubed: all stay.
// CHECK-LABEL: func.func @stay(
func.func @stay(%c: !c, %i: !i, %h: tensor<4x8xf16>) -> (!c, !t, !i, !i, tensor<4x8xf16>) {
  // CHECK-COUNT-5: irfuse.opaque
  %0 = irfuse.opaque "aten.add.Tensor" (%c) call<x0, 300> : (!c) -> !c
  %1 = irfuse.opaque "aten.gt.Scalar" (%c) call<x0, 300> : (!c) -> !t
  %2 = irfuse.opaque "aten.bitwise_left_shift.Tensor_Scalar" (%i) call<x0, 32> : (!i) -> !i
  %3 = irfuse.opaque "aten.__rshift__.Tensor" (%i, %i) call<x0, x1> : (!i, !i) -> !i
  %4 = irfuse.opaque "aten.pow.Tensor_Scalar" (%h) call<x0, 3> : (tensor<4x8xf16>) -> tensor<4x8xf16>
  return %0, %1, %2, %3, %4 : !c, !t, !i, !i, tensor<4x8xf16>
}
