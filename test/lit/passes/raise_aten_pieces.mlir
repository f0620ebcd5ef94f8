// The rules of raise-aten for parts of tensors and for tensors that are put together.
// RUN: irfuse-opt --raise-aten %s | filecheck %s

!f = tensor<4x8xf32>
!x = tensor<?x8xf32, #irfuse.dims<"s0">>
!half = tensor<?x4xf32, #irfuse.dims<"s0">>
!l = tensor<4x8xi64>
!s = !irfuse.symint<"s0">

// From a column on, up to one, of every third; of another axis; counted from the end; beyond the end.
// CHECK-LABEL: func.func @slices(
func.func @slices(%x: !f) -> (tensor<4x6xf32>, tensor<4x4xf32>, tensor<4x2xf32>, tensor<2x8xf32>, tensor<4x2xf32>, tensor<4x3xf32>, tensor<4x3xf32>) {
  // CHECK-NEXT: %0 = irfuse.slice %x {axis = 1 : i64, start = 2 : i64, step = 1 : i64} : tensor<4x8xf32> -> tensor<4x6xf32>{{$}}
  // CHECK-NEXT: %1 = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<4x8xf32> -> tensor<4x4xf32>{{$}}
  // CHECK-NEXT: %2 = irfuse.slice %x {axis = 1 : i64, start = 1 : i64, step = 3 : i64} : tensor<4x8xf32> -> tensor<4x2xf32>{{$}}
  // CHECK-NEXT: %3 = irfuse.slice %x {axis = 0 : i64, start = 1 : i64, step = 2 : i64} : tensor<4x8xf32> -> tensor<2x8xf32>{{$}}
  // CHECK-NEXT: %4 = irfuse.slice %x {axis = 1 : i64, start = 5 : i64, step = 1 : i64} : tensor<4x8xf32> -> tensor<4x2xf32>{{$}}
  // CHECK-NEXT: %5 = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : tensor<4x8xf32> -> tensor<4x3xf32>{{$}}
  // CHECK-NEXT: %6 = irfuse.slice %x {axis = 1 : i64, start = 5 : i64, step = 1 : i64} : tensor<4x8xf32> -> tensor<4x3xf32>{{$}}
  // CHECK-NEXT: func.return %0, %1, %2, %3, %4, %5, %6 :
  %0 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 1, 2> : (!f) -> tensor<4x6xf32>
  %1 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 1, none, 4> : (!f) -> tensor<4x4xf32>
  %2 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 1, 1, 7, 3> : (!f) -> tensor<4x2xf32>
  %3 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 0, 1, 9223372036854775807, 2> : (!f) -> tensor<2x8xf32>
  %4 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, -1, -3, -1> : (!f) -> tensor<4x2xf32>
  %5 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 1, -100, 3> : (!f) -> tensor<4x3xf32>
  %6 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 1, 5, 100> : (!f) -> tensor<4x3xf32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<4x6xf32>, tensor<4x4xf32>, tensor<4x2xf32>, tensor<2x8xf32>, tensor<4x2xf32>, tensor<4x3xf32>, tensor<4x3xf32>
}

// A slice of the whole axis is nothing, also of one whose length is not known.
// CHECK-LABEL: func.func @whole(
func.func @whole(%x: !x) -> (!x, !x, !x) {
  // CHECK-NEXT: func.return %x, %x, %x :
  %0 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0> : (!x) -> !x
  %1 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 0, 0, 9223372036854775807> : (!x) -> !x
  %2 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 1, none, 8> : (!x) -> !x
  return %0, %1, %2 : !x, !x, !x
}

