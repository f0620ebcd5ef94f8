// The rules of raise-aten by which libraries spell codes and scales of 4 and 8 bits.
// RUN: irfuse-opt --raise-aten %s | filecheck %s

!f = tensor<4x8xf32>
!i = tensor<4x8xi32>
!l = tensor<4x8xi64>
!t = tensor<4x8xi1>
!u = tensor<4x8xui8>

// A write under a mask is a choice; a mask of rows writes whole rows.
// CHECK-LABEL: func.func @masked_writes(
func.func @masked_writes(%x: !f, %t: !t, %n: tensor<f32>, %r: tensor<4xi1>, %w: tensor<8xf32>) -> (!f, !f, !f) {
  // CHECK-NEXT: %0 = irfuse.broadcast %n : tensor<f32> -> tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %1 = irfuse.select %t, %0, %x : tensor<4x8xi1>, tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %2 = irfuse.reshape %r : tensor<4xi1> -> tensor<4x1xi1>{{$}}
  // CHECK-NEXT: %3 = irfuse.broadcast %w : tensor<8xf32> -> tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %4 = irfuse.broadcast %2 : tensor<4x1xi1> -> tensor<4x8xi1>{{$}}
  // CHECK-NEXT: %5 = irfuse.select %4, %3, %1 : tensor<4x8xi1>, tensor<4x8xf32>{{$}}
  // CHECK: irfuse.select %t, {{%.*}}, %5 : tensor<4x8xi1>, tensor<4x8xf32>{{$}}
  %0 = irfuse.opaque "aten.index_put.default" (%x, %t, %n) call<x0, [x1], x2> : (!f, !t, tensor<f32>) -> !f
  %1 = irfuse.opaque "aten.index_put.default" (%0, %r, %w) call<x0, [x1], x2> : (!f, tensor<4xi1>, tensor<8xf32>) -> !f
  %2 = irfuse.opaque "aten.masked_fill.Scalar" (%1, %t) call<x0, x1, 1.0> : (!f, !t) -> !f
  return %0, %1, %2 : !f, !f, !f
}

// Codes of 4 bits packed from pairs, under a mask that both are under.
// CHECK-LABEL: func.func @pairs(
func.func @pairs(%c: tensor<4x8x2xui8>) -> !u {
  // CHECK: %[[KEPT:.*]] = irfuse.and %c scalar 1.500000e+01 : tensor<4x8x2xui8>{{$}}
  // CHECK-NEXT: %[[PACK:.*]] = irfuse.pack %[[KEPT]] {bits = 4 : i64} : tensor<4x8x2xui8> -> tensor<4x8x1xui8>{{$}}
  // CHECK-NEXT: %[[OUT:.*]] = irfuse.reshape %[[PACK]] : tensor<4x8x1xui8> -> tensor<4x8xui8>{{$}}
  // CHECK-NEXT: func.return %[[OUT]] :
  %a = irfuse.opaque "aten.select.int" (%c) call<x0, -1, 0> : (tensor<4x8x2xui8>) -> !u
  %b = irfuse.opaque "aten.select.int" (%c) call<x0, 2, 1> : (tensor<4x8x2xui8>) -> !u
  %0 = irfuse.opaque "aten.bitwise_and.Scalar" (%a) call<x0, 15> : (!u) -> !u
  %1 = irfuse.opaque "aten.bitwise_and.Scalar" (%b) call<x0, 15> : (!u) -> !u
  %2 = irfuse.opaque "aten.bitwise_left_shift.Tensor_Scalar" (%1) call<x0, 4> : (!u) -> !u
  %3 = irfuse.opaque "aten.bitwise_or.Tensor" (%2, %0) call<x0, x1> : (!u, !u) -> !u
  return %3 : !u
}

