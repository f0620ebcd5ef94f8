// The norms, bare and with every operand and attribute that they can have, print what they parse; defaults stay unsaid.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | filecheck %s --check-prefix=GENERIC

!rows = tensor<?x256xbf16, #irfuse.dims<"s77">>

// CHECK-LABEL: func.func @rms_norm
// GENERIC-LABEL: sym_name = "rms_norm"
func.func @rms_norm(%x: !rows, %w: tensor<256xbf16>, %b: tensor<256xf32>, %v: tensor<128xf32>) -> (!rows, !rows, !rows, !rows) {
  // CHECK-NEXT: %bare = irfuse.rms_norm %x {eps = 1.000000e-06 : f64} : tensor<?x256xbf16, #irfuse.dims<"s77">> -> tensor<?x256xbf16, #irfuse.dims<"s77">>{{$}}
  // GENERIC: %bare = "irfuse.rms_norm"(%x) <{eps = 1.000000e-06 : f64, operandSegmentSizes = array<i32: 1, 0, 0>, weight_round = #irfuse<weight_round none>, weight_offset = 0.000000e+00 : f64}> : (tensor<?x256xbf16, #irfuse.dims<"s77">>) -> tensor<?x256xbf16, #irfuse.dims<"s77">>
  %bare = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !rows -> !rows
  // CHECK-NEXT: %biased = irfuse.rms_norm %x weight %w : tensor<256xbf16> bias %b : tensor<256xf32> {eps = 1.000000e-05 : f64, weight_offset = 1.000000e+00 : f64} : tensor<?x256xbf16, #irfuse.dims<"s77">> -> {{.*}}
  // GENERIC-NEXT: %biased = "irfuse.rms_norm"(%x, %w, %b) <{{{.*}}operandSegmentSizes = array<i32: 1, 1, 1>
  %biased = irfuse.rms_norm %x weight %w : tensor<256xbf16> bias %b : tensor<256xf32> {eps = 1.0e-5 : f64, weight_offset = 1.0 : f64} : !rows -> !rows
  // CHECK-NEXT: %rounded = irfuse.rms_norm %x weight %w : tensor<256xbf16> {eps = 1.000000e-06 : f64, weight_round = #irfuse<weight_round before>} :
  // GENERIC-NEXT: %rounded = "irfuse.rms_norm"(%x, %w) <{{{.*}}weight_round = #irfuse<weight_round before>
  %rounded = irfuse.rms_norm %x weight %w : tensor<256xbf16> {eps = 1.0e-6 : f64, weight_round = #irfuse<weight_round before>} : !rows -> !rows
  // A weight of one run is shared by both runs of a row.
  // CHECK-NEXT: %runs = irfuse.rms_norm %x weight %v : tensor<128xf32> {eps = 1.000000e-06 : f64, norm_group = 128 : i64} :
  // GENERIC-NEXT: %runs = "irfuse.rms_norm"(%x, %v) <{{{.*}}norm_group = 128 : i64
  %runs = irfuse.rms_norm %x weight %v : tensor<128xf32> {eps = 1.0e-6 : f64, norm_group = 128 : i64} : !rows -> !rows
  return %bare, %biased, %rounded, %runs : !rows, !rows, !rows, !rows
}

// CHECK-LABEL: func.func @rms_norm_gated
// GENERIC-LABEL: sym_name = "rms_norm_gated"
func.func @rms_norm_gated(%x: !rows, %z: tensor<?x256xf32, #irfuse.dims<"s77">>, %w: tensor<256xbf16>) -> (!rows, !rows, !rows) {
  // CHECK-NEXT: %bare = irfuse.rms_norm_gated %x, %z {eps = 1.000000e-06 : f64} : tensor<?x256xbf16, #irfuse.dims<"s77">>, tensor<?x256xf32, #irfuse.dims<"s77">> -> tensor<?x256xbf16, #irfuse.dims<"s77">>{{$}}
  // GENERIC: %bare = "irfuse.rms_norm_gated"(%x, %z) <{{{.*}}activation = #irfuse<activation silu>, norm_before_gate = true
  %bare = irfuse.rms_norm_gated %x, %z {eps = 1.0e-6 : f64} : !rows, tensor<?x256xf32, #irfuse.dims<"s77">> -> !rows
  // CHECK-NEXT: %first = irfuse.rms_norm_gated %x, %bare weight %w : tensor<256xbf16> {eps = 1.000000e-06 : f64, activation = #irfuse<activation silu_mul>, norm_before_gate = false} :
  %first = irfuse.rms_norm_gated %x, %bare weight %w : tensor<256xbf16> {eps = 1.0e-6 : f64, activation = #irfuse<activation silu_mul>, norm_before_gate = false} : !rows, !rows -> !rows
  // CHECK-NEXT: %all = irfuse.rms_norm_gated %x, %first weight %w : tensor<256xbf16> bias %w : tensor<256xbf16> {eps = 0.000000e+00 : f64, norm_group = 64 : i64, weight_offset = -5.000000e-01 : f64, activation = #irfuse<activation silu_exp>} :
  %all = irfuse.rms_norm_gated %x, %first weight %w : tensor<256xbf16> bias %w : tensor<256xbf16> {eps = 0.0 : f64, norm_group = 64 : i64, weight_offset = -0.5 : f64, activation = #irfuse<activation silu_exp>} : !rows, !rows -> !rows
  return %bare, %first, %all : !rows, !rows, !rows
}

// CHECK-LABEL: func.func @add_rms_norm
// GENERIC-LABEL: sym_name = "add_rms_norm"
func.func @add_rms_norm(%x: !rows, %r: tensor<?x256xf32, #irfuse.dims<"s77">>, %w: tensor<256xbf16>) -> (!rows, !rows, !rows, tensor<?x256xf32, #irfuse.dims<"s77">>) {
  // CHECK-NEXT: %bare, %bare_sum = irfuse.add_rms_norm %x, %x {eps = 1.000000e-06 : f64} : tensor<?x256xbf16, #irfuse.dims<"s77">>, tensor<?x256xbf16, #irfuse.dims<"s77">> -> tensor<?x256xbf16, #irfuse.dims<"s77">>, tensor<?x256xbf16, #irfuse.dims<"s77">>{{$}}
  // GENERIC: %bare, %bare_sum = "irfuse.add_rms_norm"(%x, %x) <{{{.*}}operandSegmentSizes = array<i32: 1, 1, 0, 0>{{.*}}norm_rounded = false
  %bare, %bare_sum = irfuse.add_rms_norm %x, %x {eps = 1.0e-6 : f64} : !rows, !rows -> !rows, !rows
  // CHECK-NEXT: %all, %all_sum = irfuse.add_rms_norm %bare, %r weight %w : tensor<256xbf16> bias %w : tensor<256xbf16> {eps = 1.000000e-06 : f64, norm_rounded = true} : tensor<?x256xbf16, #irfuse.dims<"s77">>, tensor<?x256xf32, #irfuse.dims<"s77">> -> tensor<?x256xbf16, #irfuse.dims<"s77">>, tensor<?x256xf32, #irfuse.dims<"s77">>{{$}}
  %all, %all_sum = irfuse.add_rms_norm %bare, %r weight %w : tensor<256xbf16> bias %w : tensor<256xbf16> {eps = 1.0e-6 : f64, norm_rounded = true} : !rows, tensor<?x256xf32, #irfuse.dims<"s77">> -> !rows, tensor<?x256xf32, #irfuse.dims<"s77">>
  return %bare, %bare_sum, %all, %all_sum : !rows, !rows, !rows, tensor<?x256xf32, #irfuse.dims<"s77">>
}
