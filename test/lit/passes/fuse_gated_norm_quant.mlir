// fuse-gated-norm-quant: norm, gate and quant become one irfuse.fused op with exactly that body, however the shapes
// between them are written. D is the number of columns normed together, G the number that share a scale.
// RUN: irfuse-opt --fuse-gated-norm-quant %s | filecheck %s

!heads = tensor<?x32x128xbf16, #irfuse.dims<"t">>
!headsf = tensor<?x32x128xf32, #irfuse.dims<"t">>
!rows = tensor<?x128xbf16, #irfuse.dims<"32*t">>
!wide = tensor<?x4096xbf16, #irfuse.dims<"t">>
!q = tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>

// D = G, no reshape at all.
// CHECK-LABEL: func.func @one_shape(
func.func @one_shape(%x: !rows, %z: !rows, %w: tensor<128xbf16>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.token"] (%x_1 = %x : tensor<?x128xbf16, #irfuse.dims<"32*t">>, %z_1 = %z : tensor<?x128xbf16, #irfuse.dims<"32*t">>, %w_1 = %w : tensor<128xbf16>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x_1, %z_1 weight %w_1 : tensor<128xbf16> {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm_gated %x, %z weight %w : tensor<128xbf16> {eps = 1.0e-6 : f64} : !rows, !rows -> !rows
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>
  return %q, %s : tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>
}

// D = G with the reshape that a model has between heads and projection.
// CHECK-LABEL: func.func @d_equals_g(
func.func @d_equals_g(%x: !heads, %z: !heads, %w: tensor<128xbf16>) -> (!q, tensor<?x32xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.group"] (%x_1 = %x : tensor<?x32x128xbf16, #irfuse.dims<"t">>, %z_1 = %z : tensor<?x32x128xbf16, #irfuse.dims<"t">>, %w_1 = %w : tensor<128xbf16>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %z_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %r = irfuse.rms_norm_gated %0, %1 weight %w_1 : tensor<128xbf16> {eps = 1.000000e-06 : f64, norm_group = 128 : i64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm_gated %x, %z weight %w : tensor<128xbf16> {eps = 1.0e-6 : f64} : !heads, !heads -> !heads
  %r = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 448.0 : f64} : !wide -> !q, tensor<?x32xf32, #irfuse.dims<"t">>
  return %q, %s : !q, tensor<?x32xf32, #irfuse.dims<"t">>
}

// G divides D.
// CHECK-LABEL: func.func @g_divides_d(
func.func @g_divides_d(%x: !heads, %z: !heads) -> (!q, tensor<?x64xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.group"] (%x_1 = %x : tensor<?x32x128xbf16, #irfuse.dims<"t">>, %z_1 = %z : tensor<?x32x128xbf16, #irfuse.dims<"t">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x64xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %z_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %r = irfuse.rms_norm_gated %0, %1 {eps = 1.000000e-06 : f64, norm_before_gate = false, norm_group = 128 : i64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %r {group_size = 64 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64, norm_before_gate = false} : !heads, !heads -> !heads
  %r = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %r {group_size = 64 : i64, quant_max = 448.0 : f64} : !wide -> !q, tensor<?x64xf32, #irfuse.dims<"t">>
  return %q, %s : !q, tensor<?x64xf32, #irfuse.dims<"t">>
}

// D divides G.
// CHECK-LABEL: func.func @d_divides_g(
func.func @d_divides_g(%x: !heads, %z: !heads) -> (!q, tensor<?x16xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.group"] (%x_1 = %x : tensor<?x32x128xbf16, #irfuse.dims<"t">>, %z_1 = %z : tensor<?x32x128xbf16, #irfuse.dims<"t">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x16xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %z_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %r = irfuse.rms_norm_gated %0, %1 {eps = 1.000000e-06 : f64, norm_group = 128 : i64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %r {group_size = 256 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !heads, !heads -> !heads
  %r = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %r {group_size = 256 : i64, quant_max = 448.0 : f64} : !wide -> !q, tensor<?x16xf32, #irfuse.dims<"t">>
  return %q, %s : !q, tensor<?x16xf32, #irfuse.dims<"t">>
}

