// Rows that are repeated behind the norm are one kernel, which counts the repeated rows by the operand.
// RUN: irfuse-opt --fuse-gated-norm-quant %s | filecheck %s

// CHECK-LABEL: func.func @widened_repeat(
func.func @widened_repeat(%x: tensor<4x128xf32>, %z: tensor<4x128xf32>, %scale: tensor<f32>) -> tensor<3x4x128xf8E4M3FN> {
  // CHECK: irfuse.fused "rms_norm_gated_static_quant"
  %n = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<4x128xf32>, tensor<4x128xf32> -> tensor<4x128xf32>
  %m = irfuse.broadcast %n : tensor<4x128xf32> -> tensor<3x4x128xf32>
  %q = irfuse.static_quant %m, %scale {quant_max = 448.0 : f64} : tensor<3x4x128xf32>, tensor<f32> -> tensor<3x4x128xf8E4M3FN>
  return %q : tensor<3x4x128xf8E4M3FN>
}
