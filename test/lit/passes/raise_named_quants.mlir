// The forms of dynamic quants beside vLLM's that raise-named finds in small ops.
// RUN: irfuse-opt --raise-named %s | filecheck %s

!x = tensor<?x256xbf16, #irfuse.dims<"t">>
!f = tensor<?x256xf32, #irfuse.dims<"t">>
!q = tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>
!h = tensor<?x1xbf16, #irfuse.dims<"t">>
!g = tensor<?x2x128xbf16, #irfuse.dims<"t">>
!gf = tensor<?x2x128xf32, #irfuse.dims<"t">>
!gs = tensor<?x2x1xf32, #irfuse.dims<"t">>
!b = tensor<?x16x16xbf16, #irfuse.dims<"t">>
!bf = tensor<?x16x16xf32, #irfuse.dims<"t">>
!bs = tensor<?x16x1xf32, #irfuse.dims<"t">>

// DeepGEMM: x * (448 / amax), with a floor under amax and no clamp; the scale is amax / 448.
// CHECK-LABEL: func.func @inverse(
func.func @inverse(%x: !g) -> (tensor<?x2x128xf8E4M3FN, #irfuse.dims<"t">>, !gs) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {group_size = 128 : i64, scale_rule = #irfuse<scale_rule inverse>, saturate = false, quant_max = 4.480000e+02 : f64, amax_floor = 1.000000e-04 : f64} : tensor<?x2x128xbf16, #irfuse.dims<"t">> -> tensor<?x2x128xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2x1xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s :
  %abs = irfuse.abs %x : !g
  %amax = irfuse.row_amax %abs : !g -> tensor<?x2x1xbf16, #irfuse.dims<"t">>
  %wide = irfuse.cast %amax : tensor<?x2x1xbf16, #irfuse.dims<"t">> -> !gs
  %floored = irfuse.clamp %wide min 1.0e-4 : !gs
  %inverse = irfuse.reciprocal %floored : !gs
  %factor = irfuse.mul %inverse scalar 448.0 : !gs
  %factors = irfuse.broadcast %factor : !gs -> !gf
  %f = irfuse.cast %x : !g -> !gf
  %scaled = irfuse.mul %f, %factors : !gf
  %q = irfuse.cast %scaled : !gf -> tensor<?x2x128xf8E4M3FN, #irfuse.dims<"t">>
  %s = irfuse.div %floored scalar 448.0 : !gs
  return %q, %s : tensor<?x2x128xf8E4M3FN, #irfuse.dims<"t">>, !gs
}

