// An architecture that looks like one of NVIDIA's and that its compiler has not heard of is an error like any other.
// RUN: %fails irfuse-opt %s -t 'ptx{arch=sm_999}' | filecheck %s

// CHECK: sm_999

func.func @f(%x: tensor<4x128xf32>) {
  %y = irfuse.fused (%a = %x : tensor<4x128xf32>) -> (tensor<4x128xf32>) {
    %n = irfuse.neg %a : tensor<4x128xf32>
    irfuse.yield %n : tensor<4x128xf32>
  }
  return
}