// A scale for each token, over all of its heads.
// CHECK-LABEL: func.func @per_token(
func.func @per_token(%x: !heads, %z: !heads) -> (!q, tensor<?x1xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.token"] (%x_1 = %x : tensor<?x32x128xbf16, #irfuse.dims<"t">>, %z_1 = %z : tensor<?x32x128xbf16, #irfuse.dims<"t">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %z_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %r = irfuse.rms_norm_gated %0, %1 {eps = 1.000000e-06 : f64, norm_group = 128 : i64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %r {group_size = 4096 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !heads, !heads -> !heads
  %r = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %r {group_size = 4096 : i64, quant_max = 448.0 : f64} : !wide -> !q, tensor<?x1xf32, #irfuse.dims<"t">>
  return %q, %s : !q, tensor<?x1xf32, #irfuse.dims<"t">>
}

// One given scale, which is an operand.
// CHECK-LABEL: func.func @static(
func.func @static(%x: !heads, %z: !heads, %scale: tensor<1xf32>) -> !q {
  // CHECK-NEXT: %q = irfuse.fused "rms_norm_gated_static_quant" chains ["gated_norm_quant.tensor"] (%x_1 = %x : tensor<?x32x128xbf16, #irfuse.dims<"t">>, %z_1 = %z : tensor<?x32x128xbf16, #irfuse.dims<"t">>, %scale_1 = %scale : tensor<1xf32>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %z_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %r = irfuse.rms_norm_gated %0, %1 {eps = 1.000000e-06 : f64, norm_group = 128 : i64} :
  // CHECK-NEXT: %q_1 = irfuse.static_quant %r, %scale_1 {quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q :
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !heads, !heads -> !heads
  %r = irfuse.reshape %y : !heads -> !wide
  %q = irfuse.static_quant %r, %scale {quant_max = 448.0 : f64} : !wide, tensor<1xf32> -> !q
  return %q : !q
}

// The rows of the norm are those of the heads, gate and quant have the tokens': two reshapes, one of them of the norm.
// CHECK-LABEL: func.func @gate_behind_the_reshape(
func.func @gate_behind_the_reshape(%x: !rows, %z: !wide) -> (!q, tensor<?x32xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_group_quant" chains ["gated_norm_quant.group"] (%x_1 = %x : tensor<?x128xbf16, #irfuse.dims<"32*t">>, %z_1 = %z : tensor<?x4096xbf16, #irfuse.dims<"t">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %n = irfuse.rms_norm %x_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %r = irfuse.reshape %n : tensor<?x128xbf16, #irfuse.dims<"32*t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %g = irfuse.silu %z_1 :
  // CHECK-NEXT: %y = irfuse.mul %r, %g :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %n = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !rows -> !rows
  %r = irfuse.reshape %n : !rows -> !wide
  %g = irfuse.silu %z : !wide
  %y = irfuse.mul %r, %g : !wide
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !wide -> !q, tensor<?x32xf32, #irfuse.dims<"t">>
  return %q, %s : !q, tensor<?x32xf32, #irfuse.dims<"t">>
}

// The gate as a strided part of a larger tensor; it is read where it lies.
// CHECK-LABEL: func.func @strided_gate(
func.func @strided_gate(%x: !heads, %z: tensor<?x32x128xbf16, #irfuse.dims<"t", strides = [12288, 384, 1]>>) -> (!q, tensor<?x32xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.group"] (%z_1 = %z : tensor<?x32x128xbf16, #irfuse.dims<"t", strides = [12288, 384, 1]>>, %x_1 = %x : tensor<?x32x128xbf16, #irfuse.dims<"t">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %c = irfuse.relayout %z_1 : tensor<?x32x128xbf16, #irfuse.dims<"t", strides = [12288, 384, 1]>> -> tensor<?x32x128xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %0 = irfuse.reshape %x_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %c : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %r = irfuse.rms_norm_gated %0, %1 {eps = 1.000000e-06 : f64, norm_group = 128 : i64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %c = irfuse.relayout %z : tensor<?x32x128xbf16, #irfuse.dims<"t", strides = [12288, 384, 1]>> -> !heads
  %y = irfuse.rms_norm_gated %x, %c {eps = 1.0e-6 : f64} : !heads, !heads -> !heads
  %r = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 448.0 : f64} : !wide -> !q, tensor<?x32xf32, #irfuse.dims<"t">>
  return %q, %s : !q, tensor<?x32xf32, #irfuse.dims<"t">>
}

