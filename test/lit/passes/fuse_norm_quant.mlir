// fuse-norm-quant: norm and quant, with or without a residual add before the norm, become one irfuse.fused op.
// RUN: irfuse-opt --fuse-norm-quant %s | filecheck %s

!x = tensor<?x256xbf16, #irfuse.dims<"t">>
!f = tensor<?x256xf32, #irfuse.dims<"t">>
!q = tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x2xf32, #irfuse.dims<"t">>
!token = tensor<?x1xf32, #irfuse.dims<"t">>

// A weight, and scales for parts of the row.
// CHECK-LABEL: func.func @named(
func.func @named(%x: !x, %w: tensor<256xbf16>) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>, %w_1 = %w : tensor<256xbf16>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm %x_1 weight %w_1 : tensor<256xbf16> {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm %x weight %w : tensor<256xbf16> {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// The sum of an add_rms_norm is a result where something reads it.
// CHECK-LABEL: func.func @named_add(
func.func @named_add(%x: !x, %r: !x) -> (!q, !token, !x) {
  // CHECK-NEXT: %q, %s, %sum = irfuse.fused "add_rms_norm_group_quant" chains ["add_norm_quant.token"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>, %r_1 = %r : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>, tensor<?x256xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %y, %sum_1 = irfuse.add_rms_norm %x_1, %r_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 256 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %sum_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s, %sum :
  %y, %sum = irfuse.add_rms_norm %x, %r {eps = 1.0e-6 : f64} : !x, !x -> !x, !x
  %q, %s = irfuse.group_quant %y {group_size = 256 : i64, quant_max = 448.0 : f64} : !x -> !q, !token
  return %q, %s, %sum : !q, !token, !x
}

// A residual add in small ops joins, and its sum is the second result: the next layer's residual.
// CHECK-LABEL: func.func @residual(
func.func @residual(%x: !x, %r: !x, %w: tensor<256xbf16>) -> (!x, !q, !token) {
  // CHECK-NEXT: %q, %s, %sum = irfuse.fused "rms_norm_group_quant" chains ["add_norm_quant.token"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>, %r_1 = %r : tensor<?x256xbf16, #irfuse.dims<"t">>, %w_1 = %w : tensor<256xbf16>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>, tensor<?x256xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %sum_1 = irfuse.add %x_1, %r_1 :
  // CHECK-NEXT: %y = irfuse.rms_norm %sum_1 weight %w_1 : tensor<256xbf16> {eps = 1.000000e-06 : f64, weight_round = #irfuse<weight_round before>} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 256 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %sum_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %sum, %q, %s :
  %sum = irfuse.add %x, %r : !x
  %y = irfuse.rms_norm %sum weight %w : tensor<256xbf16> {eps = 1.0e-6 : f64, weight_round = #irfuse<weight_round before>} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 256 : i64, quant_max = 448.0 : f64} : !x -> !q, !token
  return %sum, %q, %s : !x, !q, !token
}

// The sum in f32, narrowed to bf16 for the next layer: the narrow one leaves the kernel.
// CHECK-LABEL: func.func @residual_in_f32(
func.func @residual_in_f32(%x: !x, %r: !x) -> (!x, !q, !token) {
  // CHECK-NEXT: %q, %s, %narrow = irfuse.fused "rms_norm_group_quant" chains ["add_norm_quant.token"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>, %r_1 = %r : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>, tensor<?x256xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %xf = irfuse.cast %x_1 : tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %rf = irfuse.cast %r_1 : tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %sum = irfuse.add %xf, %rf :
  // CHECK-NEXT: %narrow_1 = irfuse.cast %sum : tensor<?x256xf32, #irfuse.dims<"t">> -> tensor<?x256xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %y = irfuse.rms_norm %sum {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 256 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %narrow_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %narrow, %q, %s :
  %xf = irfuse.cast %x : !x -> !f
  %rf = irfuse.cast %r : !x -> !f
  %sum = irfuse.add %xf, %rf : !f
  %narrow = irfuse.cast %sum : !f -> !x
  %y = irfuse.rms_norm %sum {eps = 1.0e-6 : f64} : !f -> !x
  %q, %s = irfuse.group_quant %y {group_size = 256 : i64, quant_max = 448.0 : f64} : !x -> !q, !token
  return %narrow, %q, %s : !x, !q, !token
}

// Two quants of different kinds on one norm.
// CHECK-LABEL: func.func @two_quants(
func.func @two_quants(%x: !x, %scale: tensor<1xf32>) -> (!q, !s, !q) {
  // CHECK-NEXT: %q, %s, %p = irfuse.fused "rms_norm_group_quant_static_quant" chains ["norm_quant.group", "norm_quant.tensor"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>, %scale_1 = %scale : tensor<1xf32>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>, tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm %x_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: %p_1 = irfuse.static_quant %y, %scale_1 {quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %p_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s, %p :
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %p = irfuse.static_quant %y, %scale {quant_max = 448.0 : f64} : !x, tensor<1xf32> -> !q
  return %q, %s, %p : !q, !s, !q
}

// Another user of the norm gets it as one more result.
// CHECK-LABEL: func.func @second_user(
func.func @second_user(%x: !x) -> (!q, !s, !x) {
  // CHECK-NEXT: %q, %s, %y = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>, tensor<?x256xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %y_1 = irfuse.rms_norm %x_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y_1 {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %y_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: %z = irfuse.opaque "reader" (%y) : (tensor<?x256xbf16, #irfuse.dims<"t">>) -> tensor<?x256xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s, %z :
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %z = irfuse.opaque "reader" (%y) : (!x) -> !x
  return %q, %s, %z : !q, !s, !x
}

// Norms one behind the other: both are fused with the quant where nobody else uses the first.
// CHECK-LABEL: func.func @norm_of_norm(
func.func @norm_of_norm(%x: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %a = irfuse.rms_norm %x_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %b = irfuse.rms_norm %a {eps = 1.000000e-05 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %a = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %b = irfuse.rms_norm %a {eps = 1.0e-5 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// Two chains of one function are two kernels.
// CHECK-LABEL: func.func @two_chains(
func.func @two_chains(%x: !x, %y: !x) -> (!q, !s, !q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %a = irfuse.rms_norm %x_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: %p, %t = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%y_1 = %y : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %b = irfuse.rms_norm %y_1 {eps = 1.000000e-05 : f64} :
  // CHECK-NEXT: %p_1, %t_1 = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %p_1, %t_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s, %p, %t :
  %a = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %b = irfuse.rms_norm %y {eps = 1.0e-5 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  %p, %t = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s, %p, %t : !q, !s, !q, !s
}

// The sum is read for an operand of the kernel, a scale; so the add stays outside and the rest is fused.
// CHECK-LABEL: func.func @add_stays_outside(
func.func @add_stays_outside(%x: !x, %r: !x) -> !q {
  // CHECK-NEXT: %sum = irfuse.add %x, %r :
  // CHECK-NEXT: %scale = irfuse.opaque "calibrate" (%sum) : (tensor<?x256xbf16, #irfuse.dims<"t">>) -> tensor<1xf32>{{$}}
  // CHECK-NEXT: %q = irfuse.fused "rms_norm_static_quant" chains ["{{(add_)?}}norm_quant.tensor"] (%sum_1 = %sum : tensor<?x256xbf16, #irfuse.dims<"t">>, %scale_1 = %scale : tensor<1xf32>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm %sum_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1 = irfuse.static_quant %y, %scale_1 {quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q :
  %sum = irfuse.add %x, %r : !x
  %scale = irfuse.opaque "calibrate" (%sum) : (!x) -> tensor<1xf32>
  %y = irfuse.rms_norm %sum {eps = 1.0e-6 : f64} : !x -> !x
  %q = irfuse.static_quant %y, %scale {quant_max = 448.0 : f64} : !x, tensor<1xf32> -> !q
  return %q : !q
}

// Runs of a row normed apart, quantised in parts of them.
// CHECK-LABEL: func.func @runs(
func.func @runs(%x: !x) -> (!q, tensor<?x8xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x8xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm %x_1 {eps = 1.000000e-06 : f64, norm_group = 64 : i64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 32 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64, norm_group = 64 : i64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 32 : i64, quant_max = 448.0 : f64} : !x -> !q, tensor<?x8xf32, #irfuse.dims<"t">>
  return %q, %s : !q, tensor<?x8xf32, #irfuse.dims<"t">>
}

// An L2 norm in small ops, which has no name: x / max(sqrt(sum(x * x)), 1e-12).
// CHECK-LABEL: func.func @unnamed(
func.func @unnamed(%x: tensor<8x192xf32>, %scale: tensor<f32>) -> tensor<8x192xf8E5M2> {
  // CHECK-NEXT: %q = irfuse.fused "norm_quant" chains ["norm_quant.tensor"] (%x_1 = %x : tensor<8x192xf32>, %scale_1 = %scale : tensor<f32>) -> (tensor<8x192xf8E5M2>) {
  // CHECK-NEXT: %square = irfuse.mul %x_1, %x_1 :
  // CHECK-NEXT: %sum = irfuse.row_sum %square : tensor<8x192xf32> -> tensor<8x1xf32>{{$}}
  // CHECK-NEXT: %root = irfuse.sqrt %sum :
  // CHECK-NEXT: %floored = irfuse.clamp %root min 1.000000e-12 :
  // CHECK-NEXT: %roots = irfuse.broadcast %floored : tensor<8x1xf32> -> tensor<8x192xf32>{{$}}
  // CHECK-NEXT: %y = irfuse.div %x_1, %roots :
  // CHECK-NEXT: %q_1 = irfuse.static_quant %y, %scale_1 {quant_max = 5.734400e+04 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q :
  %square = irfuse.mul %x, %x : tensor<8x192xf32>
  %sum = irfuse.row_sum %square : tensor<8x192xf32> -> tensor<8x1xf32>
  %root = irfuse.sqrt %sum : tensor<8x1xf32>
  %floored = irfuse.clamp %root min 1.0e-12 : tensor<8x1xf32>
  %roots = irfuse.broadcast %floored : tensor<8x1xf32> -> tensor<8x192xf32>
  %y = irfuse.div %x, %roots : tensor<8x192xf32>
  %q = irfuse.static_quant %y, %scale {quant_max = 57344.0 : f64} : tensor<8x192xf32>, tensor<f32> -> tensor<8x192xf8E5M2>
  return %q : tensor<8x192xf8E5M2>
}

// Norms of 192 columns and groups of 128, of which neither divides the other: a row is 384 columns.
// CHECK-LABEL: func.func @two_norms_are_three_groups(
func.func @two_norms_are_three_groups(%x: tensor<?x768xbf16, #irfuse.dims<"t">>) -> (tensor<?x768xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x6xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"]
  // CHECK-NEXT: irfuse.rms_norm
  // CHECK-NEXT: irfuse.group_quant
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64, norm_group = 192 : i64} : tensor<?x768xbf16, #irfuse.dims<"t">> -> tensor<?x768xbf16, #irfuse.dims<"t">>
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<?x768xbf16, #irfuse.dims<"t">> -> tensor<?x768xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x6xf32, #irfuse.dims<"t">>
  return %q, %s : tensor<?x768xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x6xf32, #irfuse.dims<"t">>
}

// The first 192 columns of a norm are quantised, the last 64 are rotated: pieces of one row, two kinds of results.
// CHECK-LABEL: func.func @part_beside_a_rotation(
func.func @part_beside_a_rotation(%x: !x) -> (tensor<?x192xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>, tensor<?x64xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%x_1 = %x : {{.*}}) -> (tensor<?x192xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>, tensor<?x64xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: irfuse.rms_norm
  // CHECK: irfuse.concat
  // CHECK: irfuse.yield
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %plain = irfuse.slice %y {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : !x -> tensor<?x192xbf16, #irfuse.dims<"t">>
  %q, %s = irfuse.group_quant %plain {group_size = 64 : i64, quant_max = 448.0 : f64} : tensor<?x192xbf16, #irfuse.dims<"t">> -> tensor<?x192xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>
  %a = irfuse.slice %y {axis = 1 : i64, start = 192 : i64, step = 1 : i64} : !x -> tensor<?x64xbf16, #irfuse.dims<"t">>
  %b = irfuse.slice %a {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<?x64xbf16, #irfuse.dims<"t">> -> tensor<?x32xbf16, #irfuse.dims<"t">>
  %c = irfuse.slice %a {axis = 1 : i64, start = 32 : i64, step = 1 : i64} : tensor<?x64xbf16, #irfuse.dims<"t">> -> tensor<?x32xbf16, #irfuse.dims<"t">>
  %n = irfuse.neg %c : tensor<?x32xbf16, #irfuse.dims<"t">>
  %r = irfuse.concat %n, %b {axis = 1 : i64} : tensor<?x32xbf16, #irfuse.dims<"t">>, tensor<?x32xbf16, #irfuse.dims<"t">> -> tensor<?x64xbf16, #irfuse.dims<"t">>
  return %q, %s, %r : tensor<?x192xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x3xf32, #irfuse.dims<"t">>, tensor<?x64xbf16, #irfuse.dims<"t">>
}
