// The nearest refusals of the rules for parts of tensors and for tensors that are put together. Nothing in this file
// changes.
// RUN: irfuse-opt %s > %t.before.mlir
// RUN: irfuse-opt --raise-aten %s > %t.after.mlir
// RUN: diff %t.before.mlir %t.after.mlir
// RUN: filecheck %s --input-file %t.after.mlir

!f = tensor<4x8xf32>
!x = tensor<?x8xf32, #irfuse.dims<"s0">>
!y = tensor<?x8xf32, #irfuse.dims<"s1">>
!s = !irfuse.symint<"s0">

// Places that are no numbers; a part of an axis whose length is not known, and one whose length is not; nothing at all.
// CHECK-LABEL: func.func @slices(
func.func @slices(%f: !f, %x: !x, %n: !s) -> (tensor<4x?xf32, #irfuse.dims<"s1">>, tensor<4x?xf32, #irfuse.dims<"s1">>, tensor<2x8xf32>, tensor<2x8xf32>, tensor<?x8xf32>, tensor<4x0xf32>) {
  // CHECK-COUNT-6: irfuse.opaque
  %0 = irfuse.opaque "aten.slice.Tensor" (%f, %n) call<x0, 1, x1> : (!f, !s) -> tensor<4x?xf32, #irfuse.dims<"s1">>
  %1 = irfuse.opaque "aten.slice.Tensor" (%f, %n) call<x0, 1, 2, x1> : (!f, !s) -> tensor<4x?xf32, #irfuse.dims<"s1">>
  %2 = irfuse.opaque "aten.slice.Tensor" (%f, %n) call<x0, 0, 0, 9223372036854775807, x1> : (!f, !s) -> tensor<2x8xf32>
  %3 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 0, 0, 2> : (!x) -> tensor<2x8xf32>
  %4 = irfuse.opaque "aten.slice.Tensor" (%x) call<x0, 0, 1> : (!x) -> tensor<?x8xf32>
  %5 = irfuse.opaque "aten.slice.Tensor" (%f) call<x0, 1, 3, 3> : (!f) -> tensor<4x0xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<4x?xf32, #irfuse.dims<"s1">>, tensor<4x?xf32, #irfuse.dims<"s1">>, tensor<2x8xf32>, tensor<2x8xf32>, tensor<?x8xf32>, tensor<4x0xf32>
}

// CHECK-LABEL: func.func @narrow_and_select(
func.func @narrow_and_select(%f: !f, %x: !x, %n: !s, %i: tensor<i64>) -> (tensor<4x2xf32>, tensor<4x?xf32, #irfuse.dims<"s0">>, tensor<4x2xf32>, tensor<8xf32>, tensor<8xf32>) {
  // CHECK-COUNT-5: irfuse.opaque
  %0 = irfuse.opaque "aten.narrow.default" (%f, %n) call<x0, 1, x1, 2> : (!f, !s) -> tensor<4x2xf32>
  %1 = irfuse.opaque "aten.narrow.default" (%f, %n) call<x0, 1, 0, x1> : (!f, !s) -> tensor<4x?xf32, #irfuse.dims<"s0">>
  %2 = irfuse.opaque "aten.narrow.Tensor" (%f, %i) call<x0, 1, x1, 2> : (!f, tensor<i64>) -> tensor<4x2xf32>
  %3 = irfuse.opaque "aten.select.int" (%f, %n) call<x0, 0, x1> : (!f, !s) -> tensor<8xf32>
  %4 = irfuse.opaque "aten.select.int" (%x) call<x0, 0, -1> : (!x) -> tensor<8xf32>
  return %0, %1, %2, %3, %4 : tensor<4x2xf32>, tensor<4x?xf32, #irfuse.dims<"s0">>, tensor<4x2xf32>, tensor<8xf32>, tensor<8xf32>
}

