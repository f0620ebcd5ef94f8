// The rules of raise-aten for bits, truth values, comparisons and choices.
// RUN: irfuse-opt --raise-aten %s | filecheck %s

!f = tensor<4x8xf32>
!h = tensor<4x8xbf16>
!i = tensor<4x8xi32>
!t = tensor<4x8xi1>
!u = tensor<4x8xui8>

// CHECK-LABEL: func.func @bitwise(
func.func @bitwise(%x: !i, %y: !i) -> !i {
  // CHECK-NEXT: %0 = irfuse.and %x scalar 2139095040.0 :
  // CHECK-NEXT: %1 = irfuse.or %0, %y :
  // CHECK-NEXT: %2 = irfuse.xor %1, %y :
  // CHECK-NEXT: %3 = irfuse.shl %2 scalar 4.000000e+00 :
  // CHECK-NEXT: %4 = irfuse.shr %3 scalar 2.300000e+01 :
  // CHECK-NEXT: func.return %4 :
  %0 = irfuse.opaque "aten.bitwise_and.Scalar" (%x) call<x0, 2139095040> : (!i) -> !i
  %1 = irfuse.opaque "aten.bitwise_or.Tensor" (%0, %y) call<x0, x1> : (!i, !i) -> !i
  %2 = irfuse.opaque "aten.bitwise_xor.Tensor" (%1, %y) call<x0, x1> : (!i, !i) -> !i
  %3 = irfuse.opaque "aten.bitwise_left_shift.Tensor_Scalar" (%2) call<x0, 4> : (!i) -> !i
  %4 = irfuse.opaque "aten.__rshift__.Scalar" (%3) call<x0, 23> : (!i) -> !i
  return %4 : !i
}

// CHECK-LABEL: func.func @quotients(
func.func @quotients(%x: !i, %y: !i, %h: !h) -> (!i, !i, !i, !i, !i, !h) {
  // CHECK-NEXT: %0 = irfuse.floor_div %x scalar 1.600000e+01 :
  // CHECK-NEXT: %1 = irfuse.remainder %x scalar 1.600000e+01 :
  // CHECK-NEXT: %2 = irfuse.floor_div %x scalar 3.000000e+00 :
  // CHECK-NEXT: irfuse.opaque "aten.remainder.Scalar"
  // CHECK-NEXT: irfuse.opaque "aten.remainder.Tensor"
  // CHECK-NEXT: irfuse.opaque "aten.floor_divide.default"
  %0 = irfuse.opaque "aten.floor_divide.default" (%x) call<x0, 16> : (!i) -> !i
  %1 = irfuse.opaque "aten.remainder.Scalar" (%x) call<x0, 16> : (!i) -> !i
  %2 = irfuse.opaque "aten.div.Tensor_mode" (%x) call<x0, 3, rounding_mode = "floor"> : (!i) -> !i
  %3 = irfuse.opaque "aten.remainder.Scalar" (%x) call<x0, -16> : (!i) -> !i
  %4 = irfuse.opaque "aten.remainder.Tensor" (%x, %y) call<x0, x1> : (!i, !i) -> !i
  %5 = irfuse.opaque "aten.floor_divide.default" (%h) call<x0, 16> : (!h) -> !h
  return %0, %1, %2, %3, %4, %5 : !i, !i, !i, !i, !i, !h
}

// CHECK-LABEL: func.func @truth_values(
func.func @truth_values(%x: !t, %y: !t) -> !t {
  // CHECK-NEXT: %0 = irfuse.and %x, %y :
  // CHECK-NEXT: %1 = irfuse.or %0, %y :
  // CHECK-NEXT: %2 = irfuse.xor %1, %y :
  // CHECK-NEXT: %3 = irfuse.xor %2 scalar 1.000000e+00 :
  // CHECK-NEXT: %4 = irfuse.xor %3 scalar 1.000000e+00 :
  // CHECK-NEXT: func.return %4 :
  %0 = irfuse.opaque "aten.logical_and.default" (%x, %y) call<x0, x1> : (!t, !t) -> !t
  %1 = irfuse.opaque "aten.logical_or.default" (%0, %y) call<x0, x1> : (!t, !t) -> !t
  %2 = irfuse.opaque "aten.logical_xor.default" (%1, %y) call<x0, x1> : (!t, !t) -> !t
  %3 = irfuse.opaque "aten.logical_not.default" (%2) call<x0> : (!t) -> !t
  %4 = irfuse.opaque "aten.bitwise_not.default" (%3) call<x0> : (!t) -> !t
  return %4 : !t
}

