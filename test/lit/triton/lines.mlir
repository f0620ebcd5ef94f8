// The kernel lines of activations, bits, comparisons, constants and of the layer norm; integers wrap to their type.
// RUN: irfuse-opt -t triton %s | filecheck %s
// RUN: irfuse-opt -t 'ptx{arch=sm_90}' %s | filecheck %s --check-prefix=PTX
// RUN: irfuse-opt -t 'amdgcn{arch=gfx950}' %s | filecheck %s --check-prefix=AMD

// PTX-COUNT-5: .visible .entry
// AMD-COUNT-5: .amdgcn_target "{{.*}}-gfx950"

!f = tensor<4x64xf32>
!h = tensor<4x64xbf16>
!i = tensor<4x64xi32>
!b = tensor<4x64xi8>
!u = tensor<4x64xui8>
!t = tensor<4x64xi1>

// CHECK: {{^}}def sign(x):{{$}}
// CHECK-NEXT: return tl.where(x > 0, 1.0, tl.where(x < 0, -1.0, 0.0)){{$}}
// CHECK: {{^}}def gelu(x):{{$}}
// CHECK-NEXT: return x * 0.5 * (1.0 + libdevice.erf(x * 0.7071067811865476)){{$}}
// CHECK: {{^}}def gelu_tanh(x):{{$}}
// CHECK-NEXT: inner = 0.7978845608028654 * tl.fma(x * x * x, 0.044715, x){{$}}
// CHECK-NEXT: return 0.5 * x * (1.0 + libdevice.tanh(inner)){{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 64 + c0, mask=here, other=0.0){{$}}
// CHECK-NEXT: x1 = tl.load(x1_ptr + row * 64 + c0, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: tanh_1 = tanh(x0){{$}}
// CHECK-NEXT: erf_1 = libdevice.erf(tanh_1){{$}}
// CHECK-NEXT: gelu_1 = gelu(erf_1){{$}}
// CHECK-NEXT: gelu_tanh_1 = gelu_tanh(gelu_1){{$}}
// CHECK-NEXT: relu_1 = nan_max(gelu_tanh_1, 0.0){{$}}
// CHECK-NEXT: floor_1 = tl.floor(relu_1){{$}}
// CHECK-NEXT: sign_1 = sign(floor_1){{$}}
// CHECK-NEXT: minimum_1 = nan_min(sign_1, x0){{$}}
// CHECK-NEXT: minimum_2 = nan_min(minimum_1, 1.0){{$}}
// CHECK-NEXT: gelu_2 = (gelu(x1)).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: relu_2 = nan_max(gelu_2, 0.0){{$}}
// CHECK-NEXT: minimum_3 = nan_min(relu_2, x1){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 64 + c0, minimum_2, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 64 + c0, minimum_3.to(tl.bfloat16), mask=here){{$}}
func.func @activations(%x: !f, %y: !h) {
  %r0, %r1 = irfuse.fused (%a = %x : !f, %b = %y : !h) -> (!f, !h) {
    %0 = irfuse.tanh %a : !f
    %1 = irfuse.erf %0 : !f
    %2 = irfuse.gelu %1 : !f
    %3 = irfuse.gelu_tanh %2 : !f
    %4 = irfuse.relu %3 : !f
    %5 = irfuse.floor %4 : !f
    %6 = irfuse.sign %5 : !f
    %7 = irfuse.minimum %6, %a : !f
    %8 = irfuse.minimum %7 scalar 1.0 : !f
    %9 = irfuse.gelu %b : !h
    %10 = irfuse.relu %9 : !h
    %11 = irfuse.minimum %10, %b : !h
    irfuse.yield %8, %11 : !f, !h
  }
  return
}

// CHECK: x0 = tl.load(x0_ptr + row * 64 + c0, mask=here, other=0.0){{$}}
// CHECK-NEXT: x1 = tl.load(x1_ptr + row * 64 + c0, mask=here, other=0){{$}}
// CHECK-NEXT: x2 = tl.load(x2_ptr + row * 64 + c0, mask=here, other=0){{$}}
// CHECK-NEXT: bitcast_1 = x0.to(tl.int32, bitcast=True){{$}}
// CHECK-NEXT: and_1 = bitcast_1 & 2139095040{{$}}
// CHECK-NEXT: or_1 = and_1 | -2147483648{{$}}
// CHECK-NEXT: shr_1 = or_1 >> 23{{$}}
// CHECK-NEXT: shl_1 = shr_1 << 23{{$}}
// CHECK-NEXT: xor_1 = shl_1 ^ bitcast_1{{$}}
// CHECK-NEXT: bitcast_2 = xor_1.to(tl.float32, bitcast=True){{$}}
// CHECK-NEXT: add_1 = (x1 + -56).to(tl.int8){{$}}
// CHECK-NEXT: xor_2 = (add_1 ^ -1).to(tl.int8){{$}}
// CHECK-NEXT: shr_2 = (x2 >> 4).to(tl.uint8){{$}}
// CHECK-NEXT: mul_1 = (shr_2 * x2).to(tl.uint8){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 64 + c0, bitcast_2, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 64 + c0, xor_2, mask=here){{$}}
// CHECK-NEXT: tl.store(y2_ptr + row * 64 + c0, mul_1, mask=here){{$}}
func.func @bits(%x: !f, %y: !b, %z: !u) {
  %r0, %r1, %r2 = irfuse.fused (%a = %x : !f, %b = %y : !b, %c = %z : !u) -> (!f, !b, !u) {
    %0 = irfuse.bitcast %a : !f -> !i
    %1 = irfuse.and %0 scalar 2139095040.0 : !i
    %2 = irfuse.or %1 scalar 2147483648.0 : !i
    %3 = irfuse.shr %2 scalar 23.0 : !i
    %4 = irfuse.shl %3 scalar 23.0 : !i
    %5 = irfuse.xor %4, %0 : !i
    %6 = irfuse.bitcast %5 : !i -> !f
    %7 = irfuse.add %b scalar 200.0 : !b
    %8 = irfuse.xor %7 scalar 255.0 : !b
    %9 = irfuse.shr %c scalar 4.0 : !u
    %10 = irfuse.mul %9, %c : !u
    irfuse.yield %6, %8, %10 : !f, !b, !u
  }
  return
}

