// What the verifiers of the norms refuse, and what they say.
// RUN: irfuse-opt %s --split-input-file --verify-diagnostics | filecheck %s --match-full-lines

func.func @no_axis(%x: tensor<f32>) -> tensor<f32> {
  // CHECK: irfuse.rms_norm: x tensor<f32> has no axis to norm over
  %0 = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : tensor<f32> -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @other_shape(%x: tensor<2x4xf32>) -> tensor<8xf32> {
  // CHECK: irfuse.rms_norm: result tensor<8xf32> has not the shape of x tensor<2x4xf32>
  %0 = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : tensor<2x4xf32> -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func @runs_of_nothing(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.rms_norm: norm_group must be positive, it is 0
  %0 = irfuse.rms_norm %x {eps = 1.0e-6 : f64, norm_group = 0 : i64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @runs_that_do_not_fit(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.rms_norm: the last axis of tensor<2x4xf32> has 4 columns, which is no multiple of norm_group 3
  %0 = irfuse.rms_norm %x {eps = 1.0e-6 : f64, norm_group = 3 : i64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @runs_that_may_not_fit(%x: tensor<2x?xf32, #irfuse.dims<"4*s0">>) -> tensor<2x?xf32, #irfuse.dims<"4*s0">> {
  // CHECK: irfuse.rms_norm: the last axis of tensor<2x?xf32, #irfuse.dims<"4*s0">> has 4*s0 columns, not known to be a multiple of norm_group 8
  %0 = irfuse.rms_norm %x {eps = 1.0e-6 : f64, norm_group = 8 : i64} : tensor<2x?xf32, #irfuse.dims<"4*s0">> -> tensor<2x?xf32, #irfuse.dims<"4*s0">>
  return %0 : tensor<2x?xf32, #irfuse.dims<"4*s0">>
}

// -----

func.func @weight_of_another_length(%x: tensor<2x4xf32>, %w: tensor<2xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.rms_norm: weight tensor<2xf32> must have one axis of 4 entries
  %0 = irfuse.rms_norm %x weight %w : tensor<2xf32> {eps = 1.0e-6 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @weight_of_neither_length(%x: tensor<2x8xf32>, %w: tensor<2xf32>) -> tensor<2x8xf32> {
  // CHECK: irfuse.rms_norm: weight tensor<2xf32> must have one axis of 8 or 4 entries
  %0 = irfuse.rms_norm %x weight %w : tensor<2xf32> {eps = 1.0e-6 : f64, norm_group = 4 : i64} : tensor<2x8xf32> -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// -----

func.func @weight_of_two_axes(%x: tensor<2x4xf32>, %w: tensor<1x4xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.rms_norm: weight tensor<1x4xf32> must have one axis of 4 entries
  %0 = irfuse.rms_norm %x weight %w : tensor<1x4xf32> {eps = 1.0e-6 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @bias_of_another_length(%x: tensor<2x4xf32>, %w: tensor<4xf32>, %b: tensor<3xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.rms_norm: bias tensor<3xf32> must have one axis of 4 entries
  %0 = irfuse.rms_norm %x weight %w : tensor<4xf32> bias %b : tensor<3xf32> {eps = 1.0e-6 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @bias_alone(%x: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.rms_norm: a bias needs a weight with weight_round none
  %0 = irfuse.rms_norm %x bias %b : tensor<4xf32> {eps = 1.0e-6 : f64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @bias_behind_a_rounded_row(%x: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.rms_norm_gated: a bias needs a weight with weight_round none
  %0 = irfuse.rms_norm_gated %x, %x weight %b : tensor<4xf32> bias %b : tensor<4xf32> {eps = 1.0e-6 : f64, weight_round = #irfuse<weight_round before>} : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @gate_of_another_shape(%x: tensor<2x4xf32>, %z: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: irfuse.rms_norm_gated: z tensor<4xf32> has not the shape of x tensor<2x4xf32>
  %0 = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<2x4xf32>, tensor<4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @residual_of_another_shape(%x: tensor<2x4xf32>, %r: tensor<1x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  // CHECK: irfuse.add_rms_norm: residual tensor<1x4xf32> has not the shape of x tensor<2x4xf32>
  %0, %sum = irfuse.add_rms_norm %x, %r {eps = 1.0e-6 : f64} : tensor<2x4xf32>, tensor<1x4xf32> -> tensor<2x4xf32>, tensor<2x4xf32>
  return %0, %sum : tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

func.func @sum_of_another_shape(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<4xf32>) {
  // CHECK: irfuse.add_rms_norm: sum tensor<4xf32> has not the shape of x tensor<2x4xf32>
  %0, %sum = irfuse.add_rms_norm %x, %x {eps = 1.0e-6 : f64} : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>, tensor<4xf32>
  return %0, %sum : tensor<2x4xf32>, tensor<4xf32>
}

// -----

func.func @no_eps(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: property 'eps' expected in operation 'irfuse.rms_norm'
  %0 = irfuse.rms_norm %x : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
