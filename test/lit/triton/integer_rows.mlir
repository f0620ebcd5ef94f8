// The largest integer of a row whose length is no power of two: integers stay integers, f32 has not all of them.
// RUN: irfuse-opt -t triton %s | filecheck %s

!i = tensor<4x48xi32>
// CHECK-NOT: float('-inf')
// CHECK: tl.store(y1_ptr
func.func @amax(%x: !i) {
  %r0, %r1 = irfuse.fused (%a = %x : !i) -> (!i, tensor<4x1xi32>) {
    %0 = irfuse.row_amax %a : !i -> tensor<4x1xi32>
    irfuse.yield %a, %0 : !i, tensor<4x1xi32>
  }
  return
}
