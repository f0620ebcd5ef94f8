// The rules of raise-aten for activations, powers, bounds that are tensors, and integers.
// RUN: irfuse-opt --raise-aten %s | filecheck %s

!x = tensor<4x8xbf16>
!f = tensor<4x8xf32>
!i = tensor<4x8xi32>

// CHECK-LABEL: func.func @activations(
func.func @activations(%x: !x) -> !x {
  // CHECK-NEXT: %0 = irfuse.tanh %x :
  // CHECK-NEXT: %1 = irfuse.erf %0 :
  // CHECK-NEXT: %2 = irfuse.gelu %1 :
  // CHECK-NEXT: %3 = irfuse.gelu_tanh %2 :
  // CHECK-NEXT: %4 = irfuse.gelu %3 :
  // CHECK-NEXT: %5 = irfuse.relu %4 :
  // CHECK-NEXT: %6 = irfuse.floor %5 :
  // CHECK-NEXT: %7 = irfuse.sign %6 :
  // CHECK-NEXT: func.return %7 :
  %0 = irfuse.opaque "aten.tanh.default" (%x) call<x0> : (!x) -> !x
  %1 = irfuse.opaque "aten.erf.default" (%0) call<x0> : (!x) -> !x
  %2 = irfuse.opaque "aten.gelu.default" (%1) call<x0> : (!x) -> !x
  %3 = irfuse.opaque "aten.gelu.default" (%2) call<x0, approximate = "tanh"> : (!x) -> !x
  %4 = irfuse.opaque "aten.gelu.default" (%3) call<x0, approximate = "none"> : (!x) -> !x
  %5 = irfuse.opaque "aten.relu.default" (%4) call<x0> : (!x) -> !x
  %6 = irfuse.opaque "aten.floor.default" (%5) call<x0> : (!x) -> !x
  %7 = irfuse.opaque "aten.sign.default" (%6) call<x0> : (!x) -> !x
  return %7 : !x
}

// x ** 3 is x * x * x, in that order, as torch computes it.
// CHECK-LABEL: func.func @cube(
func.func @cube(%x: !x) -> !x {
  // CHECK-NEXT: %0 = irfuse.mul %x, %x :
  // CHECK-NEXT: %1 = irfuse.mul %0, %x :
  // CHECK-NEXT: func.return %1 :
  %0 = irfuse.opaque "aten.pow.Tensor_Scalar" (%x) call<x0, 3> : (!x) -> !x
  return %0 : !x
}

// Two to the floor of a number is exact.
// CHECK-LABEL: func.func @power_of_two(
func.func @power_of_two(%x: !f) -> !f {
  // CHECK-NEXT: %0 = irfuse.floor %x :
  // CHECK-NEXT: %1 = irfuse.exp2 %0 :
  // CHECK-NEXT: func.return %1 :
  %0 = irfuse.opaque "aten.floor.default" (%x) call<x0> : (!f) -> !f
  %1 = irfuse.opaque "aten.pow.Scalar" (%0) call<2, x0> : (!f) -> !f
  return %1 : !f
}

// The smaller of two, and a bound that is a tensor: an upper bound on a scale.
// CHECK-LABEL: func.func @bounds(
func.func @bounds(%x: !f, %y: !f, %n: tensor<f32>) -> (!f, !f, !f, !f) {
  // CHECK-NEXT: %0 = irfuse.minimum %x, %y :
  // CHECK-NEXT: %1 = irfuse.broadcast %n : tensor<f32> -> tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %2 = irfuse.minimum %x, %1 :
  // CHECK-NEXT: %3 = irfuse.maximum %x, %y :
  // CHECK-NEXT: %4 = irfuse.minimum %x, %y :
  // CHECK-NEXT: func.return %0, %2, %3, %4 :
  %0 = irfuse.opaque "aten.minimum.default" (%x, %y) call<x0, x1> : (!f, !f) -> !f
  %1 = irfuse.opaque "aten.clamp.Tensor" (%x, %n) call<x0, none, x1> : (!f, tensor<f32>) -> !f
  %2 = irfuse.opaque "aten.clamp_min.Tensor" (%x, %y) call<x0, x1> : (!f, !f) -> !f
  %3 = irfuse.opaque "aten.clamp_max.Tensor" (%x, %y) call<x0, x1> : (!f, !f) -> !f
  return %0, %1, %2, %3 : !f, !f, !f, !f
}