// f32 and integers, with a number and with a tensor, which is broadcast.
// CHECK-LABEL: func.func @compare(
func.func @compare(%x: !f, %i: !i, %w: tensor<8xf32>) -> (!t, !t, !t) {
  // CHECK-NEXT: %0 = irfuse.compare gt %x scalar 5.000000e-01 : tensor<4x8xf32> -> tensor<4x8xi1>{{$}}
  // CHECK-NEXT: %1 = irfuse.compare eq %i scalar 2.550000e+02 : tensor<4x8xi32> -> tensor<4x8xi1>{{$}}
  // CHECK-NEXT: %2 = irfuse.broadcast %w : tensor<8xf32> -> tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %3 = irfuse.compare le %x, %2 : tensor<4x8xf32> -> tensor<4x8xi1>{{$}}
  // CHECK-NEXT: func.return %0, %1, %3 :
  %0 = irfuse.opaque "aten.gt.Scalar" (%x) call<x0, 0.5> : (!f) -> !t
  %1 = irfuse.opaque "aten.eq.Scalar" (%i) call<x0, 255> : (!i) -> !t
  %2 = irfuse.opaque "aten.le.Tensor" (%x, %w) call<x0, x1> : (!f, tensor<8xf32>) -> !t
  return %0, %1, %2 : !t, !t, !t
}

// NaN is what is not equal to itself; infinite is what lies above the largest f32.
// CHECK-LABEL: func.func @classes(
func.func @classes(%x: !f, %h: !h) -> (!t, !t, !t) {
  // CHECK-NEXT: %0 = irfuse.compare ne %h, %h : tensor<4x8xbf16> -> tensor<4x8xi1>{{$}}
  // CHECK-NEXT: %1 = irfuse.cast %h : tensor<4x8xbf16> -> tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %2 = irfuse.abs %1 :
  // CHECK-NEXT: %3 = irfuse.compare gt %2 scalar 3.4028234663852886e+38 : tensor<4x8xf32> -> tensor<4x8xi1>{{$}}
  // CHECK-NEXT: %4 = irfuse.abs %x :
  // CHECK-NEXT: %5 = irfuse.compare le %4 scalar 3.4028234663852886e+38 : tensor<4x8xf32> -> tensor<4x8xi1>{{$}}
  // CHECK-NEXT: func.return %0, %3, %5 :
  %0 = irfuse.opaque "aten.isnan.default" (%h) call<x0> : (!h) -> !t
  %1 = irfuse.opaque "aten.isinf.default" (%h) call<x0> : (!h) -> !t
  %2 = irfuse.opaque "aten.isfinite.default" (%x) call<x0> : (!f) -> !t
  return %0, %1, %2 : !t, !t, !t
}

// Either value may be a number, and is broadcast.
// CHECK-LABEL: func.func @where(
func.func @where(%c: tensor<4x1xi1>, %x: !f, %h: !h) -> (!f, !f, !f) {
  // CHECK-NEXT: %0 = irfuse.broadcast %c : tensor<4x1xi1> -> tensor<4x8xi1>{{$}}
  // CHECK-NEXT: %1 = irfuse.select %0, %x, %x : tensor<4x8xi1>, tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %2 = irfuse.full 0.000000e+00 : tensor<f32>{{$}}
  // CHECK-NEXT: %3 = irfuse.broadcast %2 : tensor<f32> -> tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %4 = irfuse.broadcast %c : tensor<4x1xi1> -> tensor<4x8xi1>{{$}}
  // CHECK-NEXT: %5 = irfuse.select %4, %x, %3 : tensor<4x8xi1>, tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %6 = irfuse.cast %h : tensor<4x8xbf16> -> tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %7 = irfuse.broadcast %c : tensor<4x1xi1> -> tensor<4x8xi1>{{$}}
  // CHECK-NEXT: %8 = irfuse.select %7, %6, %x : tensor<4x8xi1>, tensor<4x8xf32>{{$}}
  // CHECK-NEXT: func.return %1, %5, %8 :
  %0 = irfuse.opaque "aten.where.self" (%c, %x, %x) call<x0, x1, x2> : (tensor<4x1xi1>, !f, !f) -> !f
  %1 = irfuse.opaque "aten.where.ScalarOther" (%c, %x) call<x0, x1, 0.0> : (tensor<4x1xi1>, !f) -> !f
  %2 = irfuse.opaque "aten.where.self" (%c, %h, %x) call<x0, x1, x2> : (tensor<4x1xi1>, !h, !f) -> !f
  return %0, %1, %2 : !f, !f, !f
}

