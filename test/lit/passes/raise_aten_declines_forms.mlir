// The nearest refusals of the rules for activations, bits, constants, padding and norms. Nothing in this file changes.
// RUN: irfuse-opt %s > %t.before.mlir
// RUN: irfuse-opt --raise-aten %s > %t.after.mlir
// RUN: diff %t.before.mlir %t.after.mlir
// RUN: filecheck %s --input-file %t.after.mlir

!f = tensor<4x8xf32>
!h = tensor<4x8xbf16>
!d = tensor<4x8xf64>
!i = tensor<4x8xi32>
!l = tensor<4x8xui32>
!t = tensor<4x8xi1>
!u = tensor<4x8xui8>

// Activations of f64 and of integers; one whose result has another type.
// CHECK-LABEL: func.func @activations(
func.func @activations(%d: !d, %i: !i, %h: !h) -> (!d, !i, !i, !f) {
  // CHECK-COUNT-4: irfuse.opaque
  %0 = irfuse.opaque "aten.gelu.default" (%d) call<x0> : (!d) -> !d
  %1 = irfuse.opaque "aten.relu.default" (%i) call<x0> : (!i) -> !i
  %2 = irfuse.opaque "aten.sign.default" (%i) call<x0> : (!i) -> !i
  %3 = irfuse.opaque "aten.tanh.default" (%h) call<x0> : (!h) -> !f
  return %0, %1, %2, %3 : !d, !i, !i, !f
}

// Bits of 64-bit integers, also beside others, shifted by a fraction; a quotient of integers.
// CHECK-LABEL: func.func @bits(
func.func @bits(%l: !l, %i: !i) -> (!l, !l, !i, !i) {
  // CHECK-COUNT-4: irfuse.opaque
  %0 = irfuse.opaque "aten.bitwise_and.Scalar" (%l) call<x0, 15> : (!l) -> !l
  %1 = irfuse.opaque "aten.bitwise_or.Tensor" (%i, %l) call<x0, x1> : (!i, !l) -> !l
  %2 = irfuse.opaque "aten.bitwise_left_shift.Tensor_Scalar" (%i) call<x0, 0.5> : (!i) -> !i
  %3 = irfuse.opaque "aten.div.Tensor_mode" (%i, %i) call<x0, x1, rounding_mode = "floor"> : (!i, !i) -> !i
  return %0, %1, %2, %3 : !l, !l, !i, !i
}

// Numbers as truth values; the complement of a number.
// CHECK-LABEL: func.func @truth_values(
func.func @truth_values(%u: !u, %f: !f, %i: !i) -> (!t, !t, !i) {
  // CHECK-COUNT-3: irfuse.opaque
  %0 = irfuse.opaque "aten.logical_and.default" (%u, %u) call<x0, x1> : (!u, !u) -> !t
  %1 = irfuse.opaque "aten.logical_not.default" (%f) call<x0> : (!f) -> !t
  %2 = irfuse.opaque "aten.bitwise_not.default" (%i) call<x0> : (!i) -> !i
  return %0, %1, %2 : !t, !t, !i
}

// A bf16 tensor and a number, which some devices round first; an f64 tensor; an integer and a fraction; f64.
// CHECK-LABEL: func.func @comparisons(
func.func @comparisons(%h: !h, %f: !f, %i: !i, %d: !d) -> (!t, !t, !t, !t, !t) {
  // CHECK-COUNT-5: irfuse.opaque
  %0 = irfuse.opaque "aten.gt.Scalar" (%h) call<x0, 0.1> : (!h) -> !t
  %1 = irfuse.opaque "aten.lt.Tensor" (%f, %d) call<x0, x1> : (!f, !d) -> !t
  %2 = irfuse.opaque "aten.ge.Scalar" (%i) call<x0, 0.5> : (!i) -> !t
  %3 = irfuse.opaque "aten.isnan.default" (%d) call<x0> : (!d) -> !t
  %4 = irfuse.opaque "aten.isinf.default" (%i) call<x0> : (!i) -> !t
  return %0, %1, %2, %3, %4 : !t, !t, !t, !t, !t
}

// A condition in bytes; bytes beside integers of 64 bits.
// CHECK-LABEL: func.func @where(
func.func @where(%u: !u, %t: !t, %f: !f, %l: !l) -> (!f, !l) {
  // CHECK-COUNT-2: irfuse.opaque
  %0 = irfuse.opaque "aten.where.self" (%u, %f, %f) call<x0, x1, x2> : (!u, !f, !f) -> !f
  %1 = irfuse.opaque "aten.where.self" (%t, %u, %l) call<x0, x1, x2> : (!t, !u, !l) -> !l
  return %0, %1 : !f, !l
}

