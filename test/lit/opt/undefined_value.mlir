// The place of a use of an undefined value is that of the use.
// RUN: %fails irfuse-opt %s | filecheck %s

// CHECK: undefined_value.mlir:6:23: {{.*}}%nowhere
func.func @undefined(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = irfuse.add %x, %nowhere : tensor<4xf32>
  return %0 : tensor<4xf32>
}