// The bits as another type of the same width; bytes side by side in a word.
// CHECK-LABEL: func.func @views(
func.func @views(%x: !f, %u: !u) -> (!i, tensor<4x8xf8E4M3FN>, tensor<4x2xi32>) {
  // CHECK-NEXT: %0 = irfuse.bitcast %x : tensor<4x8xf32> -> tensor<4x8xi32>{{$}}
  // CHECK-NEXT: %1 = irfuse.bitcast %u : tensor<4x8xui8> -> tensor<4x8xf8E4M3FN>{{$}}
  // CHECK-NEXT: %2 = irfuse.reshape %u : tensor<4x8xui8> -> tensor<4x2x4xui8>{{$}}
  // CHECK-NEXT: %3 = irfuse.pack %2 {bits = 8 : i64} : tensor<4x2x4xui8> -> tensor<4x2x1xi32>{{$}}
  // CHECK-NEXT: %4 = irfuse.reshape %3 : tensor<4x2x1xi32> -> tensor<4x2xi32>{{$}}
  // CHECK-NEXT: func.return %0, %1, %4 :
  %0 = irfuse.opaque "aten.view.dtype" (%x) call<x0, "int32"> : (!f) -> !i
  %1 = irfuse.opaque "aten.view.dtype" (%u) call<x0, "float8_e4m3fn"> : (!u) -> tensor<4x8xf8E4M3FN>
  %2 = irfuse.opaque "aten.view.dtype" (%u) call<x0, "int32"> : (!u) -> tensor<4x2xi32>
  return %0, %1, %2 : !i, tensor<4x8xf8E4M3FN>, tensor<4x2xi32>
}

// The bytes of wider elements, also as another type of 8 bits.
// CHECK-LABEL: func.func @bytes(
func.func @bytes(%x: !f, %h: tensor<4x8xbf16>, %l: tensor<4x2xi64>) -> (tensor<4x32xui8>, tensor<4x16xi8>, tensor<4x16xui8>) {
  // CHECK-NEXT: %0 = irfuse.bytes %x : tensor<4x8xf32> -> tensor<4x32xui8>{{$}}
  // CHECK-NEXT: %1 = irfuse.bytes %h : tensor<4x8xbf16> -> tensor<4x16xui8>{{$}}
  // CHECK-NEXT: %2 = irfuse.bitcast %1 : tensor<4x16xui8> -> tensor<4x16xi8>{{$}}
  // CHECK-NEXT: %3 = irfuse.bytes %l : tensor<4x2xi64> -> tensor<4x16xui8>{{$}}
  // CHECK-NEXT: func.return %0, %2, %3 :
  %0 = irfuse.opaque "aten.view.dtype" (%x) call<x0, "uint8"> : (!f) -> tensor<4x32xui8>
  %1 = irfuse.opaque "aten.view.dtype" (%h) call<x0, "int8"> : (tensor<4x8xbf16>) -> tensor<4x16xi8>
  %2 = irfuse.opaque "aten.view.dtype" (%l) call<x0, "uint8"> : (tensor<4x2xi64>) -> tensor<4x16xui8>
  return %0, %1, %2 : tensor<4x32xui8>, tensor<4x16xi8>, tensor<4x16xui8>
}