// Bits of a type as several of a narrower one, and floats side by side.
// CHECK-LABEL: func.func @views(
func.func @views(%f: !f, %h: !h, %d: tensor<4x8xf64>) -> (tensor<4x16xi16>, tensor<4x4xf32>, tensor<4x64xui8>) {
  // CHECK-COUNT-3: irfuse.opaque
  %0 = irfuse.opaque "aten.view.dtype" (%f) call<x0, "int16"> : (!f) -> tensor<4x16xi16>
  %1 = irfuse.opaque "aten.view.dtype" (%h) call<x0, "float32"> : (!h) -> tensor<4x4xf32>
  %2 = irfuse.opaque "aten.view.dtype" (%d) call<x0, "uint8"> : (tensor<4x8xf64>) -> tensor<4x64xui8>
  return %0, %1, %2 : tensor<4x16xi16>, tensor<4x4xf32>, tensor<4x64xui8>
}

// Padding in front, by other values, of another axis, of integers, and cropping.
// CHECK-LABEL: func.func @pads(
func.func @pads(%f: !f, %i: !i) -> (tensor<4x9xf32>, tensor<4x9xf32>, tensor<5x9xf32>, tensor<4x9xi32>, tensor<4x7xf32>) {
  // CHECK-COUNT-5: irfuse.opaque
  %0 = irfuse.opaque "aten.constant_pad_nd.default" (%f) call<x0, [1, 0], 0.0> : (!f) -> tensor<4x9xf32>
  %1 = irfuse.opaque "aten.constant_pad_nd.default" (%f) call<x0, [0, 1], 1.0> : (!f) -> tensor<4x9xf32>
  %2 = irfuse.opaque "aten.constant_pad_nd.default" (%f) call<x0, [0, 1, 1, 0], 0.0> : (!f) -> tensor<5x9xf32>
  %3 = irfuse.opaque "aten.constant_pad_nd.default" (%i) call<x0, [0, 1], 1> : (!i) -> tensor<4x9xi32>
  %4 = irfuse.opaque "aten.constant_pad_nd.default" (%f) call<x0, [0, -1], 0.0> : (!f) -> tensor<4x7xf32>
  return %0, %1, %2, %3, %4 : tensor<4x9xf32>, tensor<4x9xf32>, tensor<5x9xf32>, tensor<4x9xi32>, tensor<4x7xf32>
}

// A layer norm over two axes, and one whose mean is read.
// CHECK-LABEL: func.func @layer_norms(
func.func @layer_norms(%f: !f) -> (!f, !f, tensor<4x1xf32>) {
  // CHECK-COUNT-2: irfuse.opaque
  %0 = irfuse.opaque "aten.layer_norm.default" (%f) call<x0, [4, 8]> : (!f) -> !f
  %1, %mean, %rstd = irfuse.opaque "aten.native_layer_norm.default" (%f) call<x0, [8], none, none, 1.0e-5> : (!f) -> (!f, tensor<4x1xf32>, tensor<4x1xf32>)
  return %0, %1, %mean : !f, !f, tensor<4x1xf32>
}

// The variance with Bessel's correction; the Euclidean norm, whose sum has an order of its own; another axis.
// CHECK-LABEL: func.func @reductions(
func.func @reductions(%f: !f) -> (tensor<4x1xf32>, tensor<4x1xf32>, tensor<1x8xf32>) {
  // CHECK-COUNT-3: irfuse.opaque
  %0 = irfuse.opaque "aten.var.correction" (%f) call<x0, [1], correction = 1, keepdim = true> : (!f) -> tensor<4x1xf32>
  %1 = irfuse.opaque "aten.linalg_vector_norm.default" (%f) call<x0, 2, [1], true> : (!f) -> tensor<4x1xf32>
  %2, %3 = irfuse.opaque "aten.aminmax.default" (%f) call<x0, dim = 0, keepdim = true> : (!f) -> (tensor<1x8xf32>, tensor<1x8xf32>)
  return %0, %1, %2 : tensor<4x1xf32>, tensor<4x1xf32>, tensor<1x8xf32>
}

// Constants of types that kernels do not handle, and of a number that is not known.
// CHECK-LABEL: func.func @constants(
func.func @constants(%n: !irfuse.symint<"s0">) -> (!d, !l, tensor<4xf32>) {
  // CHECK-COUNT-3: irfuse.opaque
  %0 = irfuse.opaque "aten.zeros.default" () call<[4, 8]> : () -> !d
  %1 = irfuse.opaque "aten.full.default" () call<[4, 8], 1> : () -> !l
  %2 = irfuse.opaque "aten.full.default" (%n) call<[4], x0> : (!irfuse.symint<"s0">) -> tensor<4xf32>
  return %0, %1, %2 : !d, !l, tensor<4xf32>
}

// In-place functions of what somebody else may see.
// CHECK-LABEL: func.func @in_place(
func.func @in_place(%f: !f) -> !f {
  // CHECK: irfuse.opaque "aten.mul_.Tensor" mutates
  %0 = irfuse.opaque "aten.mul_.Tensor" mutates (%f) call<x0, 2.0> : (!f) -> !f
  // CHECK: irfuse.opaque "aten.neg_.default" mutates
  %1 = irfuse.neg %f : !f
  %2 = irfuse.opaque "aten.neg_.default" mutates (%1) call<x0> : (!f) -> !f
  %3 = irfuse.add %1, %2 : !f
  return %3 : !f
}
