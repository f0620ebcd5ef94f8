// A reshape gives a contiguous tensor, so there and back from a strided one is not the operand but a layout of it.
// RUN: irfuse-opt --fold-reshapes %s | filecheck %s

// CHECK-LABEL: func.func @there_and_back(
func.func @there_and_back(%x: tensor<4x8xf32, #irfuse.dims<strides = [1, 4]>>) -> tensor<4x8xf32> {
  // CHECK: func.return {{%.*}} : tensor<4x8xf32>{{$}}
  %0 = irfuse.reshape %x : tensor<4x8xf32, #irfuse.dims<strides = [1, 4]>> -> tensor<32xf32>
  %1 = irfuse.reshape %0 : tensor<32xf32> -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}
