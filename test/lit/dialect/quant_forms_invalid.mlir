// Scales that have not the type of their format, and global scales of more than one number.
// RUN: irfuse-opt %s --split-input-file --verify-diagnostics | filecheck %s --match-full-lines

func.func @f32_scales_in_a_byte(%x: tensor<2x64xf32>) -> (tensor<2x64xf8E4M3FN>, tensor<2x2xf8E8M0FNU>) {
  // CHECK: irfuse.group_quant: scales of tensor<2x64xf32> in groups of 32 are tensor<2x2xf32>, not tensor<2x2xf8E8M0FNU>
  %q, %s = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 448.0 : f64} : tensor<2x64xf32> -> tensor<2x64xf8E4M3FN>, tensor<2x2xf8E8M0FNU>
  return %q, %s : tensor<2x64xf8E4M3FN>, tensor<2x2xf8E8M0FNU>
}

// -----

func.func @powers_of_two_in_e4m3(%x: tensor<2x64xf32>) -> (tensor<2x64xf8E4M3FN>, tensor<2x2xf8E4M3FN>) {
  // CHECK: irfuse.group_quant: scales of tensor<2x64xf32> in groups of 32 are tensor<2x2xf32> or tensor<2x2xf8E8M0FNU>, not tensor<2x2xf8E4M3FN>
  %q, %s = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 448.0 : f64, scale_format = #irfuse<scale_format ue8m0>} : tensor<2x64xf32> -> tensor<2x64xf8E4M3FN>, tensor<2x2xf8E4M3FN>
  return %q, %s : tensor<2x64xf8E4M3FN>, tensor<2x2xf8E4M3FN>
}

// -----

func.func @e4m3_in_exponents(%x: tensor<2x64xf32>) -> (tensor<2x64xf4E2M1FN>, tensor<2x4xf8E8M0FNU>) {
  // CHECK: irfuse.group_quant: scales of tensor<2x64xf32> in groups of 16 are tensor<2x4xf32> or tensor<2x4xf8E4M3FN>, not tensor<2x4xf8E8M0FNU>
  %q, %s = irfuse.group_quant %x {group_size = 16 : i64, quant_max = 6.0 : f64, scale_format = #irfuse<scale_format e4m3>} : tensor<2x64xf32> -> tensor<2x64xf4E2M1FN>, tensor<2x4xf8E8M0FNU>
  return %q, %s : tensor<2x64xf4E2M1FN>, tensor<2x4xf8E8M0FNU>
}

// -----

func.func @global_scales(%x: tensor<2x64xf32>, %g: tensor<2xf32>) -> (tensor<2x64xf4E2M1FN>, tensor<2x4xf8E4M3FN>) {
  // CHECK: irfuse.group_quant: the global scale must have one element, not tensor<2xf32>
  %q, %s = irfuse.group_quant %x global %g : tensor<2xf32> {group_size = 16 : i64, quant_max = 6.0 : f64, scale_format = #irfuse<scale_format e4m3>} : tensor<2x64xf32> -> tensor<2x64xf4E2M1FN>, tensor<2x4xf8E4M3FN>
  return %q, %s : tensor<2x64xf4E2M1FN>, tensor<2x4xf8E4M3FN>
}

// -----

func.func @q_of_i32(%x: tensor<4xf32>) -> (tensor<4xi32>, tensor<1xf32>) {
  // CHECK: irfuse.group_quant: q tensor<4xi32> must have fp8, fp4 or i8 elements
  %q, %s = irfuse.group_quant %x {group_size = 4 : i64, quant_max = 127.0 : f64} : tensor<4xf32> -> tensor<4xi32>, tensor<1xf32>
  return %q, %s : tensor<4xi32>, tensor<1xf32>
}
