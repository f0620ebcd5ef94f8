// The ops that write into a tensor, in their own syntax and in the generic one, there and back.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt %s --print-op-generic | irfuse-opt | filecheck %s

!x = tensor<?x2x8xbf16, #irfuse.dims<"t">>
!c = tensor<?x16x2x8xbf16, #irfuse.dims<"b">>
!i = tensor<?xi64, #irfuse.dims<"t">>

// CHECK-LABEL: func.func @scatter(
func.func @scatter(%x: !x, %c: !c, %i: !i, %j: !i) -> !c {
  // CHECK-NEXT: %r = irfuse.scatter %x into %c[%i, %j] {axes = array<i64: 0, 1>} : tensor<?x2x8xbf16, #irfuse.dims<"t">>, tensor<?x16x2x8xbf16, #irfuse.dims<"b">>, tensor<?xi64, #irfuse.dims<"t">>, tensor<?xi64, #irfuse.dims<"t">> -> tensor<?x16x2x8xbf16, #irfuse.dims<"b">>{{$}}
  %r = irfuse.scatter %x into %c[%i, %j] {axes = array<i64: 0, 1>} : !x, !c, !i, !i -> !c
  return %r : !c
}

// CHECK-LABEL: func.func @insert(
func.func @insert(%x: tensor<4x2xf32>, %y: tensor<4x9xf32>) -> tensor<4x9xf32> {
  // CHECK-NEXT: %r = irfuse.insert %x into %y {axis = 1 : i64, start = 3 : i64, step = 2 : i64} : tensor<4x2xf32>, tensor<4x9xf32> -> tensor<4x9xf32>{{$}}
  %r = irfuse.insert %x into %y {axis = 1 : i64, start = 3 : i64, step = 2 : i64} : tensor<4x2xf32>, tensor<4x9xf32> -> tensor<4x9xf32>
  return %r : tensor<4x9xf32>
}
