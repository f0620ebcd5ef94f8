// The kernel line of every small op, in an unnamed chain of rows of 240 columns, padded to 256: what is loaded and
// stored is masked, and what is reduced is masked with the value that changes nothing. Results of one number a row are
// stored after the others.
// RUN: irfuse-opt -t triton %s | filecheck %s

// CHECK: {{^}}def norm_{{[0-9a-f]+}}(x0_ptr, x1_ptr, x2_ptr, x3_ptr, y0_ptr, y1_ptr, y2_ptr, y3_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK-NEXT: row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)[:, None]{{$}}
// CHECK-NEXT: here = (row < rows) | (ROWS == 1){{$}}
// CHECK-NEXT: c0 = tl.arange(0, 256)[None, :]{{$}}
// CHECK-NEXT: minus_zero = ((y0_ptr.to(tl.int64) >> 63).to(tl.int32) | -2147483648).to(tl.float32, bitcast=True){{$}}
// CHECK-NEXT: x0 = tl.load(x0_ptr + row * 240 + c0, mask=here & (c0 < 240), other=0.0){{$}}
// CHECK-NEXT: x1 = tl.load(x1_ptr + row * 240 + c0, mask=here & (c0 < 240), other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x2 = tl.load(x2_ptr + 0){{$}}
// CHECK-NEXT: x3 = tl.load(tl.broadcast_to(x3_ptr + c0, (ROWS, 256)), mask=(c0 < 240), other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: abs_1 = tl.abs(x0){{$}}
// CHECK-NEXT: ceil_1 = tl.ceil(abs_1){{$}}
// CHECK-NEXT: exp_1 = tl.exp(ceil_1){{$}}
// CHECK-NEXT: exp2_1 = exp2(exp_1){{$}}
// CHECK-NEXT: log2_1 = libdevice.log2(exp2_1){{$}}
// CHECK-NEXT: neg_1 = log2_1 * -1.0{{$}}
// CHECK-NEXT: reciprocal_1 = tl.div_rn(1.0, neg_1){{$}}
// CHECK-NEXT: round_1 = libdevice.nearbyint(reciprocal_1){{$}}
// CHECK-NEXT: rsqrt_1 = rsqrt(round_1){{$}}
// CHECK-NEXT: sigmoid_1 = sigmoid(rsqrt_1){{$}}
// CHECK-NEXT: silu_1 = silu(sigmoid_1){{$}}
// CHECK-NEXT: sqrt_1 = tl.sqrt_rn(silu_1){{$}}
// CHECK-NEXT: pow_1 = rsqrt(sqrt_1){{$}}
// CHECK-NEXT: sub_1 = pow_1 - x0{{$}}
// CHECK-NEXT: div_1 = tl.div_rn(sub_1, x0){{$}}
// CHECK-NEXT: maximum_1 = nan_max(div_1, x0){{$}}
// CHECK-NEXT: add_1 = maximum_1 + 1.0{{$}}
// CHECK-NEXT: sub_2 = add_1 - 2.0{{$}}
// CHECK-NEXT: maximum_2 = nan_max(sub_2, 0.5){{$}}
// CHECK-NEXT: div_2 = maximum_2 * 0.3333333432674408{{$}}
// CHECK-NEXT: mul_1 = div_2 * 4.0{{$}}
// CHECK-NEXT: clamp_1 = nan_max(mul_1, -1.0){{$}}
// CHECK-NEXT: clamp_2 = nan_min(clamp_1, 1.0){{$}}
// CHECK-NEXT: clamp_3 = nan_min(nan_max(clamp_2, -1.0), 1.0){{$}}
// CHECK-NEXT: row_sum_1 = tl.where(c0 < 240, clamp_3, 0.0){{$}}
// CHECK-NEXT: row_sum_1 = tl.sum(row_sum_1, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_sum_1 = row_sum_1 + 0.0{{$}}
// CHECK-NEXT: row_amax_1 = tl.where(c0 < 240, clamp_3, float('-inf')){{$}}
// CHECK-NEXT: row_amax_1 = tl.reduce(row_amax_1, 1, nan_max, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_1 = tl.where(c0 < 240, clamp_3, 0.0){{$}}
// CHECK-NEXT: row_mean_1 = tl.sum(row_mean_1, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_1 = tl.fma(row_mean_1, 0.004166666883975267, 0.0){{$}}
// CHECK-NEXT: add_2 = row_sum_1 + row_amax_1{{$}}
// CHECK-NEXT: add_3 = add_2 + row_mean_1{{$}}
// CHECK-NEXT: mul_2 = tl.fma(clamp_3, add_3, minus_zero){{$}}
// CHECK-NEXT: add_4 = mul_2 + x2{{$}}
// CHECK-NEXT: mul_3 = (tl.fma(x1, x1, minus_zero)).to(tl.float16).to(tl.float32){{$}}
// CHECK-NEXT: add_5 = (mul_3 + x1).to(tl.float16).to(tl.float32){{$}}
// CHECK-NEXT: neg_2 = add_5 * -1.0{{$}}
// CHECK-NEXT: cast_1 = (neg_2).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: mul_4 = (cast_1 * x3).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 240 + c0, add_4, mask=here & (c0 < 240)){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 240 + c0, neg_2.to(tl.float16), mask=here & (c0 < 240)){{$}}
// CHECK-NEXT: tl.store(y3_ptr + row * 240 + c0, mul_4.to(tl.bfloat16), mask=here & (c0 < 240)){{$}}
// CHECK-NEXT: tl.store(y2_ptr + row, add_3, mask=here){{$}}