// The lower bits of what was read as unsigned; floats as integers, in their range or anywhere; the bit of the sign.
// CHECK-LABEL: func.func @integers(
func.func @integers(%i: !i, %x: !f) -> (!u, !i, !i, !t) {
  // CHECK: irfuse.cast %i : tensor<4x8xi32> -> tensor<4x8xui8>{{$}}
  // CHECK: %[[HELD:.*]] = irfuse.clamp %x min -1.270000e+02 max 1.270000e+02 : tensor<4x8xf32>{{$}}
  // CHECK-NEXT: irfuse.cast %[[HELD]] : tensor<4x8xf32> -> tensor<4x8xi32>{{$}}
  // CHECK-NEXT: irfuse.cast %x : tensor<4x8xf32> -> tensor<4x8xi32>{{$}}
  // CHECK-NEXT: %[[BITS:.*]] = irfuse.bitcast %x : tensor<4x8xf32> -> tensor<4x8xi32>{{$}}
  // CHECK-NEXT: irfuse.compare lt %[[BITS]] scalar 0.000000e+00 : tensor<4x8xi32> -> tensor<4x8xi1>{{$}}
  %0 = irfuse.opaque "aten.view.dtype" (%i) call<x0, "uint32"> : (!i) -> tensor<4x8xui32>
  %1 = irfuse.opaque "aten._to_copy.default" (%0) call<x0, dtype = "uint8"> : (tensor<4x8xui32>) -> !u
  %2 = irfuse.opaque "aten.clamp.default" (%x) call<x0, -127, 127> : (!f) -> !f
  %3 = irfuse.opaque "aten._to_copy.default" (%2) call<x0, dtype = "int32"> : (!f) -> !i
  %4 = irfuse.opaque "aten._to_copy.default" (%x) call<x0, dtype = "int32"> : (!f) -> !i
  %5 = irfuse.opaque "aten.signbit.default" (%x) call<x0> : (!f) -> !t
  return %1, %3, %4, %5 : !u, !i, !i, !t
}

// A search among few borders counts those that are not beyond; a sum and an "any" of few truth values.
// CHECK-LABEL: func.func @few(
func.func @few(%x: !f, %b: tensor<2xf32>, %t: tensor<4x8x2xi1>) -> (!l, !l, !t) {
  // CHECK-NEXT: %0 = irfuse.slice %b {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<2xf32> -> tensor<1xf32>{{$}}
  // CHECK-NEXT: %1 = irfuse.slice %b {axis = 0 : i64, start = 1 : i64, step = 1 : i64} : tensor<2xf32> -> tensor<1xf32>{{$}}
  // CHECK: irfuse.compare ge {{%.*}}, %x : tensor<4x8xf32> -> tensor<4x8xi1>{{$}}
  // CHECK-NEXT: irfuse.xor {{%.*}} scalar 1.000000e+00 : tensor<4x8xi1>{{$}}
  // CHECK: irfuse.add {{%.*}}, {{%.*}} : tensor<4x8xi64>{{$}}
  // CHECK-NEXT: irfuse.slice %t {axis = 2 : i64, start = 0 : i64, step = 1 : i64} :
  // CHECK: irfuse.add {{%.*}}, {{%.*}} : tensor<4x8x1xi64>{{$}}
  // CHECK: irfuse.or {{%.*}}, {{%.*}} : tensor<4x8x1xi1>{{$}}
  %0 = irfuse.opaque "aten.bucketize.Tensor" (%x, %b) call<x0, x1> : (!f, tensor<2xf32>) -> !l
  %1 = irfuse.opaque "aten.sum.dim_IntList" (%t) call<x0, [-1]> : (tensor<4x8x2xi1>) -> !l
  %2 = irfuse.opaque "aten.any.dim" (%t) call<x0, -1> : (tensor<4x8x2xi1>) -> !t
  return %0, %1, %2 : !l, !l, !t
}

// A table of codes that are computed is a choice; numbers that are read say which rows are taken.
// CHECK-LABEL: func.func @tables(
func.func @tables(%n: tensor<2xf32>, %l: !l) -> (!f, !f) {
  // CHECK-NEXT: irfuse.gather %n[%l] :
  // CHECK-NEXT: %[[CODE:.*]] = irfuse.and %l scalar 1.000000e+00 : tensor<4x8xi64>{{$}}
  // CHECK: irfuse.compare eq %[[CODE]] scalar 1.000000e+00 :
  // CHECK-NEXT: irfuse.compare eq %[[CODE]] scalar -1.000000e+00 :
  // CHECK-NEXT: irfuse.or
  // CHECK-NEXT: irfuse.select
  %0 = irfuse.opaque "aten.index.Tensor" (%n, %l) call<x0, [x1]> : (tensor<2xf32>, !l) -> !f
  %1 = irfuse.opaque "aten.bitwise_and.Scalar" (%l) call<x0, 1> : (!l) -> !l
  %2 = irfuse.opaque "aten.index.Tensor" (%n, %1) call<x0, [x1]> : (tensor<2xf32>, !l) -> !f
  return %0, %2 : !f, !f
}

