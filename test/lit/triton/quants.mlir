// The kernels of quants to other formats: rows that are padded to whole groups, two 4-bit codes to a byte, exponents as
// scales, e4m3 scales beside one of the tensor, int8, and DeepGEMM's factor.
// RUN: irfuse-opt -t triton %s | filecheck %s
// RUN: irfuse-opt -t 'ptx{arch=sm_90}' %s | filecheck %s --check-prefix=PTX
// RUN: irfuse-opt -t 'amdgcn{arch=gfx950}' %s | filecheck %s --check-prefix=AMD

// PTX-COUNT-5: .visible .entry
// AMD-COUNT-5: .amdgcn_target "{{.*}}-gfx950"

!x = tensor<?x256xbf16, #irfuse.dims<"t">>
!n = tensor<?x200xbf16, #irfuse.dims<"t">>
!q = tensor<?x256xf8E4M3FN, #irfuse.dims<"t">>
!c = tensor<?x256xf4E2M1FN, #irfuse.dims<"t">>
!s = tensor<?x2xf32, #irfuse.dims<"t">>
!p = tensor<?x128x2xf4E2M1FN, #irfuse.dims<"t">>
!u = tensor<?x128xui8, #irfuse.dims<"t">>

// 200 columns in two groups of 128: of the second, 72 columns are loaded, summed and stored as they are.
// CHECK: x0 = tl.load(x0_ptr + row * 200 + c0 * 128 + c1, mask=here & (c0 * 128 + c1 < 200), other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: mul_1 = x0 * x0{{$}}
// CHECK-NEXT: row_mean_1 = tl.where((c0 * 128 + c1 < 200), mul_1, 0.0){{$}}
// CHECK-NEXT: row_mean_1 = tl.sum(row_mean_1, 2, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_1 = tl.sum(row_mean_1, 1, keep_dims=True){{$}}
// CHECK-NEXT: row_mean_1 = tl.fma(row_mean_1, 0.004999999888241291, 0.0){{$}}
// CHECK-NEXT: add_1 = row_mean_1 + 9.999999974752427e-07{{$}}
// CHECK-NEXT: rsqrt_1 = tl.rsqrt(add_1){{$}}
// CHECK-NEXT: mul_2 = x0 * rsqrt_1{{$}}
// CHECK-NEXT: cast_1 = (mul_2).to(tl.bfloat16).to(tl.float32){{$}}
// CHECK-NEXT: pad_1 = tl.where((c0 * 128 + c1 < 200), cast_1, 0.0){{$}}
// CHECK-NEXT: abs_1 = tl.abs(pad_1){{$}}
// CHECK-NEXT: row_amax_1 = tl.reduce(abs_1, 2, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: div_1 = row_amax_1 * 0.0022321429569274187{{$}}
// CHECK-NEXT: clamp_1 = nan_max(div_1, 1.000000013351432e-10){{$}}
// CHECK-NEXT: div_2 = quotient(pad_1, clamp_1){{$}}
// CHECK-NEXT: cast_2 = div_2.to(tl.float8e4nv){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 256 + c0 * 128 + c1, cast_2, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row * 2 + c0, clamp_1, mask=here){{$}}
func.func @ragged(%x: !n) {
  %r0, %r1 = irfuse.fused (%a = %x : !n) -> (!q, !s) {
    %y = irfuse.rms_norm %a {eps = 1.0e-6 : f64} : !n -> !n
    %w = irfuse.pad %y : !n -> !x
    %q, %s = irfuse.group_quant %w {group_size = 128 : i64, quant_max = 448.0 : f64, scale_floor = 1.0e-10 : f64} : !x -> !q, !s
    irfuse.yield %q, %s : !q, !s
  }
  return
}