// Every second code in the low half of a byte, the others in the high half.
// CHECK-LABEL: func.func @codes(
func.func @codes(%x: tensor<4x8xf32>) -> tensor<4x4xui8> {
  // CHECK-NEXT: %q = irfuse.cast %x : tensor<4x8xf32> -> tensor<4x8xf4E2M1FN>{{$}}
  // CHECK-NEXT: %c = irfuse.cast %q : tensor<4x8xf4E2M1FN> -> tensor<4x8xui8>{{$}}
  // CHECK-NEXT: %0 = irfuse.slice %c {axis = 1 : i64, start = 0 : i64, step = 2 : i64} : tensor<4x8xui8> -> tensor<4x4xui8>{{$}}
  // CHECK-NEXT: %1 = irfuse.slice %c {axis = 1 : i64, start = 1 : i64, step = 2 : i64} : tensor<4x8xui8> -> tensor<4x4xui8>{{$}}
  // CHECK-NEXT: %2 = irfuse.shl %1 scalar 4.000000e+00 :
  // CHECK-NEXT: %3 = irfuse.reshape %c : tensor<4x8xui8> -> tensor<4x4x2xui8>{{$}}
  // CHECK-NEXT: %4 = irfuse.pack %3 {bits = 4 : i64} : tensor<4x4x2xui8> -> tensor<4x4x1xui8>{{$}}
  // CHECK-NEXT: %5 = irfuse.reshape %4 : tensor<4x4x1xui8> -> tensor<4x4xui8>{{$}}
  // CHECK-NEXT: func.return %5 :
  %q = irfuse.cast %x : tensor<4x8xf32> -> tensor<4x8xf4E2M1FN>
  %c = irfuse.cast %q : tensor<4x8xf4E2M1FN> -> !u
  %0 = irfuse.opaque "aten.slice.Tensor" (%c) call<x0, 1, 0, 9223372036854775807, 2> : (!u) -> tensor<4x4xui8>
  %1 = irfuse.opaque "aten.slice.Tensor" (%c) call<x0, 1, 1, 9223372036854775807, 2> : (!u) -> tensor<4x4xui8>
  %2 = irfuse.opaque "aten.bitwise_left_shift.Tensor_Scalar" (%1) call<x0, 4> : (tensor<4x4xui8>) -> tensor<4x4xui8>
  %3 = irfuse.opaque "aten.bitwise_or.Tensor" (%0, %2) call<x0, x1> : (tensor<4x4xui8>, tensor<4x4xui8>) -> tensor<4x4xui8>
  return %3 : tensor<4x4xui8>
}

// Other halves than those of one tensor of bytes stay as they are written.
// CHECK-LABEL: func.func @no_codes(
func.func @no_codes(%c: !u, %o: !u) -> (tensor<4x4xui8>, tensor<4x4xui8>) {
  // CHECK-NEXT: %0 = irfuse.slice %c {axis = 1 : i64, start = 0 : i64, step = 2 : i64} : tensor<4x8xui8> -> tensor<4x4xui8>{{$}}
  // CHECK-NEXT: %1 = irfuse.slice %c {axis = 1 : i64, start = 1 : i64, step = 2 : i64} : tensor<4x8xui8> -> tensor<4x4xui8>{{$}}
  // CHECK-NEXT: %2 = irfuse.slice %o {axis = 1 : i64, start = 1 : i64, step = 2 : i64} : tensor<4x8xui8> -> tensor<4x4xui8>{{$}}
  // CHECK-NEXT: %3 = irfuse.shl %1 scalar 3.000000e+00 :
  // CHECK-NEXT: %4 = irfuse.shl %2 scalar 4.000000e+00 :
  // CHECK-NEXT: %5 = irfuse.or %0, %3 :
  // CHECK-NEXT: %6 = irfuse.or %0, %4 :
  // CHECK-NEXT: func.return %5, %6 :
  %0 = irfuse.slice %c {axis = 1 : i64, start = 0 : i64, step = 2 : i64} : !u -> tensor<4x4xui8>
  %1 = irfuse.slice %c {axis = 1 : i64, start = 1 : i64, step = 2 : i64} : !u -> tensor<4x4xui8>
  %2 = irfuse.slice %o {axis = 1 : i64, start = 1 : i64, step = 2 : i64} : !u -> tensor<4x4xui8>
  %3 = irfuse.shl %1 scalar 3.0 : tensor<4x4xui8>
  %4 = irfuse.shl %2 scalar 4.0 : tensor<4x4xui8>
  %5 = irfuse.opaque "aten.bitwise_or.Tensor" (%0, %3) call<x0, x1> : (tensor<4x4xui8>, tensor<4x4xui8>) -> tensor<4x4xui8>
  %6 = irfuse.opaque "aten.bitwise_or.Tensor" (%0, %4) call<x0, x1> : (tensor<4x4xui8>, tensor<4x4xui8>) -> tensor<4x4xui8>
  return %5, %6 : tensor<4x4xui8>, tensor<4x4xui8>
}