// CHECK-LABEL: func.func @narrow_and_select(
func.func @narrow_and_select(%x: !x) -> (!half, tensor<?xf32, #irfuse.dims<"s0">>, tensor<?xf32, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: %0 = irfuse.slice %x {axis = 1 : i64, start = 3 : i64, step = 1 : i64} : tensor<?x8xf32, #irfuse.dims<"s0">> -> tensor<?x4xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.slice %x {axis = 1 : i64, start = 2 : i64, step = 1 : i64} : tensor<?x8xf32, #irfuse.dims<"s0">> -> tensor<?x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.reshape %1 : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %3 = irfuse.slice %x {axis = 1 : i64, start = 7 : i64, step = 1 : i64} :
  // CHECK-NEXT: %4 = irfuse.reshape %3 :
  // CHECK-NEXT: func.return %0, %2, %4 :
  %0 = irfuse.opaque "aten.narrow.default" (%x) call<x0, 1, 3, 4> : (!x) -> !half
  %1 = irfuse.opaque "aten.select.int" (%x) call<x0, 1, 2> : (!x) -> tensor<?xf32, #irfuse.dims<"s0">>
  %2 = irfuse.opaque "aten.select.int" (%x) call<x0, -1, -1> : (!x) -> tensor<?xf32, #irfuse.dims<"s0">>
  return %0, %1, %2 : !half, tensor<?xf32, #irfuse.dims<"s0">>, tensor<?xf32, #irfuse.dims<"s0">>
}

// CHECK-LABEL: func.func @flips(
func.func @flips(%x: !x, %f: !f) -> (!x, !f) {
  // CHECK-NEXT: %0 = irfuse.slice %x {axis = 1 : i64, start = 7 : i64, step = -1 : i64} : tensor<?x8xf32, #irfuse.dims<"s0">> -> tensor<?x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.slice %f {axis = 0 : i64, start = 3 : i64, step = -1 : i64} : tensor<4x8xf32> -> tensor<4x8xf32>{{$}}
  // CHECK-NEXT: %2 = irfuse.slice %1 {axis = 1 : i64, start = 7 : i64, step = -1 : i64} : tensor<4x8xf32> -> tensor<4x8xf32>{{$}}
  // CHECK-NEXT: func.return %0, %2 :
  %0 = irfuse.opaque "aten.flip.default" (%x) call<x0, [-1]> : (!x) -> !x
  %1 = irfuse.opaque "prims.rev.default" (%f) call<x0, [0, 1]> : (!f) -> !f
  return %0, %1 : !x, !f
}

// Pieces of any length, on any axis, also of integers; a tensor twice.
// CHECK-LABEL: func.func @cats(
func.func @cats(%x: !x, %h: !half, %f: !f, %l: !l) -> (tensor<?x12xf32, #irfuse.dims<"s0">>, tensor<12x8xf32>, tensor<8x8xi64>) {
  // CHECK-NEXT: %0 = irfuse.concat %h, %x {axis = 1 : i64} : tensor<?x4xf32, #irfuse.dims<"s0">>, tensor<?x8xf32, #irfuse.dims<"s0">> -> tensor<?x12xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.concat %f, %f, %f {axis = 0 : i64} : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32> -> tensor<12x8xf32>{{$}}
  // CHECK-NEXT: %2 = irfuse.concat %l, %l {axis = 0 : i64} : tensor<4x8xi64>, tensor<4x8xi64> -> tensor<8x8xi64>{{$}}
  // CHECK-NEXT: func.return %0, %1, %2 :
  %0 = irfuse.opaque "aten.cat.default" (%h, %x) call<[x0, x1], -1> : (!half, !x) -> tensor<?x12xf32, #irfuse.dims<"s0">>
  %1 = irfuse.opaque "aten.cat.default" (%f) call<[x0, x0, x0]> : (!f) -> tensor<12x8xf32>
  %2 = irfuse.opaque "aten.concat.default" (%l) call<[x0, x0], dim = 0> : (!l) -> tensor<8x8xi64>
  return %0, %1, %2 : tensor<?x12xf32, #irfuse.dims<"s0">>, tensor<12x8xf32>, tensor<8x8xi64>
}

