// fuse-gated-norm-quant: rows that are repeated behind the norm are fused where an operand tells how many they are.
// RUN: irfuse-opt --fuse-gated-norm-quant %s | filecheck %s

// Three times as many as the rows of the operands.
// CHECK-LABEL: func.func @repeated_rows(
func.func @repeated_rows(%x: tensor<4x128xf32>, %z: tensor<4x128xf32>, %scale: tensor<f32>) -> tensor<3x4x128xf8E4M3FN> {
  // CHECK-NEXT: %q = irfuse.fused "rms_norm_gated_static_quant" chains ["gated_norm_quant.tensor"] (%x_1 = %x : tensor<4x128xf32>, %z_1 = %z : tensor<4x128xf32>, %scale_1 = %scale : tensor<f32>) ->
  %n = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<4x128xf32>, tensor<4x128xf32> -> tensor<4x128xf32>
  %m = irfuse.broadcast %n : tensor<4x128xf32> -> tensor<3x4x128xf32>
  %q = irfuse.static_quant %m, %scale {quant_max = 448.0 : f64} : tensor<3x4x128xf32>, tensor<f32> -> tensor<3x4x128xf8E4M3FN>
  return %q : tensor<3x4x128xf8E4M3FN>
}

// One row, repeated as often as is known.
// CHECK-LABEL: func.func @one_row(
func.func @one_row(%x: tensor<1x128xf32>, %z: tensor<1x128xf32>, %scale: tensor<f32>) -> tensor<4x128xf8E4M3FN> {
  // CHECK-NEXT: %q = irfuse.fused "rms_norm_gated_static_quant"
  %n = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<1x128xf32>, tensor<1x128xf32> -> tensor<1x128xf32>
  %m = irfuse.broadcast %n : tensor<1x128xf32> -> tensor<4x128xf32>
  %q = irfuse.static_quant %m, %scale {quant_max = 448.0 : f64} : tensor<4x128xf32>, tensor<f32> -> tensor<4x128xf8E4M3FN>
  return %q : tensor<4x128xf8E4M3FN>
}

// One row, repeated as often as a size says that no operand has.
// CHECK-LABEL: func.func @unknown_times(
// CHECK-NOT: irfuse.fused
func.func @unknown_times(%x: tensor<1x128xf32>, %z: tensor<1x128xf32>, %scale: tensor<f32>) -> tensor<?x128xf8E4M3FN, #irfuse.dims<"t">> {
  // CHECK: irfuse.static_quant {{.*}}missed = "no operand has all the rows and columns that the quant has, they are repeated on the way"
  %n = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<1x128xf32>, tensor<1x128xf32> -> tensor<1x128xf32>
  %m = irfuse.broadcast %n : tensor<1x128xf32> -> tensor<?x128xf32, #irfuse.dims<"t">>
  %q = irfuse.static_quant %m, %scale {quant_max = 448.0 : f64} : tensor<?x128xf32, #irfuse.dims<"t">>, tensor<f32> -> tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>
  return %q : tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>
}
