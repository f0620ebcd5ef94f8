// A constant of bf16 is the nearest bf16, as torch.full makes it: 0.1 is 0.10009765625 in the product. So is a number
// that a bf16 tensor is compared with, and the larger of a bf16 tensor and a number.
// RUN: irfuse-opt -t triton %s | filecheck %s

!h = tensor<4x64xbf16>
// CHECK: {{full_1 = .*(0\.10009765625|bfloat16).*}}
// CHECK: mul_1 =
func.func @full(%x: !h) {
  %r = irfuse.fused (%a = %x : !h) -> (!h) {
    %0 = irfuse.full 0.1 : !h
    %1 = irfuse.mul %a, %0 : !h
    irfuse.yield %1 : !h
  }
  return
}

// CHECK: {{maximum_1 = .*(0\.10009765625|bfloat16).*}}
// CHECK: mul_1 =
func.func @maximum(%x: !h) {
  %r = irfuse.fused (%a = %x : !h) -> (!h) {
    %0 = irfuse.maximum %a scalar 0.1 : !h
    %1 = irfuse.mul %0, %0 : !h
    irfuse.yield %1 : !h
  }
  return
}
