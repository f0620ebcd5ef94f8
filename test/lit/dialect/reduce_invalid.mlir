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
  // CHECK: irfuse.row_sum works on floats, not on tensor<4xi8>
  %0 = "irfuse.row_sum"(%x) : (tensor<4xi8>) -> tensor<1xi8>
  return %0 : tensor<1xi8>
}
