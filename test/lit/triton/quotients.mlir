// Where a quotient is computed from one reciprocal for all entries that share the divisor, and where it is not; which
// clamps change no code and leave no line.
// RUN: irfuse-opt -t triton %s | filecheck %s
// RUN: irfuse-opt -t 'ptx{arch=sm_90}' %s | filecheck %s --check-prefix=PTX
// RUN: irfuse-opt -t 'amdgcn{arch=gfx950}' %s | filecheck %s --check-prefix=AMD

// PTX: .visible .entry
// PTX-NOT: .local
// PTX: div.approx
// AMD: .amdgcn_target "{{.*}}-gfx950"
// AMD: v_rcp_f32

!b = tensor<?x128xbf16, #irfuse.dims<"t">>
!f = tensor<?x128xf32, #irfuse.dims<"t">>
!h = tensor<?x128xf16, #irfuse.dims<"t">>
!q = tensor<?x128xf8E4M3FN, #irfuse.dims<"t">>
!p = tensor<?x128xf8E5M2, #irfuse.dims<"t">>
!i = tensor<?x128xi8, #irfuse.dims<"t">>
!s = tensor<?x1xf32, #irfuse.dims<"t">>
!r = tensor<?x1xbf16, #irfuse.dims<"t">>

// The scale has a floor: a fast quotient for each group, and no clamp.
// CHECK: clamp_1 = nan_max(div_1, 1.000000013351432e-10){{$}}
// CHECK-NEXT: div_2 = quotient(x0, clamp_1){{$}}
// CHECK-NEXT: cast_1 = div_2.to(tl.float8e4nv){{$}}
func.func @floor(%x: !b) {
  %r0, %r1 = irfuse.fused (%a = %x : !b) -> (!q, !s) {
    %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : !b -> !q, !s
    irfuse.yield %q, %s : !q, !s
  }
  return
}

// A scale that is rounded to bf16 is still no less than a part of each entry.
// CHECK: div_1 = (row_amax_1 * 0.0022321429569274187).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: clamp_1 = nan_max(div_1, 1.000000013351432e-10){{$}}
// CHECK-NEXT: div_2 = quotient(x0, clamp_1){{$}}
// CHECK-NEXT: cast_1 = div_2.to(tl.float8e4nv){{$}}
func.func @rounded(%x: !b) {
  %r0, %r1 = irfuse.fused (%a = %x : !b) -> (!q, !s) {
    %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64, scale_rounded = true} : !b -> !q, !s
    irfuse.yield %q, %s : !q, !s
  }
  return
}

// One that is rounded to f16 may be subnormal there, and less.
// CHECK: div_1 = (row_amax_1 * 0.0022321429569274187).to(tl.float16).to(tl.float32){{$}}
// CHECK: div_2 = tl.div_rn(x0, clamp_1){{$}}
// CHECK-NEXT: clamp_2 = nan_min(nan_max(div_2, -448.0), 448.0){{$}}
func.func @rounded_to_f16(%x: !h) {
  %r0, %r1 = irfuse.fused (%a = %x : !h) -> (!q, !s) {
    %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64, scale_rounded = true} : !h -> !q, !s
    irfuse.yield %q, %s : !q, !s
  }
  return
}

// No floor: the divisor may be 0.
// CHECK: div_1 = row_amax_1 * 0.0022321429569274187{{$}}
// CHECK-NEXT: div_2 = tl.div_rn(x0, div_1){{$}}
// CHECK-NEXT: clamp_1 = nan_min(nan_max(div_2, -448.0), 448.0){{$}}
func.func @no_floor(%x: !b) {
  %r0, %r1 = irfuse.fused (%a = %x : !b) -> (!q, !s) {
    %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64} : !b -> !q, !s
    irfuse.yield %q, %s : !q, !s
  }
  return
}

// A bound from above on the scale, so entries may be any multiple of it.
// CHECK: clamp_1 = nan_min(nan_max(div_1, 1.000000013351432e-10), 1200.0){{$}}
// CHECK-NEXT: div_2 = tl.div_rn(x0, clamp_1){{$}}
// CHECK-NEXT: clamp_2 = nan_min(nan_max(div_2, -448.0), 448.0){{$}}
func.func @ceiling(%x: !b) {
  %r0, %r1 = irfuse.fused (%a = %x : !b) -> (!q, !s) {
    %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64, scale_ceiling = 1200.0 : f64} : !b -> !q, !s
    irfuse.yield %q, %s : !q, !s
  }
  return
}

// Entries of f32: their quotients may be next to the middle between two codes. The clamp changes no code all the same.
// CHECK: div_2 = tl.div_rn(x0, clamp_1){{$}}
// CHECK-NEXT: cast_1 = div_2.to(tl.float8e4nv){{$}}
func.func @wide(%x: !f) {
  %r0, %r1 = irfuse.fused (%a = %x : !f) -> (!q, !s) {
    %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : !f -> !q, !s
    irfuse.yield %q, %s : !q, !s
  }
  return
}

