// What the verifier of act_mul refuses, and what it says.
// RUN: irfuse-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

// CHECK: {{^}}irfuse.act_mul: b tensor<8xf32> has not the shape of {{[ax]}} tensor<4xf32>{{$}}
func.func @factor_of_another_shape(%a: tensor<4xf32>, %b: tensor<8xf32>) -> tensor<4xf32> {
  %0 = irfuse.act_mul %a, %b : tensor<4xf32>, tensor<8xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// CHECK: {{^}}irfuse.act_mul: result tensor<2x2xf32> has not the shape of {{[ax]}} tensor<4xf32>{{$}}
func.func @result_of_another_shape(%a: tensor<4xf32>) -> tensor<2x2xf32> {
  %0 = irfuse.act_mul %a, %a : tensor<4xf32>, tensor<4xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

// CHECK: Expected `silu`, `silu_mul`, `silu_exp`, `sigmoid`, `gelu`, `gelu_tanh`, or `relu`.
func.func @unknown_activation(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.act_mul %a, %a {activation = #irfuse<activation mish>} : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
