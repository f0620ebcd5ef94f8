// A type that an op does not take, in custom syntax: the line of the error has the place or the op, not the type alone.
// RUN: %fails --each %s irfuse-opt | filecheck %s

// CHECK: irfuse-opt: error: {{(stdin:6:[0-9]+|.*irfuse.neg).*i32}}
func.func @of_integers(%x: tensor<4xi32>) -> tensor<4xi32> {
  %0 = irfuse.neg %x : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----
// CHECK-NEXT: irfuse-opt: error: {{(stdin:3:[0-9]+|.*irfuse.rms_norm).*f32}}
func.func @of_another_number(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.rms_norm %x {eps = 1.0 : f32} : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