// Nor are every second row, and every second code of a part of them.
// CHECK-LABEL: func.func @other_halves(
func.func @other_halves(%c: !u) -> (tensor<2x8xui8>, tensor<4x2xui8>) {
  // CHECK-NOT: irfuse.pack
  // CHECK-COUNT-2: irfuse.or
  %0 = irfuse.slice %c {axis = 0 : i64, start = 0 : i64, step = 2 : i64} : !u -> tensor<2x8xui8>
  %1 = irfuse.slice %c {axis = 0 : i64, start = 1 : i64, step = 2 : i64} : !u -> tensor<2x8xui8>
  %2 = irfuse.shl %1 scalar 4.0 : tensor<2x8xui8>
  %3 = irfuse.opaque "aten.bitwise_or.Tensor" (%0, %2) call<x0, x1> : (tensor<2x8xui8>, tensor<2x8xui8>) -> tensor<2x8xui8>
  %4 = irfuse.slice %c {axis = 1 : i64, start = 0 : i64, step = 2 : i64} : !u -> tensor<4x2xui8>
  %5 = irfuse.slice %c {axis = 1 : i64, start = 1 : i64, step = 2 : i64} : !u -> tensor<4x2xui8>
  %6 = irfuse.shl %5 scalar 4.0 : tensor<4x2xui8>
  %7 = irfuse.opaque "aten.bitwise_or.Tensor" (%4, %6) call<x0, x1> : (tensor<4x2xui8>, tensor<4x2xui8>) -> tensor<4x2xui8>
  return %3, %7 : tensor<2x8xui8>, tensor<4x2xui8>
}

// Arithmetic on truth values is logic.
// CHECK-LABEL: func.func @products_of_truth_values(
func.func @products_of_truth_values(%a: tensor<4xi1>, %b: tensor<4xi1>) -> (tensor<4xi1>, tensor<4xi1>) {
  // CHECK-NEXT: %0 = irfuse.and %a, %b : tensor<4xi1>{{$}}
  // CHECK-NEXT: %1 = irfuse.or %a, %b : tensor<4xi1>{{$}}
  %0 = irfuse.opaque "aten.mul.Tensor" (%a, %b) call<x0, x1> : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
  %1 = irfuse.opaque "aten.add.Tensor" (%a, %b) call<x0, x1> : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
  return %0, %1 : tensor<4xi1>, tensor<4xi1>
}

// Halves of signed bytes are no codes: they are computed as they are written.
// CHECK-LABEL: func.func @signed_halves(
func.func @signed_halves(%c: tensor<4x8xi8>) -> tensor<4x4xi8> {
  // CHECK-NOT: irfuse.pack
  // CHECK: irfuse.or
  %0 = irfuse.opaque "aten.slice.Tensor" (%c) call<x0, 1, 0, 9223372036854775807, 2> : (tensor<4x8xi8>) -> tensor<4x4xi8>
  %1 = irfuse.opaque "aten.slice.Tensor" (%c) call<x0, 1, 1, 9223372036854775807, 2> : (tensor<4x8xi8>) -> tensor<4x4xi8>
  %2 = irfuse.opaque "aten.bitwise_left_shift.Tensor_Scalar" (%1) call<x0, 4> : (tensor<4x4xi8>) -> tensor<4x4xi8>
  %3 = irfuse.opaque "aten.bitwise_or.Tensor" (%0, %2) call<x0, x1> : (tensor<4x4xi8>, tensor<4x4xi8>) -> tensor<4x4xi8>
  return %3 : tensor<4x4xi8>
}

// A threshold that bf16 holds; one that it does not hold is rounded on GPUs alone.
// CHECK-LABEL: func.func @thresholds(
func.func @thresholds(%x: tensor<4x8xbf16>) -> (tensor<4x8xbf16>, tensor<4x8xbf16>) {
  // CHECK-NEXT: %0 = irfuse.compare le %x scalar 5.000000e-01 : {{.*}} -> tensor<4x8xi1>{{$}}
  // CHECK: irfuse.select %0, %{{.*}}, %x : tensor<4x8xi1>, tensor<4x8xbf16>{{$}}
  // CHECK-NEXT: irfuse.opaque "aten.threshold.default"
  %0 = irfuse.opaque "aten.threshold.default" (%x) call<x0, 0.5, 0> : (tensor<4x8xbf16>) -> tensor<4x8xbf16>
  %1 = irfuse.opaque "aten.threshold.default" (%x) call<x0, 0.01, 0> : (tensor<4x8xbf16>) -> tensor<4x8xbf16>
  return %0, %1 : tensor<4x8xbf16>, tensor<4x8xbf16>
}
