// An architecture that looks like one of NVIDIA's and is none that irfuse compiles for is an error like any other, before
// Triton hears of it: the line says what is wrong, and Triton's own words do not reach stdout.
// RUN: %fails irfuse-opt %s -t 'ptx{arch=sm_72}' | filecheck %s
// RUN: %fails irfuse-opt %S/targets.mlir --fuse-norm-quant -t 'ptx{arch=sm_72}' | filecheck %s

// CHECK-NOT: Repro command
// CHECK: irfuse-opt: error: unknown arch sm_72

func.func @f(%x: tensor<4x128xf32>) {
  %y = irfuse.fused (%a = %x : tensor<4x128xf32>) -> (tensor<4x128xf32>) {
    %n = irfuse.neg %a : tensor<4x128xf32>
    irfuse.yield %n : tensor<4x128xf32>
  }
  return
}
