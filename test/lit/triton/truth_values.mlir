// The sum of two truth values is true where either is, as torch adds them: one bit plus one bit would be 0.
// RUN: irfuse-opt -t triton %s | filecheck %s

!t = tensor<4x64xi1>
// CHECK-NOT: {{x0 \+ x1}}
// CHECK: tl.store(y0_ptr
func.func @sum(%x: !t, %y: !t) {
  %r = irfuse.fused (%a = %x : !t, %b = %y : !t) -> (!t) {
    %0 = irfuse.add %a, %b : !t
    irfuse.yield %0 : !t
  }
  return
}
