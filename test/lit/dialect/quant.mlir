// The quants, bare and with every attribute that they can have, print what they parse; defaults stay unsaid.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | filecheck %s --check-prefix=GENERIC

!x = tensor<?x256xbf16, #irfuse.dims<"s77">>
!q = tensor<?x256xf8E4M3FN, #irfuse.dims<"s77">>

// CHECK-LABEL: func.func @group_quant
// GENERIC-LABEL: sym_name = "group_quant"
func.func @group_quant(%x: !x, %y: tensor<?xf32, #irfuse.dims<"64*n">>)
    -> (!q, tensor<?x2xf32, #irfuse.dims<"s77">>, tensor<?x256xf8E5M2FNUZ, #irfuse.dims<"s77">>, tensor<?x1xf32, #irfuse.dims<"s77">>, tensor<?xf8E4M3FNUZ, #irfuse.dims<"64*n">>, tensor<?xf32, #irfuse.dims<"2*n">>) {
  // CHECK: %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} : tensor<?x256xbf16, #irfuse.dims<"s77">> -> tensor<?x256xf8E4M3FN, #irfuse.dims<"s77">>, tensor<?x2xf32, #irfuse.dims<"s77">>{{$}}
  // GENERIC: %q, %s = "irfuse.group_quant"(%x) <{group_size = 128 : i64, quant_max = 4.480000e+02 : f64, scale_rule = #irfuse<scale_rule divide>, scale_format = #irfuse<scale_format f32>, scale_rounded = false, saturate = true}> : (tensor<?x256xbf16, #irfuse.dims<"s77">>) -> (tensor<?x256xf8E4M3FN, #irfuse.dims<"s77">>, tensor<?x2xf32, #irfuse.dims<"s77">>)
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64} : !x -> !q, tensor<?x2xf32, #irfuse.dims<"s77">>
  // CHECK-NEXT: %token, %token_s = irfuse.group_quant %x {group_size = 256 : i64, quant_max = 5.734400e+04 : f64, scale_floor = 1.000000e-10 : f64, scale_rule = #irfuse<scale_rule reciprocal>, scale_format = #irfuse<scale_format ue8m0>} : tensor<?x256xbf16, #irfuse.dims<"s77">> -> tensor<?x256xf8E5M2FNUZ, #irfuse.dims<"s77">>, tensor<?x1xf32, #irfuse.dims<"s77">>{{$}}
  %token, %token_s = irfuse.group_quant %x {group_size = 256 : i64, quant_max = 57344.0 : f64, scale_floor = 1.0e-10 : f64, scale_rule = #irfuse<scale_rule reciprocal>, scale_format = #irfuse<scale_format ue8m0>}
      : !x -> tensor<?x256xf8E5M2FNUZ, #irfuse.dims<"s77">>, tensor<?x1xf32, #irfuse.dims<"s77">>
  // Groups of a symbolic number of columns.
  // CHECK-NEXT: %flat, %flat_s = irfuse.group_quant %y {group_size = 32 : i64, quant_max = 2.400000e+02 : f64} : tensor<?xf32, #irfuse.dims<"64*n">> -> tensor<?xf8E4M3FNUZ, #irfuse.dims<"64*n">>, tensor<?xf32, #irfuse.dims<"2*n">>{{$}}
  %flat, %flat_s = irfuse.group_quant %y {group_size = 32 : i64, quant_max = 240.0 : f64} : tensor<?xf32, #irfuse.dims<"64*n">> -> tensor<?xf8E4M3FNUZ, #irfuse.dims<"64*n">>, tensor<?xf32, #irfuse.dims<"2*n">>
  return %q, %s, %token, %token_s, %flat, %flat_s : !q, tensor<?x2xf32, #irfuse.dims<"s77">>, tensor<?x256xf8E5M2FNUZ, #irfuse.dims<"s77">>, tensor<?x1xf32, #irfuse.dims<"s77">>, tensor<?xf8E4M3FNUZ, #irfuse.dims<"64*n">>, tensor<?xf32, #irfuse.dims<"2*n">>
}

// CHECK-LABEL: func.func @static_quant
// GENERIC-LABEL: sym_name = "static_quant"
func.func @static_quant(%x: !x, %scale: tensor<1xf32>, %number: tensor<f32>) -> (!q, tensor<?x256xf8E5M2, #irfuse.dims<"s77">>) {
  // CHECK-NEXT: %q = irfuse.static_quant %x, %scale {quant_max = 4.480000e+02 : f64} : tensor<?x256xbf16, #irfuse.dims<"s77">>, tensor<1xf32> -> tensor<?x256xf8E4M3FN, #irfuse.dims<"s77">>{{$}}
  // GENERIC: %q = "irfuse.static_quant"(%x, %scale) <{quant_max = 4.480000e+02 : f64, scale_rule = #irfuse<scale_rule reciprocal>}>
  %q = irfuse.static_quant %x, %scale {quant_max = 448.0 : f64} : !x, tensor<1xf32> -> !q
  // CHECK-NEXT: %divided = irfuse.static_quant %x, %number {quant_max = 5.734400e+04 : f64, scale_rule = #irfuse<scale_rule divide>} : tensor<?x256xbf16, #irfuse.dims<"s77">>, tensor<f32> -> tensor<?x256xf8E5M2, #irfuse.dims<"s77">>{{$}}
  %divided = irfuse.static_quant %x, %number {quant_max = 57344.0 : f64, scale_rule = #irfuse<scale_rule divide>} : !x, tensor<f32> -> tensor<?x256xf8E5M2, #irfuse.dims<"s77">>
  return %q, %divided : !q, tensor<?x256xf8E5M2, #irfuse.dims<"s77">>
}
