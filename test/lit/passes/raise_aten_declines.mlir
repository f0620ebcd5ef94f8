// What raise-aten leaves opaque: unknown nodes, and calls for which it is not certain that small ops give the same bits.
// Nothing in this file changes.
// RUN: irfuse-opt %s > %t.before.mlir
// RUN: irfuse-opt --raise-aten %s > %t.after.mlir
// RUN: diff %t.before.mlir %t.after.mlir
// RUN: filecheck %s --input-file %t.after.mlir

!f = tensor<4x8xf32>
!h = tensor<4x8xbf16>
!d = tensor<4x8xf64>
!i = tensor<4x8xui64>
!q = tensor<4x8xf8E4M3FN>

// No rule; no arguments to look at; no result; a node that writes.
// CHECK-LABEL: func.func @unknown(
func.func @unknown(%x: !f) -> (!f, !f, !f) {
  // CHECK-COUNT-4: irfuse.opaque
  %0 = irfuse.opaque "aten.sin.default" (%x) call<x0> : (!f) -> !f
  %1 = irfuse.opaque "aten.neg.default" (%x) : (!f) -> !f
  irfuse.opaque "aten.neg.default" (%x) call<x0> : (!f) -> ()
  %2 = irfuse.opaque "aten.neg.default" mutates (%x) call<x0> : (!f) -> !f
  return %0, %1, %2 : !f, !f, !f
}

// A call with more, fewer or other arguments than the rule knows.
// CHECK-LABEL: func.func @signature(
func.func @signature(%x: !f) -> (!f, !f, !f, !f) {
  // CHECK-COUNT-4: irfuse.opaque
  %0 = irfuse.opaque "aten.round.default" (%x) call<x0, decimals = 2> : (!f) -> !f
  %1 = irfuse.opaque "aten.neg.default" (%x) call<x0, x0> : (!f) -> !f
  %2 = irfuse.opaque "aten.add.Tensor" (%x) call<x0> : (!f) -> !f
  %3 = irfuse.opaque "aten.clamp_min.default" (%x) call<x0, 0.0, 1.0> : (!f) -> !f
  return %0, %1, %2, %3 : !f, !f, !f, !f
}

// A second result that is used: the index of a maximum.
// CHECK-LABEL: func.func @second_result(
func.func @second_result(%x: !f) -> (tensor<4x1xf32>, tensor<4x1xi64>) {
  // CHECK-NEXT: irfuse.opaque "aten.max.dim"
  %0, %index = irfuse.opaque "aten.max.dim" (%x) call<x0, -1, true> : (!f) -> (tensor<4x1xf32>, tensor<4x1xi64>)
  return %0, %index : tensor<4x1xf32>, tensor<4x1xi64>
}

// Tensors without elements, and results that are no tensor.
// CHECK-LABEL: func.func @empty(
func.func @empty(%x: tensor<0x8xf32>, %f: !f) -> (tensor<0x8xf32>, !irfuse.object) {
  // CHECK-COUNT-2: irfuse.opaque
  %0 = irfuse.opaque "aten.neg.default" (%x) call<x0> : (tensor<0x8xf32>) -> tensor<0x8xf32>
  %1 = irfuse.opaque "aten.neg.default" (%f) call<x0> : (!f) -> !irfuse.object
  return %0, %1 : tensor<0x8xf32>, !irfuse.object
}

// A copy, where something in the graph writes to memory.
// CHECK-LABEL: func.func @copy_before_a_write(
func.func @copy_before_a_write(%x: !f) -> !f {
  // CHECK-NEXT: irfuse.opaque "aten.clone.default"
  %0 = irfuse.opaque "aten.clone.default" (%x) call<x0> : (!f) -> !f
  irfuse.opaque "aten.zero_.default" mutates (%x) call<x0> : (!f) -> ()
  return %0 : !f
}

// Casts of types that kernels do not handle, of floats to integers that may be out of range, and to another device.
// CHECK-LABEL: func.func @casts(
func.func @casts(%x: !f, %d: !d) -> (!i, !f, tensor<4x8xi16>, !f) {
  // CHECK-COUNT-4: irfuse.opaque
  %0 = irfuse.opaque "aten.to.dtype" (%x) call<x0, "uint64"> : (!f) -> !i
  %2 = irfuse.opaque "aten.to.dtype" (%d) call<x0, "float32"> : (!d) -> !f
  %3 = irfuse.opaque "aten.to.dtype" (%x) call<x0, "int16"> : (!f) -> tensor<4x8xi16>
  %4 = irfuse.opaque "aten._to_copy.default" (%x) call<x0, device = "cpu"> : (!f) -> !f
  return %0, %2, %3, %4 : !i, !f, tensor<4x8xi16>, !f
}

