// Writes at indices and at places, as functional graphs have them; and those that stay as they are.
// RUN: irfuse-opt --raise-aten %s | filecheck %s

!c = tensor<6x4x8xf32>

// CHECK-LABEL: func.func @rows(
func.func @rows(%c: !c, %i: tensor<3xi64>, %x: tensor<3x4x8xf32>) -> !c {
  // CHECK-NEXT: irfuse.scatter %x into %c[%i] {axes = array<i64: 0>{{.*}}} : tensor<3x4x8xf32>, {{.*}}
  %r = irfuse.opaque "aten.index_put.default" (%c, %i, %x) call <x0, [x1], x2> : (!c, tensor<3xi64>, tensor<3x4x8xf32>) -> !c
  return %r : !c
}

// The indices' axis stands where the axis stood that it goes along.
// CHECK-LABEL: func.func @inner(
func.func @inner(%c: !c, %i: tensor<3xi64>, %x: tensor<6x3x8xf32>) -> !c {
  // CHECK-NEXT: %[[P:.*]] = irfuse.permute %x [1, 0, 2]
  // CHECK-NEXT: irfuse.scatter %[[P]] into %c[%i] {axes = array<i64: 1>{{.*}}} : tensor<3x6x8xf32>, {{.*}}
  %r = irfuse.opaque "aten.index_put.default" (%c, %i, %x) call <x0, [none, x1], x2> : (!c, tensor<3xi64>, tensor<6x3x8xf32>) -> !c
  return %r : !c
}

// Of axes that are apart it stands first.
// CHECK-LABEL: func.func @apart(
func.func @apart(%c: !c, %i: tensor<3xi64>, %x: tensor<3x4xf32>) -> !c {
  // CHECK-NEXT: irfuse.scatter %x into %c[%i, %i] {axes = array<i64: 0, 2>{{.*}}} : tensor<3x4xf32>, {{.*}}
  %r = irfuse.opaque "aten.index_put.default" (%c, %i, %x) call <x0, [x1, none, x1], x2> : (!c, tensor<3xi64>, tensor<3x4xf32>) -> !c
  return %r : !c
}

// CHECK-LABEL: func.func @index_copy(
func.func @index_copy(%c: !c, %i: tensor<3xi64>, %x: tensor<6x4x3xf32>) -> !c {
  // CHECK-NEXT: %[[P:.*]] = irfuse.permute %x [2, 0, 1]
  // CHECK-NEXT: irfuse.scatter %[[P]] into %c[%i] {axes = array<i64: 2>{{.*}}} : tensor<3x6x4xf32>, {{.*}}
  %r = irfuse.opaque "aten.index_copy.default" (%c, %i, %x) call <x0, -1, x1, x2> : (!c, tensor<3xi64>, tensor<6x4x3xf32>) -> !c
  return %r : !c
}

// CHECK-LABEL: func.func @places(
func.func @places(%c: !c, %x: tensor<6x2x8xf32>, %y: tensor<6x8xf32>) -> (!c, !c) {
  // CHECK-NEXT: irfuse.insert %x into %c {{{.*}}axis = 1 : i64, start = 1 : i64, step = 2 : i64}
  %r = irfuse.opaque "aten.slice_scatter.default" (%c, %x) call <x0, x1, 1, -3, 4, 2> : (!c, tensor<6x2x8xf32>) -> !c
  // CHECK-NEXT: %[[T:.*]] = irfuse.reshape %y : tensor<6x8xf32> -> tensor<6x1x8xf32>
  // CHECK-NEXT: irfuse.insert %[[T]] into %c {{{.*}}axis = 1 : i64, start = 3 : i64, step = 1 : i64}
  %s = irfuse.opaque "aten.select_scatter.default" (%c, %y) call <x0, x1, 1, -1> : (!c, tensor<6x8xf32>) -> !c
  return %r, %s : !c, !c
}

