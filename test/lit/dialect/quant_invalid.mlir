// What the verifiers of the quants refuse, and what they say.
// RUN: irfuse-opt %s --split-input-file --verify-diagnostics | filecheck %s --match-full-lines

func.func @no_axis(%x: tensor<f32>) -> (tensor<f8E4M3FN>, tensor<f32>) {
  // CHECK: irfuse.group_quant: x tensor<f32> has no axis to quantise along
  %q, %s = irfuse.group_quant %x {group_size = 1 : i64, quant_max = 448.0 : f64} : tensor<f32> -> tensor<f8E4M3FN>, tensor<f32>
  return %q, %s : tensor<f8E4M3FN>, tensor<f32>
}

// -----

func.func @groups_of_nothing(%x: tensor<4xf32>) -> (tensor<4xf8E4M3FN>, tensor<4xf32>) {
  // CHECK: irfuse.group_quant: group_size must be positive, it is -1
  %q, %s = irfuse.group_quant %x {group_size = -1 : i64, quant_max = 448.0 : f64} : tensor<4xf32> -> tensor<4xf8E4M3FN>, tensor<4xf32>
  return %q, %s : tensor<4xf8E4M3FN>, tensor<4xf32>
}

// -----

func.func @groups_that_do_not_fit(%x: tensor<2x192xf32>) -> (tensor<2x192xf8E4M3FN>, tensor<2x1xf32>) {
  // CHECK: irfuse.group_quant: the last axis of tensor<2x192xf32> has 192 columns, which is no multiple of group_size 128
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<2x192xf32> -> tensor<2x192xf8E4M3FN>, tensor<2x1xf32>
  return %q, %s : tensor<2x192xf8E4M3FN>, tensor<2x1xf32>
}

// -----

func.func @groups_that_may_not_fit(%x: tensor<?xf32, #irfuse.dims<"s0">>) -> (tensor<?xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?xf32>) {
  // CHECK: irfuse.group_quant: the last axis of tensor<?xf32, #irfuse.dims<"s0">> has s0 columns, not known to be a multiple of group_size 128
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?xf32, #irfuse.dims<"s0">> -> tensor<?xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?xf32>
  return %q, %s : tensor<?xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?xf32>
}

// -----

func.func @q_of_another_shape(%x: tensor<4xf32>) -> (tensor<2x2xf8E4M3FN>, tensor<1xf32>) {
  // CHECK: irfuse.group_quant: q tensor<2x2xf8E4M3FN> has not the shape of x tensor<4xf32>
  %q, %s = irfuse.group_quant %x {group_size = 4 : i64, quant_max = 448.0 : f64} : tensor<4xf32> -> tensor<2x2xf8E4M3FN>, tensor<1xf32>
  return %q, %s : tensor<2x2xf8E4M3FN>, tensor<1xf32>
}

// -----

func.func @q_of_bf16(%x: tensor<4xf32>) -> (tensor<4xbf16>, tensor<1xf32>) {
  // CHECK: irfuse.group_quant: q tensor<4xbf16> must have fp8, fp4 or i8 elements
  %q, %s = irfuse.group_quant %x {group_size = 4 : i64, quant_max = 448.0 : f64} : tensor<4xf32> -> tensor<4xbf16>, tensor<1xf32>
  return %q, %s : tensor<4xbf16>, tensor<1xf32>
}

// -----

func.func @scales_of_another_shape(%x: tensor<?x256xf32, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>) {
  // CHECK: irfuse.group_quant: scales of tensor<?x256xf32, #irfuse.dims<"t">> in groups of 128 are tensor<?x2xf32, #irfuse.dims<"t">>, not tensor<?x1xf32, #irfuse.dims<"t">>
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?x256xf32, #irfuse.dims<"t">> -> tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>
  return %q, %s : tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>
}

// -----

func.func @bound_of_zero(%x: tensor<4xf32>) -> (tensor<4xf8E4M3FN>, tensor<1xf32>) {
  // CHECK: irfuse.group_quant: quant_max must be positive, it is 0.0
  %q, %s = irfuse.group_quant %x {group_size = 4 : i64, quant_max = 0.0 : f64} : tensor<4xf32> -> tensor<4xf8E4M3FN>, tensor<1xf32>
  return %q, %s : tensor<4xf8E4M3FN>, tensor<1xf32>
}

// -----

func.func @static_of_another_shape(%x: tensor<4xf32>, %scale: tensor<f32>) -> tensor<2x2xf8E5M2> {
  // CHECK: irfuse.static_quant: q tensor<2x2xf8E5M2> has not the shape of x tensor<4xf32>
  %q = irfuse.static_quant %x, %scale {quant_max = 448.0 : f64} : tensor<4xf32>, tensor<f32> -> tensor<2x2xf8E5M2>
  return %q : tensor<2x2xf8E5M2>
}

// -----

func.func @static_of_f16(%x: tensor<4xf32>, %scale: tensor<f32>) -> tensor<4xf16> {
  // CHECK: irfuse.static_quant: q tensor<4xf16> must have fp8, fp4 or i8 elements
  %q = irfuse.static_quant %x, %scale {quant_max = 448.0 : f64} : tensor<4xf32>, tensor<f32> -> tensor<4xf16>
  return %q : tensor<4xf16>
}

// -----

func.func @scale_per_row(%x: tensor<4xf32>, %scale: tensor<4xf32>) -> tensor<4xf8E5M2> {
  // CHECK: irfuse.static_quant: the scale must have one element, it is tensor<4xf32>
  %q = irfuse.static_quant %x, %scale {quant_max = 448.0 : f64} : tensor<4xf32>, tensor<4xf32> -> tensor<4xf8E5M2>
  return %q : tensor<4xf8E5M2>
}

// -----

func.func @bound_below_zero(%x: tensor<4xf32>, %scale: tensor<1xf32>) -> tensor<4xf8E5M2> {
  // CHECK: irfuse.static_quant: quant_max must be positive, it is -448.0
  %q = irfuse.static_quant %x, %scale {quant_max = -448.0 : f64} : tensor<4xf32>, tensor<1xf32> -> tensor<4xf8E5M2>
  return %q : tensor<4xf8E5M2>
}
