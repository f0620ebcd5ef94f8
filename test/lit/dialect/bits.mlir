// Ops on bits and truth values print what they parse, in both syntaxes; numbers stay as they are read.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | filecheck %s --check-prefix=GENERIC

!f = tensor<?x4xf32, #irfuse.dims<"s0">>
!i = tensor<?x4xi32, #irfuse.dims<"s0">>
!t = tensor<?x4xi1, #irfuse.dims<"s0">>

// CHECK-LABEL: func.func @bitwise
// GENERIC-LABEL: sym_name = "bitwise"
func.func @bitwise(%x: !i, %t: !t) -> (!i, !t) {
  // CHECK-NEXT: %and = irfuse.and %x, %x : tensor<?x4xi32, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %and = "irfuse.and"(%x, %x) : (tensor<?x4xi32, #irfuse.dims<"s0">>, tensor<?x4xi32, #irfuse.dims<"s0">>) -> tensor<?x4xi32, #irfuse.dims<"s0">>
  %and = irfuse.and %x, %x : !i
  // The exponent of an f32: more digits than six, all of them kept.
  // CHECK-NEXT: %exponent = irfuse.and %and scalar 2139095040.0 : tensor<?x4xi32, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %exponent = "irfuse.and"(%and) <{scalar = {{.*}} : f64}>
  %exponent = irfuse.and %and scalar 2139095040.0 : !i
  // CHECK-NEXT: %or = irfuse.or %exponent, %x :
  %or = irfuse.or %exponent, %x : !i
  // CHECK-NEXT: %xor = irfuse.xor %or scalar -1.000000e+00 :
  %xor = irfuse.xor %or scalar -1.0 : !i
  // CHECK-NEXT: %shl = irfuse.shl %xor scalar 4.000000e+00 :
  %shl = irfuse.shl %xor scalar 4.0 : !i
  // CHECK-NEXT: %shr = irfuse.shr %shl, %x :
  %shr = irfuse.shr %shl, %x : !i
  // CHECK-NEXT: %floor = irfuse.floor_div %shr scalar 1.600000e+01 : tensor<?x4xi32, #irfuse.dims<"s0">>{{$}}
  %floor = irfuse.floor_div %shr scalar 16.0 : !i
  // CHECK-NEXT: %rest = irfuse.remainder %floor scalar 3.000000e+00 :
  %rest = irfuse.remainder %floor scalar 3.0 : !i
  // CHECK-NEXT: %not = irfuse.xor %t scalar 1.000000e+00 : tensor<?x4xi1, #irfuse.dims<"s0">>{{$}}
  %not = irfuse.xor %t scalar 1.0 : !t
  return %rest, %not : !i, !t
}

// CHECK-LABEL: func.func @compare
// GENERIC-LABEL: sym_name = "compare"
func.func @compare(%x: !f, %y: !f) -> !t {
  // CHECK-NEXT: %eq = irfuse.compare eq %x, %y : tensor<?x4xf32, #irfuse.dims<"s0">> -> tensor<?x4xi1, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %eq = "irfuse.compare"(%x, %y) <{predicate = #irfuse<predicate eq>}> :
  %eq = irfuse.compare eq %x, %y : !f -> !t
  // CHECK-NEXT: %ne = irfuse.compare ne %x, %y :
  %ne = irfuse.compare ne %x, %y : !f -> !t
  // CHECK-NEXT: %lt = irfuse.compare lt %x scalar 1.000000e-01 : tensor<?x4xf32, #irfuse.dims<"s0">> -> tensor<?x4xi1, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %lt = "irfuse.compare"(%x) <{predicate = #irfuse<predicate lt>, scalar = 1.000000e-01 : f64}> :
  %lt = irfuse.compare lt %x scalar 0.1 : !f -> !t
  // CHECK-NEXT: %le = irfuse.compare le %x scalar inf :
  %le = irfuse.compare le %x scalar inf : !f -> !t
  // CHECK-NEXT: %gt = irfuse.compare gt %x scalar neg_inf :
  %gt = irfuse.compare gt %x scalar neg_inf : !f -> !t
  // CHECK-NEXT: %ge = irfuse.compare ge %x scalar 3.4028234663852886e+38 :
  %ge = irfuse.compare ge %x scalar 3.4028234663852886e+38 : !f -> !t
  return %ge : !t
}

// CHECK-LABEL: func.func @select_and_bitcast
// GENERIC-LABEL: sym_name = "select_and_bitcast"
func.func @select_and_bitcast(%t: !t, %x: !f) -> (!f, tensor<?x4xi8, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: %0 = irfuse.select %t, %x, %x : tensor<?x4xi1, #irfuse.dims<"s0">>, tensor<?x4xf32, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %0 = "irfuse.select"(%t, %x, %x) : (tensor<?x4xi1, #irfuse.dims<"s0">>, tensor<?x4xf32, #irfuse.dims<"s0">>, tensor<?x4xf32, #irfuse.dims<"s0">>) -> tensor<?x4xf32, #irfuse.dims<"s0">>
  %0 = irfuse.select %t, %x, %x : !t, !f
  // CHECK-NEXT: %1 = irfuse.bitcast %0 : tensor<?x4xf32, #irfuse.dims<"s0">> -> tensor<?x4xi32, #irfuse.dims<"s0">>{{$}}
  // GENERIC-NEXT: %1 = "irfuse.bitcast"(%0) : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> tensor<?x4xi32, #irfuse.dims<"s0">>
  %1 = irfuse.bitcast %0 : !f -> !i
  // CHECK-NEXT: %2 = irfuse.cast %1 :
  %2 = irfuse.cast %1 : !i -> tensor<?x4xf8E8M0FNU, #irfuse.dims<"s0">>
  // CHECK-NEXT: %3 = irfuse.bitcast %2 : tensor<?x4xf8E8M0FNU, #irfuse.dims<"s0">> -> tensor<?x4xi8, #irfuse.dims<"s0">>{{$}}
  %3 = irfuse.bitcast %2 : tensor<?x4xf8E8M0FNU, #irfuse.dims<"s0">> -> tensor<?x4xi8, #irfuse.dims<"s0">>
  return %0, %3 : !f, tensor<?x4xi8, #irfuse.dims<"s0">>
}

// CHECK-LABEL: func.func @bytes
func.func @bytes(%x: !f, %h: tensor<4x?xbf16, #irfuse.dims<"s0">>) -> (tensor<?x16xui8, #irfuse.dims<"s0">>, tensor<4x?xui8, #irfuse.dims<"2*s0">>) {
  // CHECK-NEXT: %b = irfuse.bytes %x : tensor<?x4xf32, #irfuse.dims<"s0">> -> tensor<?x16xui8, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %b = "irfuse.bytes"(%x) : (tensor<?x4xf32, #irfuse.dims<"s0">>) -> tensor<?x16xui8, #irfuse.dims<"s0">>
  %b = irfuse.bytes %x : !f -> tensor<?x16xui8, #irfuse.dims<"s0">>
  // CHECK-NEXT: %c = irfuse.bytes %h : tensor<4x?xbf16, #irfuse.dims<"s0">> -> tensor<4x?xui8, #irfuse.dims<"2*s0">>{{$}}
  %c = irfuse.bytes %h : tensor<4x?xbf16, #irfuse.dims<"s0">> -> tensor<4x?xui8, #irfuse.dims<"2*s0">>
  return %b, %c : tensor<?x16xui8, #irfuse.dims<"s0">>, tensor<4x?xui8, #irfuse.dims<"2*s0">>
}