// A tensor written over the first entries of zeros, in whatever axes, pads it; so do the zeros of a type without zero.
// CHECK-LABEL: func.func @buffers(
func.func @buffers(%x: tensor<?x3xui8, #irfuse.dims<"t">>, %e: tensor<2x3xf8E8M0FNU>) -> (tensor<256x4xui8>, tensor<4x3xf8E8M0FNU>, tensor<5x3xf8E8M0FNU>) {
  // CHECK: irfuse.pad %x : tensor<?x3xui8, #irfuse.dims<"t">> -> tensor<?x4xui8, #irfuse.dims<"t">>{{$}}
  // CHECK-NEXT: irfuse.pad {{%.*}} : tensor<?x4xui8, #irfuse.dims<"t">> -> tensor<256x4xui8>{{$}}
  // CHECK: irfuse.pad %e : tensor<2x3xf8E8M0FNU> -> tensor<4x3xf8E8M0FNU>{{$}}
  // CHECK: irfuse.pad %e : tensor<2x3xf8E8M0FNU> -> tensor<5x3xf8E8M0FNU>{{$}}
  %0 = irfuse.opaque "aten.full.default" () call<[256, 4], 0> : () -> tensor<256x4xui8>
  %1 = irfuse.opaque "aten.slice.Tensor" (%0) call<x0, 0, 0, 9> : (tensor<256x4xui8>) -> tensor<?x4xui8, #irfuse.dims<"t">>
  %2 = irfuse.opaque "aten.slice_scatter.default" (%1, %x) call<x0, x1, 1, 0, 3> : (tensor<?x4xui8, #irfuse.dims<"t">>, tensor<?x3xui8, #irfuse.dims<"t">>) -> tensor<?x4xui8, #irfuse.dims<"t">>
  %3 = irfuse.opaque "aten.slice_scatter.default" (%0, %2) call<x0, x1, 0, 0, 9> : (tensor<256x4xui8>, tensor<?x4xui8, #irfuse.dims<"t">>) -> tensor<256x4xui8>
  %4 = irfuse.opaque "aten.zeros.default" () call<[4, 3]> : () -> tensor<4x3xf8E8M0FNU>
  %5 = irfuse.opaque "aten.slice_scatter.default" (%4, %e) call<x0, x1, 0, 0, 2> : (tensor<4x3xf8E8M0FNU>, tensor<2x3xf8E8M0FNU>) -> tensor<4x3xf8E8M0FNU>
  %6 = irfuse.opaque "aten.full.default" () call<[5, 3], 0> : () -> tensor<5x3xf8E8M0FNU>
  %7 = irfuse.opaque "aten.slice_scatter.default" (%6, %e) call<x0, x1, 0, 0, 2> : (tensor<5x3xf8E8M0FNU>, tensor<2x3xf8E8M0FNU>) -> tensor<5x3xf8E8M0FNU>
  return %3, %5, %7 : tensor<256x4xui8>, tensor<4x3xf8E8M0FNU>, tensor<5x3xf8E8M0FNU>
}

// Nobody has written to memory that is new.
// CHECK-LABEL: func.func @empty(
func.func @empty(%x: tensor<2x3xui8>) -> tensor<4x4xui8> {
  // CHECK: %[[WIDE:.*]] = irfuse.pad %x : tensor<2x3xui8> -> tensor<2x4xui8>{{$}}
  // CHECK-NEXT: irfuse.pad %[[WIDE]] : tensor<2x4xui8> -> tensor<4x4xui8>{{$}}
  %0 = irfuse.opaque "aten.empty.memory_format" () call<[4, 4]> : () -> tensor<4x4xui8>
  %1 = irfuse.opaque "aten.slice.Tensor" (%0) call<x0, 0, 0, 2> : (tensor<4x4xui8>) -> tensor<2x4xui8>
  %2 = irfuse.opaque "aten.slice_scatter.default" (%1, %x) call<x0, x1, 1, 0, 3> : (tensor<2x4xui8>, tensor<2x3xui8>) -> tensor<2x4xui8>
  %3 = irfuse.opaque "aten.slice_scatter.default" (%0, %2) call<x0, x1, 0, 0, 2> : (tensor<4x4xui8>, tensor<2x4xui8>) -> tensor<4x4xui8>
  return %3 : tensor<4x4xui8>
}

// The bits of bf16 as unsigned integers, in i32 and back.
// CHECK-LABEL: func.func @unsigned(
func.func @unsigned(%h: tensor<4x8xbf16>) -> tensor<4x8xbf16> {
  // CHECK-NEXT: %0 = irfuse.bitcast %h : tensor<4x8xbf16> -> tensor<4x8xui16>{{$}}
  // CHECK-NEXT: %1 = irfuse.cast %0 : tensor<4x8xui16> -> tensor<4x8xi32>{{$}}
  // CHECK-NEXT: %2 = irfuse.add %1 scalar 3.200000e+01 : tensor<4x8xi32>{{$}}
  // CHECK-NEXT: %3 = irfuse.cast %2 : tensor<4x8xi32> -> tensor<4x8xui16>{{$}}
  // CHECK-NEXT: %4 = irfuse.bitcast %3 : tensor<4x8xui16> -> tensor<4x8xbf16>{{$}}
  %0 = irfuse.opaque "aten.view.dtype" (%h) call<x0, "uint16"> : (tensor<4x8xbf16>) -> tensor<4x8xui16>
  %1 = irfuse.opaque "aten._to_copy.default" (%0) call<x0, dtype = "int32"> : (tensor<4x8xui16>) -> tensor<4x8xi32>
  %2 = irfuse.opaque "aten.add.Tensor" (%1) call<x0, 32> : (tensor<4x8xi32>) -> tensor<4x8xi32>
  %3 = irfuse.opaque "aten._to_copy.default" (%2) call<x0, dtype = "uint16"> : (tensor<4x8xi32>) -> tensor<4x8xui16>
  %4 = irfuse.opaque "aten.view.dtype" (%3) call<x0, "bfloat16"> : (tensor<4x8xui16>) -> tensor<4x8xbf16>
  return %4 : tensor<4x8xbf16>
}

// A float's bits that were read as unsigned are cast as such, and what an unknown op writes to is no zeros.
// CHECK-LABEL: func.func @kept(
func.func @kept(%x: !f, %u: tensor<2x4xui8>) -> (!u, tensor<4x4xui8>) {
  // CHECK: %[[UNSIGNED:.*]] = irfuse.bitcast %x : tensor<4x8xf32> -> tensor<4x8xui32>{{$}}
  // CHECK-NEXT: irfuse.cast %[[UNSIGNED]] : tensor<4x8xui32> -> tensor<4x8xui8>{{$}}
  // CHECK: irfuse.insert %u into
  %0 = irfuse.opaque "aten.view.dtype" (%x) call<x0, "uint32"> : (!f) -> tensor<4x8xui32>
  %1 = irfuse.opaque "aten._to_copy.default" (%0) call<x0, dtype = "uint8"> : (tensor<4x8xui32>) -> !u
  %2 = irfuse.opaque "aten.empty.memory_format" () call<[4, 4]> : () -> tensor<4x4xui8>
  %3 = irfuse.opaque "vendor.fill_.default" mutates (%2) call<x0> : (tensor<4x4xui8>) -> tensor<4x4xui8>
  %4 = irfuse.opaque "aten.slice_scatter.default" (%2, %u) call<x0, x1, 0, 0, 2> : (tensor<4x4xui8>, tensor<2x4xui8>) -> tensor<4x4xui8>
  return %1, %4 : !u, tensor<4x4xui8>
}

// Every second entry of an axis of which the length is no number.
// CHECK-LABEL: func.func @every_second(
func.func @every_second(%x: tensor<?xui8, #irfuse.dims<"2*t">>) -> tensor<?xui8, #irfuse.dims<"t">> {
  // CHECK-NEXT: irfuse.slice %x {axis = 0 : i64, start = 1 : i64, step = 2 : i64} :
  %0 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 0, 1, 9223372036854775807, 2> : (tensor<?xui8, #irfuse.dims<"2*t">>) -> tensor<?xui8, #irfuse.dims<"t">>
  return %0 : tensor<?xui8, #irfuse.dims<"t">>
}

// Two to a whole number.
// CHECK-LABEL: func.func @powers(
func.func @powers(%x: !f, %i: !i) -> (!f, !f) {
  // CHECK: %[[WHOLE:.*]] = irfuse.sub {{%.*}} scalar 8.000000e+00 : tensor<4x8xf32>{{$}}
  // CHECK-NEXT: irfuse.exp2 %[[WHOLE]] :
  // CHECK-NEXT: %[[WIDE:.*]] = irfuse.cast %i : tensor<4x8xi32> -> tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %[[POWER:.*]] = irfuse.exp2 %[[WIDE]] :
  // CHECK-NEXT: irfuse.mul %x, %[[POWER]] :
  %0 = irfuse.opaque "aten.floor.default" (%x) call<x0> : (!f) -> !f
  %1 = irfuse.opaque "aten.sub.Tensor" (%0) call<x0, 8> : (!f) -> !f
  %2 = irfuse.opaque "aten.pow.Scalar" (%1) call<2.0, x0> : (!f) -> !f
  %3 = irfuse.opaque "aten.ldexp.Tensor" (%x, %i) call<x0, x1> : (!f, !i) -> !f
  return %2, %3 : !f, !f
}

// Bytes side by side in the words that they fill are a pack, in any order and with zeros.
// CHECK-LABEL: func.func @words(
// CHECK: irfuse.pack %{{.*}} {bits = 16 : i64} : tensor<4x2xui8> -> tensor<4x1xi32>
// CHECK: func.return
func.func @words(%c: tensor<4x2xui8>) -> tensor<4xi32> {
  %z = irfuse.full 0.000000e+00 : tensor<4xi32>
  %w = irfuse.opaque "aten._to_copy.default" (%c) call<x0, dtype = "int32"> : (tensor<4x2xui8>) -> tensor<4x2xi32>
  %a = irfuse.opaque "aten.slice.Tensor" (%w) call<x0, 1, 1, 2> : (tensor<4x2xi32>) -> tensor<4x1xi32, #irfuse.dims<strides = [2, 1]>>
  %b = irfuse.opaque "aten.slice.Tensor" (%w) call<x0, 1, 0, 1> : (tensor<4x2xi32>) -> tensor<4x1xi32, #irfuse.dims<strides = [2, 1]>>
  %h = irfuse.opaque "aten.squeeze.dim" (%a) call<x0, 1> : (tensor<4x1xi32, #irfuse.dims<strides = [2, 1]>>) -> tensor<4xi32, #irfuse.dims<strides = [2]>>
  %l = irfuse.opaque "aten.squeeze.dim" (%b) call<x0, 1> : (tensor<4x1xi32, #irfuse.dims<strides = [2, 1]>>) -> tensor<4xi32, #irfuse.dims<strides = [2]>>
  %s = irfuse.opaque "aten.bitwise_left_shift.Tensor_Scalar" (%h) call<x0, 16> : (tensor<4xi32, #irfuse.dims<strides = [2]>>) -> tensor<4xi32>
  %0 = irfuse.opaque "aten.bitwise_or.Tensor" (%z, %s) call<x0, x1> : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  %1 = irfuse.opaque "aten.bitwise_or.Tensor" (%0, %l) call<x0, x1> : (tensor<4xi32>, tensor<4xi32, #irfuse.dims<strides = [2]>>) -> tensor<4xi32>
  return %1 : tensor<4xi32>
}

// Not where two are exchanged, one is there twice, or the integers were no bytes.
// CHECK-LABEL: func.func @no_words(
// CHECK-NOT: irfuse.pack
// CHECK: func.return
func.func @no_words(%c: tensor<4x2xui8>, %i: tensor<4x2xi32>) -> (tensor<4x1xi32>, tensor<4x1xi32>, tensor<4x1xi32>) {
  %w = irfuse.cast %c : tensor<4x2xui8> -> tensor<4x2xi32>
  %h = irfuse.slice %w {axis = 1 : i64, start = 1 : i64, step = 1 : i64} : tensor<4x2xi32> -> tensor<4x1xi32>
  %l = irfuse.slice %w {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<4x2xi32> -> tensor<4x1xi32>
  %s = irfuse.shl %l scalar 16.0 : tensor<4x1xi32>
  %0 = irfuse.opaque "aten.bitwise_or.Tensor" (%h, %s) call<x0, x1> : (tensor<4x1xi32>, tensor<4x1xi32>) -> tensor<4x1xi32>
  %1 = irfuse.opaque "aten.bitwise_or.Tensor" (%l, %s) call<x0, x1> : (tensor<4x1xi32>, tensor<4x1xi32>) -> tensor<4x1xi32>
  %a = irfuse.slice %i {axis = 1 : i64, start = 1 : i64, step = 1 : i64} : tensor<4x2xi32> -> tensor<4x1xi32>
  %b = irfuse.slice %i {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<4x2xi32> -> tensor<4x1xi32>
  %t = irfuse.shl %a scalar 16.0 : tensor<4x1xi32>
  %2 = irfuse.opaque "aten.bitwise_or.Tensor" (%b, %t) call<x0, x1> : (tensor<4x1xi32>, tensor<4x1xi32>) -> tensor<4x1xi32>
  return %0, %1, %2 : tensor<4x1xi32>, tensor<4x1xi32>, tensor<4x1xi32>
}