// Arithmetic on f64, integers and fp8, which kernels do not compute in.
// CHECK-LABEL: func.func @elements(
func.func @elements(%d: !d, %i: !i, %q: !q, %x: !f) -> (!d, !i, !q, !d, !f, !f, !d) {
  // CHECK-COUNT-7: irfuse.opaque
  %0 = irfuse.opaque "aten.neg.default" (%d) call<x0> : (!d) -> !d
  %1 = irfuse.opaque "aten.add.Tensor" (%i, %i) call<x0, x1> : (!i, !i) -> !i
  %2 = irfuse.opaque "aten.abs.default" (%q) call<x0> : (!q) -> !q
  %3 = irfuse.opaque "aten.mul.Tensor" (%x, %d) call<x0, x1> : (!f, !d) -> !d
  %4 = irfuse.opaque "aten.div.Tensor" (%i, %i) call<x0, x1> : (!i, !i) -> !f
  %5 = irfuse.opaque "aten.add.Tensor" (%x, %i) call<x0, x1> : (!f, !i) -> !f
  %6 = irfuse.opaque "aten.square.default" (%d) call<x0> : (!d) -> !d
  return %0, %1, %2, %3, %4, %5, %6 : !d, !i, !q, !d, !f, !f, !d
}

// add and sub with a factor.
// CHECK-LABEL: func.func @alpha(
func.func @alpha(%x: !f) -> (!f, !f, !f) {
  // CHECK-COUNT-3: irfuse.opaque
  %0 = irfuse.opaque "aten.add.Tensor" (%x, %x) call<x0, x1, alpha = 2> : (!f, !f) -> !f
  %1 = irfuse.opaque "aten.sub.Tensor" (%x, %x) call<x0, x1, alpha = 0.5> : (!f, !f) -> !f
  %2 = irfuse.opaque "aten.rsub.Scalar" (%x) call<x0, 1.0, 2> : (!f) -> !f
  return %0, %1, %2 : !f, !f, !f
}

// A number on the left that bf16 has not; an f32 factor without axes; a division that rounds its quotient.
// CHECK-LABEL: func.func @operands(
func.func @operands(%x: !f, %h: !h, %n: tensor<f32>) -> (!h, !h, !f, !h) {
  // CHECK-COUNT-4: irfuse.opaque
  %0 = irfuse.opaque "aten.sub.Tensor" (%h) call<0.1, x0> : (!h) -> !h
  %1 = irfuse.opaque "aten.mul.Tensor" (%h, %n) call<x0, x1> : (!h, tensor<f32>) -> !h
  %2 = irfuse.opaque "aten.div.Tensor_mode" (%x, %x) call<x0, x1, rounding_mode = "floor"> : (!f, !f) -> !f
  %3 = irfuse.opaque "aten.rsub.Scalar" (%h) call<x0, 0.1> : (!h) -> !h
  return %0, %1, %2, %3 : !h, !h, !f, !h
}

// Powers other than 2, 3 and -0.5 of a tensor, and of other bases and of fractions.
// CHECK-LABEL: func.func @powers(
func.func @powers(%x: !f, %d: !d) -> (!f, !f, !d, !f, !f) {
  // CHECK-COUNT-3: irfuse.opaque "aten.pow.Tensor_Scalar"
  %0 = irfuse.opaque "aten.pow.Tensor_Scalar" (%x) call<x0, 4> : (!f) -> !f
  %1 = irfuse.opaque "aten.pow.Tensor_Scalar" (%x) call<x0, 0.5> : (!f) -> !f
  %2 = irfuse.opaque "aten.pow.Tensor_Scalar" (%d) call<x0, 2> : (!d) -> !d
  // CHECK-NEXT: irfuse.ceil
  %whole = irfuse.ceil %x : !f
  // CHECK-COUNT-2: irfuse.opaque "aten.pow.Scalar"
  %3 = irfuse.opaque "aten.pow.Scalar" (%whole) call<10, x0> : (!f) -> !f
  %4 = irfuse.opaque "aten.pow.Scalar" (%x) call<2, x0> : (!f) -> !f
  return %0, %1, %2, %3, %4 : !f, !f, !d, !f, !f
}

// clamp without a bound, or with a bound that is no number.
// CHECK-LABEL: func.func @bounds(
func.func @bounds(%x: !f, %n: !irfuse.symint<"s0">, %i: !i) -> (!f, !f, !i) {
  // CHECK-COUNT-3: irfuse.opaque
  %0 = irfuse.opaque "aten.clamp.default" (%x) call<x0, none, none> : (!f) -> !f
  %1 = irfuse.opaque "aten.clamp_min.default" (%x, %n) call<x0, x1> : (!f, !irfuse.symint<"s0">) -> !f
  %2 = irfuse.opaque "aten.clamp_max.default" (%i) call<x0, 7> : (!i) -> !i
  return %0, %1, %2 : !f, !f, !i
}