func.func @every(%x: tensor<4x240xf32>, %y: tensor<4x240xf16>, %s: tensor<f32>, %w: tensor<240xbf16>) {
  %r0, %r1, %r2, %r3 = irfuse.fused (%a = %x : tensor<4x240xf32>, %b = %y : tensor<4x240xf16>, %n = %s : tensor<f32>, %c = %w : tensor<240xbf16>) -> (tensor<4x240xf32>, tensor<4x240xf16>, tensor<4x1xf32>, tensor<4x240xbf16>) {
    %1 = irfuse.abs %a : tensor<4x240xf32>
    %2 = irfuse.ceil %1 : tensor<4x240xf32>
    %3 = irfuse.exp %2 : tensor<4x240xf32>
    %4 = irfuse.exp2 %3 : tensor<4x240xf32>
    %5 = irfuse.log2 %4 : tensor<4x240xf32>
    %6 = irfuse.neg %5 : tensor<4x240xf32>
    %7 = irfuse.reciprocal %6 : tensor<4x240xf32>
    %8 = irfuse.round %7 : tensor<4x240xf32>
    %9 = irfuse.rsqrt %8 : tensor<4x240xf32>
    %10 = irfuse.sigmoid %9 : tensor<4x240xf32>
    %11 = irfuse.silu %10 : tensor<4x240xf32>
    %12 = irfuse.sqrt %11 : tensor<4x240xf32>
    %13 = irfuse.pow %12 scalar -0.5 : tensor<4x240xf32>
    %14 = irfuse.sub %13, %a : tensor<4x240xf32>
    %15 = irfuse.div %14, %a : tensor<4x240xf32>
    %16 = irfuse.maximum %15, %a : tensor<4x240xf32>
    %17 = irfuse.add %16 scalar 1.0 : tensor<4x240xf32>
    %18 = irfuse.sub %17 scalar 2.0 : tensor<4x240xf32>
    %19 = irfuse.maximum %18 scalar 0.5 : tensor<4x240xf32>
    %20 = irfuse.div %19 scalar 3.0 : tensor<4x240xf32>
    %21 = irfuse.mul %20 scalar 4.0 : tensor<4x240xf32>
    %22 = irfuse.clamp %21 min -1.0 : tensor<4x240xf32>
    %23 = irfuse.clamp %22 max 1.0 : tensor<4x240xf32>
    %24 = irfuse.clamp %23 min -1.0 max 1.0 : tensor<4x240xf32>
    %sum = irfuse.row_sum %24 : tensor<4x240xf32> -> tensor<4x1xf32>
    %max = irfuse.row_amax %24 : tensor<4x240xf32> -> tensor<4x1xf32>
    %mean = irfuse.row_mean %24 : tensor<4x240xf32> -> tensor<4x1xf32>
    %m1 = irfuse.add %sum, %max : tensor<4x1xf32>
    %m2 = irfuse.add %m1, %mean : tensor<4x1xf32>
    %ms = irfuse.broadcast %m2 : tensor<4x1xf32> -> tensor<4x240xf32>
    %ns = irfuse.broadcast %n : tensor<f32> -> tensor<4x240xf32>
    %p = irfuse.mul %24, %ms : tensor<4x240xf32>
    %o = irfuse.add %p, %ns : tensor<4x240xf32>
    %h1 = irfuse.mul %b, %b : tensor<4x240xf16>
    %h2 = irfuse.add %h1, %b : tensor<4x240xf16>
    %h3 = irfuse.neg %h2 : tensor<4x240xf16>
    %hf = irfuse.cast %h3 : tensor<4x240xf16> -> tensor<4x240xf32>
    %hb = irfuse.cast %hf : tensor<4x240xf32> -> tensor<4x240xbf16>
    %cw = irfuse.broadcast %c : tensor<240xbf16> -> tensor<4x240xbf16>
    %hm = irfuse.mul %hb, %cw : tensor<4x240xbf16>
    irfuse.yield %o, %h3, %m2, %hm : tensor<4x240xf32>, tensor<4x240xf16>, tensor<4x1xf32>, tensor<4x240xbf16>
  }
  return
}