// Scales in columns, as the block-scaled matrix products want them: the layout is part of the chain.
// CHECK-LABEL: func.func @scales_in_columns(
func.func @scales_in_columns(%x: !heads, %z: !heads) -> (!q, tensor<?x32xf32, #irfuse.dims<"t", strides = [1, "t"]>>) {
  // CHECK-NEXT: %q, %c = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.group"] (%x_1 = %x : tensor<?x32x128xbf16, #irfuse.dims<"t">>, %z_1 = %z : tensor<?x32x128xbf16, #irfuse.dims<"t">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32xf32, #irfuse.dims<"t", strides = [1, "t"]>>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %z_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %r = irfuse.rms_norm_gated %0, %1 {eps = 1.000000e-06 : f64, norm_group = 128 : i64} :
  // CHECK-NEXT: %q_1, %s = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: %c_1 = irfuse.relayout %s : tensor<?x32xf32, #irfuse.dims<"t">> -> tensor<?x32xf32, #irfuse.dims<"t", strides = [1, "t"]>>{{$}}
  // CHECK-NEXT: irfuse.yield %q_1, %c_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %c :
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !heads, !heads -> !heads
  %r = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 448.0 : f64} : !wide -> !q, tensor<?x32xf32, #irfuse.dims<"t">>
  %c = irfuse.relayout %s : tensor<?x32xf32, #irfuse.dims<"t">> -> tensor<?x32xf32, #irfuse.dims<"t", strides = [1, "t"]>>
  return %q, %c : !q, tensor<?x32xf32, #irfuse.dims<"t", strides = [1, "t"]>>
}

// Another user of the norm: it is one more result, behind those of the quant.
// CHECK-LABEL: func.func @second_user(
func.func @second_user(%x: !heads, %z: !heads) -> (!heads, !q, tensor<?x32xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s, %r = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.group"] (%x_1 = %x : tensor<?x32x128xbf16, #irfuse.dims<"t">>, %z_1 = %z : tensor<?x32x128xbf16, #irfuse.dims<"t">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32xf32, #irfuse.dims<"t">>, tensor<?x4096xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %z_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %r_1 = irfuse.rms_norm_gated %0, %1 {eps = 1.000000e-06 : f64, norm_group = 128 : i64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %r_1 {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %r_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: %y = irfuse.reshape %r : tensor<?x4096xbf16, #irfuse.dims<"t">> -> tensor<?x32x128xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %y, %q, %s :
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !heads, !heads -> !heads
  %r = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 448.0 : f64} : !wide -> !q, tensor<?x32xf32, #irfuse.dims<"t">>
  return %y, %q, %s : !heads, !q, tensor<?x32xf32, #irfuse.dims<"t">>
}

// Two quants of one norm are one kernel.
// CHECK-LABEL: func.func @two_quants(
func.func @two_quants(%x: !rows, %z: !rows, %scale: tensor<f32>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>, tensor<?x128xf8E5M2, #irfuse.dims<"32*t">>) {
  // CHECK-NEXT: %q, %s, %p = irfuse.fused "rms_norm_gated_group_quant_static_quant" chains ["gated_norm_quant.token", "gated_norm_quant.tensor"] (%x_1 = %x : tensor<?x128xbf16, #irfuse.dims<"32*t">>, %z_1 = %z : tensor<?x128xbf16, #irfuse.dims<"32*t">>, %scale_1 = %scale : tensor<f32>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>, tensor<?x128xf8E5M2, #irfuse.dims<"32*t">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x_1, %z_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: %p_1 = irfuse.static_quant %y, %scale_1 {quant_max = 5.734400e+04 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %p_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s, %p :
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !rows, !rows -> !rows
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>
  %p = irfuse.static_quant %y, %scale {quant_max = 57344.0 : f64} : !rows, tensor<f32> -> tensor<?x128xf8E5M2, #irfuse.dims<"32*t">>
  return %q, %s, %p : tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>, tensor<?x128xf8E5M2, #irfuse.dims<"32*t">>
}