// CHECK-LABEL: func.func @stacks(
func.func @stacks(%x: !x, %y: !x, %f: !f) -> (tensor<?x8x2xf32, #irfuse.dims<"s0">>, tensor<1x4x8xf32>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : tensor<?x8xf32, #irfuse.dims<"s0">> -> tensor<?x8x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.reshape %y : tensor<?x8xf32, #irfuse.dims<"s0">> -> tensor<?x8x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.concat %0, %1 {axis = 2 : i64} : tensor<?x8x1xf32, #irfuse.dims<"s0">>, tensor<?x8x1xf32, #irfuse.dims<"s0">> -> tensor<?x8x2xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %3 = irfuse.reshape %f : tensor<4x8xf32> -> tensor<1x4x8xf32>{{$}}
  // CHECK-NEXT: func.return %2, %3 :
  %0 = irfuse.opaque "aten.stack.default" (%x, %y) call<[x0, x1], -1> : (!x, !x) -> tensor<?x8x2xf32, #irfuse.dims<"s0">>
  %1 = irfuse.opaque "aten.stack.default" (%f) call<[x0]> : (!f) -> tensor<1x4x8xf32>
  return %0, %1 : tensor<?x8x2xf32, #irfuse.dims<"s0">>, tensor<1x4x8xf32>
}

