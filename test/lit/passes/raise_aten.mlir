// Each rule of raise-aten: an opaque node becomes the small ops that give its bits.
// RUN: irfuse-opt --raise-aten %s | filecheck %s

!x = tensor<?x4x8xbf16, #irfuse.dims<"s0">>
!f = tensor<?x4x8xf32, #irfuse.dims<"s0">>

// A cast between the types that a kernel computes in or writes.
// CHECK-LABEL: func.func @to_copy(
func.func @to_copy(%x: !x) -> tensor<?x4x8xf8E4M3FN, #irfuse.dims<"s0">> {
  // CHECK-NEXT: %0 = irfuse.cast %x : tensor<?x4x8xbf16, #irfuse.dims<"s0">> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.cast %0 : tensor<?x4x8xf32, #irfuse.dims<"s0">> -> tensor<?x4x8xf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.cast %1 : tensor<?x4x8xf16, #irfuse.dims<"s0">> -> tensor<?x4x8xf8E4M3FN, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %2 :
  %0 = irfuse.opaque "aten._to_copy.default" (%x) call<x0, dtype = "float32"> : (!x) -> !f
  %1 = irfuse.opaque "prims.convert_element_type.default" (%0) call<x0, "float16"> : (!f) -> tensor<?x4x8xf16, #irfuse.dims<"s0">>
  %2 = irfuse.opaque "aten.to.dtype" (%1) call<x0, "float8_e4m3fn"> : (tensor<?x4x8xf16, #irfuse.dims<"s0">>) -> tensor<?x4x8xf8E4M3FN, #irfuse.dims<"s0">>
  return %2 : tensor<?x4x8xf8E4M3FN, #irfuse.dims<"s0">>
}

// What a cast does beyond the range is the node's to say; behind a clamp into the range it does not matter.
// CHECK-LABEL: func.func @overflow(
// CHECK: %0 = irfuse.cast %x overflow nan : tensor<4xf32> -> tensor<4xf8E4M3FN>
// CHECK: %1 = irfuse.cast %x overflow infinity : tensor<4xf32> -> tensor<4xf8E5M2>
// CHECK: %3 = irfuse.cast %2 : tensor<4xf32> -> tensor<4xf8E4M3FN>
// CHECK: %5 = irfuse.cast %4 overflow nan : tensor<4xf32> -> tensor<4xf8E4M3FN>
// CHECK: %6 = irfuse.cast %e : tensor<4xf8E8M0FNU> -> tensor<4xf32>
func.func @overflow(%x: tensor<4xf32>, %e: tensor<4xf8E8M0FNU>) -> (tensor<4xf8E4M3FN>, tensor<4xf8E5M2>, tensor<4xf8E4M3FN>, tensor<4xf8E4M3FN>, tensor<4xf32>) {
  %0 = irfuse.opaque "aten._to_copy.default" overflow nan (%x) call<x0, dtype = "float8_e4m3fn"> : (tensor<4xf32>) -> tensor<4xf8E4M3FN>
  %1 = irfuse.opaque "aten.to.dtype" overflow infinity (%x) call<x0, "float8_e5m2"> : (tensor<4xf32>) -> tensor<4xf8E5M2>
  %2 = irfuse.opaque "aten.clamp.default" (%x) call<x0, -448.0, 448.0> : (tensor<4xf32>) -> tensor<4xf32>
  %3 = irfuse.opaque "aten.to.dtype" overflow nan (%2) call<x0, "float8_e4m3fn"> : (tensor<4xf32>) -> tensor<4xf8E4M3FN>
  %4 = irfuse.opaque "aten.clamp.default" (%x) call<x0, -448.0, 500.0> : (tensor<4xf32>) -> tensor<4xf32>
  %5 = irfuse.opaque "aten.to.dtype" overflow nan (%4) call<x0, "float8_e4m3fn"> : (tensor<4xf32>) -> tensor<4xf8E4M3FN>
  %6 = irfuse.opaque "aten._to_copy.default" (%e) call<x0, dtype = "float32"> : (tensor<4xf8E8M0FNU>) -> tensor<4xf32>
  return %0, %1, %3, %5, %6 : tensor<4xf8E4M3FN>, tensor<4xf8E5M2>, tensor<4xf8E4M3FN>, tensor<4xf8E4M3FN>, tensor<4xf32>
}

