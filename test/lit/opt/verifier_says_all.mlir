// The one line of an error from a verifier names the op and says the reason, also where xDSL spreads it over two lines
// or leaves it at the reason.
// RUN: %fails --each %s irfuse-opt | filecheck %s

// CHECK: irfuse-opt: error: {{.*irfuse.neg.*i32}}
func.func @of_integers(%x: tensor<4xi32>) -> tensor<4xi32> {
  %0 = "irfuse.neg"(%x) : (tensor<4xi32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----
// CHECK-NEXT: irfuse-opt: error: {{.*irfuse.sub.*tensor<4xf32>.*tensor<4xbf16>}}
func.func @of_two_types(%x: tensor<4xf32>) -> tensor<4xbf16> {
  %0 = "irfuse.sub"(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xbf16>
  return %0 : tensor<4xbf16>
}

// -----
// CHECK-NEXT: irfuse-opt: error: {{.*irfuse.add.*f64.*f32}}
func.func @of_another_number(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "irfuse.add"(%x) <{scalar = 1.0 : f32}> : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