// Parts by their length, of which the last is shorter; by their lengths; by their number.
// CHECK-LABEL: func.func @splits(
func.func @splits(%x: !x) -> (tensor<?x3xf32, #irfuse.dims<"s0">>, tensor<?x3xf32, #irfuse.dims<"s0">>, tensor<?x2xf32, #irfuse.dims<"s0">>, !half, !half, tensor<?x1xf32, #irfuse.dims<"s0">>, tensor<?x7xf32, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: %[[A:.*]] = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : {{.*}} -> tensor<?x3xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %[[B:.*]] = irfuse.slice %x {axis = 1 : i64, start = 3 : i64, step = 1 : i64} : {{.*}} -> tensor<?x3xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %[[C:.*]] = irfuse.slice %x {axis = 1 : i64, start = 6 : i64, step = 1 : i64} : {{.*}} -> tensor<?x2xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %[[D:.*]] = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : {{.*}} -> tensor<?x4xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %[[E:.*]] = irfuse.slice %x {axis = 1 : i64, start = 4 : i64, step = 1 : i64} : {{.*}} -> tensor<?x4xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %[[F:.*]] = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : {{.*}} -> tensor<?x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %[[G:.*]] = irfuse.slice %x {axis = 1 : i64, start = 1 : i64, step = 1 : i64} : {{.*}} -> tensor<?x7xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %[[A]], %[[B]], %[[C]], %[[D]], %[[E]], %[[F]], %[[G]] :
  %0, %1, %2 = irfuse.opaque "aten.split.Tensor" (%x) call<x0, 3, 1> : (!x) -> (tensor<?x3xf32, #irfuse.dims<"s0">>, tensor<?x3xf32, #irfuse.dims<"s0">>, tensor<?x2xf32, #irfuse.dims<"s0">>)
  %3, %4 = irfuse.opaque "aten.chunk.default" (%x) call<x0, 2, -1> : (!x) -> (!half, !half)
  %5, %6 = irfuse.opaque "aten.split_with_sizes.default" (%x) call<x0, [1, 7], -1> : (!x) -> (tensor<?x1xf32, #irfuse.dims<"s0">>, tensor<?x7xf32, #irfuse.dims<"s0">>)
  return %0, %1, %2, %3, %4, %5, %6 : tensor<?x3xf32, #irfuse.dims<"s0">>, tensor<?x3xf32, #irfuse.dims<"s0">>, tensor<?x2xf32, #irfuse.dims<"s0">>, !half, !half, tensor<?x1xf32, #irfuse.dims<"s0">>, tensor<?x7xf32, #irfuse.dims<"s0">>
}

// Each entry of an axis; of a part that nobody reads nothing is asked.
// CHECK-LABEL: func.func @unbinds(
func.func @unbinds(%x: tensor<?x2x8xf32, #irfuse.dims<"s0">>, %y: !x) -> (!x, !x, !half) {
  // CHECK: %[[A:.*]] = irfuse.slice %x {axis = 1 : i64, start = 0 : i64, step = 1 : i64} : {{.*}} -> tensor<?x1x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK: %[[B:.*]] = irfuse.slice %x {axis = 1 : i64, start = 1 : i64, step = 1 : i64} : {{.*}} -> tensor<?x1x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK: %[[C:.*]] = irfuse.reshape %[[A]] : {{.*}} -> tensor<?x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK: %[[D:.*]] = irfuse.reshape %[[B]] : {{.*}} -> tensor<?x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK: %[[E:.*]] = irfuse.slice %y {axis = 1 : i64, start = 4 : i64, step = 1 : i64} :
  // CHECK: func.return %[[C]], %[[D]], %[[E]] :
  %0, %1 = irfuse.opaque "aten.unbind.int" (%x) call<x0, 1> : (tensor<?x2x8xf32, #irfuse.dims<"s0">>) -> (!x, !x)
  %2, %3 = irfuse.opaque "aten.split.Tensor" (%y) call<x0, 4, -1> : (!x) -> (!half, !half)
  return %0, %1, %3 : !x, !x, !half
}

// Each key of a group of heads for all of its queries.
// CHECK-LABEL: func.func @repeats(
func.func @repeats(%x: tensor<?x2x8xf32, #irfuse.dims<"s0">>) -> (tensor<?x6x8xf32, #irfuse.dims<"s0">>, tensor<?x2x16xf32, #irfuse.dims<"s0">>) {
  // CHECK-NEXT: %0 = irfuse.reshape %x : {{.*}} -> tensor<?x2x1x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.broadcast %0 : {{.*}} -> tensor<?x2x3x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.reshape %1 : {{.*}} -> tensor<?x6x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %3 = irfuse.reshape %x : {{.*}} -> tensor<?x2x8x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %4 = irfuse.broadcast %3 : {{.*}} -> tensor<?x2x8x2xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %5 = irfuse.reshape %4 : {{.*}} -> tensor<?x2x16xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %2, %5 :
  %0 = irfuse.opaque "aten.repeat_interleave.self_int" (%x) call<x0, 3, 1> : (tensor<?x2x8xf32, #irfuse.dims<"s0">>) -> tensor<?x6x8xf32, #irfuse.dims<"s0">>
  %1 = irfuse.opaque "aten.repeat_interleave.self_int" (%x) call<x0, 2, dim = -1, output_size = 16> : (tensor<?x2x8xf32, #irfuse.dims<"s0">>) -> tensor<?x2x16xf32, #irfuse.dims<"s0">>
  return %0, %1 : tensor<?x6x8xf32, #irfuse.dims<"s0">>, tensor<?x2x16xf32, #irfuse.dims<"s0">>
}

// Copies one behind the other, of an axis that is there and of one that is not.
// CHECK-LABEL: func.func @copies(
func.func @copies(%x: tensor<?x2x8xf32, #irfuse.dims<"s0">>) -> tensor<3x?x2x16xf32, #irfuse.dims<"s0">> {
  // CHECK-NEXT: %0 = irfuse.reshape %x : {{.*}} -> tensor<1x1x?x2x1x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.broadcast %0 : {{.*}} -> tensor<3x1x?x2x2x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.reshape %1 : {{.*}} -> tensor<3x?x2x16xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: func.return %2 :
  %0 = irfuse.opaque "aten.repeat.default" (%x) call<x0, [3, 1, 1, 2]> : (tensor<?x2x8xf32, #irfuse.dims<"s0">>) -> tensor<3x?x2x16xf32, #irfuse.dims<"s0">>
  return %0 : tensor<3x?x2x16xf32, #irfuse.dims<"s0">>
}

// Rows of a table that integers name, in three spellings.
// CHECK-LABEL: func.func @gathers(
func.func @gathers(%x: !f, %i: tensor<?xi64, #irfuse.dims<"s0">>, %j: tensor<2x3xi32>) -> (!x, !x, !x, tensor<2x3x8xf32>) {
  // CHECK-NEXT: %0 = irfuse.gather %x[%i] : tensor<4x8xf32>, tensor<?xi64, #irfuse.dims<"s0">> -> tensor<?x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.gather %x[%i] :
  // CHECK-NEXT: %2 = irfuse.gather %x[%i] :
  // CHECK-NEXT: %3 = irfuse.gather %x[%j] : tensor<4x8xf32>, tensor<2x3xi32> -> tensor<2x3x8xf32>{{$}}
  // CHECK-NEXT: func.return %0, %1, %2, %3 :
  %0 = irfuse.opaque "aten.embedding.default" (%x, %i) call<x0, x1> : (!f, tensor<?xi64, #irfuse.dims<"s0">>) -> !x
  %1 = irfuse.opaque "aten.index.Tensor" (%x, %i) call<x0, [x1]> : (!f, tensor<?xi64, #irfuse.dims<"s0">>) -> !x
  %2 = irfuse.opaque "aten.index_select.default" (%x, %i) call<x0, -2, x1> : (!f, tensor<?xi64, #irfuse.dims<"s0">>) -> !x
  %3 = irfuse.opaque "aten.embedding.default" (%x, %j) call<x0, x1, 0> : (!f, tensor<2x3xi32>) -> tensor<2x3x8xf32>
  return %0, %1, %2, %3 : !x, !x, !x, tensor<2x3x8xf32>
}

// The sum of a few parts along an outer axis, which is kept or not.
// CHECK-LABEL: func.func @part_sums(
func.func @part_sums(%x: tensor<4x?x8xf32, #irfuse.dims<"s0">>, %f: !f) -> (!x, tensor<1x8xf32>) {
  // CHECK-NEXT: %0 = irfuse.permute %x [1, 2, 0] : {{.*}} -> tensor<?x8x4xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %1 = irfuse.part_sum %0 : {{.*}} -> tensor<?x8x1xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %2 = irfuse.reshape %1 : {{.*}} -> tensor<?x8xf32, #irfuse.dims<"s0">>{{$}}
  // CHECK-NEXT: %3 = irfuse.permute %f [1, 0] : tensor<4x8xf32> -> tensor<8x4xf32>{{$}}
  // CHECK-NEXT: %4 = irfuse.part_sum %3 : tensor<8x4xf32> -> tensor<8x1xf32>{{$}}
  // CHECK-NEXT: %5 = irfuse.reshape %4 : tensor<8x1xf32> -> tensor<1x8xf32>{{$}}
  // CHECK-NEXT: func.return %2, %5 :
  %0 = irfuse.opaque "aten.sum.dim_IntList" (%x) call<x0, [0]> : (tensor<4x?x8xf32, #irfuse.dims<"s0">>) -> !x
  %1 = irfuse.opaque "aten.sum.dim_IntList" (%f) call<x0, [0], true> : (!f) -> tensor<1x8xf32>
  return %0, %1 : !x, tensor<1x8xf32>
}

// A piece without entries is none, and what gives it goes; one piece is all there is.
// CHECK-LABEL: func.func @cats_of_one(
func.func @cats_of_one(%f: !f) -> (!f, !f) {
  // CHECK-NEXT: func.return %f, %f :
  %none = irfuse.opaque "aten.slice.Tensor" (%f) call<x0, 1, 8, 9223372036854775807> : (!f) -> tensor<4x?xf32, #irfuse.dims<"zero">>
  %0 = irfuse.opaque "aten.cat.default" (%f, %none) call<[x0, x1], -1> : (!f, tensor<4x?xf32, #irfuse.dims<"zero">>) -> !f
  %1 = irfuse.opaque "aten.concat.default" (%f) call<[x0]> : (!f) -> !f
  return %0, %1 : !f, !f
}