// CHECK: x0 = tl.load(x0_ptr + row * 64 + c0, mask=here, other=0.0){{$}}
// CHECK-NEXT: x1 = tl.load(x1_ptr + row * 64 + c0, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: compare_1 = x0 > 0.5{{$}}
// CHECK-NEXT: compare_2 = x0 != x0{{$}}
// CHECK-NEXT: or_1 = (compare_1 | compare_2).to(tl.int1){{$}}
// CHECK-NEXT: xor_1 = (or_1 ^ True).to(tl.int1){{$}}
// CHECK-NEXT: full_1 = tl.full((1, 1), 0.0, tl.float32){{$}}
// CHECK-NEXT: select_1 = tl.where(xor_1, x0, full_1){{$}}
// CHECK-NEXT: full_2 = tl.full((1, 1), 0.5, tl.float32){{$}}
// CHECK-NEXT: select_2 = tl.where(or_1, x1, full_2){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 64 + c0, select_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 64 + c0, select_2.to(tl.bfloat16), mask=here){{$}}
func.func @choices(%x: !f, %y: !h) {
  %r0, %r1 = irfuse.fused (%a = %x : !f, %b = %y : !h) -> (!f, !h) {
    %0 = irfuse.compare gt %a scalar 0.5 : !f -> !t
    %1 = irfuse.compare ne %a, %a : !f -> !t
    %2 = irfuse.or %0, %1 : !t
    %3 = irfuse.xor %2 scalar 1.0 : !t
    %zero = irfuse.full 0.0 : !f
    %4 = irfuse.select %3, %a, %zero : !t, !f
    %half = irfuse.full 0.5 : tensor<bf16>
    %halves = irfuse.broadcast %half : tensor<bf16> -> !h
    %5 = irfuse.select %2, %b, %halves : !t, !h
    irfuse.yield %4, %5 : !f, !h
  }
  return
}

// CHECK: x0 = tl.load(x0_ptr + row * 240 + c0, mask=here & (c0 < 240), other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x1 = tl.load(tl.broadcast_to(x1_ptr + c0, (ROWS, 256)), mask=(c0 < 240), other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: row_mean_1 = tl.where(c0 < 240, x0, 0.0){{$}}
// CHECK-NEXT: row_mean_1 = tl.sum(row_mean_1, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_1 = tl.fma(row_mean_1, 0.004166666883975267, 0.0){{$}}
// CHECK-NEXT: sub_1 = x0 - row_mean_1{{$}}
// CHECK-NEXT: mul_1 = sub_1 * sub_1{{$}}
// CHECK-NEXT: row_mean_2 = tl.where(c0 < 240, mul_1, 0.0){{$}}
// CHECK-NEXT: row_mean_2 = tl.sum(row_mean_2, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_2 = tl.fma(row_mean_2, 0.004166666883975267, 0.0){{$}}
// CHECK-NEXT: add_1 = row_mean_2 + 9.999999747378752e-06{{$}}
// CHECK-NEXT: rsqrt_1 = tl.rsqrt(add_1){{$}}
// CHECK-NEXT: mul_2 = sub_1 * rsqrt_1{{$}}
// CHECK-NEXT: mul_3 = tl.fma(mul_2, x1, minus_zero){{$}}
// CHECK-NEXT: add_2 = mul_3 + 0.0{{$}}
// CHECK-NEXT: cast_1 = (add_2).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: row_var_1_mean = tl.where(c0 < 240, cast_1, 0.0){{$}}
// CHECK-NEXT: row_var_1_mean = tl.sum(row_var_1_mean, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_var_1_mean = tl.fma(row_var_1_mean, 0.004166666883975267, 0.0){{$}}
// CHECK-NEXT: row_var_1_from_mean = cast_1 - row_var_1_mean{{$}}
// CHECK-NEXT: row_var_1 = tl.where(c0 < 240, row_var_1_from_mean * row_var_1_from_mean, 0.0){{$}}
// CHECK-NEXT: row_var_1 = tl.sum(row_var_1, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_var_1 = tl.fma(row_var_1, 0.004166666883975267, 0.0){{$}}
// CHECK-NEXT: row_amin_1 = tl.where(c0 < 240, cast_1, float('inf')){{$}}
// CHECK-NEXT: row_amin_1 = tl.reduce(row_amin_1, 1, nan_min, keep_dims=True){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 240 + c0, cast_1.to(tl.bfloat16), mask=here & (c0 < 240)){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row, row_var_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y2_ptr + row, row_amin_1.to(tl.bfloat16), mask=here){{$}}
func.func @norms(%x: tensor<4x240xbf16>, %w: tensor<240xbf16>) {
  %r0, %r1, %r2 = irfuse.fused (%a = %x : tensor<4x240xbf16>, %c = %w : tensor<240xbf16>) -> (tensor<4x240xbf16>, tensor<4x1xf32>, tensor<4x1xbf16>) {
    %0 = irfuse.layer_norm %a weight %c : tensor<240xbf16> {eps = 1.0e-5 : f64} : tensor<4x240xbf16> -> tensor<4x240xbf16>
    %1 = irfuse.cast %0 : tensor<4x240xbf16> -> tensor<4x240xf32>
    %2 = irfuse.row_var %1 : tensor<4x240xf32> -> tensor<4x1xf32>
    %3 = irfuse.row_amin %0 : tensor<4x240xbf16> -> tensor<4x1xbf16>
    irfuse.yield %0, %2, %3 : tensor<4x240xbf16>, tensor<4x1xf32>, tensor<4x1xbf16>
  }
  return
}

