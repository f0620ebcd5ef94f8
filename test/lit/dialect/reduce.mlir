// Each reduction keeps its axis with size 1, and prints what it parses.
// RUN: irfuse-opt %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | irfuse-opt | filecheck %s
// RUN: irfuse-opt --print-op-generic %s | filecheck %s --check-prefix=GENERIC

// CHECK-LABEL: func.func @reduce
func.func @reduce(%x: tensor<?x8x4xbf16, #irfuse.dims<"s77">>, %v: tensor<?xf32, #irfuse.dims<"4*s77">>, %t: tensor<2x4xf32, #irfuse.dims<strides = [1, 2]>>)
    -> (tensor<?x8x1xbf16, #irfuse.dims<"s77">>, tensor<1xf32>, tensor<2x1xf32>) {
  // CHECK-NEXT: %mean = irfuse.row_mean %x : tensor<?x8x4xbf16, #irfuse.dims<"s77">> -> tensor<?x8x1xbf16, #irfuse.dims<"s77">>{{$}}
  // GENERIC: %mean = "irfuse.row_mean"(%x) : (tensor<?x8x4xbf16, #irfuse.dims<"s77">>) -> tensor<?x8x1xbf16, #irfuse.dims<"s77">>
  %mean = irfuse.row_mean %x : tensor<?x8x4xbf16, #irfuse.dims<"s77">> -> tensor<?x8x1xbf16, #irfuse.dims<"s77">>
  // CHECK-NEXT: %sum = irfuse.row_sum %v : tensor<?xf32, #irfuse.dims<"4*s77">> -> tensor<1xf32>{{$}}
  // GENERIC-NEXT: %sum = "irfuse.row_sum"(%v) : (tensor<?xf32, #irfuse.dims<"4*s77">>) -> tensor<1xf32>
  %sum = irfuse.row_sum %v : tensor<?xf32, #irfuse.dims<"4*s77">> -> tensor<1xf32>
  // CHECK-NEXT: %amax = irfuse.row_amax %t : tensor<2x4xf32, #irfuse.dims<strides = [1, 2]>> -> tensor<2x1xf32>{{$}}
  // GENERIC-NEXT: %amax = "irfuse.row_amax"(%t) : (tensor<2x4xf32, #irfuse.dims<strides = [1, 2]>>) -> tensor<2x1xf32>
  %amax = irfuse.row_amax %t : tensor<2x4xf32, #irfuse.dims<strides = [1, 2]>> -> tensor<2x1xf32>
  return %mean, %sum, %amax : tensor<?x8x1xbf16, #irfuse.dims<"s77">>, tensor<1xf32>, tensor<2x1xf32>
}

// CHECK-LABEL: func.func @var_and_amin
// GENERIC-LABEL: sym_name = "var_and_amin"
func.func @var_and_amin(%x: tensor<?x4xbf16, #irfuse.dims<"s77">>, %i: tensor<2x4xi8>) -> (tensor<?x1xbf16, #irfuse.dims<"s77">>, tensor<2x1xi8>) {
  // CHECK-NEXT: %var = irfuse.row_var %x : tensor<?x4xbf16, #irfuse.dims<"s77">> -> tensor<?x1xbf16, #irfuse.dims<"s77">>{{$}}
  // GENERIC: %var = "irfuse.row_var"(%x) : (tensor<?x4xbf16, #irfuse.dims<"s77">>) -> tensor<?x1xbf16, #irfuse.dims<"s77">>
  %var = irfuse.row_var %x : tensor<?x4xbf16, #irfuse.dims<"s77">> -> tensor<?x1xbf16, #irfuse.dims<"s77">>
  // Integers have a smallest and a largest one too.
  // CHECK-NEXT: %amin = irfuse.row_amin %i : tensor<2x4xi8> -> tensor<2x1xi8>{{$}}
  // GENERIC-NEXT: %amin = "irfuse.row_amin"(%i) : (tensor<2x4xi8>) -> tensor<2x1xi8>
  %amin = irfuse.row_amin %i : tensor<2x4xi8> -> tensor<2x1xi8>
  return %var, %amin : tensor<?x1xbf16, #irfuse.dims<"s77">>, tensor<2x1xi8>
}

// Two codes of 4 bits in a byte, four bytes in a word.
// CHECK-LABEL: func.func @pack
// GENERIC-LABEL: sym_name = "pack"
func.func @pack(%codes: tensor<8x64x2xf4E2M1FN>, %bytes: tensor<8x4xui8>) -> (tensor<8x64x1xui8>, tensor<8x1xi32>) {
  // CHECK-NEXT: %0 = irfuse.pack %codes {bits = 4 : i64} : tensor<8x64x2xf4E2M1FN> -> tensor<8x64x1xui8>{{$}}
  // GENERIC: %0 = "irfuse.pack"(%codes) <{bits = 4 : i64}> : (tensor<8x64x2xf4E2M1FN>) -> tensor<8x64x1xui8>
  %0 = irfuse.pack %codes {bits = 4 : i64} : tensor<8x64x2xf4E2M1FN> -> tensor<8x64x1xui8>
  // CHECK-NEXT: %1 = irfuse.pack %bytes {bits = 8 : i64} : tensor<8x4xui8> -> tensor<8x1xi32>{{$}}
  // GENERIC-NEXT: %1 = "irfuse.pack"(%bytes) <{bits = 8 : i64}> : (tensor<8x4xui8>) -> tensor<8x1xi32>
  %1 = irfuse.pack %bytes {bits = 8 : i64} : tensor<8x4xui8> -> tensor<8x1xi32>
  return %0, %1 : tensor<8x64x1xui8>, tensor<8x1xi32>
}

// CHECK-LABEL: func.func @layer_norm
// GENERIC-LABEL: sym_name = "layer_norm"
func.func @layer_norm(%x: tensor<?x4xbf16, #irfuse.dims<"s77">>, %w: tensor<4xbf16>, %b: tensor<4xf32>) -> tensor<?x4xbf16, #irfuse.dims<"s77">> {
  // CHECK-NEXT: %bare = irfuse.layer_norm %x {eps = 1.000000e-05 : f64} : tensor<?x4xbf16, #irfuse.dims<"s77">> -> tensor<?x4xbf16, #irfuse.dims<"s77">>{{$}}
  // GENERIC: %bare = "irfuse.layer_norm"(%x) <{eps = 1.000000e-05 : f64, operandSegmentSizes = array<i32: 1, 0, 0>}> :
  %bare = irfuse.layer_norm %x {eps = 1.0e-5 : f64} : tensor<?x4xbf16, #irfuse.dims<"s77">> -> tensor<?x4xbf16, #irfuse.dims<"s77">>
  // CHECK-NEXT: %scaled = irfuse.layer_norm %bare weight %w : tensor<4xbf16> {eps = 1.000000e-05 : f64} :
  %scaled = irfuse.layer_norm %bare weight %w : tensor<4xbf16> {eps = 1.0e-5 : f64} : tensor<?x4xbf16, #irfuse.dims<"s77">> -> tensor<?x4xbf16, #irfuse.dims<"s77">>
  // CHECK-NEXT: %shifted = irfuse.layer_norm %scaled bias %b : tensor<4xf32> {eps = 1.000000e-05 : f64} :
  // GENERIC: %shifted = "irfuse.layer_norm"(%scaled, %b) <{eps = 1.000000e-05 : f64, operandSegmentSizes = array<i32: 1, 0, 1>}>
  %shifted = irfuse.layer_norm %scaled bias %b : tensor<4xf32> {eps = 1.0e-5 : f64} : tensor<?x4xbf16, #irfuse.dims<"s77">> -> tensor<?x4xbf16, #irfuse.dims<"s77">>
  // CHECK-NEXT: %both = irfuse.layer_norm %shifted weight %w : tensor<4xbf16> bias %b : tensor<4xf32> {eps = 1.000000e-05 : f64} :
  %both = irfuse.layer_norm %shifted weight %w : tensor<4xbf16> bias %b : tensor<4xf32> {eps = 1.0e-5 : f64} : tensor<?x4xbf16, #irfuse.dims<"s77">> -> tensor<?x4xbf16, #irfuse.dims<"s77">>
  return %both : tensor<?x4xbf16, #irfuse.dims<"s77">>
}

// CHECK-LABEL: func.func @part_sum
// GENERIC-LABEL: sym_name = "part_sum"
func.func @part_sum(%x: tensor<?x4xbf16, #irfuse.dims<"s77">>) -> tensor<?x1xbf16, #irfuse.dims<"s77">> {
  // CHECK-NEXT: %sum = irfuse.part_sum %x : tensor<?x4xbf16, #irfuse.dims<"s77">> -> tensor<?x1xbf16, #irfuse.dims<"s77">>{{$}}
  // GENERIC: %sum = "irfuse.part_sum"(%x) : (tensor<?x4xbf16, #irfuse.dims<"s77">>) -> tensor<?x1xbf16, #irfuse.dims<"s77">>
  %sum = irfuse.part_sum %x : tensor<?x4xbf16, #irfuse.dims<"s77">> -> tensor<?x1xbf16, #irfuse.dims<"s77">>
  return %sum : tensor<?x1xbf16, #irfuse.dims<"s77">>
}

// The end of a layer norm in a kernel.
// CHECK-LABEL: func.func @fma
func.func @fma(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // CHECK-NEXT: %y = irfuse.fma %x, %x, %x : tensor<4x8xf32>{{$}}
  // GENERIC: %y = "irfuse.fma"(%x, %x, %x) : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  %y = irfuse.fma %x, %x, %x : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
