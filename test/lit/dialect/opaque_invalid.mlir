// What the verifier of opaque nodes refuses, and what it says: a call that names an operand the node has not got.
// RUN: irfuse-opt %s --split-input-file --verify-diagnostics | filecheck %s --match-full-lines

func.func @argument(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.opaque: the call names operand x1, and there are 1 operands
  %0 = irfuse.opaque "aten.relu.default" (%x) call<x1> : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @keyword(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.opaque: the call names operand x2, and there are 1 operands
  %0 = irfuse.opaque "aten.relu.default" (%x) call<x0, out = x2> : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @in_a_list(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: irfuse.opaque: the call names operand x7, and there are 2 operands
  %0 = irfuse.opaque "aten.cat.default" (%x, %x) call<[x0, [x7, 1]], 0> : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @none_to_name() -> tensor<4xf32> {
  // CHECK: irfuse.opaque: the call names operand x0, and there are 0 operands
  %0 = irfuse.opaque "aten.relu.default" () call<x0> : () -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @size_of_nothing(%n: !irfuse.symint<"s0 + s1">) -> !irfuse.symint<"Max(s0, 64)"> {
  // CHECK: irfuse.size: no operand brings s0, of which Max(s0, 64) is made
  %0 = irfuse.size (%n) : (!irfuse.symint<"s0 + s1">) -> !irfuse.symint<"Max(s0, 64)">
  return %0 : !irfuse.symint<"Max(s0, 64)">
}
