// Each form of a norm and of a quant that raise-named knows: its small ops become the one named op that expands to them.
// RUN: irfuse-opt --raise-named %s | filecheck %s

!x = tensor<?x32x128xbf16, #irfuse.dims<"s0">>
!f = tensor<?x32x128xf32, #irfuse.dims<"s0">>
!m = tensor<?x32x1xf32, #irfuse.dims<"s0">>
!wide = tensor<?x4096xbf16, #irfuse.dims<"s0">>
!widef = tensor<?x4096xf32, #irfuse.dims<"s0">>

// rms_norm without a weight.
// CHECK-LABEL: func.func @bare(
func.func @bare(%x: !x) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm %x {eps = 1.000000e-06 : f64} : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %y = irfuse.cast %normed : !f -> !x
  return %y : !x
}

// All in f32, as it is: no cast at either end.
// CHECK-LABEL: func.func @of_f32(
func.func @of_f32(%x: !f) -> !f {
  // CHECK-NEXT: %normed = irfuse.rms_norm %x {eps = 1.000000e-06 : f64} : tensor<?x32x128xf32, #irfuse.dims<"s0">> -> tensor<?x32x128xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %normed :
  %square = irfuse.mul %x, %x : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %x, %rows : !f
  return %normed : !f
}

// The weight multiplies the f32 row, and the product is rounded: weight_round none.
// CHECK-LABEL: func.func @weight_after(
func.func @weight_after(%x: !x, %w: tensor<128xbf16>) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm %x weight %w : tensor<128xbf16> {eps = 1.000000e-06 : f64} : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
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
  return %y : !x
}

// The row is rounded, then the weight multiplies it: weight_round before. The factors stand in the other order.
// CHECK-LABEL: func.func @weight_before(
func.func @weight_before(%x: !x, %w: tensor<128xbf16>) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm %x weight %w : tensor<128xbf16> {eps = 1.000000e-06 : f64, weight_round = #irfuse<weight_round before>} : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %rounded = irfuse.cast %normed : !f -> !x
  %wrows = irfuse.broadcast %w : tensor<128xbf16> -> !x
  %y = irfuse.mul %wrows, %rounded : !x
  return %y : !x
}

// A weight around zero, as in Gemma: 1 + w.
// CHECK-LABEL: func.func @weight_offset(
func.func @weight_offset(%x: !x, %w: tensor<128xbf16>) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm %x weight %w : tensor<128xbf16> {eps = 1.000000e-06 : f64, weight_offset = 1.000000e+00 : f64} : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %w32 = irfuse.cast %w : tensor<128xbf16> -> tensor<128xf32>
  %w1 = irfuse.add %w32 scalar 1.0 : tensor<128xf32>
  %wrows = irfuse.broadcast %w1 : tensor<128xf32> -> !f
  %scaled = irfuse.mul %normed, %wrows : !f
  %y = irfuse.cast %scaled : !f -> !x
  return %y : !x
}

// A bias behind the weight.
// CHECK-LABEL: func.func @bias(
func.func @bias(%x: !x, %w: tensor<128xbf16>, %b: tensor<128xf32>) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm %x weight %w : tensor<128xbf16> bias %b : tensor<128xf32> {eps = 1.000000e-06 : f64} : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
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
  %brows = irfuse.broadcast %b : tensor<128xf32> -> !f
  %shifted = irfuse.add %scaled, %brows : !f
  %y = irfuse.cast %shifted : !f -> !x
  return %y : !x
}

// Runs of a row are normed apart, the weight spans the row: norm_group.
// CHECK-LABEL: func.func @norm_group(
func.func @norm_group(%x: !wide, %w: tensor<4096xf32>) -> !wide {
  // CHECK-NEXT: %y = irfuse.rms_norm %x weight %w : tensor<4096xf32> {eps = 1.000000e-06 : f64, norm_group = 128 : i64} : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
  %f = irfuse.cast %x : !wide -> !widef
  %runs = irfuse.reshape %f : !widef -> !f
  %square = irfuse.mul %runs, %runs : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %runs, %rows : !f
  %back = irfuse.reshape %normed : !f -> !widef
  %wrows = irfuse.broadcast %w : tensor<4096xf32> -> !widef
  %scaled = irfuse.mul %back, %wrows : !widef
  %y = irfuse.cast %scaled : !widef -> !wide
  return %y : !wide
}