// No named op: small ops alone, with a bf16 rounding that no named op has, to int8, with padding for 192 columns.
// CHECK-LABEL: func.func @unnamed(
func.func @unnamed(%x: tensor<8x192xbf16>, %z: tensor<8x192xbf16>) -> (tensor<8x192xi8>, tensor<8x1xf32>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "gated_norm_quant" chains ["gated_norm_quant.token"] (%x_1 = %x : tensor<8x192xbf16>, %z_1 = %z : tensor<8x192xbf16>) -> (tensor<8x192xi8>, tensor<8x1xf32>) {
  // CHECK-NEXT: %xf = irfuse.cast %x_1 : tensor<8x192xbf16> -> tensor<8x192xf32>{{$}}
  // CHECK-NEXT: %square = irfuse.mul %xf, %xf :
  // CHECK-NEXT: %mean = irfuse.row_mean %square : tensor<8x192xf32> -> tensor<8x1xf32>{{$}}
  // CHECK-NEXT: %plus = irfuse.add %mean scalar 1.000000e-06 :
  // CHECK-NEXT: %root = irfuse.rsqrt %plus :
  // CHECK-NEXT: %roots = irfuse.broadcast %root : tensor<8x1xf32> -> tensor<8x192xf32>{{$}}
  // CHECK-NEXT: %normed = irfuse.mul %xf, %roots :
  // CHECK-NEXT: %narrow = irfuse.cast %normed : tensor<8x192xf32> -> tensor<8x192xbf16>{{$}}
  // CHECK-NEXT: %gate = irfuse.sigmoid %z_1 :
  // CHECK-NEXT: %gated = irfuse.mul %narrow, %gate :
  // CHECK-NEXT: %gf = irfuse.cast %gated : tensor<8x192xbf16> -> tensor<8x192xf32>{{$}}
  // CHECK-NEXT: %abs = irfuse.abs %gf :
  // CHECK-NEXT: %amax = irfuse.row_amax %abs : tensor<8x192xf32> -> tensor<8x1xf32>{{$}}
  // CHECK-NEXT: %s_1 = irfuse.div %amax scalar 1.270000e+02 :
  // CHECK-NEXT: %ss = irfuse.broadcast %s_1 : tensor<8x1xf32> -> tensor<8x192xf32>{{$}}
  // CHECK-NEXT: %ratio = irfuse.div %gf, %ss :
  // CHECK-NEXT: %whole = irfuse.round %ratio :
  // CHECK-NEXT: %held = irfuse.clamp %whole min -1.280000e+02 max 1.270000e+02 :
  // CHECK-NEXT: %q_1 = irfuse.cast %held : tensor<8x192xf32> -> tensor<8x192xi8>{{$}}
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %xf = irfuse.cast %x : tensor<8x192xbf16> -> tensor<8x192xf32>
  %square = irfuse.mul %xf, %xf : tensor<8x192xf32>
  %mean = irfuse.row_mean %square : tensor<8x192xf32> -> tensor<8x1xf32>
  %plus = irfuse.add %mean scalar 1.0e-6 : tensor<8x1xf32>
  %root = irfuse.rsqrt %plus : tensor<8x1xf32>
  %roots = irfuse.broadcast %root : tensor<8x1xf32> -> tensor<8x192xf32>
  %normed = irfuse.mul %xf, %roots : tensor<8x192xf32>
  %narrow = irfuse.cast %normed : tensor<8x192xf32> -> tensor<8x192xbf16>
  %gate = irfuse.sigmoid %z : tensor<8x192xbf16>
  %gated = irfuse.mul %narrow, %gate : tensor<8x192xbf16>
  %gf = irfuse.cast %gated : tensor<8x192xbf16> -> tensor<8x192xf32>
  %abs = irfuse.abs %gf : tensor<8x192xf32>
  %amax = irfuse.row_amax %abs : tensor<8x192xf32> -> tensor<8x1xf32>
  %s = irfuse.div %amax scalar 127.0 : tensor<8x1xf32>
  %ss = irfuse.broadcast %s : tensor<8x1xf32> -> tensor<8x192xf32>
  %ratio = irfuse.div %gf, %ss : tensor<8x192xf32>
  %whole = irfuse.round %ratio : tensor<8x192xf32>
  %held = irfuse.clamp %whole min -128.0 max 127.0 : tensor<8x192xf32>
  %q = irfuse.cast %held : tensor<8x192xf32> -> tensor<8x192xi8>
  return %q, %s : tensor<8x192xi8>, tensor<8x1xf32>
}

// What computes the operands stays outside; a cheap widening of one is computed again inside.
// CHECK-LABEL: func.func @operands(
func.func @operands(%h: !heads, %o: !headsf) -> (!q, tensor<?x32xf32, #irfuse.dims<"t">>, !headsf) {
  // CHECK-NEXT: %x = irfuse.opaque "attention" (%h) : (tensor<?x32x128xbf16, #irfuse.dims<"t">>) -> tensor<?x32x128xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %z = irfuse.opaque "projection" (%h) : (tensor<?x32x128xbf16, #irfuse.dims<"t">>) -> tensor<?x32x128xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %zf = irfuse.cast %z : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x32x128xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %sum = irfuse.add %zf, %o :
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.group"] (%z_1 = %z : tensor<?x32x128xbf16, #irfuse.dims<"t">>, %x_1 = %x : tensor<?x32x128xbf16, #irfuse.dims<"t">>) -> (tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x32xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %zf_1 = irfuse.cast %z_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x32x128xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %0 = irfuse.reshape %x_1 : tensor<?x32x128xbf16, #irfuse.dims<"t">> -> tensor<?x4096xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %zf_1 : tensor<?x32x128xf32, #irfuse.dims<"t">> -> tensor<?x4096xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %r = irfuse.rms_norm_gated %0, %1 {eps = 1.000000e-06 : f64, norm_group = 128 : i64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s, %sum :
  %x = irfuse.opaque "attention" (%h) : (!heads) -> !heads
  %z = irfuse.opaque "projection" (%h) : (!heads) -> !heads
  %zf = irfuse.cast %z : !heads -> !headsf
  %sum = irfuse.add %zf, %o : !headsf
  %y = irfuse.rms_norm_gated %x, %zf {eps = 1.0e-6 : f64} : !heads, !headsf -> !heads
  %r = irfuse.reshape %y : !heads -> !wide
  %q, %s = irfuse.group_quant %r {group_size = 128 : i64, quant_max = 448.0 : f64} : !wide -> !q, tensor<?x32xf32, #irfuse.dims<"t">>
  return %q, %s, %sum : !q, tensor<?x32xf32, #irfuse.dims<"t">>, !headsf
}

// An opaque node that writes before the chain is no hindrance.
// CHECK-LABEL: func.func @write_before(
func.func @write_before(%x: !rows, %z: !rows, %c: !rows) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>) {
  // CHECK-NEXT: irfuse.opaque "aten.zero_.default" mutates (%x) : (tensor<?x128xbf16, #irfuse.dims<"32*t">>) -> (){{$}}
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.token"] (%x_1 = %x : tensor<?x128xbf16, #irfuse.dims<"32*t">>, %z_1 = %z : tensor<?x128xbf16, #irfuse.dims<"32*t">>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x_1, %z_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  irfuse.opaque "aten.zero_.default" mutates (%x) : (!rows) -> ()
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !rows, !rows -> !rows
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !rows -> tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>
  return %q, %s : tensor<?x128xf8E4M3FN, #irfuse.dims<"32*t">>, tensor<?x1xf32, #irfuse.dims<"32*t">>
}

