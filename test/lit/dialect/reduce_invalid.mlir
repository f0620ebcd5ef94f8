// What the verifier of the reductions refuses, and what it says.
// RUN: irfuse-opt %s --split-input-file --verify-diagnostics | filecheck %s --match-full-lines

func.func @no_axis(%x: tensor<f32>) -> tensor<f32> {
  // CHECK: irfuse.row_mean needs at least one axis, its operand is tensor<f32>
  %0 = irfuse.row_mean %x : tensor<f32> -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @axis_dropped(%x: tensor<2x4xf32>) -> tensor<2xf32> {
  // CHECK: irfuse.row_sum of tensor<2x4xf32> is tensor<2x1xf32>, not tensor<2xf32>
  %0 = irfuse.row_sum %x : tensor<2x4xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @other_elements(%x: tensor<2x4xbf16>) -> tensor<2x1xf32> {
  // CHECK: irfuse.row_amax of tensor<2x4xbf16> is tensor<2x1xbf16>, not tensor<2x1xf32>
  %0 = irfuse.row_amax %x : tensor<2x4xbf16> -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// -----

func.func @other_name(%x: tensor<?x4xf32, #irfuse.dims<"a">>) -> tensor<?x1xf32, #irfuse.dims<"b">> {
  // CHECK: irfuse.row_mean of tensor<?x4xf32, #irfuse.dims<"a">> is tensor<?x1xf32, #irfuse.dims<"a">>, not tensor<?x1xf32, #irfuse.dims<"b">>
  %0 = irfuse.row_mean %x : tensor<?x4xf32, #irfuse.dims<"a">> -> tensor<?x1xf32, #irfuse.dims<"b">>
  return %0 : tensor<?x1xf32, #irfuse.dims<"b">>
}

// -----

func.func @integers(%x: tensor<4xi8>) -> tensor<1xi8> {
  // CHECK: irfuse.row_sum works on floats of 16 bits and more, not on tensor<4xi8>
  %0 = "irfuse.row_sum"(%x) : (tensor<4xi8>) -> tensor<1xi8>
  return %0 : tensor<1xi8>
}

// -----

func.func @variance_of_integers(%x: tensor<4xi8>) -> tensor<1xi8> {
  // CHECK: irfuse.row_var works on floats of 16 bits and more, not on tensor<4xi8>
  %0 = irfuse.row_var %x : tensor<4xi8> -> tensor<1xi8>
  return %0 : tensor<1xi8>
}

// -----

func.func @packs_too_few(%x: tensor<2x3xui8>) -> tensor<2x1xui8> {
  // CHECK: irfuse.pack: rows of 3 times 4 bits do not fill tensor<2x1xui8>
  %0 = irfuse.pack %x {bits = 4 : i64} : tensor<2x3xui8> -> tensor<2x1xui8>
  return %0 : tensor<2x1xui8>
}

// -----

func.func @packs_nothing(%x: tensor<2x2xui8>) -> tensor<2x1xui8> {
  // CHECK: irfuse.pack: rows of 2 times -4 bits do not fill tensor<2x1xui8>
  %0 = irfuse.pack %x {bits = -4 : i64} : tensor<2x2xui8> -> tensor<2x1xui8>
  return %0 : tensor<2x1xui8>
}

// -----

func.func @packs_a_symbolic_row(%x: tensor<2x?xui8, #irfuse.dims<"n">>) -> tensor<2x1xui8> {
  // CHECK: irfuse.pack: rows of n times 4 bits do not fill tensor<2x1xui8>
  %0 = irfuse.pack %x {bits = 4 : i64} : tensor<2x?xui8, #irfuse.dims<"n">> -> tensor<2x1xui8>
  return %0 : tensor<2x1xui8>
}

// -----

func.func @norm_of_another_type(%x: tensor<2x4xbf16>) -> tensor<2x4xf32> {
  // CHECK: irfuse.layer_norm: the result tensor<2x4xf32> has not the type of x, tensor<2x4xbf16>
  %0 = irfuse.layer_norm %x {eps = 1.0e-5 : f64} : tensor<2x4xbf16> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @norm_of_a_number(%x: tensor<f32>) -> tensor<f32> {
  // CHECK: irfuse.layer_norm: the result tensor<f32> has not the type of x, tensor<f32>
  %0 = irfuse.layer_norm %x {eps = 1.0e-5 : f64} : tensor<f32> -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @weight_of_another_length(%x: tensor<2x4xf32>, %w: tensor<2xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.layer_norm: weight tensor<2xf32> has not one entry per column of tensor<2x4xf32>
  %0 = irfuse.layer_norm %x weight %w : tensor<2xf32> {eps = 1.0e-5 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @bias_per_row(%x: tensor<2x4xf32>, %b: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.layer_norm: bias tensor<2x4xf32> has not one entry per column of tensor<2x4xf32>
  %0 = irfuse.layer_norm %x bias %b : tensor<2x4xf32> {eps = 1.0e-5 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @mean_of_8_bit_floats(%x: tensor<4xf8E4M3FN>) -> tensor<1xf8E4M3FN> {
  // CHECK: irfuse.row_mean works on floats of 16 bits and more, not on tensor<4xf8E4M3FN>
  %0 = irfuse.row_mean %x : tensor<4xf8E4M3FN> -> tensor<1xf8E4M3FN>
  return %0 : tensor<1xf8E4M3FN>
}