// A gate behind the norm, with silu as torch computes it.
// CHECK-LABEL: func.func @gate_silu(
func.func @gate_silu(%x: !x, %z: !x, %w: tensor<128xbf16>) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x, %z weight %w : tensor<128xbf16> {eps = 1.000000e-06 : f64} : tensor<?x32x128xbf16, #irfuse.dims<"s0">>, tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
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
  %zf = irfuse.cast %z : !x -> !f
  %gate = irfuse.silu %zf : !f
  %gated = irfuse.mul %scaled, %gate : !f
  %y = irfuse.cast %gated : !f -> !x
  return %y : !x
}

// A gate of sigmoid; the factors stand in the other order.
// CHECK-LABEL: func.func @gate_sigmoid(
func.func @gate_sigmoid(%x: !x, %z: !x, %w: tensor<128xbf16>) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x, %z weight %w : tensor<128xbf16> {eps = 1.000000e-06 : f64, activation = #irfuse<activation sigmoid>} : tensor<?x32x128xbf16, #irfuse.dims<"s0">>, tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
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
  %zf = irfuse.cast %z : !x -> !f
  %gate = irfuse.sigmoid %zf : !f
  %gated = irfuse.mul %gate, %scaled : !f
  %y = irfuse.cast %gated : !f -> !x
  return %y : !x
}

// A gate of x * sigmoid(x).
// CHECK-LABEL: func.func @gate_silu_mul(
func.func @gate_silu_mul(%x: !x, %z: !x, %w: tensor<128xbf16>) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x, %z weight %w : tensor<128xbf16> {eps = 1.000000e-06 : f64, activation = #irfuse<activation silu_mul>} : tensor<?x32x128xbf16, #irfuse.dims<"s0">>, tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
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
  %zf = irfuse.cast %z : !x -> !f
  %s = irfuse.sigmoid %zf : !f
  %gate = irfuse.mul %zf, %s : !f
  %gated = irfuse.mul %scaled, %gate : !f
  %y = irfuse.cast %gated : !f -> !x
  return %y : !x
}

// A gate of x / (1 + exp(-x)).
// CHECK-LABEL: func.func @gate_silu_exp(
func.func @gate_silu_exp(%x: !x, %z: !x, %w: tensor<128xbf16>) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x, %z weight %w : tensor<128xbf16> {eps = 1.000000e-06 : f64, activation = #irfuse<activation silu_exp>} : tensor<?x32x128xbf16, #irfuse.dims<"s0">>, tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
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
  %zf = irfuse.cast %z : !x -> !f
  %neg = irfuse.neg %zf : !f
  %exp = irfuse.exp %neg : !f
  %one = irfuse.add %exp scalar 1.0 : !f
  %gate = irfuse.div %zf, %one : !f
  %gated = irfuse.mul %scaled, %gate : !f
  %y = irfuse.cast %gated : !f -> !x
  return %y : !x
}

// A gate behind a row that is rounded before its weight.
// CHECK-LABEL: func.func @gate_weight_before(
func.func @gate_weight_before(%x: !x, %z: !x, %w: tensor<128xbf16>) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x, %z weight %w : tensor<128xbf16> {eps = 1.000000e-06 : f64, weight_round = #irfuse<weight_round before>} : tensor<?x32x128xbf16, #irfuse.dims<"s0">>, tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %rounded = irfuse.cast %normed : !f -> !x
  %wrows = irfuse.broadcast %w : tensor<128xbf16> -> !x
  %scaled = irfuse.mul %rounded, %wrows : !x
  %sf = irfuse.cast %scaled : !x -> !f
  %zf = irfuse.cast %z : !x -> !f
  %gate = irfuse.silu %zf : !f
  %gated = irfuse.mul %sf, %gate : !f
  %y = irfuse.cast %gated : !f -> !x
  return %y : !x
}

