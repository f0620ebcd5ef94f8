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
