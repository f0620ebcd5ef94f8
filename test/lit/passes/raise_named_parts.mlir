// Groups of small ops that begin as a norm and go on as no norm does: the rest keeps its small ops.
// RUN: irfuse-opt --raise-named %s | filecheck %s

!x = tensor<?x32x128xbf16, #irfuse.dims<"s0">>
!f = tensor<?x32x128xf32, #irfuse.dims<"s0">>
!m = tensor<?x32x1xf32, #irfuse.dims<"s0">>

// The row is rounded between norm and weight, and the weight multiplies it in f32: neither of the two roundings.
// CHECK-LABEL: func.func @rounded_between(
func.func @rounded_between(%x: !x, %w: tensor<128xf32>) -> !f {
  // CHECK-NOT: irfuse.rms_norm_gated
  // CHECK-NOT: weight
  // CHECK: %n = irfuse.cast %normed :
  // CHECK-NEXT: %nf = irfuse.cast %n :
  // CHECK-NEXT: %wide = irfuse.broadcast %w :
  // CHECK-NEXT: %s = irfuse.mul %nf, %wide :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %n = irfuse.cast %normed : !f -> !x
  %nf = irfuse.cast %n : !x -> !f
  %wide = irfuse.broadcast %w : tensor<128xf32> -> !f
  %s = irfuse.mul %nf, %wide : !f
  return %s : !f
}

// 1 + w is rounded to bf16; weight_offset is added in f32.
// CHECK-LABEL: func.func @offset_in_bf16(
func.func @offset_in_bf16(%x: !x, %w: tensor<128xbf16>) -> !x {
  // CHECK-NOT: irfuse.rms_norm_gated
  // CHECK-NOT: weight
  // CHECK: %w1 = irfuse.add %w scalar 1.000000e+00 :
  // CHECK-NEXT: %w32 = irfuse.cast %w1 :
  // CHECK-NEXT: %wrows = irfuse.broadcast %w32 :
  // CHECK-NEXT: %scaled = irfuse.mul %normed, %wrows :
  // CHECK-NEXT: %y = irfuse.cast %scaled :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %w1 = irfuse.add %w scalar 1.0 : tensor<128xbf16>
  %w32 = irfuse.cast %w1 : tensor<128xbf16> -> tensor<128xf32>
  %wrows = irfuse.broadcast %w32 : tensor<128xf32> -> !f
  %scaled = irfuse.mul %normed, %wrows : !f
  %y = irfuse.cast %scaled : !f -> !x
  return %y : !x
}

// A weight for each row, not for each column.
// CHECK-LABEL: func.func @weight_of_rows(
func.func @weight_of_rows(%x: !x, %w: !m) -> !x {
  // CHECK-NOT: irfuse.rms_norm_gated
  // CHECK-NOT: weight
  // CHECK: %wrows = irfuse.broadcast %w :
  // CHECK-NEXT: %scaled = irfuse.mul %normed, %wrows :
  // CHECK-NEXT: %y = irfuse.cast %scaled :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %wrows = irfuse.broadcast %w : !m -> !f
  %scaled = irfuse.mul %normed, %wrows : !f
  %y = irfuse.cast %scaled : !f -> !x
  return %y : !x
}

// A bias without a weight is no form of rms_norm.
// CHECK-LABEL: func.func @bias_alone(
func.func @bias_alone(%x: !x, %w: tensor<128xbf16>) -> !x {
  // CHECK-NOT: irfuse.rms_norm_gated
  // CHECK-NOT: weight
  // CHECK: %w32 = irfuse.cast %w :
  // CHECK-NEXT: %wrows = irfuse.broadcast %w32 :
  // CHECK-NEXT: %shifted = irfuse.add %normed, %wrows :
  // CHECK-NEXT: %y = irfuse.cast %shifted :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %w32 = irfuse.cast %w : tensor<128xbf16> -> tensor<128xf32>
  %wrows = irfuse.broadcast %w32 : tensor<128xf32> -> !f
  %shifted = irfuse.add %normed, %wrows : !f
  %y = irfuse.cast %shifted : !f -> !x
  return %y : !x
}

// The normed row has a second user, so it must be computed as it is.
// CHECK-LABEL: func.func @second_user(
func.func @second_user(%x: !x, %w: tensor<128xbf16>) -> (!x, !f) {
  // CHECK-NOT: irfuse.rms_norm_gated
  // CHECK-NOT: weight
  // CHECK: %w32 = irfuse.cast %w :
  // CHECK-NEXT: %wrows = irfuse.broadcast %w32 :
  // CHECK-NEXT: %scaled = irfuse.mul %normed, %wrows :
  // CHECK-NEXT: %y = irfuse.cast %scaled :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %w32 = irfuse.cast %w : tensor<128xbf16> -> tensor<128xf32>
  %wrows = irfuse.broadcast %w32 : tensor<128xf32> -> !f
  %scaled = irfuse.mul %normed, %wrows : !f
  %y = irfuse.cast %scaled : !f -> !x
  return %y, %normed : !x, !f
}