// Along an axis whose length is not known, alone and behind another.
// CHECK-LABEL: func.func @flips(
func.func @flips(%x: !x) -> (!x, !x) {
  // CHECK-COUNT-2: irfuse.opaque
  %0 = irfuse.opaque "aten.flip.default" (%x) call<x0, [0]> : (!x) -> !x
  %1 = irfuse.opaque "aten.flip.default" (%x) call<x0, [1, 0]> : (!x) -> !x
  return %0, %1 : !x, !x
}

// Pieces of several types, of which torch makes one; of a length that is not known; no list.
// CHECK-LABEL: func.func @cats(
func.func @cats(%f: !f, %h: tensor<4x8xbf16>, %x: !x, %y: !y) -> (tensor<4x16xf32>, tensor<?x8xf32>, !f) {
  // CHECK-COUNT-3: irfuse.opaque
  %0 = irfuse.opaque "aten.cat.default" (%f, %h) call<[x0, x1], 1> : (!f, tensor<4x8xbf16>) -> tensor<4x16xf32>
  %1 = irfuse.opaque "aten.cat.default" (%x, %y) call<[x0, x1]> : (!x, !y) -> tensor<?x8xf32>
  %2 = irfuse.opaque "aten.cat.names" (%f) call<[x0, x0], "rows"> : (!f) -> !f
  return %0, %1, %2 : tensor<4x16xf32>, tensor<?x8xf32>, !f
}

// CHECK-LABEL: func.func @stacks(
func.func @stacks(%f: !f, %h: tensor<4x8xbf16>) -> tensor<2x4x8xf32> {
  // CHECK-COUNT-1: irfuse.opaque
  %0 = irfuse.opaque "aten.stack.default" (%f, %h) call<[x0, x1]> : (!f, tensor<4x8xbf16>) -> tensor<2x4x8xf32>
  return %0 : tensor<2x4x8xf32>
}

