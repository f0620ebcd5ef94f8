// The ops that compute nothing, on any element type, print what they parse.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | filecheck %s --check-prefix=GENERIC

// CHECK-LABEL: func.func @reshape
func.func @reshape(%x: tensor<?x32x128xbf16, #irfuse.dims<"s0">>, %i: tensor<6xi64>, %u: tensor<?x?xf32>)
    -> (tensor<?x128xbf16, #irfuse.dims<"32*s0">>, tensor<2x1x3xi64>, tensor<?xf32>) {
  // CHECK-NEXT: %heads = irfuse.reshape %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x128xbf16, #irfuse.dims<"32*s0">>{{$}}
  // GENERIC: %heads = "irfuse.reshape"(%x) : (tensor<?x32x128xbf16, #irfuse.dims<"s0">>) -> tensor<?x128xbf16, #irfuse.dims<"32*s0">>
  %heads = irfuse.reshape %x : tensor<?x32x128xbf16, #irfuse.dims<"s0">> -> tensor<?x128xbf16, #irfuse.dims<"32*s0">>
  // CHECK-NEXT: %split = irfuse.reshape %i : tensor<6xi64> -> tensor<2x1x3xi64>{{$}}
  %split = irfuse.reshape %i : tensor<6xi64> -> tensor<2x1x3xi64>
  // CHECK-NEXT: %flat = irfuse.reshape %u : tensor<?x?xf32> -> tensor<?xf32>{{$}}
  %flat = irfuse.reshape %u : tensor<?x?xf32> -> tensor<?xf32>
  return %heads, %split, %flat : tensor<?x128xbf16, #irfuse.dims<"32*s0">>, tensor<2x1x3xi64>, tensor<?xf32>
}

// CHECK-LABEL: func.func @broadcast
func.func @broadcast(%w: tensor<128xbf16>, %s: tensor<?x1xf32, #irfuse.dims<"s0">>, %c: tensor<f32>)
    -> (tensor<?x128xbf16, #irfuse.dims<"s0">>, tensor<?x128xf32, #irfuse.dims<"s0">>, tensor<2x3xf32>) {
  // CHECK-NEXT: %rows = irfuse.broadcast %w : tensor<128xbf16> -> tensor<?x128xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %rows = "irfuse.broadcast"(%w) : (tensor<128xbf16>) -> tensor<?x128xbf16, #irfuse.dims<"s0">>
  %rows = irfuse.broadcast %w : tensor<128xbf16> -> tensor<?x128xbf16, #irfuse.dims<"s0">>
  // CHECK-NEXT: %columns = irfuse.broadcast %s : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x128xf32, #irfuse.dims<"s0">>{{$}}
  %columns = irfuse.broadcast %s : tensor<?x1xf32, #irfuse.dims<"s0">> -> tensor<?x128xf32, #irfuse.dims<"s0">>
  // CHECK-NEXT: %number = irfuse.broadcast %c : tensor<f32> -> tensor<2x3xf32>{{$}}
  %number = irfuse.broadcast %c : tensor<f32> -> tensor<2x3xf32>
  return %rows, %columns, %number : tensor<?x128xbf16, #irfuse.dims<"s0">>, tensor<?x128xf32, #irfuse.dims<"s0">>, tensor<2x3xf32>
}

// CHECK-LABEL: func.func @permute
func.func @permute(%x: tensor<?x32x?xbf16, #irfuse.dims<"a", "b">>) -> tensor<?x?x32xbf16, #irfuse.dims<"b", "a">> {
  // CHECK-NEXT: %turned = irfuse.permute %x [2, 0, 1] : tensor<?x32x?xbf16, #irfuse.dims<"a", "b">> -> tensor<?x?x32xbf16, #irfuse.dims<"b", "a">>{{$}}
  // GENERIC: %turned = "irfuse.permute"(%x) <{order = array<i64: 2, 0, 1>}> : (tensor<?x32x?xbf16, #irfuse.dims<"a", "b">>) -> tensor<?x?x32xbf16, #irfuse.dims<"b", "a">>
  %turned = irfuse.permute %x [2, 0, 1] : tensor<?x32x?xbf16, #irfuse.dims<"a", "b">> -> tensor<?x?x32xbf16, #irfuse.dims<"b", "a">>
  return %turned : tensor<?x?x32xbf16, #irfuse.dims<"b", "a">>
}

// CHECK-LABEL: func.func @relayout
func.func @relayout(%x: tensor<?x32xf32, #irfuse.dims<"t">>) -> tensor<?x32xf32, #irfuse.dims<"t">> {
  // CHECK-NEXT: %columns = irfuse.relayout %x : tensor<?x32xf32, #irfuse.dims<"t">> -> tensor<?x32xf32, #irfuse.dims<"t", strides = [1, "t"]>>{{$}}
  // GENERIC: %columns = "irfuse.relayout"(%x) : (tensor<?x32xf32, #irfuse.dims<"t">>) -> tensor<?x32xf32, #irfuse.dims<"t", strides = [1, "t"]>>
  %columns = irfuse.relayout %x : tensor<?x32xf32, #irfuse.dims<"t">> -> tensor<?x32xf32, #irfuse.dims<"t", strides = [1, "t"]>>
  // CHECK-NEXT: %rows = irfuse.relayout %columns : tensor<?x32xf32, #irfuse.dims<"t", strides = [1, "t"]>> -> tensor<?x32xf32, #irfuse.dims<"t">>{{$}}
  %rows = irfuse.relayout %columns : tensor<?x32xf32, #irfuse.dims<"t", strides = [1, "t"]>> -> tensor<?x32xf32, #irfuse.dims<"t">>
  return %rows : tensor<?x32xf32, #irfuse.dims<"t">>
}

// CHECK-LABEL: func.func @copy
func.func @copy(%q: tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>, %i: tensor<4xi1>) -> (tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<4xi1>) {
  // CHECK-NEXT: %own = irfuse.copy %q : tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %own = "irfuse.copy"(%q) : (tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>) -> tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>
  %own = irfuse.copy %q : tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>
  // CHECK-NEXT: %truths = irfuse.copy %i : tensor<4xi1>{{$}}
  %truths = irfuse.copy %i : tensor<4xi1>
  return %own, %truths : tensor<?x128xf8E4M3FN, #irfuse.dims<"s0">>, tensor<4xi1>
}

// CHECK-LABEL: func.func @full
// GENERIC-LABEL: sym_name = "full"
func.func @full() -> (tensor<f32>, tensor<?x4xbf16, #irfuse.dims<"s0">>, tensor<4xi32>) {
  // CHECK-NEXT: %inf = irfuse.full neg_inf : tensor<f32>{{$}}
  // GENERIC: %inf = "irfuse.full"() <{value = {{.*}} : f64}> : () -> tensor<f32>
  %inf = irfuse.full neg_inf : tensor<f32>
  // CHECK-NEXT: %tenth = irfuse.full 1.000000e-01 : tensor<?x4xbf16, #irfuse.dims<"s0">>{{$}}
  %tenth = irfuse.full 0.1 : tensor<?x4xbf16, #irfuse.dims<"s0">>
  // CHECK-NEXT: %mask = irfuse.full 2139095040.0 : tensor<4xi32>{{$}}
  %mask = irfuse.full 2139095040.0 : tensor<4xi32>
  return %inf, %tenth, %mask : tensor<f32>, tensor<?x4xbf16, #irfuse.dims<"s0">>, tensor<4xi32>
}

// CHECK-LABEL: func.func @iota
// GENERIC-LABEL: sym_name = "iota"
func.func @iota() -> (tensor<?xi64, #irfuse.dims<"s0">>, tensor<5xi32>) {
  // CHECK-NEXT: %0 = irfuse.iota : tensor<?xi64, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %0 = "irfuse.iota"() : () -> tensor<?xi64
  %0 = irfuse.iota : tensor<?xi64, #irfuse.dims<"s0">>
  // CHECK-NEXT: %1 = irfuse.iota : tensor<5xi32>{{$}}
  %1 = irfuse.iota : tensor<5xi32>
  return %0, %1 : tensor<?xi64, #irfuse.dims<"s0">>, tensor<5xi32>
}

// CHECK-LABEL: func.func @pad
// GENERIC-LABEL: sym_name = "pad"
func.func @pad(%x: tensor<?x100xbf16, #irfuse.dims<"s0">>) -> tensor<?x128xbf16, #irfuse.dims<"s0">> {
  // CHECK-NEXT: %padded = irfuse.pad %x : tensor<?x100xbf16, #irfuse.dims<"s0">> -> tensor<?x128xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %padded = "irfuse.pad"(%x) : (tensor<?x100xbf16, #irfuse.dims<"s0">>) -> tensor<?x128xbf16, #irfuse.dims<"s0">>
  %padded = irfuse.pad %x : tensor<?x100xbf16, #irfuse.dims<"s0">> -> tensor<?x128xbf16, #irfuse.dims<"s0">>
  return %padded : tensor<?x128xbf16, #irfuse.dims<"s0">>
}

// Along any axis, forwards or backwards; of an axis whose length is not known, as much as the type says.
// CHECK-LABEL: func.func @slice
// GENERIC-LABEL: sym_name = "slice"
func.func @slice(%x: tensor<?x128xbf16, #irfuse.dims<"s0">>, %i: tensor<6x2xi64>, %u: tensor<?xf32>) {
  // CHECK-NEXT: %odd = irfuse.slice %x {axis = 1 : i64, start = 1 : i64, step = 2 : i64} : tensor<?x128xbf16, #irfuse.dims<"s0">> -> tensor<?x64xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %odd = "irfuse.slice"(%x) <{axis = 1 : i64, start = 1 : i64, step = 2 : i64}> : (tensor<?x128xbf16, #irfuse.dims<"s0">>) -> tensor<?x64xbf16, #irfuse.dims<"s0">>
  %odd = irfuse.slice %x {axis = 1 : i64, start = 1 : i64, step = 2 : i64} : tensor<?x128xbf16, #irfuse.dims<"s0">> -> tensor<?x64xbf16, #irfuse.dims<"s0">>
  // CHECK-NEXT: %flipped = irfuse.slice %i {axis = 0 : i64, start = 5 : i64, step = -1 : i64} : tensor<6x2xi64> -> tensor<6x2xi64>{{$}}
  %flipped = irfuse.slice %i {axis = 0 : i64, start = 5 : i64, step = -1 : i64} : tensor<6x2xi64> -> tensor<6x2xi64>
  // CHECK-NEXT: %last = irfuse.slice %i {axis = 0 : i64, start = 5 : i64, step = -5 : i64} : tensor<6x2xi64> -> tensor<2x2xi64>{{$}}
  %last = irfuse.slice %i {axis = 0 : i64, start = 5 : i64, step = -5 : i64} : tensor<6x2xi64> -> tensor<2x2xi64>
  // CHECK-NEXT: %none = irfuse.slice %i {axis = 0 : i64, start = 6 : i64, step = 1 : i64} : tensor<6x2xi64> -> tensor<0x2xi64>{{$}}
  %none = irfuse.slice %i {axis = 0 : i64, start = 6 : i64, step = 1 : i64} : tensor<6x2xi64> -> tensor<0x2xi64>
  // CHECK-NEXT: %first = irfuse.slice %x {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<?x128xbf16, #irfuse.dims<"s0">> -> tensor<3x128xbf16>{{$}}
  %first = irfuse.slice %x {axis = 0 : i64, start = 0 : i64, step = 1 : i64} : tensor<?x128xbf16, #irfuse.dims<"s0">> -> tensor<3x128xbf16>
  // CHECK-NEXT: %rest = irfuse.slice %u {axis = 0 : i64, start = 1 : i64, step = 1 : i64} : tensor<?xf32> -> tensor<?xf32>{{$}}
  %rest = irfuse.slice %u {axis = 0 : i64, start = 1 : i64, step = 1 : i64} : tensor<?xf32> -> tensor<?xf32>
  return
}

// CHECK-LABEL: func.func @concat
// GENERIC-LABEL: sym_name = "concat"
func.func @concat(%x: tensor<?x96xbf16, #irfuse.dims<"s0">>, %y: tensor<?x32xbf16, #irfuse.dims<"s0">>, %i: tensor<4xi64>) {
  // CHECK-NEXT: %turned = irfuse.concat %x, %y {axis = 1 : i64} : tensor<?x96xbf16, #irfuse.dims<"s0">>, tensor<?x32xbf16, #irfuse.dims<"s0">> -> tensor<?x128xbf16, #irfuse.dims<"s0">>{{$}}
  // GENERIC: %turned = "irfuse.concat"(%x, %y) <{axis = 1 : i64}> : (tensor<?x96xbf16, #irfuse.dims<"s0">>, tensor<?x32xbf16, #irfuse.dims<"s0">>) -> tensor<?x128xbf16, #irfuse.dims<"s0">>
  %turned = irfuse.concat %x, %y {axis = 1 : i64} : tensor<?x96xbf16, #irfuse.dims<"s0">>, tensor<?x32xbf16, #irfuse.dims<"s0">> -> tensor<?x128xbf16, #irfuse.dims<"s0">>
  // CHECK-NEXT: %thrice = irfuse.concat %i, %i, %i {axis = 0 : i64} : tensor<4xi64>, tensor<4xi64>, tensor<4xi64> -> tensor<12xi64>{{$}}
  %thrice = irfuse.concat %i, %i, %i {axis = 0 : i64} : tensor<4xi64>, tensor<4xi64>, tensor<4xi64> -> tensor<12xi64>
  // CHECK-NEXT: %one = irfuse.concat %i {axis = 0 : i64} : tensor<4xi64> -> tensor<4xi64>{{$}}
  %one = irfuse.concat %i {axis = 0 : i64} : tensor<4xi64> -> tensor<4xi64>
  // CHECK-NEXT: %tokens = irfuse.concat %x, %x {axis = 0 : i64} : tensor<?x96xbf16, #irfuse.dims<"s0">>, tensor<?x96xbf16, #irfuse.dims<"s0">> -> tensor<?x96xbf16>{{$}}
  %tokens = irfuse.concat %x, %x {axis = 0 : i64} : tensor<?x96xbf16, #irfuse.dims<"s0">>, tensor<?x96xbf16, #irfuse.dims<"s0">> -> tensor<?x96xbf16>
  return
}

// CHECK-LABEL: func.func @gather
// GENERIC-LABEL: sym_name = "gather"
func.func @gather(%x: tensor<?x128xbf16, #irfuse.dims<"v">>, %i: tensor<?xi64, #irfuse.dims<"t">>, %n: tensor<i32>, %y: tensor<4xf32>) {
  // CHECK-NEXT: %rows = irfuse.gather %x[%i] : tensor<?x128xbf16, #irfuse.dims<"v">>, tensor<?xi64, #irfuse.dims<"t">> -> tensor<?x128xbf16, #irfuse.dims<"t">>{{$}}
  // GENERIC: %rows = "irfuse.gather"(%x, %i) : (tensor<?x128xbf16, #irfuse.dims<"v">>, tensor<?xi64, #irfuse.dims<"t">>) -> tensor<?x128xbf16, #irfuse.dims<"t">>
  %rows = irfuse.gather %x[%i] : tensor<?x128xbf16, #irfuse.dims<"v">>, tensor<?xi64, #irfuse.dims<"t">> -> tensor<?x128xbf16, #irfuse.dims<"t">>
  // CHECK-NEXT: %one = irfuse.gather %y[%n] : tensor<4xf32>, tensor<i32> -> tensor<f32>{{$}}
  %one = irfuse.gather %y[%n] : tensor<4xf32>, tensor<i32> -> tensor<f32>
  return
}
