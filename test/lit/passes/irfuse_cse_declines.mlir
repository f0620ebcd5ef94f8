// What is not merged: ops that differ in any way, and nodes that are not looked into. Nothing in this file changes.
// RUN: irfuse-opt %s > %t.before.mlir
// RUN: irfuse-opt --irfuse-cse %s > %t.after.mlir
// RUN: diff %t.before.mlir %t.after.mlir

!x = tensor<4x4xf32>

// Opaque nodes, even with equal calls: a random one gives another value each time.
func.func @opaque(%x: !x) -> (!x, !x) {
  %0 = irfuse.opaque "aten.rand_like.default" (%x) call<x0> : (!x) -> !x
  %1 = irfuse.opaque "aten.rand_like.default" (%x) call<x0> : (!x) -> !x
  return %0, %1 : !x, !x
}

// The order of operands, where it matters.
func.func @order(%x: !x, %y: !x) -> (!x, !x, !x, !x) {
  %0 = irfuse.sub %x, %y : !x
  %1 = irfuse.sub %y, %x : !x
  %2 = irfuse.div %x, %y : !x
  %3 = irfuse.div %y, %x : !x
  return %0, %1, %2, %3 : !x, !x, !x, !x
}

// The numbers; a number and a tensor.
func.func @numbers(%x: !x) -> (!x, !x, !x, !x, !x, !x) {
  %0 = irfuse.add %x scalar 1.0 : !x
  %1 = irfuse.add %x scalar 2.0 : !x
  %2 = irfuse.add %x, %x : !x
  %3 = irfuse.clamp %x min 1.0 : !x
  %4 = irfuse.clamp %x max 1.0 : !x
  %5 = irfuse.clamp %x min 1.0 max 1.0 : !x
  return %0, %1, %2, %3, %4, %5 : !x, !x, !x, !x, !x, !x
}

// Exchanged operands: of two NaN, and by maximum and minimum of zeros of both signs, the place decides which is the result.
func.func @exchanged(%x: !x, %y: !x) -> (!x, !x, !x, !x, !x, !x, !x, !x) {
  %0 = irfuse.add %x, %y : !x
  %1 = irfuse.add %y, %x : !x
  %2 = irfuse.mul %x, %y : !x
  %3 = irfuse.mul %y, %x : !x
  %4 = irfuse.maximum %x, %y : !x
  %5 = irfuse.maximum %y, %x : !x
  %6 = irfuse.minimum %x, %y : !x
  %7 = irfuse.minimum %y, %x : !x
  return %0, %1, %2, %3, %4, %5, %6, %7 : !x, !x, !x, !x, !x, !x, !x, !x
}

// Zero and minus zero, which give 1 / x other signs.
func.func @zeros(%x: !x) -> (!x, !x) {
  %0 = irfuse.maximum %x scalar 0.0 : !x
  %1 = irfuse.maximum %x scalar -0.0 : !x
  return %0, %1 : !x, !x
}

// One NaN and another.
func.func @not_a_number() -> (!x, !x, !x) {
  %0 = irfuse.full nan : !x
  %1 = irfuse.full nan(0xfff8000000000000) : !x
  %2 = irfuse.full nan(0xfff8000020000000) : !x
  return %0, %1, %2 : !x, !x, !x
}

// The type of the result, and the op.
func.func @types(%x: !x) -> (tensor<4x4xbf16>, tensor<4x4xf16>, tensor<2x8xf32>, tensor<8x2xf32>, tensor<4x1xf32>, tensor<4x1xf32>) {
  %0 = irfuse.cast %x : !x -> tensor<4x4xbf16>
  %1 = irfuse.cast %x : !x -> tensor<4x4xf16>
  %2 = irfuse.reshape %x : !x -> tensor<2x8xf32>
  %3 = irfuse.reshape %x : !x -> tensor<8x2xf32>
  %4 = irfuse.row_sum %x : !x -> tensor<4x1xf32>
  %5 = irfuse.row_mean %x : !x -> tensor<4x1xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<4x4xbf16>, tensor<4x4xf16>, tensor<2x8xf32>, tensor<8x2xf32>, tensor<4x1xf32>, tensor<4x1xf32>
}

// A weight is no bias, and no attribute of a named op may differ.
func.func @named(%x: !x, %w: tensor<4xf32>, %b: tensor<4xf32>) -> (!x, !x, !x, !x) {
  %0 = irfuse.rms_norm %x weight %w : tensor<4xf32> bias %b : tensor<4xf32> {eps = 1.0e-6 : f64} : !x -> !x
  %1 = irfuse.rms_norm %x weight %b : tensor<4xf32> bias %w : tensor<4xf32> {eps = 1.0e-6 : f64} : !x -> !x
  %2 = irfuse.rms_norm %x weight %w : tensor<4xf32> {eps = 1.0e-6 : f64} : !x -> !x
  %3 = irfuse.rms_norm %x weight %w : tensor<4xf32> {eps = 1.0e-5 : f64} : !x -> !x
  return %0, %1, %2, %3 : !x, !x, !x, !x
}

// Fused ops, and ops of other dialects.
func.func @others(%x: !x) -> (!x, !x, !x, !x) {
  %0 = irfuse.fused (%a = %x : !x) -> (!x) {
    irfuse.yield %a : !x
  }
  %1 = irfuse.fused (%b = %x : !x) -> (!x) {
    irfuse.yield %b : !x
  }
  %2 = arith.addf %x, %x : !x
  %3 = arith.addf %x, %x : !x
  return %0, %1, %2, %3 : !x, !x, !x, !x
}

// What is read before a write and what is read after it: the write may be to the same memory.
func.func @around_a_write(%x: !x) -> (!x, !x) {
  %0 = irfuse.neg %x : !x
  irfuse.opaque "aten.zero_.default" mutates (%x) : (!x) -> ()
  %1 = irfuse.neg %x : !x
  return %0, %1 : !x, !x
}

// Numbers that are equal and are not the same: zeros have signs.
func.func @zeros_of_two_signs(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = irfuse.add %x scalar 0.0 : tensor<4xf32>
  %1 = irfuse.add %x scalar -0.0 : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
