// The forms of group_quant beside vLLM's fp8: each property, the global scale, scales of 8 bits, 4-bit and integer
// codes. Properties that have their default stay unsaid.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s

!x = tensor<?x256xbf16, #irfuse.dims<"t">>
!q = tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>
!i = tensor<?x256xi8, #irfuse.dims<"t">>
!n = tensor<?x256xf4E2M1FN, #irfuse.dims<"t">>
!s = tensor<?x2xf32, #irfuse.dims<"t">>
!token = tensor<?x1xf32, #irfuse.dims<"t">>

// CHECK-LABEL: func.func @defaults
func.func @defaults(%x: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 4.480000e+02 : f64} :
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64, scale_rule = #irfuse<scale_rule divide>, scale_format = #irfuse<scale_format f32>, scale_rounded = false, saturate = true} : !x -> !q, !s
  return %q, %s : !q, !s
}

// DeepGEMM's: multiplied by quant_max / amax, with a floor under amax and no clamp.
// CHECK-LABEL: func.func @inverse
func.func @inverse(%x: !x) -> (!q, !s) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 4.480000e+02 : f64, amax_floor = 1.000000e-04 : f64, scale_rule = #irfuse<scale_rule inverse>, saturate = false} :
  %q, %s = irfuse.group_quant %x {group_size = 128 : i64, quant_max = 448.0 : f64, amax_floor = 1.0e-4 : f64, scale_rule = #irfuse<scale_rule inverse>, saturate = false} : !x -> !q, !s
  return %q, %s : !q, !s
}

// torchao's: the scale is a quotient in bf16; another one is bounded from both sides.
// CHECK-LABEL: func.func @scales
func.func @scales(%x: !x) -> (!q, !token, !q, !token) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {group_size = 256 : i64, quant_max = 4.480000e+02 : f64, scale_rounded = true} :
  %q, %s = irfuse.group_quant %x {group_size = 256 : i64, quant_max = 448.0 : f64, scale_rounded = true} : !x -> !q, !token
  // CHECK-NEXT: %p, %r = irfuse.group_quant %x {group_size = 256 : i64, quant_max = 4.480000e+02 : f64, scale_floor = 1.000000e-10 : f64, scale_ceiling = 1.000000e+00 : f64} :
  %p, %r = irfuse.group_quant %x {group_size = 256 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64, scale_ceiling = 1.0 : f64} : !x -> !q, !token
  return %q, %s, %p, %r : !q, !token, !q, !token
}

// Integers: a bound of its own below.
// CHECK-LABEL: func.func @integers
func.func @integers(%x: !x) -> (!i, !token) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {group_size = 256 : i64, quant_max = 1.270000e+02 : f64, quant_min = -1.280000e+02 : f64} : tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xi8, #irfuse.dims<"t">>, tensor<?x1xf32, #irfuse.dims<"t">>{{$}}
  %q, %s = irfuse.group_quant %x {group_size = 256 : i64, quant_max = 127.0 : f64, quant_min = -128.0 : f64} : !x -> !i, !token
  return %q, %s : !i, !token
}

// OCP MX: exponents in a byte each, to 8-bit and 4-bit floats.
// CHECK-LABEL: func.func @mx
func.func @mx(%x: !x) -> (!q, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>, !n, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 4.480000e+02 : f64, scale_format = #irfuse<scale_format ue8m0_floor>} : tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>{{$}}
  %q, %s = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 448.0 : f64, scale_format = #irfuse<scale_format ue8m0_floor>} : !x -> !q, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>
  // CHECK-NEXT: %n, %t = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 6.000000e+00 : f64, scale_format = #irfuse<scale_format ue8m0>} : tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xf4E2M1FN, #irfuse.dims<"t">>, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>{{$}}
  %n, %t = irfuse.group_quant %x {group_size = 32 : i64, quant_max = 6.0 : f64, scale_format = #irfuse<scale_format ue8m0>} : !x -> !n, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>
  return %q, %s, %n, %t : !q, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>, !n, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>
}

// NVFP4: the scale of the tensor beside those of its blocks, which are fp8.
// CHECK-LABEL: func.func @nvfp4
func.func @nvfp4(%x: !x, %g: tensor<1xf32>) -> (!n, tensor<?x16xf8E4M3FN, #irfuse.dims<"t">>) {
  // CHECK-NEXT: %q, %s = irfuse.group_quant %x global %g : tensor<1xf32> {group_size = 16 : i64, quant_max = 6.000000e+00 : f64, scale_format = #irfuse<scale_format e4m3>} : tensor<?x256xbf16, #irfuse.dims<"t">> -> tensor<?x256xf4E2M1FN, #irfuse.dims<"t">>, tensor<?x16xf8E4M3FN, #irfuse.dims<"t">>{{$}}
  %q, %s = irfuse.group_quant %x global %g : tensor<1xf32> {group_size = 16 : i64, quant_max = 6.0 : f64, scale_format = #irfuse<scale_format e4m3>} : !x -> !n, tensor<?x16xf8E4M3FN, #irfuse.dims<"t">>
  return %q, %s : !n, tensor<?x16xf8E4M3FN, #irfuse.dims<"t">>
}

// One given scale, to integers.
// CHECK-LABEL: func.func @static
func.func @static(%x: !x, %g: tensor<1xf32>) -> !i {
  // CHECK-NEXT: %q = irfuse.static_quant %x, %g {quant_max = 1.270000e+02 : f64} : tensor<?x256xbf16, #irfuse.dims<"t">>, tensor<1xf32> -> tensor<?x256xi8, #irfuse.dims<"t">>{{$}}
  %q = irfuse.static_quant %x, %g {quant_max = 127.0 : f64} : !x, tensor<1xf32> -> !i
  return %q : !i
}