// torchao: the scale is a quotient in bf16, whose reciprocal multiplies the row.
// CHECK-LABEL: func.func @scale_rounded(
func.func @scale_rounded(%x: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {group_size = 256 : i64, scale_rule = #irfuse<scale_rule reciprocal>, scale_rounded = true, quant_max = 4.480000e+02 : f64, amax_floor = 1.000000e-12 : f64} : tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s :
  %abs = irfuse.abs %x : !x
  %amax = irfuse.row_amax %abs : !x -> !h
  %floored = irfuse.clamp %amax min 1.0e-12 : !h
  %ratio = irfuse.div %floored scalar 448.0 : !h
  %s = irfuse.cast %ratio : !h -> !s
  %inverse = irfuse.reciprocal %s : !s
  %f = irfuse.cast %x : !x -> !f
  %factors = irfuse.broadcast %inverse : !s -> !f
  %scaled = irfuse.mul %f, %factors : !f
  %held = irfuse.clamp %scaled min -448.0 max 448.0 : !f
  %q = irfuse.cast %held : !f -> !q
  return %q, %s : !q, !s
}

// An upper bound on the scale.
// CHECK-LABEL: func.func @scale_ceiling(
func.func @scale_ceiling(%x: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {group_size = 256 : i64, quant_max = 4.480000e+02 : f64, scale_floor = 1.000000e-10 : f64, scale_ceiling = 1.000000e+00 : f64} : tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s :
  %f = irfuse.cast %x : !x -> !f
  %abs = irfuse.abs %f : !f
  %amax = irfuse.row_amax %abs : !f -> !s
  %ratio = irfuse.div %amax scalar 448.0 : !s
  %s = irfuse.clamp %ratio min 1.0e-10 max 1.0 : !s
  %scales = irfuse.broadcast %s : !s -> !f
  %scaled = irfuse.div %f, %scales : !f
  %held = irfuse.clamp %scaled min -448.0 max 448.0 : !f
  %q = irfuse.cast %held : !f -> !q
  return %q, %s : !q, !s
}

// A lower bound on the row that is not the upper one's negative, and none at all.
// CHECK-LABEL: func.func @bounds(
func.func @bounds(%x: !x) -> (!q, !s, !q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {group_size = 256 : i64, quant_max = 4.480000e+02 : f64, quant_min = -2.400000e+02 : f64} : tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q2, %s2 = irfuse.group_quant %x {group_size = 256 : i64, saturate = false, quant_max = 4.480000e+02 : f64} : tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s, %q2, %s2 :
  %f = irfuse.cast %x : !x -> !f
  %abs = irfuse.abs %f : !f
  %amax = irfuse.row_amax %abs : !f -> !s
  %s = irfuse.div %amax scalar 448.0 : !s
  %scales = irfuse.broadcast %s : !s -> !f
  %scaled = irfuse.div %f, %scales : !f
  %held = irfuse.clamp %scaled min -240.0 max 448.0 : !f
  %q = irfuse.cast %held : !f -> !q
  %abs2 = irfuse.abs %f : !f
  %amax2 = irfuse.row_amax %abs2 : !f -> !s
  %s2 = irfuse.div %amax2 scalar 448.0 : !s
  %scales2 = irfuse.broadcast %s2 : !s -> !f
  %scaled2 = irfuse.div %f, %scales2 : !f
  %q2 = irfuse.cast %scaled2 : !f -> !q
  return %q, %s, %q2, %s2 : !q, !s, !q, !s
}

// To int8, rounded to the nearest first, as a cast truncates.
// CHECK-LABEL: func.func @int8(
func.func @int8(%x: !x) -> (tensor<?x256xi8, #irfuse.dims<"t">>, !s) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {group_size = 256 : i64, quant_max = 1.270000e+02 : f64, quant_min = -1.280000e+02 : f64, scale_floor = 1.000000e-10 : f64} : tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xi8, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s :
  %f = irfuse.cast %x : !x -> !f
  %abs = irfuse.abs %f : !f
  %amax = irfuse.row_amax %abs : !f -> !s
  %ratio = irfuse.div %amax scalar 127.0 : !s
  %s = irfuse.clamp %ratio min 1.0e-10 : !s
  %scales = irfuse.broadcast %s : !s -> !f
  %scaled = irfuse.div %f, %scales : !f
  %whole = irfuse.round %scaled : !f
  %held = irfuse.clamp %whole min -128.0 max 127.0 : !f
  %q = irfuse.cast %held : !f -> tensor<?x256xi8, #irfuse.dims<"t">>
  return %q, %s : tensor<?x256xi8, #irfuse.dims<"t">>, !s
}

// The scales of blocks of 16, stored as e4m3 and used as they are stored.
// CHECK-LABEL: func.func @e4m3_scales(
func.func @e4m3_scales(%x: !b) -> (tensor<?x16x16xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x16x1xf8E4M3FN, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {group_size = 16 : i64, scale_format = #irfuse<scale_format e4m3>, quant_max = 6.000000e+00 : f64} : tensor<?x16x16xbf16, #irfuse.dims<"t">> -> tensor<?x16x16xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x16x1xf8E4M3FN, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: func.return %q, %s :
  %f = irfuse.cast %x : !b -> !bf
  %abs = irfuse.abs %f : !bf
  %amax = irfuse.row_amax %abs : !bf -> !bs
  %ratio = irfuse.div %amax scalar 6.0 : !bs
  %bounded = irfuse.clamp %ratio max 448.0 : !bs
  %s = irfuse.cast %bounded : !bs -> tensor<?x16x1xf8E4M3FN, #irfuse.dims<"t">>
  %wide = irfuse.cast %s : tensor<?x16x1xf8E4M3FN, #irfuse.dims<"t">> -> !bs
  %scales = irfuse.broadcast %wide : !bs -> !bf
  %scaled = irfuse.div %f, %scales : !bf
  %held = irfuse.clamp %scaled min -6.0 max 6.0 : !bf
  %q = irfuse.cast %held : !bf -> tensor<?x16x16xf8E4M3FN, #irfuse.dims<"t">>
  return %q, %s : tensor<?x16x16xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x16x1xf8E4M3FN, #irfuse.dims<"t">>
}

// Rows that are fp8 already, quantised again: torch takes no maximum of fp8, so the quant is one of the widened rows.
// CHECK-LABEL: func.func @rows_in_fp8(
func.func @rows_in_fp8(%x: tensor<4x128xf8E5M2>) -> (tensor<4x128xf8E4M3FN>, tensor<4x1xf32>) {
  // CHECK-NEXT: %w = irfuse.cast %x : tensor<4x128xf8E5M2> -> tensor<4x128xf32>
  // CHECK-NEXT: irfuse.group_quant %w
  %w = irfuse.cast %x : tensor<4x128xf8E5M2> -> tensor<4x128xf32>
  %a = irfuse.abs %w : tensor<4x128xf32>
  %m = irfuse.row_amax %a : tensor<4x128xf32> -> tensor<4x1xf32>
  %s = irfuse.div %m scalar 448.0 : tensor<4x1xf32>
  %b = irfuse.broadcast %s : tensor<4x1xf32> -> tensor<4x128xf32>
  %v = irfuse.div %w, %b : tensor<4x128xf32>
  %c = irfuse.clamp %v min -448.0 max 448.0 : tensor<4x128xf32>
  %q = irfuse.cast %c : tensor<4x128xf32> -> tensor<4x128xf8E4M3FN>
  return %q, %s : tensor<4x128xf8E4M3FN>, tensor<4x1xf32>
}
