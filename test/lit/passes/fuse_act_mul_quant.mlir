// fuse-act-mul-quant: an activation product and its quant become one irfuse.fused op.
// RUN: irfuse-opt --fuse-act-mul-quant %s | filecheck %s

!x = tensor<?x256xbf16, #irfuse.dims<"t">>
!q = tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x2xf32, #irfuse.dims<"t">>
!token = tensor<?x1xf32, #irfuse.dims<"t">>

// silu(a) * b, scales for parts of the row.
// CHECK-LABEL: func.func @named(
func.func @named(%a: !x, %b: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.fused "act_mul_group_quant" chains ["act_mul_quant.group"] (%a_1 = %a : tensor<?x256xbf16, #irfuse.dims<"t">>, %b_1 = %b : tensor<?x256xbf16, #irfuse.dims<"t">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x2xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %p = irfuse.act_mul %a_1, %b_1 : tensor<?x256xbf16, #irfuse.dims<"t">>, tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %p = irfuse.act_mul %a, %b : !x, !x -> !x
  %q, %s = irfuse.group_quant %p {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, !s
  return %q, %s : !q, !s
}

// The two halves of one tensor, as a gated MLP has them: read where they lie.
// CHECK-LABEL: func.func @halves(
func.func @halves(%a: tensor<?x256xbf16, #irfuse.dims<"t", strides = [512, 1]>>, %b: tensor<?x256xbf16, #irfuse.dims<"t", strides = [512, 1]>>) -> (!q, !token) {
  // CHECK-NEXT: %q, %s = irfuse.fused "act_mul_group_quant" chains ["act_mul_quant.token"] (%a_1 = %a : tensor<?x256xbf16, #irfuse.dims<"t", strides = [512, 1]>>, %b_1 = %b : tensor<?x256xbf16, #irfuse.dims<"t", strides = [512, 1]>>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %c = irfuse.relayout %a_1 : tensor<?x256xbf16, #irfuse.dims<"t", strides = [512, 1]>> -> tensor<?x256xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %d = irfuse.relayout %b_1 : tensor<?x256xbf16, #irfuse.dims<"t", strides = [512, 1]>> -> tensor<?x256xbf16, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: %p = irfuse.act_mul %c, %d {activation = #irfuse<activation sigmoid>} :
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %p {group_size = 256 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %c = irfuse.relayout %a : tensor<?x256xbf16, #irfuse.dims<"t", strides = [512, 1]>> -> !x
  %d = irfuse.relayout %b : tensor<?x256xbf16, #irfuse.dims<"t", strides = [512, 1]>> -> !x
  %p = irfuse.act_mul %c, %d {activation = #irfuse<activation sigmoid>} : !x, !x -> !x
  %q, %s = irfuse.group_quant %p {group_size = 256 : i64, quant_max = 448.0 : f64} : !x -> !q, !token
  return %q, %s : !q, !token
}

// In small ops, to int8, with one given scale.
// CHECK-LABEL: func.func @unnamed(
func.func @unnamed(%a: tensor<8x192xbf16>, %b: tensor<8x192xbf16>, %scale: tensor<f32>) -> tensor<8x192xi8> {
  // CHECK-NEXT: %q = irfuse.fused "act_mul_quant" chains ["act_mul_quant.tensor"] (%a_1 = %a : tensor<8x192xbf16>, %b_1 = %b : tensor<8x192xbf16>, %scale_1 = %scale : tensor<f32>) -> (tensor<8x192xi8>) {
  // CHECK-NEXT: %act = irfuse.silu %a_1 :
  // CHECK-NEXT: %p = irfuse.mul %act, %b_1 :
  // CHECK-NEXT: %pf = irfuse.cast %p : tensor<8x192xbf16> -> tensor<8x192xf32>{{$}}
  // CHECK-NEXT: %scales = irfuse.broadcast %scale_1 : tensor<f32> -> tensor<8x192xf32>{{$}}
  // CHECK-NEXT: %ratio = irfuse.div %pf, %scales :
  // CHECK-NEXT: %whole = irfuse.round %ratio :
  // CHECK-NEXT: %held = irfuse.clamp %whole min -1.280000e+02 max 1.270000e+02 :
  // CHECK-NEXT: %q_1 = irfuse.cast %held : tensor<8x192xf32> -> tensor<8x192xi8>{{$}}
  // CHECK-NEXT: irfuse.yield %q_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q :
  %act = irfuse.silu %a : tensor<8x192xbf16>
  %p = irfuse.mul %act, %b : tensor<8x192xbf16>
  %pf = irfuse.cast %p : tensor<8x192xbf16> -> tensor<8x192xf32>
  %scales = irfuse.broadcast %scale : tensor<f32> -> tensor<8x192xf32>
  %ratio = irfuse.div %pf, %scales : tensor<8x192xf32>
  %whole = irfuse.round %ratio : tensor<8x192xf32>
  %held = irfuse.clamp %whole min -128.0 max 127.0 : tensor<8x192xf32>
  %q = irfuse.cast %held : tensor<8x192xf32> -> tensor<8x192xi8>
  return %q : tensor<8x192xi8>
}

// Groups that begin in one row of the product and end in the next: a product has no rows of its own.
// CHECK-LABEL: func.func @groups_across_rows(
func.func @groups_across_rows(%a: tensor<8x192xbf16>, %b: tensor<8x192xbf16>) -> (tensor<12x128xf8E4M3FN>, tensor<12x1xf32>) {
  // CHECK-NEXT: %q, %s = irfuse.fused "act_mul_group_quant" chains ["act_mul_quant.group"] (%a_1 = %a : tensor<8x192xbf16>, %b_1 = %b : tensor<8x192xbf16>) -> (tensor<12x128xf8E4M3FN>, tensor<12x1xf32>) {
  // CHECK-NEXT: %p = irfuse.act_mul %a_1, %b_1 : tensor<8x192xbf16>, tensor<8x192xbf16> -> tensor<8x192xbf16>{{$}}
  // CHECK-NEXT: %rows = irfuse.reshape %p : tensor<8x192xbf16> -> tensor<12x128xbf16>{{$}}
  // CHECK-NEXT: %q_1, %s_1 = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  // CHECK-NEXT: irfuse.yield %q_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: func.return %q, %s :
  %p = irfuse.act_mul %a, %b : tensor<8x192xbf16>, tensor<8x192xbf16> -> tensor<8x192xbf16>
  %rows = irfuse.reshape %p : tensor<8x192xbf16> -> tensor<12x128xbf16>
  %q, %s = irfuse.group_quant %rows {group_size = 128 : i64, quant_max = 448.0 : f64} : tensor<12x128xbf16> -> tensor<12x128xf8E4M3FN>, tensor<12x1xf32>
  return %q, %s : tensor<12x128xf8E4M3FN>, tensor<12x1xf32>
}