// Sums of what is written, masks, values of another type, several at one index, a place that no number says.
// CHECK-LABEL: func.func @others(
func.func @others(%c: !c, %i: tensor<3xi64>, %one: tensor<1xi64>, %x: tensor<3x4x8xf32>, %m: tensor<6xi1>, %h: tensor<3x4x8xbf16>, %n: !irfuse.symint<"n">, %y: tensor<6x?x8xf32, #irfuse.dims<"n">>) -> (!c, !c, !c, !c, !c) {
  // CHECK-NEXT: irfuse.opaque "aten.index_put.default"
  %r = irfuse.opaque "aten.index_put.default" (%c, %i, %x) call <x0, [x1], x2, true> : (!c, tensor<3xi64>, tensor<3x4x8xf32>) -> !c
  // CHECK-NEXT: irfuse.opaque "aten.index_put.default"
  %s = irfuse.opaque "aten.index_put.default" (%c, %m, %x) call <x0, [x1], x2> : (!c, tensor<6xi1>, tensor<3x4x8xf32>) -> !c
  // CHECK-NEXT: irfuse.opaque "aten.index_put.default"
  %u = irfuse.opaque "aten.index_put.default" (%c, %i, %h) call <x0, [x1], x2> : (!c, tensor<3xi64>, tensor<3x4x8xbf16>) -> !c
  // CHECK-NEXT: irfuse.opaque "aten.index_put.default"
  %o = irfuse.opaque "aten.index_put.default" (%c, %one, %x) call <x0, [x1], x2> : (!c, tensor<1xi64>, tensor<3x4x8xf32>) -> !c
  // CHECK-NEXT: irfuse.opaque "aten.slice_scatter.default"
  %v = irfuse.opaque "aten.slice_scatter.default" (%c, %y, %n) call <x0, x1, 1, 0, x2> : (!c, tensor<6x?x8xf32, #irfuse.dims<"n">>, !irfuse.symint<"n">) -> !c
  return %r, %s, %u, %o, %v : !c, !c, !c, !c, !c
}

// Columns written over in what is computed are put together with the others: it is no place that a kernel writes to.
// CHECK-LABEL: func.func @columns_of_what_is_computed(
func.func @columns_of_what_is_computed(%x: tensor<4x8xf32>, %v: tensor<4x2xf32>) -> tensor<4x8xf32> {
  // CHECK-NEXT: %y = irfuse.neg %x
  // CHECK-NEXT: %[[A:.*]] = irfuse.slice %y {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<4x8xf32> -> tensor<4x3xf32>{{$}}
  // CHECK-NEXT: %[[B:.*]] = irfuse.slice %y {axis = 1 : i64, start = 5 : i64, step = 1 : i64} : tensor<4x8xf32> -> tensor<4x3xf32>{{$}}
  // CHECK-NEXT: %{{.*}} = irfuse.concat %[[A]], %v, %[[B]] {axis = 1 : i64}
  %y = irfuse.neg %x : tensor<4x8xf32>
  %0 = irfuse.opaque "aten.slice_scatter.default" (%y, %v) call<x0, x1, 1, 3, 5> : (tensor<4x8xf32>, tensor<4x2xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// Every third column of one tensor at the same places of another is a choice by columns: from 2 on, and below 8.
// CHECK-LABEL: func.func @columns_of_another(
// CHECK-NEXT: irfuse.slice
// CHECK-COUNT-2: irfuse.relayout
// CHECK-NEXT: %[[AT:.*]] = irfuse.iota : tensor<8xi32>
// CHECK-NEXT: %[[REST:.*]] = irfuse.remainder %[[AT]] scalar 3.000000e+00 : tensor<8xi32>
// CHECK-NEXT: %[[THIRD:.*]] = irfuse.compare eq %[[REST]] scalar 2.000000e+00 : {{.*}}
// CHECK-NEXT: %[[GE:.*]] = irfuse.compare ge %[[AT]] scalar 2.000000e+00 : {{.*}}
// CHECK-NEXT: %[[LOW:.*]] = irfuse.and %[[THIRD]], %[[GE]] : tensor<8xi1>
// CHECK-NEXT: %[[LT:.*]] = irfuse.compare lt %[[AT]] scalar 8.000000e+00 : {{.*}}
// CHECK-NEXT: %[[HERE:.*]] = irfuse.and %[[LOW]], %[[LT]] : tensor<8xi1>
// CHECK-NEXT: %[[ROW:.*]] = irfuse.reshape %[[HERE]]
// CHECK-NEXT: %[[ALL:.*]] = irfuse.broadcast %[[ROW]] : tensor<1x8xi1> -> tensor<4x8xi1>
// CHECK-NEXT: irfuse.select %[[ALL]], %y, %x : {{.*}}
// CHECK-NEXT: func.return
func.func @columns_of_another(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %v = irfuse.opaque "aten.slice.Tensor" (%y) call<x0, 1, 2, 7, 3> : (tensor<4x8xf32>) -> tensor<4x2xf32, #irfuse.dims<strides = [8, 3]>>
  %0 = irfuse.opaque "aten.slice_scatter.default" (%x, %v) call<x0, x1, 1, 2, 7, 3> : (tensor<4x8xf32>, tensor<4x2xf32, #irfuse.dims<strides = [8, 3]>>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// Not where they stood elsewhere, in a tensor of another shape, or where the tensor that they go into is written to.
// CHECK-LABEL: func.func @columns_of_others(
// CHECK-NOT: irfuse.select
// CHECK: irfuse.insert
// CHECK: irfuse.insert
// CHECK: irfuse.insert
// CHECK-NOT: irfuse.select
// CHECK: return
func.func @columns_of_others(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>, %z: tensor<4x9xf32>, %w: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %a = irfuse.opaque "aten.slice.Tensor" (%y) call<x0, 1, 1, 5, 3> : (tensor<4x8xf32>) -> tensor<4x2xf32, #irfuse.dims<strides = [8, 3]>>
  %0 = irfuse.opaque "aten.slice_scatter.default" (%x, %a) call<x0, x1, 1, 2, 7, 3> : (tensor<4x8xf32>, tensor<4x2xf32, #irfuse.dims<strides = [8, 3]>>) -> tensor<4x8xf32>
  %b = irfuse.opaque "aten.slice.Tensor" (%z) call<x0, 1, 2, 7, 3> : (tensor<4x9xf32>) -> tensor<4x2xf32, #irfuse.dims<strides = [9, 3]>>
  %1 = irfuse.opaque "aten.slice_scatter.default" (%x, %b) call<x0, x1, 1, 2, 7, 3> : (tensor<4x8xf32>, tensor<4x2xf32, #irfuse.dims<strides = [9, 3]>>) -> tensor<4x8xf32>
  %c = irfuse.opaque "aten.slice.Tensor" (%y) call<x0, 1, 2, 7, 3> : (tensor<4x8xf32>) -> tensor<4x2xf32, #irfuse.dims<strides = [8, 3]>>
  %2 = irfuse.opaque "aten.slice_scatter.default" (%w, %c) call<x0, x1, 1, 2, 7, 3> : (tensor<4x8xf32>, tensor<4x2xf32, #irfuse.dims<strides = [8, 3]>>) -> tensor<4x8xf32>
  %3 = irfuse.opaque "aten.copy_.default" mutates (%w, %2) call<x0, x1> : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0, %1 : tensor<4x8xf32>, tensor<4x8xf32>
}

// A write into bytes that are seen as floats is a write of the bytes of floats, along whole elements: at rows that are
// named, in columns of the view, in every second row.
// CHECK-LABEL: func.func @floats_in_bytes(
func.func @floats_in_bytes(%c: tensor<48x528xui8>, %v: tensor<7x4xf32>, %i: tensor<7xi64>) -> tensor<48x528xui8> {
  // CHECK-NEXT: %0 = irfuse.slice %c {axis = 1 : i64, start = 512 : i64, step = 1 : i64} : tensor<48x528xui8> -> tensor<48x16xui8>{{$}}
  // CHECK-NEXT: %1 = irfuse.bytes %v : tensor<7x4xf32> -> tensor<7x16xui8>{{$}}
  // CHECK-NEXT: %2 = irfuse.scatter %1 into %0[%i] {axes = array<i64: 0>} :
  // CHECK-NEXT: %b = irfuse.insert %2 into %c {axis = 1 : i64, start = 512 : i64, step = 1 : i64} :
  // CHECK-NEXT: func.return %b :
  %f = irfuse.opaque "aten.view.dtype" (%c) call<x0, "float32"> : (tensor<48x528xui8>) -> tensor<48x132xf32>
  %s = irfuse.opaque "aten.slice.Tensor" (%f) call<x0, 1, 128, 132> : (tensor<48x132xf32>) -> tensor<48x4xf32>
  %p = irfuse.opaque "aten.index_put.default" (%s, %i, %v) call<x0, [x1], x2> : (tensor<48x4xf32>, tensor<7xi64>, tensor<7x4xf32>) -> tensor<48x4xf32>
  %w = irfuse.opaque "aten.slice_scatter.default" (%f, %p) call<x0, x1, 1, 128, 132> : (tensor<48x132xf32>, tensor<48x4xf32>) -> tensor<48x132xf32>
  %b = irfuse.opaque "aten.view.dtype" (%w) call<x0, "uint8"> : (tensor<48x132xf32>) -> tensor<48x528xui8>
  return %b : tensor<48x528xui8>
}

// CHECK-LABEL: func.func @every_second_row_of_floats(
func.func @every_second_row_of_floats(%c: tensor<8x16xui8>, %v: tensor<4x8xbf16>) -> tensor<8x16xui8> {
  // CHECK-NEXT: %0 = irfuse.bytes %v : tensor<4x8xbf16> -> tensor<4x16xui8>{{$}}
  // CHECK-NEXT: %b = irfuse.insert %0 into %c {axis = 0 : i64, start = 1 : i64, step = 2 : i64} :
  %f = irfuse.opaque "aten.view.dtype" (%c) call<x0, "bfloat16"> : (tensor<8x16xui8>) -> tensor<8x8xbf16>
  %w = irfuse.opaque "aten.slice_scatter.default" (%f, %v) call<x0, x1, 0, 1, 8, 2> : (tensor<8x8xbf16>, tensor<4x8xbf16>) -> tensor<8x8xbf16>
  %b = irfuse.opaque "aten.view.dtype" (%w) call<x0, "uint8"> : (tensor<8x8xbf16>) -> tensor<8x16xui8>
  return %b : tensor<8x16xui8>
}

// Every second column is no run of bytes, and columns that are named are none.
// CHECK-LABEL: func.func @columns_of_floats(
func.func @columns_of_floats(%c: tensor<8x16xui8>, %v: tensor<8x2xf32>, %i: tensor<2xi64>) -> (tensor<8x16xui8>, tensor<8x16xui8>) {
  // CHECK-NEXT: %f = irfuse.opaque "aten.view.dtype"
  // CHECK-NEXT: [[W:%[a-z0-9_]+]] = irfuse.insert %v into %f
  // CHECK-NEXT: irfuse.bytes [[W]]
  // CHECK: [[P:%[a-z0-9_]+]] = irfuse.scatter {{.*}} into %f
  // CHECK-NEXT: irfuse.bytes [[P]]
  %f = irfuse.opaque "aten.view.dtype" (%c) call<x0, "float32"> : (tensor<8x16xui8>) -> tensor<8x4xf32>
  %w = irfuse.opaque "aten.slice_scatter.default" (%f, %v) call<x0, x1, 1, 0, 4, 2> : (tensor<8x4xf32>, tensor<8x2xf32>) -> tensor<8x4xf32>
  %b = irfuse.opaque "aten.view.dtype" (%w) call<x0, "uint8"> : (tensor<8x4xf32>) -> tensor<8x16xui8>
  %p = irfuse.opaque "aten.index_put.default" (%f, %i, %v) call<x0, [none, x1], x2> : (tensor<8x4xf32>, tensor<2xi64>, tensor<8x2xf32>) -> tensor<8x4xf32>
  %d = irfuse.opaque "aten.view.dtype" (%p) call<x0, "uint8"> : (tensor<8x4xf32>) -> tensor<8x16xui8>
  return %b, %d : tensor<8x16xui8>, tensor<8x16xui8>
}
