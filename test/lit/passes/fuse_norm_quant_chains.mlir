// fuse-norm-quant on chains beside one RMS norm and one fp8 quant: layer norms, several quants, norms above, padded
// rows, and what stays outside since that moves fewer bytes.
// RUN: irfuse-opt --fuse-norm-quant %s | filecheck %s

!x = tensor<?x256xbf16, #irfuse.dims<"t">>
!f = tensor<?x256xf32, #irfuse.dims<"t">>
!q = tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x2xf32, #irfuse.dims<"t">>
!token = tensor<?x1xf32, #irfuse.dims<"t">>

// CHECK-LABEL: func.func @layer_norm(
func.func @layer_norm(%x: !x, %w: tensor<256xbf16>, %b: tensor<256xbf16>) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "layer_norm_group_quant" chains ["norm_quant.group"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>, %w_1 = %w : tensor<256xbf16>, %b_1 = %b : tensor<256xbf16>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %y = irfuse.layer_norm %x_1 weight %w_1 : tensor<256xbf16> bias %b_1 : tensor<256xbf16> {eps = 1.000000e-05 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.layer_norm %x weight %w : tensor<256xbf16> bias %b : tensor<256xbf16> {eps = 1.0e-5 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// The residual add before a layer norm joins as before any norm.
// CHECK-LABEL: func.func @add_layer_norm(
func.func @add_layer_norm(%x: !x, %r: !x) -> (!q, !s, !x) {
  // CHECK-NEXT: %q, %s, %sum = irfuse.fused "layer_norm_group_quant" chains ["add_norm_quant.group"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>, %r_1 = %r : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>, tensor<?x256xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %sum_1 = irfuse.add %x_1, %r_1 :
  // CHECK-NEXT: %y = irfuse.layer_norm %sum_1 {eps = 1.000000e-05 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %sum_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s, %sum :
  %sum = irfuse.add %x, %r : !x
  %y = irfuse.layer_norm %sum {eps = 1.0e-5 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s, %sum : !q, !s, !x
}

// Quants of three kinds on one norm are one kernel with all results.
// CHECK-LABEL: func.func @three_quants(
func.func @three_quants(%x: !x, %g: tensor<1xf32>) -> (!q, !token, tensor<?x256xi8, #irfuse.dims<"t">>, !token, !q, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s, %i, %t, %m, %e = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.token", "norm_quant.token", "norm_quant.group"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>, tensor<?x256xi8, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>, tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm %x_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 256 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: %i_1, %t_1 = irfuse.group_quant %y {group_size = 256 : i64, quant_max = 1.270000e+02 : f64} :
  // CHECK-NEXT: %m_1, %e_1 = irfuse.group_quant %y {group_size = 32 : i64, quant_max = 4.480000e+02 : f64, scale_format = #irfuse<scale_format ue8m0_floor>} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %i_1, %t_1, %m_1, %e_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s, %i, %t, %m, %e :
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 256 : i64, quant_max = 448.0 : f64} : !x -> !q, !token
  %i, %t = irfuse.group_quant %y {group_size = 256 : i64, quant_max = 127.0 : f64} : !x -> tensor<?x256xi8, #irfuse.dims<"t">>, !token
  %m, %e = irfuse.group_quant %y {group_size = 32 : i64, quant_max = 448.0 : f64, scale_format = #irfuse<scale_format ue8m0_floor>} : !x -> !q, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>
  return %q, %s, %i, %t, %m, %e : !q, !token, tensor<?x256xi8, #irfuse.dims<"t">>, !token, !q, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>
}

// Sandwich norm: the norm above, the add and the norm are one kernel where nobody else reads the first norm.
// CHECK-LABEL: func.func @sandwich(
func.func @sandwich(%x: !x, %r: !x) -> (!q, !s, !x) {
  // CHECK-NEXT: %q, %s, %sum = irfuse.fused "rms_norm_group_quant" chains ["add_norm_quant.group"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>, %r_1 = %r : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>, tensor<?x256xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %a = irfuse.rms_norm %x_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %sum_1 = irfuse.add %a, %r_1 :
  // CHECK-NEXT: %b = irfuse.rms_norm %sum_1 {eps = 1.000000e-05 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %sum_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s, %sum :
  %a = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %sum = irfuse.add %a, %r : !x
  %b = irfuse.rms_norm %sum {eps = 1.0e-5 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s, %sum : !q, !s, !x
}

// The norm above has another reader, so it stays outside.
// CHECK-LABEL: func.func @sandwich_read(
func.func @sandwich_read(%x: !x, %r: !x) -> (!q, !s, !x, !x) {
  // CHECK-NEXT: %a = irfuse.rms_norm %x {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %z = irfuse.opaque "reader" (%a) : (tensor<?x256xbf16, #irfuse.dims<"t">>) -> tensor<?x256xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q, %s, %sum = irfuse.fused "rms_norm_group_quant" chains ["add_norm_quant.group"] (%a_1 = %a : tensor<?x256xbf16, #irfuse.dims<"t">>, %r_1 = %r : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>, tensor<?x256xbf16, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %sum_1 = irfuse.add %a_1, %r_1 :
  // CHECK-NEXT: %b = irfuse.rms_norm %sum_1 {eps = 1.000000e-05 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1, %sum_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s, %sum, %z :
  %a = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %z = irfuse.opaque "reader" (%a) : (!x) -> !x
  %sum = irfuse.add %a, %r : !x
  %b = irfuse.rms_norm %sum {eps = 1.0e-5 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %b {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s, %sum, %z : !q, !s, !x, !x
}

// A ragged last group: rows of 200 columns are padded to two groups of 128.
// CHECK-LABEL: func.func @ragged(
func.func @ragged(%x: tensor<?x200xbf16, #irfuse.dims<"t">>) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%x_1 = %x : tensor<?x200xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm %x_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %p = irfuse.pad %y : tensor<?x200xbf16, #irfuse.dims<"t">> -> tensor<?x256xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : tensor<?x200xbf16, #irfuse.dims<"t">> -> tensor<?x200xbf16, #irfuse.dims<"t">>
  %p = irfuse.pad %y : tensor<?x200xbf16, #irfuse.dims<"t">> -> !x
  %q, %s = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// A narrowing cast of what a pointwise node computes: f32 would be written for the kernel to read, so bf16 is.
// CHECK-LABEL: func.func @cast_stays(
func.func @cast_stays(%x: !f) -> (!q, !s) {
  // CHECK-NEXT: %p = irfuse.opaque "aten.sin.default" pointwise (%x) call <x0> : (tensor<?x256xf32, #irfuse.dims<"t">>) -> tensor<?x256xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %n = irfuse.cast %p : tensor<?x256xf32, #irfuse.dims<"t">> -> tensor<?x256xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%n_1 = %n : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm %n_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %p = irfuse.opaque "aten.sin.default" pointwise (%x) call<x0> : (!f) -> !f
  %n = irfuse.cast %p : !f -> !x
  %y = irfuse.rms_norm %n {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// The same of a node that writes its f32 anyway: the cast joins.
// CHECK-LABEL: func.func @cast_joins(
func.func @cast_joins(%x: !f) -> (!q, !s) {
  // CHECK-NEXT: %p = irfuse.opaque "mylib.f" (%x) : (tensor<?x256xf32, #irfuse.dims<"t">>) -> tensor<?x256xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%p_1 = %p : tensor<?x256xf32, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %n = irfuse.cast %p_1 : tensor<?x256xf32, #irfuse.dims<"t">> -> tensor<?x256xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %y = irfuse.rms_norm %n {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %p = irfuse.opaque "mylib.f" (%x) : (!f) -> !f
  %n = irfuse.cast %p : !f -> !x
  %y = irfuse.rms_norm %n {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// A product of two pointwise values: one tensor to write and read instead of two.
// CHECK-LABEL: func.func @product_stays(
func.func @product_stays(%x: !x, %z: !x) -> (!q, !s) {
  // CHECK-NEXT: %a = irfuse.opaque "aten.sin.default" pointwise (%x) call <x0> : (tensor<?x256xbf16, #irfuse.dims<"t">>) -> tensor<?x256xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %b = irfuse.opaque "aten.cos.default" pointwise (%z) call <x0> : (tensor<?x256xbf16, #irfuse.dims<"t">>) -> tensor<?x256xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %p = irfuse.mul %a, %b :
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%p_1 = %p : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %y = irfuse.rms_norm %p_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %a = irfuse.opaque "aten.sin.default" pointwise (%x) call<x0> : (!x) -> !x
  %b = irfuse.opaque "aten.cos.default" pointwise (%z) call<x0> : (!x) -> !x
  %p = irfuse.mul %a, %b : !x
  %y = irfuse.rms_norm %p {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// A product of two tensors that are in memory joins.
// CHECK-LABEL: func.func @product_joins(
func.func @product_joins(%x: !x, %z: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "rms_norm_group_quant" chains ["norm_quant.group"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>, %z_1 = %z : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %p = irfuse.mul %x_1, %z_1 :
  // CHECK-NEXT: %y = irfuse.rms_norm %p {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %p = irfuse.mul %x, %z : !x
  %y = irfuse.rms_norm %p {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}