// Two sizes of a shape inside that no operand tells apart: the symbolic integers of the graph become operands.
// CHECK-LABEL: func.func @size_as_operand(
func.func @size_as_operand(%b: !irfuse.symint<"b">, %u: !irfuse.symint<"u">, %x: tensor<?x128xbf16, #irfuse.dims<"b*u">>, %z: tensor<?x128xbf16, #irfuse.dims<"b*u">>) -> (tensor<?x?x128xf8E4M3FN, #irfuse.dims<"b", "u">>, tensor<?x?x1xf32, #irfuse.dims<"b", "u">>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.token"] (%x_1 = %x : tensor<?x128xbf16, #irfuse.dims<"b*u">>, %z_1 = %z : tensor<?x128xbf16, #irfuse.dims<"b*u">>, %b_1 = %b : !irfuse.symint<"b">, %u_1 = %u : !irfuse.symint<"u">) -> (tensor<?x?x128xf8E4M3FN, #irfuse.dims<"b", "u">>, tensor<?x?x1xf32, #irfuse.dims<"b", "u">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %x_1, %z_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %r = irfuse.reshape %y : tensor<?x128xbf16, #irfuse.dims<"b*u">> -> tensor<?x?x128xbf16, #irfuse.dims<"b", "u">>{{$}}
  // CHECK-NEXT: %g = irfuse.neg %r :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %g {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : tensor<?x128xbf16, #irfuse.dims<"b*u">>, tensor<?x128xbf16, #irfuse.dims<"b*u">> -> tensor<?x128xbf16, #irfuse.dims<"b*u">>
  %r = irfuse.reshape %y : tensor<?x128xbf16, #irfuse.dims<"b*u">> -> tensor<?x?x128xbf16, #irfuse.dims<"b", "u">>
  %g = irfuse.neg %r : tensor<?x?x128xbf16, #irfuse.dims<"b", "u">>
  %q, %s = irfuse.group_quant %g {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?x?x128xbf16, #irfuse.dims<"b", "u">> -> tensor<?x?x128xf8E4M3FN, #irfuse.dims<"b", "u">>, tensor<?x?x1xf32, #irfuse.dims<"b", "u">>
  return %q, %s : tensor<?x?x128xf8E4M3FN, #irfuse.dims<"b", "u">>, tensor<?x?x1xf32, #irfuse.dims<"b", "u">>
}

// A copy in the source graph that puts scattered rows together stays outside; the kernel reads its result.
// CHECK-LABEL: func.func @copy(
func.func @copy(%x: tensor<?x128xbf16, #irfuse.dims<"t", strides = [1, "t"]>>, %z: tensor<?x128xbf16, #irfuse.dims<"t">>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %c = irfuse.relayout %x {node = ["clone"]} : tensor<?x128xbf16, #irfuse.dims<"t", strides = [1, "t"]>> -> tensor<?x128xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_gated_group_quant" chains ["gated_norm_quant.token"] (%c_1 = %c : tensor<?x128xbf16, #irfuse.dims<"t">>, %z_1 = %z : tensor<?x128xbf16, #irfuse.dims<"t">>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>) attributes {node = [["q"], ["s"]]} {
  // CHECK-NEXT: %y = irfuse.rms_norm_gated %c_1, %z_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %c = irfuse.relayout %x {node = ["clone"]} : tensor<?x128xbf16, #irfuse.dims<"t", strides = [1, "t"]>> -> tensor<?x128xbf16, #irfuse.dims<"t">>
  %y = irfuse.rms_norm_gated %c, %z {eps = 1.0e-6 : f64, node = ["mul"]} : tensor<?x128xbf16, #irfuse.dims<"t">>, tensor<?x128xbf16, #irfuse.dims<"t">> -> tensor<?x128xbf16, #irfuse.dims<"t">>
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64, node = [["q"], ["s"]]} : tensor<?x128xbf16, #irfuse.dims<"t">> -> tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>
  return %q, %s : tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>
}