// A static scale.
// CHECK: div_1 = tl.div_rn(x0, x1){{$}}
// CHECK-NEXT: clamp_1 = nan_min(nan_max(div_1, -448.0), 448.0){{$}}
func.func @static(%x: !b, %s: tensor<1xf32>) {
  %r0 = irfuse.fused (%a = %x : !b, %b = %s : tensor<1xf32>) -> (!q) {
    %q = irfuse.static_quant %a, %b {quant_max = 448.0 : f64, scale_rule = #irfuse<scale_rule divide>} : !b, tensor<1xf32> -> !q
    irfuse.yield %q : !q
  }
  return
}

// The scale of another tensor, and one for each entry.
// CHECK: clamp_1 = nan_max(div_1, 1.000000013351432e-10){{$}}
// CHECK-NEXT: div_2 = tl.div_rn(x1, clamp_1){{$}}
// CHECK-NEXT: clamp_2 = nan_min(nan_max(div_2, -448.0), 448.0){{$}}
// CHECK-NEXT: cast_1 = clamp_2.to(tl.float8e4nv){{$}}
// CHECK: clamp_3 = nan_max(abs_1, 1.000000013351432e-10){{$}}
// CHECK-NEXT: div_3 = tl.div_rn(x0, clamp_3){{$}}
func.func @others(%x: !b, %y: !b) {
  %r0, %r1 = irfuse.fused (%a = %x : !b, %b = %y : !b) -> (!q, !q) {
    %m = irfuse.abs %a : !b
    %n = irfuse.row_amax %m : !b -> !r
    %w = irfuse.cast %n : !r -> !s
    %d = irfuse.div %w scalar 448.0 : !s
    %s = irfuse.clamp %d min 1.0e-10 : !s
    %u = irfuse.broadcast %s : !s -> !f
    %z = irfuse.cast %b : !b -> !f
    %v = irfuse.div %z, %u : !f
    %c = irfuse.clamp %v min -448.0 max 448.0 : !f
    %q = irfuse.cast %c : !f -> !q
    %o = irfuse.cast %a : !b -> !f
    %k = irfuse.abs %o : !f
    %l = irfuse.clamp %k min 1.0e-10 : !f
    %e = irfuse.div %o, %l : !f
    %g = irfuse.cast %e : !f -> !q
    irfuse.yield %q, %g : !q, !q
  }
  return
}

// The quotients are a result themselves.
// CHECK: div_2 = tl.div_rn(x0, clamp_1){{$}}
// CHECK-NEXT: cast_1 = div_2.to(tl.float8e4nv){{$}}
func.func @quotients_kept(%x: !b) {
  %r0, %r1 = irfuse.fused (%a = %x : !b) -> (!q, !f) {
    %m = irfuse.abs %a : !b
    %n = irfuse.row_amax %m : !b -> !r
    %w = irfuse.cast %n : !r -> !s
    %d = irfuse.div %w scalar 448.0 : !s
    %s = irfuse.clamp %d min 1.0e-10 : !s
    %u = irfuse.broadcast %s : !s -> !f
    %z = irfuse.cast %a : !b -> !f
    %v = irfuse.div %z, %u : !f
    %c = irfuse.clamp %v min -448.0 max 448.0 : !f
    %q = irfuse.cast %c : !f -> !q
    irfuse.yield %q, %v : !q, !f
  }
  return
}

// Clamps that stay: bounds that e5m2 rounds to another code than what is just above; int8; two bounds of which one is less.
// CHECK: div_2 = quotient(x0, clamp_1){{$}}
// CHECK-NEXT: clamp_2 = nan_min(nan_max(div_2, -480.0), 480.0){{$}}
// CHECK-NEXT: cast_1 = clamp_2.to(tl.float8e5){{$}}
// CHECK-NEXT: round_1 = libdevice.nearbyint(div_2){{$}}
// CHECK-NEXT: clamp_3 = nan_min(nan_max(round_1, -480.0), 480.0){{$}}
// CHECK-NEXT: cast_2 = clamp_3.to(tl.int8){{$}}
// CHECK-NEXT: clamp_4 = nan_min(nan_max(div_2, -240.0), 448.0){{$}}
// CHECK-NEXT: cast_3 = clamp_4.to(tl.float8e4nv){{$}}
func.func @clamps(%x: !b) {
  %r0, %r1, %r2 = irfuse.fused (%a = %x : !b) -> (!p, !i, !q) {
    %m = irfuse.abs %a : !b
    %n = irfuse.row_amax %m : !b -> !r
    %w = irfuse.cast %n : !r -> !s
    %d = irfuse.div %w scalar 480.0 : !s
    %s = irfuse.clamp %d min 1.0e-10 : !s
    %u = irfuse.broadcast %s : !s -> !f
    %z = irfuse.cast %a : !b -> !f
    %v = irfuse.div %z, %u : !f
    %c = irfuse.clamp %v min -480.0 max 480.0 : !f
    %q = irfuse.cast %c : !f -> !p
    %o = irfuse.round %v : !f
    %e = irfuse.clamp %o min -480.0 max 480.0 : !f
    %g = irfuse.cast %e : !f -> !i
    %h = irfuse.clamp %v min -240.0 max 448.0 : !f
    %k = irfuse.cast %h : !f -> !q
    irfuse.yield %q, %g, %k : !p, !i, !q
  }
  return
}

// A scale that is a power of two: a product with its reciprocal, one for each group.
// CHECK: exp2_1 = libdevice.exp2(ceil_1){{$}}
// CHECK-NEXT: div_2 = x0 * tl.div_rn(1.0, exp2_1){{$}}
func.func @power_of_two(%x: !b) {
  %r0, %r1 = irfuse.fused (%a = %x : !b) -> (!q, !s) {
    %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64, scale_format = #irfuse.scale_format ue8m0} : !b -> !q, !s
    irfuse.yield %q, %s : !q, !s
  }
  return
}

// One without a floor may be a power of which there is no reciprocal.
// CHECK: exp2_1 = exp2(ceil_1){{$}}
// CHECK-NEXT: div_2 = tl.div_rn(x0, exp2_1){{$}}
func.func @power_of_two_without_a_floor(%x: !b) {
  %r0, %r1 = irfuse.fused (%a = %x : !b) -> (!q, !s) {
    %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64, scale_format = #irfuse.scale_format ue8m0} : !b -> !q, !s
    irfuse.yield %q, %s : !q, !s
  }
  return
}
