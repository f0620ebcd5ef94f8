// The kernel of a named chain, norm in runs of 128 and scales for 64 columns: its tile is [ROWS, 2, 64], a reduction over
// the run sums both axes, one over the group the last; every rounding of the IR is there and no other, and of the helpers those
// that the kernel uses.
// RUN: irfuse-opt -t triton %s | filecheck %s

// CHECK: {{^}}import triton{{$}}
// CHECK-NEXT: {{^}}import triton.language as tl{{$}}
// CHECK-NEXT: {{^}}from triton.language.extra import libdevice{{$}}
// CHECK: {{^}}def nan_max(a, b):{{$}}
// CHECK-NEXT: return tl.maximum(a, b, propagate_nan=tl.PropagateNan.ALL){{$}}
// CHECK-NOT: def nan_min
// CHECK: {{^}}def quotient(x, d):{{$}}
// CHECK-NEXT: inverse = libdevice.fast_dividef(1.0, d){{$}}
// CHECK-NEXT: bits = tl.fma(tl.fma(d * -1.0, inverse, 1.0), inverse, inverse).to(tl.int32, bitcast=True){{$}}
// CHECK-NEXT: below = (bits - 1).to(tl.float32, bitcast=True){{$}}
// CHECK-NEXT: rest = tl.fma(d * -1.0, below, 1.0) * (bits + 1).to(tl.float32, bitcast=True){{$}}
// CHECK-NEXT: infinite = d == float('inf'){{$}}
// CHECK-NEXT: return tl.fma(x, tl.where(infinite, 0.0, below), x * tl.where(infinite, 0.0, rest)){{$}}
// CHECK: {{^}}def quarter(x):{{$}}
// CHECK-NEXT: return tl.fma(tl.exp2(x * -1.4426950408889634), 0.25, 0.25){{$}}
// CHECK-NOT: def sigmoid
// CHECK: {{^}}def silu(x):{{$}}
// CHECK-NEXT: return libdevice.fast_dividef(x * 0.25, quarter(x)){{$}}
// CHECK: {{^}}def rms_norm_gated_group_quant_{{[0-9a-f]+}}(x0_ptr, x1_ptr, x2_ptr, y0_ptr, y1_ptr, rows, ROWS: tl.constexpr):{{$}}
// CHECK-NEXT: # rms_norm_gated {{([a-z_]+=[a-z0-9.+-]+ ?)+$}}
// CHECK-NEXT: # group_quant group_size=64 quant_max=448 scale_floor=1e-10 scale_rule=divide scale_format=f32 scale_rounded=false saturate=true{{$}}
// CHECK-NEXT: row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)[:, None, None]{{$}}
// CHECK-NEXT: here = (row < rows) | (ROWS == 1){{$}}
// CHECK-NEXT: c0 = tl.arange(0, 2)[None, :, None]{{$}}
// CHECK-NEXT: c1 = tl.arange(0, 64)[None, None, :]{{$}}
// CHECK-NEXT: x0 = tl.load(x0_ptr + row * 128 + c0 * 64 + c1, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x1 = tl.load(x1_ptr + row * 128 + c0 * 64 + c1, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x2 = tl.load(tl.broadcast_to(x2_ptr + c0 * 64 + c1, (ROWS, 2, 64))).to(tl.float32){{$}}
// CHECK-NEXT: silu_1 = silu(x1){{$}}
// CHECK-NEXT: mul_1 = x0 * x0{{$}}
// CHECK-NEXT: row_mean_1 = tl.sum(mul_1, 2, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_1 = tl.sum(row_mean_1, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_1 = tl.fma(row_mean_1, 0.0078125, 0.0){{$}}
// CHECK-NEXT: add_1 = row_mean_1 + 9.999999974752427e-07{{$}}
// CHECK-NEXT: rsqrt_1 = tl.rsqrt(add_1){{$}}
// CHECK-NEXT: mul_2 = x0 * rsqrt_1{{$}}
// CHECK-NEXT: mul_3 = mul_2 * x2{{$}}
// CHECK-NEXT: mul_4 = mul_3 * silu_1{{$}}
// CHECK-NEXT: cast_1 = (mul_4).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: abs_1 = tl.abs(cast_1){{$}}
// CHECK-NEXT: row_amax_1 = tl.reduce(abs_1, 2, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: div_1 = row_amax_1 * 0.0022321429569274187{{$}}
// CHECK-NEXT: clamp_1 = nan_max(div_1, 1.000000013351432e-10){{$}}
// CHECK-NEXT: div_2 = quotient(cast_1, clamp_1){{$}}
// CHECK-NEXT: cast_2 = div_2.to(tl.float8e4nv){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 128 + c0 * 64 + c1, cast_2, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 2 + c0, clamp_1, mask=here){{$}}

!x = tensor<?x4096xbf16, #irfuse.dims<"t">>
!q = tensor<?x4096xf8E4M3FN, #irfuse.dims<"t">>
!s = tensor<?x64xf32, #irfuse.dims<"t">>
func.func @named(%x: !x, %z: !x, %w: tensor<128xbf16>) -> () {
  %q, %s = irfuse.fused "gated" (%a = %x : !x, %b = %z : !x, %c = %w : tensor<128xbf16>) -> (!q, !s) {
    %y = irfuse.rms_norm_gated %a, %b weight %c : tensor<128xbf16> {eps = 1.0e-6 : f64, norm_group = 128 : i64} : !x, !x -> !x
    %p, %t = irfuse.group_quant %y {group_size = 64 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : !x -> !q, !s
    irfuse.yield %p, %t : !q, !s
  }
  return
}
