// x / (1 + exp(-x)) and its like in f32 are the kernel's silu and sigmoid; in bf16 each op rounds, and is computed.
// RUN: irfuse-opt -t triton %s | filecheck %s

!f = tensor<4x64xf32>
!h = tensor<4x64xbf16>

// CHECK: {{^}}def silu(x):{{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 64 + c0, mask=here, other=0.0){{$}}
// CHECK-NEXT: x1 = tl.load(x1_ptr + row * 64 + c0, mask=here, other=0.0){{$}}
// CHECK-NEXT: silu_1 = silu(x0){{$}}
// CHECK-NEXT: sigmoid_1 = sigmoid(x1){{$}}
// CHECK-NEXT: sigmoid_2 = sigmoid(silu_1){{$}}
// CHECK-NEXT: mul_1 = sigmoid_1 * sigmoid_2{{$}}
// CHECK-NEXT: tl.store(
func.func @named(%x: !f, %y: !f) {
  %r = irfuse.fused (%a = %x : !f, %b = %y : !f) -> (!f) {
    %0 = irfuse.neg %a : !f
    %1 = irfuse.exp %0 : !f
    %2 = irfuse.add %1 scalar 1.0 : !f
    %3 = irfuse.div %a, %2 : !f
    %4 = irfuse.neg %b : !f
    %5 = irfuse.exp %4 : !f
    %6 = irfuse.add %5 scalar 1.0 : !f
    %7 = irfuse.reciprocal %6 : !f
    %8 = irfuse.neg %3 : !f
    %9 = irfuse.exp %8 : !f
    %10 = irfuse.add %9 scalar 1.0 : !f
    %one = irfuse.full 1.0 : !f
    %11 = irfuse.div %one, %10 : !f
    %12 = irfuse.mul %7, %11 : !f
    irfuse.yield %12 : !f
  }
  return
}

// What the quotient is made of stays where something else needs it.
// CHECK: exp_1 = tl.exp(neg_1){{$}}
// CHECK-NEXT: silu_1 = silu(x0){{$}}
// CHECK-NEXT: mul_1 = silu_1 * exp_1{{$}}
func.func @needed_twice(%x: !f) {
  %r = irfuse.fused (%a = %x : !f) -> (!f) {
    %0 = irfuse.neg %a : !f
    %1 = irfuse.exp %0 : !f
    %2 = irfuse.add %1 scalar 1.0 : !f
    %3 = irfuse.div %a, %2 : !f
    %4 = irfuse.mul %3, %1 : !f
    irfuse.yield %4 : !f
  }
  return
}

// Another dividend, another number, another exponent: IEEE divisions all.
// CHECK-NOT: silu
// CHECK: div_1 = tl.div_rn(x1, add_1){{$}}
// CHECK: div_2 = tl.div_rn(x0, add_2){{$}}
// CHECK: div_3 = tl.div_rn(x0, add_3){{$}}
func.func @others(%x: !f, %y: !f) {
  %r = irfuse.fused (%a = %x : !f, %b = %y : !f) -> (!f) {
    %0 = irfuse.neg %a : !f
    %1 = irfuse.exp %0 : !f
    %2 = irfuse.add %1 scalar 1.0 : !f
    %3 = irfuse.div %b, %2 : !f
    %4 = irfuse.add %1 scalar 2.0 : !f
    %5 = irfuse.div %a, %4 : !f
    %6 = irfuse.exp %a : !f
    %7 = irfuse.add %6 scalar 1.0 : !f
    %8 = irfuse.div %a, %7 : !f
    %9 = irfuse.mul %3, %5 : !f
    %10 = irfuse.mul %9, %8 : !f
    irfuse.yield %10 : !f
  }
  return
}

// CHECK-NOT: silu
// CHECK: exp_1 = (tl.exp(neg_1)).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: add_1 = (exp_1 + 1.0).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: div_1 = (tl.div_rn(x0, add_1)).to(tl.bfloat16).to(tl.float32){{$}}
func.func @bf16(%x: !h) {
  %r = irfuse.fused (%a = %x : !h) -> (!h) {
    %0 = irfuse.neg %a : !h
    %1 = irfuse.exp %0 : !h
    %2 = irfuse.add %1 scalar 1.0 : !h
    %3 = irfuse.div %a, %2 : !h
    irfuse.yield %3 : !h
  }
  return
}