// Back from fp8; to int8; to the type of another tensor; to the type it has.
// CHECK-LABEL: func.func @to_dtype(
func.func @to_dtype(%x: !x, %q: tensor<4xf8E5M2>, %r: tensor<4xf16>, %d: tensor<4xf64>) -> (tensor<4xf32>, tensor<?x4x8xi8, #irfuse.dims<"s0">>, tensor<4xf16>, tensor<4xf64>) {
  // CHECK-NEXT: %0 = irfuse.cast %q : tensor<4xf8E5M2> -> tensor<4xf32>{{$}}
  // CHECK-NEXT: %1 = irfuse.cast %x : tensor<?x4x8xbf16, #irfuse.dims<"s0">> -> tensor<?x4x8xi8, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.cast %q : tensor<4xf8E5M2> -> tensor<4xf16>{{$}}
  // CHECK-NEXT: func.return %0, %1, %2, %d :
  %0 = irfuse.opaque "aten.to.dtype" (%q) call<x0, "float32"> : (tensor<4xf8E5M2>) -> tensor<4xf32>
  %1 = irfuse.opaque "aten.to.dtype_layout" (%x) call<x0, dtype = "int8"> : (!x) -> tensor<?x4x8xi8, #irfuse.dims<"s0">>
  %2 = irfuse.opaque "aten.type_as.default" (%q, %r) call<x0, x1> : (tensor<4xf8E5M2>, tensor<4xf16>) -> tensor<4xf16>
  %3 = irfuse.opaque "aten._to_copy.default" (%d) call<x0, dtype = "float64"> : (tensor<4xf64>) -> tensor<4xf64>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<?x4x8xi8, #irfuse.dims<"s0">>, tensor<4xf16>, tensor<4xf64>
}

// Copies and aliases are the tensor itself, of any element type.
// CHECK-LABEL: func.func @same(
func.func @same(%x: tensor<4xi64>) -> tensor<4xi64> {
  // CHECK-NEXT: func.return %x :
  %0 = irfuse.opaque "aten.clone.default" (%x) call<x0, memory_format = "contiguous_format"> : (tensor<4xi64>) -> tensor<4xi64>
  %1 = irfuse.opaque "aten.alias.default" (%0) call<x0> : (tensor<4xi64>) -> tensor<4xi64>
  %2 = irfuse.opaque "aten.detach.default" (%1) call<x0> : (tensor<4xi64>) -> tensor<4xi64>
  %3 = irfuse.opaque "aten.contiguous.default" (%2) call<x0> : (tensor<4xi64>) -> tensor<4xi64>
  %4 = irfuse.opaque "aten.lift_fresh_copy.default" (%3) call<x0> : (tensor<4xi64>) -> tensor<4xi64>
  return %4 : tensor<4xi64>
}

