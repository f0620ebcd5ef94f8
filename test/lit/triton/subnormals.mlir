// Functions that Triton flushes: helpers where a number may be subnormal, its own where none is.
// RUN: irfuse-opt -t triton %s | filecheck %s
// RUN: irfuse-opt -t 'ptx{arch=sm_90}' %s | filecheck %s --check-prefix=PTX
// RUN: irfuse-opt -t 'amdgcn{arch=gfx950}' %s | filecheck %s --check-prefix=AMD

// PTX: .visible .entry
// AMD: .amdgcn_target "{{.*}}-gfx950"

!f = tensor<?x128xf32, #irfuse.dims<"n">>

// An exponent that may be -127 is one of a subnormal power; from -126 on there is none.
// CHECK: {{^}}def exp2(x):{{$}}
// CHECK-NEXT: low = x < -126.0{{$}}
// CHECK-NEXT: power = libdevice.exp2(tl.where(low, x * 0.5, x)){{$}}
// CHECK-NEXT: return tl.where(low, power * power, power){{$}}
// CHECK: exp2_1 = exp2(clamp_1){{$}}
// CHECK: exp2_2 = libdevice.exp2(clamp_2){{$}}
func.func @exponents(%x: !f) {
  %r0, %r1 = irfuse.fused (%a = %x : !f) -> (!f, !f) {
    %n = irfuse.floor %a : !f
    %low = irfuse.clamp %n min -127.0 max 127.0 : !f
    %p = irfuse.exp2 %low : !f
    %held = irfuse.clamp %n min -126.0 max 127.0 : !f
    %q = irfuse.exp2 %held : !f
    irfuse.yield %p, %q : !f, !f
  }
  return
}

// A root of a sum with a number that is not tiny, or of what is held above one, has no subnormal operand.
// CHECK: {{^}}def rsqrt(x):{{$}}
// CHECK-NEXT: low = tl.abs(x) < 1.1754943508222875e-38{{$}}
// CHECK-NEXT: root = tl.rsqrt(tl.where(low, x * 16777216.0, x)){{$}}
// CHECK-NEXT: return tl.where(low, root * 4096.0, root){{$}}
// CHECK: rsqrt_1 = tl.rsqrt(add_1){{$}}
// CHECK: rsqrt_2 = tl.rsqrt(clamp_1){{$}}
// CHECK: rsqrt_3 = tl.rsqrt(maximum_1){{$}}
// CHECK: rsqrt_4 = rsqrt(add_2){{$}}
// CHECK: rsqrt_5 = rsqrt(clamp_2){{$}}
// CHECK: pow_2 = rsqrt(x0){{$}}
func.func @roots(%x: !f) {
  %r:7 = irfuse.fused (%a = %x : !f) -> (!f, !f, !f, !f, !f, !f, !f) {
    %eps = irfuse.add %a scalar 1.0e-6 : !f
    %0 = irfuse.rsqrt %eps : !f
    %held = irfuse.clamp %a min 1.0e-24 : !f
    %1 = irfuse.rsqrt %held : !f
    %above = irfuse.maximum %a scalar 1.0e-12 : !f
    %2 = irfuse.rsqrt %above : !f
    %3 = irfuse.pow %eps scalar -0.5 : !f
    %tiny = irfuse.add %a scalar 1.0e-31 : !f
    %4 = irfuse.rsqrt %tiny : !f
    %zero = irfuse.clamp %a min 0.0 : !f
    %5 = irfuse.rsqrt %zero : !f
    %6 = irfuse.pow %a scalar -0.5 : !f
    irfuse.yield %0, %1, %2, %3, %4, %5, %6 : !f, !f, !f, !f, !f, !f, !f
  }
  return
}

// CHECK: {{^}}def expm1(x):{{$}}
// CHECK-NEXT: return tl.where(tl.abs(x) < 1.1754943508222875e-38, x, libdevice.expm1(x)){{$}}
// CHECK: {{^}}def log1p(x):{{$}}
// CHECK-NEXT: return tl.where(tl.abs(x) < 1.1754943508222875e-38, x, libdevice.log1p(x)){{$}}
// CHECK: {{^}}def tanh(x):{{$}}
// CHECK-NEXT: return tl.where(tl.abs(x) < 1.1754943508222875e-38, x, libdevice.tanh(x)){{$}}
// CHECK: log_1 = libdevice.log(x0){{$}}
// CHECK: log1p_1 = log1p(log_1){{$}}
// CHECK: expm1_1 = expm1(log1p_1){{$}}
// CHECK: tanh_1 = tanh(expm1_1){{$}}
func.func @near_zero(%x: !f) {
  %r = irfuse.fused (%a = %x : !f) -> (!f) {
    %0 = irfuse.log %a : !f
    %1 = irfuse.log1p %0 : !f
    %2 = irfuse.expm1 %1 : !f
    %3 = irfuse.tanh %2 : !f
    irfuse.yield %3 : !f
  }
  return
}