// z times the sigmoid of another tensor: no gate of z, but a product of its own.
// CHECK-LABEL: func.func @sigmoid_of_another_tensor(
func.func @sigmoid_of_another_tensor(%x: !x, %z: !x, %o: !f) -> !x {
  // CHECK-NOT: irfuse.rms_norm_gated
  // CHECK-NOT: weight
  // CHECK: %gate = irfuse.act_mul %o, %z {activation = #irfuse<activation sigmoid>} :
  // CHECK-NEXT: %gated = irfuse.mul %normed, %gate :
  // CHECK-NEXT: %y = irfuse.cast %gated :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %zf = irfuse.cast %z : !x -> !f
  %s = irfuse.sigmoid %o : !f
  %gate = irfuse.mul %zf, %s : !f
  %gated = irfuse.mul %normed, %gate : !f
  %y = irfuse.cast %gated : !f -> !x
  return %y : !x
}

// z / (1 + exp(-o)) of another tensor o.
// CHECK-LABEL: func.func @exp_of_another_tensor(
func.func @exp_of_another_tensor(%x: !x, %z: !x, %o: !f) -> !x {
  // CHECK-NOT: irfuse.rms_norm_gated
  // CHECK-NOT: weight
  // CHECK: %zf = irfuse.cast %z :
  // CHECK-NEXT: %neg = irfuse.neg %o :
  // CHECK-NEXT: %exp = irfuse.exp %neg :
  // CHECK-NEXT: %one = irfuse.add %exp scalar 1.000000e+00 :
  // CHECK-NEXT: %gate = irfuse.div %zf, %one :
  // CHECK-NEXT: %gated = irfuse.mul %normed, %gate :
  // CHECK-NEXT: %y = irfuse.cast %gated :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %zf = irfuse.cast %z : !x -> !f
  %neg = irfuse.neg %o : !f
  %exp = irfuse.exp %neg : !f
  %one = irfuse.add %exp scalar 1.0 : !f
  %gate = irfuse.div %zf, %one : !f
  %gated = irfuse.mul %normed, %gate : !f
  %y = irfuse.cast %gated : !f -> !x
  return %y : !x
}

// z / (2 + exp(-z)).
// CHECK-LABEL: func.func @exp_plus_two(
func.func @exp_plus_two(%x: !x, %z: !x) -> !x {
  // CHECK-NOT: irfuse.rms_norm_gated
  // CHECK-NOT: weight
  // CHECK: %zf = irfuse.cast %z :
  // CHECK-NEXT: %neg = irfuse.neg %zf :
  // CHECK-NEXT: %exp = irfuse.exp %neg :
  // CHECK-NEXT: %one = irfuse.add %exp scalar 2.000000e+00 :
  // CHECK-NEXT: %gate = irfuse.div %zf, %one :
  // CHECK-NEXT: %gated = irfuse.mul %normed, %gate :
  // CHECK-NEXT: %y = irfuse.cast %gated :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %zf = irfuse.cast %z : !x -> !f
  %neg = irfuse.neg %zf : !f
  %exp = irfuse.exp %neg : !f
  %one = irfuse.add %exp scalar 2.0 : !f
  %gate = irfuse.div %zf, %one : !f
  %gated = irfuse.mul %normed, %gate : !f
  %y = irfuse.cast %gated : !f -> !x
  return %y : !x
}

// The gate is rounded to bf16 before it multiplies.
// CHECK-LABEL: func.func @gate_in_bf16(
func.func @gate_in_bf16(%x: !x, %z: !x) -> !x {
  // CHECK-NOT: irfuse.rms_norm_gated
  // CHECK-NOT: weight
  // CHECK: %act = irfuse.silu %z :
  // CHECK-NEXT: %gate = irfuse.cast %act :
  // CHECK-NEXT: %gated = irfuse.mul %normed, %gate :
  // CHECK-NEXT: %y = irfuse.cast %gated :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %act = irfuse.silu %z : !x
  %gate = irfuse.cast %act : !x -> !f
  %gated = irfuse.mul %normed, %gate : !f
  %y = irfuse.cast %gated : !f -> !x
  return %y : !x
}

// The normed row is rounded before the gate multiplies it.
// CHECK-LABEL: func.func @rounded_before_gate(
func.func @rounded_before_gate(%x: !x, %z: !x) -> !x {
  // CHECK-NOT: irfuse.rms_norm_gated
  // CHECK-NOT: weight
  // CHECK: %n = irfuse.cast %normed :
  // CHECK-NEXT: %nf = irfuse.cast %n :
  // CHECK-NEXT: %zf = irfuse.cast %z :
  // CHECK-NEXT: %gate = irfuse.silu %zf :
  // CHECK-NEXT: %gated = irfuse.mul %nf, %gate :
  // CHECK-NEXT: %y = irfuse.cast %gated :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %n = irfuse.cast %normed : !f -> !x
  %nf = irfuse.cast %n : !x -> !f
  %zf = irfuse.cast %z : !x -> !f
  %gate = irfuse.silu %zf : !f
  %gated = irfuse.mul %nf, %gate : !f
  %y = irfuse.cast %gated : !f -> !x
  return %y : !x
}

// An activation that no gate has.
// CHECK-LABEL: func.func @tanh_like(
func.func @tanh_like(%x: !x, %z: !x) -> !x {
  // CHECK-NOT: irfuse.rms_norm_gated
  // CHECK-NOT: weight
  // CHECK: %zf = irfuse.cast %z :
  // CHECK-NEXT: %gate = irfuse.exp %zf :
  // CHECK-NEXT: %gated = irfuse.mul %normed, %gate :
  // CHECK-NEXT: %y = irfuse.cast %gated :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %zf = irfuse.cast %z : !x -> !f
  %gate = irfuse.exp %zf : !f
  %gated = irfuse.mul %normed, %gate : !f
  %y = irfuse.cast %gated : !f -> !x
  return %y : !x
}