// The gate before the norm, as in Mamba-2.
// CHECK-LABEL: func.func @gate_first(
func.func @gate_first(%x: !x, %z: !x, %w: tensor<128xbf16>) -> !x {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x, %z weight %w : tensor<128xbf16> {eps = 1.000000e-06 : f64, norm_before_gate = false} : tensor<?x32x128xbf16, #irfuse.dims<"s0">>, tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
  %xf = irfuse.cast %x : !x -> !f
  %zf = irfuse.cast %z : !x -> !f
  %gate = irfuse.silu %zf : !f
  %gated = irfuse.mul %xf, %gate : !f
  %square = irfuse.mul %gated, %gated : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %gated, %rows : !f
  %w32 = irfuse.cast %w : tensor<128xbf16> -> tensor<128xf32>
  %wrows = irfuse.broadcast %w32 : tensor<128xf32> -> !f
  %scaled = irfuse.mul %normed, %wrows : !f
  %y = irfuse.cast %scaled : !f -> !x
  return %y : !x
}

// The gate first, in runs: Mamba-2 with groups.
// CHECK-LABEL: func.func @gate_first_in_runs(
func.func @gate_first_in_runs(%x: !wide, %z: !wide) -> !wide {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x, %z {eps = 1.000000e-06 : f64, norm_group = 128 : i64, activation = #irfuse<activation silu_mul>, norm_before_gate = false} : tensor<?x4096xbf16, #irfuse.dims<"s0">>, tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
  %xf = irfuse.cast %x : !wide -> !widef
  %zf = irfuse.cast %z : !wide -> !widef
  %s = irfuse.sigmoid %zf : !widef
  %gate = irfuse.mul %s, %zf : !widef
  %gated = irfuse.mul %gate, %xf : !widef
  %runs = irfuse.reshape %gated : !widef -> !f
  %square = irfuse.mul %runs, %runs : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %runs, %rows : !f
  %back = irfuse.reshape %normed : !f -> !widef
  %y = irfuse.cast %back : !widef -> !wide
  return %y : !wide
}

// The norm in one shape, the gate in another: the reshape between says nothing of the meaning.
// CHECK-LABEL: func.func @gate_in_another_shape(
func.func @gate_in_another_shape(%x: !x, %z: !wide) -> !wide {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %0, %z {eps = 1.000000e-06 : f64, norm_group = 128 : i64} : tensor<?x4096xbf16, #irfuse.dims<"s0">>, tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %y :
  %f = irfuse.cast %x : !x -> !f
  %square = irfuse.mul %f, %f : !f
  %mean = irfuse.row_mean %square : !f -> !m
  %plus = irfuse.add %mean scalar 1.0e-06 : !m
  %rsqrt = irfuse.rsqrt %plus : !m
  %rows = irfuse.broadcast %rsqrt : !m -> !f
  %normed = irfuse.mul %f, %rows : !f
  %back = irfuse.reshape %normed : !f -> !widef
  %zf = irfuse.cast %z : !wide -> !widef
  %gate = irfuse.silu %zf : !widef
  %gated = irfuse.mul %back, %gate : !widef
  %y = irfuse.cast %gated : !widef -> !wide
  return %y : !wide
}

// A quant in groups: the row is divided by its scale.
// CHECK-LABEL: func.func @group_quant_divide(
func.func @group_quant_divide(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x32xf32, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %qs, %floored = irfuse.group_quant %0 {group_size = 128 : i64, quant_max = 4.480000e+02 : f64, scale_floor = 1.000000e-10 : f64} : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x32x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %q = irfuse.reshape %qs : tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %scales = irfuse.reshape %floored : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %q, %scales :
  %runs = irfuse.reshape %x : !wide -> !x
  %f = irfuse.cast %runs : !x -> !f
  %abs = irfuse.abs %f : !f
  %amax = irfuse.row_amax %abs : !f -> !m
  %ratio = irfuse.div %amax scalar 448.0 : !m
  %floored = irfuse.clamp %ratio min 1.0e-10 : !m
  %srows = irfuse.broadcast %floored : !m -> !f
  %ratios = irfuse.div %f, %srows : !f
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !f
  %qs = irfuse.cast %held : !f -> tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">>
  %q = irfuse.reshape %qs : tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  %scales = irfuse.reshape %floored : !m -> tensor<?x32xf32, #irfuse.dims<"s0">>
  return %q, %scales : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x32xf32, #irfuse.dims<"s0">>
}

// The row is multiplied by the reciprocal of its scale.
// CHECK-LABEL: func.func @group_quant_reciprocal(
func.func @group_quant_reciprocal(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x32xf32, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %qs, %floored = irfuse.group_quant %0 {group_size = 128 : i64, scale_rule = #irfuse<scale_rule reciprocal>, quant_max = 4.480000e+02 : f64, scale_floor = 1.000000e-10 : f64} : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x32x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %q = irfuse.reshape %qs : tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %scales = irfuse.reshape %floored : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %q, %scales :
  %runs = irfuse.reshape %x : !wide -> !x
  %f = irfuse.cast %runs : !x -> !f
  %abs = irfuse.abs %f : !f
  %amax = irfuse.row_amax %abs : !f -> !m
  %ratio = irfuse.div %amax scalar 448.0 : !m
  %floored = irfuse.clamp %ratio min 1.0e-10 : !m
  %inverse = irfuse.reciprocal %floored : !m
  %srows = irfuse.broadcast %inverse : !m -> !f
  %ratios = irfuse.mul %f, %srows : !f
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !f
  %qs = irfuse.cast %held : !f -> tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">>
  %q = irfuse.reshape %qs : tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  %scales = irfuse.reshape %floored : !m -> tensor<?x32xf32, #irfuse.dims<"s0">>
  return %q, %scales : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x32xf32, #irfuse.dims<"s0">>
}

// Scales are powers of two, rounded up.
// CHECK-LABEL: func.func @group_quant_ue8m0(
func.func @group_quant_ue8m0(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x32xf32, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %qs, %power = irfuse.group_quant %0 {group_size = 128 : i64, scale_format = #irfuse<scale_format ue8m0>, quant_max = 4.480000e+02 : f64, scale_floor = 1.000000e-10 : f64} : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x32x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %q = irfuse.reshape %qs : tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %scales = irfuse.reshape %power : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %q, %scales :
  %runs = irfuse.reshape %x : !wide -> !x
  %f = irfuse.cast %runs : !x -> !f
  %abs = irfuse.abs %f : !f
  %amax = irfuse.row_amax %abs : !f -> !m
  %ratio = irfuse.div %amax scalar 448.0 : !m
  %floored = irfuse.clamp %ratio min 1.0e-10 : !m
  %log2 = irfuse.log2 %floored : !m
  %ceil = irfuse.ceil %log2 : !m
  %power = irfuse.exp2 %ceil : !m
  %srows = irfuse.broadcast %power : !m -> !f
  %ratios = irfuse.div %f, %srows : !f
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !f
  %qs = irfuse.cast %held : !f -> tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">>
  %q = irfuse.reshape %qs : tensor<?x32x128xf8E4M3FN, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  %scales = irfuse.reshape %power : !m -> tensor<?x32xf32, #irfuse.dims<"s0">>
  return %q, %scales : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x32xf32, #irfuse.dims<"s0">>
}

// No floor under the scale, and the other fp8 types.
// CHECK-LABEL: func.func @group_quant_no_floor(
func.func @group_quant_no_floor(%x: !wide) -> (tensor<?x4096xf8E4M3FNUZ, #irfuse.dims<"s0">>, tensor<?x32xf32, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %qs, %ratio = irfuse.group_quant %0 {group_size = 128 : i64, quant_max = 2.400000e+02 : f64} : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x32x128xf8E4M3FNUZ, #irfuse.dims<"s0">>, tensor<?x32x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %q = irfuse.reshape %qs : tensor<?x32x128xf8E4M3FNUZ, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FNUZ, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %scales = irfuse.reshape %ratio : tensor<?x32x1xf32, #irfuse.dims<"s0">> -> tensor<?x32xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %q, %scales :
  %runs = irfuse.reshape %x : !wide -> !x
  %f = irfuse.cast %runs : !x -> !f
  %abs = irfuse.abs %f : !f
  %amax = irfuse.row_amax %abs : !f -> !m
  %ratio = irfuse.div %amax scalar 240.0 : !m
  %srows = irfuse.broadcast %ratio : !m -> !f
  %ratios = irfuse.div %f, %srows : !f
  %held = irfuse.clamp %ratios min -240.0 max 240.0 : !f
  %qs = irfuse.cast %held : !f -> tensor<?x32x128xf8E4M3FNUZ, #irfuse.dims<"s0">>
  %q = irfuse.reshape %qs : tensor<?x32x128xf8E4M3FNUZ, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FNUZ, #irfuse.dims<"s0">>
  %scales = irfuse.reshape %ratio : !m -> tensor<?x32xf32, #irfuse.dims<"s0">>
  return %q, %scales : tensor<?x4096xf8E4M3FNUZ, #irfuse.dims<"s0">>, tensor<?x32xf32, #irfuse.dims<"s0">>
}

// A scale for each token.
// CHECK-LABEL: func.func @group_quant_per_token(
func.func @group_quant_per_token(%x: !wide) -> (tensor<?x4096xf8E5M2, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: %q, %floored = irfuse.group_quant %x {group_size = 4096 : i64, quant_max = 5.734400e+04 : f64, scale_floor = 1.000000e-10 : f64} : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf8E5M2, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %q, %floored :
  %f = irfuse.cast %x : !wide -> !widef
  %abs = irfuse.abs %f : !widef
  %amax = irfuse.row_amax %abs : !widef -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amax scalar 57344.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %floored = irfuse.clamp %ratio min 1.0e-10 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %srows = irfuse.broadcast %floored : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -57344.0 max 57344.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E5M2, #irfuse.dims<"s0">>
  return %q, %floored : tensor<?x4096xf8E5M2, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// The maximum is taken in bf16 and widened: the same maximum.
// CHECK-LABEL: func.func @group_quant_amax_in_bf16(
func.func @group_quant_amax_in_bf16(%x: !wide) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: %q, %ratio = irfuse.group_quant %x {group_size = 4096 : i64, quant_max = 4.480000e+02 : f64} : tensor<?x4096xbf16, #irfuse.dims<"s0">> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %q, %ratio :
  %abs = irfuse.abs %x : !wide
  %amax = irfuse.row_amax %abs : !wide -> tensor<?x1xbf16, #irfuse.dims<"s0">>
  %amaxf = irfuse.cast %amax : tensor<?x1xbf16, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>
  %ratio = irfuse.div %amaxf scalar 448.0 : tensor<?x1xf32, #irfuse.dims<"s0">>
  %f = irfuse.cast %x : !wide -> !widef
  %srows = irfuse.broadcast %ratio : tensor<?x1xf32, #irfuse.dims<"s0">> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q, %ratio : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>, tensor<?x1xf32, #irfuse.dims<"s0">>
}

// One given scale; the row is divided by it.
// CHECK-LABEL: func.func @static_quant_divide(
func.func @static_quant_divide(%x: !wide, %scale: tensor<f32>) -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">> {
  // CHECK-NEXT: %q = irfuse.static_quant %x, %scale {quant_max = 4.480000e+02 : f64, scale_rule = #irfuse<scale_rule divide>} : tensor<?x4096xbf16, #irfuse.dims<"s0">>, tensor<f32> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %q :
  %f = irfuse.cast %x : !wide -> !widef
  %srows = irfuse.broadcast %scale : tensor<f32> -> !widef
  %ratios = irfuse.div %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
}

// One given scale; the row is multiplied by its reciprocal, which is the default and stays unsaid.
// CHECK-LABEL: func.func @static_quant_reciprocal(
func.func @static_quant_reciprocal(%x: !wide, %scale: tensor<1xf32>) -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">> {
  // CHECK-NEXT: %q = irfuse.static_quant %x, %scale {quant_max = 4.480000e+02 : f64} : tensor<?x4096xbf16, #irfuse.dims<"s0">>, tensor<1xf32> -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %q :
  %f = irfuse.cast %x : !wide -> !widef
  %inverse = irfuse.reciprocal %scale : tensor<1xf32>
  %srows = irfuse.broadcast %inverse : tensor<1xf32> -> !widef
  %ratios = irfuse.mul %f, %srows : !widef
  %held = irfuse.clamp %ratios min -448.0 max 448.0 : !widef
  %q = irfuse.cast %held : !widef -> tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
  return %q : tensor<?x4096xf8E4M3FN, #irfuse.dims<"s0">>
}
