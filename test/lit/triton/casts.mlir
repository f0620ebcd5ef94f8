// Each element type that a kernel reads and writes: loads widen to f32, a quantised tile is stored as it is.
// RUN: irfuse-opt -t triton %s | filecheck %s

!f = tensor<4x128xf32>

// CHECK: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here, other=0.0){{$}}
// CHECK-NEXT: cast_1 = to_e4m3fn(x0){{$}}
// CHECK-NEXT: cast_2 = x0.to(tl.float8e4b8){{$}}
// CHECK-NEXT: cast_3 = to_e5m2(x0){{$}}
// CHECK-NEXT: cast_4 = x0.to(tl.float8e5b16){{$}}
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
