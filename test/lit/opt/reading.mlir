// A reading that the table does not have ends the tool with one line.
// RUN: not irfuse-opt --raise-aten %s 2>&1 | filecheck %s

// CHECK: irfuse-opt: error: vllm_ir.rms_norm.default has no reading 2; give one from 0 to 1, or none
func.func @f(%x: tensor<4x256xbf16>) -> tensor<4x256xbf16> {
  %0 = irfuse.opaque "vllm_ir.rms_norm.default" reading 2 (%x) call<x0, none, 1.0e-06> : (tensor<4x256xbf16>) -> tensor<4x256xbf16>
  return %0 : tensor<4x256xbf16>
}