// Reductions of an axis that is not the last, of several, of all, and into another type.
// CHECK-LABEL: func.func @reductions(
func.func @reductions(%x: !f, %h: !h, %n: tensor<f32>) -> (tensor<1x8xf32>, tensor<1x1xf32>, tensor<f32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<f32>) {
  // CHECK-COUNT-6: irfuse.opaque
  %0 = irfuse.opaque "aten.mean.dim" (%x) call<x0, [0], true> : (!f) -> tensor<1x8xf32>
  %1 = irfuse.opaque "aten.sum.dim_IntList" (%x) call<x0, [0, 1], true> : (!f) -> tensor<1x1xf32>
  %2 = irfuse.opaque "aten.amax.default" (%x) call<x0> : (!f) -> tensor<f32>
  %3 = irfuse.opaque "aten.mean.dim" (%h) call<x0, [-1], true, dtype = "float32"> : (!h) -> tensor<4x1xf32>
  %4 = irfuse.opaque "aten.sum.dim_IntList" (%h) call<x0, [1], true> : (!h) -> tensor<4x1xf32>
  %5 = irfuse.opaque "aten.mean.dim" (%n) call<x0, [-1]> : (tensor<f32>) -> tensor<f32>
  return %0, %1, %2, %3, %4, %5 : tensor<1x8xf32>, tensor<1x1xf32>, tensor<f32>, tensor<4x1xf32>, tensor<4x1xf32>, tensor<f32>
}

// Axes, and places along them, that are no numbers. raise_aten_pieces_declines.mlir has more of them.
// CHECK-LABEL: func.func @shapes(
func.func @shapes(%x: !f, %n: !irfuse.symint<"s0">) -> (tensor<2x8xf32>, tensor<2x8xf32>, tensor<8x4xf32>) {
  // CHECK-COUNT-3: irfuse.opaque
  %0 = irfuse.opaque "aten.slice.Tensor" (%x, %n) call<x0, 0, x1, 9223372036854775807> : (!f, !irfuse.symint<"s0">) -> tensor<2x8xf32>
  %1 = irfuse.opaque "aten.slice.Tensor" (%x, %n) call<x0, x1, 0, 2> : (!f, !irfuse.symint<"s0">) -> tensor<2x8xf32>
  %2 = irfuse.opaque "aten.permute.default" (%x, %n) call<x0, [1, x1]> : (!f, !irfuse.symint<"s0">) -> tensor<8x4xf32>
  return %0, %1, %2 : tensor<2x8xf32>, tensor<2x8xf32>, tensor<8x4xf32>
}

// aten's rms norm over two axes, with eps left to the type, of f64, and with a weight of another shape.
// CHECK-LABEL: func.func @rms_norms(
func.func @rms_norms(%x: !f, %d: !d, %w: !f, %v: tensor<8xf64>) -> (!f, !f, !d, !f) {
  // CHECK-COUNT-4: irfuse.opaque
  %0, %a = irfuse.opaque "aten._fused_rms_norm.default" (%x, %w) call<x0, [4, 8], x1, 1.0e-6> : (!f, !f) -> (!f, tensor<1x1xf32>)
  %1, %b = irfuse.opaque "aten._fused_rms_norm.default" (%x) call<x0, [8], none, none> : (!f) -> (!f, tensor<4x1xf32>)
  %2, %c = irfuse.opaque "aten._fused_rms_norm.default" (%d) call<x0, [8], none, 1.0e-6> : (!d) -> (!d, tensor<4x1xf64>)
  %3, %e = irfuse.opaque "aten._fused_rms_norm.default" (%x, %v) call<x0, [8], x1, 1.0e-6> : (!f, tensor<8xf64>) -> (!f, tensor<4x1xf32>)
  return %0, %1, %2, %3 : !f, !f, !d, !f
}

// The mean square of aten's rms norm, where something reads it.
// CHECK-LABEL: func.func @rstd(
func.func @rstd(%x: !f) -> (!f, tensor<4x1xf32>) {
  // CHECK-NEXT: irfuse.opaque
  %0, %a = irfuse.opaque "aten._fused_rms_norm.default" (%x) call<x0, [8], none, 1.0e-6> : (!f) -> (!f, tensor<4x1xf32>)
  return %0, %a : !f, tensor<4x1xf32>
}

// Assertions that the type of the tensor does not say, or says otherwise.
// CHECK-LABEL: func.func @assertions(
func.func @assertions(%x: !f) -> !f {
  // CHECK-COUNT-3: irfuse.opaque "aten._assert_tensor_metadata.default"
  irfuse.opaque "aten._assert_tensor_metadata.default" (%x) call<x0, none, none, "bfloat16"> : (!f) -> ()
  irfuse.opaque "aten._assert_tensor_metadata.default" (%x) call<x0, [4, 8], none, "float32"> : (!f) -> ()
  irfuse.opaque "aten._assert_tensor_metadata.default" (%x) call<x0, dtype = "float32", device = "cuda"> : (!f) -> ()
  return %x : !f
}

// A cast to the type that a tensor has makes a copy, where something in the graph writes to memory.
// CHECK-LABEL: func.func @cast_before_a_write(
func.func @cast_before_a_write(%x: !f) -> !f {
  // CHECK-NEXT: irfuse.opaque "aten._to_copy.default"
  %0 = irfuse.opaque "aten._to_copy.default" (%x) call<x0, dtype = "float32"> : (!f) -> !f
  irfuse.opaque "aten.zero_.default" mutates (%x) call<x0> : (!f) -> ()
  return %0 : !f
}
