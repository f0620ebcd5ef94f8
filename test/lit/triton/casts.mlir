// Each element type that a kernel reads and writes: loads widen to f32, a quantised tile is stored as it is.
// RUN: irfuse-opt -t triton %s | filecheck %s

!f = tensor<4x128xf32>

// CHECK: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here, other=0.0){{$}}
// CHECK-NEXT: cast_1 = x0.to(tl.float8e4nv){{$}}
// CHECK-NEXT: cast_2 = nan_min(nan_max(x0, -240.0), 240.0).to(tl.float8e4b8){{$}}
// CHECK-NEXT: cast_3 = x0.to(tl.float8e5){{$}}
// CHECK-NEXT: cast_4 = nan_min(nan_max(x0, -57344.0), 57344.0).to(tl.float8e5b16){{$}}
// CHECK-NEXT: cast_5 = x0.to(tl.int8){{$}}
// CHECK-NEXT: cast_6 = (x0).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: cast_7 = (x0).to(tl.float16).to(tl.float32){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 128 + c0, cast_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 128 + c0, cast_2, mask=here){{$}}
// CHECK-NEXT: tl.store(y2_ptr + row * 128 + c0, cast_3, mask=here){{$}}
// CHECK-NEXT: tl.store(y3_ptr + row * 128 + c0, cast_4, mask=here){{$}}
// CHECK-NEXT: tl.store(y4_ptr + row * 128 + c0, cast_5, mask=here){{$}}
// CHECK-NEXT: tl.store(y5_ptr + row * 128 + c0, cast_6.to(tl.bfloat16), mask=here){{$}}
// CHECK-NEXT: tl.store(y6_ptr + row * 128 + c0, cast_7.to(tl.float16), mask=here){{$}}
func.func @narrow(%x: !f) {
  %0, %1, %2, %3, %4, %5, %6 = irfuse.fused (%a = %x : !f) -> (tensor<4x128xf8E4M3FN>, tensor<4x128xf8E4M3FNUZ>, tensor<4x128xf8E5M2>, tensor<4x128xf8E5M2FNUZ>, tensor<4x128xi8>, tensor<4x128xbf16>, tensor<4x128xf16>) {
    %b = irfuse.cast %a : !f -> tensor<4x128xf8E4M3FN>
    %c = irfuse.cast %a : !f -> tensor<4x128xf8E4M3FNUZ>
    %d = irfuse.cast %a : !f -> tensor<4x128xf8E5M2>
    %e = irfuse.cast %a : !f -> tensor<4x128xf8E5M2FNUZ>
    %f = irfuse.cast %a : !f -> tensor<4x128xi8>
    %g = irfuse.cast %a : !f -> tensor<4x128xbf16>
    %h = irfuse.cast %a : !f -> tensor<4x128xf16>
    irfuse.yield %b, %c, %d, %e, %f, %g, %h : tensor<4x128xf8E4M3FN>, tensor<4x128xf8E4M3FNUZ>, tensor<4x128xf8E5M2>, tensor<4x128xf8E5M2FNUZ>, tensor<4x128xi8>, tensor<4x128xbf16>, tensor<4x128xf16>
  }
  return
}

// Widening bf16 and f16 is no line: their tiles are f32 already. bf16 to f16 rounds once.
// CHECK: x0 = tl.load({{.*}}).to(tl.float32){{$}}
// CHECK-NEXT: x1 = tl.load({{.*}}).to(tl.float32){{$}}
// CHECK-NEXT: add_1 = x0 + x1{{$}}
// CHECK-NEXT: cast_1 = (x0).to(tl.float16).to(tl.float32){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 128 + c0, add_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 128 + c0, cast_1.to(tl.float16), mask=here){{$}}
func.func @widen(%x: tensor<4x128xbf16>, %y: tensor<4x128xf16>) {
  %0, %1 = irfuse.fused (%a = %x : tensor<4x128xbf16>, %b = %y : tensor<4x128xf16>) -> (!f, tensor<4x128xf16>) {
    %c = irfuse.cast %a : tensor<4x128xbf16> -> !f
    %d = irfuse.cast %b : tensor<4x128xf16> -> !f
    %e = irfuse.add %c, %d : !f
    %f = irfuse.cast %a : tensor<4x128xbf16> -> tensor<4x128xf16>
    irfuse.yield %e, %f : !f, tensor<4x128xf16>
  }
  return
}

// Narrowing between two operations is kept: it rounds.
// CHECK: cast_1 = (x0).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: exp_1 = tl.exp(cast_1){{$}}
// CHECK-NEXT: sub_1 = (cast_1 - x1).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: abs_1 = tl.abs(sub_1){{$}}
func.func @roundings(%x: !f, %y: tensor<4x128xbf16>) {
  %0, %1 = irfuse.fused (%a = %x : !f, %b = %y : tensor<4x128xbf16>) -> (!f, tensor<4x128xbf16>) {
    %c = irfuse.cast %a : !f -> tensor<4x128xbf16>
    %d = irfuse.cast %c : tensor<4x128xbf16> -> !f
    %e = irfuse.exp %d : !f
    %f = irfuse.sub %c, %b : tensor<4x128xbf16>
    %g = irfuse.abs %f : tensor<4x128xbf16>
    irfuse.yield %e, %g : !f, tensor<4x128xbf16>
  }
  return
}