// MXFP4.
// CHECK: {{^}}def to_e8m0(x):{{$}}
// CHECK-NEXT: bits = x.to(tl.int32, bitcast=True){{$}}
// CHECK-NEXT: exponent = (bits >> 23) & 255{{$}}
// CHECK-NEXT: rest = bits & 8388607{{$}}
// CHECK-NEXT: up = (rest > 4194304) | ((rest == 4194304) & (exponent > 0)){{$}}
// CHECK-NEXT: return tl.where(up & (exponent < 255), exponent + 1, exponent).to(tl.uint8){{$}}
// CHECK: {{^}}def to_e2m1(x):{{$}}
// CHECK-NEXT: a = tl.abs(x){{$}}
// CHECK-NEXT: low = (a > 0.25).to(tl.int32) + (a >= 0.75).to(tl.int32) + (a > 1.25).to(tl.int32) + (a >= 1.75).to(tl.int32){{$}}
// CHECK-NEXT: high = (a > 2.5).to(tl.int32) + (a >= 3.5).to(tl.int32) + (a > 5.0).to(tl.int32){{$}}
// CHECK-NEXT: minus = (x.to(tl.int32, bitcast=True) >> 28) & 8{{$}}
// CHECK-NEXT: return (low + high + minus).to(tl.uint8){{$}}
// CHECK: x0 = tl.load(x0_ptr + row * 32 + c0 * 2 + c1, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: abs_1 = tl.abs(x0){{$}}
// CHECK-NEXT: row_amax_1 = tl.reduce(abs_1, 2, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: row_amax_1 = tl.reduce(row_amax_1, 1, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: bitcast_1 = row_amax_1.to(tl.int32, bitcast=True){{$}}
// CHECK-NEXT: and_1 = bitcast_1 & 2139095040{{$}}
// CHECK-NEXT: bitcast_2 = and_1.to(tl.float32, bitcast=True){{$}}
// CHECK-NEXT: mul_1 = bitcast_2 * 0.25{{$}}
// CHECK-NEXT: div_1 = tl.div_rn(x0, mul_1){{$}}
// CHECK-NEXT: clamp_1 = nan_min(nan_max(div_1, -6.0), 6.0){{$}}
// CHECK-NEXT: cast_1 = to_e2m1(clamp_1){{$}}
// CHECK-NEXT: cast_2 = to_e8m0(mul_1){{$}}
// CHECK-NEXT: pack_1 = tl.reduce(cast_1.to(tl.int32) << (c1 * 4), 2, bit_or, keep_dims=True).to(tl.uint8){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 16 + c0, pack_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row, cast_2, mask=here){{$}}
func.func @mxfp4(%x: !x) {
  %r0, %r1 = irfuse.fused (%a = %x : !x) -> (!u, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>) {
    %q, %s = irfuse.group_quant %a {group_size = 32 : i64, quant_max = 6.0 : f64, scale_format = #irfuse<scale_format ue8m0_floor>} : !x -> !c, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>
    %pairs = irfuse.reshape %q : !c -> !p
    %bytes = irfuse.pack %pairs {bits = 4 : i64} : !p -> tensor<?x128x1xui8, #irfuse.dims<"t">>
    %u = irfuse.reshape %bytes : tensor<?x128x1xui8, #irfuse.dims<"t">> -> !u
    irfuse.yield %u, %s : !u, tensor<?x8xf8E8M0FNU, #irfuse.dims<"t">>
  }
  return
}

// NVFP4, codes not packed.
// CHECK: x0 = tl.load(x0_ptr + row * 16 + c0, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: x1 = tl.load(x1_ptr + 0){{$}}
// CHECK-NEXT: abs_1 = tl.abs(x0){{$}}
// CHECK-NEXT: row_amax_1 = tl.reduce(abs_1, 1, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: div_1 = row_amax_1 * 0.1666666716337204{{$}}
// CHECK-NEXT: div_2 = tl.div_rn(div_1, x1){{$}}
// CHECK-NEXT: clamp_1 = nan_min(div_2, 448.0){{$}}
// CHECK-NEXT: cast_1 = clamp_1.to(tl.float8e4nv){{$}}
// CHECK-NEXT: cast_2 = cast_1.to(tl.float32){{$}}
// CHECK-NEXT: mul_1 = x1 * cast_2{{$}}
// CHECK-NEXT: div_3 = tl.div_rn(x0, mul_1){{$}}
// CHECK-NEXT: clamp_2 = nan_min(nan_max(div_3, -6.0), 6.0){{$}}
// CHECK-NEXT: cast_3 = to_e2m1(clamp_2){{$}}
// CHECK-NEXT: cast_4 = cast_2.to(tl.float8e4nv){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 16 + c0, cast_3, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row, cast_4, mask=here){{$}}
func.func @nvfp4(%x: !x, %g: tensor<1xf32>) {
  %r0, %r1 = irfuse.fused (%a = %x : !x, %h = %g : tensor<1xf32>) -> (!c, tensor<?x16xf8E4M3FN, #irfuse.dims<"t">>) {
    %q, %s = irfuse.group_quant %a global %h : tensor<1xf32> {group_size = 16 : i64, quant_max = 6.0 : f64, scale_format = #irfuse<scale_format e4m3>} : !x -> !c, tensor<?x16xf8E4M3FN, #irfuse.dims<"t">>
    irfuse.yield %q, %s : !c, tensor<?x16xf8E4M3FN, #irfuse.dims<"t">>
  }
  return
}

// int8 is rounded before it is cast.
// CHECK: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: abs_1 = tl.abs(x0){{$}}
// CHECK-NEXT: row_amax_1 = tl.reduce(abs_1, 1, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: div_1 = row_amax_1 * 0.007874015718698502{{$}}
// CHECK-NEXT: clamp_1 = nan_max(div_1, 1.000000013351432e-10){{$}}
// CHECK-NEXT: div_2 = quotient(x0, clamp_1){{$}}
// CHECK-NEXT: round_1 = libdevice.nearbyint(div_2){{$}}
// CHECK-NEXT: clamp_2 = nan_min(nan_max(round_1, -128.0), 127.0){{$}}
// CHECK-NEXT: cast_1 = clamp_2.to(tl.int8){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 128 + c0, cast_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row, clamp_1, mask=here){{$}}
func.func @int8(%x: !x) {
  %r0, %r1 = irfuse.fused (%a = %x : !x) -> (tensor<?x256xi8, #irfuse.dims<"t">>, !s) {
    %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 127.0 : f64, quant_min = -128.0 : f64, scale_floor = 1.0e-10 : f64} : !x -> tensor<?x256xi8, #irfuse.dims<"t">>, !s
    irfuse.yield %q, %s : tensor<?x256xi8, #irfuse.dims<"t">>, !s
  }
  return
}

// DeepGEMM's, and no clamp.
// CHECK: x0 = tl.load(x0_ptr + row * 128 + c0, mask=here, other=0.0).to(tl.float32){{$}}
// CHECK-NEXT: abs_1 = tl.abs(x0){{$}}
// CHECK-NEXT: row_amax_1 = tl.reduce(abs_1, 1, abs_max, keep_dims=True){{$}}
// CHECK-NEXT: clamp_1 = nan_max(row_amax_1, 9.999999747378752e-05){{$}}
// CHECK-NEXT: div_1 = clamp_1 * 0.0022321429569274187{{$}}
// CHECK-NEXT: reciprocal_1 = tl.div_rn(1.0, clamp_1){{$}}
// CHECK-NEXT: mul_1 = reciprocal_1 * 448.0{{$}}
// CHECK-NEXT: mul_2 = x0 * mul_1{{$}}
// CHECK-NEXT: cast_1 = mul_2.to(tl.float8e4nv){{$}}
// CHECK-NEXT: tl.store(y0_ptr + row * 128 + c0, cast_1, mask=here){{$}}
// CHECK-NEXT: tl.store(y1_ptr + row, div_1, mask=here){{$}}
func.func @inverse(%x: !x) {
  %r0, %r1 = irfuse.fused (%a = %x : !x) -> (!q, !s) {
    %q, %s = irfuse.group_quant %a {group_size = 128 : i64, quant_max = 448.0 : f64, amax_floor = 1.0e-4 : f64, scale_rule = #irfuse<scale_rule inverse>, saturate = false} : !x -> !q, !s
    irfuse.yield %q, %s : !q, !s
  }
  return
}