// CHECK: {{^}}def to_e8m0(x):{{$}}
// CHECK-NEXT: bits = x.to(tl.int32, bitcast=True){{$}}
// CHECK-NEXT: exponent = (bits >> 23) & 255{{$}}
// CHECK-NEXT: rest = bits & 8388607{{$}}
// CHECK-NEXT: up = (rest > 4194304) | ((rest == 4194304) & (exponent > 0)){{$}}
// CHECK-NEXT: return tl.where(up & (exponent < 255), exponent + 1, exponent).to(tl.uint8){{$}}
// CHECK: {{^}}def from_e8m0(x):{{$}}
// CHECK-NEXT: exponent = x.to(tl.int32){{$}}
// CHECK-NEXT: bits = tl.where(exponent == 0, 4194304, exponent << 23){{$}}
// CHECK-NEXT: return tl.where(exponent == 255, 2143289344, bits).to(tl.float32, bitcast=True){{$}}
// CHECK: {{^}}def to_e2m1(x):{{$}}
// CHECK-NEXT: a = tl.abs(x){{$}}
// CHECK-NEXT: low = (a > 0.25).to(tl.int32) + (a >= 0.75).to(tl.int32) + (a > 1.25).to(tl.int32) + (a >= 1.75).to(tl.int32){{$}}
// CHECK-NEXT: high = (a > 2.5).to(tl.int32) + (a >= 3.5).to(tl.int32) + (a > 5.0).to(tl.int32){{$}}
// CHECK-NEXT: minus = (x.to(tl.int32, bitcast=True) >> 28) & 8{{$}}
// CHECK-NEXT: return (low + high + minus).to(tl.uint8){{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 64 + c0, mask=here, other=0.0){{$}}
// CHECK-NEXT: x1 = tl.load(x1_ptr + row * 64 + c0, mask=here, other=0){{$}}
// CHECK-NEXT: cast_1 = to_e8m0(x0){{$}}
// CHECK-NEXT: cast_2 = to_e2m1(x0){{$}}
// CHECK-NEXT: cast_3 = from_e8m0(x1){{$}}
// CHECK-NEXT: cast_4 = (from_e8m0(x1)).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 64 + c0, cast_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 64 + c0, cast_2, mask=here){{$}}
// CHECK-NEXT: tl.store(y2_ptr + row * 64 + c0, cast_3, mask=here){{$}}
// CHECK-NEXT: tl.store(y3_ptr + row * 64 + c0, cast_4.to(tl.bfloat16), mask=here){{$}}
func.func @casts(%x: !f, %e: tensor<4x64xf8E8M0FNU>) {
  %r0, %r1, %r2, %r3 = irfuse.fused (%a = %x : !f, %b = %e : tensor<4x64xf8E8M0FNU>) -> (tensor<4x64xf8E8M0FNU>, tensor<4x64xf4E2M1FN>, !f, !h) {
    %0 = irfuse.cast %a : !f -> tensor<4x64xf8E8M0FNU>
    %1 = irfuse.cast %a : !f -> tensor<4x64xf4E2M1FN>
    %2 = irfuse.cast %b : tensor<4x64xf8E8M0FNU> -> !f
    %3 = irfuse.cast %b : tensor<4x64xf8E8M0FNU> -> !h
    irfuse.yield %0, %1, %2, %3 : tensor<4x64xf8E8M0FNU>, tensor<4x64xf4E2M1FN>, !f, !h
  }
  return
}