// Beyond the range of an 8-bit float, as the cast says; behind a clamp into the range the cast alone. A fnuz format has
// one NaN, without a sign, and is read with it.
// CHECK: def overflowing(x, fp8: tl.constexpr, last: tl.constexpr, code: tl.constexpr, minus: tl.constexpr):{{$}}
// CHECK-NEXT:     beyond = ((x.to(tl.int32, bitcast=True) >> 24) & minus).to(tl.uint8) | code{{$}}
// CHECK-NEXT:     return tl.where(tl.abs(x) > last, beyond, x.to(fp8).to(tl.uint8, bitcast=True)).to(fp8, bitcast=True){{$}}
// CHECK: def from_fnuz(x):{{$}}
// CHECK-NEXT:     return tl.where(x.to(tl.uint8, bitcast=True) == 128, float('nan'), x.to(tl.float32)){{$}}
// CHECK: cast_1 = overflowing(x0, tl.float8e4nv, 464.0, 127, 128){{$}}
// CHECK-NEXT: cast_2 = overflowing(x0, tl.float8e5, 61439.99609375, 124, 128){{$}}
// CHECK-NEXT: cast_3 = overflowing(x0, tl.float8e5, 61439.99609375, 127, 128){{$}}
// CHECK-NEXT: cast_4 = overflowing(x0, tl.float8e4b8, 247.99998474121094, 128, 0){{$}}
// CHECK-NEXT: cast_5 = overflowing(x0, tl.float8e5b16, 61439.99609375, 128, 0){{$}}
// CHECK-NEXT: clamp_1 = nan_min(nan_max(x0, -448.0), 448.0){{$}}
// CHECK-NEXT: cast_6 = clamp_1.to(tl.float8e4nv){{$}}
// CHECK-NEXT: cast_7 = overflowing(from_fnuz(cast_4), tl.float8e4nv, 464.0, 127, 128){{$}}
func.func @overflow(%x: !f) {
  %0, %1, %2, %3, %4, %5 = irfuse.fused (%a = %x : !f) -> (tensor<4x128xf8E4M3FN>, tensor<4x128xf8E5M2>, tensor<4x128xf8E5M2>, tensor<4x128xf8E5M2FNUZ>, tensor<4x128xf8E4M3FN>, tensor<4x128xf8E4M3FN>) {
    %b = irfuse.cast %a overflow nan : !f -> tensor<4x128xf8E4M3FN>
    %c = irfuse.cast %a overflow infinity : !f -> tensor<4x128xf8E5M2>
    %d = irfuse.cast %a overflow nan : !f -> tensor<4x128xf8E5M2>
    %e = irfuse.cast %a overflow nan : !f -> tensor<4x128xf8E4M3FNUZ>
    %f = irfuse.cast %a overflow nan : !f -> tensor<4x128xf8E5M2FNUZ>
    %g = irfuse.clamp %a min -448.0 max 448.0 : !f
    %h = irfuse.cast %g : !f -> tensor<4x128xf8E4M3FN>
    %i = irfuse.cast %e overflow nan : tensor<4x128xf8E4M3FNUZ> -> tensor<4x128xf8E4M3FN>
    irfuse.yield %b, %c, %d, %f, %h, %i : tensor<4x128xf8E4M3FN>, tensor<4x128xf8E5M2>, tensor<4x128xf8E5M2>, tensor<4x128xf8E5M2FNUZ>, tensor<4x128xf8E4M3FN>, tensor<4x128xf8E4M3FN>
  }
  return
}

// A number of f64 is rounded to f32 on its way to bf16, as torch does it.
// CHECK: cast_1 = (x1.to(tl.float32)).to(tl.bfloat16).to(tl.float32){{$}}
func.func @from_double(%x: tensor<4x128xbf16>, %s: tensor<f64>) {
  %r = irfuse.fused (%a = %x : tensor<4x128xbf16>, %n = %s : tensor<f64>) -> (tensor<4x128xbf16>) {
    %0 = irfuse.cast %n : tensor<f64> -> tensor<bf16>
    %1 = irfuse.broadcast %0 : tensor<bf16> -> tensor<4x128xbf16>
    %2 = irfuse.add %a, %1 : tensor<4x128xbf16>
    irfuse.yield %2 : tensor<4x128xbf16>
  }
  return
}

// Floats as i32: what a clamp holds in the range by Triton's cast, whose result beyond it LLVM leaves open; others not.
// CHECK: def to_i32(x):
// CHECK: cast_1 = to_i32(x0){{$}}
// CHECK: round_1 = libdevice.nearbyint({{.*}}){{$}}
// CHECK-NEXT: cast_2 = round_1.to(tl.int32){{$}}
func.func @whole(%x: !f) {
  %0, %1 = irfuse.fused (%a = %x : !f) -> (tensor<4x128xi32>, tensor<4x128xi32>) {
    %b = irfuse.cast %a : !f -> tensor<4x128xi32>
    %c = irfuse.clamp %a min -128.0 max 127.0 : !f
    %d = irfuse.round %c : !f
    %e = irfuse.cast %d : !f -> tensor<4x128xi32>
    irfuse.yield %b, %e : tensor<4x128xi32>, tensor<4x128xi32>
  }
  return
}