// Two bounds in tensors: of integers, and numbers without axes; others stay. Numbers for a GPU are given as they are.
// CHECK-LABEL: func.func @two_bounds(
func.func @two_bounds(%x: !f, %h: tensor<4x8xbf16>, %i: tensor<4x8xi32>, %n: tensor<f32>) -> (!f, !f, !f, !f, tensor<4x8xbf16>, tensor<4x8xi32>) {
  %low = irfuse.full -0.0 : tensor<f32>
  %high = irfuse.full 6.0 : tensor<f32>
  %row = irfuse.full 6.0 : tensor<8xf32>
  // CHECK: %0 = irfuse.clamp %x min -0.000000e+00 max 6.000000e+00 : tensor<4x8xf32>
  %0 = irfuse.opaque "aten.clamp.Tensor" (%x, %low, %high) call<x0, x1, x2> : (!f, tensor<f32>, tensor<f32>) -> !f
  // CHECK-NEXT: %1 = irfuse.clamp %x min 0.000000e+00 max 6.000000e+00 : tensor<4x8xf32>
  %1 = irfuse.opaque "aten.clamp.Tensor" (%x, %high) call<x0, 0.0, x1> : (!f, tensor<f32>) -> !f
  // CHECK-COUNT-2: irfuse.opaque "aten.clamp.Tensor"
  %2 = irfuse.opaque "aten.clamp.Tensor" (%x, %low, %n) call<x0, x1, x2> : (!f, tensor<f32>, tensor<f32>) -> !f
  %3 = irfuse.opaque "aten.clamp.Tensor" (%x, %low, %row) call<x0, x1, x2> : (!f, tensor<f32>, tensor<8xf32>) -> !f
  // CHECK-NEXT: irfuse.clamp %h min -0.000000e+00 max 6.000000e+00 tensors : tensor<4x8xbf16>
  %4 = irfuse.opaque "aten.clamp.Tensor" (%h, %low, %high) call<x0, x1, x2> : (tensor<4x8xbf16>, tensor<f32>, tensor<f32>) -> tensor<4x8xbf16>
  // CHECK-NEXT: %[[LOW:.*]] = irfuse.maximum %i, %i :
  // CHECK-NEXT: irfuse.minimum %[[LOW]], %i :
  %5 = irfuse.opaque "aten.clamp.Tensor" (%i, %i, %i) call<x0, x1, x2> : (tensor<4x8xi32>, tensor<4x8xi32>, tensor<4x8xi32>) -> tensor<4x8xi32>
  return %0, %1, %2, %3, %4, %5 : !f, !f, !f, !f, tensor<4x8xbf16>, tensor<4x8xi32>
}

// relu6 and its kin are clamps.
// CHECK-LABEL: func.func @hardtanh(
func.func @hardtanh(%x: !f) -> !f {
  // CHECK-NEXT: %0 = irfuse.clamp %x min 0.000000e+00 max 6.000000e+00 :
  // CHECK-NEXT: func.return %0 :
  %0 = irfuse.opaque "aten.hardtanh.default" (%x) call<x0, 0.0, 6.0> : (!f) -> !f
  return %0 : !f
}

// Integers of 32 bits and fewer.
// CHECK-LABEL: func.func @integers(
func.func @integers(%x: !i, %y: !i) -> !i {
  // CHECK-NEXT: %0 = irfuse.add %x, %y :
  // CHECK-NEXT: %1 = irfuse.sub %0 scalar 1.270000e+02 :
  // CHECK-NEXT: %2 = irfuse.mul %1, %y :
  // CHECK-NEXT: %3 = irfuse.maximum %2, %y :
  // CHECK-NEXT: %4 = irfuse.clamp %3 min 0.000000e+00 max 2.540000e+02 :
  // CHECK-NEXT: func.return %4 :
  %0 = irfuse.opaque "aten.add.Tensor" (%x, %y) call<x0, x1> : (!i, !i) -> !i
  %1 = irfuse.opaque "aten.sub.Tensor" (%0) call<x0, 127> : (!i) -> !i
  %2 = irfuse.opaque "aten.mul.Tensor" (%1, %y) call<x0, x1> : (!i, !i) -> !i
  %3 = irfuse.opaque "aten.maximum.default" (%2, %y) call<x0, x1> : (!i, !i) -> !i
  %4 = irfuse.opaque "aten.clamp.default" (%3) call<x0, 0, 254> : (!i) -> !i
  return %4 : !i
}

// In place, of a tensor that nobody else sees.
// CHECK-LABEL: func.func @in_place(
func.func @in_place(%x: !f) -> !f {
  // CHECK-NEXT: %0 = irfuse.neg %x :
  // CHECK-NEXT: %1 = irfuse.mul %0 scalar 2.000000e+00 :
  // CHECK-NEXT: func.return %1 :
  %0 = irfuse.neg %x : !f
  %1 = irfuse.opaque "aten.mul_.Tensor" mutates (%0) call<x0, 2.0> : (!f) -> !f
  return %1 : !f
}