// A view of any kind is a reshape to the type of its result.
// CHECK-LABEL: func.func @views(
func.func @views(%x: !x) -> tensor<?x32xbf16, #irfuse.dims<"s0">> {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x4x8xbf16, #irfuse.dims<"s0">> -> tensor<?x8xbf16, #irfuse.dims<"4*s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %0 : tensor<?x8xbf16, #irfuse.dims<"4*s0">> -> tensor<?x4xbf16, #irfuse.dims<"8*s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.reshape %1 : tensor<?x4xbf16, #irfuse.dims<"8*s0">> -> tensor<?x2xbf16, #irfuse.dims<"16*s0">>{{$}}
  // CHECK-NEXT: %3 = irfuse.reshape %2 : tensor<?x2xbf16, #irfuse.dims<"16*s0">> -> tensor<?xbf16, #irfuse.dims<"32*s0">>{{$}}
  // CHECK-NEXT: %4 = irfuse.reshape %3 : tensor<?xbf16, #irfuse.dims<"32*s0">> -> tensor<?x1x32xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %5 = irfuse.reshape %4 : tensor<?x1x32xbf16, #irfuse.dims<"s0">> -> tensor<?x32xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %6 = irfuse.reshape %5 : tensor<?x32xbf16, #irfuse.dims<"s0">> -> tensor<1x?x32xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %7 = irfuse.reshape %6 : tensor<1x?x32xbf16, #irfuse.dims<"s0">> -> tensor<?x32xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %7 :
  %0 = irfuse.opaque "aten.view.default" (%x) call<x0, [-1, 8]> : (!x) -> tensor<?x8xbf16, #irfuse.dims<"4*s0">>
  %1 = irfuse.opaque "aten._unsafe_view.default" (%0) call<x0, [-1, 4]> : (tensor<?x8xbf16, #irfuse.dims<"4*s0">>) -> tensor<?x4xbf16, #irfuse.dims<"8*s0">>
  %2 = irfuse.opaque "aten.reshape.default" (%1) call<x0, [-1, 2]> : (tensor<?x4xbf16, #irfuse.dims<"8*s0">>) -> tensor<?x2xbf16, #irfuse.dims<"16*s0">>
  %3 = irfuse.opaque "aten.flatten.using_ints" (%2) call<x0> : (tensor<?x2xbf16, #irfuse.dims<"16*s0">>) -> tensor<?xbf16, #irfuse.dims<"32*s0">>
  %4 = irfuse.opaque "aten.unflatten.int" (%3) call<x0, 0, [-1, 1, 32]> : (tensor<?xbf16, #irfuse.dims<"32*s0">>) -> tensor<?x1x32xbf16, #irfuse.dims<"s0">>
  %5 = irfuse.opaque "aten.squeeze.dim" (%4) call<x0, 1> : (tensor<?x1x32xbf16, #irfuse.dims<"s0">>) -> tensor<?x32xbf16, #irfuse.dims<"s0">>
  %6 = irfuse.opaque "aten.unsqueeze.default" (%5) call<x0, 0> : (tensor<?x32xbf16, #irfuse.dims<"s0">>) -> tensor<1x?x32xbf16, #irfuse.dims<"s0">>
  %7 = irfuse.opaque "aten.squeeze.dims" (%6) call<x0, [0]> : (tensor<1x?x32xbf16, #irfuse.dims<"s0">>) -> tensor<?x32xbf16, #irfuse.dims<"s0">>
  %8 = irfuse.opaque "aten.squeeze.default" (%7) call<x0> : (tensor<?x32xbf16, #irfuse.dims<"s0">>) -> tensor<?x32xbf16, #irfuse.dims<"s0">>
  return %8 : tensor<?x32xbf16, #irfuse.dims<"s0">>
}

// expand repeats along axes of size 1 and along new leading ones.
// CHECK-LABEL: func.func @expand(
func.func @expand(%w: tensor<8xbf16>, %s: tensor<?x4x1xf32, #irfuse.dims<"s0">>) -> (!x, !f) {
  // CHECK-NEXT: %0 = irfuse.broadcast %w : tensor<8xbf16> -> tensor<?x4x8xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.broadcast %s : tensor<?x4x1xf32, #irfuse.dims<"s0">> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %0, %1 :
  %0 = irfuse.opaque "aten.expand.default" (%w) call<x0, [-1, 4, 8]> : (tensor<8xbf16>) -> !x
  %1 = irfuse.opaque "aten.expand.default" (%s) call<x0, [-1, -1, 8], implicit = true> : (tensor<?x4x1xf32, #irfuse.dims<"s0">>) -> !f
  return %0, %1 : !x, !f
}

// A slice of everything is the tensor itself.
// CHECK-LABEL: func.func @slice(
func.func @slice(%x: !x) -> !x {
  // CHECK-NEXT: func.return %x :
  %0 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 0, 0, 9223372036854775807> : (!x) -> !x
  %1 = irfuse.opaque "aten.slice.Tensor" (%0) call<x0, 1> : (!x) -> !x
  return %1 : !x
}

// permute, transpose and t exchange axes; where only axes of size 1 move, they reshape.
// CHECK-LABEL: func.func @permute(
func.func @permute(%x: !x, %m: tensor<2x3xf32>) -> (tensor<8x?x4xbf16, #irfuse.dims<"s0">>, tensor<?x8x4xbf16, #irfuse.dims<"s0">>, tensor<3x2xf32>, tensor<3x2xf32>) {
  // CHECK-NEXT: %0 = irfuse.permute %x [2, 0, 1] : tensor<?x4x8xbf16, #irfuse.dims<"s0">> -> tensor<8x?x4xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.permute %x [0, 2, 1] : tensor<?x4x8xbf16, #irfuse.dims<"s0">> -> tensor<?x8x4xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.permute %m [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>{{$}}
  // CHECK-NEXT: %3 = irfuse.permute %m [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>{{$}}
  // CHECK-NEXT: %4 = irfuse.relayout %3 : tensor<3x2xf32> -> tensor<3x2xf32, #irfuse.dims<strides = [1, 3]>>{{$}}
  // CHECK-NEXT: %5 = irfuse.relayout %4 : tensor<3x2xf32, #irfuse.dims<strides = [1, 3]>> -> tensor<3x2xf32>{{$}}
  // CHECK-NEXT: func.return %0, %1, %2, %5 :
  %0 = irfuse.opaque "aten.permute.default" (%x) call<x0, [2, 0, -2]> : (!x) -> tensor<8x?x4xbf16, #irfuse.dims<"s0">>
  %1 = irfuse.opaque "aten.transpose.int" (%x) call<x0, 1, -1> : (!x) -> tensor<?x8x4xbf16, #irfuse.dims<"s0">>
  %2 = irfuse.opaque "aten.t.default" (%m) call<x0> : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %3 = irfuse.opaque "aten.transpose.int" (%m) call<x0, 0, 1> : (tensor<2x3xf32>) -> tensor<3x2xf32, #irfuse.dims<strides = [1, 3]>>
  %4 = irfuse.opaque "aten.contiguous.default" (%3) call<x0> : (tensor<3x2xf32, #irfuse.dims<strides = [1, 3]>>) -> tensor<3x2xf32>
  return %0, %1, %2, %4 : tensor<8x?x4xbf16, #irfuse.dims<"s0">>, tensor<?x8x4xbf16, #irfuse.dims<"s0">>, tensor<3x2xf32>, tensor<3x2xf32>
}

// CHECK-LABEL: func.func @permute_of_size_one(
func.func @permute_of_size_one(%x: tensor<1x3xf32>, %v: tensor<3xf32>) -> (tensor<3x1xf32>, tensor<3xf32>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<1x3xf32> -> tensor<3x1xf32>{{$}}
  // CHECK-NEXT: func.return %0, %v :
  %0 = irfuse.opaque "aten.transpose.int" (%x) call<x0, 0, 1> : (tensor<1x3xf32>) -> tensor<3x1xf32>
  %1 = irfuse.opaque "aten.t.default" (%v) call<x0> : (tensor<3xf32>) -> tensor<3xf32>
  return %0, %1 : tensor<3x1xf32>, tensor<3xf32>
}

// Functions of one tensor.
// CHECK-LABEL: func.func @unary(
func.func @unary(%x: !x) -> !x {
  // CHECK-NEXT: %0 = irfuse.abs %x :
  // CHECK-NEXT: %1 = irfuse.ceil %0 :
  // CHECK-NEXT: %2 = irfuse.exp %1 :
  // CHECK-NEXT: %3 = irfuse.exp2 %2 :
  // CHECK-NEXT: %4 = irfuse.log2 %3 :
  // CHECK-NEXT: %5 = irfuse.neg %4 :
  // CHECK-NEXT: %6 = irfuse.reciprocal %5 :
  // CHECK-NEXT: %7 = irfuse.round %6 :
  // CHECK-NEXT: %8 = irfuse.rsqrt %7 :
  // CHECK-NEXT: %9 = irfuse.sigmoid %8 :
  // CHECK-NEXT: %10 = irfuse.silu %9 :
  // CHECK-NEXT: %11 = irfuse.sqrt %10 :
  // CHECK-NEXT: %12 = irfuse.log %11 :
  // CHECK-NEXT: %13 = irfuse.log1p %12 :
  // CHECK-NEXT: %14 = irfuse.expm1 %13 :
  // CHECK-NEXT: func.return %14 :
  %0 = irfuse.opaque "aten.abs.default" (%x) call<x0> : (!x) -> !x
  %1 = irfuse.opaque "aten.ceil.default" (%0) call<x0> : (!x) -> !x
  %2 = irfuse.opaque "aten.exp.default" (%1) call<x0> : (!x) -> !x
  %3 = irfuse.opaque "aten.exp2.default" (%2) call<x0> : (!x) -> !x
  %4 = irfuse.opaque "aten.log2.default" (%3) call<x0> : (!x) -> !x
  %5 = irfuse.opaque "aten.neg.default" (%4) call<x0> : (!x) -> !x
  %6 = irfuse.opaque "aten.reciprocal.default" (%5) call<x0> : (!x) -> !x
  %7 = irfuse.opaque "aten.round.default" (%6) call<x0> : (!x) -> !x
  %8 = irfuse.opaque "aten.rsqrt.default" (%7) call<x0> : (!x) -> !x
  %9 = irfuse.opaque "aten.sigmoid.default" (%8) call<x0> : (!x) -> !x
  %10 = irfuse.opaque "aten.silu.default" (%9) call<x0> : (!x) -> !x
  %11 = irfuse.opaque "aten.sqrt.default" (%10) call<x0> : (!x) -> !x
  %12 = irfuse.opaque "aten.log.default" (%11) call<x0> : (!x) -> !x
  %13 = irfuse.opaque "aten.log1p.default" (%12) call<x0> : (!x) -> !x
  %14 = irfuse.opaque "aten.expm1.default" (%13) call<x0> : (!x) -> !x
  return %14 : !x
}

// Softplus is f32 and rounded once; by a slope of 0, which divides by it, it stays.
// CHECK-LABEL: func.func @softplus(
func.func @softplus(%x: tensor<4xbf16>, %f: tensor<4xf32>) -> (tensor<4xbf16>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-NEXT: %0 = irfuse.cast %x : tensor<4xbf16> -> tensor<4xf32>
  // CHECK-NEXT: %1 = irfuse.exp %0 :
  // CHECK-NEXT: %2 = irfuse.log1p %1 :
  // CHECK-NEXT: %3 = irfuse.compare gt %0 scalar 2.000000e+01 :
  // CHECK-NEXT: %4 = irfuse.select %3, %0, %2 :
  // CHECK-NEXT: %5 = irfuse.cast %4 : tensor<4xf32> -> tensor<4xbf16>
  // CHECK-NEXT: %6 = irfuse.mul %f scalar 2.000000e+00 :
  // CHECK-NEXT: %7 = irfuse.exp %6 :
  // CHECK-NEXT: %8 = irfuse.log1p %7 :
  // CHECK-NEXT: %9 = irfuse.div %8 scalar 2.000000e+00 :
  // CHECK-NEXT: %10 = irfuse.compare gt %6 scalar 3.000000e+00 :
  // CHECK-NEXT: %11 = irfuse.select %10, %f, %9 :
  // CHECK-NEXT: %12 = irfuse.opaque "aten.softplus.default"
  %0 = irfuse.opaque "aten.softplus.default" (%x) call<x0> : (tensor<4xbf16>) -> tensor<4xbf16>
  %1 = irfuse.opaque "aten.softplus.default" (%f) call<x0, 2.0, 3.0> : (tensor<4xf32>) -> tensor<4xf32>
  %2 = irfuse.opaque "aten.softplus.default" (%f) call<x0, 0.0> : (tensor<4xf32>) -> tensor<4xf32>
  return %0, %1, %2 : tensor<4xbf16>, tensor<4xf32>, tensor<4xf32>
}

// Functions of two tensors of one type and shape.
// CHECK-LABEL: func.func @binary(
func.func @binary(%x: !x, %y: !x) -> !x {
  // CHECK-NEXT: %0 = irfuse.add %x, %y :
  // CHECK-NEXT: %1 = irfuse.sub %0, %y :
  // CHECK-NEXT: %2 = irfuse.mul %1, %y :
  // CHECK-NEXT: %3 = irfuse.div %2, %y :
  // CHECK-NEXT: %4 = irfuse.maximum %3, %y :
  // CHECK-NEXT: func.return %4 :
  %0 = irfuse.opaque "aten.add.Tensor" (%x, %y) call<x0, x1> : (!x, !x) -> !x
  %1 = irfuse.opaque "aten.sub.Tensor" (%0, %y) call<x0, x1, alpha = 1> : (!x, !x) -> !x
  %2 = irfuse.opaque "aten.mul.Tensor" (%1, %y) call<x0, x1> : (!x, !x) -> !x
  %3 = irfuse.opaque "aten.div.Tensor" (%2, %y) call<x0, x1> : (!x, !x) -> !x
  %4 = irfuse.opaque "aten.maximum.default" (%3, %y) call<x0, x1> : (!x, !x) -> !x
  return %4 : !x
}

// Of two element types the wider is computed in; smaller shapes are broadcast.
// CHECK-LABEL: func.func @promoted(
func.func @promoted(%x: !x, %w: tensor<8xf32>, %n: tensor<f32>) -> (!f, !f) {
  // CHECK-NEXT: %0 = irfuse.cast %x : tensor<?x4x8xbf16, #irfuse.dims<"s0">> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.broadcast %w : tensor<8xf32> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.mul %0, %1 :
  // CHECK-NEXT: %3 = irfuse.broadcast %n : tensor<f32> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %4 = irfuse.sub %3, %2 :
  // CHECK-NEXT: func.return %2, %4 :
  %0 = irfuse.opaque "aten.mul.Tensor" (%x, %w) call<x0, x1> : (!x, tensor<8xf32>) -> !f
  %1 = irfuse.opaque "aten.sub.Tensor" (%n, %0) call<x0, x1> : (tensor<f32>, !f) -> !f
  return %0, %1 : !f, !f
}

// Functions of a tensor and a number, a double; integers are numbers too.
// CHECK-LABEL: func.func @scalar(
func.func @scalar(%x: !x) -> !x {
  // CHECK-NEXT: %0 = irfuse.add %x scalar 1.000000e+00 :
  // CHECK-NEXT: %1 = irfuse.sub %0 scalar 1.000000e-01 :
  // CHECK-NEXT: %2 = irfuse.mul %1 scalar 2.000000e+00 :
  // CHECK-NEXT: %3 = irfuse.div %2 scalar 4.480000e+02 :
  // CHECK-NEXT: %4 = irfuse.add %3 scalar 1.000000e-06 :
  // CHECK-NEXT: %5 = irfuse.div %4 scalar 3.000000e+00 :
  // CHECK-NEXT: func.return %5 :
  %0 = irfuse.opaque "aten.add.Tensor" (%x) call<x0, 1> : (!x) -> !x
  %1 = irfuse.opaque "aten.sub.Scalar" (%0) call<x0, 0.1> : (!x) -> !x
  %2 = irfuse.opaque "aten.mul.Scalar" (%1) call<x0, 2.0> : (!x) -> !x
  %3 = irfuse.opaque "aten.div.Scalar" (%2) call<x0, 448.0> : (!x) -> !x
  %4 = irfuse.opaque "aten.add.Scalar" (%3) call<x0, 1.0e-06> : (!x) -> !x
  %5 = irfuse.opaque "aten.div.Tensor" (%4) call<x0, 3> : (!x) -> !x
  return %5 : !x
}

// number - x is that, and not -x + number, which would turn the sign of a NaN.
// CHECK-LABEL: func.func @rsub(
func.func @rsub(%x: !x) -> !x {
  // CHECK-NEXT: %0 = irfuse.full 1.0
  // CHECK-NEXT: %1 = irfuse.broadcast %0
  // CHECK-NEXT: %2 = irfuse.sub %1, %x :
  // CHECK-NEXT: func.return %2 :
  %0 = irfuse.opaque "aten.rsub.Scalar" (%x) call<x0, 1.0> : (!x) -> !x
  return %0 : !x
}

// x ** 2 and square(x) are x * x; x ** -0.5 stays a power.
// CHECK-LABEL: func.func @pow(
func.func @pow(%x: !x) -> (!x, !x, !x) {
  // CHECK-NEXT: %0 = irfuse.mul %x, %x :
  // CHECK-NEXT: %1 = irfuse.mul %x, %x :
  // CHECK-NEXT: %2 = irfuse.pow %x scalar -5.000000e-01 :
  // CHECK-NEXT: func.return %0, %1, %2 :
  %0 = irfuse.opaque "aten.pow.Tensor_Scalar" (%x) call<x0, 2> : (!x) -> !x
  %1 = irfuse.opaque "aten.square.default" (%x) call<x0> : (!x) -> !x
  %2 = irfuse.opaque "aten.pow.Tensor_Scalar" (%x) call<x0, -0.5> : (!x) -> !x
  return %0, %1, %2 : !x, !x, !x
}

// 2 ** n of a whole number n is exact, and so is exp2.
// CHECK-LABEL: func.func @power_of_two(
func.func @power_of_two(%x: !f) -> (!f, !f) {
  // CHECK-NEXT: %0 = irfuse.ceil %x :
  // CHECK-NEXT: %1 = irfuse.exp2 %0 :
  // CHECK-NEXT: %2 = irfuse.round %x :
  // CHECK-NEXT: %3 = irfuse.exp2 %2 :
  // CHECK-NEXT: func.return %1, %3 :
  %0 = irfuse.opaque "aten.ceil.default" (%x) call<x0> : (!f) -> !f
  %1 = irfuse.opaque "aten.pow.Scalar" (%0) call<2, x0> : (!f) -> !f
  %2 = irfuse.opaque "aten.round.default" (%x) call<x0> : (!f) -> !f
  %3 = irfuse.opaque "aten.pow.Scalar" (%2) call<2.0, x0> : (!f) -> !f
  return %1, %3 : !f, !f
}

// clamp with either bound or both, by position and by name; the two halves of one clamp become one again.
// CHECK-LABEL: func.func @clamp(
func.func @clamp(%x: !f) -> !f {
  // CHECK-NEXT: %0 = irfuse.clamp %x min -4.480000e+02 max 4.480000e+02 :
  // CHECK-NEXT: %1 = irfuse.clamp %0 max 2.000000e+00 :
  // CHECK-NEXT: %2 = irfuse.clamp %1 min 1.000000e-10 :
  // CHECK-NEXT: %3 = irfuse.clamp %2 min 5.000000e-01 :
  // CHECK-NEXT: %4 = irfuse.clamp %2 min 5.000000e-01 max 1.500000e+00 :
  // CHECK-NEXT: func.return %4 :
  %0 = irfuse.opaque "aten.clamp.default" (%x) call<x0, -448.0, 448.0> : (!f) -> !f
  %1 = irfuse.opaque "aten.clamp.default" (%0) call<x0, max = 2> : (!f) -> !f
  %2 = irfuse.opaque "aten.clamp.default" (%1) call<x0, 1.0e-10, none> : (!f) -> !f
  %3 = irfuse.opaque "aten.clamp_min.default" (%2) call<x0, 0.5> : (!f) -> !f
  %4 = irfuse.opaque "aten.clamp_max.default" (%3) call<x0, 1.5> : (!f) -> !f
  return %4 : !f
}

// Reductions of the last axis, kept or not, by a list or a number.
// CHECK-LABEL: func.func @reduce(
func.func @reduce(%x: !f) -> (tensor<?x4x1xf32, #irfuse.dims<"s0">>, tensor<?x4xf32, #irfuse.dims<"s0">>, tensor<?x4x1xf32, #irfuse.dims<"s0">>, tensor<?x4x1xf32, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: %0 = irfuse.row_mean %x : tensor<?x4x8xf32, #irfuse.dims<"s0">> -> tensor<?x4x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.row_sum %x : tensor<?x4x8xf32, #irfuse.dims<"s0">> -> tensor<?x4x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.reshape %1 : tensor<?x4x1xf32, #irfuse.dims<"s0">> -> tensor<?x4xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %3 = irfuse.row_amax %x : tensor<?x4x8xf32, #irfuse.dims<"s0">> -> tensor<?x4x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %4 = irfuse.row_amax %x : tensor<?x4x8xf32, #irfuse.dims<"s0">> -> tensor<?x4x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %0, %2, %3, %4 :
  %0 = irfuse.opaque "aten.mean.dim" (%x) call<x0, [-1], true> : (!f) -> tensor<?x4x1xf32, #irfuse.dims<"s0">>
  %1 = irfuse.opaque "aten.sum.dim_IntList" (%x) call<x0, [2]> : (!f) -> tensor<?x4xf32, #irfuse.dims<"s0">>
  %2 = irfuse.opaque "aten.amax.default" (%x) call<x0, [-1], keepdim = true> : (!f) -> tensor<?x4x1xf32, #irfuse.dims<"s0">>
  %3, %index = irfuse.opaque "aten.max.dim" (%x) call<x0, -1, true> : (!f) -> (tensor<?x4x1xf32, #irfuse.dims<"s0">>, tensor<?x4x1xi64, #irfuse.dims<"s0">>)
  return %0, %1, %2, %3 : tensor<?x4x1xf32, #irfuse.dims<"s0">>, tensor<?x4xf32, #irfuse.dims<"s0">>, tensor<?x4x1xf32, #irfuse.dims<"s0">>, tensor<?x4x1xf32, #irfuse.dims<"s0">>
}

// aten's own rms norm computes in f32 and rounds once, with the weight inside.
// CHECK-LABEL: func.func @fused_rms_norm(
func.func @fused_rms_norm(%x: !x, %w: tensor<8xbf16>) -> (!x, !x) {
  // CHECK-NEXT: %0 = irfuse.cast %x : tensor<?x4x8xbf16, #irfuse.dims<"s0">> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.mul %0, %0 :
  // CHECK-NEXT: %2 = irfuse.row_mean %1 : tensor<?x4x8xf32, #irfuse.dims<"s0">> -> tensor<?x4x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %3 = irfuse.add %2 scalar 1.000000e-06 :
  // CHECK-NEXT: %4 = irfuse.rsqrt %3 :
  // CHECK-NEXT: %5 = irfuse.broadcast %4 : tensor<?x4x1xf32, #irfuse.dims<"s0">> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %6 = irfuse.mul %0, %5 :
  // CHECK-NEXT: %7 = irfuse.cast %w : tensor<8xbf16> -> tensor<8xf32>{{$}}
  // CHECK-NEXT: %8 = irfuse.broadcast %7 : tensor<8xf32> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %9 = irfuse.mul %6, %8 :
  // CHECK-NEXT: %10 = irfuse.cast %9 : tensor<?x4x8xf32, #irfuse.dims<"s0">> -> tensor<?x4x8xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %11 = irfuse.cast %x : tensor<?x4x8xbf16, #irfuse.dims<"s0">> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %12 = irfuse.mul %11, %11 :
  // CHECK-NEXT: %13 = irfuse.row_mean %12 : tensor<?x4x8xf32, #irfuse.dims<"s0">> -> tensor<?x4x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %14 = irfuse.add %13 scalar 1.000000e-05 :
  // CHECK-NEXT: %15 = irfuse.rsqrt %14 :
  // CHECK-NEXT: %16 = irfuse.broadcast %15 : tensor<?x4x1xf32, #irfuse.dims<"s0">> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %17 = irfuse.mul %11, %16 :
  // CHECK-NEXT: %18 = irfuse.cast %17 : tensor<?x4x8xf32, #irfuse.dims<"s0">> -> tensor<?x4x8xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %10, %18 :
  %0, %rstd = irfuse.opaque "aten._fused_rms_norm.default" (%x, %w) call<x0, [8], x1, 1.0e-06> : (!x, tensor<8xbf16>) -> (!x, tensor<?x4x1xf32, #irfuse.dims<"s0">>)
  %1, %rstd_1 = irfuse.opaque "aten._fused_rms_norm.default" (%x) call<x0, [8], none, 1.0e-05> : (!x) -> (!x, tensor<?x4x1xf32, #irfuse.dims<"s0">>)
  return %0, %1 : !x, !x
}

// F.rms_norm, not taken apart by torch, is the same; its weight may be left out.
// CHECK-LABEL: func.func @rms_norm(
func.func @rms_norm(%x: !x) -> !x {
  // CHECK-NEXT: %0 = irfuse.cast %x : tensor<?x4x8xbf16, #irfuse.dims<"s0">> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.mul %0, %0 :
  // CHECK-NEXT: %2 = irfuse.row_mean %1 : tensor<?x4x8xf32, #irfuse.dims<"s0">> -> tensor<?x4x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %3 = irfuse.add %2 scalar 1.000000e-06 :
  // CHECK-NEXT: %4 = irfuse.rsqrt %3 :
  // CHECK-NEXT: %5 = irfuse.broadcast %4 : tensor<?x4x1xf32, #irfuse.dims<"s0">> -> tensor<?x4x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %6 = irfuse.mul %0, %5 :
  // CHECK-NEXT: %7 = irfuse.cast %6 : tensor<?x4x8xf32, #irfuse.dims<"s0">> -> tensor<?x4x8xbf16, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %7 :
  %0 = irfuse.opaque "aten.rms_norm.default" (%x) call<x0, [8], none, 1.0e-06> : (!x) -> !x
  return %0 : !x
}

// An assertion about a tensor that its type says already goes, and leaves nothing.
// CHECK-LABEL: func.func @assertions(
func.func @assertions(%x: !x) -> !x {
  // CHECK-NEXT: func.return %x :
  irfuse.opaque "aten._assert_tensor_metadata.default" (%x) call<x0, none, none, "bfloat16", device = none, layout = "strided"> : (!x) -> ()
  irfuse.opaque "aten._assert_tensor_metadata.default" (%x) call<x0, dtype = "bfloat16"> : (!x) -> ()
  return %x : !x
}

// What is read with strides is laid out first, and a strided result last; names of FX nodes are kept.
// CHECK-LABEL: func.func @strided(
func.func @strided(%x: tensor<4x8xf32, #irfuse.dims<strides = [16, 1]>>) -> tensor<4x8xf32, #irfuse.dims<strides = [1, 4]>> {
  // CHECK-NEXT: %0 = irfuse.relayout %x : tensor<4x8xf32, #irfuse.dims<strides = [16, 1]>> -> tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %1 = irfuse.neg %0 :
  // CHECK-NEXT: %2 = irfuse.relayout %1 {node = ["neg_1"]} : tensor<4x8xf32> -> tensor<4x8xf32, #irfuse.dims<strides = [1, 4]>>{{$}}
  // CHECK-NEXT: func.return %2 :
  %0 = irfuse.opaque "aten.neg.default" node "neg_1" (%x) call<x0> : (tensor<4x8xf32, #irfuse.dims<strides = [16, 1]>>) -> tensor<4x8xf32, #irfuse.dims<strides = [1, 4]>>
  return %0 : tensor<4x8xf32, #irfuse.dims<strides = [1, 4]>>
}
