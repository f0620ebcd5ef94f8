// fuse-norm-quant on quants to 4-bit floats, of which two share a byte: the chain ends in the pack, named or not.
// RUN: irfuse-opt --fuse-norm-quant %s | filecheck %s

!x = tensor<?x256xbf16, #irfuse.dims<"t">>
!f = tensor<?x256xf32, #irfuse.dims<"t">>
!token = tensor<?x1xf32, #irfuse.dims<"t">>

// Two 4-bit codes to a byte: the chain ends in the pack.
// CHECK-LABEL: func.func @packed(
func.func @packed(%x: !x) -> (tensor<?x128xui8, #irfuse.dims<"t">>, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>) {
  // CHECK-NEXT: {{.*}} = irfuse.fused "rms_norm_group_quant" chains [{{.*}}] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>) ->
  // CHECK-NEXT: %y = irfuse.rms_norm %x_1 {eps = 1.000000e-06 : f64} :
  // CHECK-NEXT: %q, {{%s(_1)?}} = irfuse.group_quant %y {
  // CHECK-NEXT: %pairs = irfuse.reshape %q :
  // CHECK-NEXT: {{%bytes(_1)?}} = irfuse.pack %pairs {bits = 4 : i64} :
  // CHECK: irfuse.yield
  // CHECK-NEXT: }
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %q, %s = irfuse.group_quant %y {group_size = 32 : i64, quant_max = 6.0 : f64, scale_format = #irfuse<scale_format ue8m0_floor>} : !x -> tensor<?x256xf4E2M1FN, #irfuse.dims<"t">>, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>
  %pairs = irfuse.reshape %q : tensor<?x256xf4E2M1FN, #irfuse.dims<"t">> -> tensor<?x128x2xf4E2M1FN, #irfuse.dims<"t">>
  %bytes = irfuse.pack %pairs {bits = 4 : i64} : tensor<?x128x2xf4E2M1FN, #irfuse.dims<"t">> -> tensor<?x128x1xui8, #irfuse.dims<"t">>
  %p = irfuse.reshape %bytes : tensor<?x128x1xui8, #irfuse.dims<"t">> -> tensor<?x128xui8, #irfuse.dims<"t">>
  return %p, %s : tensor<?x128xui8, #irfuse.dims<"t">>, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>
}

// The same in small ops, with a scale for the whole row that stays in f32.
// CHECK-LABEL: func.func @packed_small_ops(
func.func @packed_small_ops(%x: !x) -> (tensor<?x128xui8, #irfuse.dims<"t">>, !token) {
  // CHECK-NEXT: %bytes, %s = irfuse.fused "norm_quant" chains ["norm_quant.token"] (%x_1 = %x : tensor<?x256xbf16, #irfuse.dims<"t">>) ->
  // CHECK-NEXT: %y = irfuse.rms_norm %x_1 {eps = 1.000000e-06 : f64} :
  // CHECK: %q = irfuse.cast %scaled :
  // CHECK: irfuse.yield %bytes_1, %s_1 :
  // CHECK-NEXT: }
  // CHECK-NEXT: %p = irfuse.reshape %bytes :
  // CHECK-NEXT: func.return %p, %s :
  %y = irfuse.rms_norm %x {eps = 1.0e-6 : f64} : !x -> !x
  %f = irfuse.cast %y : !x -> !f
  %abs = irfuse.abs %f : !f
  %amax = irfuse.row_amax %abs : !f -> !token
  %ratio = irfuse.div %amax scalar 6.0 : !token
  %s = irfuse.clamp %ratio min 1.0e-10 : !token
  %scales = irfuse.broadcast %s : !token -> !f
  %scaled = irfuse.div %f, %scales : !f
  %q = irfuse.cast %scaled : !f -> tensor<?x256xf4E2M1FN, #irfuse.dims<"t">>
  %pairs = irfuse.reshape %q : tensor<?x256xf4E2M1FN, #irfuse.dims<"t">> -> tensor<?x128x2xf4E2M1FN, #irfuse.dims<"t">>
  %bytes = irfuse.pack %pairs {bits = 4 : i64} : tensor<?x128x2xf4E2M1FN, #irfuse.dims<"t">> -> tensor<?x128x1xui8, #irfuse.dims<"t">>
  %p = irfuse.reshape %bytes : tensor<?x128x1xui8, #irfuse.dims<"t">> -> tensor<?x128xui8, #irfuse.dims<"t">>
  return %p, %s : tensor<?x128xui8, #irfuse.dims<"t">>, !token
}