// Of an axis, or by lengths, that are not known; with a part of no length.
// CHECK-LABEL: func.func @splits(
func.func @splits(%f: !f, %x: !x, %n: !s) -> (tensor<2x8xf32>, tensor<4x?xf32, #irfuse.dims<"s0">>, tensor<4x?xf32, #irfuse.dims<"s0">>, tensor<?x8xf32>, tensor<4x8xf32>, tensor<8xf32>) {
  // CHECK-COUNT-6: irfuse.opaque
  %0, %a = irfuse.opaque "aten.split.Tensor" (%x) call<x0, 2> : (!x) -> (tensor<2x8xf32>, tensor<?x8xf32>)
  %1, %b = irfuse.opaque "aten.split.Tensor" (%f, %n) call<x0, x1, 1> : (!f, !s) -> (tensor<4x?xf32, #irfuse.dims<"s0">>, tensor<4x?xf32>)
  %2, %c = irfuse.opaque "aten.split_with_sizes.default" (%f, %n) call<x0, [x1, 3], 1> : (!f, !s) -> (tensor<4x?xf32, #irfuse.dims<"s0">>, tensor<4x3xf32>)
  %3, %d = irfuse.opaque "aten.chunk.default" (%x) call<x0, 2> : (!x) -> (tensor<?x8xf32>, tensor<?x8xf32>)
  %4, %e = irfuse.opaque "aten.split_with_sizes.default" (%f) call<x0, [8, 0], 1> : (!f) -> (tensor<4x8xf32>, tensor<4x0xf32>)
  %5, %g = irfuse.opaque "aten.unbind.int" (%x) call<x0> : (!x) -> (tensor<8xf32>, tensor<8xf32>)
  return %0, %1, %2, %3, %4, %5 : tensor<2x8xf32>, tensor<4x?xf32, #irfuse.dims<"s0">>, tensor<4x?xf32, #irfuse.dims<"s0">>, tensor<?x8xf32>, tensor<4x8xf32>, tensor<8xf32>
}

// Of all entries in one row; as often as a number says that is not known, or a tensor.
// CHECK-LABEL: func.func @repeats(
func.func @repeats(%f: !f, %n: !s, %i: tensor<4xi64>) -> (tensor<64xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) {
  // CHECK-COUNT-4: irfuse.opaque
  %0 = irfuse.opaque "aten.repeat_interleave.self_int" (%f) call<x0, 2> : (!f) -> tensor<64xf32>
  %1 = irfuse.opaque "aten.repeat_interleave.self_int" (%f, %n) call<x0, x1, 0> : (!f, !s) -> tensor<?x8xf32>
  %2 = irfuse.opaque "aten.repeat_interleave.self_Tensor" (%f, %i) call<x0, x1, 0> : (!f, tensor<4xi64>) -> tensor<?x8xf32>
  %3 = irfuse.opaque "aten.repeat.default" (%f, %n) call<x0, [x1, 1]> : (!f, !s) -> tensor<?x8xf32>
  return %0, %1, %2, %3 : tensor<64xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}

// Rows that a mask chooses, of which nobody knows how many; columns; by several indices; of f64.
// CHECK-LABEL: func.func @gathers(
func.func @gathers(%f: !f, %m: tensor<4xi1>, %i: tensor<3xi64>, %u: tensor<3xui8>, %d: tensor<4x8xf64>) -> (!x, tensor<4x3xf32>, tensor<3xf32>, tensor<4x3xf32>, tensor<3x8xf32>, tensor<3x8xf64>) {
  // CHECK-COUNT-6: irfuse.opaque
  %0 = irfuse.opaque "aten.index.Tensor" (%f, %m) call<x0, [x1]> : (!f, tensor<4xi1>) -> !x
  %1 = irfuse.opaque "aten.index.Tensor" (%f, %i) call<x0, [none, x1]> : (!f, tensor<3xi64>) -> tensor<4x3xf32>
  %2 = irfuse.opaque "aten.index.Tensor" (%f, %i) call<x0, [x1, x1]> : (!f, tensor<3xi64>) -> tensor<3xf32>
  %3 = irfuse.opaque "aten.index_select.default" (%f, %i) call<x0, 1, x1> : (!f, tensor<3xi64>) -> tensor<4x3xf32>
  %4 = irfuse.opaque "aten.index.Tensor" (%f, %u) call<x0, [x1]> : (!f, tensor<3xui8>) -> tensor<3x8xf32>
  %5 = irfuse.opaque "aten.embedding.default" (%d, %i) call<x0, x1> : (tensor<4x8xf64>, tensor<3xi64>) -> tensor<3x8xf64>
  return %0, %1, %2, %3, %4, %5 : !x, tensor<4x3xf32>, tensor<3xf32>, tensor<4x3xf32>, tensor<3x8xf32>, tensor<3x8xf64>
}

// Sums over an axis that is long, or whose length is not known, over two axes, and in another type; a mean.
// CHECK-LABEL: func.func @part_sums(
func.func @part_sums(%l: tensor<17x8xf32>, %x: !x, %t: tensor<2x2x8xf32>, %h: tensor<4x8xbf16>, %f: !f) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  // CHECK-COUNT-5: irfuse.opaque
  %0 = irfuse.opaque "aten.sum.dim_IntList" (%l) call<x0, [0]> : (tensor<17x8xf32>) -> tensor<8xf32>
  %1 = irfuse.opaque "aten.sum.dim_IntList" (%x) call<x0, [0]> : (!x) -> tensor<8xf32>
  %2 = irfuse.opaque "aten.sum.dim_IntList" (%t) call<x0, [0, 1]> : (tensor<2x2x8xf32>) -> tensor<8xf32>
  %3 = irfuse.opaque "aten.sum.dim_IntList" (%h) call<x0, [0], dtype = "float32"> : (tensor<4x8xbf16>) -> tensor<8xf32>
  %4 = irfuse.opaque "aten.mean.dim" (%f) call<x0, [0]> : (!f) -> tensor<8xf32>
  return %0, %1, %2, %3, %4 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}
